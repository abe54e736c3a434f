"""When the worker stands still: a disk that is all but full, or a clock that may not be believed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from qingtian.domain.errors import Unavailable
from qingtian.runtime.clock import clock_path
from qingtian.runtime.settings import Settings
from qingtian.runtime.space import MIB, Room, Space, space_of
from qingtian.runtime.timekeeping import ClockWatch, steady_s
from qingtian.telemetry.counters import counters_path, read_counters
from qingtian.telemetry.gateway.watching import clock_watch

LIVE_S = 10.0


class Standing:
    """Tells the threads of a worker whether they may write.

    Args:
        settings: the deployment.
        watch: the clocks; None watches the machine's, in a replayed city none.
        space: measures the disk.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        watch: ClockWatch | None = None,
        space: Callable[[Settings], Space] = space_of,
    ) -> None:
        self._settings, self._space = settings, space
        self._watch = watch
        if watch is None and not clock_path(settings.data_dir).exists():
            self._watch = clock_watch(settings, read_counters(counters_path(settings.data_dir, "worker")))

    def room(self) -> None:
        """Refuse while the disk is all but full.

        Raises:
            Unavailable: says how much is left.
        """
        space = self._space(self._settings)
        if space.room is Room.STANDING:
            raise Unavailable(
                f"the disk is all but full: {space.free // MIB} MiB free, the reserve is {space.reserve // MIB} MiB",
                field="disk_reserve_mb",
                remedy="free space; work goes on by itself",
            )

    def duties(self) -> None:
        """Refuse while the disk is all but full, or while the time is in doubt: duties act on what time it is.

        Raises:
            Unavailable: says which.
        """
        self.room()
        if reason := self.clock_reason():
            raise Unavailable(reason, field="clock", remedy="set the clock; work goes on by itself")

    def clock_reason(self) -> str:
        """Why the time may not be used; empty when it may. The gateway, which hears devices, knows better."""
        if self._watch is None:
            return ""
        own = self._watch.reason()
        gateway = self._gateway()
        if gateway.get("reason"):
            return str(gateway["reason"])
        if (
            own
            and gateway
            and abs(float(gateway["trusted"]) - (time.time() - steady_s())) < self._settings.clock_jump_s
        ):
            self._watch.believe()
            return ""
        return own

    def told(self) -> dict[str, Any]:
        """For the counter file."""
        return {} if self._watch is None else {"clock": self._watch.remember() | {"reason": self.clock_reason()}}

    def _gateway(self) -> Mapping[str, Any]:
        """What a running gateway says of the clock."""
        clock = read_counters(counters_path(self._settings.data_dir, "gateway")).get("clock")
        if not isinstance(clock, dict) or abs(time.time() - float(clock.get("wall", 0))) > LIVE_S:
            return {}
        return clock
