"""One part of the cluster as a process of its own, so that it can be killed."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

from qingtian.telemetry.cluster.forwarder import Forwarder
from qingtian.telemetry.cluster.receiver import Receiver
from qingtian.telemetry.cluster.stream import StreamPlan
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.ingest.loop import IngestLoop
from qingtian.telemetry.store.ducklake import DuckLakeStore

DEVICES = 40


def directory() -> StaticDirectory:
    """Forty devices, each at a site of its own."""
    numbers = range(DEVICES)
    profiles = [DeviceProfile(mn=f"QT{n:05d}", site=f"S{n:05d}", password="123456") for n in numbers]
    return StaticDirectory({one.mn: one for one in profiles})


def main() -> None:
    """`part.py forward FOLDER HOST SHARDS URLS`, `part.py receive FOLDER SHARD SHARDS URLS`, or

    `part.py shard FOLDER SHARD SHARDS URLS DATABASE LAKE`: receive, and take what came into the store.
    """
    what, folder, name, shards, urls, *store = sys.argv[1:]
    plan = StreamPlan(tuple(urls.split(",")), shards=int(shards), max_bytes=10**9)
    if what == "forward":
        asyncio.run(Forwarder(Path(folder), plan, name).run(asyncio.Event()))
        return
    if store:
        lake = DuckLakeStore(store[0], Path(store[1]), shard=int(name))
        loop = IngestLoop(lake, Path(folder), directory())
        threading.Thread(target=loop.run, args=(threading.Event(),), daemon=True).start()
    asyncio.run(Receiver(Path(folder), plan, int(name)).run(asyncio.Event()))


if __name__ == "__main__":
    main()
