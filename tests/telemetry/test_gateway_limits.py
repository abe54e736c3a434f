"""Limits of the gateway: who sends too fast is read more slowly, and nothing that was sent is lost by it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.fleet import PASSWORD, minute_frame
from tests.telemetry.lines import answers, connected, running, until

from qingtian.domain.hj212 import wrap_segment
from qingtian.domain.hj212.crc import crc16_modbus
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.counters import counters_path, read_counters
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway import limits, server
from qingtian.telemetry.gateway.limits import MOST_ADDRESSES, Addresses, Bucket, Limit
from qingtian.telemetry.spool import Verdict, read_all, spool_path

NOW = datetime(2025, 11, 22, 8, 30, tzinfo=SHANGHAI)
SECOND = timedelta(seconds=1)
MNS = [f"LIMIT{number:04d}" for number in range(12)]
DIRECTORY = StaticDirectory({mn: DeviceProfile(mn, f"DA{mn}", password=PASSWORD) for mn in MNS})


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SWEEP_S", 0.05)


def now() -> datetime:
    return NOW


def frame(mn: str, number: int = 0) -> bytes:
    return minute_frame(mn, NOW + number * SECOND, {"a21026": f"{number}.5"})


def tight(bucket: Bucket) -> Bucket:
    """A bucket whose burst is a tenth of a second's worth."""
    bucket._full = bucket._level = bucket._rate * 0.1
    return bucket


async def test_a_fast_line_is_read_more_slowly_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qingtian.telemetry.gateway.session.Bucket", lambda rate: tight(Bucket(rate)))
    async with (
        running(tmp_path, DIRECTORY, now, gateway_connection_frames=100) as gateway,
        connected(gateway.port) as (reader, writer),
    ):
        started = asyncio.get_running_loop().time()
        found = []
        for portion in range(3):  # 0.9 s worth; what was taken at once is waited for before the next is read
            writer.write(b"".join(frame(MNS[0], 30 * portion + number) for number in range(30)))
            found += await answers(reader, 30)
        taken = asyncio.get_running_loop().time() - started
        assert [one.qn for one in found] == [f"{NOW + number * SECOND:%Y%m%d%H%M%S}000" for number in range(90)]
        assert taken > 0.35
        assert gateway.counters.limits_hit[Limit.CONNECTION_FRAMES.value] > 0
        assert gateway.counters.accepted == 90


async def test_bytes_count_like_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qingtian.telemetry.gateway.session.Bucket", lambda rate: tight(Bucket(rate)))
    size = len(frame(MNS[0]))
    async with (
        running(
            tmp_path, DIRECTORY, now, gateway_connection_frames=0, gateway_connection_kb=size * 50 / 1024
        ) as gateway,
        connected(gateway.port) as (reader, writer),
    ):
        started = asyncio.get_running_loop().time()
        for portion in range(2):
            writer.write(b"".join(frame(MNS[0], 20 * portion + number) for number in range(20)))
            assert len(await answers(reader, 20)) == 20
        assert asyncio.get_running_loop().time() - started > 0.2
        assert gateway.counters.limits_hit[Limit.CONNECTION_BYTES.value] > 0


async def test_a_fast_device_is_slowed_down_on_every_line_together_and_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qingtian.telemetry.gateway.judge.Bucket", lambda rate: tight(Bucket(rate)))
    async with (
        running(tmp_path, DIRECTORY, now, gateway_device_frames=4) as gateway,
        connected(gateway.port) as (reader, writer),
        connected(gateway.port) as (second_reader, second_writer),
        connected(gateway.port) as (calm_reader, calm_writer),
    ):
        writer.write(b"".join(frame(MNS[0], number) for number in range(6)))
        second_writer.write(b"".join(frame(MNS[0], number) for number in range(10, 16)))
        assert len(await answers(reader, 6)) == len(await answers(second_reader, 6)) == 6
        writer.write(frame(MNS[0], 20))  # it is held now: 12 frames taken where 2 were allowed
        calm_writer.write(frame(MNS[1]))
        assert len(await answers(calm_reader, 1, timeout_s=5)) == 1
        assert gateway.counters.accepted == 13  # the frame that is held is not among them
        assert len(await answers(reader, 1)) == 1
        assert gateway.counters.limits_hit[Limit.DEVICE_FRAMES.value] > 0


async def test_strangers_are_slowed_down_by_address_not_the_registered_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "STRANGER_BURST_S", 0.1)
    async with (
        running(tmp_path, DIRECTORY, now, gateway_stranger_frames=6) as gateway,
        connected(gateway.port, "127.0.0.5") as (_, writer),
        connected(gateway.port, "127.0.0.5") as (reader, own),
    ):
        for portion in range(2):
            writer.write(b"".join(frame(f"STRANGER{portion}{number}") for number in range(6)))
            if portion == 0:
                await until(lambda: gateway.counters.unknown_device > 0)  # and what came with it is a debt to wait for
        own.write(frame(MNS[0]))
        assert len(await answers(reader, 1, timeout_s=5)) == 1
        assert gateway.counters.unknown_device == 6
        await until(lambda: gateway.counters.unknown_device == 12, 20)  # and all of them are kept in the end
        assert gateway.counters.limits_hit[Limit.STRANGER_FRAMES.value] > 0
    kept = [record for record in read_all(spool_path(tmp_path)) if record.verdict is Verdict.UNKNOWN_DEVICE]
    assert len(kept) == 12


async def test_devices_beyond_the_limit_of_a_line_are_kept_and_not_answered(tmp_path: Path) -> None:
    async with running(tmp_path, DIRECTORY, now, gateway_devices_per_connection=3) as gateway:
        async with connected(gateway.port) as (reader, writer):
            writer.write(b"".join(frame(mn) for mn in MNS[:5]) + frame(MNS[1], 9))
            assert [one.mn for one in await answers(reader, 4)] == [*MNS[:3], MNS[1]]
            await until(lambda: gateway.counters.refused == 2)
        async with connected(gateway.port) as (reader, writer):  # on another line they are welcome
            writer.write(b"".join(frame(mn) for mn in MNS[3:5]))
            assert [one.mn for one in await answers(reader, 2)] == MNS[3:5]
    refused = [record for record in read_all(spool_path(tmp_path)) if record.verdict is Verdict.REFUSED]
    assert [record.reason for record in refused] == ["too_many_devices: more than 3 MN on one connection"] * 2


async def test_connections_from_one_address_are_limited_and_places_become_free(tmp_path: Path) -> None:
    async with running(tmp_path, DIRECTORY, now, gateway_connections_per_address=2) as gateway:
        async with connected(gateway.port, "127.0.0.7"), connected(gateway.port, "127.0.0.7"):
            await until(lambda: gateway.counters.connections == 2)
            async with connected(gateway.port, "127.0.0.7") as (refused, _):
                with_reset = await asyncio.wait_for(_ended(refused), 5)
                assert with_reset
            async with connected(gateway.port, "127.0.0.8") as (reader, writer):
                writer.write(frame(MNS[0]))
                assert len(await answers(reader, 1)) == 1
        await until(lambda: gateway.counters.connections == 0)
        async with connected(gateway.port, "127.0.0.7") as (reader, writer):
            writer.write(frame(MNS[0]))
            assert len(await answers(reader, 1)) == 1
        assert gateway.counters.limits_hit[Limit.CONNECTIONS_PER_ADDRESS.value] == 1
        assert gateway.counters.connections_refused == 1


async def _ended(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


async def test_a_frame_that_drips_is_given_up_in_the_end_and_the_next_is_taken(tmp_path: Path) -> None:
    async with (
        running(tmp_path, DIRECTORY, now, gateway_frame_timeout_s=0.3) as gateway,
        connected(gateway.port) as (reader, writer),
    ):
        dripped = frame(MNS[0], 1)
        for start in range(0, 120, 2):  # never silent, never finished
            writer.write(dripped[start : start + 2])
            await asyncio.sleep(0.02)
            if gateway.counters.slow_frames:
                break
        assert gateway.counters.slow_frames == 1
        writer.write(b"\r\n" + frame(MNS[0], 2))
        [found] = await answers(reader, 1)
        assert found.qn == f"{NOW + 2 * SECOND:%Y%m%d%H%M%S}000"
        await until(lambda: gateway.counters.malformed >= 1)
        assert gateway.counters.rejected_by_reason["incomplete"] == 1


async def test_frames_that_follow_each_other_closely_are_not_called_slow(tmp_path: Path) -> None:
    async with (
        running(tmp_path, DIRECTORY, now, gateway_frame_timeout_s=0.3) as gateway,
        connected(gateway.port) as (reader, writer),
    ):
        stream = b"".join(frame(MNS[0], number) for number in range(40))
        for start in range(0, len(stream), 150):  # a part of a frame is always waiting, but never the same for long
            writer.write(stream[start : start + 150])
            await asyncio.sleep(0.01)
        assert len(await answers(reader, 40)) == 40
        assert gateway.counters.slow_frames == 0


@pytest.mark.parametrize(
    ("hello", "name"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "http_closed"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "tls_closed"),
    ],
)
async def test_browsers_and_tls_on_the_plain_port_are_closed_without_a_word_and_counted_by_address(
    tmp_path: Path, hello: bytes, name: str
) -> None:
    async with running(tmp_path, DIRECTORY, now) as gateway:
        async with connected(gateway.port, "127.0.0.9") as (reader, writer):
            writer.write(hello)
            assert await asyncio.wait_for(_ended(reader), 5)
        assert getattr(gateway.counters, name) == 1
        assert gateway.counters.foreign_by_address == {"127.0.0.9": 1}
        path = counters_path(tmp_path, "gateway")
        await until(lambda: read_counters(path).get("foreign_by_address") == {"127.0.0.9": 1})
    assert list(read_all(spool_path(tmp_path))) == []


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 50)), max_size=60), st.floats(1, 100))
def test_a_bucket_never_gives_more_than_its_rate_and_its_burst(steps: list[tuple[float, int]], rate: float) -> None:
    bucket = Bucket(rate, burst_s=1.0)
    at = given_out = 0.0
    for pause, count in steps:
        at += pause
        at += bucket.take(0, at)  # the debt is waited for
        given_out += count
        wait = bucket.take(count, at)
        assert given_out <= rate * (at + 1.0 + wait) + 1e-6 * (1 + given_out)


def test_without_a_rate_there_is_no_limit() -> None:
    assert Bucket(0).take(10**9, 0.0) == 0


def test_a_flood_of_addresses_fills_no_memory() -> None:
    addresses = Addresses(10.0)
    for number in range(MOST_ADDRESSES * 2):
        addresses.stranger(f"10.0.{number >> 8}.{number & 255}", 0.0)
    assert len(addresses.strangers) == MOST_ADDRESSES


async def test_a_frame_over_the_limit_of_length_is_kept_as_such_and_the_next_is_taken(tmp_path: Path) -> None:
    area = ";".join(f"a{number:05d}-Avg=1.25,a{number:05d}-Flag=N" for number in range(60))
    segment = (
        f"QN=20251122083000000;ST=31;CN=2051;PW={PASSWORD};MN={MNS[0]};Flag=5;CP=&&DataTime=20251122083000;{area}&&"
    )
    large = wrap_segment(segment.encode())
    async with (
        running(tmp_path, DIRECTORY, now, gateway_max_segment=1024) as gateway,
        connected(gateway.port) as (reader, writer),
    ):
        writer.write(large + frame(MNS[0], 1))
        [found] = await answers(reader, 1)
        assert found.qn == f"{NOW + SECOND:%Y%m%d%H%M%S}000"
        await until(lambda: gateway.counters.malformed >= 1)
        assert gateway.counters.rejected_by_reason["oversize"] == 1


async def test_modbus_check_codes_are_taken_off_the_line_only_where_the_register_says_so(tmp_path: Path) -> None:
    directory = StaticDirectory(
        {"MODBUS": DeviceProfile("MODBUS", "DA1", crc="modbus_too"), "PLAIN": DeviceProfile("PLAIN", "DA2")}
    )

    def modbus(mn: str, number: int) -> bytes:
        segment = frame(mn, number).rstrip()[6:-4]
        return b"##%04d%b%04X\r\n" % (len(segment), segment, crc16_modbus(segment))

    async with running(tmp_path, directory, now) as gateway, connected(gateway.port) as (reader, writer):
        writer.write(modbus("MODBUS", 1) + modbus("PLAIN", 2) + modbus("MODBUS", 3).rstrip() + frame("PLAIN", 4))
        found = await answers(reader, 3)
        assert [(one.mn, one.qn[-7:-3] if one.qn else "") for one in found] == [
            ("MODBUS", "3001"),
            ("MODBUS", "3003"),
            ("PLAIN", "3004"),
        ]
        assert all(one.crc_ok for one in found)
        assert gateway.counters.rejected_by_reason == {"crc_modbus": 1}
