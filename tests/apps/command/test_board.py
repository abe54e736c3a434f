"""The weekly board: what each rate counts, what it leaves out, by whom, and the very cases behind each figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from tests.apps.cases.many_ways import HANDLER, WINDOW, complaint, go, town
from tests.apps.cases.walking import opened
from tests.apps.city import NOW, SHANGHAI, actor, outlet

from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.models import Case, CaseClock
from qingtian.apps.cases.rates import Rate
from qingtian.apps.command.board import (
    CODES,
    By,
    Figure,
    Part,
    Question,
    behind,
    board,
    checked_week,
    population,
    rule_of,
    week_of,
)
from qingtian.apps.indicators.sources import SOURCES, Wanted
from qingtian.domain.errors import InvalidInput, NotPermitted
from qingtian.domain.indicators.computing import compute
from qingtian.domain.indicators.periods import Period
from qingtian.domain.indicators.syntax import PeriodName
from qingtian.domain.indicators.values import Inputs, Row, Table

LEADER = actor(Role.SUPERVISOR, name="leader")
WUCHANG = actor(Role.SUPERVISOR, region="420106", name="wuchang")
WEEK = Question(week_of(NOW.date()))
SUNDAY = datetime(2025, 11, 30, 22, tzinfo=SHANGHAI)
NEXT_WEEK = NOW + timedelta(days=7)
DECIDED = {"findings_of_fact": "夜间偷排", "outcome": "substantiated", "decision": "立案查处"}
REPLIED = {"reply_text": "已责令整改"}


def figure(rate: Rate, at: datetime = SUNDAY, asked: Question = WEEK, who: Any = LEADER) -> Figure:
    return board(who, at, asked).total(rate)


def listed(case: Case, due: date, **more: Any) -> Case:
    """A problem whose period ends on a day."""
    case.clocks.filter(rule__main=True).update(due_on=due)
    Case.objects.filter(pk=case.pk).update(**more)
    return case


# -- the week --------------------------------------------------------------------------------------------------------


@given(st.dates(date(1990, 1, 8), date(2199, 12, 1)))
def test_a_week_runs_from_monday_to_sunday_and_holds_its_day(day: date) -> None:
    week = week_of(day)
    assert (week.first.weekday(), week.last.weekday(), week.days) == (0, 6, 7)
    assert week.first <= day <= week.last


def test_a_week_that_has_not_begun_has_no_board() -> None:
    assert checked_week(None, NOW) == week_of(NOW.date())
    with pytest.raises(InvalidInput, match="has not begun") as told:
        checked_week(NEXT_WEEK.date(), NOW)
    assert told.value.field == "day"


# -- on time ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_period_that_ended_in_time_one_that_ended_late_and_one_that_ran_out() -> None:
    rows = [opened(outlet(f"E-{number}")) for number in range(1, 5)]
    CaseClock.objects.all().delete()
    monday = NOW.date()

    def clock(case: Case, due: int, stopped: int | None, *, binding: bool = True) -> None:
        end = None if stopped is None else monday + timedelta(days=stopped)
        rule = {"binding": binding, "main": False}
        CaseClock.objects.create(
            case=case,
            code="x",
            started_on=date(2025, 11, 1),
            due_on=monday + timedelta(days=due),
            stopped_on=end,
            rule=rule,
        )

    clock(rows[0], 2, 2)  # on its last day: in time
    clock(rows[1], 1, 3)  # late
    clock(rows[2], 0, None)  # ran out
    clock(rows[3], 6, None)  # its last day is not over
    clock(rows[3], 1, 2, binding=False)  # binds nobody
    assert figure(Rate.ON_TIME) == Figure(yes=1, no=2)
    assert figure(Rate.ON_TIME, NOW) == Figure(), "on Monday morning nothing has ended yet"
    assert figure(Rate.ON_TIME, SUNDAY, WEEK.before) == Figure()


# -- write-off and rebound -------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_of_the_problems_that_fall_due_those_written_off_count_and_those_that_still_have_time_are_left_out() -> None:
    cases = [opened(outlet(f"E-{number}")) for number in range(1, 5)]
    listed(cases[0], date(2025, 11, 26), written_off_at=NOW)
    listed(cases[1], date(2025, 11, 25))
    listed(cases[2], date(2025, 11, 30))
    listed(cases[3], date(2025, 12, 1))  # falls due in the next week
    wednesday = datetime(2025, 11, 26, 12, tzinfo=SHANGHAI)
    assert figure(Rate.WRITE_OFF, wednesday) == Figure(yes=1, no=1, missing=1)
    after = SUNDAY + timedelta(days=2)
    assert figure(Rate.WRITE_OFF, after) == Figure(yes=1, no=2)
    assert figure(Rate.WRITE_OFF, after, replace(WEEK, template="T2")) == Figure()
    missing = behind(LEADER, wednesday, WEEK, Rate.WRITE_OFF, None, Part.MISSING)
    assert [row.case_id for row in missing] == [cases[2].pk]


@pytest.mark.django_db
def test_a_problem_counts_as_come_back_in_every_week_of_its_watch_after_it_came_back() -> None:
    first, other = opened(outlet("E-1")), opened(outlet("E-2"))
    watched = {"written_off_at": NOW - timedelta(days=30), "watch_until": date(2026, 10, 24)}
    Case.objects.filter(pk__in=(first.pk, other.pk)).update(**watched)
    assert figure(Rate.REBOUND) == Figure(no=2)
    again = opened(outlet("E-3"))
    Case.objects.filter(pk=again.pk).update(rebound_of=first, opened_at=NOW + timedelta(days=2))
    assert figure(Rate.REBOUND) == Figure(yes=1, no=1)
    assert figure(Rate.REBOUND, asked=WEEK.before) == Figure(no=2), "it had not come back by then"
    Case.objects.filter(pk=other.pk).update(watch_until=date(2025, 11, 23))
    assert figure(Rate.REBOUND) == Figure(yes=1), "a watch that ended before the week is not in it"


# -- complaints ------------------------------------------------------------------------------------------------------


def replied(at: datetime = NOW, **more: Any) -> Case:
    case = go(complaint(at - timedelta(days=3), **more), (WINDOW, "accept", {}), at=at - timedelta(days=2))
    go(case, (HANDLER, "investigate", {}), at=at - timedelta(days=1))
    return go(case, (HANDLER, "decide", DECIDED), (HANDLER, "reply", REPLIED), at=at)


def called(case: Case, satisfied: str, at: datetime = NOW) -> Case:
    return go(case, (WINDOW, "follow_up", {"satisfied": satisfied, "follow_up_note": "已通话"}), at=at)


@pytest.mark.django_db
def test_follow_up_and_satisfaction_are_two_figures_and_who_was_not_reached_is_a_third() -> None:
    town()
    called(replied(), "yes")
    called(replied(), "no")
    lost = replied()
    for _ in range(3):
        go(lost, (WINDOW, "call_failed", {}))
    go(lost, (WINDOW, "give_up", {}))
    replied()  # still open, and nothing sets a time for the call
    assert figure(Rate.FOLLOW_UP) == Figure(yes=2, no=1, missing=1)
    assert figure(Rate.SATISFACTION) == Figure(yes=1, no=1)
    told = board(LEADER, SUNDAY, WEEK)
    assert told.unreachable == {"A": 1}
    assert (told.total(Rate.FOLLOW_UP).value(1), told.total(Rate.SATISFACTION).value(1)) == (
        Decimal("66.7"),
        Decimal("50.0"),
    )


@pytest.mark.django_db
def test_a_hotline_ticket_is_not_called_back_once_the_day_for_the_call_is_over() -> None:
    town()
    replied(fields={"channel": "hotline", "hotline_kind": "complaint"})
    assert figure(Rate.FOLLOW_UP, NOW) == Figure(missing=1), "the call is due on the next working day"
    assert figure(Rate.FOLLOW_UP, NOW + timedelta(days=1)) == Figure(missing=1)
    assert figure(Rate.FOLLOW_UP, NOW + timedelta(days=2)) == Figure(no=1)


@pytest.mark.django_db
def test_an_answer_of_another_week_is_not_in_this_one() -> None:
    town()
    replied(NOW - timedelta(days=1))  # a Sunday
    assert figure(Rate.FOLLOW_UP) == Figure()
    assert figure(Rate.FOLLOW_UP, asked=WEEK.before) == Figure(missing=1)


# -- groups, rights, the cases behind --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_groups_add_up_to_the_whole_and_each_figure_is_the_count_of_the_cases_behind_it() -> None:
    cases = [opened(outlet(f"E-{number}", region)) for number, region in ((1, "420107"), (2, "420106"), (3, "420106"))]
    for case, org, leader in zip(cases, ("A", "B", "B"), ("王市长", "", "王市长"), strict=True):
        listed(case, date(2025, 11, 25), org=org, fields=case.fields | ({"leader": leader} if leader else {}))
    Case.objects.filter(pk=cases[0].pk).update(written_off_at=NOW)
    keys = {By.ORG: {"A", "B"}, By.LEADER: {"王市长", ""}, By.REGION: {"420106", "420107"}}
    for by in By:
        asked = replace(WEEK, by=by)
        told = board(LEADER, SUNDAY, asked)
        assert set(told.figures) == keys[by]
        assert told.total(Rate.WRITE_OFF) == Figure(yes=1, no=2)
        for key, row in told.figures.items():
            for rate, shown in row.items():
                counted = {part: behind(LEADER, SUNDAY, asked, rate, key, part).count() for part in Part}
                assert (counted[Part.YES], counted[Part.NO], counted[Part.MISSING]) == (
                    shown.yes,
                    shown.no,
                    shown.missing,
                )
                assert counted[Part.ALL] == shown.known + shown.missing
    assert board(WUCHANG, SUNDAY, WEEK).total(Rate.WRITE_OFF) == Figure(no=2), "a district sees its own"
    assert board(LEADER, SUNDAY, replace(WEEK, region_code="420107")).total(Rate.WRITE_OFF) == Figure(yes=1)


@pytest.mark.django_db
def test_only_officials_see_the_board() -> None:
    for who in (actor(Role.CITIZEN, name="citizen"), actor(Role.ENTERPRISE_USER, org="E-1", name="factory")):
        with pytest.raises(NotPermitted, match="officials"):
            board(who, NOW, WEEK)
        with pytest.raises(NotPermitted, match="officials"):
            behind(who, NOW, WEEK, Rate.ON_TIME, None, Part.ALL)


@pytest.mark.django_db
def test_a_week_costs_as_many_questions_whatever_it_holds() -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            board(LEADER, SUNDAY, WEEK)
        return len(seen)

    before = asked()
    for number in range(8):
        listed(opened(outlet(f"E-{number + 1}")), date(2025, 11, 25), org=f"O-{number}")
    assert asked() == before == len(Rate) + 1


# -- the packs say what a rate is ------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("rate", list(Rate))
def test_a_figure_is_what_the_formula_of_the_packs_gives_for_the_same_things(rate: Rate) -> None:
    town()
    called(replied(), "yes")
    called(replied(), "no")
    replied()
    for number in (2, 3, 4):
        listed(opened(outlet(f"E-{number}")), date(2025, 11, 22 + number), written_off_at=NOW if number == 2 else None)
    watched = opened(outlet("E-5"))
    Case.objects.filter(pk=watched.pk).update(written_off_at=NOW - timedelta(days=9), watch_until=date(2026, 1, 1))
    rule, period = rule_of(rate, SUNDAY.date()), Period(WEEK.week.first, WEEK.week.last)
    [wanted] = rule.inputs
    found = SOURCES[wanted.source](Wanted(period, "420100", SUNDAY))
    assert found.table is not None
    told = compute(rule, Inputs({(wanted.name, PeriodName.THIS): found.table}))
    shown = figure(rate)
    assert told.value == shown.value(rule.digits)
    assert len(found.table.rows) == population(LEADER, SUNDAY, WEEK, rate).count() == shown.known + shown.missing
    if shown.coverage is not None and told.coverage is not None:
        assert told.coverage * 100 == shown.coverage


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_any_share_is_the_formula_of_the_packs(yes: int, no: int, missing: int) -> None:
    rule = rule_of(Rate.REBOUND, date(2025, 11, 24))
    truths = [True] * yes + [False] * no + [None] * missing
    table = Table([Row(str(number), {"rebounded": one}) for number, one in enumerate(truths)])
    told = compute(rule, Inputs({(rule.inputs[0].name, PeriodName.THIS): table}))
    shown = Figure(yes, no, missing)
    assert told.value == shown.value(rule.digits)
    assert (told.coverage is None) == (shown.coverage is None) or not truths
    assert set(CODES) == set(Rate)
