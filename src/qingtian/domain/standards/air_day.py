"""The values of one day of ambient air: day means with their validity, and the largest 8-hour mean of ozone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.air_rules import AirParameter, AirParameters
from qingtian.domain.standards.limits import AirLimit, ValidityRule
from qingtian.domain.standards.provenance import RuleRow

DAY_HOURS = 24
Hours = Sequence[Decimal | Fraction | None]  # 24 of them: hour n is the mean from n:00 to n+1:00; None is invalid


@dataclass(frozen=True, slots=True)
class DayValue:
    """One value of a day.

    Args:
        value: unrounded, in the unit of the hours; None where there is none at all.
        valid: whether it may be used.
        have: how many of what is counted (hours, or 8 h windows) were valid; need: fewest that make the day valid.
        rows: pack rows that decided.
        reason: why it is not valid, or why it is in spite of a gap.
        at: hour at which the window of the value ends; None for a day mean.
    """

    item: str
    value: Fraction | None
    valid: bool
    have: int
    need: int
    rows: tuple[RuleRow, ...]
    reason: str = ""
    at: int | None = None

    @property
    def usable(self) -> Fraction | None:
        """The value where it is valid."""
        return self.value if self.valid else None


def day_mean(item: str, hours: Hours, rule: ValidityRule) -> DayValue:
    """Mean of the valid hours of a natural day; valid from the hours that GB 3095 asks for.

    Args:
        item: symbol, such as PM2.5.
        hours: 24 hour means, None where there is no valid one.
        rule: how many hours make the day valid.
    Raises:
        InvalidInput: not 24 hours, or a negative one.

    >>> from datetime import date
    >>> rule = ValidityRule(row_id="r", standard="GB 3095", clause="table 4", source="", valid_from=date(2016, 1, 1),
    ...     confidence="", applies_to="air_station", items=("SO2",), period="day", counts="valid hours", minimum=20)
    >>> day = day_mean("SO2", [Decimal(8)] * 20 + [None] * 4, rule)
    >>> day.value, day.valid, day_mean("SO2", [Decimal(8)] * 19 + [None] * 5, rule).valid
    (Fraction(8, 1), True, False)
    """
    values = _checked(item, hours)
    there = [value for value in values if value is not None]
    mean = sum(there, Fraction(0)) / len(there) if there else None
    valid = len(there) >= rule.minimum
    reason = "" if valid else f"{len(there)} of {rule.minimum} valid hours"
    return DayValue(item, mean, valid, len(there), rule.minimum, (rule,), reason)


def window_mean(hours: Sequence[Decimal | Fraction | None], need: int) -> Fraction | None:
    """Mean of a sliding window; None where too few of its hours are valid.

    >>> window_mean([Decimal(10), None, Decimal(20)], 2), window_mean([Decimal(10), None], 2)
    (Fraction(15, 1), None)
    """
    there = [Fraction(value) for value in hours if value is not None]
    return sum(there, Fraction(0)) / len(there) if len(there) >= max(need, 1) else None


def ozone_day(
    hours: Hours, parameters: AirParameters, *, window: ValidityRule, day: ValidityRule, limit: AirLimit
) -> DayValue:
    """Largest 8-hour mean of a natural day (O3 日最大 8 小时平均, HJ 663).

    The windows end at each full hour from the first end to midnight and lie wholly in the day. The day is valid from
    the windows that the rule asks for; with fewer it counts only if the value exceeds the limit all the same.

    Args:
        hours: 24 hour means, ug/m3, None where there is no valid one.
        parameters: length of a window and the end of the first.
        window: valid hours that a window needs; day: valid windows that the day needs.
        limit: of the daily maximum 8-hour mean.
    Raises:
        InvalidInput: not 24 hours, or a negative one.
    """
    values = _checked("O3", hours)
    length = parameters.count(AirParameter.OZONE_WINDOW_HOURS)
    first = parameters.count(AirParameter.OZONE_FIRST_END)
    means = {end: window_mean(values[end - length : end], window.minimum) for end in range(first, DAY_HOURS + 1)}
    there = {end: mean for end, mean in means.items() if mean is not None}
    rows: tuple[RuleRow, ...] = (parameters.row(AirParameter.OZONE_WINDOW_HOURS), window, day)
    if not there:
        return DayValue("O3", None, False, 0, day.minimum, rows, "no valid window")
    top = max(there.values())
    at = min(end for end, mean in there.items() if mean == top)
    enough, over = len(there) >= day.minimum, top > Fraction(limit.limit)
    reason = "" if enough else f"{len(there)} of {day.minimum} valid windows"
    if over and not enough:
        reason, rows = f"{reason}, but above the limit of {limit.limit} {limit.unit}", (*rows, limit)
    return DayValue("O3", top, enough or over, len(there), day.minimum, rows, reason, at)


def _checked(item: str, hours: Hours) -> list[Fraction | None]:
    if len(hours) != DAY_HOURS:
        raise InvalidInput(
            f"{len(hours)} hours are no day", field=item, remedy="give 24 hours, None where there is no valid value"
        )
    for hour, value in enumerate(hours):
        if value is not None and value < 0:
            raise InvalidInput(f"{value} is negative", field=f"{item}.{hour}", remedy="give None for an invalid hour")
    return [None if value is None else Fraction(value) for value in hours]
