"""Treatment off while producing, from the power of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from qingtian.domain.detection.rule import DetectionRule
from qingtian.domain.detection.samples import Candidate, Sample, text


@dataclass(frozen=True, slots=True)
class PowerPair:
    """Production and treatment power of one moment, kW; None where a meter said nothing usable."""

    start: datetime
    production: Decimal | None
    treatment: Decimal | None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Power from which on each counts as running, kW."""

    production: Decimal
    treatment: Decimal


def pair_up(production: Sequence[Sequence[Sample]], treatment: Sequence[Sample]) -> list[PowerPair]:
    """Both powers by period; several production meters add up.

    Args:
        production: series of the production meters.
        treatment: series of the treatment meter.
    """
    sums: dict[datetime, Decimal] = {}
    for series in production:
        for sample in series:
            if sample.usable and sample.value is not None:
                sums[sample.start] = sums.get(sample.start, Decimal(0)) + sample.value
    treated: Mapping[datetime, Decimal | None] = {
        sample.start: sample.value if sample.usable else None for sample in treatment
    }
    starts = sorted({*sums, *treated})
    return [PowerPair(start, sums.get(start), treated.get(start)) for start in starts]


def is_off(pair: PowerPair, limits: Thresholds) -> bool | None:
    """Whether treatment is off while production runs; None when a value is missing."""
    if pair.production is None or pair.treatment is None:
        return None
    return pair.production > limits.production and pair.treatment < limits.treatment


def treatment_off(
    rule: DetectionRule, pairs: Sequence[PowerPair], limits: Thresholds, *, step: timedelta
) -> list[Candidate]:
    """Stretches of at least `least_min` in which production ran and treatment did not.

    Args:
        pairs: in time order.
        step: length of a period, usually 5 min.
    """
    found: list[Candidate] = []
    run: list[PowerPair] = []
    for pair in pairs:
        state = is_off(pair, limits)
        if state is None:
            continue
        if run and (not state or pair.start - run[-1].start > step + rule.minutes("gap_min")):
            _close(rule, run, limits, step, found)
            run = []
        if state:
            run.append(pair)
    _close(rule, run, limits, step, found)
    return found


def back_in_order(rule: DetectionRule, pairs: Sequence[PowerPair], limits: Thresholds, *, step: timedelta) -> bool:
    """Whether the newest pairs show for `back_min` that treatment runs or production stands still."""
    calm = timedelta(0)
    for pair in reversed(pairs):
        state = is_off(pair, limits)
        if state is None:
            continue
        if state:
            return False
        calm += step
        if calm >= rule.minutes("back_min"):
            return True
    return False


def _close(
    rule: DetectionRule, run: Sequence[PowerPair], limits: Thresholds, step: timedelta, found: list[Candidate]
) -> None:
    if run and run[-1].start + step - run[0].start >= rule.minutes("least_min"):
        found.append(_candidate(rule, run, limits, step))


def _candidate(rule: DetectionRule, run: Sequence[PowerPair], limits: Thresholds, step: timedelta) -> Candidate:
    lasted = run[-1].start + step - run[0].start
    minutes = Decimal(lasted / timedelta(minutes=1))
    production, treatment = run[-1].production or Decimal(0), run[-1].treatment or Decimal(0)
    values = {
        "value": text(treatment, 1),
        "limit": text(limits.treatment, 1),
        "unit": "kW",
        "production_kw": text(production, 1),
        "production_threshold_kw": text(limits.production, 1),
        "treatment_kw": text(treatment, 1),
        "treatment_threshold_kw": text(limits.treatment, 1),
        "minutes": text(minutes, 0),
    }
    return Candidate(
        rule=rule,
        start=run[0].start,
        last=run[-1].start,
        end=run[-1].start + step,
        severity=rule.graded(minutes),
        values=values,
        explanation_zh=(
            f"生产用电{values['production_kw']}kW(运行阈值{values['production_threshold_kw']}kW)，"
            f"治理设施用电仅{values['treatment_kw']}kW(阈值{values['treatment_threshold_kw']}kW)，"
            f"已持续{values['minutes']}分钟，规则为{rule.parameters['least_min']}分钟。"
        ),
        explanation_en=(
            f"Production draws {values['production_kw']} kW (running above {values['production_threshold_kw']} kW), "
            f"treatment only {values['treatment_kw']} kW (threshold {values['treatment_threshold_kw']} kW), for "
            f"{values['minutes']} min; the rule is {rule.parameters['least_min']} min."
        ),
    )
