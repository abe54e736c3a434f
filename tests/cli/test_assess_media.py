"""The bulk pipe `qingtian assess` on water, soil, noise and tax."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.cli.assess import answers
from qingtian.packs.media_questions import MEDIA_KINDS

GOOD = {"DO": 6.2, "CODMn": 4.6, "NH3-N": 0.62, "TP_river": 0.18, "COD": 17, "BOD5": 3.2}
MISSING = [None, "", "-", "--", "—", "NA"]


def ask(kind: str, given_input: Any) -> dict[str, Any]:
    [text] = answers([json.dumps({"id": "q", "kind": kind, "input": given_input}).encode()])
    answer: dict[str, Any] = json.loads(text)
    assert answer["id"] == "q"
    assert set(answer) in ({"id", "result", "clause"}, {"id", "error"})
    return answer


def result(kind: str, given_input: Any) -> Any:
    answer = ask(kind, given_input)
    assert answer.get("clause"), answer
    return answer["result"]


def fault(kind: str, given_input: Any) -> str:
    error = ask(kind, given_input)["error"]
    assert error["code"] == "invalid_input"
    assert error["message"]
    assert error["remedy"]
    return str(error["field"])


@pytest.mark.parametrize(
    ("given_input", "expected"),
    [
        ({"item": "COD", "value": 15}, "I"),
        ({"item": "COD", "value": "15.0001"}, "III"),
        ({"item": "COD", "value": 40}, "V"),
        ({"item": "COD", "value": 40.01}, "劣V"),
        ({"item": "COD", "value": 0}, "I"),
        ({"item": "DO", "value": 7.49}, "II"),
        ({"item": "DO", "value": 7.2, "saturation": 91}, "I"),
        ({"item": "DO", "value": 7.2, "saturation": None}, "II"),
        ({"item": "DO", "value": 0}, "劣V"),
        ({"item": "pH", "value": 6}, "I"),
        ({"item": "pH", "value": 9}, "I"),
        ({"item": "pH", "value": 5.9}, "劣V"),
        ({"item": "pH", "value": "9.1"}, "劣V"),
        ({"item": "TP_river", "value": 0.2}, "III"),
        ({"item": "TP_lake", "value": 0.2}, "V"),
        ({"item": "TP", "value": 0.2, "water_body": "river"}, "III"),
        ({"item": "TP", "value": 0.2, "water_body": "lake"}, "V"),
        ({"item": "总磷", "value": 0.2, "water_body": "湖库"}, "V"),
        ({"item": "TN", "value": 2.1}, "劣V"),
        ({"item": "Hg", "value": 5e-05}, "I"),
        ({"item": "Hg", "value": "0.00005"}, "I"),
        ({"item": "Hg", "value": 0.0001}, "III"),
        ({"item": "Cr(VI)", "value": 0.05}, "II"),
        ({"item": "volatile phenol", "value": 0.0021}, "III"),
        ({"item": "faecal coliform", "value": 10000}, "III"),
        ({"item": "氨氮", "value": "1"}, "III"),
        ({"item": "w21003", "value": 2.01}, "劣V"),
        ({"item": "COD", "value": 15, "date": "2015-06-30"}, "I"),
    ],
)
def test_class_of_an_item(given_input: Any, expected: str) -> None:
    assert result("water_class_item", given_input) == expected


@pytest.mark.parametrize("missing", MISSING)
def test_without_a_value_there_is_no_class(missing: Any) -> None:
    assert result("water_class_item", {"item": "COD", "value": missing}) is None
    assert result("soil_farmland", {"item": "Cd", "value": missing, "pH": 6, "use": "paddy"}) is None
    assert result("tax_equivalents", {"item": "SO2", "kg": missing}) is None


@pytest.mark.parametrize(
    ("given_input", "field"),
    [
        ({"item": "COD"}, "value"),
        ({"value": 3}, "item"),
        ({"item": 3, "value": 3}, "item"),
        ({"item": "Unobtainium", "value": 3}, "item"),
        ({"item": "TP", "value": 3}, "item"),
        ({"item": "TP", "value": 3, "water_body": "sea"}, "water_body"),
        ({"item": "COD", "value": -0.1}, "value"),
        ({"item": "DO", "value": -1}, "value"),
        ({"item": "pH", "value": -1}, "value"),
        ({"item": "COD", "value": "much"}, "value"),
        ({"item": "COD", "value": True}, "value"),
        ({"item": "COD", "value": [3]}, "value"),
        ({"item": "COD", "value": "未检出"}, "value"),
        ({"item": "DO", "value": 7, "saturation": "high"}, "saturation"),
        ({"item": "COD", "value": 3, "date": "1999-01-01"}, "on"),
        ({"item": "COD", "value": 3, "date": "today"}, "date"),
        ([], "input"),
        (None, "input"),
    ],
)
def test_a_bad_item_question_names_its_field(given_input: Any, field: str) -> None:
    assert fault("water_class_item", given_input) == field


def test_a_section_in_the_published_shape() -> None:
    assert result("water_section", {**GOOD, "TN": 4.1}) == {"class": "III", "status": "良好", "over_III": {}}
    assert result("water_section", {**GOOD, "COD": 26, "DO": 4.2}) == {
        "class": "IV",
        "status": "轻度污染",
        "over_III": {"COD": 0.3},
    }


@pytest.mark.parametrize(
    ("change", "expected", "over"),
    [
        ({"pH": 9.5}, "劣V", {}),
        ({"pH": 7}, "III", {}),
        ({"DO": 1.5}, "劣V", {}),
        ({"COD": "40.1"}, "劣V", {"COD": 1.0}),
        ({"petroleum": 0.06}, "IV", {"petroleum": 0.2}),
        ({"Hg": 0.00015}, "IV", {"Hg": 0.5}),
        ({"faecal coliform": 50000}, "III", {}),
        ({"水温": "21.5 degC"}, "III", {}),
        ({"BOD5": None}, "III", {}),
        ({"BOD5": "—", "NH3-N": ""}, "III", {}),
    ],
)
def test_a_section_at_its_edges(change: dict[str, Any], expected: str, over: dict[str, float]) -> None:
    found = result("water_section", {**GOOD, **change})
    assert (found["class"], found["over_III"]) == (expected, over)


def test_a_lake_by_its_water_body_and_oxygen_by_its_saturation() -> None:
    lake = {"TP": 0.06, "DO": 6.9, "DO_saturation": 95}
    assert result("water_section", {**lake, "water_body": "lake"}) == {
        "class": "IV",
        "status": "轻度污染",
        "over_III": {"TP": 0.2},
    }
    assert result("water_section", {"DO": 6.9, "DO_saturation": 95})["class"] == "I"
    assert result("water_section", {"DO": 6.9})["class"] == "II"


def test_the_clause_tells_how_much_was_measured() -> None:
    clause = ask("water_section", {**GOOD, "Hg": None, "TN": 1})["clause"]
    assert "GB 3838-2002 table 1" in clause
    assert "6 of 21 items" in clause
    assert "without Hg" in clause


@pytest.mark.parametrize(
    ("given_input", "field"),
    [
        ({}, "input"),
        ({"DO": None}, "input"),
        ({"TN": 3}, "input"),
        ({"DO": 6, "Unobtainium": 1}, "Unobtainium"),
        ({"DO": "six"}, "DO"),
        ({"DO": 6, "COD": -4}, "COD"),
        ({"TP": 0.1}, "TP"),
        ({"COD": 1, "化学需氧量": 1}, "化学需氧量"),
        ([1], "input"),
    ],
)
def test_a_bad_section_names_its_field(given_input: Any, field: str) -> None:
    assert fault("water_section", given_input) == field


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([9, 0, 0, 1, 0, 0], "优"),
        ([0, 0, 18, 1, 0, 1], "优"),
        ([1, 1, 1, 1, 0, 0], None),
        ([3, 0, 0, 0, 1, 1], "中度污染"),
        ([3, 0, 0, 0, 0, 2], "重度污染"),
        ([0, 0, 3, 1, 0, 0], None),
        ([0, 0, 15, 5, 0, 0], "良好"),
        (["2", "3", "2", "2", "0", "1"], "轻度污染"),
        ([2.0, 3, 2, 2, 0, 1], "轻度污染"),
    ],
)
def test_status_of_a_basin(counts: list[Any], expected: str | None) -> None:
    question = {"counts_I_to_worse_V": counts}
    if expected is None:
        assert fault("basin_status", question) == "counts"
    else:
        assert result("basin_status", question) == expected


@pytest.mark.parametrize(
    ("given_input", "field"),
    [
        ({}, "counts_I_to_worse_V"),
        ({"counts_I_to_worse_V": 10}, "counts_I_to_worse_V"),
        ({"counts_I_to_worse_V": [1, 2, 3]}, "counts"),
        ({"counts_I_to_worse_V": [5, 0, 0, 0, 0, -1]}, "counts"),
        ({"counts_I_to_worse_V": [5, 0, 0, 0, 0, 0.5]}, "counts_I_to_worse_V.5"),
        ({"counts_I_to_worse_V": [5, None, 0, 0, 0, 0]}, "counts_I_to_worse_V.1"),
        ({"counts_I_to_worse_V": [0, 0, 0, 0, 0, 0]}, "counts"),
    ],
)
def test_a_bad_basin_names_its_field(given_input: Any, field: str) -> None:
    assert fault("basin_status", given_input) == field


def test_the_trophic_index() -> None:
    lake = {"chla": 80, "TP": 0.18, "TN": 2.5, "SD": 0.3, "CODMn": 8}
    found = result("tli", lake)
    assert found == {"value": pytest.approx(68.39, abs=0.02), "grade": "中度富营养"}
    fewer = ask("tli", {**lake, "SD": None})
    assert fewer["clause"].endswith("weights without SD")
    assert fewer["result"]["value"] != found["value"]
    assert result("tli", {name: str(value) for name, value in lake.items()}) == found


@pytest.mark.parametrize(
    ("given_input", "field"),
    [
        ({}, "input"),
        ({"chla": 0}, "chla"),
        ({"chla": -3, "TP": 0.1}, "chla"),
        ({"chla": "green"}, "chla"),
        ({"turbidity": 3}, "turbidity"),
    ],
)
def test_a_bad_lake_names_its_field(given_input: Any, field: str) -> None:
    assert fault("tli", given_input) == field


@pytest.mark.parametrize(
    ("given_input", "expected"),
    [
        ({"pH": 5.5, "use": "paddy", "item": "Cd", "value": 0.3}, "not above screening"),
        ({"pH": 5.51, "use": "paddy", "item": "Cd", "value": 0.4}, "not above screening"),
        ({"pH": 5.5, "use": "paddy", "item": "Cd", "value": 0.4}, "above screening"),
        ({"pH": 7.5, "use": "other", "item": "Cd", "value": 3}, "above screening"),
        ({"pH": 7.5, "use": "other", "item": "Cd", "value": 3.01}, "above control"),
        ({"pH": "7.6", "use": "其他", "item": "镉", "value": "3.01"}, "above screening"),
        ({"pH": 6, "use": "orchard", "item": "Cu", "value": 151}, "above screening"),
        ({"pH": 6, "use": "paddy", "item": "Cu", "value": 51}, "above screening"),
        ({"pH": 6, "use": "果园", "item": "Pb", "value": 90}, "not above screening"),
        ({"pH": 6, "use": "水旱轮作", "item": "Pb", "value": 95}, "above screening"),
        ({"pH": 8, "use": "paddy", "item": "Zn", "value": 100000}, "above screening"),
        ({"use": "other", "item": "BaP", "value": 0.56}, "above screening"),
        ({"pH": 4, "use": "dry", "item": "Cr", "value": 0}, "not above screening"),
    ],
)
def test_farmland(given_input: Any, expected: str) -> None:
    assert result("soil_farmland", given_input) == expected


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pH": None}, "pH"),
        ({"pH": -1}, "pH"),
        ({"pH": "acid"}, "pH"),
        ({"use": "golf"}, "use"),
        ({"use": None}, "use"),
        ({"item": "gold"}, "item"),
        ({"value": -1}, "value"),
        ({"value": "much"}, "value"),
    ],
)
def test_a_bad_field_is_named(change: dict[str, Any], field: str) -> None:
    assert fault("soil_farmland", {"pH": 6, "use": "paddy", "item": "Cd", "value": 1, **change}) == field


@pytest.mark.parametrize("lost", ["use", "item", "value", "pH"])
def test_each_part_of_a_farmland_question_is_needed(lost: str) -> None:
    question = {"pH": 6, "use": "paddy", "item": "Cd", "value": 1}
    assert fault("soil_farmland", {name: value for name, value in question.items() if name != lost}) == lost


@pytest.mark.parametrize(
    ("given_input", "expected"),
    [
        ({"item": "As", "value": 20, "class": 1}, "not above screening"),
        ({"item": "As", "value": 21}, "above screening"),
        ({"item": "As", "value": 21, "class": "2"}, "not above screening"),
        ({"item": "As", "value": 141, "class": "class 2"}, "above control"),
        ({"item": "苯", "value": 1.01, "class": "第一类用地"}, "above screening"),
        ({"item": "benzene", "value": None}, None),
    ],
)
def test_construction_land(given_input: Any, expected: str | None) -> None:
    assert result("soil_construction", given_input) == expected


def test_a_third_class_of_land_is_refused() -> None:
    assert fault("soil_construction", {"item": "As", "value": 1, "class": 3}) == "use"


@pytest.mark.parametrize(
    ("given_input", "expected"),
    [
        ({"item": "SO2", "kg": 1000}, 1052.6316),
        ({"item": "SO2", "kg": "1000"}, 1052.6316),
        ({"item": "SO2", "kg": 0}, 0.0),
        ({"item": "NOx", "kg": 1}, 1.0526),
        ({"item": "烟尘", "kg": 100}, 45.8716),
        ({"item": "NH3-N", "kg": 40}, 50.0),
        ({"item": "TP", "kg": 1}, 4.0),
        ({"item": "SS", "kg": 10}, 2.5),
        ({"item": "总汞", "kg": 0.001}, 2.0),
        ({"item": "苯", "kg": 1, "medium": "air"}, 20.0),
        ({"item": "苯", "kg": 1, "medium": "water"}, 50.0),
        ({"item": "COD", "kg": 0.00005}, 0.0),  # half to even
        ({"item": "COD", "kg": 0.00015}, 0.0002),
    ],
)
def test_tax_equivalents(given_input: Any, expected: float) -> None:
    assert result("tax_equivalents", given_input) == expected


@pytest.mark.parametrize(
    ("given_input", "field"),
    [
        ({"item": "SO2"}, "kg"),
        ({"kg": 1}, "item"),
        ({"item": "CO2", "kg": 1}, "item"),
        ({"item": "苯", "kg": 1}, "medium"),
        ({"item": "SO2", "kg": 1, "medium": "water"}, "item"),
        ({"item": "SO2", "kg": -1}, "kg"),
        ({"item": "SO2", "kg": "a ton"}, "kg"),
        ({"item": "SO2", "kg": 1, "date": "2017-12-31"}, "item"),
    ],
)
def test_a_bad_tax_question_names_its_field(given_input: Any, field: str) -> None:
    assert fault("tax_equivalents", given_input) == field


def test_groundwater_by_its_worst_item() -> None:
    found = result("groundwater_class", {"pH": 7.2, "氨氮": 0.6, "Fe": 0.1, "LAS": "未检出", "嗅和味": "无"})
    assert found == {"class": "IV", "by": ["氨氮"]}
    assert result("groundwater_class", {"pH": 7, "Fe": None}) == {"class": "I", "by": ["pH"]}
    assert result("groundwater_class", {"pH": 9.5})["class"] == "V"
    assert fault("groundwater_class", {"pH": None}) == "input"
    assert fault("groundwater_class", {"COD": 3}) == "COD"
    assert fault("groundwater_class", {"Fe": "未检出"}) == "Fe"  # a limit of detection is needed


def test_black_and_odorous_water() -> None:
    assert result("black_odour", {"transparency": 18, "DO": 3.1, "ORP": 80, "NH3-N": 4}) == {
        "grade": "light",
        "by": ["transparency"],
    }
    assert result("black_odour", {"DO": 0.1, "NH3-N": 9})["grade"] == "heavy"
    assert result("black_odour", {"transparency": 30, "DO": 4, "ORP": 120, "NH3-N": 2}) == {"grade": "none", "by": []}
    assert result("black_odour", {"transparency": 7, "depth": 20})["grade"] == "light"
    assert result("black_odour", {"NH3-N": 16, "scope": "rural"})["grade"] == "black_odorous"
    assert fault("black_odour", {"DO": 1, "scope": "suburban"}) == "scope"
    assert fault("black_odour", {"DO": "low"}) == "DO"


@pytest.mark.parametrize(
    ("given_input", "expected"),
    [
        ({"zone": "2", "period": "day", "level": 60.04}, {"within": True, "excess": 0.0}),
        ({"zone": 2, "period": "night", "level": "52.36"}, {"within": False, "excess": 2.4}),
        ({"zone": "4a", "period": "night", "level": 55}, {"within": True, "excess": 0.0}),
        ({"zone": "4", "period": "day", "level": 71, "place": "boundary"}, {"within": False, "excess": 1.0}),
    ],
)
def test_noise(given_input: Any, expected: Any) -> None:
    assert result("noise", given_input) == expected


@pytest.mark.parametrize(
    ("given_input", "field"),
    [
        ({"zone": "9", "period": "day", "level": 50}, "zone"),
        ({"zone": "2", "level": 50}, "period"),
        ({"period": "day", "level": 50}, "zone"),
        ({"zone": "2", "period": "day", "level": "loud"}, "level"),
        ({"zone": "2", "period": "day"}, "level"),
    ],
)
def test_a_bad_noise_question_names_its_field(given_input: Any, field: str) -> None:
    assert fault("noise", given_input) == field


def test_the_water_quality_index() -> None:
    assert result("cwqi", {"COD": 10, "DO": 10, "pH": 8, "TP_river": 0.1, "Hg": None}) == {"value": 2.0}
    assert "4 of 21 items" in ask("cwqi", {"COD": 10, "DO": 10, "pH": 8, "TP_river": 0.1})["clause"]
    assert fault("cwqi", {"TN": 1}) == "TN"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "item",
        "value",
        "DO",
        "COD",
        "TP",
        "pH",
        "use",
        "kg",
        "counts_I_to_worse_V",
        "date",
        "zone",
        "water_body",
        "class",
    ]
)


@given(st.sampled_from(sorted(MEDIA_KINDS)), JSON | st.dictionaries(NAMES, JSON, max_size=6))
def test_no_input_is_a_fault_of_ours(kind: str, given_input: Any) -> None:
    answer = ask(kind, given_input)
    if "error" in answer:
        assert answer["error"]["code"] == "invalid_input", answer
        assert answer["error"]["remedy"]


@given(st.decimals(min_value=0, max_value=100, places=4))
def test_a_text_and_a_number_get_the_same_class(value: Any) -> None:
    text = format(value, "f")
    as_text = json.dumps({"id": 1, "kind": "water_class_item", "input": {"item": "NH3-N", "value": text}})
    assert list(answers([as_text.encode()])) == list(answers([as_text.replace(f'"{text}"', text).encode()]))
