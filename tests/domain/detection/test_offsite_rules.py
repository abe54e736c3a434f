"""Off-site rules 4 to 6: late data, leak repair, temperature outside the permit range; found stretch by stretch."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.detection.rules import HOUR, MINUTE, T0, rule

from qingtian.domain.detection import (
    Arrival,
    Check,
    Leak,
    LeakStep,
    Names,
    PermitRange,
    Sample,
    in_time_again,
    late_runs,
    late_uploads,
    leaks,
    range_breaches,
    within_again,
)
from qingtian.domain.errors import InvalidInput

STEP = 5 * MINUTE
NAMES = Names("炉膛温度", "furnace temperature", "℃")
RANGE = PermitRange(Decimal(850), Decimal(1100))
DAY = date(2025, 3, 3)


# -- late data -------------------------------------------------------------------------------------------------------


def arrivals(*late_minutes: int | None) -> list[Arrival]:
    """One hour after the other, each so many minutes after its end; None: it never came."""
    starts = [T0 + number * HOUR for number in range(len(late_minutes))]
    pairs = zip(starts, late_minutes, strict=True)
    return [Arrival(start, start + HOUR, start + HOUR + late * MINUTE) for start, late in pairs if late is not None]


@pytest.mark.parametrize(
    ("late", "found"),
    [
        ((60, 60, 60, 60), []),  # allowed to the minute
        ((61, 61, 5, 5), []),  # two are a slip
        ((61, 61, 61), [(0, 2)]),
        ((61, 5, 61, 5, 61), [(0, 4)]),  # hours in time do not break an event
        ((61, 61, 5, 5, 5, 5, 5, 5, 61), []),  # seven hours apart are two events, each too short
        ((61, 61, 61, 5, 5, 5, 5, 5, 5, 61, 61, 61), [(0, 2), (9, 11)]),
        ((61, None, None, 61, None, 61), [(0, 5)]),
    ],
)
def test_late_runs(late: tuple[int | None, ...], found: list[tuple[int, int]]) -> None:
    runs = late_runs(rule("late_upload"), arrivals(*late))
    assert [((one.start - T0) // HOUR, (one.last - T0) // HOUR) for one in runs] == found


def test_a_late_run_tells_the_worst_and_grades_by_hours() -> None:
    (mild,) = late_runs(rule("late_upload"), arrivals(90, 75, 1439))
    (bad,) = late_runs(rule("late_upload"), arrivals(90, 75, 1440))
    assert (mild.severity, bad.severity) == (1, 2)
    assert (mild.values["value"], mild.values["limit"], mild.values["unit"]) == ("1439", "60", "min")
    assert "最迟1439分钟" in mild.explanation_zh
    assert "after 1439 min" in mild.explanation_en


def test_when_most_sites_are_late_together_the_fault_is_the_citys() -> None:
    sites = {f"O-{number}": arrivals(90, 90, 90) for number in range(10)}
    sites |= {f"P-{number}": arrivals(5, 5, 5) for number in range(10)}
    assert late_uploads(rule("late_upload"), sites).common
    assert not late_uploads(rule("late_upload"), sites | {"P-x": arrivals(5, 5, 5)}).common
    few = {site: rows for site, rows in sites.items() if site < "O-9"}
    assert len(few) == 9
    assert not late_uploads(rule("late_upload"), few).common


@pytest.mark.parametrize(("late", "back"), [((5, 5), None), ((5, 5, 5), 3), ((5, 5, 5, 61), None), ((), None)])
def test_lateness_is_over_after_three_hours_in_time(late: tuple[int, ...], back: int | None) -> None:
    found = in_time_again(rule("late_upload"), arrivals(90, 90, 90, *late), T0 + 2 * HOUR)
    assert found == (None if back is None else T0 + back * HOUR)


# -- temperature -----------------------------------------------------------------------------------------------------


def series(text: str) -> tuple[list[Sample], dict]:
    """One sign a period: l low, h high, . within, L low while standing still, - no value, ? production unknown."""
    values = {"l": "800", "h": "1200", ".": "900", "L": "20", "?": "800", "-": None}
    rows = [Sample(T0 + n * STEP, Decimal(v) if (v := values[sign]) else None) for n, sign in enumerate(text)]
    return rows, {T0 + n * STEP: sign != "L" for n, sign in enumerate(text) if sign != "?"}


def breaches(text: str) -> list[tuple[int, int]]:
    rows, producing = series(text)
    found = range_breaches(rule("temperature_out_of_range"), rows, producing, RANGE, step=STEP, names=NAMES)
    return [((one.start - T0) // STEP, (one.last - T0) // STEP) for one in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("lllll", []),  # 25 minutes
        ("llllll", [(0, 5)]),
        ("..hhhhhh..", [(2, 7)]),
        ("LLLLLLLL", []),  # cold while nothing is produced is right
        ("lllLlll", []),  # standing still breaks a run
        ("lll-lll", [(0, 6)]),
        ("lll----lll", [(0, 9)]),  # 20 minutes without a value
        ("lll-----lll", []),
        ("lll?lll", [(0, 6)]),  # unknown production neither counts nor breaks
        ("lll.lllllll", [(4, 10)]),
        ("lllhhh", [(0, 5)]),
    ],
)
def test_breaches_of_the_permit_range(text: str, found: list[tuple[int, int]]) -> None:
    assert breaches(text) == found


@pytest.mark.parametrize(
    ("value", "bound"), [("850", None), ("849.9", "850"), ("1100", None), ("1100.1", "1100"), ("900", None)]
)
def test_a_value_at_a_bound_is_within(value: str, bound: str | None) -> None:
    assert RANGE.broken_by(Decimal(value)) == (None if bound is None else Decimal(bound))


def test_a_range_may_have_one_bound_but_not_none_and_not_turned() -> None:
    assert PermitRange(Decimal(850), None).broken_by(Decimal(5000)) is None
    assert PermitRange(None, Decimal(60)).broken_by(Decimal(61)) == 60
    for low, high in ((None, None), (Decimal(2), Decimal(2)), (Decimal(3), Decimal(2))):
        with pytest.raises(InvalidInput):
            PermitRange(low, high)


def test_a_breach_tells_worst_value_bound_and_time() -> None:
    rows, producing = series("llllllllllllllllllllllll")
    rows[3] = Sample(rows[3].start, Decimal("612.5"))
    (one,) = range_breaches(rule("temperature_out_of_range"), rows, producing, RANGE, step=STEP, names=NAMES)
    assert (one.severity, one.values["value"], one.values["bound"], one.values["minutes"]) == (3, "612.5", "850", "120")
    assert "低于许可下限850℃" in one.explanation_zh
    assert "below the permitted 850" in one.explanation_en


@pytest.mark.parametrize(
    ("text", "over"), [("......", True), (".....", False), ("l.....", False), ("l......", True), ("LLLLLL", True)]
)
def test_a_breach_is_over_after_half_an_hour_in_order(text: str, over: bool) -> None:
    rows, producing = series(text)
    assert within_again(rule("temperature_out_of_range"), rows, producing, RANGE, step=STEP) is over


@given(st.text(alphabet="lh.L-?", max_size=60))
def test_a_breach_never_covers_a_period_that_kept_the_range(text: str) -> None:
    rows, producing = series(text)
    for one in range_breaches(rule("temperature_out_of_range"), rows, producing, RANGE, step=STEP, names=NAMES):
        inside = text[(one.start - T0) // STEP : (one.last - T0) // STEP + 1]
        assert not set(inside) & {".", "L"}
        assert inside[0] in "lh"
        assert inside[-1] in "lh"
        assert one.end - one.start >= timedelta(minutes=30)


# -- leaks -----------------------------------------------------------------------------------------------------------


def day(number: int) -> date:
    return DAY + timedelta(days=number)


def read(number: int, ppm: int) -> Check:
    return Check(LeakStep.READING, day(number), Decimal(ppm))


def shown(*checks: Check) -> list[Leak]:
    return leaks(rule("leak_overdue"), checks, Decimal(2000))


def test_a_reading_over_the_limit_is_a_leak_and_one_at_it_is_not() -> None:
    assert shown(read(0, 2000)) == []
    (leak,) = shown(read(0, 2001))
    assert (leak.found_on, leak.attempt_due, leak.repair_due) == (day(0), day(5), day(15))


@pytest.mark.parametrize(
    ("checks", "today", "overdue"),
    [
        ((), 5, ""),
        ((), 6, "attempt"),
        ((Check(LeakStep.ATTEMPT, day(5)),), 6, ""),
        ((Check(LeakStep.ATTEMPT, day(5)),), 15, ""),
        ((Check(LeakStep.ATTEMPT, day(5)),), 16, "repair"),
        ((Check(LeakStep.REPAIR, day(3)),), 16, "repair"),  # no reading shows it
        ((Check(LeakStep.REPAIR, day(3)), read(4, 100)), 99, ""),
        ((read(4, 2500),), 16, "repair"),
        ((Check(LeakStep.DELAY, day(4)),), 99, ""),
        ((Check(LeakStep.DELAY, day(6)),), 7, "attempt"),  # the first try was due before
        ((Check(LeakStep.DELAY, day(16)),), 17, "repair"),  # too late to delay
    ],
)
def test_when_a_leak_is_overdue(checks: tuple[Check, ...], today: int, overdue: str) -> None:
    (leak,) = shown(read(0, 9000), *checks)
    assert leak.overdue(day(today)) == overdue


def test_a_leak_that_comes_back_is_another_one() -> None:
    first, second = shown(read(0, 5000), Check(LeakStep.REPAIR, day(1)), read(2, 10), read(30, 3000))
    assert (first.repaired_on, second.found_on, second.open) == (day(2), day(30), True)


def test_work_without_a_leak_makes_none() -> None:
    assert shown(Check(LeakStep.ATTEMPT, day(0)), Check(LeakStep.DELAY, day(1)), read(2, 0)) == []


@given(st.lists(st.tuples(st.sampled_from(list(LeakStep)), st.integers(0, 3), st.integers(0, 4000)), max_size=30))
def test_leaks_follow_one_another_and_only_the_last_is_open(steps: list[tuple[LeakStep, int, int]]) -> None:
    on, checks = 0, []
    for step, later, ppm in steps:
        on += later
        checks.append(Check(step, day(on), Decimal(ppm) if step is LeakStep.READING else None))
    found = shown(*checks)
    assert all(not one.open for one in found[:-1])
    for one, following in pairwise(found):
        assert one.found_on <= one.repaired_on <= following.found_on
    assert all(one.ppm > 2000 for one in found)
