"""Reading pack files row by row; a fault names the file, the row, the field, the reason and the remedy."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from qingtian.domain.errors import ConfigurationError

Row = TypeVar("Row", bound=BaseModel)


def read_csv(folder: Path, name: str, model: type[Row]) -> tuple[Row, ...]:
    """Rows of a CSV file with a header line.

    Raises:
        ConfigurationError: no such file, or a row that breaks the schema.
    """
    return checked(name, model, raw_csv(folder, name))


def read_json(folder: Path, name: str, model: type[Row]) -> tuple[Row, ...]:
    """Rows of a JSON file `{"rows": [...]}`.

    Raises:
        ConfigurationError: no such file, no JSON, or a row that breaks the schema.
    """
    return checked(name, model, raw_json(folder, name))


def raw_csv(folder: Path, name: str) -> list[tuple[int, Any]]:
    """Lines of a CSV file with their numbers, as they stand.

    Raises:
        ConfigurationError: no such file, no CSV, or a column that is there twice.
    """
    with _open(folder, name) as handle:
        try:
            reader = csv.DictReader(handle, restkey="(too many cells)", restval=None)
            _refuse_twin_columns(name, reader.fieldnames or ())
            lines = list(reader)
        except (UnicodeDecodeError, csv.Error) as error:
            raise ConfigurationError(f"not CSV in UTF-8: {error}", field=name, remedy="save it as UTF-8") from error
    return [(number, _cells(line)) for number, line in enumerate(lines, start=2)]


def raw_json(folder: Path, name: str) -> list[tuple[int, Any]]:
    """Rows of a JSON file `{"rows": [...]}` with their numbers, as they stand.

    Raises:
        ConfigurationError: no such file, no JSON, or no list of rows.
    """
    with _open(folder, name) as handle:
        try:
            content = json.load(handle, parse_float=str)
        except ValueError as error:
            raise ConfigurationError(f"not JSON: {error}", field=name, remedy="mend the file") from error
    rows = content.get("rows") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise ConfigurationError("has no list `rows`", field=name, remedy='write {"rows": [...]}')
    return list(enumerate(rows, start=1))


def _refuse_twin_columns(name: str, columns: Sequence[str]) -> None:
    for column in columns:
        if columns.count(column) > 1:
            raise ConfigurationError(
                f"the column {column} is there twice", field=f"{name}:{column}", remedy="remove one of them", file=name
            )


def _open(folder: Path, name: str) -> Any:
    try:
        # A spreadsheet writes a byte order mark; it is no part of the first column's name.
        return (folder / name).open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise ConfigurationError(
            f"cannot be read: {error.strerror}", field=name, remedy="restore the pack from the release"
        ) from error


def _cells(line: Mapping[str, Any]) -> dict[str, Any]:
    # A cell that the line lacks is left out, so that the schema names it as missing.
    return {key: value for key, value in line.items() if value is not None}


def checked(name: str, model: type[Row], lines: Iterable[tuple[int, Any]]) -> tuple[Row, ...]:
    """Raw rows by their schema.

    Raises:
        ConfigurationError: names the file, the row, the field, the reason and the remedy.
    """
    found = []
    for number, raw in lines:
        try:
            found.append(model.model_validate(raw))
        except ValidationError as error:
            raise _fault(name, number, raw, error) from error
    return tuple(found)


def _fault(name: str, number: int, raw: Any, error: ValidationError) -> ConfigurationError:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "row"
    row_id = raw.get("row_id", "") if isinstance(raw, dict) else ""
    message = f"row {number} ({row_id or 'no row_id'}), {where}: {first['msg']}, found {first['input']!r}"
    return ConfigurationError(
        message,
        field=f"{name}:{where}",
        remedy=f"mend {where} in row {number} of {name}",
        file=name,
        row=number,
        row_id=row_id,
    )
