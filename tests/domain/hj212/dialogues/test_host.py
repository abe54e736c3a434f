"""Many devices: one outstanding command each; whatever comes in whatever order, each command ends exactly once."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.domain.hj212.dialogues.frames import MN, SPAN, frame, hour, order, ready, result

from qingtian.domain.errors import Conflict
from qingtian.domain.hj212.dialogues import FINAL, Happening, Host, Kind, Order, Phase, Step, Timing

OTHER = "010000A8900016F000169DC1"


def test_a_second_command_waits_for_the_first() -> None:
    host = Host()
    host.begin(order(), 0.0)
    with pytest.raises(Conflict, match="outstanding"):
        host.begin(order(key=2, qn="20240601085857002"), 1.0)
    host.begin(order(key=3, mn=OTHER), 1.0)
    assert len(host) == 2


def test_the_next_command_goes_out_after_the_end_of_the_first() -> None:
    host = Host()
    host.begin(order(), 0.0)
    host.on_frame(MN, result(), 1.0)
    assert host.outstanding(MN) is None
    assert host.begin(order(key=2, qn="2"), 2.0).dialogue.open


def test_an_answer_of_another_device_is_not_taken() -> None:
    host = Host()
    host.begin(order(), 0.0)
    assert host.on_frame(OTHER, result(), 1.0) is None
    assert host.outstanding(MN) is not None


def test_a_late_answer_is_told_while_the_next_command_runs() -> None:
    host = Host()
    host.begin(order(timing=Timing(1.0, 0)), 0.0)
    host.on_time(1.0)
    host.begin(order(key=2, qn="20240601085959000"), 2.0)
    late = host.on_frame(MN, result(), 3.0)
    assert late is not None
    assert (late.happening, late.dialogue.order.key, late.dialogue.phase) == (Happening.LATE, 1, Phase.TIMED_OUT)
    assert host.outstanding(MN).order.key == 2  # type: ignore[union-attr]


def test_an_answer_to_nothing_is_nothing() -> None:
    host = Host()
    assert host.on_frame(MN, ready(), 0.0) is None
    host.begin(order(), 0.0)
    assert host.on_frame(MN, ready(qn="20200101000000000"), 0.0) is None


def test_the_new_number_of_a_device_may_answer_the_order_that_gave_it() -> None:
    host = Host()
    host.begin(order("1002", also=(OTHER,)), 0.0)
    assert host.concerns(OTHER, "9012")
    step = host.on_frame(OTHER, result(mn=OTHER), 1.0)
    assert step is not None and step.dialogue.phase is Phase.DONE
    host.begin(order(key=2, mn=OTHER, qn="2"), 2.0)
    assert host.outstanding(OTHER).order.key == 2  # type: ignore[union-attr]
    assert host.outstanding(MN) is None


def test_time_moves_every_command_that_is_due() -> None:
    host = Host()
    host.begin(order(), 0.0)
    host.begin(order(key=2, mn=OTHER), 4.0)
    assert host.next_deadline() == 10.0
    assert [step.dialogue.order.key for step in host.on_time(10.0)] == [1]
    assert [step.dialogue.order.key for step in host.on_time(20.0)] == [1, 2]
    assert Host().next_deadline() is None


ANSWERS = {
    "ready": lambda qn, mn: ready(qn=qn, mn=mn),
    "refused": lambda qn, mn: ready(2, qn=qn, mn=mn),
    "garbled": lambda qn, mn: ready("?", qn=qn, mn=mn),
    "done": lambda qn, mn: result(qn=qn, mn=mn),
    "failed": lambda qn, mn: result(5, qn=qn, mn=mn),
    "notice": lambda qn, mn: frame("9013", qn=qn, mn=mn),
    "part": lambda qn, mn: hour("20240601090000", mn=mn),
    "other part": lambda qn, mn: hour("20240501090000", mn=mn),
    "read": lambda qn, mn: frame("1061", "RtdInterval=30", qn=qn, mn=mn),
}


@dataclass
class Seen:
    """What happened to one command."""

    order: Order
    sends: list[bytes] = field(default_factory=list)
    ends: int = 0
    accepted_before_send: bool = False
    accepted: bool = False


class Devices(RuleBasedStateMachine):
    """Any order of answers, loss, delay, duplication and time over two devices."""

    def __init__(self) -> None:
        super().__init__()
        self.host = Host()
        self.now = 0.0
        self.seen: dict[int, Seen] = {}
        self.serial = 0

    @rule(
        mn=st.sampled_from([MN, OTHER]),
        cn=st.sampled_from(["1062", "1061", "2061", "2012"]),
        overtime=st.floats(0.5, 20.0),
        resends=st.integers(0, 3),
    )
    def ask(self, mn: str, cn: str, overtime: float, resends: int) -> None:
        self.serial += 1
        one = Order(
            key=self.serial,
            mn=mn,
            cn=cn,
            qn=f"20240601085857{self.serial:03d}",
            frame=f"frame {self.serial}".encode(),
            kind=Kind.NOTICE if cn == "2012" else Kind.REQUEST,
            timing=Timing(overtime, resends, 60.0),
            span=SPAN if cn == "2061" else None,
        )
        free = self.host.outstanding(mn) is None
        try:
            step = self.host.begin(one, self.now)
        except Conflict:
            assert not free
            return
        assert free
        self.seen[one.key] = Seen(one)
        self.note(step)

    @precondition(lambda self: self.seen)
    @rule(data=st.data(), kind=st.sampled_from(sorted(ANSWERS)), again=st.integers(1, 3))
    def hear(self, data: st.DataObject, kind: str, again: int) -> None:
        about = self.seen[data.draw(st.sampled_from(sorted(self.seen)))].order
        for _ in range(again):
            step = self.host.on_frame(about.mn, ANSWERS[kind](about.qn, about.mn), self.now)
            if step is None:
                continue
            if kind not in ("part", "other part"):
                assert step.dialogue.order.qn == about.qn
            self.note(step)

    @rule(seconds=st.floats(0.1, 90.0))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        for step in self.host.on_time(self.now):
            self.note(step)

    def note(self, step: Step) -> None:
        seen = self.seen[step.dialogue.order.key]
        assert step.dialogue.order == seen.order
        if step.send is not None:
            assert not seen.accepted
            seen.sends.append(step.send)
        seen.accepted |= step.happening in (Happening.ACCEPTED, Happening.DATA)
        if step.dialogue.phase in FINAL and step.happening is not Happening.LATE:
            seen.ends += 1

    @invariant()
    def nothing_is_outstanding_twice(self) -> None:
        mns = [one.order.mn for one in self.host]
        assert len(mns) == len(set(mns))

    @invariant()
    def each_command_ends_once_and_sends_the_same_bytes(self) -> None:
        running = {one.order.key for one in self.host}
        for key, seen in self.seen.items():
            assert seen.ends == (0 if key in running else 1)
            assert set(seen.sends) == {seen.order.frame}
            assert len(seen.sends) <= seen.order.timing.resends + 1

    def teardown(self) -> None:
        for _ in range(8):  # time alone ends everything
            self.wait(100.0)
        assert not len(self.host)
        assert all(seen.ends == 1 for seen in self.seen.values())


TestDevices = Devices.TestCase
TestDevices.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@given(st.lists(st.sampled_from(sorted(ANSWERS)), max_size=12))
@settings(max_examples=80)
def test_a_final_state_is_final(answers: list[str]) -> None:
    host = Host()
    step = host.begin(order(span=SPAN, cn="2061"), 0.0)
    ended = None
    for name in answers:
        got = host.on_frame(MN, ANSWERS[name](step.dialogue.order.qn, MN), 1.0)
        if got is not None and ended is not None:
            assert got.dialogue == ended
            assert got.happening is Happening.LATE
        elif got is not None and got.dialogue.phase in FINAL:
            ended = got.dialogue


def test_only_frames_that_could_belong_to_a_command_are_of_interest() -> None:
    host = Host()
    assert not host.concerns(MN, "9011")
    host.begin(order(), 0.0)
    assert host.concerns(MN, "9011") and host.concerns(MN, "1062")
    assert not host.concerns(MN, "2011") and not host.concerns(OTHER, "9011")
    host.on_frame(MN, result(), 1.0)
    assert host.concerns(MN, "9012")  # it may come late
    assert not host.concerns(MN, "1062")
