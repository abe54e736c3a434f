"""Process values outside the range of the permit while production runs: combustion and adsorption temperature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from qingtian.domain.detection.rule import DetectionRule
from qingtian.domain.detection.samples import Candidate, Sample, text
from qingtian.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class PermitRange:
    """What the permit allows; None where it sets no bound.

    Raises:
        InvalidInput: it sets none at all, or the low one is not below the high one.
    """

    low: Decimal | None
    high: Decimal | None

    def __post_init__(self) -> None:
        if self.low is None and self.high is None:
            raise InvalidInput("a range needs a bound", field="range", remedy="state the range of the permit")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise InvalidInput(f"{self.low} is not below {self.high}", field="range", remedy="mend the register")

    def broken_by(self, value: Decimal) -> Decimal | None:
        """The bound that a value breaks; None when it keeps the range. A value at a bound is within."""
        if self.low is not None and value < self.low:
            return self.low
        if self.high is not None and value > self.high:
            return self.high
        return None


@dataclass(frozen=True, slots=True)
class Names:
    """How the value is called."""

    zh: str
    en: str
    unit: str


def range_breaches(
    rule: DetectionRule,
    samples: Sequence[Sample],
    producing: Mapping[datetime, bool],
    allowed: PermitRange,
    *,
    step: timedelta,
    names: Names,
) -> list[Candidate]:
    """Stretches of at least `least_min` outside the range, while production ran.

    Args:
        samples: in time order.
        producing: whether production ran, by start of the period; periods that are not known neither count nor break a
            run shorter than `gap_min`.
        step: length of a period.
    """
    found: list[Candidate] = []
    run: list[Sample] = []
    for sample in samples:
        state = _breaks(sample, producing, allowed)
        if state is None:
            continue
        if run and (not state or sample.start - run[-1].start > step + rule.minutes("gap_min")):
            _close(rule, run, allowed, step, names, found)
            run = []
        if state:
            run.append(sample)
    _close(rule, run, allowed, step, names, found)
    return found


def within_again(
    rule: DetectionRule,
    samples: Sequence[Sample],
    producing: Mapping[datetime, bool],
    allowed: PermitRange,
    *,
    step: timedelta,
) -> bool:
    """Whether the newest samples show for `back_min` that the range is kept or production stands still."""
    calm = timedelta(0)
    for sample in reversed(samples):
        state = _breaks(sample, producing, allowed)
        if state is None:
            continue
        if state:
            return False
        calm += step
        if calm >= rule.minutes("back_min"):
            return True
    return False


def _breaks(sample: Sample, producing: Mapping[datetime, bool], allowed: PermitRange) -> bool | None:
    runs = producing.get(sample.start)
    if runs is None or not sample.usable or sample.value is None:
        return None
    return runs and allowed.broken_by(sample.value) is not None


def _close(
    rule: DetectionRule,
    run: Sequence[Sample],
    allowed: PermitRange,
    step: timedelta,
    names: Names,
    found: list[Candidate],
) -> None:
    if run and run[-1].start + step - run[0].start >= rule.minutes("least_min"):
        found.append(_candidate(rule, run, allowed, step, names))


def _distance(value: Decimal, allowed: PermitRange) -> Decimal:
    return abs(value - (allowed.broken_by(value) or value))


def _candidate(
    rule: DetectionRule, run: Sequence[Sample], allowed: PermitRange, step: timedelta, names: Names
) -> Candidate:
    minutes = Decimal((run[-1].start + step - run[0].start) / timedelta(minutes=1))
    figures = [one.value for one in run if one.value is not None]
    worst = max(figures, key=lambda value: _distance(value, allowed))
    bound = allowed.broken_by(worst) or Decimal(0)
    shown, limit, lasted = text(worst, 1), text(bound, 1), text(minutes, 0)
    below = allowed.low is not None and worst < allowed.low
    scope = f"{_bound(allowed.low)}~{_bound(allowed.high)}"
    return Candidate(
        rule=rule,
        start=run[0].start,
        last=run[-1].start,
        end=run[-1].start + step,
        severity=rule.graded(minutes),
        values={
            "value": shown,
            "bound": limit,
            "unit": names.unit,
            "permit_low": _bound(allowed.low),
            "permit_high": _bound(allowed.high),
            "minutes": lasted,
        },
        explanation_zh=(
            f"生产期间{names.zh}{'低于' if below else '高于'}许可{'下限' if below else '上限'}{limit}{names.unit}"
            f"(许可范围{scope}{names.unit})，最差{shown}{names.unit}，已持续{lasted}分钟；"
            f"规则为{rule.parameters['least_min']}分钟。"
        ),
        explanation_en=(
            f"{names.en} was {'below' if below else 'above'} the permitted {limit} {names.unit} while producing (range "
            f"{scope} {names.unit}), at worst {shown} {names.unit}, for {lasted} min; the rule is "
            f"{rule.parameters['least_min']} min."
        ),
    )


def _bound(value: Decimal | None) -> str:
    return "" if value is None else text(value, 1)
