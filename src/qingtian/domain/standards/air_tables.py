"""The tables of one edition of the air quality index, as they stand in the packs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.provenance import RuleRow


class Report(StrEnum):
    """Kind of index report."""

    DAILY = "daily"
    HOURLY = "hourly"
    REALTIME = "realtime"  # the published practice: six values of one hour


class MissingRule(StrEnum):
    """What happens to the index when an indicator is missing."""

    FROM_THE_OTHERS = "from_the_others"
    NA_UNLESS_OVER = "na_unless_over"  # published only above `publish_above`


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakpoint(RuleRow):
    """One corner of an index table: at this concentration the index has this value."""

    item: str
    period: str
    index: int
    concentration: Decimal
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Category(RuleRow):
    """A band of the index with its level, name and colour."""

    minimum: int
    maximum: int
    level: str
    level_number: int
    name_zh: str
    name_en: str
    colour_zh: str
    hex: str
    rgb: tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class BreakpointTable:
    """The corners of one item and averaging period, rising.

    Args:
        ceiling: index above the last corner; None where the edition gives none for this period.
    """

    item: str
    period: str
    unit: str
    points: tuple[Breakpoint, ...]
    ceiling: int | None
    clause: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """One line of a report.

    Args:
        name: key under which its concentration is given.
        item: pollutant symbol.
        period: table that turns it into an index.
        instead_of: name of the line that this one replaces when that one has no index.
        needed: whether the report is complete only with it.
    """

    name: str
    item: str
    period: str
    instead_of: str = ""
    needed: bool = True


@dataclass(frozen=True, eq=False, kw_only=True)
class AqiTables:
    """One edition of the index: tables, reports, rounding, missing rule and categories."""

    edition: RuleRow
    tables: Mapping[tuple[str, str], BreakpointTable]
    reports: Mapping[Report, tuple[Indicator, ...]]
    aliases: Mapping[Report, Mapping[str, str]]
    same_table: Mapping[tuple[str, str], str]
    digits: Mapping[str, int] | None
    digits_clause: str
    missing: MissingRule
    missing_clause: str
    publish_above: int
    primary_above: int
    primary_clause: str
    over_limit_above: int | None
    categories: tuple[Category, ...]

    @property
    def standard(self) -> str:
        """Number and year of the edition."""
        return self.edition.standard

    def table(self, item: str, period: str) -> BreakpointTable:
        """The table of an item; some periods share the table of another.

        Raises:
            InvalidInput: the edition has no such item or period.
        """
        table = self.tables.get((item, self.same_table.get((item, period), period)))
        if table is not None:
            return table
        periods = sorted(known for symbol, known in (*self.tables, *self.same_table) if symbol == item)
        if periods:
            raise InvalidInput(
                f"{self.standard} has no table of {item} for {period}",
                field="period",
                remedy=f"use {', '.join(periods)}",
            )
        items = sorted({symbol for symbol, _ in self.tables})
        raise InvalidInput(f"{self.standard} has no table of {item}", field="item", remedy=f"use {', '.join(items)}")

    def category(self, index: int) -> Category:
        """The band of an index; zero belongs to the first band."""
        for band in self.categories:
            if index <= band.maximum:
                return band
        return self.categories[-1]
