"""How the deployment is: the operator's checks, and what only the running city shows."""

from __future__ import annotations

import threading
import time

from qingtian.interfaces.api.schemas.health import CheckOut, HealthOut
from qingtian.interfaces.metrics.figures import process_checks
from qingtian.runtime.clock import current_clock
from qingtian.runtime.health import Check, Level, run_checks
from qingtian.runtime.settings import get_settings

KEPT_S = 10.0  # a probe every second must not sync the disk every second
ORDER = (Level.OK, Level.WARNING, Level.ERROR)


class _Kept:
    """The last checks, for a few seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = 0.0
        self._checks: list[Check] = []

    def checks(self) -> list[Check]:
        with self._lock:
            if not self._checks or time.monotonic() - self._at > KEPT_S:
                self._checks = [*run_checks(get_settings()), *process_checks(get_settings())]
                self._at = time.monotonic()
            return self._checks

    def forget(self) -> None:
        with self._lock:
            self._checks = []


kept = _Kept()


def health(*, detailed: bool) -> HealthOut:
    """Every check; details and remedies only for those who may know paths and versions.

    Args:
        detailed: whether somebody is signed in.
    """
    checks = kept.checks()
    worst = max((check.level for check in checks), key=ORDER.index, default=Level.OK)
    return HealthOut(
        status=worst.value,
        now=current_clock().now(),
        checks=[
            CheckOut(
                name=check.name,
                level=check.level.value,
                detail=check.detail if detailed else "",
                remedy=check.remedy if detailed else "",
            )
            for check in checks
        ],
    )
