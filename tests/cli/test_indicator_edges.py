"""`qingtian indicator` and `qingtian decide` at their edges: kept values, periods, places, both languages, wrong words."""

from __future__ import annotations

import csv
import io
import json
from datetime import date

import pytest
from click.testing import CliRunner
from tests.apps.city import NOW
from tests.apps.indicators.scene import CITY, STEWARD, figure

from qingtian.apps.indicators.actions.report_figure import report_figure
from qingtian.apps.indicators.models import IndicatorValue
from qingtian.cli.main import cli
from qingtian.packs import load_packs
from qingtian.packs.decisions import decision_tables
from qingtian.packs.indicators import indicators
from qingtian.packs.trying import inputs_of


def run(*args, text=None):
    return CliRunner().invoke(cli, list(args), input=text)


def tried(code, given):
    return run("indicator", "try", code, text=json.dumps(given)).output


def test_every_indicator_of_the_release_is_listed_once():
    codes = [line.split()[0] for line in run("indicator", "list").output.splitlines()]
    assert codes == [one.code for one in indicators(load_packs())]
    assert run("indicator", "list", "--group", "weather").output == ""


@pytest.mark.parametrize("row", indicators(load_packs()), ids=lambda row: row.code)
def test_the_formula_of_every_indicator_reads_back_from_what_is_printed(row):
    printed, told = run("indicator", "check", row.code).output.splitlines()
    assert told.startswith(f"unit {row.unit or 'true/false'}; reads ")
    assert run("indicator", "check", row.code, printed).output.splitlines() == [printed, told]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("check", "NOTHING"), "there is no indicator NOTHING"),
        (("check", "RECYCLE", "dry", "--unit", "furlong"), "there is no unit 'furlong'"),
        (("check", "RECYCLE", "dry", "--unit", "%"), "the units do not fit"),
        (("check", "RECYCLE", "dry > wet"), "a number is needed, not a truth"),
        (("try", "NOTHING"), "there is no indicator NOTHING"),
    ],
)
def test_what_cannot_be_is_told_and_fails(args, said):
    found = run("indicator", *args, text="{}")
    assert found.exit_code == 2
    assert said in found.output


def test_a_formula_may_be_checked_for_another_unit():
    assert run("indicator", "check", "RECYCLE", "dry", "--unit", "kg").output == "dry\nunit kg; reads dry\n"
    assert "unit true/false" in run("indicator", "check", "RECYCLE", "dry > wet", "--unit", "").output


def test_a_value_is_tried_with_decimals_as_they_are_written():
    assert "value     46.65" in tried("RECYCLE", {"dry": "2166", "wet": 2499, "generated": 10000.0})
    assert "none: the divisor is zero" in tried("RECYCLE", {"dry": 1, "wet": 1, "generated": 0})
    assert "none: there are no data for dry" in tried("RECYCLE", {"dry": None})


def test_a_baseline_is_given_by_its_word():
    out = tried("FOREST_DELTA", {"cover": "19.42", "cover of baseline": "18.57"})
    assert "value     0.85" in out
    assert "unit      pp" in out


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ('{"sections": [{"grade": true}]}', "sections.1.grade"),
        ('{"sections": [{"grade": "good"}]}', "sections.1.grade"),
        ('{"sections": [{"grade": 1}, {"mark": 1}]}', "sections.2.mark"),
        ('{"sections": {"grade": 1}}', "sections"),
        ('{"sections of never": []}', "sections of never"),
        ("[" * 100_000, "inputs"),
    ],
)
def test_a_wrong_cell_of_a_tried_table_names_row_and_field(given, field):
    found = run("indicator", "try", "WATER_GOOD", text=given)
    assert found.exit_code == 2
    assert f"{field}:" in found.output


def test_rows_without_an_id_are_numbered():
    row = next(one for one in indicators(load_packs()) if one.code == "WATER_GOOD")
    (table,) = inputs_of(row, '{"sections": [{"grade": 1}, {"id": "S", "grade": null}, {}]}').tables.values()
    assert [one.id for one in table.rows] == ["1", "S", "3"]
    assert [one.values["grade"] for one in table.rows] == [1, None, None]


@pytest.fixture
def standing_clock(monkeypatch):
    from qingtian.runtime import clock

    class Still:
        def now(self):
            return NOW

    monkeypatch.setattr(clock, "current_clock", Still)


@pytest.mark.django_db
def test_a_value_is_computed_kept_and_found_unchanged(standing_clock):
    for name, value in (("dry", "2166"), ("wet", "2499"), ("generated", "10000")):
        report_figure(STEWARD, NOW, load_packs(), figure(name, value, region=CITY))
    first = run("indicator", "compute", "RECYCLE", "--day", "2025-10-15")
    assert first.output.splitlines() == [
        "RECYCLE 2025-10-01..2025-10-31: 46.65 %; coverage - %; version 1",
        "new version",
    ]
    assert run("indicator", "compute", "RECYCLE", "--day", "2025-10-31").output.endswith("unchanged\n")
    assert IndicatorValue.objects.count() == 1


@pytest.mark.django_db
def test_without_data_the_reason_is_kept_and_told(standing_clock):
    found = run("indicator", "compute", "AIR_GOOD", "--span", "to_date", "--day", "2025-11-23")
    assert found.exit_code == 0
    assert "2025-01-01..2025-11-23: no value: there are no data for city days of air" in found.output
    assert IndicatorValue.objects.get().status == "no_data"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("RECYCLE", "--day", "2025-12-01"), "has no complete day yet"),
        (("FOREST_DELTA", "--day", "2025-10-01"), "is not computed by the month"),
        (("NOTHING", "--day", "2025-10-01"), "there is no indicator NOTHING"),
        (("RECYCLE", "--day", "October"), "does not match the format"),
        (("RECYCLE", "--day", "2025-10-01", "--span", "week"), "is not one of"),
        (("RECYCLE",), "Missing option '--day'"),
    ],
)
def test_a_period_that_cannot_be_computed_is_told(standing_clock, args, said):
    found = run("indicator", "compute", *args)
    assert found.exit_code == 2
    assert said in found.output
    assert not IndicatorValue.objects.exists()


@pytest.mark.parametrize("table", decision_tables(load_packs()), ids=lambda one: one.code)
def test_every_table_prints_its_sheet_and_says_what_it_lacks(table):
    lines = list(csv.DictReader(io.StringIO(run("decide", table.code, "--sheet").output)))
    assert [line["row_id"] for line in lines] == [row.row_id for row in table.rows]
    for lang in ("zh", "en"):
        assert run("decide", table.code, "--lang", lang).exit_code == 0


def test_a_question_without_facts_names_all_that_matters_in_both_languages():
    english = run("decide", "catering_purifier").output
    chinese = run("decide", "catering_purifier", "--lang", "zh").output
    assert english.splitlines()[0] == "There is too little to decide on."
    assert chinese.splitlines()[0] == "信息不足，不能作出结论。"
    assert chinese.splitlines()[-1].startswith("还缺：")


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("dining_area=1 kg", "kg is no unit of it"),
        ("dining_area=1 acre", "there is no unit 'acre'"),
        ("dining_area=-1", "outside of"),
        ("=1", "has no input"),
    ],
)
def test_a_wrong_fact_is_told_with_a_remedy(fact, said):
    found = run("decide", "catering_purifier", fact)
    assert found.exit_code == 2
    assert said in found.output


def test_an_equal_sign_in_a_fact_belongs_to_the_fact():
    found = run("decide", "catering_purifier", "seats=7=6")
    assert found.exit_code == 2
    assert "seats: not a number" in found.output


def test_a_table_is_not_there_before_its_law():
    found = run("decide", "noise_duty", "--on", str(date(2021, 1, 1)), "kind=industrial", "case=other")
    assert found.exit_code == 2
    assert "there is no decision table noise_duty" in found.output
