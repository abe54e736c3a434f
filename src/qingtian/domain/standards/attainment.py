"""Whether a place meets GB 3095 over a year: each item by its mean and its percentile, the worse of the two decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.air_period import PeriodStatistic
from qingtian.domain.standards.evaluation import FigurePlaces
from qingtian.domain.standards.limits import AirLimit
from qingtian.domain.standards.numbers import round_fraction

LIMIT_OF = {("mean", "day_mean"): "annual", ("percentile", "day_mean"): "24h"}
LIMIT_OF[("percentile", "daily_max_8h")] = "daily_max_8h"


@dataclass(frozen=True, slots=True)
class StatisticAgainstLimit:
    """One statistic held against its limit.

    Args:
        value: rounded once to the places of a compliance value.
        single_index: value over limit (单项指数), unrounded.
        met: whether the value is within the limit.
        multiple: how far over it, `value / limit - 1`; None within.
        valid: as in the statistic.
    """

    statistic: PeriodStatistic
    limit: AirLimit
    value: Decimal
    single_index: Fraction
    met: bool
    multiple: Decimal | None
    valid: bool | None


@dataclass(frozen=True, slots=True)
class ItemAttainment:
    """One item: the statistic with the larger single index decides; met only if every statistic is."""

    item: str
    deciding: StatisticAgainstLimit
    parts: tuple[StatisticAgainstLimit, ...]
    met: bool


@dataclass(frozen=True, slots=True)
class Attainment:
    """A place over a period.

    Args:
        category: level of GB 3095 that it was held against.
        met: whether every item meets it; None where an item has no value.
        failing: items that do not; missing: items without a value or without a limit.
        largest: item with the largest single index.
    """

    standard: str
    category: str
    met: bool | None
    items: tuple[ItemAttainment, ...]
    failing: tuple[str, ...]
    missing: tuple[str, ...]
    largest: str


def attain(
    statistics: Iterable[PeriodStatistic],
    limits: Iterable[AirLimit],
    places: Sequence[FigurePlaces],
    *,
    category: str,
    items: Sequence[str],
) -> Attainment:
    """Hold the statistics of a year against one level of GB 3095 (HJ 663).

    Args:
        statistics: means and percentiles of the items that have any.
        limits: of the edition in force at the date of the data.
        places: decimal places of compliance values and multiples.
        category: `level 1`, `level 2`, or another category of the limits.
        items: which the place is evaluated by.
    Raises:
        InvalidInput: no limit of that category.
    """
    table = {(row.item, row.period): row for row in limits if row.category == category}
    if not table:
        raise InvalidInput(f"there is no limit of {category!r}", field="category", remedy="give level 1 or level 2")
    parts: dict[str, list[StatisticAgainstLimit]] = {}
    for one in statistics:
        limit = table.get((one.item, LIMIT_OF.get((one.statistic.statistic, one.statistic.of), "")))
        if one.item in items and limit is not None and one.value is not None:
            parts.setdefault(one.item, []).append(_hold(one, one.value, limit, places))
    found = tuple(_item(item, parts[item]) for item in items if item in parts)
    missing = tuple(item for item in items if item not in parts)
    failing = tuple(one.item for one in found if not one.met)
    met = None if missing and not failing else not failing
    largest = max(found, key=lambda one: one.deciding.single_index).item if found else ""
    standard = next(iter(table.values())).standard
    return Attainment(standard, category, met, found, failing, missing, largest)


def places_of(places: Sequence[FigurePlaces], figure: str, item: str = "all", default: int | None = None) -> int:
    """Decimal places of a figure.

    Args:
        default: where the edition states none.
    Raises:
        InvalidInput: the edition states none and there is no default.
    """
    found: Mapping[str, int] = {row.item: row.digits for row in places if row.figure == figure}
    digits = found.get(item, found.get("all", default))
    if digits is None:
        raise InvalidInput(f"no decimal places of {figure} are in force", field="on", remedy="see air_places.csv")
    return digits


def _hold(
    one: PeriodStatistic, value: Fraction, limit: AirLimit, places: Sequence[FigurePlaces]
) -> StatisticAgainstLimit:
    shown = round_fraction(value, places_of(places, "compliance_value", one.item))
    met = limit.op.holds(shown, limit.limit)
    over = (
        None
        if met
        else round_fraction(Fraction(shown) / Fraction(limit.limit) - 1, places_of(places, "multiple", default=2))
    )
    return StatisticAgainstLimit(one, limit, shown, Fraction(shown) / Fraction(limit.limit), met, over, one.valid)


def _item(item: str, parts: Sequence[StatisticAgainstLimit]) -> ItemAttainment:
    deciding = max(parts, key=lambda part: part.single_index)
    return ItemAttainment(item, deciding, tuple(parts), all(part.met for part in parts))
