"""How the deployment is: the operator's checks, what only the running city shows, and notices for every page."""

from __future__ import annotations

import threading
import time

from qingtian.interfaces.api.schemas.health import CheckOut, HealthOut, NoticeOut
from qingtian.interfaces.health.gathering import look
from qingtian.interfaces.health.state import Item, acknowledging, items
from qingtian.interfaces.health.words import PARTS
from qingtian.interfaces.metrics.figures import process_checks
from qingtian.runtime.clock import current_clock
from qingtian.runtime.health import Check, Level, run_checks
from qingtian.runtime.settings import get_settings

KEPT_S = 10.0  # a probe every second must not sync the disk every second
LOOKED_S = 2.0  # what is wrong now shows at once
ORDER = (Level.OK, Level.WARNING, Level.ERROR)


class _Kept:
    """The last checks and the last look, for a few seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = self._looked_at = 0.0
        self._checks: list[Check] = []
        self._items: list[Item] = []

    def checks(self) -> list[Check]:
        """Checks of the installation; they may sync the disk."""
        with self._lock:
            if not self._checks or time.monotonic() - self._at > KEPT_S:
                self._checks = run_checks(get_settings())
                self._at = time.monotonic()
            return self._checks

    def items(self) -> list[Item]:
        """State of each part."""
        with self._lock:
            if not self._items or time.monotonic() - self._looked_at > LOOKED_S:
                self._items = items(look(get_settings()))
                self._looked_at = time.monotonic()
            return self._items

    def forget(self) -> None:
        """Look again at the next question."""
        with self._lock:
            self._checks, self._items = [], []


kept = _Kept()


def health(*, detailed: bool) -> HealthOut:
    """Every check; details and remedies only for those who may know paths and versions.

    Args:
        detailed: whether somebody is signed in.
    """
    found = kept.items()
    checks = [*_without_database(found), *process_checks(get_settings())]
    worst = max((check.level for check in checks), key=ORDER.index, default=Level.OK)
    worst = max(worst, *(item.level for item in found if item.said.notice), worst, key=ORDER.index)
    return HealthOut(
        status=worst.value,
        now=current_clock().now(),
        acknowledging=acknowledging(found),
        notices=[notice(item) for item in found if item.said.notice],
        checks=[check_out(check, detailed=detailed) for check in checks],
    )


def notice(item: Item) -> NoticeOut:
    """A state that everybody should know, with the name of its part."""
    part = PARTS[item.code]
    return NoticeOut(
        code=f"{item.code}.{item.state}",
        level=item.level.value,
        text_zh=f"{part.zh}：{item.line('zh')}",
        text_en=f"{part.en}: {item.line('en')}",
        remedy_zh=item.said.remedy_zh,
        remedy_en=item.said.remedy_en,
    )


def check_out(check: Check, *, detailed: bool) -> CheckOut:
    """A check as it is shown."""
    return CheckOut(
        name=check.name,
        level=check.level.value,
        detail=check.detail if detailed else "",
        remedy=check.remedy if detailed else "",
    )


def _without_database(found: list[Item]) -> list[Check]:
    """The checks of the installation, with the quick answer on the database in the place of the patient one."""
    database = next(item for item in found if item.code == "database")
    quick = Check("database", database.level, database.line("en"), database.said.remedy_en)
    return [quick if check.name == "database" else check for check in kept.checks()]
