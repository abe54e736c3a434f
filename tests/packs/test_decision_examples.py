"""The worked decisions of the domain reference, through the tables of the pack."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.decisions import Standing, decide, explain, read_sheet, refuse_faults, write_sheet
from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.domain.standards.black_odour import black_odour
from qingtian.packs import load_packs
from qingtian.packs.decisions import LINES, assignment, check_decisions, decision_table, decision_tables
from qingtian.packs.loader import read_packs
from qingtian.packs.source import NATIONAL, PackSource, RegionFolder

PACKS = load_packs()


def answer(code, output=None, **facts):
    found = decide(decision_table(PACKS, code), facts)
    return found.outcome.get(output or next(iter(found.outcome), ""), found.standing)


@pytest.mark.parametrize(
    ("facts", "grade", "by"),
    [
        ({"transparency": 18, "do": "3.1", "orp": 80, "nh3_n": 4}, "light", "transparency"),  # E-I1
        ({"transparency": 30, "do": "0.1", "orp": 80, "nh3_n": 4}, "heavy", "do"),  # E-I2
        ({"transparency": 30, "do": 4, "orp": 120, "nh3_n": 2}, "none", ""),  # E-I3
    ],
    ids=["E-I1", "E-I2", "E-I3"],
)
def test_black_and_odorous_water(facts, grade, by):
    found = decide(decision_table(PACKS, "black_odour_urban"), facts)
    assert found.outcome["grade"] == grade
    assert [row.row_id.split(".")[2] for row in found.hits] == ([by] if by else [])
    assert not found.missing


def test_in_shallow_water_transparency_is_held_against_the_depth():
    rest = {"do": 4, "orp": 120, "nh3_n": 2}
    assert answer("black_odour_urban", transparency=5, depth=20, **rest) == "light"  # a quarter of the depth
    assert answer("black_odour_urban", transparency=8, depth=20, **rest) == "none"  # 40 % of it
    assert answer("black_odour_urban", transparency=8, depth=30, **rest) == "heavy"
    unknown = decide(decision_table(PACKS, "black_odour_urban"), {"depth": 20, **rest})
    assert unknown.missing == ("transparency_share",)


def test_a_missing_item_does_not_hide_a_heavy_one():
    found = decide(decision_table(PACKS, "black_odour_urban"), {"do": "0.1"})
    assert (found.outcome["grade"], found.standing) == ("heavy", Standing.DECIDED)
    assert set(found.missing) == {"transparency", "orp", "nh3_n"}
    assert decide(decision_table(PACKS, "black_odour_urban"), {"do": 5}).standing is Standing.UNDECIDED


@given(
    st.decimals(0, 60, places=1),
    st.decimals(0, 4, places=1),
    st.decimals(-300, 100, places=0),
    st.decimals(0, 20, places=1),
    st.none() | st.decimals("0.1", 60, places=1),
)
def test_the_table_grades_as_the_standard_function_does(transparency, do, orp, ammonia, depth):
    facts = {"transparency": transparency, "do": do, "orp": orp, "nh3_n": ammonia}
    if depth is not None and transparency > depth:
        transparency = depth
    found = answer("black_odour_urban", **{**facts, "transparency": transparency, "depth": depth})
    values = {"transparency": transparency, "DO": do, "ORP": orp, "NH3-N": ammonia}
    assert found == black_odour(PACKS.media.black_odour("urban"), values, depth=depth).grade.value


def test_e_i4_the_grade_moves_one_step_after_an_ordinary_accident():
    def grade(score, accident="none", veto=False):
        return answer("env_credit_grade", score=score, accident=accident, veto=veto)

    assert (grade("79.0"), grade("79.0", "ordinary")) == ("blue", "yellow")
    assert [grade(score) for score in (100, 90, "89.9", 75, 60, "59.9", 0)] == [
        "green",
        "green",
        "blue",
        "blue",
        "yellow",
        "red",
        "red",
    ]
    assert grade(100, "larger") == grade(100, veto=True) == grade(10, "ordinary") == "red"


@pytest.mark.parametrize(
    ("kind", "case", "duty", "manner"),
    [
        ("industrial", "over_standard", "eco_environment", "act"),
        ("industrial", "other", "eco_environment", "act"),
        ("construction", "night_work", "named.construction_noise", "act"),
        ("construction", "over_standard", "named.construction_noise", "act"),
        ("traffic", "vehicle", "police_traffic", "act"),
        ("traffic", "transport_horn", "named.transport_noise", "act"),
        ("traffic", "transport_upkeep", "named.transport_noise", "act"),
        ("social", "business", "named.business_noise", "act"),
        ("social", "public_place", "named.public_noise", "persuade_first"),
        ("social", "neighbours", "grassroots", "mediate_first"),
        ("social", "neighbours_lasting", "police", "act"),
        ("product", "product_limit", "market_supervision", "act"),
        ("product", "other", "unassigned", "coordinator"),
    ],
)
def test_who_answers_for_noise(kind, case, duty, manner):
    found = decide(decision_table(PACKS, "noise_duty"), {"kind": kind, "case": case})
    assert found.outcome == {"duty": duty, "manner": manner}


def test_what_no_pack_assigns_is_nobodys_and_never_guessed(tmp_path: Path):
    assert assignment(PACKS, "named.construction_noise", region="420106") is None
    assert assignment(PACKS, "eco_environment", region="420106").org_zh == "生态环境主管部门"
    with (NATIONAL / "duty_assignments.csv").open(encoding="utf-8") as handle:
        row = next(csv.DictReader(handle))
    own = tmp_path / "420100"
    own.mkdir()
    changed = {
        **row,
        "row_id": "duty.wuhan.construction",
        "duty": "named.construction_noise",
        "org_zh": "城管部门",
        "org_en": "urban management",
        "region": "420100",
    }
    with (own / "duty_assignments.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(row), lineterminator="\n")
        writer.writeheader()
        writer.writerow(changed)
    packs = read_packs(PackSource(NATIONAL, (RegionFolder("420100", own),)))
    assert assignment(packs, "named.construction_noise", region="420106").org_en == "urban management"
    assert assignment(packs, "named.construction_noise", region="430100") is None


EIA = {
    "exemption_listed": False,
    "in_park": False,
    "park_shares": False,
    "sensitive": False,
    "built_up": False,
    "floor_area": 100,
    "solvent_paint": False,
    "laboratory": False,
}


@pytest.mark.parametrize(
    ("facts", "kind", "listed"),
    [
        ({"trade": "fuel_station", "exemption_listed": True}, "exempt", "city"),
        ({"trade": "garage", "exemption_listed": True}, "exempt", "city"),
        ({"trade": "school", "laboratory": True, "exemption_listed": True}, "exempt", "city"),
        ({"trade": "fuel_station", "exemption_listed": True, "sensitive": True}, "form", "-"),
        ({"trade": "fuel_station", "built_up": True}, "form", "-"),
        ({"trade": "fuel_station"}, "registration", "-"),
        ({"trade": "garage", "floor_area": 5000, "solvent_paint": True}, "form", "-"),
        ({"trade": "garage", "floor_area": "4999.9", "solvent_paint": True}, "needs_review", ""),
        ({"trade": "school", "laboratory": True}, "form", "-"),
        ({"trade": "listed_trade", "in_park": True, "exemption_listed": True}, "exempt", "park"),
        ({"trade": "listed_trade", "in_park": True, "park_shares": True}, "share_park_eia", "park"),
        ({"trade": "other"}, "needs_review", ""),
    ],
)
def test_eia_class_and_exemption(facts, kind, listed):
    found = decide(decision_table(PACKS, "eia_class"), {**EIA, **facts})
    assert (found.outcome["class"], found.outcome["list"]) == (kind, listed)
    assert found.unverified or not found.hits


ADMISSION = {
    "policy": "allowed",
    "source_zone": "none",
    "serves_supply": False,
    "discharges": True,
    "heavy_polluter": False,
    "adds_discharge": True,
    "high_energy": False,
    "capacity_swap": False,
}


@pytest.mark.parametrize(
    ("facts", "verdict", "grounds"),
    [
        ({}, "allowed", set()),
        ({"policy": "encouraged"}, "welcome", {"industrial_policy"}),
        ({"policy": "restricted"}, "conditional", {"industrial_policy"}),
        ({"policy": "eliminated"}, "forbidden", {"industrial_policy"}),
        ({"source_zone": "first"}, "forbidden", {"water_source"}),
        ({"source_zone": "first", "serves_supply": True}, "allowed", set()),
        ({"source_zone": "second"}, "forbidden", {"water_source"}),
        ({"source_zone": "second", "discharges": False}, "allowed", set()),
        ({"high_energy": True}, "forbidden", {"high_energy_high_emission"}),
        (
            {"high_energy": True, "capacity_swap": True, "policy": "encouraged"},
            "conditional",
            {"high_energy_high_emission", "industrial_policy"},
        ),
        ({"policy": "eliminated", "source_zone": "second"}, "forbidden", {"industrial_policy", "water_source"}),
    ],
)
def test_a_refused_project_gets_every_ground(facts, verdict, grounds):
    found = decide(decision_table(PACKS, "admission"), {**ADMISSION, **facts})
    assert found.outcome["verdict"] == verdict
    assert {row.outcome["ground"] for row in found.hits} == grounds


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"effect": "describes"}, "needs_review"),
        ({"effect": "forbids"}, "needs_review"),
        ({"effect": "forbids", "concerns": False}, "pass"),
        ({"effect": "forbids", "concerns": True}, "fail"),
        ({"effect": "requires", "concerns": True, "met": True}, "pass"),
        ({"effect": "requires", "concerns": True, "met": False}, "fail"),
        ({"effect": "requires", "concerns": True}, "needs_review"),
        ({"effect": "limits", "concerns": True, "amount_share": 100}, "pass"),
        ({"effect": "limits", "concerns": True, "amount_share": "100.1"}, "fail"),
        ({"effect": "limits", "concerns": True}, "needs_review"),
    ],
)
def test_a_clause_of_a_control_unit(facts, verdict):
    assert answer("zoning_clause", **facts) == verdict


def test_e_s1_a_secondary_purifier():
    at_the_limits = {"dining_area": 149, "seats": 75, "stove_heat": "500000000"}
    assert answer("catering_purifier", **at_the_limits) == "no"
    assert answer("catering_purifier", **{**at_the_limits, "seats": 76}) == "yes"
    assert answer("catering_purifier", stove_heat="501 MJ/h", dining_area=1, seats=1) == "yes"
    near = decide(decision_table(PACKS, "catering_purifier"), at_the_limits).near
    assert {miss.row.row_id.rsplit(".", 1)[1]: miss.by for miss in near} == {"heat": 0, "area": 1, "seats": 0}


def test_where_a_catering_shop_may_be():
    assert answer("catering_site", building="residential", own_flue=True, next_to_homes=False) == "forbidden"
    assert answer("catering_site", building="mixed", own_flue=False, next_to_homes=False) == "forbidden"
    assert answer("catering_site", building="mixed", own_flue=True, next_to_homes=True) == "forbidden"
    assert answer("catering_site", building="mixed", own_flue=True, next_to_homes=False) == "allowed"


def test_e_d3_a_consumer_without_a_licence_is_refused():
    found = decide(
        decision_table(PACKS, "data_use"),
        {"licence_valid": False, "purpose_covered": True, "share_class": "conditional"},
    )
    assert found.outcome == {"answer": "refused", "ground": "no_valid_licence"}
    assert "refusal is logged" in explain(found).en
    other = decide(
        decision_table(PACKS, "data_use"),
        {"licence_valid": True, "purpose_covered": False, "share_class": "conditional"},
    )
    assert other.outcome["ground"] == "purpose_not_covered"
    assert answer("data_use", licence_valid=True, purpose_covered=True, share_class="conditional") == "granted"
    assert answer("data_use", licence_valid=True, purpose_covered=True, share_class="not_shared") == "refused"


@pytest.mark.parametrize("table", decision_tables(PACKS), ids=lambda table: table.code)
def test_every_table_is_whole_and_has_words_and_reads_back_from_its_sheet(table):
    refuse_faults(table)
    for row in table.rows:
        assert row.text_zh and row.text_en and row.clause
    read = read_sheet(
        write_sheet(table), code=table.code, inputs=table.inputs, outputs=table.outputs, defaults={}, name="x.csv"
    )
    assert [(row.row_id, row.conditions, row.outcome) for row in read] == [
        (row.row_id, row.conditions, row.outcome) for row in table.rows
    ]


def test_tables_are_those_of_the_day():
    assert "noise_duty" not in {table.code for table in decision_tables(PACKS, date(2021, 1, 1))}
    with pytest.raises(InvalidInput, match="no decision table weather"):
        decision_table(PACKS, "weather")


def changed_national(tmp_path: Path, old: str, new: str) -> PackSource:
    folder = tmp_path / "national"
    shutil.copytree(NATIONAL, folder)
    text = (folder / LINES.file).read_text("utf-8")
    assert old in text
    (folder / LINES.file).write_text(text.replace(old, new, 1), "utf-8")
    return PackSource(folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "effect: limits & concerns: true & amount_share: > 100",
            "effect: limits & concerns: true & amount_share: >= 100",
            "both apply",
        ),
        (
            "effect: limits & concerns: true & amount_share: > 100",
            "effect: limits & concerns: true & amount_share: > 101",
            "no row applies",
        ),
        ("seats: > 75", "chairs: > 75", "has no input chairs"),
        ("seats: > 75", "seats: many", "is no range"),
        (
            "dec.data_use.licensed,qingtian decisions,data_use,data_use",
            "dec.data_use.licensed,qingtian decisions,data_use,data_use_2",
            "there is no table",
        ),
    ],
)
def test_a_fault_of_a_table_is_found_by_the_check(tmp_path, old, new, said):
    from qingtian.packs.checking import check

    source = changed_national(tmp_path, old, new)
    with pytest.raises(ConfigurationError, match=said):
        check_decisions(read_packs(source))
    assert any(said in fault.reason for fault in check(source).faults)


def test_a_number_of_the_pack_decides():
    tried = PACKS.trying("dec.catering_purifier.seats", {"conditions": "seats: > 80"})
    facts = {"dining_area": 149, "seats": 76, "stove_heat": Decimal(1)}
    assert decide(decision_table(tried, "catering_purifier"), facts).outcome["secondary"] == "no"
