"""Marks: scheduled, by chance, ordered; and what a period of mixed minutes is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulator.hand import at

from qingtian.simulator import built_in_profile
from qingtian.simulator.marking import MOST_EPISODES, MarkBook, runs
from qingtian.simulator.profile import Marks
from qingtian.simulator.records import Instruments

DAY = at("20240601000000")
START = int(DAY) // 60


def day(book: MarkBook, first: int = START) -> str:
    return "".join(book.minute(first + k) for k in range(1440))


def test_the_daily_calibration_has_its_time_every_day_also_over_midnight() -> None:
    book = MarkBook(1, "A", Marks(calibrate_at="2350", calibrate_minutes=20))
    marks = day(book)
    assert [k for k in range(1440) if marks[k] == "C"] == [*range(10), *range(1430, 1440)]
    assert runs(marks) == [("C", 10), ("N", 1420), ("C", 10)]


def test_a_plant_that_stands_is_marked_before_anything_else() -> None:
    book = MarkBook(1, "A", Marks(stop_from="0100", stop_minutes=120, calibrate_at="0130"))
    marks = day(book)
    assert marks[60:180] == "F" * 120
    assert set(marks) == {"F", "N"}


@pytest.mark.parametrize(
    ("field", "mark", "hours"),
    [("fault_per_day", "D", 3), ("maintenance_per_day", "M", 1), ("logger_fault_per_day", "B", 1)],
)
def test_chance_is_as_frequent_as_ordered(field: str, mark: str, hours: int) -> None:
    book = MarkBook(1, "A", Marks(**{field: 0.5}))  # type: ignore[arg-type]
    found = "".join(book.minute(START + 60 * hour) for hour in range(24 * 400))
    assert set(found) == {"N", mark}
    assert found.count(mark) / 400 == pytest.approx(0.5 * hours, rel=0.25)


def test_an_ordered_episode_covers_its_minutes_and_ends() -> None:
    book = MarkBook(1, "A", Marks())
    book.during(DAY + 90, DAY + 300, "C")
    assert day(book)[:7] == "NCCCCNN"
    assert [book.now(DAY + second) for second in (59, 60, 299, 300)] == ["N", "C", "C", "N"]


def test_old_episodes_are_forgotten_so_that_the_memory_stays_small() -> None:
    book = MarkBook(1, "A", Marks())
    for k in range(MOST_EPISODES + 5):
        book.during(DAY + 60 * k, DAY + 60 * (k + 1), "M")
    assert day(book)[: MOST_EPISODES + 6] == "N" * 5 + "M" * MOST_EPISODES + "N"


@given(st.lists(st.sampled_from("NNNCDMF"), min_size=1, max_size=60))
def test_the_mark_of_a_period_follows_the_rule_of_the_standard(marks: list[str]) -> None:
    water = MarkBook(1, "A", Marks(period_rule="any")).period(marks)
    stack = MarkBook(1, "A", Marks(period_rule="share", normal_share=0.75)).period(marks)
    normal = marks.count("N") / len(marks)
    assert (water == "N") is (normal == 1)
    assert (stack == "N") is (normal >= 0.75)
    assert {water, stack} <= set(marks) | {"N"}


def test_values_of_a_dead_instrument_are_zero_and_those_of_a_calibration_are_gas() -> None:
    made = Instruments(1, "A", built_in_profile("flue_gas"))
    made.marks.during(DAY, DAY + 3600, "D")
    assert {dict(one.values)["Rtd"].strip("0.") for one in made.realtime(DAY + 60)} == {""}
    made.marks.during(DAY + 3600, DAY + 7200, "C")
    shown = {one.code: dict(one.values) for one in made.realtime(DAY + 3600 + 360)}
    assert shown["a21026"]["Rtd"] in ("0.00", "120.00")
    assert {one["Flag"] for one in shown.values()} == {"C"}
    assert float(shown["a00000"]["Rtd"]) > 10  # the flow goes on


def test_a_normal_period_with_some_bad_minutes_leaves_them_out_and_keeps_its_mass() -> None:
    plain = Instruments(1, "A", built_in_profile("waste_water"))
    stack = Instruments(1, "A", built_in_profile("flue_gas"))
    first = DAY + 10 * 3600
    clean = stack.period(first, 3600)
    stack.marks.during(first, first + 600, "D")
    some = stack.period(first, 3600)
    assert [dict(one.values)["Flag"] for one in some] == ["N"] * len(some)  # 50 of 60 minutes
    for left, right in zip(clean, some, strict=True):
        if "Cou" in dict(left.values):
            assert float(dict(right.values)["Cou"]) == pytest.approx(float(dict(left.values)["Cou"]), rel=0.15)
    plain.marks.during(first, first + 60, "D")
    assert {dict(one.values)["Flag"] for one in plain.period(first, 3600)} == {"D"}  # water: any bad minute


def test_facilities_stand_when_the_plant_stands() -> None:
    made = Instruments(1, "A", built_in_profile("flue_gas"))
    made.marks.during(DAY, DAY + 6 * 3600, "F")
    assert {one.values[0] for one in made.facility_hours(DAY)} == {("RT", "18.0")}
    assert {one.values[0] for one in made.facility_state(DAY + 60)} == {("RS", "0")}
    assert {one.values[0] for one in made.facility_state(DAY + 20 * 3600)} == {("RS", "1")}
