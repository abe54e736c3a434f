"""What a duty is: a name, how often (city time), and one idempotent function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from qingtian.domain.detection.rule import DetectionRule
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import Store

State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DutyContext:
    """What a run is given.

    Args:
        now: city time, aware.
        since: start of the time to cover: the last good run, or `now - reach` after a longer pause.
        store: the telemetry store.
        state: what the last good run left for this one.
    """

    now: datetime
    since: datetime
    store: Store
    state: State = field(default_factory=dict)

    def moment(self, name: str) -> datetime | None:
        """A time that the last run left."""
        text = self.state.get(name)
        return datetime.fromisoformat(text) if text else None


@dataclass(slots=True)
class DutyReport:
    """What a run did.

    Args:
        judged: new or corrected judgements.
        raised, extended, ended, withdrawn: findings.
        notes: what was held back, and why.
        state: what the next run needs to know; None keeps what there was.
    """

    name: str = ""
    at: datetime | None = None
    judged: int = 0
    raised: int = 0
    extended: int = 0
    ended: int = 0
    withdrawn: int = 0
    notes: list[str] = field(default_factory=list)
    state: dict[str, Any] | None = None
    seconds: float = 0.0
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        """The report as kept beside the last run."""
        counts = ("judged", "raised", "extended", "ended", "withdrawn")
        return {name: getattr(self, name) for name in counts} | {
            "notes": self.notes[:20],
            "seconds": f"{self.seconds:.3f}",
        }


@dataclass(frozen=True, slots=True)
class Duty:
    """A periodic duty.

    Args:
        name: stable; names the lock and the bookkeeping row.
        every: city time between runs; runs lie on this grid counted from midnight.
        offset: shift of the grid, so that a run comes after the data it needs.
        run: does everything for [since, now]; the same again changes nothing.
        reach: after a pause, how far back a run covers at most.
    """

    name: str
    every: timedelta
    run: Callable[[DutyContext], DutyReport]
    label_zh: str
    label_en: str
    offset: timedelta = timedelta(0)
    reach: timedelta = timedelta(days=2)

    def due(self, now: datetime, last: datetime | None) -> bool:
        """Whether a point of the grid lies after the last run and not after now.

        A last run in the future means that city time was set back: the duty is due.
        """
        if last is None or last > now:
            return True
        return self._slot(now) > self._slot(last)

    def since(self, now: datetime, last: datetime | None) -> datetime:
        """Start of the time that a run at `now` covers."""
        earliest = now - self.reach
        if last is None or last > now:
            return earliest
        return max(last, earliest)

    def _slot(self, at: datetime) -> tuple[date, int]:
        local = at.astimezone(SHANGHAI) - self.offset
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        return local.date(), (local - midnight) // self.every


def named(report: DutyReport, name: str, at: datetime) -> DutyReport:
    """The report with its duty and time."""
    return replace(report, name=name, at=at)


def rules_on(now: datetime) -> Mapping[str, DetectionRule]:
    """Detection rules for data of a day, in the city of this deployment."""
    from qingtian.packs.detection import detection_rules
    from qingtian.runtime.settings import get_settings

    return detection_rules(now.astimezone(SHANGHAI).date(), get_settings().city_code)
