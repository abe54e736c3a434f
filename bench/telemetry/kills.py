"""Kill the gateway with `kill -9` again and again under load: nothing acknowledged is lost, no value is doubled.

`python -m bench.telemetry.kills [count] [seed]`; 200 kills by default. The suite does the same with 20
(tests/telemetry/test_gateway_kills.py). A killed process loses what it had not given to the kernel; that the disk keeps
what was synced is what fdatasync promises and no `kill -9` can show.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from qingtian.domain.hj212 import build_frame
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.postgres import ensure_embedded, stop_embedded
from qingtian.runtime.supervisor import free_port
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.ingest.loop import IngestLoop
from qingtian.telemetry.spool import Verdict, read_all, spool_path, verify
from qingtian.telemetry.store.ducklake import DuckLakeStore

KILLS = 200
DEVICES = 16
WINDOW = 4  # frames under way per device
PAUSE_S = 0.05  # between bursts of a device: enough frames for every kill, not more than can be ingested
POLLUTANTS = 2  # values per frame
PATIENCE_S = 30.0
AT = datetime(2025, 1, 1, tzinfo=SHANGHAI)
_ACK = re.compile(rb"QN=(\d{17});ST=91;CN=9014;[^\r\n]*&&[0-9A-F]{4}\r\n")
CHILD = """
import sys
from pathlib import Path
from qingtian.runtime.settings import Settings
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway.server import run, serve
folder, port, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
names = [f"MN{number:022d}" for number in range(count)]
settings = Settings(data_dir=folder, gateway_port=port, disk_reserve_mb=1, spool_segment_mb=1, commit_delay_ms=2)
run(serve(settings, StaticDirectory({mn: DeviceProfile(mn, "DA" + mn[-3:]) for mn in names})))
"""


@dataclass(slots=True)
class Sender:
    """A device with several frames under way; after a break it sends again what was not acknowledged."""

    mn: str
    port: int
    acked: dict[str, bytes] = field(default_factory=dict)  # hash -> frame
    resent: int = 0
    _made: int = 0
    _open: dict[bytes, bytes] = field(default_factory=dict)  # QN -> frame, not acknowledged yet

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop, then until everything is acknowledged."""
        while not stop.is_set() or self._open:
            with contextlib.suppress(OSError, TimeoutError):
                await self._line(stop)
            await asyncio.sleep(0.02)

    async def _line(self, stop: asyncio.Event) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            self.resent += len(self._open)
            writer.write(b"".join(self._open.values()))
            rest = b""
            while not stop.is_set() or self._open:
                if not stop.is_set() and len(self._open) < WINDOW:
                    writer.write(b"".join(self._next() for _ in range(WINDOW - len(self._open))))
                async with asyncio.timeout(5):
                    data = await reader.read(65536)
                if not data:
                    return
                rest += data
                for found in _ACK.finditer(rest):
                    frame = self._open.pop(found[1], None)
                    if frame is not None:
                        self.acked[hashlib.sha256(frame.rstrip()).hexdigest()] = frame
                rest = rest[rest.rfind(b"\n") + 1 :]
                await asyncio.sleep(PAUSE_S)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _next(self) -> bytes:
        at, number = AT + timedelta(minutes=self._made), self._made
        self._made += 1
        qn = f"{at:%Y%m%d%H%M%S}000"
        cp = f"DataTime={at:%Y%m%d%H%M%S};a21026-Avg={number}.5,a21026-Flag=N;a21002-Avg={number}.25,a21002-Flag=N"
        frame = build_frame(qn=qn, st="31", cn="2051", pw="123456", mn=self.mn, flag=5, cp=cp)
        self._open[qn.encode()] = frame
        return frame


@dataclass(slots=True)
class Outcome:
    """What a run of kills showed.

    Args:
        kills: how often the gateway was killed.
        acked: frames by hash that devices heard an acknowledgement of.
        resent: frames sent again.
        starting: kills that hit a gateway before it listened.
    """

    kills: int
    acked: dict[str, bytes]
    resent: int
    starting: int


class Gateway:
    """A gateway as a process that can be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with (self.folder / "gateway.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", CHILD, str(self.folder), str(self.port), str(DEVICES)], stdout=log, stderr=log
            )

    def kill(self) -> None:
        """`kill -9`, then start another one."""
        if self.process.poll() is not None:
            raise AssertionError(f"the gateway ended by itself:\n{self.log()}")
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = self._start()

    def stop(self) -> None:
        """End it in good order."""
        self.process.terminate()
        code = self.process.wait(30)
        if code != 0:
            raise AssertionError(f"the gateway stopped with {code}:\n{self.log()}")

    def log(self) -> str:
        """The end of what it logged."""
        return (self.folder / "gateway.log").read_text("utf-8", "replace")[-3000:]


async def kill_again_and_again(folder: Path, kills: int, chooser: random.Random) -> Outcome:
    """Load, and kills at random moments: before the gateway listens, in its first frames, in full work."""
    gateway = Gateway(folder)
    senders = [Sender(f"MN{number:022d}", gateway.port) for number in range(DEVICES)]
    stop = asyncio.Event()
    tasks = [asyncio.create_task(sender.run(stop)) for sender in senders]
    starting = 0
    try:
        for _ in range(kills):
            before = acknowledged(senders)
            if chooser.random() < 0.1:
                await asyncio.sleep(chooser.random() * 0.3)
            else:
                await until(lambda b=before: acknowledged(senders) > b, gateway)  # type: ignore[misc]
                await asyncio.sleep(chooser.random() * 0.25)
            starting += acknowledged(senders) == before
            await asyncio.to_thread(gateway.kill)
        before = acknowledged(senders)
        await until(lambda: acknowledged(senders) > before + DEVICES, gateway)
        stop.set()
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*tasks)
        await asyncio.to_thread(gateway.stop)
    finally:
        if gateway.process.poll() is None:
            gateway.process.kill()
            gateway.process.wait()
    acked = {digest: frame for sender in senders for digest, frame in sender.acked.items()}
    return Outcome(kills, acked, sum(sender.resent for sender in senders), starting)


def acknowledged(senders: Sequence[Sender]) -> int:
    return sum(len(sender.acked) for sender in senders)


async def until(condition: object, gateway: Gateway) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise AssertionError(f"no acknowledgements:\n{gateway.log()}")
        await asyncio.sleep(0.01)


def lost_in_spool(folder: Path, outcome: Outcome) -> list[str]:
    """Acknowledged frames that the spool does not hold, byte for byte."""
    if not verify(spool_path(folder)).ok:
        raise AssertionError("the spool is damaged")
    accepted = (record for record in read_all(spool_path(folder)) if record.verdict is Verdict.ACCEPTED)
    kept = {record.sha256: record.raw for record in accepted}
    return [digest for digest, frame in outcome.acked.items() if kept.get(digest) != frame.rstrip()]


def wrong_in_store(folder: Path, store: DuckLakeStore, outcome: Outcome) -> tuple[list[str], dict[str, int], int]:
    """Take the spool in twice; returns acknowledged frames that are missing, doubled ones, and values that changed."""
    profiles = {f"MN{number:022d}": DeviceProfile(f"MN{number:022d}", f"DA{number:03d}") for number in range(DEVICES)}
    for _ in range(2):
        loop = IngestLoop(store, spool_path(folder), StaticDirectory(profiles), unit_of=lambda _code: "mg/m3")
        loop._position = None  # from the beginning, both times
        loop.drain()
    rows = store._read("SELECT frame_hash, version FROM lake.main.observation", [])
    counts = Counter(frame_hash for frame_hash, _ in rows)
    lost = [digest for digest in outcome.acked if digest not in counts]
    doubled = {digest: count for digest, count in counts.items() if count != POLLUTANTS}
    return lost, doubled, sum(version != 1 for _, version in rows)


def main() -> None:
    """Kill, count, print; any loss ends with an error."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**6)
    home = Path(tempfile.mkdtemp(prefix="qt-kills-"))
    try:
        started = time.perf_counter()
        outcome = asyncio.run(kill_again_and_again(home, kills, random.Random(seed)))
        print(
            f"  {outcome.kills} kills of the gateway in {time.perf_counter() - started:.0f} s (seed {seed}):"
            f" {len(outcome.acked):,} frames acknowledged, {outcome.resent:,} sent again"
        )
        store = DuckLakeStore(ensure_embedded(home / "postgres"), home / "lake")
        lost = lost_in_spool(home, outcome)
        missing, doubled, corrected = wrong_in_store(home, store, outcome)
        store.close()
        print(
            f"  acknowledged and not in the spool: {len(lost)}; not in the store: {len(missing)};"
            f" doubled: {len(doubled)}; values changed by a repeat: {corrected}"
        )
        if lost or missing or doubled or corrected:
            sys.exit(1)
    finally:
        stop_embedded(home / "postgres")
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
