"""Running a part of the cluster until the process is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable


async def until_stopped(part: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run a part; SIGTERM and SIGINT let it finish what it is about."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await part(stop)
