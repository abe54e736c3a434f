"""One part of the cluster as a process of its own, so that it can be killed: forward or receive."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from qingtian.telemetry.cluster.forwarder import Forwarder
from qingtian.telemetry.cluster.receiver import Receiver
from qingtian.telemetry.cluster.stream import StreamPlan


def main() -> None:
    """`part.py forward FOLDER HOST SHARDS URLS` or `part.py receive FOLDER SHARD SHARDS URLS`."""
    what, folder, name, shards, urls = sys.argv[1:]
    plan = StreamPlan(tuple(urls.split(",")), shards=int(shards), max_bytes=10**9)
    part = Forwarder(Path(folder), plan, name) if what == "forward" else Receiver(Path(folder), plan, int(name))
    asyncio.run(part.run(asyncio.Event()))


if __name__ == "__main__":
    main()
