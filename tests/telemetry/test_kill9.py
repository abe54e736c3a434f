"""Law 1: whatever is killed, whenever, every acknowledged frame is in the store exactly once.

Here gateway, worker and database are killed together; `test_gateway_kills.py` kills the gateway alone twenty times more.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.telemetry.fleet import PASSWORD, Device

from qingtian.runtime.clock import real_now
from qingtian.runtime.postgres import ensure_embedded, pgdata_path
from qingtian.runtime.supervisor import free_port, qingtian_argv
from qingtian.telemetry.counters import counters_path, read_counters
from qingtian.telemetry.spool import spool_path, verify
from qingtian.telemetry.spool.folder import read_durable
from qingtian.telemetry.store import lake

DEVICES = 16
VICTIMS = {"gateway": 4, "worker": 6, "database": 2}
POLLUTANTS = 3  # in each frame
PATIENCE_S = 60.0

REGISTER = """
import django; django.setup()
from datetime import date
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.runtime.clock import real_now
now = real_now()
for number in range({count}):
    common = dict(valid_from=date(2020, 1, 1), recorded_at=now, simulated=True)
    outlet = RegistryObject.objects.create(type=ObjectType.OUTLET, code=f"DA{{number:03d}}", name="outlet", **common)
    RegistryObject.objects.create(type=ObjectType.DEVICE, code=f"MN{{number:022d}}", name="device", parent=outlet,
        attributes={{"password": "{password}", "minute_interval_s": 60}}, **common)
"""


class House:
    """A gateway and a worker as real processes on a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.environment = {
            **os.environ,
            "QINGTIAN_DATA_DIR": str(folder),
            "QINGTIAN_GATEWAY_PORT": str(self.port),
            "QINGTIAN_SPOOL_SEGMENT_MB": "1",
            "QINGTIAN_DISK_RESERVE_MB": "16",
            "DJANGO_SETTINGS_MODULE": "qingtian.runtime.django_settings",
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.kills: Counter[str] = Counter()

    def prepare(self) -> None:
        self._run(qingtian_argv("migrate"))
        self._run([sys.executable, "-c", REGISTER.format(count=DEVICES, password=PASSWORD)])

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                qingtian_argv(name), env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, name: str) -> None:
        if name == "database":
            pid_file = pgdata_path(self.folder) / "postmaster.pid"
            with contextlib.suppress(FileNotFoundError, ValueError, IndexError, ProcessLookupError):
                os.kill(int(pid_file.read_text("utf-8").split()[0]), signal.SIGKILL)
                self.kills[name] += 1
            return
        process = self.processes[name]
        assert process.poll() is None, f"{name} ended by itself:\n{self.log(name)}"
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.kills[name] += 1
        self.start(name)

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for name, process in self.processes.items():
            try:
                code = process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise AssertionError(f"{name} did not stop:\n{self.log(name)}") from None
            assert code == 0, f"{name} stopped with {code}:\n{self.log(name)}"

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")[-3000:]

    def _run(self, argv: list[str]) -> None:
        done = subprocess.run(argv, env=self.environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def house(own_folder: Path) -> Iterator[House]:
    one = House(own_folder)
    try:
        one.prepare()
        yield one
    finally:
        for process in one.processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()


async def run_fleet(house: House, chooser: random.Random) -> list[Device]:
    started_at = real_now().replace(second=0, microsecond=0) - timedelta(days=10)
    devices = [Device(f"MN{number:022d}", house.port, started_at) for number in range(DEVICES)]
    stop = asyncio.Event()
    tasks = [asyncio.create_task(device.run(stop, pause_s=0.02)) for device in devices]
    await until(lambda: sum(device.sent for device in devices) > DEVICES, "the first acknowledgements", house)
    victims = [name for name, count in VICTIMS.items() for _ in range(count)]
    chooser.shuffle(victims)
    for victim in victims:
        # Often before the process is up again, often in the middle of its work.
        await asyncio.sleep(chooser.choice([0.1, 0.5, 1.5, 3.0]) * chooser.random())
        before = sum(device.sent for device in devices)
        await asyncio.to_thread(house.kill, victim)
        if victim == "worker" and chooser.random() < 0.6:
            await until(lambda: worker_works(house), "ingest", house)
        elif chooser.random() < 0.5:
            await until(lambda b=before: sum(d.sent for d in devices) > b + DEVICES, "acknowledgements", house)  # type: ignore[misc]
    await until(lambda: read_counters(counters_path(house.folder, "worker")).get("state") == "working", "worker", house)
    stop.set()
    await asyncio.gather(*tasks)
    return devices


def worker_works(house: House) -> bool:
    """The present worker has stored frames, so the next kill can hit it in the middle of a batch."""
    counters = read_counters(counters_path(house.folder, "worker"))
    return counters.get("pid") == house.processes["worker"].pid and counters.get("frames", 0) > 0


async def until(condition: object, what: str, house: House) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, f"no {what}:\n{house.log('gateway')}\n{house.log('worker')}"
        await asyncio.sleep(0.05)


def wait_for_ingest(house: House) -> None:
    """Until the worker (this one, not a killed one) has everything durable in the store."""
    deadline = time.monotonic() + PATIENCE_S
    path = counters_path(house.folder, "worker")
    while time.monotonic() < deadline:
        counters, durable = read_counters(path), read_durable(spool_path(house.folder))
        here = counters.get("pid") == house.processes["worker"].pid and durable is not None
        if here and (counters["segment"], counters["offset"]) >= (durable.segment, durable.offset):  # type: ignore[union-attr]
            return
        time.sleep(0.1)
    raise AssertionError(f"ingest did not finish:\n{house.log('worker')}")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_acknowledged_frame_is_stored_exactly_once_whatever_is_killed(house: House) -> None:
    seed = int(os.environ.get("QINGTIAN_KILL_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {seed} (QINGTIAN_KILL_SEED={seed} repeats the choices)")
    for name in ("gateway", "worker"):
        house.start(name)
    devices = asyncio.run(run_fleet(house, random.Random(seed)))
    wait_for_ingest(house)
    house.stop()

    resent = sum(device.resent for device in devices)
    acked, lost, doubled, versions = counted(house, devices)
    print(f"{acked} frames acknowledged, {resent} sent again, kills: {dict(house.kills)}")
    assert all(house.kills[name] >= count for name, count in VICTIMS.items() if name != "database")
    assert acked > 10 * DEVICES
    assert resent > 0
    assert lost == [], f"{len(lost)} acknowledged frames are not in the store"
    assert doubled == {}
    assert versions == 0
    assert verify(spool_path(house.folder)).ok


def counted(house: House, devices: list[Device]) -> tuple[int, list[str], dict[str, int], int]:
    """Acknowledged frames, those that are not in the store, those whose values are doubled, corrected values."""
    acked = {digest for device in devices for digest in device.acked}
    connection = lake.connect()
    lake.attach(connection, ensure_embedded(pgdata_path(house.folder)), lake.lake_path(house.folder), read_only=True)
    own = "FROM lake.main.observation WHERE origin = 'device'"  # a long run makes hour means, too
    stored = dict(connection.execute(f"SELECT frame_hash, count(*) {own} GROUP BY frame_hash").fetchall())
    versions = connection.execute(f"SELECT count(*) {own} AND version <> 1").fetchone()
    connection.close()
    lost = [digest for digest in acked if digest not in stored]
    doubled = {digest: count for digest, count in stored.items() if count != POLLUTANTS}
    return len(acked), lost, doubled, versions[0] if versions else 0
