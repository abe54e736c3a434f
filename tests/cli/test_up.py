"""`qingtian up` as people use it: up, killed, up again, a second one by mistake, stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from threading import Timer

import pytest
from tests.telemetry.fleet import minute_frame

from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.postgres import pgdata_path, stop_embedded
from qingtian.runtime.supervisor import free_port, port_is_free
from qingtian.telemetry.spool import read_all, spool_path

NAMES = ("gateway", "worker", "web")
AT = datetime(2025, 11, 24, 9, tzinfo=SHANGHAI)
PATIENCE_S = 150


class House:
    """One deployment in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "var"
        self.ports = {"web": free_port(), "gateway": free_port()}
        self.env = os.environ | {
            "QINGTIAN_DATA_DIR": str(self.data),
            "QINGTIAN_MODE": "dev",
            "QINGTIAN_WEB_PORT": str(self.ports["web"]),
            "QINGTIAN_GATEWAY_PORT": str(self.ports["gateway"]),
        }
        self.processes: list[subprocess.Popen[str]] = []

    def start(self) -> subprocess.Popen[str]:
        """Start `qingtian up`."""
        process = subprocess.Popen(
            [sys.executable, "-m", "qingtian", "up"],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.processes.append(process)
        return process

    def up(self) -> subprocess.Popen[str]:
        """Start it and wait until it says that it is up."""
        process = self.start()
        assert process.stdout is not None
        guard = Timer(PATIENCE_S, process.kill)
        guard.start()
        try:
            lines = []
            for line in process.stdout:
                lines.append(line)
                if line.startswith("Qingtian is up"):
                    return process
        finally:
            guard.cancel()
        raise AssertionError("".join(lines))

    def pids(self) -> dict[str, int]:
        """Process ids as the folder tells them."""
        return {name: int((self.data / "run" / f"{name}.pid").read_text("utf-8")) for name in NAMES}

    def database_pid(self) -> int:
        """Process id of the database."""
        return int((pgdata_path(self.data) / "postmaster.pid").read_text("utf-8").split()[0])

    def meta(self) -> dict[str, object]:
        """What the API says of itself; needs the database."""
        address = f"http://127.0.0.1:{self.ports['web']}/api/v1/meta"
        with urllib.request.urlopen(address, timeout=30) as answer:
            found: dict[str, object] = json.load(answer)
        return found

    def send(self, frame: bytes) -> None:
        """A device that connects, sends one frame and leaves when it is in the archive."""
        before = sum(1 for _ in read_all(spool_path(self.data)))
        with socket.create_connection(("127.0.0.1", self.ports["gateway"]), timeout=30) as line:
            line.sendall(frame)
            deadline = time.monotonic() + 30
            while sum(1 for _ in read_all(spool_path(self.data))) == before:
                assert time.monotonic() < deadline, "the frame never came to the archive"
                time.sleep(0.05)


@pytest.fixture
def house() -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="qt-up-"))
    made = House(folder)
    yield made
    for process in made.processes:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    for path in (made.data / "run").glob("*.pid"):
        end(int(path.read_text("utf-8")))
    stop_embedded(pgdata_path(made.data))
    shutil.rmtree(folder, ignore_errors=True)


def end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text("utf-8").split(") ")[-1].startswith("Z")


@pytest.mark.slow
def test_a_house_survives_its_own_death_and_a_second_start_and_stops_cleanly(house: House) -> None:
    first = house.up()
    assert house.meta()["mode"] == "dev"
    house.send(minute_frame("NOBODY0001", AT, {"a21026": "1.5"}))
    children = house.pids()

    second = house.start()
    said, _ = second.communicate(timeout=PATIENCE_S)
    assert (second.returncode, "another Qingtian runs on" in said) == (2, True), said
    assert house.pids() == children  # the mistake harmed nothing
    assert house.meta()["mode"] == "dev"

    database = house.database_pid()
    first.kill()
    first.communicate()
    assert not any(gone(pid) for pid in children.values())  # they are orphans now

    third = house.up()
    assert all(gone(pid) for pid in children.values())
    assert house.database_pid() == database  # still the same server: nothing was lost
    assert house.meta()["mode"] == "dev"
    house.send(minute_frame("NOBODY0002", AT, {"a21026": "2.5"}))
    children = house.pids()
    third.send_signal(signal.SIGTERM)
    said, _ = third.communicate(timeout=60)
    assert (third.returncode, said.splitlines()[-1]) == (0, "stopped"), said
    assert all(gone(pid) for pid in [*children.values(), database])
    assert all(port_is_free("127.0.0.1", port) for port in house.ports.values())
    assert not list((house.data / "run").glob("*.pid"))
    archived = [record.raw for record in read_all(spool_path(house.data))]
    assert [b"NOBODY0001" in archived[0], b"NOBODY0002" in archived[1], len(archived)] == [True, True, 2]
