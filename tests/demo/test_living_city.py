"""`qingtian demo` as a user has it: one address, city time that stands still and goes on, also after a crash."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.demo.running import PATIENCE_S

from qingtian.demo.live import load_progress
from qingtian.runtime.clock import clock_path, read_replay_state
from qingtian.telemetry.counters import counters_path
from qingtian.telemetry.spool import spool_path, verify

pytestmark = [pytest.mark.slow, pytest.mark.timeout(PATIENCE_S + 120)]
ADDRESS = re.compile(r"Qingtian is at (http://127\.0\.0\.1:\d+/)")
SPEED = 120.0


class City:
    """A demo in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder / "city", folder / "out.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> str:
        """Start it and return the one address that it prints."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("QINGTIAN_")}
        environment |= {
            "QINGTIAN_DATA_DIR": str(self.folder),
            "QINGTIAN_WEB_PORT": "0",
            "QINGTIAN_GATEWAY_PORT": "0",
            "QINGTIAN_DISK_RESERVE_MB": "1",
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "qingtian", "demo", *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if found := ADDRESS.findall(self.log.read_text("utf-8")):
                assert len(found) == 1
                return str(found[0])
            assert self.process.poll() is None, self.log.read_text("utf-8")[-3000:]
            time.sleep(0.2)
        raise AssertionError(self.log.read_text("utf-8")[-3000:])

    def stop(self, number: int = signal.SIGINT) -> str:
        """Send a signal and wait for the end."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(120)
        return self.log.read_text("utf-8")

    def wait_for_frames(self, more: int) -> int:
        """Wait until the gateway has taken so many frames since its start."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                values = json.loads(counters_path(self.folder, "gateway").read_text("utf-8"))
            except (OSError, ValueError):
                values = {"frames": 0, "state": ""}
            if values["frames"] >= more and values["state"] == "listening":
                return int(values["frames"])
            time.sleep(0.3)
        raise AssertionError("no frames arrive")

    def city_time(self) -> datetime:
        """City time as the shared clock tells it now."""
        from qingtian.runtime.clock import ReplayClock

        return ReplayClock(clock_path(self.folder)).now()


@pytest.fixture(scope="module")
def city() -> Iterator[City]:
    folder = Path(tempfile.mkdtemp(prefix="qt-living-"))
    made = City(folder)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()
    shutil.rmtree(folder, ignore_errors=True)


def test_the_first_start_prints_one_address_that_answers(city: City) -> None:
    address = city.start("--enterprises", "14", "--days", "1", "--speed", str(SPEED))
    with urllib.request.urlopen(f"{address}api/v1/meta", timeout=30) as answer:
        meta = json.load(answer)
    assert meta["mode"] == "demo"
    assert meta["clock"]["label_en"] == "historical air hours of 2018; simulated enterprises"
    assert meta["clock"]["speed"] == SPEED
    assert {"duty", "approver"} <= {account["username"] for account in meta["demo_accounts"]}
    assert (city.folder / "truth.jsonl").read_text("utf-8").count('"simulated": true') > 50
    city.wait_for_frames(50)


def test_a_second_one_on_the_same_folder_is_refused_and_harms_nothing(city: City) -> None:
    environment = os.environ | {"QINGTIAN_DATA_DIR": str(city.folder)}
    for arguments in ((), ("--reset",)):
        second = subprocess.run(
            [sys.executable, "-m", "qingtian", "demo", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            timeout=120,
        )
        assert second.returncode == 2
        assert "another demo runs" in second.stderr
    assert not read_replay_state(clock_path(city.folder)).paused
    assert city.process is not None and city.process.poll() is None


def test_ctrl_c_lets_city_time_stand_still(city: City) -> None:
    before = city.city_time()
    output = city.stop()
    assert city.process is not None and city.process.returncode == 0, output
    assert "stands still" in output and "Traceback" not in output
    stopped = read_replay_state(clock_path(city.folder))
    assert stopped.paused
    assert before <= stopped.anchor_city <= before + timedelta(seconds=SPEED * 60)
    time.sleep(1)
    assert city.city_time() == stopped.anchor_city
    assert not list((city.folder / "run").glob("*.pid"))


def test_the_same_command_goes_on_at_the_same_city_time_and_speed(city: City) -> None:
    stopped = read_replay_state(clock_path(city.folder)).anchor_city
    city.start()
    resumed = read_replay_state(clock_path(city.folder))
    assert resumed.anchor_city == stopped
    assert (resumed.speed, resumed.paused) == (SPEED, False)
    city.wait_for_frames(20)


def test_after_kill_minus_nine_it_goes_on_and_no_frame_is_damaged(city: City) -> None:
    assert city.process is not None
    city.stop(signal.SIGKILL)
    killed_at = city.city_time()
    city.start()
    resumed = read_replay_state(clock_path(city.folder)).anchor_city
    assert abs(resumed - killed_at) < timedelta(seconds=SPEED * 120)  # the fleet lives on until the new start ends it
    city.wait_for_frames(20)
    city.stop()
    assert verify(spool_path(city.folder)).ok
    progress = load_progress(city.folder)
    assert progress is not None and progress.sent_until >= resumed


def test_another_city_in_the_same_folder_needs_a_reset(city: City) -> None:
    environment = os.environ | {"QINGTIAN_DATA_DIR": str(city.folder), "QINGTIAN_WEB_PORT": "0"}
    other = subprocess.run(
        [sys.executable, "-m", "qingtian", "demo", "--seed", "7"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=120,
    )
    assert other.returncode == 2
    assert "another seed" in other.stderr and "--reset" in other.stderr
