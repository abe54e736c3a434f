"""Periods and changes of surface water: month, quarter and year values, trend words, main pollutants of a basin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.media_rules import MediaParameter, MediaParameters
from qingtian.domain.standards.quality import WaterClass
from qingtian.domain.standards.surface_water import Section, SurfaceWater

ALL = 100  # percent
Values = Mapping[str, Decimal | None]


class Change(StrEnum):
    """Words for a change of water quality."""

    MARKEDLY_BETTER = "markedly_better"
    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    MARKEDLY_WORSE = "markedly_worse"


CHANGE_ZH = {
    Change.MARKEDLY_BETTER: "明显好转",
    Change.BETTER: "有所好转",
    Change.SAME: "无明显变化",
    Change.WORSE: "有所变差",
    Change.MARKEDLY_WORSE: "明显变差",
}


@dataclass(frozen=True, slots=True)
class PeriodValues:
    """Item values of a period.

    Args:
        values: unrounded mean of each item; None without a value.
        have: months or valid days that have a value; need: fewest that make the period valid.
        automatic: formed from an automatic station.
        valid: whether they suffice.
    """

    values: Mapping[str, Decimal | None]
    have: int
    need: int
    valid: bool
    automatic: bool = False


def year_values(months: Mapping[int, Values], parameters: MediaParameters) -> PeriodValues:
    """Year of a section: mean of its monthly values, valid from eight of them.

    Args:
        months: item values by month 1..12; a month without any value does not count.
    """
    there = [values for _, values in sorted(months.items()) if any(value is not None for value in values.values())]
    need = int(parameters.number(MediaParameter.YEAR_MONTHS))
    return PeriodValues(_means(there), len(there), need, valid=len(there) >= need)


def mean_values(parts: Sequence[Values]) -> Mapping[str, Decimal | None]:
    """Mean of each item over samples or months; a missing value is left out."""
    return _means(parts)


def automatic_month(days: Mapping[int, Values], month_days: int, parameters: MediaParameters) -> PeriodValues:
    """Month of an automatic station: mean of its valid day means, marked as automatic.

    Args:
        days: day means by day of the month; a day without a valid mean is left out.
        month_days: days of the month.
    """
    there = [values for day, values in sorted(days.items()) if any(value is not None for value in values.values())]
    share = Fraction(parameters.number(MediaParameter.AUTOMATIC_DAYS_PERCENT)) / ALL
    need = -(-share.numerator * month_days // share.denominator)
    return PeriodValues(_means(there), len(there), need, valid=len(there) >= need, automatic=True)


def section_change(before: WaterClass, now: WaterClass, parameters: MediaParameters) -> Change:
    """Change of a section: one class better is 有所好转, two or more 明显好转; the same the other way."""
    marked = int(parameters.number(MediaParameter.MARKED_CHANGE_CLASSES))
    step = before.rank - now.rank
    if step == 0:
        return Change.SAME
    if step > 0:
        return Change.MARKEDLY_BETTER if step >= marked else Change.BETTER
    return Change.MARKEDLY_WORSE if -step >= marked else Change.WORSE


@dataclass(frozen=True, slots=True)
class BasinChange:
    """Change of a basin.

    Args:
        good_points: change of the share of sections up to class III, in percentage points (dG).
        worse_points: change of the share worse than class V (dD).
        change: by dG - dD.
    """

    good_points: Fraction
    worse_points: Fraction
    change: Change


def basin_change(
    law: SurfaceWater, before: Sequence[int], now: Sequence[int], parameters: MediaParameters
) -> BasinChange:
    """Change of a basin by shares: dG - dD within 10 points none, up to 20 a change, above 20 a marked one.

    Args:
        before, now: sections of class I, II, III, IV, V and worse than V.
    Raises:
        InvalidInput: not six counts, or no section.
    """
    good = _share(law, now)[0] - _share(law, before)[0]
    worse = _share(law, now)[1] - _share(law, before)[1]
    balance = good - worse
    small = parameters.number(MediaParameter.BASIN_CHANGE)
    large = parameters.number(MediaParameter.BASIN_MARKED_CHANGE)
    if abs(balance) <= small:
        return BasinChange(good, worse, Change.SAME)
    if balance > 0:
        return BasinChange(good, worse, Change.MARKEDLY_BETTER if balance > large else Change.BETTER)
    return BasinChange(good, worse, Change.MARKEDLY_WORSE if -balance > large else Change.WORSE)


def basin_main_pollutants(law: SurfaceWater, sections: Sequence[Section]) -> tuple[tuple[str, Fraction], ...]:
    """Main pollutants of a basin: the items with the highest share of sections over class III, in percent.

    Args:
        sections: evaluated sections; an item is counted where it was measured.
    Raises:
        InvalidInput: fewer sections than shares need.
    """
    if len(sections) < law.rule.proportions_from:
        raise InvalidInput(
            f"{len(sections)} sections are too few for shares; {law.rule.proportions_from} are needed",
            field="sections",
            remedy="take the main pollutants of the mean section",
        )
    measured, over = Counter[str](), Counter[str]()
    for one in sections:
        for item in one.items:
            measured[item.row.item] += 1
            over[item.row.item] += item.water_class.rank > law.rule.reference_class.rank
    rates = {item: Fraction(ALL * over[item], count) for item, count in measured.items() if over[item]}
    ranked = sorted(rates.items(), key=lambda one: (-one[1], one[0]))
    return tuple(ranked[: law.rule.most_pollutants])


def meets_target(found: WaterClass, target: WaterClass) -> bool:
    """Whether a section meets the class of its function zone, which is another question than its class.

    >>> meets_target(WaterClass.THIRD, WaterClass.FOURTH), meets_target(WaterClass.FOURTH, WaterClass.THIRD)
    (True, False)
    """
    return found.rank <= target.rank


def _share(law: SurfaceWater, counts: Sequence[int]) -> tuple[Fraction, Fraction]:
    total = sum(counts)
    if len(counts) != len(WaterClass) or any(one < 0 for one in counts) or not total:
        remedy = f"give {len(WaterClass)} counts, class I to worse than V"
        raise InvalidInput(f"{list(counts)} are no counts by class", field="counts", remedy=remedy)
    good = Fraction(ALL * sum(counts[: law.rule.reference_class.rank + 1]), total)
    return good, Fraction(ALL * counts[WaterClass.WORSE.rank], total)


def _means(parts: Sequence[Values]) -> dict[str, Decimal | None]:
    names = dict.fromkeys(name for one in parts for name in one)
    means: dict[str, Decimal | None] = {}
    for name in names:
        known = [value for one in parts if (value := one.get(name)) is not None]
        means[name] = sum(known, Decimal(0)) / len(known) if known else None
    return means
