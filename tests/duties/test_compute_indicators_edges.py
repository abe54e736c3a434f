"""The duty of indicators at its edges: which periods, which trees, and one faulty source that stops nothing else."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from tests.apps.city import SHANGHAI, actor
from tests.duties.scene import register

from qingtian.apps.accounts.roles import Role
from qingtian.apps.indicators import gathering
from qingtian.apps.indicators.actions.report_figure import FigureDraft, report_figure
from qingtian.apps.indicators.models import IndicatorValue
from qingtian.apps.indicators.sources import Found
from qingtian.domain.errors import InvalidInput
from qingtian.domain.indicators import Period, Row, Span, Table
from qingtian.packs import load_packs

DUTY = "compute_indicators"
CITY = "420100"


def at(month, day, year=2025, hour=3):
    return datetime(year, month, day, hour, 5, tzinfo=SHANGHAI)


def periods(code, span):
    rows = IndicatorValue.objects.filter(code=code, span=span).order_by("first")
    return [f"{row.first}..{row.last}" for row in rows]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (
            at(11, 24),
            {
                "day": ["2025-11-22..2025-11-22", "2025-11-23..2025-11-23"],
                "month": ["2025-11-01..2025-11-23"],
                "to_date": ["2025-01-01..2025-11-23"],
            },
        ),
        (at(12, 1), {"month": ["2025-11-01..2025-11-30"]}),  # its last day is complete, its successor has none
        (at(12, 8), {"month": ["2025-11-01..2025-11-30", "2025-12-01..2025-12-07"]}),
        (at(12, 9), {"month": ["2025-12-01..2025-12-08"]}),  # late data of November have had their week
        (at(1, 1, 2026), {"to_date": ["2025-01-01..2025-12-31"], "month": ["2025-12-01..2025-12-31"]}),
    ],
)
def test_the_running_period_and_the_one_that_late_data_may_still_reach(run, now, expected):
    run(DUTY, now)
    for span, found in expected.items():
        assert periods("AIR_PM25" if span == "day" else "AIR_GOOD", span) == found


def test_a_moment_after_midnight_is_a_new_day_of_the_city_not_of_greenwich(run):
    run(DUTY, at(11, 24, hour=0))  # 16:05 of the day before in Greenwich
    assert periods("AIR_GOOD", "to_date") == ["2025-01-01..2025-11-23"]


def test_nothing_is_counted_as_done_where_there_is_no_value(run):
    report = run(DUTY, at(11, 24))
    assert report.judged == IndicatorValue.objects.exclude(value="").count()
    assert IndicatorValue.objects.filter(value="").exists()
    assert all(row.reason_zh and row.reason_en for row in IndicatorValue.objects.filter(value=""))
    assert report.notes == []


def test_the_tree_of_one_enterprise_is_not_scored_for_the_city(run):
    run(DUTY, at(11, 24))
    indices = set(IndicatorValue.objects.filter(composite=True).values_list("code", flat=True))
    assert indices == {"BEAUTIFUL_CITY"}
    spans = set(IndicatorValue.objects.filter(composite=True).values_list("span", flat=True))
    assert spans == {Span.MONTH, Span.TO_DATE}


def test_a_source_that_fails_is_noted_and_the_others_are_computed(run, monkeypatch):
    def broken(wanted):
        raise InvalidInput("the store of air is away", field="days", remedy="wait")

    monkeypatch.setitem(gathering.SOURCES, "air_days", broken)
    report = run(DUTY, at(11, 24))
    assert any(note.startswith("AIR_GOOD month: ") and "the store of air is away" in note for note in report.notes)
    assert not IndicatorValue.objects.filter(code="AIR_GOOD").exists()
    assert IndicatorValue.objects.filter(code="CASE_WRITE_OFF").exists()


def test_days_are_read_once_for_all_indicators_of_a_period(run, monkeypatch):
    asked = []

    def counted(wanted):
        asked.append(wanted)
        return Found(Table([Row(str(wanted.period.first), {"good": True})], expected=1), known_at=wanted.start)

    monkeypatch.setitem(gathering.SOURCES, "air_days", counted)
    run(DUTY, at(11, 24))
    assert len(asked) == len(set(asked))
    assert IndicatorValue.objects.filter(code="AIR_GOOD", value="100.0", span="month").exists()


def test_what_is_simulated_makes_the_value_and_the_index_simulated(run, monkeypatch):
    rows = [Row("2025-11-01", {"good": True})]
    monkeypatch.setitem(gathering.SOURCES, "air_days", lambda wanted: Found(Table(rows), simulated=True))
    run(DUTY, at(11, 24))
    for code in ("AIR_GOOD", "BEAUTIFUL_CITY"):
        assert IndicatorValue.objects.get(code=code, span="month").simulated


def test_an_index_is_scored_after_the_values_of_the_same_run(run, monkeypatch):
    rows = [Row("2025-11-01", {"good": True, "pm25": None})]
    monkeypatch.setitem(gathering.SOURCES, "air_days", lambda wanted: Found(Table(rows)))
    run(DUTY, at(11, 24))
    index = IndicatorValue.objects.get(code="BEAUTIFUL_CITY", span="month")
    assert index.status == "ok"
    assert index.version == 1
    assert index.inputs["tree"]["children"][0]["children"][0]["value"] == "100.0"


def test_a_figure_of_another_place_makes_no_row_with_a_value(run):
    register("region", CITY)
    month = Period(date(2025, 11, 1), date(2025, 11, 30))
    steward = actor(Role.DATA_STEWARD, region=CITY)
    for name in ("dry", "wet", "generated"):
        draft = FigureDraft("RECYCLE", name, "420107", month, "5", "statistics office")
        report_figure(steward, at(11, 23), load_packs(), draft)
    run(DUTY, at(11, 24))
    rows = IndicatorValue.objects.filter(code="RECYCLE")
    assert rows.exists() and not rows.exclude(value="").exists()
    assert set(rows.values_list("region", flat=True)) == {CITY}
