"""One part of a host of the measurement, as a process of its own: gateway, forwarder, shard, worker or senders.

`python -m bench.cluster.part ROLE STATUS JSON`: what it did stands in the file STATUS, renewed five times a second.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.telemetry.end_to_end import AT, STEP_S
from qingtian.runtime.settings import Settings
from qingtian.telemetry.cluster.forwarder import Forwarder
from qingtian.telemetry.cluster.receiver import Receiver
from qingtian.telemetry.cluster.stream import StreamPlan
from qingtian.telemetry.counters import write_counters
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway import server
from qingtian.telemetry.ingest.loop import IngestLoop
from qingtian.telemetry.spool.folder import spool_path
from qingtian.telemetry.store.ducklake import DuckLakeStore

STATUS_EVERY_S = 0.2
ANSWER_END = b"\r\n"
AT_ONCE = 1 << 16  # so that no line is far ahead of the others, and of the time of the city


def directory(devices: int) -> StaticDirectory:
    """Every device of the measurement."""
    profiles = (
        DeviceProfile(
            f"QT{number:05d}", f"DA{number:05d}", password="123456", realtime_interval_s=STEP_S, medium="flue_gas"
        )
        for number in range(devices)
    )
    return StaticDirectory({one.mn: one for one in profiles})


class Status:
    """The file in which a part tells how far it is."""

    def __init__(self, path: Path, told: Callable[[], dict[str, Any]]) -> None:
        self._path, self._told = path, told
        threading.Thread(target=self._run, daemon=True).start()

    def write(self) -> None:
        """Write it now."""
        write_counters(self._path, {"cpu": time.process_time(), "pid": os.getpid()} | self._told())

    def _run(self) -> None:
        while True:
            self.write()
            time.sleep(STATUS_EVERY_S)


def gateway(status: Path, given: dict[str, Any]) -> None:
    """A gateway whose city time goes on with the frames that come, as if each device sent one in 30 s."""

    async def listen() -> None:
        def now() -> datetime:
            return AT + timedelta(seconds=1 + STEP_S * one.counters.accepted / given["own"])

        settings = Settings(
            data_dir=Path(given["folder"]),
            gateway_host=given["address"],
            gateway_port=given["port"],
            disk_reserve_mb=1,
            gateway_connection_frames=0,
            gateway_connection_kb=0,
            gateway_device_frames=0,
            gateway_devices_per_connection=0,
        )
        one = server.Gateway(settings, directory(given["devices"]), now=now)
        await one.start()
        Status(status, lambda: {"frames": one.counters.accepted, "ready": True})
        await asyncio.Event().wait()

    server.run(listen())


def forward(status: Path, given: dict[str, Any]) -> None:
    """A forwarder."""
    one = Forwarder(spool_path(Path(given["folder"])), _plan(given), given["name"])
    Status(status, lambda: {"frames": one.counters.frames, "messages": one.counters.messages, "ready": True})
    asyncio.run(one.run(asyncio.Event()))


def shard(status: Path, given: dict[str, Any]) -> None:
    """A shard: receives, and takes what came into the store."""
    store = DuckLakeStore(given["url"], Path(given["lake"]), shard=given["shard"])
    folder = Path(given["folder"])
    loop = IngestLoop(store, folder, directory(given["devices"]))
    receiver = Receiver(folder, _plan(given), given["shard"])
    Status(status, lambda: _ingested(loop) | {"received": receiver.counters.frames})
    threading.Thread(target=loop.run, args=(threading.Event(),), daemon=True).start()
    asyncio.run(receiver.run(asyncio.Event()))


def worker(status: Path, given: dict[str, Any]) -> None:
    """The worker of one machine without a cluster."""
    store = DuckLakeStore(given["url"], Path(given["lake"]))
    loop = IngestLoop(store, spool_path(Path(given["folder"])), directory(given["devices"]))
    Status(status, lambda: _ingested(loop))
    loop.run(threading.Event())


def _ingested(loop: IngestLoop) -> dict[str, Any]:
    counters = loop.counters
    told = {"frames": counters.frames, "rows": counters.new, "express": counters.express, "skews": counters.skews}
    return told | {"ready": True}


def _plan(given: dict[str, Any]) -> StreamPlan:
    return StreamPlan((given["nats"],), shards=given["shards"], replicas=1, max_bytes=8 * 1024**3)


@dataclass(slots=True)
class Line:
    """A connection and the file that it sends.

    Args:
        socket: connected.
        file: open file with the frames.
        left: frames that are not acknowledged.
        whole: the kernel has all of it.
    """

    socket: socket.socket
    file: int = 0
    left: int = 0
    whole: bool = False


def senders(status: Path, given: dict[str, Any]) -> None:
    """Connections that each send two files that were made beforehand: one to warm up, one when told to go."""
    lines = [Line(_connected(given)) for _ in given["files"]]
    told: dict[str, Any] = {"ready": False, "ended": 0.0}
    writing, go = Status(status, lambda: told), Path(given["go"])
    pump(lines, given["warm"])
    told["ready"] = True
    writing.write()
    while not go.exists():
        time.sleep(0.01)
    pump(lines, given["files"])
    told["ended"] = time.time()
    writing.write()
    time.sleep(3600)


def pump(lines: Sequence[Line], files: Sequence[tuple[str, int]]) -> None:
    """Send each line its file, a little to each in turn, until every frame has its answer."""
    poll = select.epoll()
    for line, (path, frames) in zip(lines, files, strict=True):
        line.file, line.left, line.whole = os.open(path, os.O_RDONLY), frames, False
        poll.register(line.socket, select.EPOLLIN | select.EPOLLOUT)
    by_file = {line.socket.fileno(): line for line in lines}
    while any(line.left for line in lines):
        for number, events in poll.poll(1):
            line = by_file[number]
            if events & select.EPOLLIN:
                line.left -= line.socket.recv(1 << 16).count(ANSWER_END)
            if events & select.EPOLLOUT and not line.whole and _send(line):
                poll.modify(number, select.EPOLLIN)
    poll.close()
    for line in lines:
        os.close(line.file)


def _connected(given: dict[str, Any]) -> socket.socket:
    one = socket.create_connection((given["address"], given["port"]))
    one.setblocking(False)
    return one


def _send(line: Line) -> bool:
    """Send what the kernel takes; whether that was the rest."""
    try:
        line.whole = os.sendfile(line.socket.fileno(), line.file, None, AT_ONCE) == 0
    except BlockingIOError:
        return False
    return line.whole


ROLES = {"gateway": gateway, "forward": forward, "shard": shard, "worker": worker, "senders": senders}


def main() -> None:
    """Run one part until killed."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    role, status, given = sys.argv[1:]
    ROLES[role](Path(status), json.loads(given))


if __name__ == "__main__":
    main()
