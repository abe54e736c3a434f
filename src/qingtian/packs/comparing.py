"""Comparing two packs: rows added, removed and changed, from which day on, and which results that touches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.provenance import RuleRow
from qingtian.packs.catalogue import all_tables
from qingtian.packs.source import CODE, NATIONAL, PackSource, region_folders
from qingtian.packs.tables import Table
from qingtian.packs.touches import Use, uses_of

# Words beside the law: a change of them changes no result.
WORDS = frozenset({"note", "source", "confidence", "name_zh", "name_en", "meaning_zh", "meaning_en", "clause"})


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that the packs differ in.

    Args:
        what: added, removed or changed.
        cells: (old, new) by column, of a changed row.
        first, last: days of data that the change touches; last is None while there is no end.
        touches: kinds of result; empty where only words changed.
    """

    what: str
    file: str
    kind: str
    row_id: str
    cells: Mapping[str, tuple[Any, Any]]
    first: date
    last: date | None
    region: str
    touches: tuple[Use, ...]

    def as_json(self) -> dict[str, Any]:
        """The change as plain values."""
        return {
            "what": self.what,
            "file": self.file,
            "kind": self.kind,
            "row_id": self.row_id,
            "region": self.region,
            "first": self.first.isoformat(),
            "last": self.last.isoformat() if self.last else None,
            "cells": {name: [_text(old), _text(new)] for name, (old, new) in self.cells.items()},
            "touches": [use.code for use in self.touches],
        }


def source_of(place: str | Path) -> PackSource:
    """A source by a folder: national tables, or a regional pack beside the national ones of this release.

    Raises:
        InvalidInput: no such folder.
    """
    folder = Path(place)
    if not folder.is_dir():
        raise InvalidInput(f"there is no folder {place}", field="folder", remedy="name a folder of pack files")
    regional = CODE.fullmatch(folder.name) or any(CODE.fullmatch(one.name) for one in folder.iterdir() if one.is_dir())
    if regional:
        return PackSource(regional=region_folders([folder]))
    return PackSource(folder)


def compare(old: PackSource, new: PackSource) -> tuple[RowChange, ...]:
    """Every row in which two sources differ, file by file.

    Raises:
        ConfigurationError: one of them cannot be read.
    """
    return tuple(change for table in all_tables() for change in _compare(table, old, new))


def _compare(table: Table[Any], old: PackSource, new: PackSource) -> Iterator[RowChange]:
    before = _rows(table, old)
    after = _rows(table, new)
    for row_id in [*before, *(name for name in after if name not in before)]:
        one, other = before.get(row_id), after.get(row_id)
        if one is None and other is not None:
            yield _change("added", table, other, {}, other)
        elif one is not None and other is None:
            yield _change("removed", table, one, {}, one)
        elif one is not None and other is not None and one != other:
            cells = {name.name: (getattr(one, name.name), getattr(other, name.name)) for name in fields(one)}
            changed = {name: pair for name, pair in cells.items() if pair[0] != pair[1]}
            yield _change("changed", table, one, changed, other)


def _rows(table: Table[Any], source: PackSource) -> dict[str, RuleRow]:
    # A folder need not hold every table: what it does not hold is as this release has it.
    national = source.national if (source.national / table.file).exists() else NATIONAL
    rows = table.read(PackSource(national, source.regional, source.tried))
    return {row.row_id: row for row in rows}


def _change(
    what: str, table: Table[Any], one: RuleRow, cells: Mapping[str, tuple[Any, Any]], other: RuleRow
) -> RowChange:
    ends = [row.valid_to for row in (one, other)]
    known = [end for end in ends if end is not None]
    only_words = what == "changed" and set(cells) <= WORDS
    return RowChange(
        what,
        table.file,
        table.kind,
        one.row_id,
        cells,
        _first_day(cells, one, other),
        None if len(known) < len(ends) else max(known),
        other.region,
        () if only_words else uses_of(table.kind),
    )


def _first_day(cells: Mapping[str, tuple[Any, Any]], one: RuleRow, other: RuleRow) -> date:
    # Of a row that only ends earlier or later, the days before the earlier end are judged as before.
    ends = [row.valid_to for row in (one, other) if row.valid_to is not None]
    if cells and set(cells) - WORDS == {"valid_to"} and ends:
        return min(ends)
    return min(one.valid_from, other.valid_from)


def _text(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_text(one) for one in value]
    return value if isinstance(value, (bool, int, str)) or value is None else str(value)
