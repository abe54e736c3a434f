"""The loaded rule packs: what is in force on a day, in a place."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.domain.legaltime.calendar import WorkCalendar
from qingtian.domain.standards.air_tables import AqiTables, Category
from qingtian.domain.standards.composite import CompositeRule
from qingtian.domain.standards.limits import (
    AirLimit,
    DataMark,
    EmissionLimit,
    Pollutant,
    ReferenceOxygen,
    ValidityRule,
)
from qingtian.domain.standards.provenance import RuleRow, region_chain
from qingtian.packs.source import REGION, PackSource, region_folders
from qingtian.packs.tables import Table, in_place, nearest

if TYPE_CHECKING:
    from qingtian.domain.detection.rule import DetectionRule
    from qingtian.domain.procedures.template import ProcedureTemplate
    from qingtian.packs.media import MediaTables

Row = TypeVar("Row", bound=RuleRow)


@dataclass(frozen=True, eq=False)
class Packs:
    """Every rule of the packs, immutable. The rule is chosen by the date of the data, never by today's date.

    Args:
        notices: the yearly notices that the calendar rests on.
        source: where the other tables are read from at first use.
    """

    editions: tuple[AqiTables, ...]
    air: tuple[AirLimit, ...]
    emission: tuple[EmissionLimit, ...]
    oxygen: tuple[ReferenceOxygen, ...]
    validity: tuple[ValidityRule, ...]
    marks: tuple[DataMark, ...]
    pollutants: tuple[Pollutant, ...]
    composite: tuple[CompositeRule, ...]
    notices: tuple[RuleRow, ...]
    work_calendar: WorkCalendar
    source: PackSource
    _read: dict[str, tuple[Any, ...]] = field(default_factory=dict, init=False, repr=False)

    def of(self, table: Table[Row]) -> tuple[Row, ...]:
        """Every row of a table, of every date and region; read and checked at first use.

        Raises:
            ConfigurationError: the file is wrong.
        """
        if table.file not in self._read:
            self._read[table.file] = table.read(self.source)
        return self._read[table.file]

    def in_force(self, table: Table[Row], on: date | None, region: str = "CN") -> tuple[Row, ...]:
        """Rows of a table that hold on a day in a place: the nearest region's row of each key.

        Args:
            on: date of the data; None takes the rows without an end.
        """
        return nearest(in_place(self.of(table), on, region), region, table.key)

    @cached_property
    def media(self) -> MediaTables:
        """Tables of water, soil, noise and the environmental tax, read at first use.

        Raises:
            ConfigurationError: one of their files is wrong.
        """
        from qingtian.packs.media import read_media

        return read_media(self.source)

    def aqi_tables(self, on: date) -> AqiTables:
        """The index edition for data of a day.

        Raises:
            InvalidInput: no edition was in force then.
        """
        for edition in self.editions:
            if edition.edition.in_force(on):
                return edition
        first = min(edition.edition.valid_from for edition in self.editions)
        raise InvalidInput(f"no index edition is in force on {on}", field="on", remedy=f"judge data from {first}")

    def aqi_edition(self, standard: str) -> AqiTables:
        """An index edition by its number.

        Raises:
            InvalidInput: there is no such edition.
        """
        for edition in self.editions:
            if edition.standard == standard:
                return edition
        known = ", ".join(edition.standard for edition in self.editions)
        raise InvalidInput(f"there is no index edition {standard}", field="standard", remedy=f"use {known}")

    def categories(self, on: date) -> tuple[Category, ...]:
        """Categories of the index for data of a day, best first."""
        return self.aqi_tables(on).categories

    def composite_rule(self, on: date) -> CompositeRule:
        """The edition of the composite index for data of a day.

        Raises:
            InvalidInput: none was in force then.
        """
        for rule in self.composite:
            if rule.in_force(on):
                return rule
        raise InvalidInput(f"no composite index is defined on {on}", field="on", remedy="see composite_index.json")

    def air_limits(self, on: date, *, region: str = "CN") -> tuple[AirLimit, ...]:
        """Ambient limits for data of a day; a regional row goes before the national one."""
        return nearest(in_place(self.air, on, region), region, lambda row: (row.item, row.period, row.category))

    def emission_limits(
        self,
        on: date | None = None,
        *,
        standard: str | None = None,
        pollutant: str | None = None,
        period: str | None = None,
        category: str | None = None,
        medium: str | None = None,
        region: str = "CN",
    ) -> tuple[EmissionLimit, ...]:
        """Emission limits that fit every given condition.

        Args:
            on: date of the data; None gives rows of every date.
            pollutant: HJ 524/525 code.
            period: hour, day, samples, ...
            region: GB/T 2260 code; its rows and those of the regions above it.
        """
        wanted = {"standard": standard, "pollutant": pollutant, "period": period, "category": category}
        wanted["medium"] = medium
        asked = {name: value for name, value in wanted.items() if value is not None}
        regions = region_chain(region)
        held = (
            in_place(self.emission, on, region)
            if on is not None
            else (row for row in self.emission if row.region in regions)
        )
        return tuple(row for row in held if all(getattr(row, name) == value for name, value in asked.items()))

    @lru_cache(maxsize=4096)  # noqa: B019 - one object a process, which lives as long as the process
    def deciding_limits(self, row_id: str, on: date, region: str = "CN") -> tuple[EmissionLimit, ...]:
        """The limits that compete where a permit names a row: the row itself and what regions set for the same case.

        A regional row competes when it is of the same medium, pollutant, period, category and condition, and the
        stricter decides; one that names the row in `overrides` takes its place instead, and so does one that names
        a row which took it.
        """
        named = self.emission_limit(row_id)
        held = tuple(in_place(self.emission, on, region))
        taken = self._successors(row_id)
        return tuple(row for row in held if row.row_id in taken or _same_case(row, named))

    def _successors(self, row_id: str) -> set[str]:
        found = {row_id}
        while more := {row.row_id for row in self.emission if found.intersection(row.overrides)} - found:
            found |= more
        return found

    def emission_limit(self, row_id: str) -> EmissionLimit:
        """One emission limit by its row id.

        Raises:
            InvalidInput: there is no such row.
        """
        row = self.row(row_id)
        if not isinstance(row, EmissionLimit):
            raise InvalidInput(f"{row_id} is no emission limit", field="row_id", remedy="name a row of emission_limits")
        return row

    def reference_oxygen(
        self, on: date | None = None, *, standard: str | None = None, region: str = "CN"
    ) -> tuple[ReferenceOxygen, ...]:
        """Reference oxygen contents, in percent."""
        regions = region_chain(region)
        rows = (
            in_place(self.oxygen, on, region)
            if on is not None
            else (row for row in self.oxygen if row.region in regions)
        )
        return tuple(row for row in rows if standard in (None, row.standard))

    def validity_rule(
        self, applies_to: str, period: str, on: date, *, item: str = "all", region: str = "CN"
    ) -> ValidityRule:
        """How much data make a period valid.

        Args:
            applies_to: air_station, cems or period_mark.
            period: hour, day, month, ...
            item: symbol, such as O3; rows for `all` items hold for each.
        Raises:
            InvalidInput: no rule.
        """
        for row in nearest(in_place(self.validity, on, region), region, _validity_key):
            fits = row.applies_to == applies_to and row.period == period
            if fits and (item in row.items or "all" in row.items):
                return row
        raise InvalidInput(
            f"no validity rule for {applies_to} {period} {item} on {on}", field="period", remedy="see data_validity.csv"
        )

    def data_mark(self, mark: str, on: date) -> DataMark:
        """The row of a data mark; a mark that HJ 212 does not know has the row of unknown marks."""
        rows = {row.mark: row for row in self.marks if row.in_force(on)}
        if mark not in rows and "unknown" not in rows:
            raise InvalidInput(f"no data mark is defined on {on}", field="on", remedy="see data_marks.csv")
        return rows.get(mark) or rows["unknown"]

    def pollutant(self, code: str) -> Pollutant:
        """A pollutant by its code, its 2005 code, or a numbered process code (`e101xx`).

        Raises:
            InvalidInput: no such code.
        """
        found = self._by_code.get(code) or self._by_code.get(f"{code[:4]}xx") or self._by_code.get(f"{code[:-1]}x")
        if found is None:
            raise InvalidInput(f"there is no pollutant {code}", field="pollutant", remedy="use a code of HJ 524/525")
        return found

    def has_pollutant(self, code: str) -> bool:
        """Whether a code is in the list."""
        return code in self._by_code

    def pollutant_by_symbol(self, symbol: str, medium: str = "air") -> Pollutant:
        """A pollutant by its symbol, such as PM2.5 or COD.

        Raises:
            InvalidInput: no such symbol in that medium.
        """
        for row in self.pollutants:
            if symbol and row.symbol == symbol and row.medium == medium:  # many rows have none
                return row
        raise InvalidInput(f"there is no {medium} pollutant {symbol}", field="symbol", remedy="see pollutants.csv")

    def calendar(self) -> WorkCalendar:
        """The working-day calendar."""
        return self.work_calendar

    def detection_rules(self, on: date, region: str = "CN") -> Mapping[str, DetectionRule]:
        """Detection rules in force for data of a day, by code; a region's own go before the national ones."""
        return self._detection(on, region)

    @lru_cache(maxsize=512)  # noqa: B019 - one object a process, which lives as long as the process
    def _detection(self, on: date, region: str) -> Mapping[str, DetectionRule]:
        from qingtian.packs.detection import DETECTION

        return MappingProxyType({rule.code: rule for rule in self.in_force(DETECTION, on, region)})

    def procedure(self, code: str, version: str | None = None) -> ProcedureTemplate:
        """A case template; without a version the newest."""
        from qingtian.packs.procedures import procedure

        return procedure(code, version)

    def row(self, row_id: str) -> RuleRow:
        """Any row by its id.

        Raises:
            InvalidInput: there is no such row.
        """
        found = self._by_id.get(row_id) or self._others_by_id.get(row_id)
        if found is None:
            raise InvalidInput(f"there is no pack row {row_id}", field="row_id", remedy="see docs/packs.md")
        return found

    def rows(self) -> tuple[RuleRow, ...]:
        """Every row, file by file; procedures are templates and stand apart."""
        return (*self._by_id.values(), *self._others_by_id.values())

    def trying(self, row_id: str, cells: Mapping[str, Any]) -> Packs:
        """The same packs with some cells of one row replaced in memory, read and checked like files.

        Raises:
            InvalidInput: there is no such row.
            ConfigurationError: the row is refused with these cells.
        """
        from qingtian.packs.loader import read_packs

        self.row(row_id)
        return read_packs(self.source.trying(row_id, cells))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of every row: two packs with the same one judge alike."""
        return hashlib.sha256("\n".join(repr(row) for row in self.rows()).encode()).hexdigest()

    @cached_property
    def _by_id(self) -> dict[str, RuleRow]:
        return {row.row_id: row for row in self._all_rows()}

    @cached_property
    def _others_by_id(self) -> dict[str, RuleRow]:
        from qingtian.packs.catalogue import later_tables

        media = {row.row_id: row for row in self.media.rows()}
        return {**media, **{row.row_id: row for table in later_tables() for row in self.of(table)}}

    @cached_property
    def _by_code(self) -> dict[str, Pollutant]:
        named = {row.code: row for row in self.pollutants}
        return {**{row.old_code: row for row in self.pollutants if row.old_code}, **named}

    def _all_rows(self) -> Iterator[RuleRow]:
        from qingtian.packs.detection import DETECTION

        for edition in self.editions:
            yield edition.edition
            yield from edition.categories
            for table in edition.tables.values():
                yield from table.points
        yield from self.of(DETECTION)
        for group in (self.air, self.composite, self.emission, self.oxygen, self.validity, self.marks):
            yield from group
        yield from self.notices
        yield from self.pollutants


def _validity_key(row: ValidityRule) -> tuple[Hashable, ...]:
    return (row.applies_to, row.items, row.period, row.counts)


def _same_case(row: EmissionLimit, named: EmissionLimit) -> bool:
    local = row.region not in ("CN", named.region)
    case = ("medium", "pollutant", "item", "period", "category", "condition")
    return local and all(getattr(row, name) == getattr(named, name) for name in case)


_folders: list[Path] = []


def use_pack_folders(folders: Iterable[Path], *, examples: bool = True) -> None:
    """Let this process read the regional packs of some folders beside those of the release.

    Args:
        examples: whether packs that call themselves a test may be used.
    Raises:
        ConfigurationError: one of them is no folder of regional packs, or an example where none may be used.
    """
    wanted = list(folders)
    for one in region_folders(wanted):
        if one.test and not examples:
            raise ConfigurationError(
                f"{one.path} is a test pack: its rows are no law", field="pack_folders", remedy="leave it out"
            )
    _folders[:] = wanted


def source_in_use() -> PackSource:
    """What this process reads its packs from."""
    own = [REGION] if REGION.is_dir() else []
    return PackSource(regional=region_folders([*own, *_folders]))


def load_packs() -> Packs:
    """The packs of this release and of the folders in use, read and checked once a process.

    Raises:
        ConfigurationError: a pack file is wrong; names file, row, field, reason and remedy.
    """
    return _loaded(tuple(_folders))


@lru_cache(maxsize=2)
def _loaded(folders: tuple[Path, ...]) -> Packs:
    from qingtian.packs.loader import read_packs

    return read_packs(source_in_use())
