"""Reading pack files row by row; a fault names the file, the row, the field, the reason and the remedy."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
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
    with _open(folder, name) as handle:
        lines = list(csv.DictReader(handle, restkey="(too many cells)", restval=None))
    return _checked(name, model, ((number, _cells(line)) for number, line in enumerate(lines, start=2)))


def read_json(folder: Path, name: str, model: type[Row]) -> tuple[Row, ...]:
    """Rows of a JSON file `{"rows": [...]}`.

    Raises:
        ConfigurationError: no such file, no JSON, or a row that breaks the schema.
    """
    with _open(folder, name) as handle:
        try:
            content = json.load(handle, parse_float=str)
        except ValueError as error:
            raise ConfigurationError(f"not JSON: {error}", field=name, remedy="mend the file") from error
    rows = content.get("rows") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise ConfigurationError("has no list `rows`", field=name, remedy='write {"rows": [...]}')
    return _checked(name, model, enumerate(rows, start=1))


def _open(folder: Path, name: str) -> Any:
    try:
        return (folder / name).open(encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigurationError(
            f"cannot be read: {error.strerror}", field=name, remedy="restore the pack from the release"
        ) from error


def _cells(line: Mapping[str, Any]) -> dict[str, Any]:
    # A cell that the line lacks is left out, so that the schema names it as missing.
    return {key: value for key, value in line.items() if value is not None}


def _checked(name: str, model: type[Row], lines: Iterable[tuple[int, Any]]) -> tuple[Row, ...]:
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
