"""Both editions of the index, corner by corner, against tables and arithmetic that are stated here a second time."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qingtian.packs
from qingtian.domain.standards import AqiTables, iaqi
from qingtian.packs import load_packs

FILE = Path(qingtian.packs.__file__).parent / "national" / "aqi_breakpoints.csv"
PACKS = load_packs()
EDITIONS = {"HJ 633-2012": date(2026, 2, 28), "HJ 633-2026": date(2026, 3, 1)}

# Concentrations at the indices 0 50 100 150 200 300 400 500, as the standards print them (CO in mg/m3).
COMMON: dict[tuple[str, str], tuple[int, ...]] = {
    ("SO2", "24h"): (0, 50, 150, 475, 800, 1600, 2100, 2620),
    ("SO2", "1h"): (0, 150, 500, 650, 800),
    ("NO2", "24h"): (0, 40, 80, 180, 280, 565, 750, 940),
    ("NO2", "1h"): (0, 100, 200, 700, 1200, 2340, 3090, 3840),
    ("CO", "24h"): (0, 2, 4, 14, 24, 36, 48, 60),
    ("CO", "1h"): (0, 5, 10, 35, 60, 90, 120, 150),
    ("O3", "1h"): (0, 160, 200, 300, 400, 800, 1000, 1200),
    ("O3", "8h"): (0, 100, 160, 215, 265, 800),
}
PRINTED = {
    "HJ 633-2012": COMMON
    | {
        ("PM10", "24h"): (0, 50, 150, 250, 350, 420, 500, 600),
        ("PM2.5", "24h"): (0, 35, 75, 115, 150, 250, 350, 500),
    },
    "HJ 633-2026": COMMON
    | {
        ("PM10", "24h"): (0, 50, 120, 250, 350, 420, 500, 600),
        ("PM2.5", "24h"): (0, 35, 60, 115, 150, 250, 350, 500),
    },
}
INDICES = (0, 50, 100, 150, 200, 300, 400, 500)
ABOVE = {  # index above the last corner, where it is not 500
    ("HJ 633-2012", "SO2", "1h"): None,
    ("HJ 633-2012", "O3", "8h"): None,
    ("HJ 633-2026", "SO2", "1h"): 200,
    ("HJ 633-2026", "O3", "8h"): 300,
}
TABLES = [(standard, item, period) for standard in PRINTED for item, period in PRINTED[standard]]


def in_file() -> dict[tuple[str, str, str], list[tuple[int, Fraction]]]:
    found: dict[tuple[str, str, str], list[tuple[int, Fraction]]] = {}
    with FILE.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            key = (row["standard"], row["item"], row["period"])
            found.setdefault(key, []).append((int(row["index"]), Fraction(row["concentration"])))
    return found


ROWS = in_file()


def edition(standard: str) -> AqiTables:
    return PACKS.aqi_tables(EDITIONS[standard])


def rounded_first(standard: str, item: str, value: Fraction) -> Fraction:
    """GB/T 8170 in whole numbers: CO to tenths, all others to units; the 2012 edition does not round."""
    if standard == "HJ 633-2012":
        return value
    scale = 10 if item == "CO" else 1
    whole, rest = divmod(value * scale, 1)
    up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1)
    return Fraction(whole + up, scale)


def second_opinion(standard: str, item: str, period: str, value: Fraction) -> int | None:
    """The sub-index from the rows of the file, with fractions alone."""
    c = rounded_first(standard, item, value)
    corners = ROWS[standard, item, period]
    if c > corners[-1][1]:
        return ABOVE.get((standard, item, period), 500)
    upper = next(n for n in range(1, len(corners)) if c <= corners[n][1])
    (low_index, low), (high_index, high) = corners[upper - 1], corners[upper]
    exact = low_index + Fraction(high_index - low_index) * (c - low) / (high - low)
    return -((-exact.numerator) // exact.denominator)


def test_the_file_holds_exactly_the_printed_corners() -> None:
    assert set(ROWS) == set(TABLES)
    for standard, item, period in TABLES:
        printed = PRINTED[standard][item, period]
        assert ROWS[standard, item, period] == list(zip(INDICES, map(Fraction, printed), strict=False))


def test_the_loaded_tables_are_the_file_and_nothing_else() -> None:
    for standard in PRINTED:
        loaded = {
            (standard, *key): [(point.index, Fraction(point.concentration)) for point in table.points]
            for key, table in edition(standard).tables.items()
        }
        assert loaded == {key: rows for key, rows in ROWS.items() if key[0] == standard}


def test_only_carbon_monoxide_is_in_milligrams() -> None:
    for standard in PRINTED:
        units = {key: table.unit for key, table in edition(standard).tables.items()}
        assert {key[0] for key, unit in units.items() if unit == "mg/m3"} == {"CO"}
        assert set(units.values()) == {"mg/m3", "ug/m3"}


@pytest.mark.parametrize(("standard", "item", "period"), TABLES)
def test_a_corner_has_its_index_and_the_least_step_beyond_it_the_next(standard: str, item: str, period: str) -> None:
    tables = edition(standard)
    step = Decimal("0.1") if item == "CO" else Decimal(1)
    for index, concentration in ROWS[standard, item, period]:
        corner = Decimal(int(concentration))
        assert iaqi(tables, item, period, corner).iaqi == index
        after = iaqi(tables, item, period, corner + step).iaqi
        assert after == second_opinion(standard, item, period, concentration + Fraction(step))
        if index < ROWS[standard, item, period][-1][0]:
            assert after is not None
            assert after > index


@pytest.mark.parametrize(("standard", "item", "period"), TABLES)
def test_every_tenth_of_a_table_equals_the_second_opinion(standard: str, item: str, period: str) -> None:
    tables, last = edition(standard), int(ROWS[standard, item, period][-1][1])
    for number in range(401):
        value = Decimal(last * number * 11) / 4000  # beyond the last corner at the end
        value = value.quantize(Decimal("0.01"))
        expected = second_opinion(standard, item, period, Fraction(value))
        assert iaqi(tables, item, period, value).iaqi == expected, value


@given(st.sampled_from(TABLES), st.decimals(0, 4200, places=3))
def test_any_concentration_equals_the_second_opinion(table: tuple[str, str, str], value: Decimal) -> None:
    standard, item, period = table
    assert iaqi(edition(standard), item, period, value).iaqi == second_opinion(*table, Fraction(value))


@given(st.sampled_from(TABLES), st.decimals(0, 4200, places=3))
def test_the_named_rows_are_the_two_corners_around_the_value(table: tuple[str, str, str], value: Decimal) -> None:
    standard, item, period = table
    found = iaqi(edition(standard), item, period, value)
    prefix = f"{standard.lower().replace(' ', '')}.{item.lower()}.{period}."
    assert all(row.startswith(prefix) for row in found.rows)
    named = [int(row.removeprefix(prefix)) for row in found.rows]
    if len(named) == 2:
        assert found.iaqi is not None
        assert named[0] <= found.iaqi <= named[1]
        assert INDICES.index(named[1]) == INDICES.index(named[0]) + 1
    else:
        assert named == [ROWS[table][-1][0]]
        assert Fraction(found.used) > ROWS[table][-1][1]


@pytest.mark.parametrize("item", ["PM10", "PM2.5"])
@pytest.mark.parametrize("standard", list(PRINTED))
def test_particles_of_an_hour_use_the_table_of_the_day(standard: str, item: str) -> None:
    tables = edition(standard)
    assert (item, "1h") not in tables.tables
    assert tables.table(item, "1h") is tables.table(item, "24h")


@pytest.mark.parametrize(
    ("item", "value", "used", "index"),
    [
        ("PM2.5", "60.5", "60", 100),  # a tie goes to the even digit: still within the limit of a day
        ("PM2.5", "60.50001", "61", 101),
        ("PM2.5", "61.5", "62", 102),
        ("PM10", "120.5", "120", 100),
        ("PM10", "121.5", "122", 101),
        ("PM10", "120.49", "120", 100),
        ("CO", "4.05", "4.0", 100),
        ("CO", "4.051", "4.1", 101),
        ("CO", "4.15", "4.2", 101),
        ("SO2", "0.5", "0", 0),
        ("SO2", "1.5", "2", 2),
    ],
)
def test_ties_at_the_2026_edges(item: str, value: str, used: str, index: int) -> None:
    found = iaqi(edition("HJ 633-2026"), item, "24h", Decimal(value))
    assert (found.used, found.iaqi) == (Decimal(used), index)


def test_on_the_last_and_first_day_of_the_editions_the_same_air_is_judged_apart() -> None:
    last, first = EDITIONS["HJ 633-2012"], EDITIONS["HJ 633-2026"]
    assert last + timedelta(days=1) == first
    differing = {
        (item, period)
        for _, item, period in TABLES
        if PRINTED["HJ 633-2012"][item, period] != PRINTED["HJ 633-2026"][item, period]
    }
    assert differing == {("PM10", "24h"), ("PM2.5", "24h")}
    for item, value in (("PM10", 121), ("PM2.5", 61)):
        old, new = (iaqi(PACKS.aqi_tables(day), item, "24h", Decimal(value)).iaqi for day in (last, first))
        assert old is not None and new is not None
        assert old <= 100 < new
