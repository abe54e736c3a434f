"""`qingtian simulate` and `qingtian register` as a user has them."""

from __future__ import annotations

import asyncio
import csv
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from qingtian.cli.hj212 import decode_lines
from qingtian.cli.main import cli
from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import Edition, FrameOk, Framer, build_data_ack, decode
from qingtian.runtime.settings import Settings
from qingtian.simulator import fleet_of
from qingtian.simulator.orders import read_duration, time_base, tls_context
from qingtian.simulator.profile import BUILT_IN, built_in_profile
from qingtian.simulator.registering import objects_of
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway.server import Gateway

START = ("--start", "2024-06-01T08:00:00")
PRINT = ("simulate", "--print", *START)
RAW = ("simulate", "--print", "raw", *START)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)


def decoded(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in decode_lines(output.encode().splitlines())]


class Running:
    """A gateway in a thread of its own."""

    def __init__(self, folder: Path, devices: int) -> None:
        settings = fleet_of((built_in_profile("flue_gas"),), devices)
        directory = StaticDirectory({one.mn: DeviceProfile(one.mn, one.mn, password="123456") for one in settings})
        self.gateway = Gateway(Settings(data_dir=folder, gateway_port=0, disk_reserve_mb=1), directory)
        self.ready, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    async def _serve(self) -> None:
        await self.gateway.start()
        self.ready.set()
        while not self._stop.is_set():
            await asyncio.sleep(0.02)
        await self.gateway.stop()

    def __enter__(self) -> Running:
        self._thread.start()
        assert self.ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Running]:
    with Running(tmp_path, 20) as running:
        yield running


@pytest.mark.parametrize("profile", BUILT_IN)
@pytest.mark.parametrize("edition", ["2005", "2017", "2025"])
def test_printed_frames_are_read_by_the_decoder_without_a_warning(profile: str, edition: str) -> None:
    shown = decoded(run(*PRINT, "--duration", "61m", "--profile", profile, "--edition", edition).output)
    assert len(shown) > 12
    assert all(one["ok"] and not one["warnings"] for one in shown)
    assert {one["version"] for one in shown} == {edition}
    assert {"2011", "2051"} <= {one["header"]["CN"] for one in shown}


def test_the_same_seed_prints_the_same_bytes_and_another_seed_others() -> None:
    order = (
        *RAW,
        "--duration",
        "30m",
        "--devices",
        "3",
        "--trouble",
        "wrong_crc=0.1",
        "--trouble",
        "half=0.1",
    )
    first = run(*order, "--seed", "7").stdout_bytes
    assert first == run(*order, "--seed", "7").stdout_bytes
    assert first != run(*order, "--seed", "8").stdout_bytes
    assert len(first) > 10_000


def test_a_bent_stream_is_printed_in_reads_and_the_decoder_says_what_is_wrong() -> None:
    output = run(
        *PRINT, "--duration", "30m", "--trouble", "wrong_crc=0.3", "--trouble", "half=0.3", "--trouble", "garbage=0.3"
    )
    (stream,) = decoded(output.output)
    assert stream["frames_ok"] > 5
    assert stream["frames_rejected"] > 2
    assert stream["garbage_bytes"] > 0


def test_encrypted_frames_are_printed_with_their_key() -> None:
    shown = decoded(run(*PRINT, "--edition", "2025", "--encrypt", "--no-announce", "--duration", "20m").output)
    assert all(one["encrypted"] and one["ok"] and one["items"] for one in shown)


def test_a_run_against_the_gateway_ends_with_a_report(gateway: Running) -> None:
    done = run(
        "simulate", "--port", str(gateway.gateway.port), "--devices", "20", "--backfill", "1h", "--duration", "2s",
        "--report", "json", "--quiet", "--seed", "3",
    )  # fmt: skip
    report = json.loads(done.output)
    assert report["simulated"] is True
    assert report["most_connected"] == 20
    assert report["sent"] == report["acked"] == gateway.gateway.counters.accepted > 100
    assert report["resent"] == 0
    assert report["by_upload"]["3020"] == 20
    assert report["rtt_p50_ms"] <= report["rtt_p95_ms"]
    assert "123456" not in done.output


def test_ctrl_c_ends_it_cleanly_with_the_report(gateway: Running) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "from qingtian.cli.main import cli; cli()", "simulate", "--port",
              str(gateway.gateway.port), "--report", "json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert "connected 1" in process.stderr.readline()  # the progress line, one a second where there is no terminal
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    assert json.loads(output)["connections"] == 1
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("arguments", "told", "remedy"),
    [
        (("--port", "1"), "cannot connect to 127.0.0.1:1", "qingtian gateway"),
        (("--trouble", "los=1"), "no trouble 'los'", "one of loss"),
        (("--trouble", "loss"), "has no number", "name=number"),
        (("--profile", "moon"), "no profile 'moon'", "flue_gas"),
        (("--speed", "60"), "future", "--duration"),
        (("--speed", "0.5"), "out of range", "1 to 3600"),
        (("--duration", "soon"), "no duration", "45s"),
        (("--encrypt",), "encryption is of the 2025 edition", "--edition 2025"),
        (("--activate",), "of the 2025 edition", "--edition 2025"),
        (("--tls", "--ca", "/nowhere.pem"), "cannot be used", "PEM"),
        (("--edition", "2005", "--first", "1000000"), "does not fit", "--edition 2017"),
        (("--mn", "A B"), "is no MN", "letters and digits"),
    ],
)
def test_a_mistake_is_one_line_with_its_remedy(arguments: tuple[str, ...], told: str, remedy: str) -> None:
    done = run("simulate", *arguments)
    assert done.exit_code == 2
    assert told in done.output
    assert remedy in done.output
    assert "Traceback" not in done.output


def test_a_fast_run_ends_now(gateway: Running) -> None:
    done = run(
        "simulate", "--port", str(gateway.gateway.port), "--speed", "600", "--duration", "2s", "--report", "json",
        "--quiet", "--no-announce",
    )  # fmt: skip
    report = json.loads(done.output)
    assert 15 <= report["by_upload"]["2011"] <= 22  # twenty minutes in two seconds
    assert report["acked"] == report["sent"]


def test_a_foreign_number_is_noted() -> None:
    done = run(*PRINT, "--duration", "10s", "--mn", "010000A8900016F000169DC0")
    assert "register it as simulated" in done.stderr
    assert "register it as simulated" not in run(*PRINT, "--duration", "10s").stderr


def test_the_register_file_names_every_device_its_place_and_how_it_speaks(tmp_path: Path) -> None:
    profiles = [argument for name in BUILT_IN for argument in ("--profile", name)]
    done = run("simulate", "--devices", "7", *profiles, "--register", str(tmp_path / "a.json"))
    assert "qingtian register" in done.stderr
    objects = json.loads((tmp_path / "a.json").read_text("utf-8"))["objects"]
    assert all(one["simulated"] for one in objects)
    devices = [one for one in objects if one["type"] == "device"]
    assert len(devices) == 7
    assert {one["attributes"]["password"] for one in devices} == {"123456"}
    known = {(one["type"], one["code"]) for one in objects}
    assert all((one["parent_type"], one["parent_code"]) in known for one in objects if one["parent_type"])
    run("simulate", "--devices", "7", *profiles, "--register", str(tmp_path / "a.csv"))
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [json.loads(one["attributes"]) for one in rows] == [one["attributes"] for one in objects]


def test_old_codes_and_keys_are_registered_too() -> None:
    (old,) = (
        one
        for one in objects_of(fleet_of((built_in_profile("flue_gas"),), 1, edition=Edition.E2005))
        if one["type"] == "device"
    )
    assert old["attributes"]["code_map"]["02"] == "a21026"
    (new,) = (
        one
        for one in objects_of(fleet_of((built_in_profile("power"),), 1, edition=Edition.E2025, encrypted=True))
        if one["type"] == "device"
    )
    assert new["attributes"]["code_map"] == {"ele01": "power_kw"}
    assert len(new["attributes"]["sm4_key"]) == 32


@pytest.mark.django_db
@pytest.mark.parametrize("suffix", ["json", "csv"])
def test_the_register_takes_the_file_and_the_gateway_finds_the_devices(tmp_path: Path, suffix: str) -> None:
    from qingtian.apps.registry.models import RegistryObject
    from qingtian.apps.registry.queries import device_profiles

    file = tmp_path / f"sim.{suffix}"
    profiles = [argument for name in BUILT_IN for argument in ("--profile", name)]
    run("simulate", "--devices", "7", *profiles, "--edition", "2025", "--encrypt", "--register", str(file))
    assert "15 objects" in run("register", str(file)).output
    assert "15 objects" in run("register", str(file)).output  # again: nothing changes
    assert RegistryObject.objects.filter(type="device", simulated=True).count() == 7
    for one in fleet_of(tuple(built_in_profile(name) for name in BUILT_IN), 7, edition=Edition.E2025, encrypted=True):
        profile = device_profiles()[one.mn]
        assert profile.simulated
        assert profile.edition == 2025
        assert bytes.fromhex(profile.sm4_key) == one.wire.sm4_key


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "cannot be used"),
        ('{"objects": 1}', "no list of objects"),
        ('{"objects": [{"type": "moon", "code": "x", "name": "x"}]}', "objects[0].type"),
        ('{"objects": [{"type": "device", "code": "x"}]}', "name is missing"),
        ('{"objects": [{"type": "station", "code": "x", "name": "x", "lon": "east"}]}', "objects[0].lon"),
        ('{"objects": [{"type": "device", "code": "x", "name": "x"}]}', "drafts[0].parent"),
    ],
)
def test_a_wrong_register_file_is_told_by_field_and_changes_nothing(tmp_path: Path, text: str, told: str) -> None:
    from qingtian.apps.registry.models import RegistryObject

    file = tmp_path / "x.json"
    file.write_text(text, "utf-8")
    done = run("register", str(file))
    assert done.exit_code == 2
    assert told in done.output
    assert RegistryObject.objects.count() == 0


def test_durations_and_the_start_of_a_run() -> None:
    assert [read_duration(text, "x") for text in ("5", "5s", "2m", "2min", "1h", "1d")] == [5, 5, 120, 120, 3600, 86400]
    with pytest.raises(InvalidInput):
        read_duration("-1s", "x")
    assert time_base(1e9, 5.0, speed=1, start_s=None, duration_s=0).at(5.0) == 1e9
    assert time_base(1e9, 5.0, speed=10, start_s=1e8, duration_s=0).at(6.0) == 1e8 + 10
    assert tls_context(None).check_hostname


def test_raw_output_is_a_stream_of_frames() -> None:
    events = Framer().feed(run(*RAW, "--duration", "10m", "--devices", "3").stdout_bytes)
    assert {type(one) for one in events} == {FrameOk}
    assert build_data_ack(decode(events[0].raw))  # type: ignore[union-attr]
