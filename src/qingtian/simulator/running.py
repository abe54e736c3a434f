"""A run over the network: start, show progress, stop cleanly, report."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Coroutine
from typing import Any

from qingtian.runtime.clock import real_now
from qingtian.runtime.heap import keep_heap
from qingtian.simulator.fleet import Fleet, allow_files, probe
from qingtian.simulator.orders import Report, Run, time_base

PROGRESS_S = 1.0
LAST_ACKS_S = 2.0


def run_live(run: Run, progress: Callable[[str], None] | None = None) -> Report:
    """Run devices until the time is over or SIGINT or SIGTERM comes.

    Args:
        run: what is ordered.
        progress: is given a line every second.
    Raises:
        Unavailable: the host cannot be reached, or the system has too few files; with the remedy.
    """
    allow_files(-(-len(run.settings) // run.forward))
    with asyncio.Runner(loop_factory=_loop()) as runner:
        report = runner.run(_live(run, progress))
    return report


def _loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    with contextlib.suppress(ImportError):
        import uvloop

        return uvloop.new_event_loop
    return None


async def _live(run: Run, progress: Callable[[str], None] | None) -> Report:
    began = time.monotonic()
    base = time_base(real_now().timestamp(), began, speed=run.speed, start_s=run.start_s, duration_s=run.duration_s)
    lines: dict[str, Any] = {"tls": run.tls, "sources": run.sources, "ramp": run.ramp, "forward": run.forward}
    fleet = Fleet(run.settings, run.host, run.port, base=base, **lines)
    await probe(run.host, run.port, run.tls)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError):  # not in the main thread
            loop.add_signal_handler(number, stop.set)
    keep_heap()  # the devices live until the end
    report = Report(run, fleet.stats)
    await fleet.start()
    watching = asyncio.create_task(_watch(fleet, report, progress))
    await _wait(stop, run.duration_s)
    await _last_acks(fleet)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    report.most_connected = max(report.most_connected, fleet.stats.connected)
    report.seconds = time.monotonic() - began
    await fleet.stop()
    return report


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    waiting: Coroutine[Any, Any, Any] = stop.wait()
    if not seconds:
        await waiting
        return
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(waiting, seconds)


async def _last_acks(fleet: Fleet) -> None:
    """Say nothing new, but hear the answers that are on their way."""
    for device in fleet.devices:
        device.cycles.by_cn.clear()
    deadline = time.monotonic() + LAST_ACKS_S
    while time.monotonic() < deadline and any(one.outbox.waiting for one in fleet.devices if one.online):
        await asyncio.sleep(0.02)


async def _watch(fleet: Fleet, report: Report, progress: Callable[[str], None] | None) -> None:
    while True:
        await asyncio.sleep(PROGRESS_S)
        report.most_connected = max(report.most_connected, fleet.stats.connected)
        if progress is not None:
            progress(fleet.stats.line())
