"""The bulk pipe `qingtian assess`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from qingtian.cli.assess import answers, command
from qingtian.packs import questions

VECTORS = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "data" / "standards" / "vectors.jsonl").read_text("utf-8").splitlines()
]
DAILY = {"SO2": 6, "NO2": 31, "CO": 0.8, "O3": 60, "PM10": 40, "PM2.5": 20}


def ask(kind: Any, given_input: Any, **more: Any) -> dict[str, Any]:
    line = json.dumps({"id": "q", "kind": kind, "input": given_input, **more})
    return one(line.encode())


def one(line: bytes) -> dict[str, Any]:
    [text] = answers([line])
    return json.loads(text)  # type: ignore[no-any-return]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: one["id"])
def test_a_published_vector_is_answered(vector: dict[str, Any]) -> None:
    found = one(json.dumps({name: vector[name] for name in ("id", "kind", "input")}).encode())
    assert found["id"] == vector["id"]
    expected = dict(vector["expected"]) if isinstance(vector["expected"], dict) else vector["expected"]
    if isinstance(expected, dict) and "tolerance" in expected:
        expected["value"] = pytest.approx(expected["value"], abs=expected.pop("tolerance"))
    assert found["result"] == expected
    assert found["clause"]
    assert set(found) == {"id", "result", "clause"}


@pytest.mark.parametrize("kind", ["wind_rose", "nonsense", "", None, 3, ["aqi"]])
def test_a_kind_that_is_not_built_says_so(kind: Any) -> None:
    error = ask(kind, {})["error"]
    assert error["code"] == "kind_not_built"
    assert "iaqi" in error["remedy"]


def test_the_command_answers_line_by_line_and_goes_on_after_a_bad_line() -> None:
    lines = [
        json.dumps({"id": 1, "kind": "round_gb8170", "input": {"x": "2.5", "digits": 0}}),
        "",
        "{not json",
        json.dumps(["a", "list"]),
        json.dumps({"id": "数", "kind": "round_gb8170", "input": {"x": "1.225", "digits": 2}}, ensure_ascii=False),
    ]
    outcome = CliRunner().invoke(command, input="\n".join(lines))
    assert outcome.exit_code == 0
    found = [json.loads(line) for line in outcome.stdout.splitlines()]
    assert [item["id"] for item in found] == [1, None, None, "数"]
    assert found[0] == {"id": 1, "result": "2", "clause": "GB/T 8170"}
    assert "line 3 is not JSON" in found[1]["error"]["message"]
    assert "line 4 is no object" in found[2]["error"]["message"]
    assert found[3]["result"] == "1.22"
    assert "数" in outcome.stdout


def test_it_answers_before_the_input_ends() -> None:
    question = json.dumps(
        {"id": 1, "kind": "iaqi", "input": {"standard": "HJ 633-2026", "item": "CO", "period": "24h", "c": 2.2}}
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "qingtian", "assess"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(question + "\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["result"] == 55
        process.stdin.close()
    assert process.returncode == 0


def test_it_starts_without_django() -> None:
    code = "import sys, qingtian.cli.assess as a; list(a.answers([b'{}'])); print('django' in sys.modules)"
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert outcome.stdout.strip() == "False"


def iaqi(c: Any, standard: str = "HJ 633-2026", item: str = "PM2.5", period: str = "24h") -> dict[str, Any]:
    return ask("iaqi", {"standard": standard, "item": item, "period": period, "c": c})


@pytest.mark.parametrize(
    ("c", "expected"),
    [
        (0, 0),
        ("60.5", 100),
        (60.5, 100),
        ("0", 0),
        (0.4, 0),
        (0.6, 2),
        (500, 500),
        (1e4, 500),
        (None, None),
        ("—", None),
    ],
)
def test_iaqi_of_edge_values(c: Any, expected: int | None) -> None:
    assert iaqi(c)["result"] == expected


def test_iaqi_by_the_date_of_the_data() -> None:
    for day, expected in (("2026-02-28", 100), ("2026-03-01", 114)):
        found = ask("iaqi", {"date": day, "item": "PM2.5", "period": "24h", "c": 75})
        assert found["result"] == expected
    assert iaqi(75)["clause"] == "HJ 633-2026 4.2.2, table 3"
    assert iaqi(75, "HJ 633-2012")["clause"] == "HJ 633-2012, table 1"


@pytest.mark.parametrize(
    ("given_input", "field"),
    [
        ({"standard": "HJ 633-2026", "item": "PM2.5", "period": "24h"}, "c"),
        ({"standard": "HJ 633-2026", "item": "PM2.5", "period": "24h", "c": -1}, "c"),
        ({"standard": "HJ 633-2026", "item": "PM2.5", "period": "24h", "c": "much"}, "c"),
        ({"standard": "HJ 633-2026", "item": "PM2.5", "period": "24h", "c": True}, "c"),
        ({"standard": "HJ 633-2026", "item": "PM2.5", "period": "8h", "c": 1}, "period"),
        ({"standard": "HJ 633-2026", "item": "Pb", "period": "24h", "c": 1}, "item"),
        ({"standard": "HJ 633-2026", "period": "24h", "c": 1}, "item"),
        ({"standard": "HJ 633-2020", "item": "PM2.5", "period": "24h", "c": 1}, "standard"),
        ({"item": "PM2.5", "period": "24h", "c": 1}, "date"),
        ({"date": "yesterday", "item": "PM2.5", "period": "24h", "c": 1}, "date"),
        ({"date": "1999-01-01", "item": "PM2.5", "period": "24h", "c": 1}, "on"),
        ([1], "input"),
        (None, "input"),
    ],
)
def test_a_bad_question_names_its_field(given_input: Any, field: str) -> None:
    found = ask("iaqi", given_input)
    assert found["id"] == "q"
    assert found["error"]["field"] == field
    assert found["error"]["remedy"]
    assert "result" not in found


def aqi(c: Any, standard: str = "HJ 633-2026", mode: str = "daily") -> dict[str, Any]:
    return ask("aqi", {"standard": standard, "mode": mode, "c": c})


def test_aqi_of_clean_air() -> None:
    found = aqi(dict.fromkeys(DAILY, 0))["result"]
    assert found == {"iaqi": dict.fromkeys(DAILY, 0), "aqi": 0, "category": "优", "primary": []}


@pytest.mark.parametrize("missing", [None, "", "-", "—", "NA", -3])
def test_aqi_of_2026_is_na_with_an_item_missing_in_clean_air(missing: Any) -> None:
    found = aqi({**DAILY, "PM10": missing})["result"]
    assert (found["aqi"], found["category"], found["primary"]) == ("NA", "NA", "NA")
    assert found["iaqi"] == {"SO2": 6, "NO2": 39, "CO": 20, "O3": 30, "PM10": None, "PM2.5": 29}


def test_aqi_of_2026_is_published_over_one_hundred_with_an_item_missing() -> None:
    without = {name: value for name, value in DAILY.items() if name != "SO2"}
    found = aqi({**without, "PM2.5": 61})["result"]
    assert (found["aqi"], found["primary"], "SO2" in found["iaqi"]) == (101, ["PM2.5"], False)


def test_aqi_of_an_item_outside_the_plan() -> None:
    found = aqi({**DAILY, "CO": "/"})["result"]
    assert (found["aqi"], found["iaqi"]["CO"]) == (40, "/")


def test_aqi_of_2012_comes_from_what_is_there() -> None:
    assert aqi({"PM2.5": 75}, "HJ 633-2012", "hourly")["result"] == {
        "iaqi": {"PM2.5": 100},
        "aqi": 100,
        "category": "良",
        "primary": ["PM2.5"],
    }


def test_aqi_of_2012_without_an_index_of_the_hour() -> None:
    found = aqi({"SO2": 900, "PM2.5": 20}, "HJ 633-2012", "hourly")["result"]
    assert (found["iaqi"], found["aqi"]) == ({"SO2": None, "PM2.5": 29}, 29)


@pytest.mark.parametrize(
    ("given_input", "field"),
    [
        ({"standard": "HJ 633-2026", "mode": "weekly", "c": DAILY}, "mode"),
        ({"standard": "HJ 633-2026", "c": DAILY}, "mode"),
        ({"standard": "HJ 633-2026", "mode": "daily", "c": {}}, "c"),
        ({"standard": "HJ 633-2026", "mode": "daily", "c": [1, 2]}, "c"),
        ({"standard": "HJ 633-2026", "mode": "daily", "c": {**DAILY, "NOx": 3}}, "c.NOx"),
        ({"standard": "HJ 633-2026", "mode": "daily", "c": {**DAILY, "CO": "low"}}, "c.CO"),
    ],
)
def test_a_bad_index_question_names_its_field(given_input: Any, field: str) -> None:
    assert ask("aqi", given_input)["error"]["field"] == field


@pytest.mark.parametrize(
    ("x", "digits", "expected"),
    [
        ("2.5", 0, "2"),
        (2.5, 0, "2"),
        (3.5, "0", "4"),
        ("-0.4", 0, "0"),
        ("0", 3, "0.000"),
        ("12345", -2, "12300"),
        (7, 1, "7.0"),
    ],
)
def test_rounding_of_edge_values(x: Any, digits: Any, expected: str) -> None:
    assert ask("round_gb8170", {"x": x, "digits": digits})["result"] == expected


@pytest.mark.parametrize(
    ("given_input", "field"),
    [
        ({"x": "x", "digits": 1}, "x"),
        ({"digits": 1}, "x"),
        ({"x": "1", "digits": 1.5}, "digits"),
        ({"x": "1", "digits": 99}, "digits"),
    ],
)
def test_a_bad_rounding_question_names_its_field(given_input: Any, field: str) -> None:
    assert ask("round_gb8170", given_input)["error"]["field"] == field


@pytest.mark.parametrize("o2", [21, 21.0, "21.4", 30, -2])
def test_reference_oxygen_of_air_is_invalid_never_infinite(o2: Any) -> None:
    assert ask("reference_o2", {"c": 30, "o2": o2, "ref": 6})["result"] == "invalid"


def test_nan_is_no_number_of_json() -> None:
    line = b'{"id": 4, "kind": "round_gb8170", "input": {"x": NaN, "digits": 1}}'
    assert one(line)["error"]["field"] == "input"


@pytest.mark.parametrize("name", [1.5, -3, "\ud800", "a\u2028b", None, {"deep": [1.25]}, True])
def test_an_id_comes_back_as_it_was(name: Any) -> None:
    question = {"id": name, "kind": "round_gb8170", "input": {"x": "2.5", "digits": 0}}
    assert one(json.dumps(question).encode())["id"] == name


@pytest.mark.parametrize(
    ("kind", "given_input", "field"),
    [
        ("percentile", {"p": 90, "x": []}, "x"),
        ("percentile", {"p": 101, "x": [1]}, "p"),
        ("percentile", {"p": 90, "x": [1, "many"]}, "x.1"),
        ("percentile", {"p": 90, "x": 3}, "x"),
        ("leq", {"LAeq_equal_length_periods": []}, "LAeq_equal_length_periods"),
        ("composite_2013", {"SO2": 1}, "NO2"),
        ("composite_2026", {"SO2": 1, "NO2": 1, "PM10": 1, "PM2.5": 1, "CO": 1, "O3": 1, "Pb": 1}, "Pb"),
        ("reference_o2", {"c": 1, "o2": 2, "ref": 21}, "ref"),
        ("reference_o2", {"c": 1, "o2": 2}, "ref"),
    ],
)
def test_other_kinds_name_the_field_too(kind: str, given_input: Any, field: str) -> None:
    assert ask(kind, given_input)["error"]["field"] == field


def test_a_fault_of_ours_costs_one_answer_only(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(questions.KINDS, "leq", broken)
    lines = [b'{"id": 1, "kind": "leq", "input": {}}', b'{"id": 2, "kind": "round_gb8170", "input": {"x": "1"}}']
    first, second = (json.loads(line) for line in answers(lines))
    assert (first["id"], first["error"]["code"], second["result"]) == (1, "internal", "1")
    assert "ZeroDivisionError" in caplog.text


@given(st.binary(max_size=80))
def test_any_line_gets_exactly_one_answer_or_none_if_blank(line: bytes) -> None:
    found = list(answers([line]))
    assert len(found) == (1 if line.strip() else 0)
    for text in found:
        assert "error" in json.loads(text)


@given(st.decimals(min_value=0, max_value=700, places=3), st.sampled_from(["HJ 633-2012", "HJ 633-2026"]))
def test_text_and_number_give_the_same_index(c: Any, standard: str) -> None:
    assert iaqi(str(c), standard) == one(
        json.dumps(
            {"id": "q", "kind": "iaqi", "input": {"standard": standard, "item": "PM2.5", "period": "24h", "c": "@"}}
        )
        .replace('"@"', format(c, "f"))
        .encode()
    )
