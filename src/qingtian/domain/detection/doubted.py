"""Faults of a device that quality control saw again and again: one event while the doubt goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from qingtian.domain.detection.rule import DetectionRule
from qingtian.domain.detection.samples import Candidate, text


@dataclass(frozen=True, slots=True)
class DoubtedPeriod:
    """One period of a site under one cause.

    Args:
        start: start of the period, aware.
        doubted: parameters that were doubted for the cause, in the order of their codes.
        explanation_zh, explanation_en: why the first of them was.
        figures: what it rests on, as text.
    """

    start: datetime
    doubted: tuple[str, ...] = ()
    explanation_zh: str = ""
    explanation_en: str = ""
    figures: Mapping[str, str] | None = None


def doubted_runs(rule: DetectionRule, periods: Sequence[DoubtedPeriod], *, step: timedelta) -> list[Candidate]:
    """Runs with at least `least_periods` doubted periods, no further than `gap_h` from one to the next.

    Single doubted periods are no fault of a device: they stay marks on their values.

    Args:
        periods: periods of one site in time order; those without a doubt may be left out.
        step: length of a period.
    """
    runs: list[list[DoubtedPeriod]] = []
    for period in periods:
        if not period.doubted:
            continue
        if runs and period.start - runs[-1][-1].start <= rule.hours("gap_h"):
            runs[-1].append(period)
        else:
            runs.append([period])
    return [_candidate(rule, run, step) for run in runs if len(run) >= rule.whole("least_periods")]


def sound_again(rule: DetectionRule, periods: Sequence[DoubtedPeriod], since: datetime) -> datetime | None:
    """The first of `back_periods` sound periods after a moment, if no doubted one follows; else None."""
    after = [one for one in periods if one.start > since]
    if any(one.doubted for one in after) or len(after) < rule.whole("back_periods"):
        return None
    return after[0].start


def _candidate(rule: DetectionRule, run: Sequence[DoubtedPeriod], step: timedelta) -> Candidate:
    last, count = run[-1], len(run)
    items = sorted({code for one in run for code in one.doubted})
    hours = text(Decimal((last.start + step - run[0].start) / timedelta(hours=1)), 1)
    return Candidate(
        rule=rule,
        start=run[0].start,
        last=last.start,
        end=last.start + step,
        severity=rule.graded(Decimal(count)),
        values={**(last.figures or {}), "periods": str(count), "items": " ".join(items)},
        explanation_zh=f"{hours}小时内{count}个时段：{last.explanation_zh}",
        explanation_en=f"{count} periods within {hours} h: {last.explanation_en}",
    )
