"""The archive of raw frames: how small, how fast it is made, and how long any frame takes to find.

`python -m bench.telemetry.archive [--frames 1000000]`; 10,000,000 for the figure that the issue asks for (6 GB before
compression). Baseline of the search: reading the segments through, as it was done before there was an index.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from bench.telemetry.end_to_end import AT, STEP_S, frame
from bench.telemetry.run import mns
from qingtian.telemetry.spool import SpoolRecord, SpoolWriter, find_by_hash, find_by_mn, segments, verify
from qingtian.telemetry.spool.finding import By
from qingtian.telemetry.spool.format import Verdict, micros, pack_bytes
from qingtian.telemetry.spool.packing import pack_closed
from qingtian.telemetry.spool.reader import scan, start_position
from qingtian.telemetry.spool.stat import stat

FRAMES, DEVICES, GROUP, LOOKS = 1_000_000, 5_000, 400, 60


def fill(folder: Path, frames: int) -> None:
    """Frames of a city, in groups as a busy gateway syncs them."""
    first = [frame(mn, 0).rstrip() for mn in mns(DEVICES)]
    stamp = f"{AT:%Y%m%d%H%M%S}".encode()
    writer = SpoolWriter(folder, commit_delay_s=0)
    group: list[bytes] = []
    for number in range(frames):
        round_, device = divmod(number, DEVICES)
        at_us = micros(AT + timedelta(seconds=STEP_S * round_ + device * STEP_S / DEVICES))
        at = AT + timedelta(seconds=STEP_S * round_)
        raw = first[device].replace(stamp, f"{at:%Y%m%d%H%M%S}".encode())  # the archive does not look at the check code
        group.append(pack_bytes(at_us, Verdict.ACCEPTED, b"10.0.0.1:5000", b"", raw)[0])
        if len(group) == GROUP or number + 1 == frames:
            writer.append_packed(b"".join(group), lambda _place, _error: None)
            group.clear()
    writer.close()


def timed(ask: Callable[[], Sequence[SpoolRecord]]) -> float:
    """Milliseconds of one question that finds something."""
    started = time.perf_counter()
    found = ask()
    assert found
    return (time.perf_counter() - started) * 1000


def show(what: str, times: Sequence[float]) -> None:
    ordered = sorted(times)
    slow = ordered[int(len(ordered) * 0.95)]
    print(f"    {what}: median {statistics.median(ordered):.1f} ms, 95 % within {slow:.1f} ms", flush=True)


def look(folder: Path, frames: int, chooser: random.Random) -> None:
    """Ask for frames by hash and by device and time."""
    first = scan(folder, start_position(segments(folder)[0]))
    hashes = [record.sha256 for record in first if isinstance(record, SpoolRecord)]
    show("by hash", [timed(partial(find_by_hash, folder, chooser.choice(hashes))) for _ in range(LOOKS)])
    numbers = mns(DEVICES)
    for by in By:
        times = []
        for _ in range(LOOKS):
            at = AT + timedelta(seconds=STEP_S * chooser.randrange(frames // DEVICES))
            mn = chooser.choice(numbers)
            times.append(timed(partial(find_by_mn, folder, mn, at, at + timedelta(seconds=STEP_S), by=by)))
        show(f"by device and time of {by.value}", times)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill, compress, find, verify."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=FRAMES)
    frames = parser.parse_args(arguments).frames
    folder, chooser = Path(tempfile.mkdtemp(prefix="qt-archive-")), random.Random(212)
    try:
        fill(folder, frames)
        cpu = time.process_time()
        done = pack_closed(folder)
        cpu = time.process_time() - cpu
        told = stat(folder)
        print(
            f"  {done.frames:,} frames in {done.segments} segments: {told.ratio:.1f} times smaller with their index"
            f" ({told.packed_on_disk / done.frames:.0f} bytes a frame), {cpu / done.frames * 1e6:.1f} us of CPU a frame"
        )
        look(folder, frames, chooser)
        started, names = time.perf_counter(), segments(folder)
        count = sum(1 for _ in scan(folder, start_position(names[0])))
        through = (time.perf_counter() - started) * 1000
        print(f"    baseline, reading one segment of {count:,} frames through: {through:,.0f} ms ({len(names)} there)")
        cpu = time.process_time()
        report = verify(folder)
        assert report.ok and report.records == frames
        print(f"    verify: {(time.process_time() - cpu) / frames * 1e6:.1f} us of CPU a frame")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
