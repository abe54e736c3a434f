"""Tables about evidence: what automatic data must satisfy, and the fields of written records."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from qingtian.domain.errors import InvalidInput
from qingtian.domain.evidence import AdmissibilityCheck, AdmissibilityRule, RecordField, RecordType
from qingtian.packs.rulebook import load_packs
from qingtian.packs.schema import OptionalFigure, PackRow, Text, Words
from qingtian.packs.tables import Table, plainly

Yes = Annotated[bool, BeforeValidator(lambda value: {"yes": True, "no": False}.get(value, value))]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]


class CheckRow(PackRow):
    """admissibility_checks.csv."""

    check: AdmissibilityCheck
    reason: Code
    label_zh: Text
    label_en: Text
    remedy_zh: Text
    remedy_en: Text
    dismisses: str = ""
    figure: OptionalFigure = None


class FieldRow(PackRow):
    """evidence_records.csv."""

    kind: Code
    field: Code
    type: RecordType
    required: Yes
    label_zh: Text
    label_en: Text
    choices: Words = ()


CHECKS: Table[AdmissibilityRule] = Table(
    "admissibility_checks.csv",
    CheckRow,
    plainly(AdmissibilityRule),
    lambda row: (row.check,),
    "admissibility_check",
    continuous=True,
    needed=True,
)
FIELDS: Table[RecordField] = Table(
    "evidence_records.csv",
    FieldRow,
    plainly(RecordField),
    lambda row: (row.kind, row.field),
    "evidence_record",
    continuous=True,
    needed=True,
)
TABLES: tuple[Table[Any], ...] = (CHECKS, FIELDS)


def admissibility_rules(on: date, region: str = "CN") -> tuple[AdmissibilityRule, ...]:
    """The checklist in force on the day of the data."""
    return tuple(load_packs().in_force(CHECKS, on, region))


def record_fields(kind: str, on: date | None = None, region: str = "CN") -> tuple[RecordField, ...]:
    """Fields of a kind of written record, in the order of the file.

    Raises:
        InvalidInput: no record of that kind is written; names the kinds.
    """
    rows = load_packs().in_force(FIELDS, on, region)
    found = tuple(row for row in rows if row.kind == kind)
    if not found:
        kinds = ", ".join(dict.fromkeys(row.kind for row in rows))
        raise InvalidInput(f"a record of kind {kind} is not written", field="kind", remedy=f"use one of: {kinds}")
    return found


def record_forms(on: date | None = None, region: str = "CN") -> dict[str, tuple[RecordField, ...]]:
    """Every kind of written record with its fields."""
    found: dict[str, tuple[RecordField, ...]] = {}
    for row in load_packs().in_force(FIELDS, on, region):
        found[row.kind] = (*found.get(row.kind, ()), row)
    return found
