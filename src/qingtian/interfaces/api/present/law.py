"""Words and rows of the packs: pollutant names, categories, limits."""

from __future__ import annotations

from datetime import date

from qingtian.apps.registry.listing import Name
from qingtian.domain.errors import QingtianError
from qingtian.domain.standards import AirLimit, Category, Pollutant
from qingtian.packs import load_packs

# Kinds whose symbol (Q, T) says less than their name.
NO_SUBSTANCE = frozenset({"flow", "aux"})
AQI_NAME = Name("空气质量指数", "Air quality index")


def pollutant(code: str) -> Pollutant | None:
    """The code table's row; None for codes that it does not have."""
    try:
        return load_packs().pollutant(code)
    except QingtianError:
        return None


def pollutant_name(code: str) -> Name:
    """Names of a parameter; a code without a name stands for itself."""
    if code == "aqi":
        return AQI_NAME
    row = pollutant(code)
    if row is None:
        return Name(code, code)
    symbol = row.symbol if row.kind not in NO_SUBSTANCE else ""
    return Name(symbol or row.name_zh or row.name_en, symbol or row.name_en or row.name_zh)


def categories(on: date) -> tuple[Category, ...]:
    """Categories of the air index in force on a day."""
    return tuple(load_packs().categories(on))


def category_of(index: int | None, on: date) -> Category | None:
    """The category of an index by the rules in force on a day of data."""
    if index is None:
        return None
    return load_packs().aqi_tables(on).category(index)


def air_limits(symbol: str, on: date) -> tuple[AirLimit, ...]:
    """Limits of ambient air for a pollutant in force on a day, the ones for cities (level 2)."""
    rows = load_packs().air_limits(on)
    return tuple(row for row in rows if row.item == symbol and row.category == "level 2")


def index_code(name: str, on: date) -> str:
    """The pollutant code of an indicator of the air index, such as `PM2.5`; an unknown name stays."""
    try:
        tables = load_packs().aqi_tables(on)
        items = {line.name: line.item for lines in tables.reports.values() for line in lines}
        return load_packs().pollutant_by_symbol(items.get(name, name)).code
    except QingtianError:
        return name
