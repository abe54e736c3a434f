"""What the tests of imports share: extracts of real sets, files written on the spot, a reader over them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.importers.causes import Found, Issue
from qingtian.telemetry.importers.guessing import preset
from qingtian.telemetry.importers.mapping import FileMapping, read_mapping
from qingtian.telemetry.importers.reading import Batch, FileReader
from qingtian.telemetry.importers.register import KnownSites
from qingtian.telemetry.store.port import Observation

DATA = Path(__file__).parents[1] / "data" / "imports"
NOW = datetime(2026, 1, 1, tzinfo=SHANGHAI)
ANYWHERE = KnownSites(anything_goes=True)


def known(preset_name: str, /, **changes: Any) -> FileMapping:
    """A mapping of the product, with other parts where a test wants them."""
    found = preset(preset_name)
    assert found is not None, preset_name
    return read_mapping(found.model_dump(mode="json") | changes)


def simple(**changes: Any) -> FileMapping:
    """time, site, value of PM2.5 as an hour."""
    base: dict[str, Any] = {
        "name": "simple",
        "time": {"columns": ["time"]},
        "site": {"columns": ["site"]},
        "columns": [{"column": "pm25", "pollutant": "a34004", "unit": "ug/m3"}],
    }
    return read_mapping(base | changes)


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    """A CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def lines_of(name: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows of an extract."""
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    return header, rows


def read(
    path: Path, mapping: FileMapping, *, sites: KnownSites = ANYWHERE, now: datetime = NOW, size: int = 20_000
) -> tuple[Batch, FileReader]:
    """A whole file as one batch, and its reader."""
    reader, whole = FileReader(mapping, sites, now, "import:test"), Batch()
    for batch in reader.batches(path, size=size):
        whole.values += batch.values
        whole.forecasts += batch.forecasts
        whole.issues += batch.issues
        whole.rows += batch.rows
        whole.last_line = batch.last_line or whole.last_line
    return whole, reader


def causes(issues: Iterable[Issue]) -> list[Found]:
    """Causes in order."""
    return [one.cause for one in issues]


def by_code(rows: Iterable[Observation]) -> Mapping[str, Observation]:
    """Rows by pollutant."""
    return {row.pollutant: row for row in rows}
