"""The gateway over real sockets: what is acknowledged, what is kept, what is refused."""

from __future__ import annotations

import asyncio
import errno
import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.telemetry.fleet import PASSWORD, frame_hash, minute_frame

from qingtian.domain.errors import Unavailable
from qingtian.domain.hj212 import build_frame, decode
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import Settings
from qingtian.telemetry.counters import counters_path, read_counters
from qingtian.telemetry.devices import CachedDirectory, DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway import server
from qingtian.telemetry.gateway.server import Gateway
from qingtian.telemetry.spool import Verdict, read_all, spool_path
from qingtian.telemetry.spool.writer import DiskSegment

MN = "010000A8900016F000169DC0"
NOW = datetime(2025, 11, 22, 8, 30, tzinfo=SHANGHAI)
VALUES = {"a21026": "12.5"}
SECOND = timedelta(seconds=1)


def make_settings(folder: Path, **changes: Any) -> Settings:
    fields = {"data_dir": folder, "gateway_port": 0, "disk_reserve_mb": 1, "commit_delay_ms": 1}
    return Settings(**(fields | changes))


@pytest.fixture
def directory() -> StaticDirectory:
    return StaticDirectory({MN: DeviceProfile(MN, "DA001", password=PASSWORD), "OPEN": DeviceProfile("OPEN", "DA002")})


@pytest.fixture
async def start(tmp_path: Path, directory: StaticDirectory) -> AsyncIterator[Callable[..., Any]]:
    running: list[Gateway] = []

    async def start_one(open_segment: Callable[[Path], Any] = DiskSegment, **changes: Any) -> Gateway:
        gateway = Gateway(make_settings(tmp_path, **changes), directory, now=lambda: NOW, open_segment=open_segment)
        await gateway.start()
        running.append(gateway)
        return gateway

    yield start_one
    for gateway in running:
        await gateway.stop()


class Line:
    """A raw connection of a device."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, gateway: Gateway) -> Line:
        return cls(*await asyncio.open_connection("127.0.0.1", gateway.port))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, timeout_s: float = 5.0) -> Any:
        async with asyncio.timeout(timeout_s):
            return decode(await self.reader.readline())

    async def silence(self, for_s: float = 0.3) -> bool:
        try:
            async with asyncio.timeout(for_s):
                return await self.reader.read(1) == b""
        except TimeoutError:
            return True

    async def closed_by_peer(self) -> bool:
        async with asyncio.timeout(5):
            try:
                return await self.reader.read(1) == b""
            except ConnectionResetError:
                return True

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            return


async def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


def kept(folder: Path) -> list[tuple[Verdict, bytes]]:
    return [(record.verdict, record.raw) for record in read_all(spool_path(folder))]


async def test_a_frame_is_acknowledged_once_it_is_in_the_spool(start: Any, tmp_path: Path) -> None:
    gateway = await start()
    line = await Line.to(gateway)
    frame = minute_frame(MN, NOW, VALUES)
    await line.send(frame)
    answer = await line.answer()
    (record,) = read_all(spool_path(tmp_path))  # read at the very moment of the answer
    assert (record.raw, record.sha256, record.verdict) == (frame.rstrip(), frame_hash(frame), Verdict.ACCEPTED)
    assert record.received_at == NOW
    assert record.peer.startswith("127.0.0.1:")
    assert (answer.cn, answer.st, answer.mn, answer.flag) == ("9014", "91", MN, 4)
    assert answer.qn == decode(frame).qn
    assert answer.crc_ok
    await line.close()


async def test_without_the_ack_bit_nothing_is_answered(start: Any, tmp_path: Path) -> None:
    gateway = await start()
    line = await Line.to(gateway)
    await line.send(minute_frame(MN, NOW, VALUES, flag=4))
    await until(lambda: gateway.counters.accepted == 1)
    assert await line.silence()
    assert gateway.counters.acked == 0
    await line.close()


async def test_a_repeat_is_acknowledged_again(start: Any) -> None:
    gateway = await start()
    line = await Line.to(gateway)
    frame = minute_frame(MN, NOW, VALUES)
    for _ in range(3):
        await line.send(frame)
        assert (await line.answer()).cn == "9014"
    assert gateway.counters.acked == 3
    await line.close()


async def test_half_frames_and_several_in_one_read_are_put_together(start: Any) -> None:
    gateway = await start()
    line = await Line.to(gateway)
    data = b"".join(minute_frame(MN, NOW + index * SECOND, VALUES) for index in range(4))
    for start_at in range(0, len(data), 37):
        await line.send(data[start_at : start_at + 37])
        await asyncio.sleep(0.002)
    answers = [await line.answer() for _ in range(4)]
    assert [answer.qn for answer in answers] == [f"{NOW + index * SECOND:%Y%m%d%H%M%S}000" for index in range(4)]
    await line.send(data)
    assert len([await line.answer() for _ in range(4)]) == 4
    await line.close()


async def test_one_connection_may_carry_several_devices(start: Any) -> None:
    gateway = await start()
    line = await Line.to(gateway)
    await line.send(minute_frame(MN, NOW, VALUES) + minute_frame("OPEN", NOW, VALUES, pw="999999"))
    assert [(await line.answer()).mn, (await line.answer()).mn] == [MN, "OPEN"]
    await line.close()


async def test_split_parts_are_acknowledged_each(start: Any) -> None:
    gateway = await start()
    line = await Line.to(gateway)
    for part in (1, 2):
        await line.send(
            build_frame(
                qn=f"2025112208300053{part}",
                st="31",
                cn="2051",
                pw=PASSWORD,
                mn=MN,
                flag=7,
                cp=f"DataTime=20251122083000;a2102{part}-Avg=1,a2102{part}-Flag=N",
                pnum=2,
                pno=part,
            )
        )
    answers = [await line.answer() for _ in range(2)]
    assert [answer.qn for answer in answers] == ["20251122083000531", "20251122083000532"]
    await line.close()


async def test_a_wrong_crc_is_kept_counted_and_never_acknowledged(start: Any, tmp_path: Path) -> None:
    gateway = await start()
    line = await Line.to(gateway)
    frame = bytearray(minute_frame(MN, NOW, VALUES))
    place = frame.index(b"12.5")
    frame[place] = ord("9")
    await line.send(bytes(frame))
    await until(lambda: gateway.counters.bad_crc == 1)
    assert await line.silence()
    (record,) = read_all(spool_path(tmp_path))
    assert record.verdict is Verdict.BAD_CRC
    assert record.raw == bytes(frame).rstrip()
    assert "computed" in record.reason
    assert gateway.counters.rejected_by_device == {MN: 1}
    await line.send(minute_frame(MN, NOW, VALUES))  # the line goes on
    assert (await line.answer()).cn == "9014"
    await line.close()


async def test_an_unknown_device_is_kept_and_not_acknowledged(start: Any, tmp_path: Path) -> None:
    gateway = await start()
    line = await Line.to(gateway)
    await line.send(minute_frame("88888888", NOW, VALUES))
    await until(lambda: gateway.counters.unknown_device == 1)
    assert await line.silence()
    assert [verdict for verdict, _ in kept(tmp_path)] == [Verdict.UNKNOWN_DEVICE]
    await line.close()


@pytest.mark.parametrize(("policy", "answered"), [("answer", True), ("reject", False)])
async def test_a_wrong_password_is_kept_apart_and_answered_as_the_register_says(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, policy: str, answered: bool
) -> None:
    profile = DeviceProfile(MN, "DA001", password=PASSWORD, password_policy=policy)
    gateway = Gateway(make_settings(tmp_path), StaticDirectory({MN: profile}), now=lambda: NOW)
    await gateway.start()
    line = await Line.to(gateway)
    await line.send(minute_frame(MN, NOW, VALUES, pw="777777"))
    await until(lambda: gateway.counters.wrong_password == 1)
    if answered:
        assert (await line.answer()).cn == "9014"
    else:
        assert await line.silence()
    (record,) = read_all(spool_path(tmp_path))
    assert record.verdict is Verdict.WRONG_PASSWORD
    assert record.reason == f"password_{policy}ed"
    assert gateway.counters.accepted == 0
    assert "777777" not in caplog.text
    assert PASSWORD not in caplog.text
    await line.close()
    await gateway.stop()


async def test_a_password_that_is_not_to_be_compared_is_not(tmp_path: Path) -> None:
    profile = DeviceProfile(MN, "DA001", password=PASSWORD, password_policy="ignore")
    gateway = Gateway(make_settings(tmp_path), StaticDirectory({MN: profile}), now=lambda: NOW)
    await gateway.start()
    line = await Line.to(gateway)
    await line.send(minute_frame(MN, NOW, VALUES, pw="777777"))
    assert (await line.answer()).cn == "9014"
    assert gateway.counters.accepted == 1
    await line.close()
    await gateway.stop()


async def test_a_frame_without_a_device_is_malformed(start: Any, tmp_path: Path) -> None:
    gateway = await start()
    line = await Line.to(gateway)
    await line.send(minute_frame("", NOW, VALUES))
    await until(lambda: gateway.counters.malformed == 1)
    assert [verdict for verdict, _ in kept(tmp_path)] == [Verdict.MALFORMED]
    await line.close()


async def test_a_frame_that_was_cut_off_is_kept_when_the_line_drops(start: Any, tmp_path: Path) -> None:
    gateway = await start()
    line = await Line.to(gateway)
    await line.send(minute_frame(MN, NOW, VALUES)[:60])
    await asyncio.sleep(0.05)
    await line.close()
    await until(lambda: gateway.counters.malformed + gateway.counters.bad_crc == 1)
    ((verdict, raw),) = kept(tmp_path)
    assert verdict in (Verdict.MALFORMED, Verdict.BAD_CRC)
    assert raw == minute_frame(MN, NOW, VALUES)[:60]


async def test_an_unfinished_frame_is_given_up_after_some_silence(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PARTIAL_TIMEOUT_S", 0.1)
    monkeypatch.setattr(server, "SWEEP_S", 0.05)
    gateway = await start()
    line = await Line.to(gateway)
    await line.send(minute_frame(MN, NOW, VALUES)[:60])
    await until(lambda: gateway.counters.malformed + gateway.counters.bad_crc == 1)
    await line.send(minute_frame(MN, NOW, VALUES))
    assert (await line.answer()).cn == "9014"
    await line.close()


async def test_garbage_between_frames_is_skipped_and_counted(start: Any) -> None:
    gateway = await start()
    line = await Line.to(gateway)
    await line.send(b"\x00\xff#heartbeat\r\nAT+CSQ\r\n" + minute_frame(MN, NOW, VALUES))
    assert (await line.answer()).cn == "9014"
    assert gateway.counters.garbage_bytes >= 20
    await line.close()


@pytest.mark.parametrize(
    ("first", "counter"),
    [(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "http_closed"), (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "tls_closed")],
)
async def test_other_protocols_get_no_answer_and_are_closed(start: Any, first: bytes, counter: str) -> None:
    gateway = await start()
    line = await Line.to(gateway)
    await line.send(first)
    assert await line.closed_by_peer()
    assert getattr(gateway.counters, counter) == 1
    assert gateway.counters.frames == 0
    await line.close()


@pytest.mark.parametrize(("cn", "expected"), [("9015", "9013"), ("1013", "9013"), ("2061", "9014"), ("3020", "9014")])
async def test_each_kind_gets_its_own_answer(start: Any, cn: str, expected: str) -> None:
    gateway = await start()
    line = await Line.to(gateway)
    await line.send(minute_frame(MN, NOW, VALUES, cn=cn))
    answer = await line.answer()
    assert (answer.cn, answer.flag & 1) == (expected, 0)
    await line.close()


async def test_answers_are_never_answered(start: Any) -> None:
    gateway = await start()
    line = await Line.to(gateway)
    await line.send(minute_frame(MN, NOW, {}, cn="9012"))
    await until(lambda: gateway.counters.accepted == 1)
    assert await line.silence()
    await line.close()


async def test_a_full_disk_stops_the_acknowledgements_with_a_clear_error(start: Any, tmp_path: Path) -> None:
    full = False

    class Disk(DiskSegment):
        def write(self, data: bytes) -> None:
            if full:
                raise OSError(errno.ENOSPC, "No space left on device")
            super().write(data)

    gateway = await start(open_segment=Disk)
    line = await Line.to(gateway)
    await line.send(minute_frame(MN, NOW, VALUES))
    assert (await line.answer()).cn == "9014"
    full = True
    await line.send(minute_frame(MN, NOW + SECOND, VALUES))
    await until(lambda: gateway.counters.not_stored == 1)
    assert await line.silence()
    assert "No space left" in gateway.counters.last_error
    full = False
    await line.send(minute_frame(MN, NOW + SECOND, VALUES))  # the device sends again
    assert (await line.answer()).qn == f"{NOW + SECOND:%Y%m%d%H%M%S}000"
    assert gateway.counters.last_error == ""
    assert gateway.counters.in_flight_bytes == 0
    assert len(kept(tmp_path)) == 2
    await line.close()


async def test_more_connections_than_allowed_are_refused(start: Any) -> None:
    gateway = await start(max_connections=2)
    lines = [await Line.to(gateway) for _ in range(2)]
    await until(lambda: gateway.counters.connections == 2)
    third = await Line.to(gateway)
    assert await third.closed_by_peer()
    assert gateway.counters.connections_refused == 1
    await lines[0].close()
    await until(lambda: gateway.counters.connections == 1)
    fourth = await Line.to(gateway)
    await fourth.send(minute_frame(MN, NOW, VALUES))
    assert (await fourth.answer()).cn == "9014"
    for line in (lines[1], third, fourth):
        await line.close()


async def test_a_silent_line_is_closed(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SWEEP_S", 0.05)
    gateway = await start(idle_timeout_s=10)
    object.__setattr__(gateway._settings, "idle_timeout_s", 0.1)
    line = await Line.to(gateway)
    assert await line.closed_by_peer()
    assert gateway.counters.idle_closed == 1
    await line.close()


async def test_reading_stops_while_too_much_waits_for_the_disk(
    start: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(server, "MAX_IN_FLIGHT", 1000)
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    class Slow(DiskSegment):
        started = False

        def sync(self) -> None:
            if Slow.started:
                asyncio.run_coroutine_threadsafe(release.wait(), loop).result(20)
            super().sync()

    gateway = await start(open_segment=Slow)
    Slow.started = True
    line = await Line.to(gateway)
    frames = [minute_frame(MN, NOW + index * SECOND, VALUES) for index in range(200)]
    for frame in frames:
        await line.send(frame)
        await asyncio.sleep(0)
    await until(lambda: gateway.counters.in_flight_bytes > 1000)
    await asyncio.sleep(0.2)
    assert gateway._shared is not None
    assert gateway._shared.reading_stopped
    assert gateway.counters.acked == 0
    release.set()
    answers = [await line.answer() for _ in frames]
    assert len({answer.qn for answer in answers}) == 200
    assert gateway.counters.in_flight_bytes == 0
    await line.close()


async def test_stopping_acknowledges_what_was_received(start: Any, tmp_path: Path) -> None:
    gateway = await start()
    line = await Line.to(gateway)
    for index in range(50):
        await line.send(minute_frame(MN, NOW + index * SECOND, VALUES))
    await until(lambda: gateway.counters.in_flight_bytes > 0 or gateway.counters.accepted > 0)
    await gateway.stop()
    data = b""
    async with asyncio.timeout(5):
        while chunk := await line.reader.read(65536):
            data += chunk
    acknowledged = data.count(b"CN=9014")
    assert acknowledged == gateway.counters.acked
    assert acknowledged == len(kept(tmp_path))
    assert acknowledged > 0
    await line.close()
    with pytest.raises(OSError):
        await Line.to(gateway)


def test_the_process_runs_on_uvloop_and_behaves_the_same(tmp_path: Path, directory: StaticDirectory) -> None:
    answered = []

    async def talk() -> None:
        assert type(asyncio.get_running_loop()).__module__.startswith("uvloop")
        gateway = Gateway(make_settings(tmp_path, max_connections=1), directory, now=lambda: NOW)
        await gateway.start()
        line = await Line.to(gateway)
        await line.send(minute_frame(MN, NOW, VALUES)[:50])
        await asyncio.sleep(0.02)
        await line.send(minute_frame(MN, NOW, VALUES)[50:] + minute_frame("nobody", NOW, VALUES))
        answered.append((await line.answer()).cn)
        refused = await Line.to(gateway)
        assert await refused.closed_by_peer()
        await refused.close()
        await gateway.stop()
        assert await line.closed_by_peer()
        await line.close()

    server.run(talk())
    assert answered == ["9014"]
    assert [verdict for verdict, _ in kept(tmp_path)] == [Verdict.ACCEPTED, Verdict.UNKNOWN_DEVICE]


async def test_counters_can_be_read_by_other_processes(start: Any, tmp_path: Path) -> None:
    gateway = await start()
    line = await Line.to(gateway)
    await line.send(minute_frame(MN, NOW, VALUES))
    await line.answer()
    await line.close()
    await gateway.stop()
    counters = read_counters(counters_path(tmp_path, "gateway"))
    assert counters["state"] == "stopped"
    assert (counters["accepted"], counters["acked"], counters["spool_error"]) == (1, 1, "")
    assert json.dumps(counters)
    assert read_counters(tmp_path / "nothing.json") == {}


async def test_a_port_in_use_is_named(start: Any, tmp_path: Path, directory: StaticDirectory) -> None:
    gateway = await start()
    other = Gateway(make_settings(tmp_path / "other", gateway_port=gateway.port), directory, now=lambda: NOW)
    with pytest.raises(Unavailable, match="gateway_port"):
        await other.start()


def test_the_register_is_served_from_its_last_copy_when_the_database_is_away(tmp_path: Path) -> None:
    profiles = {MN: DeviceProfile(MN, "DA001", password=PASSWORD, units={"a21026": "mg/m3"}, expects=("minute",))}

    def away() -> dict[str, DeviceProfile]:
        raise OSError("connection refused")

    nothing = CachedDirectory(away, tmp_path / "devices.json")
    assert nothing.refresh() is False
    assert nothing.get(MN) is None
    first = CachedDirectory(lambda: profiles, tmp_path / "devices.json")
    assert first.refresh() is True
    assert (tmp_path / "devices.json").stat().st_mode & 0o077 == 0
    restarted = CachedDirectory(away, tmp_path / "devices.json")
    assert restarted.refresh() is True
    assert restarted.get(MN) == profiles[MN]
    assert PASSWORD not in repr(restarted.get(MN))
    assert restarted.refresh() is True
