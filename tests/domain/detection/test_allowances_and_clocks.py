"""Silence, outages, clock errors and intervals over a limit on hand-made series, at their exact bounds."""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.detection.rules import HOUR, MINUTE, T0, rule

from qingtian.domain.detection import (
    JudgedHour,
    Skew,
    Stream,
    allowance,
    clock_error,
    clock_errors,
    intervals,
    severity,
    silences,
)

SECOND = timedelta(seconds=1)
LATE, CLOCK = rule("late_stream"), rule("clock_error")

# -- silence ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("interval", "station", "allowed_min"),
    [
        (30 * SECOND, False, 60),
        (5 * MINUTE, False, 60),
        (20 * MINUTE, False, 60),
        (21 * MINUTE, False, 63),
        (HOUR, False, 180),
        (24 * HOUR, False, 72 * 60),
        (HOUR, True, 240),
        (2 * HOUR, True, 360),
        (5 * MINUTE, True, 240),
    ],
)
def test_allowances(interval: timedelta, station: bool, allowed_min: int) -> None:
    assert allowance(LATE, interval, station=station) == allowed_min * MINUTE


@pytest.mark.parametrize(("interval", "allowed_min"), [(5 * MINUTE, 60), (HOUR, 180)])
def test_a_stream_is_late_one_microsecond_beyond_its_allowance(interval: timedelta, allowed_min: int) -> None:
    for beyond, late in ((timedelta(0), False), (timedelta(microseconds=1), True)):
        found = silences(LATE, [Stream("S", T0 - allowed_min * MINUTE - beyond, interval)], T0)
        assert bool(found.silent) is late


def test_a_station_and_an_outlet_of_one_silence_are_judged_apart() -> None:
    heard = T0 - 200 * MINUTE
    streams = [Stream("station", heard, HOUR), Stream("outlet", heard, HOUR)]
    found = silences(LATE, streams, T0, stations=frozenset({"station"}))
    assert set(found.silent) == {"outlet"}
    one = found.silent["outlet"]
    assert (one.start, one.last, one.end) == (heard, heard, T0)
    assert (one.values["value"], one.values["limit"], one.values["unit"]) == ("200", "180", "min")


@pytest.mark.parametrize(("hours", "grade"), [(2, 2), (11, 2), (12, 3), (100, 3)])
def test_half_a_day_of_silence_is_graded_up(hours: int, grade: int) -> None:
    found = silences(LATE, [Stream("S", T0 - hours * HOUR, 5 * MINUTE)], T0)
    assert found.silent["S"].severity == grade


def test_a_stream_that_never_spoke_is_told_so() -> None:
    never = silences(LATE, [Stream("S", T0 - 5 * HOUR, MINUTE, ever=False)], T0).silent["S"]
    once = silences(LATE, [Stream("S", T0 - 5 * HOUR, MINUTE)], T0).silent["S"]
    assert "registration" in never.explanation_en and "登记" in never.explanation_zh
    assert "registration" not in once.explanation_en


@pytest.mark.parametrize(
    ("late", "all_streams", "outage"),
    [(9, 9, False), (10, 10, True), (10, 20, True), (10, 21, False), (50, 101, False), (51, 101, True), (0, 50, False)],
)
def test_when_many_fall_silent_it_is_one_outage(late: int, all_streams: int, outage: bool) -> None:
    streams = [Stream(f"S{n}", T0 - (3 + n) * HOUR if n < late else T0, MINUTE) for n in range(all_streams)]
    found = silences(LATE, streams, T0)
    assert len(found.silent) == late
    assert (found.outage is not None) is outage
    if found.outage is not None:
        assert found.outage.start == T0 - 3 * HOUR  # the newest of the last arrivals
        assert found.outage.values["silent"] == str(late)
        assert found.outage.values["streams"] == str(all_streams)
        assert found.outage.severity == 3


def test_a_future_arrival_is_never_silence() -> None:
    assert silences(LATE, [Stream("S", T0 + HOUR, MINUTE)], T0).silent == {}


# -- clock errors ----------------------------------------------------------------------------------------------------


def skews(*seconds: int, every: timedelta = 10 * MINUTE) -> list[Skew]:
    return [Skew(T0 + n * every, one) for n, one in enumerate(seconds)]


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        ((400, 400), False),  # two frames
        ((400, 400, 400), True),
        ((-400, -400, -400), True),
        ((300, 300, 300), False),  # exactly five minutes is still in order
        ((301, 301, 301), True),
        ((400, 400, 10, 10, 10, 400), True),  # frames in time do not count against it
        ((400, -400, 400, -400), False),  # ahead and behind do not agree
        ((400, 550, 700), True),  # within 150 s of the middle
        ((400, 551, 703), False),
        ((400, 4000, 8000, 12000), False),
        ((500, 500, 500, 9000, 20000), True),  # the larger part agrees
        ((500, 500, 500, 9000, 20000, 30000, 40000), False),
        ((), False),
    ],
)
def test_which_frames_show_a_wrong_clock(seconds: tuple[int, ...], found: bool) -> None:
    assert (clock_error(CLOCK, skews(*seconds)) is not None) is found


@pytest.mark.parametrize(("every_s", "found"), [(149, False), (150, True)])
def test_frames_must_have_come_over_five_minutes(every_s: int, found: bool) -> None:
    rows = skews(900, 900, 900, every=timedelta(seconds=every_s))
    assert (clock_error(CLOCK, rows) is not None) is found


@pytest.mark.parametrize(
    ("seconds", "grade", "word_zh", "word_en"),
    [(400, 1, "快", "ahead of"), (-400, 1, "慢", "behind"), (1799, 1, "快", "ahead of"), (-1800, 2, "慢", "behind")],
)
def test_a_clock_error_says_which_way_and_how_far(seconds: int, grade: int, word_zh: str, word_en: str) -> None:
    one = clock_error(CLOCK, skews(seconds, seconds, seconds))
    assert one is not None
    assert (one.severity, one.values["skew_s"], one.values["frames"]) == (grade, str(seconds), "3")
    assert word_zh in one.explanation_zh and word_en in one.explanation_en
    assert (one.start, one.end) == (T0, T0 + 20 * MINUTE)


@pytest.mark.parametrize(
    ("wrong", "active", "common"), [(4, 4, False), (5, 5, True), (5, 16, True), (5, 17, False), (30, 100, True)]
)
def test_when_many_clocks_are_off_the_fault_is_common(wrong: int, active: int, common: bool) -> None:
    rows = {f"S{n}": skews(900, 900, 900) for n in range(wrong)} | {"fine": skews(400)}
    found = clock_errors(CLOCK, rows, active)
    assert set(found.by_site) == {f"S{n}" for n in range(wrong)}
    assert found.common is common


# -- intervals over a limit ------------------------------------------------------------------------------------------


def by_signs(text: str) -> list[JudgedHour]:
    """x over, . within, ? not judged."""
    states = {"x": True, ".": False, "?": None}
    return [JudgedHour(T0 + n * HOUR, states[sign]) for n, sign in enumerate(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("....", []),
        ("????", []),
        ("x", [(0, 0, None)]),
        ("xx.", [(0, 1, 2)]),
        ("x.x.", [(0, 0, 1), (2, 2, 3)]),
        ("x?x.", [(0, 2, 3)]),  # an hour that could not be judged parts nothing
        ("x??.", [(0, 0, 3)]),
        ("?x?", [(1, 1, None)]),
        (".xxx????", [(1, 3, None)]),
        ("x" * 24, [(0, 23, None)]),
    ],
)
def test_intervals(text: str, found: list[tuple[int, int, int | None]]) -> None:
    def hour(at: object) -> int | None:
        return None if at is None else (at - T0) // HOUR  # type: ignore[operator, no-any-return]

    assert [(hour(one.start), hour(one.last), hour(one.ended_by)) for one in intervals(by_signs(text))] == found


@given(st.text("x.?", max_size=30), st.text("x.?", max_size=30))
def test_a_series_read_in_two_parts_has_the_same_hours(first: str, second: str) -> None:
    whole = {hour.start for one in intervals(by_signs(first + second)) for hour in one.hours}
    assert whole == {T0 + n * HOUR for n, sign in enumerate(first + second) if sign == "x"}


@given(st.text("x.?", max_size=40))
def test_neighbouring_intervals_have_an_hour_within_the_limit_between_them(text: str) -> None:
    for before, after in itertools.pairwise(intervals(by_signs(text))):
        assert before.ended_by is not None
        assert before.last < before.ended_by < after.start


@pytest.mark.parametrize(
    ("value", "grade"), [("100.1", 2), ("149.9", 2), ("150", 3), ("199.9", 3), ("200", 4), ("9999", 4)]
)
def test_the_severity_of_an_hour_follows_its_multiple_of_the_limit(value: str, grade: int) -> None:
    assert severity(rule("exceedance"), JudgedHour(T0, True, Decimal(value), Decimal(100))) == grade
