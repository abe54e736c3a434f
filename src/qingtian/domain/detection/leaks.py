"""Leak detection and repair: when a leak was found, tried, repaired, and by when it had to be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from qingtian.domain.detection.rule import DetectionRule
from qingtian.domain.standards.provenance import RuleRow


class LeakStep(StrEnum):
    """What was done at a component."""

    READING = "reading"
    ATTEMPT = "attempt"
    REPAIR = "repair"
    DELAY = "delay"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakLimit(RuleRow):
    """From which net reading on a component leaks.

    Args:
        medium_state: gas, light_liquid or heavy_liquid.
        area: general, or key where the province says so.
        ppm: umol/mol; a reading above it is a leak.
    """

    medium_state: str
    area: str
    ppm: Decimal


@dataclass(frozen=True, slots=True)
class Check:
    """One reading or repair.

    Args:
        on: legal day.
        ppm: net reading, umol/mol; None where nothing was read.
    """

    step: LeakStep
    on: date
    ppm: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Leak:
    """One leak of a component.

    Args:
        found_on: day of the reading over the limit.
        ppm: worst reading.
        attempt_due, repair_due: last days of the first try and of the finished repair.
        attempted_on, repaired_on: days on which they were done; a reading at or under the limit finishes the repair.
        delayed_on: day on which it was put on the list of delayed repairs.
    """

    found_on: date
    ppm: Decimal
    attempt_due: date
    repair_due: date
    attempted_on: date | None = None
    repaired_on: date | None = None
    delayed_on: date | None = None

    @property
    def open(self) -> bool:
        """Whether no reading has shown yet that it is repaired."""
        return self.repaired_on is None

    def attempt_late(self, today: date) -> bool:
        """Whether the first try came, or has not come, after its last day."""
        return (self.attempted_on or self.repaired_on or today) > self.attempt_due

    def repair_late(self, today: date) -> bool:
        """Whether the repair came, or has not come, after its last day; a delayed one may wait."""
        if self.delayed_on is not None and self.delayed_on <= self.repair_due:
            return False
        return (self.repaired_on or today) > self.repair_due

    def overdue(self, today: date) -> str:
        """`attempt` or `repair` while it is open and past a last day; else empty."""
        if not self.open:
            return ""
        if self.repair_late(today):
            return "repair"
        delayed = self.delayed_on is not None and self.delayed_on <= self.attempt_due
        return "attempt" if self.attempted_on is None and not delayed and self.attempt_late(today) else ""


def leaks(rule: DetectionRule, checks: Iterable[Check], limit: Decimal) -> list[Leak]:
    """The leaks that the checks of a component show, oldest first.

    Args:
        checks: in time order.
        limit: umol/mol; a reading above it is a leak.
    """
    found: list[Leak] = []
    for check in checks:
        going = found[-1] if found and found[-1].open else None
        if check.step is LeakStep.READING and check.ppm is not None:
            if check.ppm > limit:
                if going is None:
                    found.append(_leak(rule, check.on, check.ppm))
                else:
                    found[-1] = replace(going, ppm=max(going.ppm, check.ppm))
            elif going is not None:
                found[-1] = replace(going, repaired_on=check.on)
        elif going is not None:
            found[-1] = _worked_on(going, check)
    return found


def _leak(rule: DetectionRule, on: date, ppm: Decimal) -> Leak:
    attempt, repair = timedelta(days=rule.whole("attempt_d")), timedelta(days=rule.whole("repair_d"))
    return Leak(found_on=on, ppm=ppm, attempt_due=on + attempt, repair_due=on + repair)


def _worked_on(leak: Leak, check: Check) -> Leak:
    if check.step is LeakStep.DELAY:
        return replace(leak, delayed_on=leak.delayed_on or check.on)
    return replace(leak, attempted_on=leak.attempted_on or check.on)
