"""Decision tables of the packs, put together for a day and a place; those whose numbers stand elsewhere are derived."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from qingtian.domain.decisions.coverage import refuse_faults
from qingtian.domain.decisions.lines import Assignment, DecisionHead, RuleLine, assemble
from qingtian.domain.decisions.table import Choice, DecisionInput, DecisionTable, Default, HitPolicy, InputKind, Output
from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.domain.standards.provenance import RuleRow
from qingtian.packs.indicators import UnitText
from qingtian.packs.odour_table import black_odour_table
from qingtian.packs.rulebook import Packs
from qingtian.packs.schema import Figure, PackRow, Text
from qingtian.packs.tables import Table, plainly

PAIR = "="


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ChoicePart(_Part):
    """A word of a closed list."""

    value: Text
    label_zh: Text
    label_en: Text


class InputPart(_Part):
    """An input of a table."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    kind: InputKind
    label_zh: Text
    label_en: Text
    unit: UnitText = "1"
    choices: tuple[ChoicePart, ...] = ()
    minimum: Figure | None = None
    maximum: Figure | None = None
    optional: bool = False
    formula: str = ""


class OutputPart(_Part):
    """An output of a table."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    label_zh: Text
    label_en: Text
    choices: tuple[ChoicePart, ...] = ()


class DefaultPart(_Part):
    """What follows when no row applies."""

    outcome: dict[str, str]
    text_zh: Text
    text_en: Text


class HeadRow(PackRow):
    """decision_tables.json."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    group: Text
    title_zh: Text
    title_en: Text
    inputs: Annotated[tuple[InputPart, ...], Field(min_length=1)]
    outputs: Annotated[tuple[OutputPart, ...], Field(min_length=1)]
    policy: HitPolicy
    worst_of: str = ""
    default: DefaultPart | None = None
    version: Text = "1"


def _pairs(value: Any) -> Any:
    """`area: > 150 & seats: - ` as a mapping; cells keep their own signs."""
    if not isinstance(value, str):
        return value
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in value.split("&"))):
        name, colon, cell = part.partition(":")
        if not colon or not name.strip() or name.strip() in found:
            raise ValueError(f"{part!r} is no `name: cell` of its own")
        found[name.strip()] = cell.strip()
    return found


Pairs = Annotated[dict[str, str], BeforeValidator(_pairs)]


class LineRow(PackRow):
    """decision_rules.csv."""

    table: Text
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
    order: Annotated[int, Field(ge=1)]
    conditions: Pairs
    outcome: Annotated[Pairs, Field(min_length=1)]
    text_zh: Text
    text_en: Text


class AssignmentRow(PackRow):
    """duty_assignments.csv."""

    duty: Text
    org_zh: Text
    org_en: Text


def _choices(parts: tuple[ChoicePart, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(**one.model_dump()) for one in parts)


def _head(row: HeadRow) -> DecisionHead:
    return DecisionHead(
        **row.model_dump(exclude={"inputs", "outputs", "default"}),
        inputs=tuple(
            DecisionInput(**one.model_dump(exclude={"choices"}), choices=_choices(one.choices)) for one in row.inputs
        ),
        outputs=tuple(
            Output(**one.model_dump(exclude={"choices"}), choices=_choices(one.choices)) for one in row.outputs
        ),
        default=None if row.default is None else Default(**row.default.model_dump()),
    )


HEADS: Table[DecisionHead] = Table("decision_tables.json", HeadRow, _head, lambda row: (row.code,), "decision_table")
LINES: Table[RuleLine] = Table(
    "decision_rules.csv", LineRow, plainly(RuleLine), lambda row: (row.table, row.name), "decision_rule"
)
ASSIGNMENTS: Table[Assignment] = Table(
    "duty_assignments.csv", AssignmentRow, plainly(Assignment), lambda row: (row.duty,), "assignment"
)
TABLES: tuple[Table[Any], ...] = (HEADS, LINES, ASSIGNMENTS)


def decision_tables(packs: Packs, on: date | None = None, region: str = "CN") -> tuple[DecisionTable, ...]:
    """Every table that holds on a day in a place, by code.

    Args:
        on: the day of the facts; None takes the rows without an end.
    Raises:
        ConfigurationError: a cell or a row that does not fit its table.
    """
    heads, lines = packs.in_force(HEADS, on, region), packs.in_force(LINES, on, region)
    found = [assemble(head, lines) for head in heads]
    derived = (black_odour_table(packs, scope, on, region) for scope in ("urban", "rural"))
    found.extend(table for table in derived if table is not None)
    return tuple(sorted(found, key=lambda table: table.code))


def decision_table(packs: Packs, code: str, on: date | None = None, region: str = "CN") -> DecisionTable:
    """One table.

    Raises:
        InvalidInput: there is none of that code on that day.
    """
    found = decision_tables(packs, on, region)
    for table in found:
        if table.code == code:
            return table
    raise InvalidInput(
        f"there is no decision table {code}", field="code", remedy=f"use {', '.join(one.code for one in found)}"
    )


def assignment(packs: Packs, duty: str, on: date | None = None, region: str = "CN") -> Assignment | None:
    """Who answers for a duty in a place; None where no pack names anybody: then the coordinator decides."""
    return next((row for row in packs.in_force(ASSIGNMENTS, on, region) if row.duty == duty), None)


def check_decisions(packs: Packs) -> None:
    """Put every table together for every place and every stretch of time in which its rows are the same, and check it.

    Raises:
        ConfigurationError: names the table, the rows and the place of the fault.
    """
    heads = {row.code for row in packs.of(HEADS)}
    for line in packs.of(LINES):
        if line.table not in heads:
            raise ConfigurationError(
                f"{line.row_id}: there is no table {line.table}", field=f"{LINES.file}:table", remedy="name one that is"
            )
    regions = {"CN", *(row.region for row in (*packs.of(HEADS), *packs.of(LINES)))}
    for region in sorted(regions):
        for day in _turns(packs):
            for table in decision_tables(packs, day, region):
                refuse_faults(table)


def _turns(packs: Packs) -> Iterator[date]:
    rows: list[RuleRow] = [*packs.of(HEADS), *packs.of(LINES)]
    starts = {row.valid_from for row in rows}
    starts |= {row.valid_to + timedelta(days=1) for row in rows if row.valid_to is not None}
    yield from sorted(starts)
