"""A clock that jumps is noticed and doubted; doubt ends by itself for the right reason, with injected clocks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from qingtian.runtime.timekeeping import AGREE_S, FIRST_WORD_S, WITNESSES, ClockWatch, boot_id, jump_time, steady_s

JUMP_S, SETTLE_S = 30.0, 120.0
YEAR_S = 365 * 86400.0


class Machine:
    """Two clocks of one machine."""

    def __init__(self) -> None:
        self.steady, self.offset, self.boot = 1000.0, 1.7e9, "first"

    def watch(self, remembered: dict[str, Any] | None = None) -> ClockWatch:
        return ClockWatch(
            jump_s=JUMP_S,
            settle_s=SETTLE_S,
            remembered=remembered,
            wall=lambda: self.steady + self.offset,
            steady=lambda: self.steady,
            boot=self.boot,
        )

    def pass_(self, seconds: float, watch: ClockWatch) -> None:
        """Time goes by, looked at every second."""
        end = self.steady + seconds
        while self.steady < end:
            self.steady = min(self.steady + 1, end)
            watch.reason()


@pytest.fixture
def machine() -> Machine:
    return Machine()


def hear(watch: ClockWatch, ahead_s: float, count: int = WITNESSES) -> None:
    for number in range(count):
        watch.witness(f"MN{number}", ahead_s)


def test_time_that_goes_by_and_small_corrections_are_believed(machine: Machine) -> None:
    watch = machine.watch()
    for _ in range(50):
        machine.pass_(10, watch)
        machine.offset += JUMP_S * 0.9  # again and again: never far at once
        assert watch.reason() == ""
    assert watch.last is None


@pytest.mark.parametrize(("seconds", "word"), [(YEAR_S, "forward by 31536000 s"), (-3600.0, "back by 3600 s")])
def test_a_jump_is_doubted_at_once_and_its_reason_names_it(machine: Machine, seconds: float, word: str) -> None:
    watch = machine.watch()
    machine.offset += seconds
    assert word in watch.reason()
    assert watch.doubt is not None and watch.doubt.seconds == pytest.approx(seconds)


def test_a_clock_that_comes_back_is_believed_at_once(machine: Machine) -> None:
    watch = machine.watch()
    machine.offset += YEAR_S
    assert watch.reason()
    machine.offset -= YEAR_S
    assert watch.reason() == ""
    assert watch.last is not None and watch.last.end == "back"


def test_without_devices_a_steady_new_time_is_believed_after_a_while(machine: Machine) -> None:
    watch = machine.watch()
    machine.offset += 7200
    assert watch.reason()
    machine.pass_(SETTLE_S - 1, watch)
    assert watch.reason()
    machine.pass_(1, watch)
    assert watch.reason() == ""
    assert watch.last is not None and (watch.last.end, watch.last.seconds) == ("steady", pytest.approx(7200))


def test_a_clock_that_jumps_on_and_on_is_not_believed(machine: Machine) -> None:
    watch = machine.watch()
    for _ in range(20):
        machine.offset += 100
        machine.pass_(SETTLE_S / 2, watch)
        assert watch.reason()


def test_devices_that_agree_end_the_doubt_early(machine: Machine) -> None:
    watch = machine.watch()
    machine.offset += 7200  # our clock was wrong before
    watch.reason()
    machine.pass_(FIRST_WORD_S, watch)
    hear(watch, AGREE_S * 0.5)
    assert watch.reason() == ""
    assert watch.last is not None and watch.last.end == "devices"


def test_devices_that_contradict_keep_the_doubt_until_the_clock_is_right(machine: Machine) -> None:
    watch = machine.watch()
    machine.offset += YEAR_S
    watch.reason()
    machine.pass_(FIRST_WORD_S, watch)
    hear(watch, -YEAR_S)
    machine.pass_(100 * SETTLE_S, watch)
    assert watch.reason()
    machine.offset -= YEAR_S
    assert watch.reason() == ""


def test_one_wrong_device_is_outvoted_and_two_decide_nothing(machine: Machine) -> None:
    watch = machine.watch()
    machine.offset += 7200
    watch.reason()
    machine.pass_(FIRST_WORD_S, watch)
    watch.witness("A", 0)
    watch.witness("B", 1)
    assert watch.reason()
    watch.witness("C", 86400)
    assert watch.reason() == ""


def test_what_was_on_its_way_at_the_jump_is_no_witness(machine: Machine) -> None:
    watch = machine.watch()
    hear(watch, 0)  # nothing is asked
    machine.offset += 7200
    watch.reason()
    hear(watch, 0)
    assert watch.remember()["witnesses"] == 0
    assert watch.reason()


def test_a_jump_between_two_processes_is_noticed(machine: Machine) -> None:
    kept = json.loads(json.dumps(machine.watch().remember()))
    machine.steady += 50
    assert machine.watch(kept).reason() == ""
    machine.offset -= 4000
    assert "back by 4000 s" in machine.watch(kept).reason()


def test_after_a_start_of_the_machine_only_a_clock_that_went_back_is_doubted(machine: Machine) -> None:
    kept = machine.watch().remember()
    machine.boot, machine.steady = "second", 5.0
    machine.offset += 2000
    assert machine.watch(kept).reason() == ""
    machine.offset -= 10_000
    assert "back" in machine.watch(kept).reason()


@pytest.mark.parametrize("kept", [{}, {"boot": "first"}, {"boot": 1, "trusted": "x", "wall": None}])
def test_a_broken_memory_is_none(machine: Machine, kept: dict[str, Any]) -> None:
    assert machine.watch(kept).reason() == ""


def test_the_last_jump_is_remembered_for_the_health_page(machine: Machine) -> None:
    watch = machine.watch()
    machine.offset += 7200
    machine.pass_(SETTLE_S + 1, watch)
    again = machine.watch(watch.remember())
    assert again.last == watch.last and again.last is not None
    assert jump_time(again.remember()["last"]).timestamp() == pytest.approx(again.last.at)


def test_who_knows_better_ends_the_doubt(machine: Machine) -> None:
    watch = machine.watch()
    watch.believe()
    assert watch.last is None
    machine.offset += 7200
    assert watch.reason()
    watch.believe()
    assert watch.reason() == ""


def test_the_real_clocks_of_this_machine_agree() -> None:
    watch = ClockWatch(jump_s=JUMP_S, settle_s=SETTLE_S)
    assert watch.reason() == "" and steady_s() > 0 and boot_id()


class Clocks(RuleBasedStateMachine):
    """Whatever the clocks do: doubt exactly while the clock is away and not settled, and never for good."""

    def __init__(self) -> None:
        super().__init__()
        self.machine = Machine()
        self.watch = self.machine.watch()

    @rule(seconds=st.floats(0, 400))
    def wait(self, seconds: float) -> None:
        self.machine.pass_(seconds, self.watch)

    @rule(seconds=st.floats(-1e8, 1e8))
    def jump(self, seconds: float) -> None:
        before = self.watch.doubt
        self.machine.offset += seconds
        if before is None:
            assert bool(self.watch.reason()) == (abs(seconds) > JUMP_S)

    @rule(ahead=st.floats(-1e6, 1e6))
    def devices(self, ahead: float) -> None:
        hear(self.watch, ahead)

    @rule()
    def another_process(self) -> None:
        doubted = bool(self.watch.reason())
        self.watch = self.machine.watch(self.watch.remember())
        assert bool(self.watch.reason()) == doubted

    @invariant()
    def recovers_alone(self) -> None:
        other = self.machine.watch(self.watch.remember())
        before = self.machine.steady
        self.machine.pass_(SETTLE_S + 2, other)
        assert other.reason() == ""  # nobody contradicts this one
        self.machine.steady = before


Clocks.TestCase.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
TestClocks = Clocks.TestCase


@given(st.floats(-JUMP_S, JUMP_S))
def test_a_step_within_the_bound_is_no_jump(seconds: float) -> None:
    machine = Machine()
    watch = machine.watch()
    machine.offset += seconds * 0.999
    assert watch.reason() == ""
