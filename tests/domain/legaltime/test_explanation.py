"""A deadline explains each counted and each skipped day."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.legaltime import DayCount, DeadlineRule, Mode, Pause, deadline, lines, reached_on, rule_text
from qingtian.packs import load_packs

CALENDAR = load_packs().calendar()


def test_the_spring_festival_count_line_by_line() -> None:
    found = deadline(DeadlineRule(5, Mode.WORKING), date(2026, 2, 11), CALENDAR)
    assert [line.text_en for line in lines(found)] == [
        "2026-02-12..2026-02-13 workday: counted 1..2",
        "2026-02-14 Spring Festival make-up workday: counted 3..3",
        "2026-02-15..2026-02-23 Spring Festival holiday: not counted",
        "2026-02-24..2026-02-25 workday: counted 4..5",
    ]
    assert lines(found)[1].text_zh == "2026-02-14 春节调休上班：计入 3..3"


def test_pause_and_roll_are_named() -> None:
    rule = DeadlineRule(90, Mode.NATURAL, roll=True)
    found = deadline(rule, date(2026, 1, 12), CALENDAR, [Pause(date(2026, 2, 2), date(2026, 2, 16))])
    outcomes = {line.outcome for line in lines(found)}
    assert outcomes == {DayCount.COUNTED, DayCount.PAUSED, DayCount.ROLLED}
    assert lines(found)[-1].text_en == "2026-04-27 workday: the period ended on a day off, rolled on"


def test_the_rule_in_one_sentence() -> None:
    found = deadline(DeadlineRule(60, Mode.NATURAL, roll=True), date(2026, 2, 11), CALENDAR)
    zh, en = rule_text(found)
    assert zh == "自2026-02-11次日起60日，期满遇休息日顺延，期满日2026-04-13"
    assert en == "60 calendar days from the day after 2026-02-11, rolled to the next workday: due 2026-04-13"


def test_a_provisional_end_says_so() -> None:
    zh, en = rule_text(deadline(DeadlineRule(60), date(2026, 11, 2), CALENDAR))
    assert "暂定" in zh
    assert "provisional" in en


@given(st.dates(date(2015, 1, 1), date(2026, 6, 1)), st.integers(1, 90), st.sampled_from([Mode.WORKING, Mode.NATURAL]))
def test_the_lines_cover_every_day_once(start: date, n: int, mode: Mode) -> None:
    found = deadline(DeadlineRule(n, mode), start, CALENDAR)
    assert sum(line.count for line in lines(found)) == len(found.days)
    assert sum(line.count for line in lines(found) if line.outcome is DayCount.COUNTED) == n


@pytest.mark.parametrize(("share", "day"), [("1/2", "2026-03-23"), ("4/5", "2026-04-03"), ("1", "2026-04-14")])
def test_warning_days_by_share_of_the_counted_days(share: str, day: str) -> None:
    found = deadline(DeadlineRule(30, Mode.WORKING), date(2026, 3, 2), CALENDAR)
    assert reached_on(found, Fraction(share)).isoformat() == day


def test_a_share_outside_the_period_is_refused() -> None:
    found = deadline(DeadlineRule(3), date(2026, 3, 2), CALENDAR)
    for share in (Fraction(0), Fraction(3, 2)):
        with pytest.raises(InvalidInput):
            reached_on(found, share)
