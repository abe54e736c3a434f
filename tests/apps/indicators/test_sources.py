"""What the platform's own data give an indicator: the place, the period, the moment, and what was never there."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from tests.apps.cases.walking import opened, written_off
from tests.apps.city import HOUR, NOW, SHANGHAI, account, actor, enterprise_drafts, found, judge, outlet, register
from tests.apps.indicators.scene import CITY, DISTRICT, STEWARD, figure, wish

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.actions.confirm_finding import confirm_finding
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
from qingtian.apps.findings.states import DismissReason
from qingtian.apps.indicators.actions.compute_indicator import compute_indicator
from qingtian.apps.indicators.actions.report_figure import report_figure
from qingtian.apps.indicators.gathering import gather
from qingtian.apps.indicators.sources import (
    SOURCES,
    Wanted,
    air_days,
    case_clocks,
    decided_findings,
    opened_cases,
    outlet_days,
    raised_findings,
    written_off_cases,
)
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.registry.models import ObjectType
from qingtian.domain.errors import InvalidInput
from qingtian.domain.indicators import Field, Input, Period, Span
from qingtian.domain.indicators.periods import period_of
from qingtian.packs import load_packs
from qingtian.packs.indicators import INDICATORS, indicator
from qingtian.runtime.clock import day_start

pytestmark = pytest.mark.django_db
PACKS = load_packs()
TODAY = NOW.date()
NOVEMBER = period_of(TODAY, Span.MONTH)
ELSEWHERE = "430100"


def wanted(period=NOVEMBER, region=CITY, at=NOW):
    return Wanted(period, region, at)


def rows(given):
    return {row.id: dict(row.values) for row in given.table.rows}


def city_of_wuhan():
    from qingtian.apps.registry.actions.register_object import ObjectDraft

    return register(ObjectDraft(ObjectType.REGION, CITY, "武汉", "Wuhan", region_code=CITY, lon=114.3, lat=30.6))[0]


def air_day(city, day, verdict="within", *, index=50, version=1, simulated=False, **values):
    kept = {item: {"exact": exact, "valid": valid} for item, (exact, valid) in values.items()}
    return Judgement.objects.create(
        object=city, question="air_day", standard="HJ 633", clause="5", rule_row="test", item="aqi", cycle="day",
        period_start=day_start(day), verdict=verdict, index=index, inputs={"values": kept},
        known_at=day_start(day, after=1) + HOUR, computed_at=day_start(day, after=1) + HOUR,
        version=version, content_hash=f"{version:064d}", simulated=simulated,
    )  # fmt: skip


def test_a_period_begins_and_ends_at_midnight_of_the_city():
    one = wanted(Period(date(2025, 11, 1), date(2025, 11, 2)))
    assert one.start == datetime(2025, 11, 1, tzinfo=SHANGHAI)
    assert one.end == datetime(2025, 11, 3, tzinfo=SHANGHAI)
    assert one.until == one.end
    assert wanted().until == NOW  # of a running period nothing is known after now


def test_a_city_off_the_register_has_no_air_days_and_is_told_so():
    assert air_days(wanted()).table is None
    assert air_days(wanted()).why == "region 420100 is not on the register / 登记簿中没有该区域"


def test_a_city_without_a_judged_day_is_told_so_in_both_languages():
    city_of_wuhan()
    given = air_days(wanted())
    assert given.table is None
    assert given.why.split(" / ") == ["no day of this period is judged", "本期没有已评价的日"]


def test_air_days_are_those_of_the_period_with_their_valid_means():
    city = city_of_wuhan()
    air_day(city, date(2025, 10, 31))
    air_day(city, date(2025, 11, 1), **{"PM2.5": ("61/3", True), "O3": ("80", False)})
    air_day(city, date(2025, 11, 2), "exceeds", index=120, simulated=True)
    air_day(city, date(2025, 11, 3), "insufficient", index=None)
    given = air_days(wanted())
    found_rows = rows(given)
    assert list(found_rows) == ["2025-11-01", "2025-11-02", "2025-11-03"]
    assert found_rows["2025-11-01"]["pm25"] == Decimal("20.333333333333")
    assert found_rows["2025-11-01"]["o3"] is None  # measured, but its day mean is not valid
    assert [one["good"] for one in found_rows.values()] == [True, False, None]
    assert found_rows["2025-11-03"]["aqi"] is None
    assert (given.table.expected, given.simulated) == (30, True)
    assert given.known_at == day_start(date(2025, 11, 4)) + HOUR


def test_hours_of_an_outlet_are_due_from_its_registration():
    stack = outlet()
    type(stack).objects.filter(pk=stack.pk).update(recorded_at=NOW - 3 * HOUR)
    for hour in range(3):
        judge(stack, NOW - (hour + 1) * HOUR)
    given = rows(outlet_days(wanted(Period(TODAY - timedelta(days=1), TODAY))))
    assert given == {f"{stack.code} a21002 {TODAY}": {"received": 3, "due": 3, "running_received": 3, "running_due": 3}}


def test_hours_that_came_with_the_history_of_a_newcomer_make_no_transmission_above_all():
    stack = outlet()
    type(stack).objects.filter(pk=stack.pk).update(recorded_at=NOW - 3 * HOUR)
    for hour in range(6):
        judge(stack, NOW - (hour + 1) * HOUR)
    (row,) = rows(outlet_days(wanted(Period(TODAY, TODAY)))).values()
    assert row == {"received": 3, "due": 3, "running_received": 3, "running_due": 3}


def test_a_day_without_any_hour_is_due_all_the_same():
    stack = outlet()
    judge(stack, day_start(TODAY - timedelta(days=2)))
    given = rows(outlet_days(wanted(Period(TODAY - timedelta(days=2), TODAY))))
    assert [(row["received"], row["due"]) for row in given.values()] == [(1, 24), (0, 24), (0, 10)]


def test_an_hour_that_nobody_could_judge_was_not_received():
    stack = outlet()
    judge(stack, day_start(TODAY))
    judge(stack, day_start(TODAY) + HOUR, "invalid")
    (row,) = rows(outlet_days(wanted(Period(TODAY, TODAY)))).values()
    assert row == {"received": 1, "due": 10, "running_received": 1, "running_due": 10}


@pytest.mark.parametrize("region", [CITY, DISTRICT])
def test_a_place_has_what_lies_in_it(region):
    judge(outlet(), day_start(TODAY))
    assert outlet_days(wanted(region=region)).table is not None
    away = outlet_days(wanted(region=ELSEWHERE))
    assert away.table is None
    assert "no outlet hour" in away.why and "没有已评价的排放小时" in away.why


def test_findings_are_decided_when_somebody_has_decided():
    stack = outlet()
    waiting, right, wrong = (found(stack, parameter=item) for item in ("a21002", "a21026", "a34013"))
    dispatcher = actor(Role.DISPATCHER, region=CITY)
    confirm_finding(dispatcher, NOW, right.pk)
    dismiss_finding(dispatcher, NOW, wrong.pk, reason=DismissReason.FALSE_ALARM)
    at = NOW + HOUR
    raised = rows(raised_findings(wanted(at=at)))
    assert {number: row["decided"] for number, row in raised.items()} == {
        waiting.number: False,
        right.number: type(right).objects.get(pk=right.pk).status not in ("new", "triaged"),
        wrong.number: True,
    }
    decided = rows(decided_findings(wanted(at=at)))
    assert waiting.number not in decided
    assert decided[wrong.number] == {"status": "dismissed", "kind": "exceedance"}
    assert not raised_findings(wanted(region=ELSEWHERE, at=at)).table.rows


def test_a_finding_raised_after_the_moment_was_not_known():
    one = found(outlet(), at=NOW)
    assert not raised_findings(wanted(at=NOW)).table.rows
    assert set(rows(raised_findings(wanted(at=NOW + HOUR)))) == {one.number}


def test_a_case_is_open_until_it_is_written_off_and_its_days_are_counted():
    account("approve", Role.APPROVER)
    case = opened(outlet())
    assert rows(opened_cases(wanted(at=NOW + HOUR))) == {case.number: {"written_off": False}}
    done = written_off(case)
    later = NOW + timedelta(days=9)
    december = period_of(done.written_off_at.astimezone(SHANGHAI).date(), Span.MONTH)
    assert rows(opened_cases(wanted(at=later))) == {case.number: {"written_off": True}}
    assert rows(opened_cases(wanted(at=NOW + HOUR))) == {case.number: {"written_off": False}}  # as it was known then
    assert rows(written_off_cases(wanted(december, at=later))) == {case.number: {"days": 8, "rebounded": False}}
    assert not written_off_cases(wanted(period_of(date(2025, 10, 1), Span.MONTH), at=later)).table.rows


def test_a_clock_that_ran_out_counts_as_late_and_one_that_runs_does_not_count():
    case = opened(outlet())
    first = case.clocks.filter(rule__binding=True, stopped_on=None).exclude(due_on=None).order_by("due_on").first()
    running = wanted(Period(TODAY, TODAY), at=NOW + HOUR)
    assert f"{case.number} {first.code}" not in rows(case_clocks(running))
    after = first.due_on + timedelta(days=2)
    late = wanted(Period(TODAY, after), at=day_start(after, after=1))
    assert rows(case_clocks(late))[f"{case.number} {first.code}"] == {"on_time": False}


def test_an_input_of_a_source_that_nobody_has_is_refused_by_name():
    row = indicator(PACKS, "RECYCLE")
    wrong = tuple(
        Input(one.name, Field(), one.label_zh, one.label_en, "moon") if one.name == "dry" else one for one in row.inputs
    )
    kept = {name: getattr(row, name) for name in row.__dataclass_fields__} | {"inputs": wrong, "unit": "%"}
    with pytest.raises(InvalidInput, match="there is no source moon") as caught:
        gather(type(row)(**kept | {"formula": "dry"}), NOVEMBER, Span.MONTH, CITY, NOW)
    assert caught.value.field == "dry"
    assert "air_days" in caught.value.remedy


def test_every_source_that_the_release_names_is_there():
    named = {one.source for row in PACKS.of(INDICATORS) for one in row.inputs if one.source}
    assert {one for one in named if not one.startswith("indicator:")} <= set(SOURCES)


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_every_source_answers_for_a_place_with_nothing_in_it(source):
    given = SOURCES[source](wanted(region=ELSEWHERE))
    assert given.why or not given.table.rows
    assert not given.simulated


def test_what_one_run_has_read_is_read_once(django_assert_num_queries):
    city_of_wuhan()
    known = {}
    row = indicator(PACKS, "AIR_GOOD")
    first = gather(row, NOVEMBER, Span.MONTH, CITY, NOW, known)
    with django_assert_num_queries(0):
        again = gather(row, NOVEMBER, Span.MONTH, CITY, NOW, known)
    assert (again.why, again.tables) == (first.why, first.tables)


def test_a_figure_of_the_whole_month_goes_before_one_of_its_part():
    part = Period(date(2025, 10, 1), date(2025, 10, 15))
    for period, value in ((None, "300"), (part, "100")):
        more = {"region": CITY} | ({"period": period} if period else {})
        report_figure(STEWARD, NOW, PACKS, figure("dry", value, **more))
    row, _ = compute_indicator(SYSTEM_ACTOR, NOW, PACKS, wish())
    assert row.inputs["singles"][0]["value"] == "300"


def test_figures_of_another_place_are_not_those_of_the_city():
    report_figure(STEWARD, NOW, PACKS, figure("dry", "300", region=DISTRICT))
    row, _ = compute_indicator(SYSTEM_ACTOR, NOW, PACKS, wish())
    assert [one["input"] for one in row.inputs["missing"]] == ["dry", "wet", "generated"]
    register(*enterprise_drafts())  # and an enterprise of the place changes nothing of it
    assert compute_indicator(SYSTEM_ACTOR, NOW, PACKS, wish()) == (row, False)
