"""`qingtian indicator` and `qingtian decide`: answers with their grounds, faults with their place."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from qingtian.cli.main import cli


def run(*args, text=None):
    return CliRunner().invoke(cli, list(args), input=text)


def test_indicators_are_listed_with_their_formulas():
    found = run("indicator", "list", "--group", "waste")
    assert found.exit_code == 0
    assert found.output.split()[:2] == ["RECYCLE", "%"]
    assert found.output.strip().endswith("(dry + wet) / generated")


def test_a_formula_is_checked_with_a_mark_under_the_fault():
    good = run("indicator", "check", "RECYCLE", "dry/generated")
    assert good.output == "dry / generated\nunit %; reads dry, generated\n"
    own = run("indicator", "check", "FOREST_DELTA")
    assert "unit pp; reads cover, cover of baseline" in own.output
    bad = run("indicator", "check", "RECYCLE", "dry / * wet")
    assert bad.exit_code == 2
    assert "dry / * wet\n      ^\n" in bad.output
    assert "error [formula_syntax]" in bad.output


def test_an_indicator_is_tried_on_given_rows():
    rows = {"sections": [{"id": "A", "grade": 2}, {"id": "B", "grade": None}, {"id": "C", "grade": 5}]}
    found = run("indicator", "try", "WATER_GOOD", text=json.dumps(rows))
    assert found.exit_code == 0
    assert "value     50.0" in found.output
    assert "coverage  66.67 %" in found.output
    assert "left out: B has no grade" in found.output


def test_without_data_the_reason_is_told():
    found = run("indicator", "try", "AIR_YOY_PM25", text='{"days": [{"pm25": 42}]}')
    assert "none: there are no data for days of last_year" in found.output


def test_a_target_is_told():
    text = json.dumps({"retired": 70001, "fleet of baseline": 100000})
    assert "target    met" in run("indicator", "try", "STAGE_OUT", text=text).output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "no JSON object"),
        ('{"paper": 1}', "has no input paper"),
        ('{"dry of next_year": 1}', "has no input dry of next_year"),
        ('{"dry": "many"}', "dry: not a number"),
        ('{"dry": NaN}', "dry"),
    ],
)
def test_wrong_inputs_are_named(text, said):
    found = run("indicator", "try", "RECYCLE", text=text)
    assert found.exit_code == 2
    assert said in found.output


@pytest.mark.parametrize(
    ("text", "said"),
    [('{"sections": 3}', "list of objects"), ('{"sections": [{"class": 3}]}', "row 1 has no field class")],
)
def test_wrong_rows_are_named(text, said):
    assert said in run("indicator", "try", "WATER_GOOD", text=text).output


def test_tables_are_listed():
    found = run("decide")
    assert "noise_duty" in found.output and "catering_purifier" in found.output
    assert "noise_duty" not in run("decide", "--on", "2021-01-01").output


def test_a_decision_is_told_with_its_grounds():
    facts = ("transparency=0.18 m", "do=3.1", "orp=80", "nh3_n=4")
    english = run("decide", "black_odour_urban", *facts).output
    assert english.splitlines()[0] == "grade: lightly black and odorous."
    assert "transparency 18 cm is in 10..25" in english.replace("18.00", "18")
    assert run("decide", "black_odour_urban", *facts, "--lang", "zh").output.startswith("等级：轻度黑臭。")


def test_the_sheet_of_a_table_is_printed():
    lines = run("decide", "catering_purifier", "--sheet").output.splitlines()
    assert lines[0].startswith("row_id,in.stove_heat,in.dining_area,in.seats,out.secondary")
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("weather",), "there is no decision table weather"),
        (("catering_purifier", "seats"), "no name=value"),
        (("catering_purifier", "seats=1", "seats=2"), "no name=value"),
        (("catering_purifier", "seats=many"), "seats: not a number"),
        (("catering_purifier", "chairs=1"), "has no input chairs"),
    ],
)
def test_a_wrong_question_is_named(args, said):
    found = run("decide", *args)
    assert found.exit_code == 2
    assert said in found.output
