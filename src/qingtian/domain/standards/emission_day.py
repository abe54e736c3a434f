"""The day mean of an outlet from its hours: weighted by flow in water, of the valid hours in air."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class HourOfDay:
    """One hour of one item.

    Args:
        value: what enters the mean, in the unit of the limit; None where the hour does not count.
        flow: flow of the hour, in one unit for the whole day; None where none is measured.
    """

    value: Fraction | Decimal | None
    flow: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DayMean:
    """A day mean with what it rests on.

    Args:
        value: exact; None without a valid hour.
        have: hours that entered it; of: hours that should have.
        weighted: whether it is weighted by flow.
    """

    value: Fraction | None
    have: int
    of: int
    weighted: bool


def water_day_mean(hours: Sequence[HourOfDay], *, day_hours: int, weigh: bool = True) -> DayMean:
    """Day mean of waste water: `sum(Ci Qi) / sum(Qi)` (HJ 356); hours without flow discharge nothing and do not count.

    Args:
        hours: the hours that have a row of the item or of the flow.
        day_hours: hours that the day has, where no flow says which of them discharged.
        weigh: false for pH and temperature, which are averaged as they are.

    >>> hours = [HourOfDay(Decimal(60), Decimal(1)), HourOfDay(Decimal(30), Decimal(2)), HourOfDay(None, Decimal(0))]
    >>> water_day_mean(hours, day_hours=24)
    DayMean(value=Fraction(40, 1), have=2, of=2, weighted=True)
    """
    measured = [one for one in hours if one.flow is not None]
    discharging = [one for one in measured if one.flow]
    if not discharging:
        # Without any flow every hour counts alike; with flows that are all zero nothing was discharged.
        of = 0 if measured and len(measured) == len(hours) else day_hours
        return _plain(hours if of else (), of)
    valid = [one for one in discharging if one.value is not None]
    if not weigh:
        return _plain(valid, len(discharging))
    flow = sum(Fraction(one.flow or 0) for one in valid)
    load = sum(Fraction(one.value or 0) * Fraction(one.flow or 0) for one in valid)
    return DayMean(load / flow if flow else None, len(valid), len(discharging), weighted=True)


def air_day_mean(hours: Iterable[HourOfDay], *, day_hours: int) -> DayMean:
    """Day mean of waste gas: the mean of the valid hour values, each already at the reference oxygen.

    >>> air_day_mean([HourOfDay(Decimal(30)), HourOfDay(Decimal(50)), HourOfDay(None)], day_hours=24)
    DayMean(value=Fraction(40, 1), have=2, of=24, weighted=False)
    """
    return _plain(hours, day_hours)


def _plain(hours: Iterable[HourOfDay], of: int) -> DayMean:
    values = [Fraction(one.value) for one in hours if one.value is not None]
    mean = sum(values, Fraction(0)) / len(values) if values else None
    return DayMean(mean, len(values), of, weighted=False)
