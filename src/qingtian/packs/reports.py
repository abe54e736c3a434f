"""Table of the kinds of reports: what each is about, its chapters, when the duty makes it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.domain.reports.kinds import ReportKind, ReportSpan
from qingtian.packs.rulebook import load_packs
from qingtian.packs.schema import Figure, PackRow, Text, Words
from qingtian.packs.tables import Table, plainly

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,19}$")]
Yes = Annotated[bool, BeforeValidator(lambda value: {"yes": True, "no": False}.get(value, value))]


class ReportKindRow(PackRow):
    """report_kinds.csv."""

    kind: Code
    span: ReportSpan
    label_zh: Text
    label_en: Text
    sections: Annotated[Words, Field(min_length=1)]
    ready_hours: Annotated[Figure, Field(ge=0)]
    scheduled: Yes


def _only_time_is_scheduled(file: str, rows: Iterable[ReportKind]) -> None:
    for row in rows:
        if row.scheduled and not ReportSpan(row.span).of_time:
            raise ConfigurationError(
                f"{row.row_id} is scheduled, but a report of a {row.span} has no period",
                field=f"{file}:scheduled",
                remedy="write no; somebody asks for it",
            )


REPORT_KINDS: Table[ReportKind] = Table(
    "report_kinds.csv",
    ReportKindRow,
    plainly(ReportKind),
    lambda row: (row.kind,),
    "report_kind",
    continuous=True,
    needed=True,
    checks=(_only_time_is_scheduled,),
)
TABLES: tuple[Table[Any], ...] = (REPORT_KINDS,)


def report_kinds(on: date | None = None, region: str = "CN") -> dict[str, ReportKind]:
    """Kinds in force, by code, in the order of the file."""
    return {row.kind: row for row in load_packs().in_force(REPORT_KINDS, on, region)}


def report_kind(code: str, on: date | None = None, region: str = "CN") -> ReportKind:
    """A kind of report.

    Raises:
        InvalidInput: the packs have none of that code.
    """
    found = report_kinds(on, region)
    if code not in found:
        raise InvalidInput(
            f"there is no kind of report {code}", field="kind", remedy=f"use one of: {', '.join(sorted(found))}"
        )
    return found[code]
