"""Tables and rules as packs hold them: a head and lines with cells as text, put together for a day and a place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from qingtian.domain.decisions.cells import read_cell
from qingtian.domain.decisions.conditions import AnyValue, Condition
from qingtian.domain.decisions.table import DecisionInput, DecisionRow, DecisionTable, Default, HitPolicy, Output
from qingtian.domain.errors import ConfigurationError
from qingtian.domain.standards.provenance import RuleRow


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionHead(RuleRow):
    """A table without its rows; see `DecisionTable`."""

    code: str
    title_zh: str
    title_en: str
    inputs: tuple[DecisionInput, ...]
    outputs: tuple[Output, ...]
    policy: HitPolicy
    default: Default | None
    worst_of: str
    group: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine(RuleRow):
    """A rule of a table with its cells as text.

    Args:
        table: code of the table.
        name: of the rule in its table; a regional rule of the same name goes before the national one.
        order: place among the rows of the table.
        conditions, outcome: by input and by output.
    """

    table: str
    name: str
    order: int
    conditions: Mapping[str, str]
    outcome: Mapping[str, str]
    text_zh: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment(RuleRow):
    """Who answers for a duty in a place.

    Args:
        duty: outcome of a table, such as `named.construction_noise`.
    """

    duty: str
    org_zh: str
    org_en: str


def assemble(head: DecisionHead, lines: Iterable[RuleLine]) -> DecisionTable:
    """A table of the lines that hold.

    Raises:
        ConfigurationError: a cell that cannot be read, or a row that does not fit its table.
    """
    mine = sorted((line for line in lines if line.table == head.code), key=lambda line: (line.order, line.row_id))
    return DecisionTable(
        row_id=head.row_id,
        standard=head.standard,
        clause=head.clause,
        source=head.source,
        valid_from=head.valid_from,
        valid_to=head.valid_to,
        region=head.region,
        confidence=head.confidence,
        note=head.note,
        code=head.code,
        title_zh=head.title_zh,
        title_en=head.title_en,
        inputs=head.inputs,
        outputs=head.outputs,
        policy=head.policy,
        rows=tuple(_row(head, line) for line in mine),
        default=head.default,
        worst_of=head.worst_of,
        group=head.group,
        version=head.version,
    )


def _row(head: DecisionHead, line: RuleLine) -> DecisionRow:
    asked = {one.name: one for one in head.inputs}
    conditions: dict[str, Condition] = {}
    for name, cell in line.conditions.items():
        if name not in asked:
            raise ConfigurationError(
                f"{line.row_id}: {head.code} has no input {name}",
                field=f"{line.row_id}.{name}",
                remedy=f"use {', '.join(asked)}",
            )
        found = read_cell(cell, asked[name], where=f"{line.row_id}, {name}")
        if not isinstance(found, AnyValue):
            conditions[name] = found
    return DecisionRow(
        row_id=line.row_id,
        standard=line.standard,
        clause=line.clause,
        source=line.source,
        valid_from=line.valid_from,
        valid_to=line.valid_to,
        region=line.region,
        confidence=line.confidence,
        note=line.note,
        overrides=line.overrides,
        table=line.table,
        conditions=conditions,
        outcome=dict(line.outcome),
        text_zh=line.text_zh,
        text_en=line.text_en,
    )
