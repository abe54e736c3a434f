"""A table as CSV and back: one line a rule, `in.` columns with conditions, `out.` columns with outcomes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from qingtian.domain.decisions.cells import read_cell, show_cell
from qingtian.domain.decisions.conditions import AnyValue
from qingtian.domain.decisions.table import DecisionInput, DecisionRow, DecisionTable, Output
from qingtian.domain.errors import ConfigurationError

IN, OUT = "in.", "out."
COMMON = ("standard", "clause", "source", "valid_from", "valid_to", "region", "confidence", "note")
TEXTS = ("text_zh", "text_en")


def write_sheet(table: DecisionTable) -> str:
    """The rows of a table as CSV text."""
    inputs = [f"{IN}{one.name}" for one in table.inputs]
    outputs = [f"{OUT}{one.name}" for one in table.outputs]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["row_id", *inputs, *outputs, *TEXTS, *COMMON])
    for row in table.rows:
        cells = [show_cell(row.condition(one.name)) for one in table.inputs]
        common = ["" if getattr(row, name) is None else str(getattr(row, name)) for name in COMMON]
        outcome = [row.outcome[one.name] for one in table.outputs]
        writer.writerow([row.row_id, *cells, *outcome, row.text_zh, row.text_en, *common])
    return text.getvalue()


def read_sheet(
    text: str,
    *,
    code: str,
    inputs: Iterable[DecisionInput],
    outputs: Iterable[Output],
    defaults: Mapping[str, Any],
    name: str,
) -> tuple[DecisionRow, ...]:
    """Rows of a CSV text.

    Args:
        defaults: source, dates and confidence of the table, for cells that are left empty.
        name: of the file, for messages.
    Raises:
        ConfigurationError: names the line, the column, the reason and the remedy.
    """
    asked, decided = {one.name: one for one in inputs}, [one.name for one in outputs]
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), restkey="(too many cells)", restval="")
    _check_columns(reader.fieldnames or (), asked, decided, name)
    return tuple(
        _row(line, number, code, asked, decided, defaults, name) for number, line in enumerate(reader, start=2)
    )


def _check_columns(columns: Iterable[str], asked: Mapping[str, Any], decided: list[str], name: str) -> None:
    needed = ["row_id", *(f"{IN}{one}" for one in asked), *(f"{OUT}{one}" for one in decided), *TEXTS]
    given = list(columns)
    for column in needed:
        if column not in given:
            raise _fault(name, column, "the column is missing", f"add the column {column}")
    for column in given:
        if column not in (*needed, *COMMON):
            raise _fault(name, column, "the column is not known", "remove it")
        if given.count(column) > 1:
            raise _fault(name, column, "the column is there twice", "remove one of them")


def _row(
    line: Mapping[str, Any],
    number: int,
    code: str,
    asked: Mapping[str, DecisionInput],
    decided: list[str],
    defaults: Mapping[str, Any],
    name: str,
) -> DecisionRow:
    where = f"{name}, line {number}"
    if "(too many cells)" in line:
        raise _fault(name, f"line {number}", "the line has too many cells", "quote cells that hold a comma")
    for column in ("row_id", *TEXTS):
        if not line[column].strip():
            raise _fault(name, column, f"line {number}: the cell is empty", f"fill in {column}")
    conditions = {
        one.name: read_cell(line[f"{IN}{one.name}"], one, where=f"{where}, {IN}{one.name}") for one in asked.values()
    }
    return DecisionRow(
        row_id=line["row_id"].strip(),
        table=code,
        conditions={key: value for key, value in conditions.items() if not isinstance(value, AnyValue)},
        outcome={one: line[f"{OUT}{one}"].strip() for one in decided},
        text_zh=line["text_zh"].strip(),
        text_en=line["text_en"].strip(),
        **_common(line, defaults, name, number),
    )


def _common(line: Mapping[str, Any], defaults: Mapping[str, Any], name: str, number: int) -> dict[str, Any]:
    found = {}
    for column in COMMON:
        text = (line.get(column) or "").strip()
        if not text:
            found[column] = defaults.get(column, "" if column == "note" else None)
        elif column in ("valid_from", "valid_to"):
            found[column] = _date(text, name, column, number)
        else:
            found[column] = text
    return found


def _date(text: str, name: str, column: str, number: int) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _fault(name, column, f"line {number}: {text!r} is no date", "write it like 2026-03-01") from error


def _fault(name: str, column: str, why: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(f"{name}, {column}: {why}", field=f"{name}:{column}", remedy=remedy, file=name)
