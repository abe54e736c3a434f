"""One shape for every table of the packs: file, schema, value type, key; read, checked and put in place alike.

A new table is one `Table(...)` in a module of its own and one line in `qingtian.packs.catalogue`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from qingtian.domain.errors import ConfigurationError
from qingtian.domain.standards.provenance import RuleRow, region_chain
from qingtian.packs.continuity import refuse_gaps, refuse_overlaps
from qingtian.packs.files import checked, raw_csv, raw_json
from qingtian.packs.source import PackSource, RegionFolder, as_source

Row = TypeVar("Row", bound=RuleRow)
Key = Callable[[Row], tuple[Hashable, ...]]


@dataclass(frozen=True, eq=False)
class Table(Generic[Row]):
    """A table of the packs.

    Args:
        file: name in the folder of a pack, `.csv` or `.json` (`{"rows": [...]}`).
        model: schema of a row; gives errors that name row and field.
        make: from the checked row to the value that judges; `plainly(RowType)` where the fields are the same.
        key: what is decided; no two rows of one key and region are in force together.
        kind: word of the rule registry, see `interfaces/api/present/rules.py`.
        continuous: whether the national rows of a key may have no gap.
        needed: whether the table must have a row.
        regional: whether a region may add rows of its own; only_regional: whether the national pack has no such file.
        checks: further checks of all rows together; they raise a ConfigurationError.
        reader: reads the rows of one folder, for files that are neither CSV nor JSON.
    """

    file: str
    model: type[BaseModel]
    make: Callable[[Any], Row]
    key: Key[Row]
    kind: str
    continuous: bool = False
    needed: bool = False
    regional: bool = True
    only_regional: bool = False
    checks: tuple[Callable[[str, tuple[Row, ...]], None], ...] = ()
    reader: Callable[[Path, PackSource], tuple[Row, ...]] | None = None

    def read(self, place: Path | PackSource) -> tuple[Row, ...]:
        """Every row of the national and the regional packs, checked.

        Raises:
            ConfigurationError: names the file, the row, the field, the reason and the remedy.
        """
        source = as_source(place)
        rows: list[Row] = []
        for folder, region in self.folders(source):
            own = self._own(folder, source)
            if region is not None:
                self._refuse_foreign(region, own)
            rows.extend(own)
        found = tuple(rows)
        self._check(found)
        return found

    def folders(self, source: PackSource) -> Iterator[tuple[Path, RegionFolder | None]]:
        """Folders that hold the table, the national one first."""
        held = source.folders(self.file)
        return (one for one in held if not (self.only_regional and one[1] is None))

    def _own(self, folder: Path, source: PackSource) -> tuple[Row, ...]:
        if self.reader is not None:
            return self.reader(folder, source)
        lines = ((number, source.changed(raw)) for number, raw in self.raws(folder))
        return tuple(self.make(row) for row in checked(self.file, self.model, lines))

    def raws(self, folder: Path) -> list[tuple[int, Any]]:
        """Numbered rows of one folder as they stand."""
        return raw_csv(folder, self.file) if self.file.endswith(".csv") else raw_json(folder, self.file)

    def _check(self, rows: tuple[Row, ...]) -> None:
        if self.needed and not rows:
            raise ConfigurationError("has no row", field=self.file, remedy="restore the pack from the release")
        refuse_overlaps(self.file, rows, self.key)
        if self.continuous:
            refuse_gaps(self.file, [row for row in rows if row.region == "CN"], self.key)
        _refuse_wild_overrides(self.file, rows)
        _refuse_looser(self.file, rows, self.key)
        for check in self.checks:
            check(self.file, rows)

    def _refuse_foreign(self, region: RegionFolder, rows: Iterable[Row]) -> None:
        if not self.regional:
            raise ConfigurationError(
                f"the pack of {region.code} may not hold {self.file}: the rule is the same in the whole country",
                field=self.file,
                remedy=f"remove {region.path / self.file}",
            )
        for row in rows:
            if not region.holds(row.region):
                raise ConfigurationError(
                    f"{row.row_id} is a row of {row.region}, in the pack of {region.code}",
                    field=f"{self.file}:region",
                    remedy=f"write {region.code} or a region below it",
                    file=self.file,
                    row_id=row.row_id,
                )


def plainly(make: Callable[..., Row]) -> Callable[[BaseModel], Row]:
    """Makes the value of a row from the fields of its schema."""
    return lambda row: make(**row.model_dump())


def one_rule(row: RuleRow) -> tuple[Hashable, ...]:
    """The key of a table that holds editions of one rule."""
    return ("rule",)


def in_place(rows: Iterable[Row], on: date | None, region: str = "CN") -> Iterator[Row]:
    """Rows that hold on a day in a place, without those that a nearer row overrides by name.

    Args:
        on: date of the data; None takes the rows without an end.
        region: GB/T 2260 code; the rows of the regions above it hold too.
    """
    chain = region_chain(region)
    held = [row for row in rows if row.region in chain and (row.valid_to is None if on is None else row.in_force(on))]
    overridden = {row_id for row in held for row_id in row.overrides}
    yield from (row for row in held if row.row_id not in overridden)


def nearest(rows: Iterable[Row], region: str, key: Key[Row]) -> tuple[Row, ...]:
    """Of the rows of one key the one of the nearest region."""
    order = {code: rank for rank, code in enumerate(region_chain(region))}
    best: dict[Hashable, Row] = {}
    for row in rows:
        if row.region not in order:
            continue
        held = best.get(name := key(row))
        if held is None or order[row.region] < order[held.region]:
            best[name] = row
    return tuple(best.values())


def _refuse_wild_overrides(file: str, rows: tuple[Row, ...]) -> None:
    by_id = {row.row_id: row for row in rows}
    for row in rows:
        for row_id in row.overrides:
            other = by_id.get(row_id)
            if other is None or other.region == row.region or other.region not in region_chain(row.region):
                raise ConfigurationError(
                    f"{row.row_id} overrides {row_id}, which is no row of a region above {row.region} in {file}",
                    field=f"{file}:overrides",
                    remedy="name the row_id of a national row, or of a region above",
                    file=file,
                    row_id=row.row_id,
                )


def _refuse_looser(file: str, rows: tuple[Row, ...], key: Key[Row]) -> None:
    # Of limits a region may only set stricter ones than the law above it.
    by_key: dict[Hashable, list[Row]] = {}
    for row in rows:
        by_key.setdefault(key(row), []).append(row)
    by_id = {row.row_id: row for row in rows}
    for row in rows:
        if row.region == "CN":
            continue
        above = [by_id[name] for name in row.overrides]
        above += [other for other in by_key[key(row)] if other.region in region_chain(row.region)[1:]]
        for other in above:
            if _looser(row, other):
                raise ConfigurationError(
                    f"{row.row_id} allows more than {other.row_id}, in whose place it stands",
                    field=f"{file}:limit",
                    remedy="a region may only be stricter: mend the limit, the unit or the dates",
                    file=file,
                    row_id=row.row_id,
                )


def _looser(row: RuleRow, other: RuleRow) -> bool:
    mine, theirs = getattr(row, "limit", None), getattr(other, "limit", None)
    together = row.valid_from <= (other.valid_to or date.max) and other.valid_from <= (row.valid_to or date.max)
    if mine is None or theirs is None or not together:
        return False
    if getattr(row, "unit", "") != getattr(other, "unit", ""):
        return True
    op = getattr(row, "op", "<=")
    if op not in ("<=", ">=") or op != getattr(other, "op", "<="):
        return False
    return bool(mine > theirs if op == "<=" else mine < theirs)
