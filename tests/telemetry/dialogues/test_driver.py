"""The driver without a network: what it sends, tells, counts, keeps, and asks the register for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.domain.hj212.dialogues.frames import frame, ready, result
from tests.telemetry.dialogues.host import MemoryPort

from qingtian.domain.hj212 import decode
from qingtian.domain.hj212.dialogues import Phase
from qingtian.runtime.clock import real_now
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway import driving
from qingtian.telemetry.gateway.driving import DialogueDriver

MN = "QT1"
PROFILE = DeviceProfile(MN, "DA001", password="123456", overtime_s=1)
SHA = "0" * 64


class Lines:
    """Connections that remember what was sent."""

    def __init__(self, *connected: str) -> None:
        self.connected = set(connected)
        self.sent: list[bytes] = []
        self.breaks = False

    def has(self, mn: str) -> bool:
        return mn in self.connected

    def spelled(self, mn: str) -> str:
        return mn.lower()

    def send(self, mn: str, data: bytes) -> bool:
        if self.breaks or mn not in self.connected:
            return False
        self.sent.append(data)
        return True


class Register(StaticDirectory):
    """Counts how often it is read."""

    reads = 0

    def refresh(self) -> bool:
        self.reads += 1
        return True


class Scene:
    """A driver at work."""

    def __init__(self) -> None:
        self.port, self.lines = MemoryPort(), Lines(MN)
        self.register = Register({MN: PROFILE})
        self.driver = DialogueDriver(self.port, self.register, now=real_now, poll_s=0.01)

    async def until(self, what: Callable[[], Any]) -> None:
        async with asyncio.timeout(20.0):
            while not what():
                await asyncio.sleep(0.005)

    async def sent(self, cn: str, params: dict[str, Any] | None = None, **more: Any) -> tuple[int, str]:
        """Order something and wait until it went out; returns key and QN."""
        count = len(self.lines.sent)
        key = self.port.order(PROFILE, cn, params, **more)
        await self.until(lambda: len(self.lines.sent) > count)
        return key, str(decode(self.lines.sent[-1]).qn)


@asynccontextmanager
async def at_work() -> AsyncIterator[Scene]:
    scene = Scene()
    scene.driver.start(asyncio.get_running_loop(), scene.lines)
    try:
        yield scene
    finally:
        await scene.driver.stop()


async def test_a_frame_carries_the_spelling_of_the_device() -> None:
    async with at_work() as scene:
        await scene.sent("1061")
        assert decode(scene.lines.sent[0]).mn == "qt1"


async def test_only_frames_of_interest_are_wanted() -> None:
    async with at_work() as scene:
        assert scene.driver.wants(MN, "1013") and scene.driver.wants("STRANGER", "1001")
        assert not scene.driver.wants(MN, "2011") and not scene.driver.wants(MN, "9011")
        await scene.sent("1061")
        assert scene.driver.wants(MN, "9011") and scene.driver.wants(MN, "1061")
        assert not scene.driver.wants(MN, "2011")


async def test_a_line_that_breaks_is_told_and_tried_again() -> None:
    async with at_work() as scene:
        scene.lines.breaks = True
        key = scene.port.order(PROFILE, "1061")
        await scene.until(lambda: scene.port.of(key))
        assert scene.port.of(key)[0].note == "not connected"
        scene.lines.breaks = False
        await scene.until(lambda: scene.lines.sent)
        assert scene.driver.counters.not_connected == 1
        assert scene.port.of(key)[0].qn == decode(scene.lines.sent[0]).qn


async def test_reports_wait_for_the_database_in_order() -> None:
    async with at_work() as scene:
        key, qn = await scene.sent("1062", {"RtdInterval": "45"})
        scene.port.away = True
        scene.driver.on_frame(MN, ready(qn=qn, mn=MN), SHA)
        scene.driver.on_frame(MN, result(qn=qn, mn=MN), SHA)
        await scene.until(lambda: scene.driver.counters.last_error)
        scene.port.away = False
        await scene.until(lambda: scene.port.end_of(key))
        assert scene.port.happenings(key) == ["sent", "accepted", "done"]
        serials = [one.serial for one in scene.port.of(key)]
        assert len(set(serials)) == len(serials)
        await scene.until(lambda: not scene.driver.counters.last_error)


async def test_more_reports_than_can_be_kept_are_counted_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driving, "MOST_REPORTS", 3)
    monkeypatch.setattr(driving, "BATCH_REPORTS", 0)
    async with at_work() as scene:
        for number in range(5):
            scene.driver._report(key=None, mn=MN, happening=f"x{number}", from_device=True)
        assert scene.driver.counters.reports_lost == 2
        assert [one.happening for one in scene.driver._reports] == ["x2", "x3", "x4"]


async def test_the_last_reports_are_told_when_it_stops() -> None:
    scene = Scene()
    scene.driver.start(asyncio.get_running_loop(), scene.lines)
    scene.driver._report(key=None, mn=MN, happening="restarted", from_device=True)
    await scene.driver.stop()
    assert scene.port.happenings(None) == ["restarted"]
    assert scene.port.closed


async def test_it_stops_while_the_database_is_away() -> None:
    scene = Scene()
    scene.port.away = True
    scene.driver.start(asyncio.get_running_loop(), scene.lines)
    scene.driver._report(key=None, mn=MN, happening="restarted", from_device=True)
    async with asyncio.timeout(10.0):
        await scene.driver.stop()
    assert scene.port.closed


async def test_strangers_share_one_allowance_for_what_they_say() -> None:
    async with at_work() as scene:
        for number in range(50):
            name = f"STRANGER{number}"
            scene.driver.on_frame(name, frame("1001", "i23005-Info=//X//", mn=name), SHA)
        scene.driver.on_frame(MN, frame("1013", mn=MN), SHA)
        await scene.until(lambda: len(scene.port.reports) >= 2)
        assert scene.port.happenings(None) == ["activation", "clock_wanted"]
        assert scene.driver.counters.notices == 51


async def test_a_device_may_say_it_again_after_a_while() -> None:
    async with at_work() as scene:
        for _ in range(2):
            scene.driver.on_frame(MN, frame("1013", mn=MN), SHA)
            scene.driver._told = {key: at - driving.MESSAGE_PAUSE_S for key, at in scene.driver._told.items()}
        await scene.until(lambda: len(scene.port.reports) == 2)


async def test_the_memory_of_who_said_what_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driving, "MOST_TELLERS", 10)
    async with at_work() as scene:
        old = scene.driver._time() - 100.0
        scene.driver._told = {(f"D{number}", "1013"): old for number in range(11)}
        scene.driver.on_frame(MN, frame("1013", mn=MN), SHA)
        assert set(scene.driver._told) == {(MN, "1013")}


async def test_the_register_is_read_before_a_password_goes_out_and_after_it_was_taken() -> None:
    async with at_work() as scene:
        key, qn = await scene.sent("1072", {"NewPW": "654321"}, secret=True)
        assert scene.register.reads == 1
        scene.driver.on_frame(MN, result(qn=qn, mn=MN), SHA)
        await scene.until(lambda: scene.port.end_of(key))
        await scene.until(lambda: scene.register.reads == 2)
        key, qn = await scene.sent("1061")
        scene.driver.on_frame(MN, result(qn=qn, mn=MN), SHA)
        await scene.until(lambda: scene.port.end_of(key))
        assert scene.register.reads == 2
        assert "654321" not in "".join(one.text for one in scene.port.reports)


async def test_of_a_long_answer_the_first_parts_are_told_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driving, "PARTS_LOGGED", 3)
    async with at_work() as scene:
        span = {"BeginTime": "20240601080000", "EndTime": "20240601180000"}
        key, qn = await scene.sent("2061", span)
        for hour in range(8, 18):
            part = frame("2061", f"DataTime=20240601{hour:02d}0000;a21026-Avg=1", qn=f"{hour}", mn=MN, st="31")
            scene.driver.on_frame(MN, part, SHA)
        scene.driver.on_frame(MN, result(qn=qn, mn=MN), SHA)
        await scene.until(lambda: scene.port.end_of(key))
        told = [one for one in scene.port.of(key) if one.happening == "data"]
        assert [one.logged for one in told] == [True] * 3 + [False] * 7
        assert scene.port.end_of(key).parts == 10
        assert all(one.values == {} for one in told)


async def test_an_answer_of_a_device_that_was_asked_nothing_is_nothing() -> None:
    async with at_work() as scene:
        scene.driver.on_frame(MN, result(qn="1", mn=MN), SHA)
        await asyncio.sleep(0.05)
        assert scene.port.reports == []


async def test_a_late_answer_is_told_with_its_code() -> None:
    async with at_work() as scene:
        key, qn = await scene.sent("1062", {"RtdInterval": "45"})
        scene.driver.on_frame(MN, ready(2, qn=qn, mn=MN), SHA)
        scene.driver.on_frame(MN, result(qn=qn, mn=MN), SHA)
        await scene.until(lambda: "late" in scene.port.happenings(key))
        late = scene.port.of(key)[-1]
        assert (late.phase, late.code, late.cn) == (Phase.REFUSED, 1, "9012")
        assert scene.driver.counters.late == 1
