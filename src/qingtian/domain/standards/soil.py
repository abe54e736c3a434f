"""Soil: farmland by pH and use (GB 15618) and construction land by class (GB 36600)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.provenance import RuleRow

ALL, OTHER, ROTATION = "all", "other", "rotation"


class SoilVerdict(StrEnum):
    """What a value says about the risk of the soil."""

    NOT_ABOVE_SCREENING = "not above screening"
    ABOVE_SCREENING = "above screening"
    ABOVE_CONTROL = "above control"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoilLimit(RuleRow):
    """A screening or control value.

    Args:
        land: farmland or construction.
        level: screening or control.
        use: paddy, other, orchard, all; class 1 or class 2 of construction land.
        ph_above: pH above which it holds; ph_to: up to and with which it holds.
    """

    item: str
    name_zh: str
    aliases: tuple[str, ...]
    land: str
    level: str
    use: str
    ph_above: Decimal | None
    ph_to: Decimal | None
    limit: Decimal
    unit: str

    @property
    def needs_ph(self) -> bool:
        """Whether it holds in a part of the pH scale only."""
        return self.ph_above is not None or self.ph_to is not None

    def fits(self, ph: Decimal | None) -> bool:
        """Whether it holds at a pH."""
        if not self.needs_ph:
            return True
        above = ph is not None and (self.ph_above is None or ph > self.ph_above)
        return above and ph is not None and (self.ph_to is None or ph <= self.ph_to)


@dataclass(frozen=True, slots=True)
class SoilAssessment:
    """The verdict on one item with the two values it rests on; an item may have no control value."""

    verdict: SoilVerdict
    screening: SoilLimit
    control: SoilLimit | None

    @property
    def clause(self) -> str:
        """Standard and place of the values."""
        places = dict.fromkeys(row.clause for row in (self.screening, self.control) if row)
        return f"{self.screening.standard} {', '.join(places)}"


def judge_soil(
    limits: Iterable[SoilLimit], item: str, value: Decimal, *, use: str, ph: Decimal | None = None
) -> SoilAssessment:
    """Hold a content against the screening and the control value; a value equal to either is not above it.

    Args:
        limits: rows of one kind of land.
        item: symbol, Chinese name or other name.
        value: mg/kg.
        use: of the land; `rotation` of paddy and dry crops takes the stricter value. A use without own values takes
            those of `other`, then those of every use.
        ph: of the soil; needed where the values depend on it.
    Raises:
        InvalidInput: an unknown item or use, no pH where one is needed, or a negative value.
    """
    rows = tuple(limits)
    if value < 0:
        raise InvalidInput(f"{value} is negative", field="value", remedy="treat it as an invalid value")
    _check_use(rows, use)
    named = _named(rows, item)
    if ph is None and any(row.needs_ph for row in named):
        raise InvalidInput("is missing", field="pH", remedy=f"the values of {item} depend on the pH of the soil")
    fitting = [row for row in named if row.fits(ph)]
    screening = _of_use([row for row in fitting if row.level == "screening"], use)
    control = _of_use([row for row in fitting if row.level == "control"], use)
    if screening is None:
        raise InvalidInput(f"{item} has no screening value here", field="item", remedy="see soil_limits.csv")
    return SoilAssessment(_verdict(value, screening, control), screening, control)


def _verdict(value: Decimal, screening: SoilLimit, control: SoilLimit | None) -> SoilVerdict:
    if control is not None and value > control.limit:
        return SoilVerdict.ABOVE_CONTROL
    return SoilVerdict.ABOVE_SCREENING if value > screening.limit else SoilVerdict.NOT_ABOVE_SCREENING


def _of_use(rows: list[SoilLimit], use: str) -> SoilLimit | None:
    wanted: tuple[tuple[str, ...], ...] = ((use,), (OTHER,), (ALL,))
    if use == ROTATION:
        wanted = (("paddy", OTHER), (ALL,))
    for uses in wanted:
        found = [row for row in rows if row.use in uses]
        if found:
            return min(found, key=lambda row: row.limit)
    return None


def _named(rows: tuple[SoilLimit, ...], item: str) -> list[SoilLimit]:
    named = [row for row in rows if item in (row.item, row.name_zh, *row.aliases)]
    if not named:
        known = ", ".join(dict.fromkeys(row.item for row in rows))
        raise InvalidInput(f"there is no item {item!r}", field="item", remedy=f"use {known}")
    return named


def _check_use(rows: tuple[SoilLimit, ...], use: str) -> None:
    uses = {row.use for row in rows if row.use != ALL} | (
        {ROTATION} if any(row.use == OTHER for row in rows) else set()
    )
    if use not in uses:
        raise InvalidInput(f"there is no use {use!r}", field="use", remedy=f"use {', '.join(sorted(uses))}")
