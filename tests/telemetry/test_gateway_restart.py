"""Draining and restarting under load: what was acknowledged is kept, what was kept was acknowledged, devices come back."""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.telemetry.fleet import PASSWORD, Device, frame_hash, minute_frame
from tests.telemetry.lines import answers, connected, make_settings, until

from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.counters import counters_path, read_counters
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway.server import Gateway, allow_files
from qingtian.telemetry.spool import Verdict, read_all, spool_path, verify

NOW = datetime(2025, 11, 22, 8, 30, tzinfo=SHANGHAI)
DEVICES = 12
MNS = [f"MN{number:022d}" for number in range(DEVICES)]
DIRECTORY = StaticDirectory({mn: DeviceProfile(mn, f"DA{mn}", password=PASSWORD) for mn in MNS})
CHILD = """
import asyncio, os, sys
from datetime import datetime
from pathlib import Path
os.dup2(int(sys.argv[2]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import Settings
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway.server import run, serve
names = [f"MN{number:022d}" for number in range(int(sys.argv[3]))]
directory = StaticDirectory({mn: DeviceProfile(mn, "DA" + mn, password="123456") for mn in names})
run(serve(Settings(data_dir=Path(sys.argv[1]), disk_reserve_mb=1, commit_delay_ms=1), directory))
"""


def stored(folder: Path) -> Counter[str]:
    return Counter(record.sha256 for record in read_all(spool_path(folder)) if record.verdict is Verdict.ACCEPTED)


def spread(devices: list[Device]) -> list[int]:
    return [device.sent for device in devices]


async def until_all_moved(devices: list[Device], by: int) -> None:
    before = spread(devices)
    await until(lambda: all(now >= then + by for now, then in zip(spread(devices), before, strict=True)), 20)


async def test_restarts_under_load_lose_no_frame_and_every_device_comes_back(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = make_settings(tmp_path, gateway_port=port, spool_segment_mb=1)
    devices = [Device(mn, port, NOW) for mn in MNS]
    stop = asyncio.Event()
    gateway = Gateway(settings, DIRECTORY, now=lambda: NOW)
    await gateway.start()
    tasks = [asyncio.create_task(device.run(stop)) for device in devices]
    counted = []
    for _ in range(4):
        await until_all_moved(devices, 3)
        await gateway.stop()
        counted.append(gateway.counters)
        gateway = Gateway(settings, DIRECTORY, now=lambda: NOW)
        await gateway.start()
    await until_all_moved(devices, 3)
    stop.set()
    await asyncio.gather(*tasks)
    await gateway.stop()

    acked = {digest for device in devices for digest in device.acked}
    kept = stored(tmp_path)
    assert acked - set(kept) == set()
    # What a gateway stored before it went, it also acknowledged: nothing was kept without the device knowing.
    assert all(one.accepted == one.acked and one.in_flight_bytes == 0 for one in counted)
    assert sum(kept.values()) - len(kept) <= sum(device.resent for device in devices)
    assert verify(spool_path(tmp_path)).ok


async def test_frames_on_their_way_are_answered_before_the_line_is_closed(tmp_path: Path) -> None:
    gateway = Gateway(make_settings(tmp_path, commit_delay_ms=200), DIRECTORY, now=lambda: NOW)
    await gateway.start()
    frames = [minute_frame(MNS[0], NOW + timedelta(minutes=number), {"a21026": "1"}) for number in range(200)]
    async with connected(gateway.port) as (reader, writer):
        writer.write(b"".join(frames))
        await until(lambda: gateway.counters.frames + gateway.counters.in_flight_bytes > 0)
        stopping = asyncio.create_task(gateway.stop())
        answered = 0
        while data := await asyncio.wait_for(reader.read(65536), 10):
            answered += data.count(b"CN=9014")
        await stopping
    assert answered == gateway.counters.acked == gateway.counters.accepted == len(stored(tmp_path)) > 0


async def test_a_new_line_after_the_stop_is_refused_not_left_hanging(tmp_path: Path) -> None:
    gateway = Gateway(make_settings(tmp_path), DIRECTORY, now=lambda: NOW)
    await gateway.start()
    port = gateway.port
    await gateway.stop()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


def start_child(folder: Path, listener: socket.socket) -> subprocess.Popen[bytes]:
    with (folder / "gateway.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-c", CHILD, str(folder), str(listener.fileno()), str(DEVICES)],
            pass_fds=[listener.fileno()],
            stdout=log,
            stderr=log,
        )


async def test_with_a_socket_that_is_handed_over_no_device_is_refused_during_a_restart(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        port = listener.getsockname()[1]
        first = start_child(tmp_path, listener)
        async with connected(port) as (reader, writer):
            writer.write(minute_frame(MNS[0], NOW, {"a21026": "1"}))
            assert len(await answers(reader, 1, timeout_s=20)) == 1
            first.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(reader.read(), 15) == b""
        assert await asyncio.to_thread(first.wait, 15) == 0
        async with connected(port) as (reader, writer):  # nobody listens; the line waits in the queue of the socket
            writer.write(minute_frame(MNS[1], NOW, {"a21026": "2"}))
            await writer.drain()
            second = start_child(tmp_path, listener)
            try:
                assert [one.mn for one in await answers(reader, 1, timeout_s=20)] == [MNS[1]]
            finally:
                second.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(second.wait, 15) == 0
    assert read_counters(counters_path(tmp_path, "gateway"))["state"] == "stopped"
    sent = [minute_frame(mn, NOW, {"a21026": value}) for mn, value in ((MNS[0], "1"), (MNS[1], "2"))]
    assert stored(tmp_path) == Counter(frame_hash(one) for one in sent)


def test_too_few_open_files_are_said_with_the_setting(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = {"now": (256, 1024)}
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits["now"])
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: limits.update(now=pair))
    allow_files(500)
    assert limits["now"] == (600, 1024)
    assert caplog.text == ""
    allow_files(20000)
    assert limits["now"] == (1024, 1024)
    assert "LimitNOFILE" in caplog.text
