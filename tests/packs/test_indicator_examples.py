"""The worked examples of the domain reference, section 7 and the indicators of 6 and 12, through the rows of the pack."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from qingtian.domain.indicators import Inputs, PeriodName, Row, Single, Status, Table, compute
from qingtian.domain.indicators.tree import changes, score
from qingtian.packs import load_packs
from qingtian.packs.indicators import INDICATORS, index_tree, indicator, indicators

PACKS = load_packs()
THIS, LAST, BASE = PeriodName.THIS, PeriodName.LAST_YEAR, PeriodName.BASELINE


def table(rows, **more):
    return Table([Row(str(number), values) for number, values in enumerate(rows, start=1)], **more)


def value(code, singles=None, **tables):
    kept = {}
    for name, given in (singles or {}).items():
        base, _, period = name.partition("__")
        kept[base, PeriodName(period or "this")] = Single(Decimal(str(given)))
    inputs = Inputs({(name, THIS): one for name, one in tables.items()}, kept)
    return compute(indicator(PACKS, code), inputs)


@pytest.mark.parametrize(("item", "now", "before", "expected"), [("PM25", 42, 50, "-16.0"), ("PM10", 69, 81, "-14.8")])
def test_air_yoy(item, now, before, expected):
    field = item.lower()
    inputs = Inputs({("days", THIS): table([{field: Decimal(now)}]), ("days", LAST): table([{field: Decimal(before)}])})
    found = compute(indicator(PACKS, f"AIR_YOY_{item}"), inputs)
    assert (str(found.value), found.unit) == (expected, "%")
    assert len(found.uses) == 3  # both years are kept among the inputs


def test_air_good():
    found = value("AIR_GOOD", days=table([{"good": True}] * 316 + [{"good": False}] * 50))
    assert str(found.value) == "86.3"


def test_air_good_leaves_a_day_without_index_out_and_lists_it():
    days = table([{"good": True}, {"good": None}, {"good": False}], expected=4)
    found = value("AIR_GOOD", days=days)
    assert (str(found.value), found.excluded, found.coverage) == ("50.0", (("days", "2", "good"),), Fraction(1, 2))


def test_water_good():
    assert str(value("WATER_GOOD", sections=table([{"grade": Decimal(3)}] * 17)).value) == "100.0"
    found = value("WATER_GOOD", sections=table([{"grade": Decimal(3)}] * 17 + [{"grade": None}]))
    assert str(found.value) == "100.0"
    assert found.excluded == (("sections", "18", "grade"),)


def test_recycle():
    assert str(value("RECYCLE", {"dry": 2166, "wet": 2499, "generated": 10_000}).value) == "46.65"


def test_forest_delta():
    found = value("FOREST_DELTA", {"cover": "19.42", "cover__baseline": "18.57"})
    assert (str(found.value), found.unit) == ("0.85", "pp")


def test_clean_power():
    found = value("CLEAN_POWER", {"clean": 45, "total": 100})
    assert (str(found.value), found.met) == ("45.0", False)
    assert value("CLEAN_POWER", {"clean": "90.1", "total": 100}).met is True
    assert value("CLEAN_POWER", {"clean": 90, "total": 100}).met is False  # more than 90 %


def test_nev_hdv():
    assert str(value("NEV_HDV", {"new_energy": 8000, "heavy": 100_000}).value) == "8.0"


def test_stage_out():
    found = value("STAGE_OUT", {"retired": 70_001, "fleet__baseline": 100_000})
    assert (str(found.value), found.met) == ("70.001", True)
    assert value("STAGE_OUT", {"retired": 70_000, "fleet__baseline": 100_000}).met is False


def test_eia_speed():
    rows = [{"used": Decimal(days), "legal": Decimal(60)} for days in (12, 24, 40)]
    assert str(value("EIA_SPEED", approvals=table(rows)).value) == "40.0"


def test_follow_up():
    assert str(value("FOLLOW_UP", {"followed_up": 23, "closed": 23}).value) == "100.0"


def test_service():
    grounds = [{"ground": "water source"}] * 12 + [{"ground": ""}]
    assert str(value("SERVICE_EIA", {"eias": 454}).value) == "454"
    assert str(value("SERVICE_PROJECTS", {"projects": 400}).value) == "400"
    assert str(value("SERVICE_REFUSED", refusals=table(grounds)).value) == "12"


def test_signs():
    assert str(value("SIGNS_REPLACED", signs=table([{"replaced": True}] * 69 + [{"replaced": False}])).value) == "69"
    assert str(value("SIGNS_VIDEO", points=table([{"working": True}] * 16)).value) == "16"


def test_e_o1_completion_and_publication():
    done = table([{"state": "done", "published": True}] * 48)
    for code in ("OBL_COMPLETION", "OBL_ON_TIME", "OBL_PUBLICATION"):
        assert str(value(code, occurrences=done).value) == "100.0"
    mixed = table([{"state": state, "published": state == "done"} for state in ("done", "late", "missed", "done")])
    assert [str(value(code, occurrences=mixed).value) for code in ("OBL_COMPLETION", "OBL_ON_TIME")] == ["75.0", "50.0"]


def test_e_o2_transmission_with_and_without_shutdown():
    hours = {"received": 648, "due": 720, "running_received": 648, "running_due": 720 - 36}
    month = table([{name: Decimal(number) for name, number in hours.items()}])
    assert str(value("TRANSMISSION", outlet_days=month).value) == "94.7"
    assert str(value("TRANSMISSION_RAW", outlet_days=month).value) == "90.0"
    idle = table([{"running_received": Decimal(0), "running_due": Decimal(0)}])
    assert value("TRANSMISSION", outlet_days=idle).status == Status.UNDEFINED  # shut down all month: no rate


def test_e_s2_attendances_and_persons_are_reported_apart():
    sessions = table([{"attended": Decimal(n)} for n in (80, 85, 75, 82)])
    assert str(value("TRAIN_ATTENDANCES", sessions=sessions).value) == "322"
    names = table([{"person": name} for name in ("a", "b", "a", "c")])
    assert str(value("TRAIN_PERSONS", attendances=names).value) == "3"


def test_e_i4_environmental_credit_score():
    index = index_tree(PACKS, "ENV_CREDIT")
    given = {"CREDIT_COMPLIANCE": 100, "CREDIT_PENALTIES": 0, "CREDIT_RISK": 100, "CREDIT_REST": 90}
    found = score(index, {code: Decimal(one) for code, one in given.items()})
    assert str(found.rounded(index.digits)) == "79.0"
    parts = {one.node.code: one.contribution for one in found.walk() if one.node.leaf}
    assert parts == {"compliance": 15, "penalties": 0, "risk": 10, "rest": 54}
    better = score(index, {code: Decimal(one) for code, one in {**given, "CREDIT_PENALTIES": 100}.items()})
    assert (changes(found, better)[0].code, changes(found, better)[0].delta) == ("penalties", 15)
    assert score(index, {code: Decimal(1) for code in list(given)[:3]}).score is None  # a missing part blocks it


def test_the_city_index_works_with_what_there_is():
    found = score(index_tree(PACKS, "BEAUTIFUL_CITY"), {"AIR_GOOD": Decimal(80), "AIR_PM25": Decimal(50)})
    missing = [one.node.code for one in found.walk() if one.reason and one.node.leaf]
    assert found.score == 50
    assert missing == ["water_good", "recycle", "on_time", "rebound"]


@pytest.mark.parametrize("row", indicators(PACKS), ids=lambda row: row.code)
def test_every_indicator_without_inputs_has_no_value_and_a_reason(row):
    found = compute(row, Inputs())
    assert (found.value, found.status) == (None, Status.NO_DATA)
    assert found.reason.zh and found.reason.en


def test_an_indicator_is_taken_by_the_day_of_its_data():
    assert indicator(PACKS, "AIR_GOOD", date(2025, 12, 31)).row_id == "ind.air-good"
    assert indicators(PACKS, date(2017, 12, 31)) == ()
    assert {row.code for row in PACKS.of(INDICATORS)} == {row.code for row in indicators(PACKS)}
