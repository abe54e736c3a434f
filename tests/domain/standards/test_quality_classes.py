"""Classes of water: the best class whose limit a value meets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.quality import (
    ItemClass,
    QualityLimit,
    QualityTest,
    WaterClass,
    item_class,
    limits_of,
    worst_class,
)
from qingtian.packs import load_packs

LAW = load_packs().media.surface_water(date(2025, 11, 22))
GROUND = load_packs().media.groundwater(date(2025, 11, 22))
VALUES = st.decimals(min_value=0, max_value=100_000, places=5)
NAMES = sorted({row.key for row in LAW.limits})


def classed(name: str, value: str, **more: str) -> WaterClass:
    saturation = Decimal(more["saturation"]) if "saturation" in more else None
    limits = limits_of(LAW.limits, name, more.get("water_body", ""))
    return item_class(limits, Decimal(value), worst=WaterClass.WORSE, saturation=saturation).water_class


def ground(name: str, value: str) -> str:
    return item_class(limits_of(GROUND, name), Decimal(value), worst=WaterClass.FIFTH).water_class.value


# The bounds of GB 3838-2002 table 1 for classes I to V, written down apart from the pack.
TABLE_1 = {
    "CODMn": "2 4 6 10 15",
    "COD": "15 15 20 30 40",
    "BOD5": "3 3 4 6 10",
    "NH3-N": "0.15 0.5 1.0 1.5 2.0",
    "TP_river": "0.02 0.1 0.2 0.3 0.4",
    "TP_lake": "0.01 0.025 0.05 0.1 0.2",
    "TN_lake": "0.2 0.5 1.0 1.5 2.0",
    "Cu": "0.01 1.0 1.0 1.0 1.0",
    "Zn": "0.05 1.0 1.0 2.0 2.0",
    "F-": "1.0 1.0 1.0 1.5 1.5",
    "Se": "0.01 0.01 0.01 0.02 0.02",
    "As": "0.05 0.05 0.05 0.1 0.1",
    "Hg": "0.00005 0.00005 0.0001 0.001 0.001",
    "Cd": "0.001 0.005 0.005 0.005 0.01",
    "Cr(VI)": "0.01 0.05 0.05 0.05 0.1",
    "Pb": "0.01 0.01 0.05 0.05 0.1",
    "CN-": "0.005 0.05 0.2 0.2 0.2",
    "volatile phenol": "0.002 0.002 0.005 0.01 0.1",
    "petroleum": "0.05 0.05 0.05 0.5 1.0",
    "LAS": "0.2 0.2 0.2 0.3 0.3",
    "sulfide": "0.05 0.1 0.2 0.5 1.0",
    "faecal coliform": "200 2000 10000 20000 40000",
}
CLASSES = [WaterClass.FIRST, WaterClass.SECOND, WaterClass.THIRD, WaterClass.FOURTH, WaterClass.FIFTH]


@pytest.mark.parametrize("name", sorted(TABLE_1))
def test_at_each_limit_the_best_class_with_that_limit_is_met_and_just_above_the_next(name: str) -> None:
    bounds = [Decimal(text) for text in TABLE_1[name].split()]
    for place, bound in enumerate(bounds):
        assert classed(name, str(bound)) is CLASSES[bounds.index(bound)], (name, bound)
        higher = [n for n, other in enumerate(bounds) if other > bound]
        expected = CLASSES[higher[0]] if higher else WaterClass.WORSE
        assert classed(name, str(bound + Decimal("0.000001"))) is expected, (name, place)


def test_the_table_of_the_test_covers_every_item_of_the_pack() -> None:
    assert set(TABLE_1) | {"pH", "DO"} == set(NAMES)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("15", "I"),
        ("7.5", "I"),
        ("7.49", "II"),
        ("6", "II"),
        ("5.99", "III"),
        ("5", "III"),
        ("4.99", "IV"),
        ("3", "IV"),
        ("2.99", "V"),
        ("2", "V"),
        ("1.99", "劣V"),
        ("0", "劣V"),
    ],
)
def test_more_oxygen_is_better(value: str, expected: str) -> None:
    assert classed("DO", value) == expected


@pytest.mark.parametrize(
    ("value", "saturation", "expected"),
    [
        ("6.8", "90", "I"),
        ("6.8", "104.5", "I"),
        ("6.8", "89.99", "II"),
        ("7.5", "70", "I"),
        ("2.5", "95", "I"),
        ("1", "20", "劣V"),
    ],
)
def test_oxygen_near_saturation_is_class_one(value: str, saturation: str, expected: str) -> None:
    assert classed("DO", value, saturation=saturation) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("6", "I"), ("9", "I"), ("7.3", "I"), ("5.99", "劣V"), ("9.01", "劣V"), ("0", "劣V"), ("14", "劣V")],
)
def test_ph_is_within_or_worse_than_every_class(value: str, expected: str) -> None:
    assert classed("pH", value) == expected


@given(st.sampled_from([name for name in NAMES if name not in {"DO", "pH"}]), VALUES, VALUES)
def test_a_higher_concentration_never_has_a_better_class(name: str, one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    assert classed(name, str(low)).rank <= classed(name, str(high)).rank


@given(VALUES, VALUES)
def test_more_oxygen_never_has_a_worse_class(one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    assert classed("DO", str(high)).rank <= classed("DO", str(low)).rank


@given(st.sampled_from(NAMES), VALUES)
def test_the_row_that_decided_is_met_exactly_when_it_says_so(name: str, value: Decimal) -> None:
    found = item_class(limits_of(LAW.limits, name), value, worst=WaterClass.WORSE)
    assert found.row.op.holds(value, found.row.limit, found.row.upper) is found.met
    assert found.met or found.water_class is WaterClass.WORSE
    assert (found.key, found.value) == (name, value)


@pytest.mark.parametrize("name", NAMES)
def test_a_negative_value_is_refused_and_named(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        item_class(limits_of(LAW.limits, name), Decimal("-0.1"), worst=WaterClass.WORSE)
    assert caught.value.field == name
    assert caught.value.remedy


def test_a_negative_saturation_is_refused_too() -> None:
    with pytest.raises(InvalidInput, match="negative"):
        classed("DO", "7", saturation="-1")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("氨氮", "NH3-N"),
        ("w21003", "NH3-N"),
        ("高锰酸盐指数", "CODMn"),
        ("w01019", "CODMn"),
        ("六价铬", "Cr(VI)"),
        ("Cr6+", "Cr(VI)"),
        ("fluoride", "F-"),
        ("总磷_lake", "TP_lake"),
        ("TP_river", "TP_river"),
        ("w21011_river", "TP_river"),
        ("TN", "TN_lake"),
        ("溶解氧", "DO"),
        ("粪大肠菌群", "faecal coliform"),
    ],
)
def test_an_item_is_known_by_symbol_chinese_name_and_code(name: str, key: str) -> None:
    assert {row.key for row in limits_of(LAW.limits, name)} == {key}


def test_phosphorus_depends_on_the_water_body() -> None:
    with pytest.raises(InvalidInput) as caught:
        limits_of(LAW.limits, "TP")
    assert caught.value.remedy == "use TP_river or TP_lake"
    assert classed("TP", "0.06", water_body="river") is WaterClass.SECOND
    assert classed("TP", "0.06", water_body="lake") is WaterClass.FOURTH
    assert classed("TP_lake", "0.06", water_body="river") is WaterClass.FOURTH  # the name says it


@pytest.mark.parametrize("name", ["", "tp_river", "Unobtainium", "PM2.5", "DO_river", "COD_lake"])
def test_an_unknown_item_is_refused_and_the_known_ones_are_named(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        limits_of(LAW.limits, name)
    assert caught.value.field == name
    assert "TP_river" in (caught.value.remedy or "")


def test_every_coded_item_is_a_pollutant_of_the_code_list() -> None:
    packs = load_packs()
    for row in LAW.limits:
        [code] = [name for name in row.aliases if name.startswith("w") and name[1:].isdigit()]
        assert packs.pollutant(code).name_zh.lstrip("总") in (row.name_zh, row.name_zh.lstrip("总")), code


def test_only_nitrogen_and_coliform_do_not_count() -> None:
    assert {row.key for row in LAW.limits if not row.counted} == {"TN_lake", "faecal coliform"}
    assert len({row.item for row in LAW.limits if row.counted}) == LAW.rule.items


def test_a_water_class_has_an_order() -> None:
    assert [one.rank for one in WaterClass] == [0, 1, 2, 3, 4, 5]


def test_the_worst_item_decides() -> None:
    items: list[ItemClass] = [
        item_class(limits_of(LAW.limits, name), Decimal(value), worst=WaterClass.WORSE)
        for name, value in (("DO", "9"), ("COD", "17"), ("Hg", "0.0005"))
    ]
    assert worst_class(items) is WaterClass.FOURTH
    assert worst_class(items[:2]) is WaterClass.THIRD
    with pytest.raises(InvalidInput):
        worst_class([])


@pytest.mark.parametrize(
    ("op", "value", "limit", "upper", "holds"),
    [
        ("<=", "1", "1", None, True),
        ("<=", "1.01", "1", None, False),
        (">=", "1", "1", None, True),
        (">=", "0.99", "1", None, False),
        (">", "1", "1", None, False),
        (">", "1.01", "1", None, True),
        ("[]", "6", "6", "9", True),
        ("[]", "9", "6", "9", True),
        ("[]", "9.1", "6", "9", False),
        ("[)", "5.5", "5.5", "6.5", True),
        ("[)", "6.5", "5.5", "6.5", False),
        ("(]", "8.5", "8.5", "9", False),
        ("(]", "9", "8.5", "9", True),
        ("absent", "0", None, None, True),
        ("absent", "0.001", None, None, False),
    ],
)
def test_every_test_at_its_bounds(op: str, value: str, limit: str | None, upper: str | None, holds: bool) -> None:
    bounds = (None if limit is None else Decimal(limit), None if upper is None else Decimal(upper))
    assert QualityTest(op).holds(Decimal(value), *bounds) is holds


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("pH", "6.5", "I"),
        ("pH", "8.5", "I"),
        ("pH", "6.49", "IV"),
        ("pH", "5.5", "IV"),
        ("pH", "5.49", "V"),
        ("pH", "8.51", "IV"),
        ("pH", "9", "IV"),
        ("pH", "9.01", "V"),
        ("总硬度", "150", "I"),
        ("total hardness", "450.1", "IV"),
        ("TDS", "2000.01", "V"),
        ("氨氮", "0.02", "I"),
        ("NH3-N", "0.11", "III"),
        ("NH3-N", "1.51", "V"),
        ("色", "5", "I"),  # equal limits of I and II: the better class
        ("锰", "0.05", "I"),
        ("LAS", "0", "I"),
        ("LAS", "0.05", "II"),
        ("LAS", "0.3", "III"),
        ("LAS", "0.31", "V"),
        ("嗅和味", "0", "I"),
        ("嗅和味", "1", "V"),
        ("总α放射性", "0.5", "III"),
        ("总α放射性", "0.51", "IV"),
        ("gross beta", "7", "IV"),
        ("1,2-二氯乙烷", "30", "III"),
        ("benzene", "121", "V"),
        ("BaP", "0.002", "I"),
        ("铊", "0.0001", "I"),
    ],
)
def test_groundwater_at_its_bounds(name: str, value: str, expected: str) -> None:
    assert ground(name, value) == expected


def test_groundwater_has_ninety_three_items_in_two_tables() -> None:
    tables: dict[str, set[str]] = {}
    for row in GROUND:
        tables.setdefault(row.clause, set()).add(row.item)
    assert {clause: len(items) for clause, items in tables.items()} == {"table 1": 39, "table 2": 54}
    assert WaterClass.FIFTH not in {row.category for row in GROUND}


@given(st.sampled_from(sorted({row.item for row in GROUND} - {"pH"})), VALUES, VALUES)
def test_dirtier_groundwater_never_has_a_better_class(name: str, one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    assert WaterClass(ground(name, str(low))).rank <= WaterClass(ground(name, str(high))).rank


def test_what_is_from_memory_is_marked_so() -> None:
    memory = {row.row_id for row in GROUND if row.unverified}
    assert memory == {"gbt14848-2017.gross-alpha.iv", "gbt14848-2017.gross-beta.iv"}
    assert not any(row.unverified for row in LAW.limits)


def test_an_item_class_cites_its_limit() -> None:
    found = item_class(limits_of(LAW.limits, "w01018"), Decimal(21), worst=WaterClass.WORSE, name="w01018")
    assert (found.name, found.key, found.unit) == ("w01018", "COD", "mg/L")
    assert (found.row.row_id, found.clause) == ("gb3838-2002.cod.iv", "GB 3838-2002 table 1")
    assert isinstance(found.row, QualityLimit)
