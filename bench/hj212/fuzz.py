"""Fuzzing of the HJ 212 codec: broken frames and streams in millions, each judged by what must always hold.

    python -m bench.hj212.fuzz --cases 5000000 --workers 2      seeded: 2.5 M frames, 2.5 M streams in 7.5 M chunks
    python -m bench.hj212.fuzz --atheris --cases 2000000        guided by coverage (extra `fuzz`)

What must hold for every case: nothing raises, no case takes longer than some seconds, every byte of a stream is told, a
good frame behind garbage is found, the quick way agrees with the tolerant way, and memory stays flat.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import random
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from qingtian.domain.hj212 import (
    CrcProfile,
    Edition,
    FrameOk,
    Framer,
    Garbage,
    Rejected,
    SplitBuffer,
    WireSettings,
    build_data_ack,
    build_notice_ack,
    decode,
    decoded_to_json,
    modbus_believer,
    wrap_segment,
)
from qingtian.domain.hj212.decoding import decode_tolerantly
from qingtian.domain.hj212.quick import decode_quickly

ROWS = Path(__file__).parents[2] / "tests" / "data" / "hj212" / "frames.jsonl"
KEY = b"0123456789abcdef"
WIRES = (
    None,
    WireSettings(edition=Edition.E2005, crc=CrcProfile.MODBUS_TOO),
    WireSettings(edition=Edition.E2017),
    WireSettings(edition=Edition.E2025, sm4_key=KEY),
)
GOOD = wrap_segment(
    b"QN=20240601085857999;ST=32;CN=2011;PW=123456;MN=GOODGOODGOODGOOD;Flag=5;"
    b"CP=&&DataTime=20240601085857;w01018-Rtd=21.4,w01018-Flag=N&&"
)
PIECES = (
    b"##", b"##0", b"##0087", b"##9999", b"###", b"&&", b"&&1C80", b"&&0\r", b"\r\n", b"\r", b"\n", b";", b",", b"=",
    b"-", b"//", b"CP=&&", b";CP=&&", b"Flag=9", b"Flag=3", b"PNUM=2;PNO=1", b"PNUM=99999", b"MN=", b"CN=2011", b"QN=",
    b"RF=1", b"\x00", b"\xff", b"\xe6\xb8\x85", b"{0xE4,", b"}", b"NaN", b"--", b"1e999", b"-Rtd=", b"DataTime=",
    b"\x16\x03", b"GET /",
)  # fmt: skip
HELD = 9999 + 64  # most bytes that a framer may hold back
SLOWEST_S = 5.0
GROWTH_KIB = 16 * 1024  # the two memories of `quick` fill up to their bound


class Broken(Exception):
    """Something that must always hold did not."""


def seeds() -> list[bytes]:
    """Every frame and stream of the shared set, as bytes."""
    found = []
    for line in ROWS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["kind"] == "stream":
            found.append(b"".join(bytes.fromhex(chunk) for chunk in row["chunks_hex"]))
        elif row["kind"] == "frame":
            found.append(bytes.fromhex(row["frame_hex"]) if "frame_hex" in row else row["frame"].encode())
    return found


def mutate(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """A few cuts, copies, swaps and foreign pieces; half of the time under a right length and check code."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        kind, at = rng.randrange(6), rng.randint(0, len(out))
        if kind == 0:
            out[at : at + rng.randint(0, 12)] = b""
        elif kind == 1:
            out[at:at] = rng.choice(PIECES)
        elif kind == 2 and out:
            out[min(at, len(out) - 1)] = rng.randrange(256)
        elif kind == 3:
            out[at : at + 3] = rng.choice(PIECES)
        elif kind == 4:
            other = rng.choice(others)
            out[at:at] = other[: rng.randint(0, len(other))]
        else:
            del out[at:]
        del out[12_000:]
    if rng.random() < 0.5:
        return wrap_segment(bytes(out[6:-6])[:9999])
    return bytes(out)


def check_frame(raw: bytes, wire: WireSettings | None, *, deep: bool = True) -> None:
    """Reading a frame never raises, and both ways of reading agree; deep: showing and answering it does not, either."""
    decoded = decode(raw, wire=wire)
    quick = decode_quickly(raw, None if wire is None else wire.edition)
    if quick is not None and quick != decode_tolerantly(raw, wire=wire):
        raise Broken(f"the quick way differs: {raw!r}")
    if not deep:
        return
    json.dumps(decoded_to_json(decoded))
    for answer in (build_data_ack(decoded), build_notice_ack(decoded)):
        if not decode(answer).crc_ok:
            raise Broken(f"an answer with a wrong check code: {raw!r}")


def check_stream(data: bytes, places: list[int], buffer: SplitBuffer, now_s: float) -> int:
    """A broken stream with a good frame behind it: every byte is told, and the good frame is found."""
    framer = Framer(believes=modbus_believer({"ABCDEFG1234567": WIRES[1]}.get))
    stream, events = data + b"\r\n" + GOOD, []
    marks = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    for start, stop in itertools.pairwise(marks):
        events += framer.feed(stream[start:stop])
        if framer.pending > HELD:
            raise Broken(f"{framer.pending} bytes are held back: {data!r}")
    events += framer.flush()
    if framer.foreign is not None:
        return len(events)
    told = sum(event.n if isinstance(event, Garbage) else len(event.raw) for event in events)
    if told > len(stream) or told < len(stream) - 2 * len(events) - 2:
        raise Broken(f"{told} of {len(stream)} bytes are told: {data!r}")
    if not any(isinstance(event, FrameOk) and event.raw == GOOD[:-2] for event in events):
        raise Broken(f"the good frame is lost: {data!r}")
    for event in events:
        if isinstance(event, FrameOk | Rejected):
            decoded = decode(event.raw)
            if decoded.ok and decoded.split:
                buffer.add(decoded, now_s)
    buffer.expire(now_s)
    return len(events)


@dataclass(slots=True)
class Tally:
    """What a worker did."""

    frames: int = 0
    streams: int = 0
    chunks: int = 0
    events: int = 0
    slowest_s: float = 0.0
    memory_kib: tuple[int, int] = (0, 0)


def memory_kib() -> int:
    """Resident memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def run_mutations(job: tuple[int, int]) -> Tally:
    """Cases of one worker: a frame and a stream in turn.

    Args:
        job: seed and number of cases.
    """
    seed, cases = job
    rng, corpus, tally, buffer = random.Random(seed), seeds(), Tally(), SplitBuffer()
    settled = 0
    for number in range(cases):
        data = mutate(rng.choice(corpus), rng, corpus)
        start = time.perf_counter()
        try:
            if number % 2:
                check_frame(data, WIRES[number // 2 % len(WIRES)], deep=number % 10 == 1)
                tally.frames += 1
            else:
                places = [rng.randrange(20_000) for _ in range(rng.randint(0, 4))]
                tally.events += check_stream(data, places, buffer, number / 1000)
                tally.streams += 1
                tally.chunks += len(places) + 1
        except Broken:
            raise
        except Exception as error:
            raise Broken(f"{error!r} for {data!r}") from error
        tally.slowest_s = max(tally.slowest_s, time.perf_counter() - start)
        if number == min(cases // 5, 100_000):
            settled = memory_kib()
    tally.memory_kib = (settled, memory_kib())
    return tally


def mutations(cases: int, workers: int, seed: int) -> int:
    """Run and report; the exit code says whether everything held."""
    start = time.perf_counter()
    share = -(-cases // (workers * 10))
    jobs = [(seed + number, share) for number in range(workers * 10)]
    tallies = []
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        for tally in pool.imap_unordered(run_mutations, jobs):
            tallies.append(tally)
            done = sum(one.frames + one.streams for one in tallies)
            print(f"{done:>12,} cases, {time.perf_counter() - start:.0f} s", flush=True)
    seconds = time.perf_counter() - start
    frames, streams = sum(one.frames for one in tallies), sum(one.streams for one in tallies)
    growth = max(after - settled for settled, after in (one.memory_kib for one in tallies))
    slowest, events = max(one.slowest_s for one in tallies), sum(one.events for one in tallies)
    chunks = sum(one.chunks for one in tallies)
    print(
        f"{frames + chunks:,} mutated frames and stream chunks from seed {seed}: {frames:,} frames, {streams:,} streams"
    )
    print(f"no crash, no hang, no good frame lost in {events:,} events; slowest case {slowest:.3f} s")
    print(f"memory of a worker grew by at most {growth} KiB after its warming up; {seconds:.0f} s in all")
    return 0 if growth < GROWTH_KIB and slowest < SLOWEST_S else 1


def guided(cases: int, seed: int) -> int:
    """The same checks under atheris: inputs that reach new branches breed."""
    import atheris

    with atheris.instrument_imports():
        import qingtian.domain.hj212  # noqa: F401  loaded above; atheris instruments its functions below
    atheris.instrument_all()
    buffer = SplitBuffer()
    count = 0

    def one(data: bytes) -> None:
        nonlocal count
        count += 1
        if not data:
            return
        kind, body = data[0], data[1:]
        if kind % 4 == 0:
            check_frame(body, WIRES[count % len(WIRES)])
        elif kind % 4 == 1:
            check_frame(wrap_segment(body[:9999]), WIRES[count % len(WIRES)])
        else:
            places = [kind * 37, len(body) // 2] if kind % 4 == 3 else []
            check_stream(body, places, buffer, count / 1000)

    corpus = Path("/tmp") / f"qt-fuzz-{seed}"
    corpus.mkdir(exist_ok=True)
    for number, frame in enumerate(seeds()):
        (corpus / f"seed{number}").write_bytes(b"\x00" + frame)
        (corpus / f"segment{number}").write_bytes(b"\x01" + frame[6:-6])
        (corpus / f"stream{number}").write_bytes(b"\x02" + frame)
    words = corpus.with_suffix(".dict")
    escaped = ["".join(f"{chr(92)}x{byte:02X}" for byte in piece) for piece in PIECES]
    words.write_text("".join(f'"{word}"\n' for word in escaped))
    options = [
        f"-runs={cases}",
        f"-seed={seed}",
        f"-dict={words}",
        "-max_len=12000",
        "-timeout=5",
        "-rss_limit_mb=1024",
    ]
    print(f"atheris: {cases:,} runs from seed {seed}", flush=True)
    atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", str(corpus)], one)
    atheris.Fuzz()  # ends the process
    return 0


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=212)
    parser.add_argument("--atheris", action="store_true", help="guided by coverage (needs the extra `fuzz`)")
    options = parser.parse_args()
    if options.atheris:
        return guided(options.cases, options.seed)
    return mutations(options.cases, options.workers, options.seed)


if __name__ == "__main__":
    sys.exit(main())
