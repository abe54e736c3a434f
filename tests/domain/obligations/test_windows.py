"""Dated occurrences, counted by legal time; the worked examples E-O3 and E-O4."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.legaltime.calendar import WorkCalendar
from qingtian.domain.legaltime.deadline import Mode
from qingtian.domain.obligations.rhythm import Per, Rhythm, RhythmKind, parse_rhythm
from qingtian.domain.obligations.template import DueRule
from qingtian.domain.obligations.windows import Window, event_window, windows
from qingtian.packs import load_packs

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = load_packs().calendar()
LAST_DAY = DueRule()


def planned(text: str, since: date, until: date, due: DueRule = LAST_DAY, **more: object) -> list[Window]:
    return list(windows(parse_rhythm(text), due, since, until, CALENDAR, ZONE, **more))  # type: ignore[arg-type]


def test_e_o3_a_hood_cleaned_on_10_january() -> None:
    cleaned = date(2026, 1, 10)
    [purifier] = planned("30d", date(2025, 1, 1), date(2026, 12, 31), last_done=cleaned)
    [duct] = planned("60d", date(2025, 1, 1), date(2026, 12, 31), last_done=cleaned)

    assert (purifier.due_on, duct.due_on) == (date(2026, 2, 9), date(2026, 3, 11))
    assert purifier.opens_on == date(2026, 1, 11)
    assert purifier.due_at == datetime(2026, 2, 10, tzinfo=ZONE)
    assert "上次2026-01-10，每30日一次" in purifier.text_zh
    assert "every 30 days" in purifier.text_en


def test_e_o4_renewal_of_a_permit_that_is_valid_to_the_end_of_2026() -> None:
    rule = DueRule(n=-60, opens=120)
    [found] = planned("once", date(2026, 12, 31), date(2026, 8, 1), rule)

    assert found.due_on == date(2026, 11, 1)
    assert found.opens_on == date(2026, 11, 1) - timedelta(days=120)
    assert found.due_at == datetime(2026, 11, 2, tzinfo=ZONE)
    assert "2026-11-01" in found.text_zh and "60 days before 2026-12-31" in found.text_en


def test_a_date_is_not_planned_before_it_opens() -> None:
    assert planned("once", date(2026, 12, 31), date(2026, 7, 3), DueRule(n=-60, opens=120)) == []


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("1/quarter", ["2026-01-01", "2026-04-01", "2026-07-01", "2026-10-01"]),
        ("1/half_year", ["2026-01-01", "2026-07-01"]),
        ("1/year", ["2026-01-01"]),
        ("2/year", ["2026-01-01", "2026-07-02"]),
    ],
)
def test_periods_of_a_year(text: str, keys: list[str]) -> None:
    assert [one.key for one in planned(text, date(2026, 1, 1), date(2026, 12, 31))] == keys


def test_a_duty_that_begins_within_a_quarter_is_first_due_for_the_next_one() -> None:
    found = planned("1/quarter", date(2026, 2, 10), date(2026, 12, 31))
    assert [one.key for one in found] == ["2026-04-01", "2026-07-01", "2026-10-01"]


def test_a_week_begins_on_monday() -> None:
    [first, *_] = planned("1/week", date(2026, 1, 1), date(2026, 1, 31))
    assert first.period.first == date(2026, 1, 5)
    assert first.period.last == date(2026, 1, 11)


def test_twice_a_month_cuts_february_in_halves() -> None:
    found = planned("2/month", date(2026, 2, 1), date(2026, 2, 28))
    assert [str(one.period) for one in found] == ["2026-02-01..2026-02-14", "2026-02-15..2026-02-28"]


def test_more_often_than_daily_is_a_day_with_all_its_proofs() -> None:
    assert len(planned("4/day", date(2026, 2, 1), date(2026, 2, 3))) == 3


def test_a_report_in_the_month_after_rolls_over_a_holiday() -> None:
    # The third quarter of 2025 and 15 natural days: 15 October is a Wednesday; of January 2026 the 15th is a workday.
    rule = DueRule(n=15, roll=True)
    found = {one.key: one for one in planned("1/month", date(2025, 9, 1), date(2026, 1, 31), rule)}
    assert found["2025-09-01"].due_on == date(2025, 10, 15)
    assert found["2025-10-01"].due_on == date(2025, 11, 17)  # the 15th is a Saturday
    assert found["2026-01-01"].due_on == date(2026, 2, 15 + 9)  # Spring Festival 2026
    assert "顺延" in found["2025-10-01"].text_zh


def test_a_fixed_day_of_the_year_after() -> None:
    [found] = planned("1/year", date(2025, 1, 1), date(2025, 12, 31), DueRule(month=3, day=31))
    assert found.due_on == date(2026, 3, 31)


def test_the_last_day_of_february_where_there_is_no_29th() -> None:
    [found] = planned("1/year", date(2025, 1, 1), date(2025, 12, 31), DueRule(month=2, day=29))
    assert found.due_on == date(2026, 2, 28)


def test_marks_are_locked_at_noon_of_the_next_day() -> None:
    [found] = planned("1/day", date(2025, 11, 24), date(2025, 11, 24), DueRule(n=1, hour=12))
    assert found.due_at == datetime(2025, 11, 25, 12, tzinfo=ZONE)
    assert "12时前" in found.text_zh and "before 12:00" in found.text_en


def test_a_year_without_a_calendar_is_provisional() -> None:
    rule = DueRule(n=7, mode=Mode.WORKING)
    [december] = planned("1/month", date(2026, 12, 1), date(2026, 12, 31), rule)
    assert december.provisional
    assert not planned("1/month", date(2026, 3, 1), date(2026, 3, 31), rule)[0].provisional


def test_an_instrument_is_repaired_within_48_hours_of_its_failure() -> None:
    failed = datetime(2025, 11, 24, 10, 30, tzinfo=ZONE)
    found = event_window("F-1", failed, DueRule(n=48, mode=Mode.HOURS), CALENDAR, ZONE)
    assert found.due_at == failed + timedelta(hours=48)
    assert (found.opens_on, found.due_on) == (date(2025, 11, 24), date(2025, 11, 26))


def test_hours_that_end_at_midnight_end_on_the_day_before() -> None:
    found = event_window("F-1", datetime(2025, 11, 24, tzinfo=ZONE), DueRule(n=24, mode=Mode.HOURS), CALENDAR, ZONE)
    assert found.due_on == date(2025, 11, 24)
    assert found.due_at == datetime(2025, 11, 25, tzinfo=ZONE)


def test_a_verification_is_answered_in_seven_working_days() -> None:
    told = datetime(2026, 2, 11, 9, tzinfo=ZONE)
    found = event_window("V", told, DueRule(n=7, mode=Mode.WORKING), CALENDAR, ZONE)
    assert found.due_on == date(2026, 2, 27)  # 14 February is worked, the Spring Festival is not


def test_an_event_has_no_dates_and_automatic_data_have_no_occurrences() -> None:
    with pytest.raises(InvalidInput):
        planned("event", date(2026, 1, 1), date(2026, 1, 2))
    assert planned("continuous", date(2026, 1, 1), date(2026, 12, 31)) == []


@given(
    st.sampled_from(list(Per)),
    st.integers(1, 4),
    st.dates(date(2020, 1, 1), date(2027, 1, 1)),
    st.integers(0, 800),
    st.builds(
        DueRule,
        n=st.integers(0, 40),
        mode=st.sampled_from([Mode.NATURAL, Mode.WORKING]),
        roll=st.booleans(),
        hour=st.integers(1, 24),
    ),
)
def test_windows_follow_each_other_without_gap_or_overlap(
    per: Per, times: int, since: date, days: int, due: DueRule
) -> None:
    rhythm = Rhythm(RhythmKind.CALENDAR, times, per)
    found = list(windows(rhythm, due, since, since + timedelta(days=days), WorkCalendar(), ZONE))

    assert len({one.key for one in found}) == len(found)
    for one, after in pairwise(found):
        assert after.period.first == one.period.last + timedelta(days=1)
        assert after.due_at >= one.due_at
    for one in found:
        assert since <= one.period.first <= since + timedelta(days=days)
        assert one.due_on >= one.period.last
        assert one.due_at > datetime.combine(one.due_on, datetime.min.time(), ZONE)


@given(st.dates(date(2020, 1, 1), date(2026, 1, 1)), st.integers(0, 400), st.integers(0, 400))
def test_planning_in_two_runs_is_planning_in_one(since: date, first: int, second: int) -> None:
    def keys(until: int) -> set[str]:
        return {one.key for one in planned("1/month", since, since + timedelta(days=until))}

    assert keys(first) | keys(second) == keys(max(first, second))
