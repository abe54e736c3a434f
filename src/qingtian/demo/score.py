"""Comparing findings with the truth file: precision, recall and delay for each class of planted events.

Rules of matching (docs/demo.md): a finding answers an event when it has the expected kind, is about the same site (for
`treatment_off`: about the same enterprise), names the same pollutant where both name one, and overlaps in time with a
tolerance. An event that ends later than `SETTLING` before the end of the run is not asked for; a finding that answers
such an event is not held against the city either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from qingtian.demo.events import EXPECTED_KIND, EventClass, PlantedEvent

TOLERANCE = {
    EventClass.EXCEEDANCE: timedelta(hours=1),
    EventClass.FROZEN: timedelta(hours=2),
    EventClass.DILUTION: timedelta(hours=2),
    EventClass.TREATMENT_OFF: timedelta(minutes=30),
    EventClass.SILENCE: timedelta(hours=2),
    EventClass.CLOCK_ERROR: timedelta(hours=1),
}
SETTLING = timedelta(hours=3)
SCORED_KINDS = frozenset(EXPECTED_KIND.values())
TARGET_RECALL = {EventClass.EXCEEDANCE: 0.9, EventClass.SILENCE: 0.9, EventClass.TREATMENT_OFF: 0.9}
TARGET_PRECISION = 0.8


@dataclass(frozen=True, slots=True)
class FoundProblem:
    """A finding, as the comparison sees it.

    Args:
        first: start of the first period that hit.
        last: start of the last period that hit, or the end of the finding when that is later.
        raised_at: when the city knew.
    """

    number: str
    kind: str
    site: str
    enterprise: str
    parameter: str
    first: datetime
    last: datetime
    raised_at: datetime


@dataclass(slots=True)
class ClassScore:
    """How one class came out.

    Args:
        planted: events that the city is asked for.
        found: those of them that a finding answers.
        findings: findings of the expected kind.
        right: those of them that answer an event.
        delays_min: from the start of each found event to its first finding, minutes.
    """

    planted: int = 0
    found: int = 0
    findings: int = 0
    right: int = 0
    delays_min: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float | None:
        """Found over planted."""
        return self.found / self.planted if self.planted else None

    @property
    def precision(self) -> float | None:
        """Right over findings."""
        return self.right / self.findings if self.findings else None


@dataclass(slots=True)
class Score:
    """The whole comparison."""

    classes: dict[EventClass, ClassScore]

    @property
    def precision(self) -> float | None:
        """Right over findings, all classes."""
        findings = sum(one.findings for one in self.classes.values())
        return sum(one.right for one in self.classes.values()) / findings if findings else None

    @property
    def recall(self) -> float | None:
        """Found over planted, all classes."""
        planted = sum(one.planted for one in self.classes.values())
        return sum(one.found for one in self.classes.values()) / planted if planted else None

    def shortfalls(self) -> list[str]:
        """Targets that are not met, as sentences; empty when all are."""
        missing = []
        for kind, target in TARGET_RECALL.items():
            recall = self.classes[kind].recall
            if recall is None or recall < target:
                missing.append(f"recall of {kind} is {_share(recall)}, target {target}")
        if self.precision is None or self.precision < TARGET_PRECISION:
            missing.append(f"precision is {_share(self.precision)}, target {TARGET_PRECISION}")
        return missing

    def as_json(self) -> dict[str, Any]:
        """The comparison as plain values."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "shortfalls": self.shortfalls(),
            "classes": {kind.value: _class_json(one) for kind, one in self.classes.items()},
        }

    def table(self) -> str:
        """The comparison as text."""
        head = (
            f"{'class':15}{'planted':>8}{'found':>7}{'recall':>8}{'findings':>10}"
            f"{'right':>7}{'precision':>11}{'delay, min':>24}"
        )
        lines = [head, "-" * len(head)]
        for kind, one in self.classes.items():
            delay = f"{median(one.delays_min):.0f} (max {max(one.delays_min):.0f})" if one.delays_min else "-"
            lines.append(
                f"{kind.value:15}{one.planted:>8}{one.found:>7}{_share(one.recall):>8}{one.findings:>10}"
                f"{one.right:>7}{_share(one.precision):>11}{delay:>24}"
            )
        lines.append(f"all: recall {_share(self.recall)}, precision {_share(self.precision)}")
        return "\n".join(lines)


def _class_json(one: ClassScore) -> dict[str, Any]:
    delays = sorted(one.delays_min)
    return {
        "planted": one.planted,
        "found": one.found,
        "recall": one.recall,
        "findings": one.findings,
        "right": one.right,
        "precision": one.precision,
        "delay_median_min": median(delays) if delays else None,
        "delay_max_min": delays[-1] if delays else None,
        "missed": one.missed,
        "wrong": one.wrong,
    }


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def answers(problem: FoundProblem, event: PlantedEvent) -> bool:
    """Whether a finding answers a planted event."""
    if problem.kind != EXPECTED_KIND[event.kind]:
        return False
    if event.kind is EventClass.TREATMENT_OFF:
        same_place = problem.enterprise == event.enterprise
    else:
        same_place = problem.site == event.site
    if event.kind in (EventClass.EXCEEDANCE, EventClass.FROZEN) and problem.parameter and event.parameter:
        same_place = same_place and problem.parameter == event.parameter
    tolerance = TOLERANCE[event.kind]
    return same_place and problem.first <= event.end + tolerance and problem.last >= event.start - tolerance


def compare(problems: Iterable[FoundProblem], events: Sequence[PlantedEvent], end: datetime) -> Score:
    """Score a run.

    Args:
        problems: every finding of the run; kinds that are never planted are left out.
        events: every planted event that began before the end.
        end: city time at which the run ended.
    """
    found = [problem for problem in problems if problem.kind in SCORED_KINDS]
    classes = {kind: ClassScore() for kind in EventClass}
    for kind, one in classes.items():
        mine = [problem for problem in found if problem.kind == EXPECTED_KIND[kind]]
        planted = [event for event in events if event.kind is kind]
        one.findings = len(mine)
        for problem in mine:
            if any(answers(problem, event) for event in planted):
                one.right += 1
            else:
                one.wrong.append(f"{problem.number} {problem.site} {problem.parameter} {problem.first.isoformat()}")
        for event in planted:
            if event.end <= end - SETTLING:
                _ask(one, event, mine)
    return Score(classes)


def _ask(one: ClassScore, event: PlantedEvent, mine: Sequence[FoundProblem]) -> None:
    one.planted += 1
    hits = [problem for problem in mine if answers(problem, event)]
    if not hits:
        one.missed.append(event.event_id)
        return
    one.found += 1
    first = min(problem.raised_at for problem in hits)
    one.delays_min.append((first - event.start).total_seconds() / 60)
