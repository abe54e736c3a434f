"""Indicators of the city by the duty: values where there are data, reasons where there are none, nothing twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.apps.cases.walking import opened
from tests.apps.city import NOW, actor, found
from tests.apps.city import outlet as city_outlet
from tests.duties.scene import DAY, HOUR, MINUTE, T0, air, hours, outlet, register, station

from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
from qingtian.apps.findings.models import MaintenanceWindow
from qingtian.apps.findings.states import DismissReason
from qingtian.apps.indicators.actions.report_figure import FigureDraft, report_figure
from qingtian.apps.indicators.models import IndicatorValue
from qingtian.apps.journal.models import Event
from qingtian.apps.obligations.models import Obligation, Occurrence
from qingtian.domain.indicators import Period, Status
from qingtian.packs import load_packs

DUTY = "compute_indicators"
CLEAN = {"pm25": 20, "pm10": 40, "so2": 5, "no2": 20, "o3": 60, "co": "0.5"}
AT = HOUR + 5 * MINUTE


def city_day(site, day, **values):
    return [row for n in range(24) for row in air(site, day + n * HOUR, **CLEAN | values)]


def value(code, span="to_date"):
    return IndicatorValue.objects.filter(code=code, span=span).order_by("-first", "-version").first()


@pytest.fixture
def city(run, store):
    register("region", "420100")
    site = station()
    store.append(city_day(site, T0) + city_day(site, T0 + DAY, pm25=80) + city_day(site, T0 + 2 * DAY))
    run("judge_air_days", T0 + 3 * DAY + 40 * MINUTE)
    return site


def test_real_days_make_the_ratio_and_the_missing_ones_show_in_the_coverage(run, city):
    run(DUTY, T0 + 3 * DAY + AT)
    row = value("AIR_GOOD", "month")
    assert (row.value, row.unit, row.status) == ("66.7", "%", Status.OK)
    assert (row.first, row.last) == (date(2025, 11, 1), date(2025, 11, 26))
    assert row.coverage == "11.54"  # 3 of the 26 days of the month until now
    (use,) = row.inputs["tables"]
    assert (use["rows"], use["expected"], use["used"], use["excluded"]) == (3, 26, 2, [])
    assert [one["id"] for one in row.inputs["rows"]["days.this"]] == ["2025-11-24", "2025-11-25", "2025-11-26"]
    assert row.rule_version == "ind.air-good@1"
    assert not row.simulated
    assert value("AIR_PM25", "day").value == "20"


def test_without_the_year_before_there_is_no_comparison_and_a_reason(run, city):
    run(DUTY, T0 + 3 * DAY + AT)
    row = value("AIR_YOY_PM25", "month")
    assert (row.value, row.status) == ("", Status.NO_DATA)
    assert row.reason_en == "there are no data for city days of air of the year before"
    assert row.inputs["periods"]["last_year"] == ["2024-11-01", "2024-11-26"]


def test_what_rests_on_figures_waits_for_the_first_of_them(run, city):
    run(DUTY, T0 + 3 * DAY + AT)
    assert value("RECYCLE", "month") is None
    month = Period(date(2025, 11, 1), date(2025, 11, 30))
    draft = FigureDraft("RECYCLE", "dry", "420100", month, "2166", "statistics office")
    report_figure(actor(Role.DATA_STEWARD, region="420100"), T0 + 3 * DAY + AT, load_packs(), draft)
    run(DUTY, T0 + 4 * DAY + AT)
    row = value("RECYCLE", "month")
    assert (row.value, row.status) == ("", Status.NO_DATA)
    assert {one["input"] for one in row.inputs["missing"]} == {"wet", "generated"}
    assert row.inputs["singles"][0]["value"] == "2166"
    assert all("nobody has reported it" in one["why"] for one in row.inputs["missing"])


def test_the_same_day_again_adds_nothing(run, city):
    run(DUTY, T0 + 3 * DAY + AT)
    before, events = IndicatorValue.objects.count(), Event.objects.count()
    report = run(DUTY, T0 + 3 * DAY + AT + MINUTE)
    assert (IndicatorValue.objects.count(), Event.objects.count(), report.judged) == (before, events, 0)
    assert report.notes == []


def test_the_next_day_is_a_new_version_of_the_running_period(run, city, store):
    run(DUTY, T0 + 3 * DAY + AT)
    store.append(city_day(city, T0 + 3 * DAY))
    run("judge_air_days", T0 + 4 * DAY + 40 * MINUTE)
    run(DUTY, T0 + 4 * DAY + AT)
    rows = IndicatorValue.objects.filter(code="AIR_GOOD", span="month").order_by("version")
    assert [(row.version, row.value, row.last.day) for row in rows] == [(1, "66.7", 26), (2, "75.0", 27)]


def test_a_month_that_has_ended_is_computed_again_for_late_data(run, city):
    run(DUTY, T0 + 10 * DAY + AT)  # 4 December
    assert IndicatorValue.objects.filter(code="AIR_GOOD", span="month", first=date(2025, 11, 1)).exists()
    assert value("AIR_GOOD", "month").status == Status.NO_DATA  # December has no day yet
    run(DUTY, T0 + 20 * DAY + AT)
    november = IndicatorValue.objects.filter(code="AIR_GOOD", span="month", first=date(2025, 11, 1))
    assert [row.computed_at - T0 for row in november] == [10 * DAY + AT]


def test_the_index_shows_what_each_part_gives_and_what_changed(run, city, store):
    run(DUTY, T0 + 3 * DAY + AT)
    row = value("BEAUTIFUL_CITY", "month")
    assert row.composite and row.inputs["missing_policy"] == "renormalise"
    air_part = row.inputs["tree"]["children"][0]
    assert air_part["code"] == "air" and air_part["share"] == "100.00"
    assert {one["code"]: one["score"] for one in air_part["children"]} == {"air_good": "16.67", "air_pm25": "66.67"}
    store.append(city_day(city, T0 + 3 * DAY))
    run("judge_air_days", T0 + 4 * DAY + 40 * MINUTE)
    run(DUTY, T0 + 4 * DAY + AT)
    later = value("BEAUTIFUL_CITY", "month")
    moved = {one["code"]: one["kind"] for one in later.inputs["changes"]}
    assert moved["air_good"] == "value" and moved["water_good"] == "same"


def test_transmission_counts_hours_that_should_have_come(run, city, store):
    stack = outlet()
    type(stack).objects.filter(pk=stack.pk).update(recorded_at=T0 + 2 * DAY)
    store.append(hours(stack, T0 + 2 * DAY, [50] * 18))
    run("judge_emission_hours", T0 + 3 * DAY)
    run(DUTY, T0 + 3 * DAY + AT)
    row = value("TRANSMISSION_RAW", "day")
    assert (row.value, row.simulated) == ("75.0", True)
    assert value("TRANSMISSION", "day").value == "75.0"  # nothing was shut down
    assert value("TRANSMISSION_RAW", "month").value == "75.0"  # not counted before it was on the register


def test_an_approved_shutdown_is_taken_off_on_both_sides(run, city, store):
    stack = outlet()
    type(stack).objects.filter(pk=stack.pk).update(recorded_at=T0 + 2 * DAY)
    start = T0 + 2 * DAY
    MaintenanceWindow.objects.create(
        number="W-1", object=stack, kind="shutdown", starts_at=start + 10 * HOUR, ends_at=start + 18 * HOUR,
        reason="x", state="approved", announced_at=T0, announced_by="plant",
    )  # fmt: skip
    store.append(hours(stack, start, [50] * 12))
    run("judge_emission_hours", T0 + 3 * DAY)
    run(DUTY, T0 + 3 * DAY + AT)
    assert value("TRANSMISSION_RAW", "day").value == "50.0"  # 12 of 24
    assert value("TRANSMISSION", "day").value == "62.5"  # 10 of 16


def test_duties_and_training_make_their_rates(run, city, db):
    org = register("organisation", "B-1")
    common = {"object": org, "rule_row": "r", "rule_version": "r v1", "planned_at": T0, "period_first": T0.date()}
    common |= {"period_last": T0.date(), "opens_on": T0.date(), "due_on": T0.date(), "due_at": T0 + DAY}
    for number, (template, state, fields) in enumerate(
        [
            ("SM", "done", {}), ("SM", "late", {}), ("SM", "missed", {}), ("SM", "waived", {}), ("SM", "planned", {}),
            ("PUB", "done", {}), ("PUB", "missed", {}),
            ("TRAIN", "done", {"attended": "80", "persons": ["a", "b"]}), ("TRAIN", "done", {"attended": "85", "persons": ["b"]}),
        ]
    ):  # fmt: skip
        duty = Obligation.objects.create(
            template=template, item=str(number), group="training", object=org, rhythm="event", since=T0.date(),
            origin="hand", set_up_by="x", set_up_at=T0,
        )  # fmt: skip
        Occurrence.objects.create(
            obligation=duty, number=f"N{number}", key=str(number), template=template, state=state, fields=fields,
            event_at=T0 + HOUR, told_at=T0 + 2 * HOUR, **common,
        )  # fmt: skip

    run(DUTY, T0 + 2 * DAY + AT)

    assert value("OBL_COMPLETION", "month").value == "80.0"  # 4 of 5: the waived and the planned one do not count
    assert value("OBL_ON_TIME", "month").value == "60.0"
    assert value("OBL_PUBLICATION", "month").value == "50.0"
    assert value("TRAIN_ATTENDANCES", "month").value == "165"
    assert value("TRAIN_PERSONS", "month").value == "2"


def test_findings_and_cases_make_their_rates(run, city, db):
    stack = city_outlet()
    case = opened(stack)
    other = found(stack, parameter="a21026")
    dismiss_finding(actor(Role.DISPATCHER, region="420100"), NOW, other.pk, reason=DismissReason.FALSE_ALARM)
    assert case.opened_at.date() == NOW.date()
    run(DUTY, NOW + timedelta(days=1))
    assert value("FINDING_PRECISION", "day").value == "50.0"
    assert value("FINDING_DECIDED", "day").value == "100.0"
    assert value("CASE_WRITE_OFF", "day").value == "0.0"
    assert value("CASE_MEDIAN_DAYS", "day").status == Status.NO_DATA
