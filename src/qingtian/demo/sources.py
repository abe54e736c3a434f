"""Reading the data files of the demo city; what they are and under which licence says `data/NOTICE.md`."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from qingtian.domain.errors import ConfigurationError


def data_file(*parts: str) -> Traversable:
    """A data file of the demo."""
    return resources.files("qingtian.demo").joinpath("data", *parts)


def districts_path() -> Path:
    """File of the district outlines (GeoJSON), for the setting `regions_file`."""
    return Path(str(data_file("districts.geojson")))


@dataclass(frozen=True, slots=True)
class StationRow:
    """A national station: real name and place, or openly unknown."""

    code: str
    name: str
    name_en: str
    lon: float | None
    lat: float | None
    district: str
    control: bool
    position_source: str


@dataclass(frozen=True, slots=True)
class EnterpriseRow:
    """A fictitious enterprise, placed in a real district."""

    number: str
    industry: str
    name: str
    name_en: str
    district: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Item:
    """A pollutant measured at an outlet.

    Args:
        code: pollutant code (HJ 524 / HJ 525).
        share: usual level as a share of the limit.
        shape: `nox` or `co`: the real distribution that it follows.
    """

    code: str
    share: float
    shape: str


@dataclass(frozen=True, slots=True)
class Use:
    """A kind of outlet: standard, category and what is measured there.

    Args:
        category: category of the limits in the pack.
        oxygen_category: category of the reference oxygen in the pack; empty = judged as measured.
        oxygen: usual stack oxygen, %; 0 where it is not measured.
        flow: flow at full load, m3/s (air) or L/s (water).
        temperature: stack temperature, degC; 0 where it is not measured.
    """

    code: str
    kind: str
    standard: str
    category: str
    oxygen_category: str
    oxygen: float
    flow: float
    temperature: float
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class OutletGroup:
    """How many outlets of a kind an enterprise of an industry has."""

    use: Use
    count: int
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Industry:
    """An industry: how it works and what it discharges."""

    code: str
    name_zh: str
    name_en: str
    load: str
    metered: bool
    production_kw: float
    treatment_kw: float
    outlets: tuple[OutletGroup, ...]


@dataclass(frozen=True, slots=True)
class StackShape:
    """Quantiles and load dependence of the real NOx and CO values."""

    probabilities: tuple[float, ...]
    quantiles: dict[str, tuple[float, ...]]
    rho_hour: dict[str, float]
    load_deciles: dict[str, tuple[float, ...]]


def _rows(*parts: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(io.StringIO(data_file(*parts).read_text("utf-8")))


@lru_cache(maxsize=1)
def stations() -> tuple[StationRow, ...]:
    """The ten stations with data."""
    return tuple(
        StationRow(
            code=row["code"],
            name=row["name"],
            name_en=row["name_en"],
            lon=float(row["lon"]) if row["lon"] else None,
            lat=float(row["lat"]) if row["lat"] else None,
            district=row["district"],
            control=row["control"] == "true",
            position_source=row["position_source"],
        )
        for row in _rows("air", "stations.csv")
    )


@lru_cache(maxsize=1)
def enterprises() -> tuple[EnterpriseRow, ...]:
    """The fictitious enterprises."""
    return tuple(
        EnterpriseRow(
            number=row["number"],
            industry=row["industry"],
            name=row["name"],
            name_en=row["name_en"],
            district=row["district"],
            lon=float(row["lon"]),
            lat=float(row["lat"]),
        )
        for row in _rows("enterprises.csv")
    )


@lru_cache(maxsize=1)
def industries() -> dict[str, Industry]:
    """Industries by code.

    Raises:
        ConfigurationError: the file names a kind of outlet that it does not define.
    """
    raw = tomllib.loads(data_file("industries.toml").read_text("utf-8"))
    uses = {code: _use(code, fields) for code, fields in raw.pop("uses").items()}
    found: dict[str, Industry] = {}
    for code, fields in raw.items():
        groups = fields.pop("outlets")
        if foreign := [group["use"] for group in groups if group["use"] not in uses]:
            raise ConfigurationError(
                f"industry {code} names unknown uses",
                field=foreign[0],
                remedy="define it under [uses] in industries.toml",
            )
        outlets = tuple(
            OutletGroup(uses[group["use"]], group["count"], group["name_zh"], group["name_en"]) for group in groups
        )
        found[code] = Industry(code=code, outlets=outlets, **fields)
    return found


def _use(code: str, fields: dict[str, object]) -> Use:
    items = fields.pop("items")
    assert isinstance(items, list)  # noqa: S101  our own file
    return Use(code=code, items=tuple(Item(**item) for item in items), **fields)  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def load_table() -> tuple[tuple[float, ...], ...]:
    """Mean load by weekday (Monday first) and quarter hour as a share of the largest quarter."""
    table = [[0.0] * 96 for _ in range(7)]
    for row in _rows("shapes", "load_quarter_hours.csv"):
        table[int(row["weekday"])][int(row["quarter"])] = float(row["mean_kwh"])
    largest = max(max(day) for day in table)
    return tuple(tuple(value / largest for value in day) for day in table)


@lru_cache(maxsize=1)
def stack_shape() -> StackShape:
    """Distribution of the real stack values."""
    raw = json.loads(data_file("shapes", "stack.json").read_text("utf-8"))
    deciles = raw["by_load_decile"]
    return StackShape(
        probabilities=tuple(raw["probabilities"]),
        quantiles={"nox": tuple(raw["nox_mg_m3"]), "co": tuple(raw["co_mg_m3"])},
        rho_hour={name: float(value) for name, value in raw["rho_hour"].items()},
        load_deciles={"nox": tuple(deciles["nox_mg_m3"]), "co": tuple(deciles["co_mg_m3"])},
    )


def station_hours() -> Iterator[dict[str, str]]:
    """Every published station hour, oldest first per file order, as text."""
    with gzip.open(
        io.BytesIO(data_file("air", "wuhan_stations_hourly.csv.gz").read_bytes()), "rt", encoding="utf-8"
    ) as f:
        yield from csv.DictReader(f)
