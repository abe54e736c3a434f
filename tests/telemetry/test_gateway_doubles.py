"""Which connection a device is reached by, and numbers that two addresses use at once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.fleet import PASSWORD, minute_frame
from tests.telemetry.lines import answers, connected, running, until

from qingtian.domain.hj212 import Decoded, decode
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.counters import counters_path, read_counters
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway import server
from qingtian.telemetry.gateway.connections import DOUBLE_WITHIN, MOST_DOUBLES, Connections
from qingtian.telemetry.gateway.hooks import Line, Lines
from qingtian.telemetry.spool import read_all, spool_path

NOW = datetime(2025, 11, 22, 8, 30, tzinfo=SHANGHAI)
MINUTE = timedelta(minutes=1)
MN = "DOUBLE01"
DIRECTORY = StaticDirectory(
    {MN: DeviceProfile(MN, "DA1", password=PASSWORD, aliases=("double-1",)), "CALM": DeviceProfile("CALM", "DA2")}
)


class Fixed:
    """A line that keeps what is sent to it."""

    def __init__(self, peer: str, *, open_: bool = True) -> None:
        self.peer, self.open, self.sent = peer, open_, b""

    def send(self, data: bytes) -> bool:
        self.sent += data if self.open else b""
        return self.open


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


def frame(mn: str = MN, number: int = 0, **changes: object) -> bytes:
    return minute_frame(mn, NOW + number * MINUTE, {"a21026": f"{number}.5"}, **changes)  # type: ignore[arg-type]


# -- the list of connections, alone -----------------------------------------------------------------------------------


def test_a_device_is_reached_by_the_line_on_which_it_spoke_last() -> None:
    lines, first, second = Connections(Clock()), Fixed("10.0.0.1:1"), Fixed("10.0.0.1:2")
    lines.bind(MN, first)
    lines.bind(MN, second)
    assert lines.send(MN, b"x")
    assert (first.sent, second.sent) == (b"", b"x")
    lines.bind(MN, first)
    assert lines.send(MN, b"y")
    assert (first.sent, second.sent) == (b"y", b"x")


def test_a_dead_newest_line_gives_way_to_an_older_one() -> None:
    lines, first, second = Connections(Clock()), Fixed("10.0.0.1:1"), Fixed("10.0.0.2:1", open_=False)
    lines.bind(MN, first)
    lines.bind(MN, second)
    assert lines.send(MN, b"x")
    assert first.sent == b"x"


def test_without_a_line_nothing_is_sent_and_that_is_said() -> None:
    lines, only = Connections(Clock()), Fixed("10.0.0.1:1")
    assert not lines.has(MN)
    lines.bind(MN, only)
    assert lines.has(MN)
    lines.unbind(MN, only)
    assert not lines.has(MN)
    assert not lines.send(MN, b"x")
    assert lines.all_of(MN) == []


def test_the_spelling_of_a_device_is_that_of_its_newest_frame() -> None:
    lines, first, second = Connections(Clock()), Fixed("10.0.0.1:1"), Fixed("10.0.0.1:2")
    lines.bind(MN, first, sent_as="double-1")
    assert lines.spelled(MN) == "double-1"
    lines.bind(MN, second, sent_as=MN)
    assert lines.spelled(MN) == MN
    assert lines.spelled("ANOTHER") == "ANOTHER"


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 3), st.booleans()), max_size=60))
def test_the_list_agrees_with_a_plain_history_of_who_spoke_when(steps: list[tuple[str, int, bool]]) -> None:
    lines = Connections(Clock())
    peers: list[Line] = [Fixed(f"10.0.0.{number}:1") for number in range(4)]
    spoken: dict[str, list[Line]] = {mn: [] for mn in "ABC"}
    for mn, number, came in steps:
        peer = peers[number]
        spoken[mn] = [one for one in spoken[mn] if one is not peer]
        if came:
            spoken[mn].append(peer)
            lines.bind(mn, peer)
        else:
            lines.unbind(mn, peer)
        assert lines.all_of(mn) == spoken[mn]
        assert lines.has(mn) == bool(spoken[mn])


def test_two_addresses_in_turns_are_an_alarm_and_a_reconnect_is_none() -> None:
    clock = Clock()
    lines, first, second = Connections(clock), Fixed("10.0.0.1:1"), Fixed("10.0.0.2:1")
    lines.bind(MN, first, data_time="20251122083000")
    lines.bind(MN, second, data_time="20251122083000")
    assert list(lines.doubles()) == []  # a change of address, as when a modem dials in again
    clock.at += 10 * MINUTE
    lines.bind(MN, first, data_time="20251122084000")
    [double] = lines.doubles()
    assert (double.mn, double.count, double.first_at) == (MN, 2, NOW)
    assert double.data_times == {"10.0.0.2": "20251122083000", "10.0.0.1": "20251122084000"}
    clock.at += DOUBLE_WITHIN + MINUTE
    assert list(lines.doubles()) == []  # long over


def test_two_lines_from_one_address_are_no_alarm() -> None:
    lines, live, history = Connections(Clock()), Fixed("10.0.0.1:1"), Fixed("10.0.0.1:2")
    for line in (live, history, live, history):
        lines.bind(MN, line)
    assert list(lines.doubles()) == []


def test_turns_that_lie_hours_apart_are_no_alarm() -> None:
    clock = Clock()
    lines, first, second = Connections(clock), Fixed("10.0.0.1:1"), Fixed("10.0.0.2:1")
    for line in (first, second, first, second):
        lines.bind(MN, line)
        clock.at += DOUBLE_WITHIN + MINUTE
    assert list(lines.doubles()) == []


def test_the_list_of_doubles_stays_bounded() -> None:
    lines, first, second = Connections(Clock()), Fixed("10.0.0.1:1"), Fixed("10.0.0.2:1")
    for number in range(MOST_DOUBLES + 50):
        for line in (first, second, first):
            lines.bind(f"M{number}", line)
    assert sum(1 for _ in lines.doubles()) == MOST_DOUBLES


# -- over the gateway -------------------------------------------------------------------------------------------------


async def test_both_lines_of_a_copied_number_are_kept_served_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "SWEEP_S", 0.05)
    async with (
        running(tmp_path, DIRECTORY, lambda: NOW) as gateway,
        connected(gateway.port, "127.0.0.2") as (reader, writer),
        connected(gateway.port, "127.0.0.3") as (other_reader, other_writer),
    ):
        for number in range(3):
            writer.write(frame(number=2 * number))
            assert len(await answers(reader, 1)) == 1
            other_writer.write(frame(number=2 * number + 1))
            assert len(await answers(other_reader, 1)) == 1
        path = counters_path(tmp_path, "gateway")
        await until(lambda: read_counters(path).get("doubles") == 1)
        [told] = read_counters(path)["doubled_devices"]
        assert (told["mn"], told["turns"]) == (MN, 5)
        assert set(told["data_times"]) == {"127.0.0.2", "127.0.0.3"}
        assert len(gateway.connections.all_of(MN)) == 2
    assert len(list(read_all(spool_path(tmp_path)))) == 6


async def test_when_a_line_goes_its_devices_are_reached_by_the_other(tmp_path: Path) -> None:
    async with running(tmp_path, DIRECTORY, lambda: NOW) as gateway:
        async with connected(gateway.port) as (reader, writer):
            writer.write(frame() + frame("CALM"))
            await answers(reader, 2)
            async with connected(gateway.port) as (second_reader, second_writer):
                second_writer.write(frame(number=1))
                await answers(second_reader, 1)
                assert gateway.connections.send(MN, b"to the second\r\n")
                assert await second_reader.readline() == b"to the second\r\n"
            await until(lambda: len(gateway.connections.all_of(MN)) == 1)
            assert gateway.connections.send(MN, b"to the first\r\n")
            assert await reader.readline() == b"to the first\r\n"
        await until(lambda: not gateway.connections.has(MN) and not gateway.connections.has("CALM"))
        assert len(gateway.connections) == 0


# -- the listener -----------------------------------------------------------------------------------------------------


class Listener:
    """Hears frames as the driver of dialogues does."""

    def __init__(self, folder: Path, wanted: set[str]) -> None:
        self.folder, self.wanted = folder, wanted
        self.heard: list[tuple[str, str, str]] = []
        self.asked: list[tuple[str, str]] = []
        self.durable: list[bool] = []
        self.lines: Lines | None = None
        self.stopped = False
        self.counters = self

    def as_dict(self) -> dict[str, int]:
        return {"heard": len(self.heard)}

    def start(self, loop: asyncio.AbstractEventLoop, connections: Lines, /) -> None:
        self.lines = connections

    async def stop(self) -> None:
        self.stopped = True

    def wants(self, mn: str, cn: str, /) -> bool:
        self.asked.append((mn, cn))
        return cn in self.wanted

    def on_frame(self, mn: str, decoded: Decoded, sha256: str, line: Line, /) -> None:
        self.heard.append((mn, decoded.cn, sha256))
        self.durable.append(any(record.sha256 == sha256 for record in read_all(spool_path(self.folder))))
        line.send(b"heard\r\n")


async def test_the_listener_hears_durable_frames_that_it_wants_and_no_others(tmp_path: Path) -> None:
    listener = Listener(tmp_path, {"9011", "1001"})
    async with running(tmp_path, DIRECTORY, lambda: NOW, driver=listener) as gateway:
        async with connected(gateway.port) as (reader, writer):
            wrong = frame(cn="9011", pw="000000")
            stranger = frame("STRANGER", cn="9011", flag=4)
            spoilt = frame(cn="9011").replace(b"0.5", b"9.5")
            writer.write(frame() + frame("double-1", cn="9011", flag=4) + wrong + spoilt)
            writer.write(stranger + frame("STRANGER", cn="2051") + frame("CALM", cn="1001"))
            await until(lambda: gateway.counters.frames == 7)
            text = await asyncio.wait_for(reader.readuntil(b"heard\r\n" * 3), 5)
            assert text[: text.index(b"heard")].count(b"ST=91") == 2  # the answers go out first
        assert [(mn, cn) for mn, cn, _ in listener.heard] == [(MN, "9011"), ("STRANGER", "9011"), ("CALM", "1001")]
        assert listener.durable == [True, True, True]
        assert ("STRANGER", "2051") not in listener.asked
        assert listener.lines is gateway.connections
        assert decode(stranger).crc_ok
    assert listener.stopped
    assert read_counters(counters_path(tmp_path, "gateway"))["commands"] == {"heard": 3}
