"""The gateway among many and odd peers: trickles, crowds, bursts, cut lines, endless frames. Over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.telemetry.fleet import PASSWORD, minute_frame

from qingtian.domain.hj212 import FrameOk, Framer, decode, wrap_segment
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import Settings
from qingtian.telemetry.counters import counters_path, read_counters
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway import server
from qingtian.telemetry.gateway.server import Gateway
from qingtian.telemetry.spool import Verdict, read_all, spool_path

NOW = datetime(2025, 11, 22, 8, 30, tzinfo=SHANGHAI)
SECOND = timedelta(seconds=1)
MNS = [f"CROWD{number:04d}" for number in range(60)]
DEVICES = {mn: DeviceProfile(mn, f"DA{mn}", password=PASSWORD) for mn in MNS}


@pytest.fixture
async def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    monkeypatch.setattr(server, "SWEEP_S", 0.05)
    settings = Settings(data_dir=tmp_path, gateway_port=0, disk_reserve_mb=1, commit_delay_ms=1)
    one = Gateway(settings, StaticDirectory(DEVICES), now=lambda: NOW)
    await one.start()
    yield one
    await one.stop()


@contextlib.asynccontextmanager
async def connected(gateway: Gateway) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def answers(reader: asyncio.StreamReader, count: int) -> list[Any]:
    """The next `count` answers; anything that is no whole frame fails the test."""
    found: list[Any] = []
    framer = Framer()
    async with asyncio.timeout(20):
        while len(found) < count:
            data = await reader.read(65536)
            assert data, f"closed after {len(found)} of {count} answers"
            for event in framer.feed(data):
                assert isinstance(event, FrameOk)
                found.append(decode(event.raw))
    return found


async def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


def frame(mn: str, number: int, **changes: Any) -> bytes:
    return minute_frame(mn, NOW + number * SECOND, {"a21026": f"{number}.5"}, **changes)


def kept(gateway: Gateway, verdict: Verdict = Verdict.ACCEPTED) -> list[bytes]:
    folder = spool_path(gateway._settings.data_dir)
    return [record.raw for record in read_all(folder) if record.verdict is verdict]


def settled(gateway: Gateway, frames: int) -> Callable[[], bool]:
    return lambda: gateway.counters.frames == frames and gateway.counters.in_flight_bytes == 0


# -- trickles and bursts ---------------------------------------------------------------------------------------------


async def test_a_sender_of_single_bytes_is_served_like_any_other(gateway: Gateway) -> None:
    frames = [frame(MNS[0], number) for number in range(3)]
    async with connected(gateway) as (reader, writer):
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"".join(frames):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)
        found = await answers(reader, 3)
    assert [one.qn for one in found] == [decode(one).qn for one in frames]
    assert kept(gateway) == [one.rstrip() for one in frames]
    assert gateway.counters.garbage_bytes == 0


async def test_a_burst_in_one_write_is_answered_frame_by_frame_in_order(gateway: Gateway) -> None:
    frames = [frame(MNS[0], number) for number in range(400)]
    async with connected(gateway) as (reader, writer):
        writer.write(b"".join(frames))
        found = await answers(reader, 400)
    assert [one.qn for one in found] == [decode(one).qn for one in frames]
    assert kept(gateway) == [one.rstrip() for one in frames]
    assert gateway.counters.in_flight_bytes == 0


async def test_frames_without_line_ends_are_parted_by_their_length(gateway: Gateway) -> None:
    frames = [frame(MNS[0], number).rstrip() for number in range(5)]
    async with connected(gateway) as (reader, writer):
        writer.write(b"".join(frames))
        assert len(await answers(reader, 5)) == 5
    assert kept(gateway) == frames


# -- crowds ----------------------------------------------------------------------------------------------------------


async def test_fifty_connections_at_once_get_their_own_answers_and_no_others(gateway: Gateway) -> None:
    async def device(mn: str) -> list[Any]:
        async with connected(gateway) as (reader, writer):
            for number in range(4):
                writer.write(frame(mn, number))
                await asyncio.sleep(0)
            return await answers(reader, 4)

    results = await asyncio.gather(*(device(mn) for mn in MNS[:50]))
    for mn, found in zip(MNS[:50], results, strict=True):
        assert [one.mn for one in found] == [mn] * 4
        assert [one.qn for one in found] == [decode(frame(mn, number)).qn for number in range(4)]
    assert Counter(kept(gateway)) == Counter(frame(mn, n).rstrip() for mn in MNS[:50] for n in range(4))
    await until(lambda: gateway.counters.connections == 0)
    assert gateway.counters.connections_total == 50
    assert gateway.counters.acked == gateway.counters.accepted == 200


async def test_one_line_may_carry_sixty_devices_in_turns(gateway: Gateway) -> None:
    async with connected(gateway) as (reader, writer):
        writer.write(b"".join(frame(mn, number) for number in range(3) for mn in MNS))
        found = await answers(reader, 180)
    assert [one.mn for one in found] == MNS * 3


async def test_each_of_mixed_frames_gets_what_it_deserves(gateway: Gateway) -> None:
    spoilt = frame(MNS[0], 1).replace(b"1.5", b"9.5")
    stream = [
        frame(MNS[0], 0),
        spoilt,
        frame("STRANGER", 2),
        frame(MNS[0], 3, pw="000000"),
        frame(MNS[0], 4, flag=4),  # asks for no answer
        frame(MNS[1], 5),
    ]
    async with connected(gateway) as (reader, writer):
        writer.write(b"".join(stream))
        found = await answers(reader, 3)
        await until(settled(gateway, 6))
    # the wrong password is answered, so that the device does not send it for ever; its values go nowhere
    assert [one.qn for one in found] == [decode(stream[at]).qn for at in (0, 3, 5)]
    counters = gateway.counters
    assert (counters.accepted, counters.acked) == (3, 3)
    assert (counters.bad_crc, counters.unknown_device, counters.wrong_password) == (1, 1, 1)
    assert dict(counters.rejected_by_device) == {MNS[0]: 2, "STRANGER": 1}
    assert kept(gateway, Verdict.BAD_CRC) == [spoilt.rstrip()]
    assert len(list(read_all(spool_path(gateway._settings.data_dir)))) == 6


# -- cut lines -------------------------------------------------------------------------------------------------------


async def test_halves_on_two_lines_are_never_joined(gateway: Gateway) -> None:
    whole = frame(MNS[0], 7)
    for half in (whole[:80], whole[80:]):
        async with connected(gateway) as (_, writer):
            writer.write(half)
            await writer.drain()
            await asyncio.sleep(0.05)
    await until(lambda: gateway.counters.connections == 0)
    assert gateway.counters.accepted == 0
    assert gateway.counters.acked == 0
    assert kept(gateway) == []


@pytest.mark.parametrize("cut", [1, 5, 40, -3])
async def test_a_line_cut_in_a_frame_keeps_what_was_whole_and_disturbs_no_neighbour(gateway: Gateway, cut: int) -> None:
    async with connected(gateway) as (reader, writer):
        async with connected(gateway) as (other_reader, other_writer):
            other_writer.write(frame(MNS[1], 0) + frame(MNS[1], 1)[:cut])
            assert len(await answers(other_reader, 1)) == 1
            # A reset, as when the modem loses its net: no farewell.
            other_writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            other_writer.transport.abort()
        await until(lambda: gateway.counters.connections == 1)
        writer.write(frame(MNS[0], 2))
        assert [one.mn for one in await answers(reader, 1)] == [MNS[0]]
    assert kept(gateway) == [frame(MNS[1], 0).rstrip(), frame(MNS[0], 2).rstrip()]


async def test_frames_of_a_peer_that_does_not_wait_for_its_answers_are_stored(gateway: Gateway) -> None:
    frames = [frame(MNS[0], number) for number in range(100)]
    async with connected(gateway) as (_, writer):
        writer.write(b"".join(frames))
        await writer.drain()
    await until(settled(gateway, 100))
    assert kept(gateway) == [one.rstrip() for one in frames]
    assert gateway.counters.accepted == 100


# -- too large, too silent -------------------------------------------------------------------------------------------


async def test_a_frame_without_end_is_given_up_and_the_next_one_is_taken(gateway: Gateway) -> None:
    async with connected(gateway) as (reader, writer):
        writer.write(b"##9999" + b"DataTime=x;" * 3000)
        writer.write(b"\r\n" + frame(MNS[0], 0))
        [found] = await answers(reader, 1)
    assert found.mn == MNS[0]
    assert kept(gateway) == [frame(MNS[0], 0).rstrip()]
    rejected = kept(gateway, Verdict.MALFORMED) + kept(gateway, Verdict.BAD_CRC)
    assert sum(map(len, rejected)) + gateway.counters.garbage_bytes >= 33000
    assert max(map(len, rejected), default=0) < 20000


async def test_a_data_area_over_the_limit_of_the_standard_is_taken_whole(gateway: Gateway) -> None:
    items = ";".join(f"a{number:05d}-Avg=1.25,a{number:05d}-Flag=N" for number in range(200))
    head = f"QN=20251122083000000;ST=31;CN=2051;PW={PASSWORD};MN={MNS[0]};Flag=5;"
    large = wrap_segment(f"{head}CP=&&DataTime=20251122083000;{items}&&".encode())
    assert len(large) > 4096
    async with connected(gateway) as (reader, writer):
        writer.write(large)
        assert (await answers(reader, 1))[0].cn == "9014"
    assert kept(gateway) == [large.rstrip()]


async def test_megabytes_of_noise_cost_no_memory_and_no_service(gateway: Gateway) -> None:
    async with connected(gateway) as (reader, writer):
        for _ in range(32):
            writer.write(b"\x00#noise&&" * 8192)
            await writer.drain()
        writer.write(frame(MNS[0], 0))
        assert len(await answers(reader, 1)) == 1
        assert gateway._shared is not None
        [session] = gateway._shared.sessions
        assert session._framer.pending == 0
    assert gateway.counters.garbage_bytes == 32 * 8192 * 9
    assert gateway.counters.frames == 1


async def test_only_the_silent_line_is_closed(gateway: Gateway) -> None:
    object.__setattr__(gateway._settings, "idle_timeout_s", 0.4)
    async with connected(gateway) as (quiet, _), connected(gateway) as (reader, writer):
        number = 0
        async with asyncio.timeout(10):
            while gateway.counters.idle_closed == 0:
                writer.write(frame(MNS[0], number))
                assert len(await answers(reader, 1)) == 1
                number += 1
                await asyncio.sleep(0.05)
        assert await quiet.read() == b""
        writer.write(frame(MNS[0], number))
        assert len(await answers(reader, 1)) == 1
    assert gateway.counters.idle_closed == 1


async def test_a_drop_of_bytes_now_and_then_keeps_a_line_open(gateway: Gateway) -> None:
    object.__setattr__(gateway._settings, "idle_timeout_s", 0.4)
    data = frame(MNS[0], 0)
    async with connected(gateway) as (reader, writer):
        for start in range(0, len(data), 12):  # lasts longer than the time-out in all
            writer.write(data[start : start + 12])
            await asyncio.sleep(0.06)
        assert len(await answers(reader, 1)) == 1
    assert gateway.counters.idle_closed == 0


# -- counters --------------------------------------------------------------------------------------------------------


async def test_the_counter_file_adds_up_and_names_no_secret(gateway: Gateway) -> None:
    async with connected(gateway) as (reader, writer):
        writer.write(b"xx" + frame(MNS[0], 0) + frame(MNS[0], 1, pw="SECRET77") + frame("STRANGER", 2))
        await answers(reader, 1)
        await until(settled(gateway, 3))
        path = counters_path(gateway._settings.data_dir, "gateway")
        await until(lambda: read_counters(path).get("frames") == 3)
        values = read_counters(path)
    parts = ("accepted", "bad_crc", "malformed", "unknown_device", "wrong_password")
    assert values["frames"] == sum(values[name] for name in parts)
    assert (values["connections"], values["connections_total"], values["state"]) == (1, 1, "listening")
    assert (values["port"], values["not_stored"], values["in_flight_bytes"]) == (gateway.port, 0, 0)
    assert 1 <= values["syncs"] <= 3
    assert values["garbage_bytes"] == 2
    assert "SECRET77" not in path.read_text("utf-8")
    assert PASSWORD not in path.read_text("utf-8")
    assert datetime.fromisoformat(values["at"]).tzinfo is not None


async def test_after_the_stop_the_counters_say_so_and_the_port_is_free(gateway: Gateway) -> None:
    port = gateway.port
    await gateway.stop()
    await gateway.stop()  # a second signal does no harm
    assert read_counters(counters_path(gateway._settings.data_dir, "gateway"))["state"] == "stopped"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
