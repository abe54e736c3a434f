"""The bulk path gives what the exact path gives: every grid point, every edge, millions of rows."""

from __future__ import annotations

import csv
import gzip
from decimal import Decimal
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards import AqiTables, Report, air_index, iaqi
from qingtian.domain.standards.air_bulk import MAX_PLACES, NONE, air_index_bulk
from qingtian.packs import load_packs

EDITIONS = load_packs().editions
REPORTS = [(edition, report) for edition in EDITIONS for report in edition.reports]
IDS = [f"{edition.standard}-{report}" for edition, report in REPORTS]


def names_of(tables: AqiTables, report: Report) -> list[str]:
    return [line.name for line in tables.reports[report]]


def scalar(tables: AqiTables, report: Report, row: dict[str, float], exempt: frozenset[str] = frozenset()) -> tuple:
    values = {name: None if value != value else Decimal(repr(value)) for name, value in row.items()}
    found = air_index(tables, report, values, exempt=exempt)
    level = found.category.level_number if found.category else 0
    return (
        NONE if found.aqi is None else found.aqi,
        NONE if found.computed is None else found.computed,
        found.primary,
        level,
    )


def bulk_rows(tables: AqiTables, report: Report, columns: dict[str, np.ndarray], exempt=frozenset()) -> list[tuple]:
    found = air_index_bulk(tables, report, columns, exempt=exempt)
    return [
        (int(found.aqi[n]), int(found.computed[n]), found.primary_names(n), int(found.level[n]))
        for n in range(len(found.aqi))
    ]


@pytest.mark.parametrize(("tables", "report"), REPORTS, ids=IDS)
def test_every_point_of_every_table_has_the_exact_index(tables: AqiTables, report: Report) -> None:
    for line in tables.reports[report]:
        table = tables.table(line.item, line.period)
        places = 1 if tables.digits is None or tables.digits[line.item] == 0 else 2
        last = int(table.points[-1].concentration) + 3
        points = np.arange(last * 10**places) / 10**places
        expected = [iaqi(tables, line.item, line.period, Decimal(repr(float(point)))).iaqi for point in points]
        # A spare line counts only beside the line it stands in for, which must have no index.
        columns = {line.name: points}
        if line.instead_of:
            columns[line.instead_of] = np.full(len(points), 5000.0)
        found = air_index_bulk(tables, report, columns).iaqi[line.name]
        assert found.tolist() == [NONE if one is None else one for one in expected], line.name


@pytest.mark.parametrize(("tables", "report"), REPORTS, ids=IDS)
def test_the_edges_of_every_table_fall_on_the_exact_side(tables: AqiTables, report: Report) -> None:
    steps = [Decimal(sign) * Decimal(10) ** -places for places in range(6) for sign in (-1, 0, 1)]
    halves = [Decimal("0.5"), Decimal("0.499"), Decimal("0.501"), Decimal("0.05"), Decimal("0.049"), Decimal("0.0501")]
    for line in tables.reports[report]:
        if line.instead_of:
            continue
        corners = [point.concentration for point in tables.table(line.item, line.period).points]
        values = sorted({corner + step for corner in corners for step in (*steps, *halves) if corner + step >= 0})
        for value in values:  # one by one, so that each value chooses its own grid
            found = air_index_bulk(tables, report, {line.name: np.array([float(value)])}).iaqi[line.name][0]
            exact = iaqi(tables, line.item, line.period, value).iaqi
            assert found == (NONE if exact is None else exact), (line.name, value)


@pytest.mark.parametrize(("tables", "report"), REPORTS, ids=IDS)
def test_half_a_million_rows_of_each_report_equal_the_exact_sub_indices(tables: AqiTables, report: Report) -> None:
    random = np.random.default_rng(633)
    for line in tables.reports[report]:
        if line.instead_of:
            continue
        top = float(tables.table(line.item, line.period).points[-1].concentration) * 1.1
        values = np.round(random.uniform(0, top, 500_000), int(random.integers(0, 2)))
        found = air_index_bulk(tables, report, {line.name: values}).iaqi[line.name]
        unique, place = np.unique(values, return_inverse=True)
        exact = [iaqi(tables, line.item, line.period, Decimal(repr(float(one)))).iaqi for one in unique]
        expected = np.array([NONE if one is None else one for one in exact])[place]
        assert (found == expected).all(), line.name


@pytest.mark.parametrize(("tables", "report"), REPORTS, ids=IDS)
def test_whole_rows_with_gaps_equal_the_exact_index(tables: AqiTables, report: Report) -> None:
    random, rows = np.random.default_rng(2026), 3000
    columns = {}
    for name in names_of(tables, report):
        column = np.round(random.gamma(1.2, 3 if name.startswith("CO") else 120, rows), int(random.integers(0, 5)))
        column[random.random(rows) < 0.05] = np.nan
        column[random.random(rows) < 0.01] = -3.0
        columns[name] = column
    one_row = [{name: float(column[n]) for name, column in columns.items()} for n in range(rows)]
    for exempt in (frozenset(), frozenset({"CO", "SO2"})):
        expected = [scalar(tables, report, row, exempt) for row in one_row]
        assert bulk_rows(tables, report, columns, exempt) == expected
    assert len({row[0] for row in expected}) > 100  # the rows are worth comparing
    assert any(len(row[2]) > 1 for row in expected)


concentrations = st.one_of(
    st.none(),
    st.integers(0, 1300).map(float),
    st.decimals(0, 1300, places=1).map(float),
    st.decimals(0, 1300, places=MAX_PLACES + 2).map(float),
    st.floats(0, 1300, allow_nan=False),
    st.floats(-50, -1e-9),
)


@settings(max_examples=150)
@given(data=st.data())
def test_any_row_equals_the_exact_index(data: st.DataObject) -> None:
    tables, report = data.draw(st.sampled_from(REPORTS))
    names = data.draw(st.lists(st.sampled_from(names_of(tables, report)), unique=True, min_size=1))
    row = {name: data.draw(concentrations) for name in names}
    columns = {name: np.array([np.nan if value is None else value]) for name, value in row.items()}
    plain = {name: float("nan") if value is None else value for name, value in row.items()}
    assert bulk_rows(tables, report, columns) == [scalar(tables, report, plain)]


def test_the_published_index_of_the_real_hours_comes_out_of_the_bulk_path() -> None:
    source = files("qingtian.demo").joinpath("data/air/wuhan_stations_hourly.csv.gz")
    names = {"pm25": "PM2.5", "pm10": "PM10", "so2": "SO2", "no2": "NO2", "o3": "O3", "co": "CO"}
    with source.open("rb") as packed, gzip.open(packed, "rt", encoding="utf-8") as text:
        rows = [row for row in csv.DictReader(text) if row["aqi"] and all(row[name] for name in names)]
    columns = {item: np.array([float(row[name]) for row in rows]) for name, item in names.items()}
    found = air_index_bulk(load_packs().aqi_edition("HJ 633-2012"), Report.REALTIME, columns)
    assert len(rows) == 93_024
    assert found.aqi.tolist() == [int(row["aqi"]) for row in rows]


EDITION = EDITIONS[-1]


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"PM9": np.array([1.0])}, "c.PM9"),
        ({"SO2": np.array([1.0, 2.0]), "CO": np.array([1.0])}, "c.CO"),
        ({"SO2": np.array(["1"])}, "c.SO2"),
        ({"SO2": np.array([True])}, "c.SO2"),
        ({"SO2": np.array([[1.0]])}, "c.SO2"),
        ({"SO2": np.array([np.inf])}, "c.SO2"),
        ({"SO2": np.array([1.0]), "SO2_1h": np.array([1.0])}, "c.SO2_1h"),
    ],
    ids=["unknown", "unequal", "text", "truth", "table", "infinite", "twice"],
)
def test_columns_that_cannot_be_judged_are_named(columns: dict[str, np.ndarray], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        air_index_bulk(EDITION, Report.HOURLY, columns)
    assert refused.value.field == field
    assert refused.value.remedy


def test_an_unknown_exempt_item_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        air_index_bulk(EDITION, Report.HOURLY, {"SO2": np.array([1.0])}, exempt=frozenset({"PM9"}))
    assert refused.value.field == "c.PM9"


def test_no_rows_give_no_answers() -> None:
    found = air_index_bulk(EDITION, Report.HOURLY, {})
    assert (len(found.aqi), found.iaqi) == (0, {})
