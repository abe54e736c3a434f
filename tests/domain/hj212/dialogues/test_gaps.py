"""The expected-reporting calendar: what was due, what is missing, in which blocks it is asked for."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.hj212.dialogues.gaps import Block, Pause, block_start, expected, missing_blocks, slot_start

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
TEN = timedelta(minutes=10)
MIDNIGHT = datetime(2025, 11, 22, tzinfo=SHANGHAI)


def at(hour: int, minute: int = 0, day: int = 0) -> datetime:
    return MIDNIGHT + day * DAY + hour * HOUR + timedelta(minutes=minute)


def test_a_period_is_due_when_it_lies_wholly_in_the_time() -> None:
    assert list(expected(at(8, 5), at(8, 39), TEN)) == [at(8, 10), at(8, 20)]
    assert list(expected(at(8), at(8), TEN)) == []


def test_nothing_is_missing_when_every_period_came() -> None:
    came = list(expected(at(0), at(6), TEN))
    assert missing_blocks(at(0), at(6), TEN, came, block=HOUR * 6) == []


def test_a_hole_is_one_block_with_its_first_and_last_period() -> None:
    came = [one for one in expected(at(0), at(6), TEN) if not at(2) <= one < at(3)]
    assert missing_blocks(at(0), at(6), TEN, came, block=HOUR * 6) == [Block(at(0), at(2), at(2, 50), 6)]


def test_a_long_outage_is_asked_for_in_blocks_that_keep_their_names() -> None:
    first = missing_blocks(at(0), at(20), TEN, [], block=HOUR * 6)
    assert [one.start for one in first] == [at(0), at(6), at(12), at(18)]
    later = missing_blocks(at(7), at(22), TEN, [], block=HOUR * 6)
    assert [one.start for one in later] == [at(6), at(12), at(18)]
    assert later[0].begin == at(7)


def test_a_device_whose_times_lie_off_the_grid_has_sent_the_period_all_the_same() -> None:
    came = [at(8, minute) + timedelta(seconds=7) for minute in range(0, 60, 10)]
    assert missing_blocks(at(8), at(9), TEN, came, block=HOUR) == []


def test_a_reported_shutdown_is_not_asked_for() -> None:
    pause = Pause(at(1), at(4))
    assert missing_blocks(at(0), at(5), HOUR, [at(0)], block=DAY, pauses=[pause]) == [Block(at(0), at(4), at(4), 1)]
    assert missing_blocks(at(0), at(5), HOUR, [at(0)], block=DAY, pauses=[Pause(at(1))]) == []


def test_a_period_that_lies_only_partly_in_a_shutdown_is_due() -> None:
    assert missing_blocks(at(0), at(2), HOUR, [], block=DAY, pauses=[Pause(at(0, 30), at(2))])[0].periods == 1


def test_days_are_asked_for_over_a_month_at_most() -> None:
    blocks = missing_blocks(at(0, day=-40), at(0), DAY, [], block=30 * DAY)
    assert sum(one.periods for one in blocks) == 40
    assert all((one.end - one.begin) < 30 * DAY for one in blocks)


def test_a_period_that_does_not_divide_the_day_begins_anew_at_midnight() -> None:
    starts = list(expected(at(0), at(1, day=1), timedelta(minutes=7)))
    assert at(0, day=1) in starts
    assert starts == sorted(set(starts))


moments = st.integers(0, 3 * 1440).map(lambda minutes: MIDNIGHT + timedelta(minutes=minutes))
periods = st.sampled_from([1, 5, 6, 10, 15, 20, 30, 60]).map(lambda minutes: timedelta(minutes=minutes))


@given(moments, moments, periods, st.sets(moments, max_size=40), st.sampled_from([HOUR, 6 * HOUR, DAY, 30 * DAY]))
def test_what_came_and_what_is_missing_is_what_was_due(
    begin: datetime, end: datetime, period: timedelta, came: set[datetime], block: timedelta
) -> None:
    due = set(expected(begin, end, period))
    blocks = missing_blocks(begin, end, period, came, block=block)
    there = {slot_start(one, period) for one in came}
    assert sum(one.periods for one in blocks) == len(due - there)
    for one in blocks:
        assert block_start(one.begin, block) == block_start(one.end, block) == one.start
        assert {one.begin, one.end} <= due - there


@pytest.mark.parametrize("block", [HOUR, 6 * HOUR, DAY, 7 * DAY])
def test_asking_twice_finds_the_same_blocks(block: timedelta) -> None:
    came = [at(3), at(9, 10)]
    once = missing_blocks(at(0), at(23), TEN, came, block=block)
    assert missing_blocks(at(0), at(23), TEN, came, block=block) == once
