"""Which mapping a file seems to need: one that came with the product or was saved, else a beginning of a new one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import resources
from typing import Any

from qingtian.packs import load_packs
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.importers.causes import Found
from qingtian.telemetry.importers.mapping import FileMapping, SourceKind, read_mapping
from qingtian.telemetry.importers.reading import Batch, FileReader
from qingtian.telemetry.importers.register import KnownSites
from qingtian.telemetry.importers.stamps import TimeReader
from qingtian.telemetry.importers.tables import SourceRow

_TIME_NAMES = ("time", "datetime", "date", "timestamp", "时间", "日期", "监测时间", "采样时间", "采样日期")
_SITE_NAMES = (
    "station",
    "site",
    "code",
    "mn",
    "站点",
    "点位",
    "点位编码",
    "站点编码",
    "断面名称",
    "监测点",
    "排口编码",
)
_UNIT_IN_NAME = re.compile(r"(.*?)[（(\[]([^）)\]]+)[）)\]]\s*$")
_AIR_NAMES = {"pm2.5": "a34004", "pm25": "a34004", "pm2_5": "a34004", "pm10": "a34002", "so2": "a21026"}
_MORE_NAMES = {"no2": "a21004", "o3": "a05024", "co": "a21005", "aqi": "aqi", "nox": "a21002"}
LATER = datetime(2200, 1, 1, tzinfo=SHANGHAI)  # a guess refuses no time for being in the future
NUMBERS_NEEDED = 0.5  # share of the looked-at cells that must be numbers for a column to be offered


@dataclass(frozen=True, slots=True)
class Guess:
    """A mapping that may fit.

    Args:
        mapping: plain data, maybe incomplete.
        complete: it is a whole mapping whose columns the file has.
        why_zh, why_en: why it is offered.
    """

    mapping: Mapping[str, Any]
    complete: bool
    why_zh: str
    why_en: str


@lru_cache(maxsize=1)
def presets() -> tuple[FileMapping, ...]:
    """Mappings that come with the product, by name."""
    folder = resources.files("qingtian.telemetry.importers.presets")
    files = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    found = [read_mapping(tomllib.loads(one.read_text("utf-8"))) for one in files]
    return tuple(sorted(found, key=lambda one: one.name))


def preset(name: str) -> FileMapping | None:
    """One of them by name; None when there is none."""
    return next((one for one in presets() if one.name == name), None)


def guess(columns: Sequence[str], rows: Sequence[SourceRow], saved: Iterable[FileMapping] = ()) -> Guess:
    """What to begin with.

    Args:
        columns: header of the file.
        rows: its first rows.
        saved: mappings that people saved; they go before those of the product.
    """
    own, product = ("已保存的映射", "saved mapping"), ("内置映射", "built-in mapping")
    for offered, (zh, en) in ((tuple(saved), own), (presets(), product)):
        fitting = [one for one in offered if set(one.needed_columns) <= set(columns) and _times_read(one, rows)]
        for best in sorted(fitting, key=lambda one: -len(one.needed_columns)):
            if not _refused(best, rows):
                return Guess(best.model_dump(mode="json"), True, f"{zh}：{best.name}", f"{en}: {best.name}")
    return Guess(_beginning(columns, rows), False, "按列名推测，请补全", "by the names of the columns: complete it")


def _refused(mapping: FileMapping, rows: Sequence[SourceRow]) -> bool:
    """Whether the first rows already prove that the columns are others than this mapping says."""
    reader, batch = FileReader(mapping, KnownSites(anything_goes=True), LATER), Batch()
    for row in rows:
        reader.add(row, batch)
    reader.finish()
    return any(one is not Found.NOTHING_READ for one in reader.tally.refused)


def _times_read(mapping: FileMapping, rows: Sequence[SourceRow]) -> bool:
    if not mapping.time.columns:
        return True
    reader = TimeReader(mapping.time)
    texts = [" ".join(row.cells.get(name, "") for name in mapping.time.columns) for row in rows]
    return not texts or any(reader.read(text) is not None for text in texts)


def _beginning(columns: Sequence[str], rows: Sequence[SourceRow]) -> dict[str, Any]:
    time = next((name for name in columns if name.lower() in _TIME_NAMES), "")
    site = next((name for name in columns if name.lower() in _SITE_NAMES), "")
    offered = [_column(name) for name in columns if name not in (time, site) and _numeric(name, rows)]
    return {
        "name": "new_mapping",
        "kind": SourceKind.OTHER.value,
        "cycle": "hour",
        "time": {"columns": [time] if time else [], "stamp": "start"},
        "site": {"columns": [site]} if site else {"constant": ""},
        "columns": [one for one in offered if one["pollutant"]],
    }


def _numeric(name: str, rows: Sequence[SourceRow]) -> bool:
    cells = [row.cells.get(name, "").strip() for row in rows]
    filled = [one for one in cells if one]
    numbers = [one for one in filled if re.fullmatch(r"[<＜]?-?\d+(\.\d+)?L?", one)]
    return bool(filled) and len(numbers) >= NUMBERS_NEEDED * len(filled)


def _column(name: str) -> dict[str, Any]:
    """A column with the code that its name tells, and the unit in brackets behind it."""
    bracketed = _UNIT_IN_NAME.fullmatch(name)
    plain, unit = (bracketed[1].strip(), bracketed[2].strip()) if bracketed else (name.strip(), "")
    code = _code_of(plain)
    return {"column": name, "pollutant": code, "unit": unit or (_unit_of(code) if code else "")}


def _code_of(name: str) -> str:
    low = name.lower().replace(" ", "")
    if low in _AIR_NAMES or low in _MORE_NAMES:
        return (_AIR_NAMES | _MORE_NAMES)[low]
    for row in load_packs().pollutants:
        if low in (row.code.lower(), row.name_zh.lower(), row.name_en.lower().replace(" ", "")):
            return str(row.code)
        if row.symbol and low == row.symbol.lower():
            return str(row.code)
    return ""


def _unit_of(code: str) -> str:
    row = load_packs().pollutant(code)
    return str(row.ambient_unit or row.unit)
