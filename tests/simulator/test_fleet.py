"""Devices over real TCP against the real gateway: one, many, forwarders, TLS, storms, hosts that go away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qingtian.domain.errors import InvalidInput, Unavailable
from qingtian.domain.hj212 import Edition, FrameOk, Framer, build_data_ack, build_frame, decode
from qingtian.runtime.clock import real_now
from qingtian.runtime.settings import Settings
from qingtian.simulator import (
    DeviceSettings,
    Fleet,
    SimulatedDevice,
    TimeBase,
    Trouble,
    built_in_profile,
    fleet_of,
    simulated_device,
)
from qingtian.simulator.fleet import allow_files, bound_socket, check_sources, probe
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway.server import Gateway
from qingtian.telemetry.spool import Verdict, read_all, spool_path

NOISE = built_in_profile("noise")


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    running: list[Gateway] = []

    async def start(devices: Sequence[DeviceSettings], **changes: Any) -> Gateway:
        directory = StaticDirectory(
            {
                one.mn: DeviceProfile(one.mn, one.mn, edition=int(one.edition.value), password=one.wire.password)
                for one in devices
            }
        )
        values = {"data_dir": tmp_path, "gateway_port": 0, "disk_reserve_mb": 1, "commit_delay_ms": 1} | changes
        one = Gateway(Settings(**values), directory)
        await one.start()
        running.append(one)
        return one

    yield start
    for one in running:
        await one.stop()


def fleet(settings: Sequence[DeviceSettings], port: int, **changes: Any) -> Fleet:
    base = TimeBase(real_now().timestamp(), time.monotonic())
    return Fleet(settings, "127.0.0.1", port, base=base, **changes)


async def until(holds: Callable[[], bool], timeout_s: float = 20.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not holds():
            await asyncio.sleep(0.01)


async def test_what_a_device_says_is_in_the_spool_and_acknowledged(gateway: Any, tmp_path: Path) -> None:
    settings = simulated_device(built_in_profile("flue_gas"), realtime=False, periods=False)
    running = await gateway([settings])
    async with SimulatedDevice(settings, running.port) as sim:
        sim.speak("2061", "2051", "2031", "2011", "clock", "heartbeat", "log", "restart", "2021")
        await sim.until(lambda: not sim.device.outbox.waiting)
        assert sim.stats.resent == 0
    kept = [decode(record.raw) for record in read_all(spool_path(tmp_path))]
    assert {one.cn for one in kept} == {"2061", "2051", "2031", "2011", "1013", "9015", "3020", "2081", "2021"}
    assert all(one.ok for one in kept)
    assert sim.stats.acked == len(kept)
    assert sim.sent.count(b"##") == len(kept)
    assert sim.heard.count(b"CN=9014") + sim.heard.count(b"CN=9013") == len(kept)


async def test_five_hundred_devices_are_served_and_every_frame_is_acknowledged(gateway: Any) -> None:
    settings = fleet_of((NOISE, built_in_profile("power")), 500, realtime_s=2, spread_s=1.0)
    running = await gateway(settings)
    crowd = fleet(settings, running.port)
    await crowd.start()
    await until(lambda: crowd.stats.connected == 500)
    await until(lambda: crowd.stats.acked >= 700)
    for device in crowd.devices:
        device.cycles.by_cn.clear()
    await until(lambda: not any(device.outbox.waiting for device in crowd.devices))
    await crowd.stop()
    stats = crowd.stats
    assert stats.connections == 500
    assert stats.acked == stats.sent == running.counters.accepted
    assert (stats.resent, stats.given_up, stats.lost, stats.refused) == (0, 0, 0, 0)
    assert stats.rtt.count == stats.acked


async def test_loss_and_duplication_cost_resends_but_no_record(gateway: Any, tmp_path: Path) -> None:
    trouble = Trouble(loss=0.3, duplicate=0.2, reorder=0.1, half=0.2, garbage=0.1)
    settings = [
        replace(one, wire=replace(one.wire, overtime_s=1, resends=9))
        for one in fleet_of((NOISE,), 5, realtime=False, backfill_s=4 * 3600, trouble=trouble)
    ]
    running = await gateway(settings)
    crowd = fleet(settings, running.port)
    await crowd.start()
    await until(lambda: crowd.stats.backfilled >= 5 * 24 and not any(d.outbox.waiting for d in crowd.devices))
    await crowd.stop()
    assert crowd.stats.resent > 0
    assert {"loss", "duplicate", "half", "garbage"} <= set(crowd.stats.trouble)
    frames = [decode(one.raw) for one in read_all(spool_path(tmp_path)) if one.verdict is Verdict.ACCEPTED]
    periods = {(one.cn, one.data_time) for one in frames}
    assert len(periods) >= 24
    assert {(one.mn, one.cn, one.data_time) for one in frames} == {(one.mn, *at) for one in settings for at in periods}


async def test_a_forwarder_carries_several_devices_on_one_line(gateway: Any) -> None:
    settings = fleet_of((NOISE,), 6, realtime_s=1, periods=False)
    running = await gateway(settings)
    crowd = fleet(settings, running.port, forward=3)
    await crowd.start()
    await until(lambda: all(device.stats.acked >= 12 for device in crowd.devices))
    assert crowd.stats.connections == 2
    assert not any(len(device.outbox.waiting) > 3 for device in crowd.devices)
    await crowd.stop()


async def test_a_storm_brings_everybody_back_at_once(gateway: Any) -> None:
    settings = fleet_of((NOISE,), 40, realtime=False, periods=False, trouble=Trouble(storm=0.5))
    running = await gateway(settings)
    crowd = fleet(settings, running.port)
    await crowd.start()
    await until(lambda: crowd.stats.connections >= 120)
    await until(lambda: crowd.stats.connected == 40)
    await crowd.stop()
    assert crowd.stats.lost >= 80


async def test_a_host_that_goes_away_is_called_again_with_growing_pauses(gateway: Any) -> None:
    settings = simulated_device(NOISE, realtime=False, periods=False)
    running = await gateway([settings])
    async with SimulatedDevice(settings, running.port) as sim:
        port = running.port
        await running.stop()
        await sim.until(lambda: sim.stats.refused >= 2, 10)
        sim.speak("2061")  # waits in the memory, as there is no line
        again = await gateway([settings], gateway_port=port)
        await sim.until(lambda: sim.device.online, 10)
        assert sim.stats.connections == 2
        assert again.port == port


async def test_a_gateway_that_is_stopped_and_started_again_gets_every_record_once_it_is_back(
    gateway: Any, tmp_path: Path
) -> None:
    settings = [
        replace(one, wire=replace(one.wire, overtime_s=1, resends=2))
        for one in fleet_of((NOISE,), 8, realtime=False, backfill_s=12 * 3600, window=4)
    ]
    running = await gateway(settings)
    port = running.port
    crowd = fleet(settings, port)
    await crowd.start()
    await until(lambda: crowd.stats.acked >= 40)
    await running.stop()
    await asyncio.sleep(0.3)
    await gateway(settings, gateway_port=port)
    done = lambda: not any(one.outbox.waiting or one.outbox.backlog for one in crowd.devices)  # noqa: E731
    await until(lambda: crowd.stats.connections >= 16 and done())
    await crowd.stop()
    frames = [decode(one.raw) for one in read_all(spool_path(tmp_path)) if one.verdict is Verdict.ACCEPTED]
    by_device = {one.mn: {(f.cn, f.data_time) for f in frames if f.mn == one.mn} for one in settings}
    assert {mn: len(periods) for mn, periods in by_device.items() if len(periods) < 11 + 71} == {}
    assert len({frozenset(periods) for periods in by_device.values()}) == 1


async def test_a_host_by_hand_asks_over_tcp_and_gets_its_answers() -> None:
    heard: list[Any] = []
    writers: list[asyncio.StreamWriter] = []

    async def host(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        framer = Framer()
        while data := await reader.read(4096):
            for event in framer.feed(data):
                if isinstance(event, FrameOk):
                    frame = decode(event.raw)
                    heard.append(frame)
                    if frame.ack_requested:
                        writer.write(build_data_ack(frame))

    server = await asyncio.start_server(host, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = simulated_device(NOISE, realtime=False, periods=False, edition=Edition.E2025)
    async with SimulatedDevice(settings, port) as sim:
        asking = build_frame(qn="20240601085857223", st="23", cn="1061", pw="123456", mn=settings.mn, flag=9, cp="")
        await sim.until(lambda: bool(writers))
        writers[0].write(asking[:20])
        await asyncio.sleep(0.05)
        writers[0].write(asking[20:])
        await sim.until(lambda: len(heard) == 3)
        assert [one.cn for one in heard] == ["9011", "1061", "9012"]
        sim.write(b"##0000")
        sim.hang_up()
        await sim.until(lambda: sim.stats.connections == 2)
    server.close()
    for writer in writers:
        writer.close()


async def test_nobody_there_is_told_in_one_sentence() -> None:
    with pytest.raises(Unavailable) as caught:
        await probe("127.0.0.1", 1)
    assert "cannot connect to 127.0.0.1:1" in caught.value.message
    assert "gateway" in str(caught.value.remedy)


async def test_waiting_in_vain_is_an_error_that_says_for_what(gateway: Any) -> None:
    settings = simulated_device(NOISE, realtime=False, periods=False)
    running = await gateway([settings])
    async with SimulatedDevice(settings, running.port) as sim:
        with pytest.raises(Unavailable, match="the moon did not come"):
            await sim.until(lambda: False, 0.05, what="the moon")


async def test_several_local_addresses_are_used_in_turn(gateway: Any) -> None:
    settings = fleet_of((NOISE,), 4, realtime_s=1, periods=False)
    running = await gateway(settings)
    crowd = fleet(settings, running.port, sources=("127.0.0.1", "127.0.0.2"))
    await crowd.start()
    await until(lambda: crowd.stats.connected == 4)
    peers = {line.transport.get_extra_info("sockname")[0] for line in crowd.lines if line.transport is not None}
    assert peers == {"127.0.0.1", "127.0.0.2"}
    await until(lambda: crowd.stats.acked >= 4)
    await crowd.stop()


def test_addresses_and_files_that_do_not_suffice_are_told_with_the_remedy() -> None:
    with pytest.raises(InvalidInput) as caught:
        check_sources([], "10.0.0.1", 60_000)
    assert "--source" in str(caught.value.remedy)
    with pytest.raises(InvalidInput, match="no address"):
        check_sources(["moon"], "10.0.0.1", 1)
    with pytest.raises(Unavailable, match="no address of this machine"):
        bound_socket("203.0.113.7")
    with pytest.raises(Unavailable) as files:
        allow_files(10**9)
    assert "ulimit" in str(files.value.remedy)
    allow_files(10)


async def test_a_gateway_with_tls_is_spoken_to_in_tls(gateway: Any, tmp_path: Path) -> None:
    import ssl
    import subprocess

    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate, key)
    heard: list[bytes] = []

    async def host(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frame = await reader.readline()
        heard.append(frame)
        writer.write(build_data_ack(decode(frame)))
        await writer.drain()
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(host, "127.0.0.1", 0, ssl=server_side)
    port = server.sockets[0].getsockname()[1]
    from qingtian.simulator.orders import tls_context

    with pytest.raises(Unavailable) as caught:
        await probe("127.0.0.1", port, tls_context(None))
    assert caught.value.field == "tls"
    assert "--ca" in str(caught.value.remedy)
    settings = simulated_device(NOISE, realtime=False, periods=False)
    async with SimulatedDevice(settings, port, tls=tls_context(str(certificate))) as sim:
        sim.speak("2061")
        await sim.until(lambda: sim.stats.acked == 1)
    assert decode(heard[-1]).mn == settings.mn
    server.close()
