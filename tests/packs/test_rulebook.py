"""What the loaded packs answer."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards import MarkEffect, region_chain
from qingtian.packs import load_packs

PACKS = load_packs()


def test_packs_are_read_once_and_cannot_be_changed() -> None:
    assert load_packs() is PACKS
    with pytest.raises(dataclasses.FrozenInstanceError):
        PACKS.air = ()  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        PACKS.air[0].limit = Decimal(1)  # type: ignore[misc]
    with pytest.raises(TypeError):
        PACKS.calendar().days[date(2026, 1, 1)] = None  # type: ignore[index]


def test_every_row_says_where_it_comes_from() -> None:
    rows = PACKS.rows()
    assert len(rows) > 800
    assert len({row.row_id for row in rows}) == len(rows)
    for row in rows:
        assert row.standard and row.clause and row.source and row.confidence, row.row_id
        assert row.unverified == ("verified" not in row.confidence)


def test_limits_from_memory_are_shown_as_unverified() -> None:
    assert PACKS.emission_limit("gb13223-2011.coal-boiler-new-table-1.so2.hour").unverified
    assert not PACKS.emission_limit("gb13271-2014.gas-boiler-new-table-2.nox.hour").unverified


@pytest.mark.parametrize(
    ("on", "pm25", "pm10"),
    [("2026-02-28", 75, 150), ("2026-03-01", 60, 120), ("2030-12-31", 60, 120), ("2031-01-01", 50, 100)],
)
def test_air_limits_follow_the_date_of_the_data(on: str, pm25: int, pm10: int) -> None:
    limits = {
        row.item: row.limit
        for row in PACKS.air_limits(date.fromisoformat(on))
        if (row.period, row.category) == ("24h", "level 2")
    }
    assert (limits["PM2.5"], limits["PM10"]) == (pm25, pm10)


@given(st.dates(date(2016, 1, 1), date(2040, 12, 31)))
def test_on_every_day_exactly_one_edition_and_one_limit_per_key(on: date) -> None:
    assert sum(edition.edition.in_force(on) for edition in PACKS.editions) == 1
    keys = [(row.item, row.period, row.category) for row in PACKS.air_limits(on)]
    assert len(keys) == len(set(keys))
    assert ("SO2", "1h", "level 2") in keys


def test_emission_limits_by_pollutant_period_and_date() -> None:
    found = PACKS.emission_limits(date(2025, 1, 1), standard="GB 4915-2013", pollutant="a21002", period="hour")
    assert {row.limit for row in found} == {400, 320, 300}
    assert PACKS.emission_limits(date(2010, 1, 1), standard="GB 4915-2013") == ()
    assert {row.medium for row in PACKS.emission_limits(medium="water")} == {"water"}


def test_a_local_standard_holds_only_in_its_region() -> None:
    standard = "DB31/844-2014"
    assert PACKS.emission_limits(standard=standard) == ()
    assert len(PACKS.emission_limits(standard=standard, region="310104")) == 1


def test_every_coded_emission_limit_names_a_known_pollutant() -> None:
    coded = [row for row in PACKS.emission if row.pollutant]
    assert len(coded) > 100
    for row in coded:
        assert PACKS.pollutant(row.pollutant).code == row.pollutant
    assert {row.item for row in PACKS.emission if not row.pollutant} <= {
        "Cd+Tl",
        "Sb+As+Pb+Cr+Co+Cu+Mn+Ni",
        "dioxins",
        "animal/vegetable oil",
        "VOC treatment efficiency",
        "cooking fume",
        "removal efficiency",
    }


def test_reference_oxygen() -> None:
    found = {row.category: row.reference_o2 for row in PACKS.reference_oxygen(standard="GB 13271-2014")}
    assert found == {"coal boiler": 9, "oil or gas boiler": Decimal("3.5")}


@pytest.mark.parametrize(
    ("code", "symbol", "unit", "ambient"),
    [
        ("a34004", "PM2.5", "ug/m3", "ug/m3"),
        ("a21026", "SO2", "mg/m3", "ug/m3"),
        ("a21005", "CO", "mg/m3", "mg/m3"),
        ("a05024", "O3", "ug/m3", "ug/m3"),
        ("a34013", "PM", "mg/m3", "mg/m3"),
        ("w01018", "COD", "mg/L", "mg/L"),
        ("power_kw", "", "kW", "kW"),
        ("aqi", "AQI", "1", "1"),
    ],
)
def test_units_in_practice(code: str, symbol: str, unit: str, ambient: str) -> None:
    row = PACKS.pollutant(code)
    assert (row.symbol, row.unit, row.ambient_unit) == (symbol, unit, ambient)
    assert row.name_zh and row.name_en


def test_the_printed_unit_is_kept_beside_the_unit_in_practice() -> None:
    assert PACKS.pollutant("a34002").printed_unit == "ng/m3"


def test_old_and_numbered_codes_find_their_row() -> None:
    assert PACKS.pollutant("011").code == "w01018"
    assert PACKS.pollutant("e10107").code == "e101xx"
    assert PACKS.pollutant("i33312").code == "i3331x"
    with pytest.raises(InvalidInput) as caught:
        PACKS.pollutant("zz9")
    assert caught.value.field == "pollutant"


def test_symbols() -> None:
    assert PACKS.pollutant_by_symbol("NOx").code == "a21002"
    assert PACKS.pollutant_by_symbol("COD", "water").code == "w01018"
    with pytest.raises(InvalidInput):
        PACKS.pollutant_by_symbol("COD", "air")


@pytest.mark.parametrize(
    ("mark", "effect"),
    [("N", MarkEffect.VALID), ("", MarkEffect.UNMARKED), ("Q", MarkEffect.INVALID)]
    + [(mark, MarkEffect.INVALID) for mark in "FMSDCTB"],
)
def test_effects_of_data_marks(mark: str, effect: MarkEffect) -> None:
    assert PACKS.data_mark(mark, date(2025, 1, 1)).effect is effect


def test_validity_rules() -> None:
    on = date(2025, 1, 1)
    assert PACKS.validity_rule("cems", "hour", on, item="NOx").minimum == 45
    assert PACKS.validity_rule("air_station", "day", on, item="PM2.5").minimum == 20
    assert PACKS.validity_rule("air_station", "day", on, item="O3").counts == "valid 8 h windows"
    with pytest.raises(InvalidInput):
        PACKS.validity_rule("cems", "decade", on)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: PACKS.row("nothing"),
        lambda: PACKS.emission_limit("mark.n"),
        lambda: PACKS.aqi_edition("HJ 633-1999"),
        lambda: PACKS.data_mark("N", date(1999, 1, 1)),
    ],
)
def test_what_is_not_there_says_what_to_do(ask: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        ask()  # type: ignore[operator]
    assert caught.value.remedy


def test_the_rest_of_the_house_is_reached_through_the_packs() -> None:
    assert PACKS.procedure("T1").code == "T1"
    assert {"exceedance", "late_stream", "treatment_off"} <= set(PACKS.detection_rules(date(2025, 11, 24)))
    assert [band.level_number for band in PACKS.categories(date(2025, 11, 24))] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("region", "chain"),
    [("CN", ("CN",)), ("420106", ("420106", "420100", "420000", "CN")), ("420000", ("420000", "CN"))],
)
def test_regions_from_near_to_far(region: str, chain: tuple[str, ...]) -> None:
    assert region_chain(region) == chain
