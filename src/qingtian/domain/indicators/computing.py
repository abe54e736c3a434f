"""From a definition and its inputs to a value: one rounding at the end, coverage and inputs kept beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from qingtian.domain.indicators.definition import Bound, Formula, Indicator, Target
from qingtian.domain.indicators.evaluation import Read, Trace, Use, evaluate
from qingtian.domain.indicators.faults import Words
from qingtian.domain.indicators.syntax import PeriodName
from qingtian.domain.indicators.values import Inputs, Missing, Reason
from qingtian.domain.standards.numbers import round_fraction

_MEETS: Mapping[Bound, Callable[[Fraction, Fraction], bool]] = {
    Bound.ABOVE: lambda value, target: value > target,
    Bound.AT_LEAST: lambda value, target: value >= target,
    Bound.BELOW: lambda value, target: value < target,
    Bound.AT_MOST: lambda value, target: value <= target,
}
_WORDS: Mapping[Reason, tuple[str, str]] = {
    Reason.NO_DATA: ("没有 {what} 的数据", "there are no data for {what}"),
    Reason.NO_ROWS: ("{what} 中没有可用的行", "{what} has no row to use"),
    Reason.ALL_EXCLUDED: ("{what} 的每一行都缺值", "every row of {what} lacks its value"),
    Reason.BLOCKED: ("{what} 缺失，规则规定不出结果", "{what} is missing, and the rule then gives no result"),
    Reason.DIVISION_BY_ZERO: ("分母为零", "the divisor is zero"),
    Reason.LOW_COVERAGE: ("覆盖率 {what}，低于要求", "the coverage of {what} is below what is required"),
    Reason.BAD_CLIP: ("截断的下限高于上限", "the lower bound of clip lies above the upper one"),
}

_PERIODS: Mapping[str, tuple[str, str]] = {
    PeriodName.LAST_YEAR: ("上年同期", " of the year before"),
    PeriodName.PREVIOUS: ("上期", " of the period before"),
    PeriodName.BASELINE: ("基准期", " of the baseline"),
}


class Status(StrEnum):
    """Whether there is a value."""

    OK = "ok"
    NO_DATA = "no_data"
    UNDEFINED = "undefined"
    INSUFFICIENT = "insufficient"


_STATUS: Mapping[Reason, Status] = {
    Reason.DIVISION_BY_ZERO: Status.UNDEFINED,
    Reason.BAD_CLIP: Status.UNDEFINED,
    Reason.LOW_COVERAGE: Status.INSUFFICIENT,
}


@dataclass(frozen=True, slots=True)
class Result:
    """A value with everything that it rests on.

    Args:
        value: rounded once, in the unit of the formula; true or false as they are; None without a value.
        exact: before rounding, in the unit; None for true and false.
        why: the reason why there is no value.
        coverage: smallest share of rows that could be judged; None where no table was read.
        met: whether the target is met by the exact value; None without target or value.
    """

    value: Decimal | bool | None
    exact: Fraction | None
    unit: str
    status: Status
    why: Missing | None
    coverage: Fraction | None
    uses: tuple[Use, ...]
    reads: tuple[Read, ...]
    met: bool | None = None

    @property
    def reason(self) -> Words | None:
        """Why there is no value, in words."""
        if self.why is None:
            return None
        zh, en = _WORDS[self.why.reason]
        return Words(zh.format(what=self.why.what), en.format(what=self.why.what))

    @property
    def excluded(self) -> tuple[tuple[str, str, str], ...]:
        """Every row that could not be used: table, row, field."""
        return tuple(dict.fromkeys((use.table, row, field) for use in self.uses for row, field in use.excluded))


def compute(indicator: Indicator, inputs: Inputs) -> Result:
    """The value of an indicator.

    Rounding: half to even by GB/T 8170, once, of the exact value; a target is held against the exact value.

    Raises:
        FormulaError: the formula does not fit its inputs.
        InvalidInput: an input is of the wrong kind.
    """
    formula = indicator.compiled
    result = compute_formula(formula, inputs, digits=indicator.digits)
    result = _covered(result, indicator.minimum_coverage)
    return _aimed(result, formula, indicator.target)


def reason_of(indicator: Indicator, result: Result) -> Words | None:
    """Why there is no value, with the inputs by their labels."""
    if result.why is None:
        return None
    name, _, period = result.why.what.partition(" of ")
    labels = {one.name: (one.label_zh, one.label_en) for one in indicator.inputs}
    if name not in labels:
        return result.reason
    zh, en = labels[name]
    when_zh, when_en = _PERIODS.get(period, ("", ""))
    words_zh, words_en = _WORDS[result.why.reason]
    return Words(words_zh.format(what=f"{when_zh}“{zh}”"), words_en.format(what=f"{en}{when_en}"))


def compute_formula(formula: Formula, inputs: Inputs, *, digits: int) -> Result:
    """The value of a formula by itself."""
    value, trace = evaluate(formula.tree, formula.schema, inputs)
    name = formula.unit.symbol if formula.unit else ""
    if isinstance(value, Missing):
        return _result(None, None, name, _STATUS.get(value.reason, Status.NO_DATA), value, trace)
    if isinstance(value, bool):
        return _result(value, None, name, Status.OK, None, trace)
    assert isinstance(value, Fraction)  # noqa: S101  the checker has seen to it
    assert formula.unit is not None  # noqa: S101  as above
    exact = formula.unit.own(value)
    return _result(round_fraction(exact, digits), exact, name, Status.OK, None, trace)


def _result(
    value: Decimal | bool | None, exact: Fraction | None, unit: str, status: Status, why: Missing | None, trace: Trace
) -> Result:
    shares = [use.coverage for use in trace.uses]
    known = [share for share in shares if share is not None]
    coverage = min(known, default=None)
    return Result(value, exact, unit, status, why, coverage, tuple(trace.uses), tuple(trace.reads))


def _covered(result: Result, minimum: Decimal | None) -> Result:
    if minimum is None or result.status is not Status.OK:
        return result
    # A table that nobody could count has no coverage: that is no proof of enough.
    if result.coverage is not None and result.coverage * 100 >= Fraction(minimum):
        return result
    share = "0" if result.coverage is None else str(round_fraction(result.coverage * 100, 1))
    why = Missing(Reason.LOW_COVERAGE, f"{share} %")
    return Result(None, None, result.unit, Status.INSUFFICIENT, why, result.coverage, result.uses, result.reads)


def _aimed(result: Result, formula: Formula, target: Target | None) -> Result:
    if target is None or result.exact is None:
        return result
    met = _MEETS[target.bound](result.exact, Fraction(target.value))
    return Result(
        result.value, result.exact, result.unit, result.status, None, result.coverage, result.uses, result.reads, met
    )
