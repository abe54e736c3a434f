"""Checking packs without stopping at the first fault: every fault with file, row, column, reason and remedy; gaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qingtian.domain.errors import ConfigurationError
from qingtian.domain.standards.provenance import RuleRow
from qingtian.packs.catalogue import all_tables
from qingtian.packs.continuity import Gap, gaps
from qingtian.packs.files import checked
from qingtian.packs.source import BESIDE_ROWS, PackSource, RegionFolder
from qingtian.packs.tables import Table

# Read by the table beside them: days stand under the notice of their year, templates are pinned by version.
READ_ELSEWHERE = frozenset({"calendar.csv", "procedures"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a pack.

    Args:
        place: folder of the pack; file, row (line of a CSV, number in a list), row_id and column where it is.
    """

    place: str
    file: str
    row: int | None
    row_id: str
    column: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        where = ":".join(part for part in (self.file, self.column) if part)
        return f"{where}: {self.reason}; {self.remedy}"


@dataclass(slots=True)
class CheckReport:
    """What a check found.

    Args:
        rows: how many rows each file has, in how many of its folders.
        gaps: days without a rule in tables that may have some, by file.
    """

    rows: dict[str, int] = field(default_factory=dict)
    unverified: int = 0
    regional: dict[str, int] = field(default_factory=dict)
    overrides: list[tuple[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    gaps: dict[str, list[Gap]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Number of rows."""
        return sum(self.rows.values())


def check(source: PackSource) -> CheckReport:
    """Read every table of a source; faults are collected, file by file and row by row."""
    report = CheckReport()
    for table in all_tables():
        _check_table(source, table, report)
    for folder in source.regional:
        report.faults.extend(_strangers(folder))
    _check_whole(source, report)
    return report


def _check_table(source: PackSource, table: Table[Any], report: CheckReport) -> None:
    faults = list(_row_faults(source, table))
    if not faults:
        try:
            rows = table.read(source)
        except ConfigurationError as error:
            faults.append(_fault(source.national, error, table.file))
        else:
            _count(table, rows, report)
    report.faults.extend(faults)


def _row_faults(source: PackSource, table: Table[Any]) -> Iterator[Fault]:
    if table.reader is not None:
        return
    for folder, _ in table.folders(source):
        try:
            raws = table.raws(folder)
        except ConfigurationError as error:
            yield _fault(folder, error, table.file)
            continue
        for number, raw in raws:
            try:
                checked(table.file, table.model, [(number, source.changed(raw))])
            except ConfigurationError as error:
                yield _fault(folder, error, table.file)


def _count(table: Table[Any], rows: tuple[RuleRow, ...], report: CheckReport) -> None:
    report.rows[table.file] = len(rows)
    report.unverified += sum(row.unverified for row in rows)
    for row in rows:
        if row.region != "CN":
            report.regional[row.region] = report.regional.get(row.region, 0) + 1
        report.overrides.extend((row.row_id, other) for other in row.overrides)
    if found := list(gaps(rows, table.key)):
        report.gaps[table.file] = found


def _strangers(folder: RegionFolder) -> Iterator[Fault]:
    known = {table.file for table in all_tables() if table.regional}
    for path in sorted(folder.path.iterdir()):
        if path.name not in known | BESIDE_ROWS:
            yield Fault(
                str(folder.path),
                path.name,
                None,
                "",
                "",
                "is no table that a region may have",
                f"use one of {', '.join(sorted(known))}",
            )


def _check_whole(source: PackSource, report: CheckReport) -> None:
    if report.faults:
        return
    from qingtian.packs.decisions import check_decisions
    from qingtian.packs.loader import read_packs

    try:
        packs = read_packs(source)
        seen: dict[str, int] = {}
        for table in all_tables():
            for row in table.read(source):
                seen[row.row_id] = seen.get(row.row_id, 0) + 1
        packs.rows()
        check_decisions(packs)
    except ConfigurationError as error:
        report.faults.append(_fault(source.national, error, error.field or ""))
        return
    report.faults.extend(
        Fault(str(source.national), "", None, row_id, "row_id", f"{row_id} is used by two tables", "rename one of them")
        for row_id, times in seen.items()
        if times > 1
    )


def _fault(folder: Path, error: ConfigurationError, file: str) -> Fault:
    column = (error.field or "").partition(":")[2]
    row = error.params.get("row")
    rows = error.params.get("rows") or [error.params.get("row_id", "")]
    return Fault(
        str(folder),
        str(error.params.get("file") or file),
        row if isinstance(row, int) else None,
        ", ".join(str(one) for one in rows),
        column,
        error.message,
        error.remedy or "",
    )
