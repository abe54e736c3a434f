"""Starting and resuming: which folder may hold a demo, where city time goes on, when an address answers."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from qingtian.demo import launch
from qingtian.demo.city import City, city_path, load_city, save_city
from qingtian.demo.live import Progress, fleet_path, load_progress, save_progress
from qingtian.demo.scenario import LABEL_EN, LABEL_ZH, Scenario
from qingtian.domain.errors import ConfigurationError, Conflict, Unavailable
from qingtian.runtime.clock import SHANGHAI, ReplayState, clock_path, read_replay_state, real_now, set_clock
from qingtian.runtime.postgres import pgdata_path
from qingtian.runtime.settings import Settings, load_settings
from qingtian.runtime.supervisor import ChildSpec

CITY = City()
NOON = datetime(2025, 11, 27, 12, tzinfo=SHANGHAI)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path / "city")


def test_a_city_is_written_and_read_again(tmp_path: Path) -> None:
    city = City(Scenario.OZONE, seed=5, shift_weeks=52, days=3, keep=20)
    save_city(tmp_path, city)
    assert load_city(tmp_path) == city
    assert load_city(tmp_path / "elsewhere") is None


@pytest.mark.parametrize("text", ["{}", "no json", '{"scenario": "storm"}', '{"scenario": "haze", "colour": 1}'])
def test_a_spoilt_description_is_refused_with_its_remedy(tmp_path: Path, text: str) -> None:
    city_path(tmp_path).write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_city(tmp_path)
    assert "--reset" in str(caught.value.remedy)


def test_the_city_begins_at_midnight_and_goes_live_in_the_morning() -> None:
    assert CITY.epoch == datetime(2025, 11, 17, tzinfo=SHANGHAI)
    assert CITY.epoch.weekday() == 0
    assert CITY.live_from - CITY.epoch == timedelta(days=10, hours=8)
    assert CITY.epoch < CITY.connect_at < CITY.live_from
    assert replace(CITY, days=1).connect_at >= replace(CITY, days=1).epoch


def test_a_folder_of_another_deployment_is_left_alone(settings: Settings) -> None:
    pgdata_path(settings.data_dir).mkdir(parents=True)
    with pytest.raises(Conflict, match="no demo"):
        launch.check_folder(settings.data_dir)
    with pytest.raises(Conflict, match="no demo"):
        launch.reset(settings)
    assert pgdata_path(settings.data_dir).exists()


def test_reset_empties_the_folder_of_a_demo(settings: Settings) -> None:
    (settings.data_dir / "spool").mkdir(parents=True)
    (settings.data_dir / "spool" / "1.seg").write_bytes(b"x")
    save_city(settings.data_dir, CITY)
    launch.reset(settings)
    assert [path.name for path in settings.data_dir.iterdir()] == [launch.LOCK]
    launch.reset(settings)


def test_a_folder_is_held_by_one_demo_at_a_time(settings: Settings) -> None:
    settings.data_dir.mkdir()
    save_city(settings.data_dir, CITY)
    with launch.held(settings.data_dir):
        with pytest.raises(Conflict, match="another demo runs"):
            launch.reset(settings)
        demo = launch.Demo(settings, lambda _: [], print, lambda _: None)
        with pytest.raises(Conflict, match="another demo runs"):
            demo.run(launch.Wish(CITY, frozenset(), None), lambda _: "")
    assert city_path(settings.data_dir).exists()
    with launch.held(settings.data_dir):
        pass


def test_a_port_that_an_own_orphan_holds_is_kept(settings: Settings) -> None:
    (settings.data_dir / "run").mkdir(parents=True)
    pid_file = settings.data_dir / "run" / "web.pid"
    with answering(200) as port:
        busy = load_settings(data_dir=settings.data_dir, web_port=port, gateway_port=0)
        code = "import time; time.sleep(60)  # qingtian"
        with subprocess.Popen([sys.executable, "-c", code]) as orphan:
            try:
                pid_file.write_text(str(orphan.pid), "utf-8")
                until = time.monotonic() + 10
                while not launch.left_behind(pid_file) and time.monotonic() < until:
                    time.sleep(0.02)  # between fork and exec the process has no command line yet
                assert launch.settle_ports(busy)["web_port"] == str(port)
            finally:
                orphan.kill()
        assert not launch.left_behind(pid_file)
        assert launch.settle_ports(busy)["web_port"] != str(port)


def test_reset_touches_nothing_where_there_is_no_demo(settings: Settings) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / "notes.txt").write_text("mine", "utf-8")
    launch.reset(settings)
    assert (settings.data_dir / "notes.txt").exists()


def test_a_demo_on_an_own_server_is_not_reset(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="own server"):
        launch.reset(load_settings(data_dir=tmp_path, database_url="postgresql://somewhere/x"))


def test_production_is_never_turned_into_a_demo(tmp_path: Path) -> None:
    production = load_settings(data_dir=tmp_path, mode="production", secret_key="s" * 40, https=True)
    with pytest.raises(Conflict, match="production"):
        launch.Demo(production, lambda _: [], print, lambda _: None)
    with pytest.raises(Conflict, match="production"):
        launch.reset(production)


def test_an_unfinished_first_start_counts_as_a_demo(settings: Settings) -> None:
    settings.data_dir.mkdir()
    assert not launch.is_demo(settings.data_dir)
    launch.partial_path(settings.data_dir).write_text("x", "utf-8")
    assert launch.is_demo(settings.data_dir)


def state(*, paused: bool, speed: float = 120.0) -> ReplayState:
    return ReplayState(NOON, real_now() - timedelta(hours=5), speed, paused)


def test_a_first_start_begins_with_the_live_part_at_sixty_times(tmp_path: Path) -> None:
    clock = launch.paused_clock(tmp_path, CITY, None)
    assert (clock.anchor_city, clock.speed, clock.paused) == (CITY.live_from, 60.0, True)
    assert (clock.label_zh, clock.label_en) == (LABEL_ZH, LABEL_EN)


def test_a_clean_stop_goes_on_where_time_stood_still(tmp_path: Path) -> None:
    set_clock(tmp_path, state(paused=True))
    clock = launch.paused_clock(tmp_path, CITY, None)
    assert (clock.anchor_city, clock.speed) == (NOON, 120.0)
    assert launch.paused_clock(tmp_path, CITY, 300.0).speed == 300.0


def test_after_a_crash_time_goes_on_from_the_last_heartbeat(tmp_path: Path) -> None:
    set_clock(tmp_path, state(paused=False))
    save_progress(tmp_path, Progress(NOON, NOON, NOON + timedelta(minutes=7)))
    assert launch.paused_clock(tmp_path, CITY, None).anchor_city == NOON + timedelta(minutes=7)


def test_stopping_lets_city_time_stand_still(tmp_path: Path) -> None:
    set_clock(tmp_path, replace(state(paused=False), anchor_real=real_now() - timedelta(seconds=60)))
    launch.pause_clock(tmp_path)
    stopped = read_replay_state(clock_path(tmp_path))
    assert stopped.paused
    assert NOON + timedelta(hours=2) <= stopped.anchor_city < NOON + timedelta(hours=2, minutes=10)
    launch.pause_clock(tmp_path)
    assert read_replay_state(clock_path(tmp_path)) == stopped


def test_progress_is_kept_and_a_spoilt_note_counts_as_none(tmp_path: Path) -> None:
    assert load_progress(tmp_path) is None
    note = Progress(NOON, NOON + timedelta(seconds=1), NOON + timedelta(seconds=2))
    save_progress(tmp_path, note, {"sent": 3})
    assert load_progress(tmp_path) == note
    assert json.loads(fleet_path(tmp_path).read_text("utf-8"))["counters"] == {"sent": 3}
    fleet_path(tmp_path).write_text("{", "utf-8")
    assert load_progress(tmp_path) is None


def test_a_taken_port_is_replaced_by_a_free_one(settings: Settings) -> None:
    with answering(200) as port:
        busy = load_settings(data_dir=settings.data_dir, web_port=port, gateway_port=0)
        chosen = launch.settle_ports(busy)
    assert chosen["web_port"] not in (str(port), "0")
    assert chosen["gateway_port"] != "0"


@contextmanager
def answering(code: int) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            self.end_headers()
            self.wfile.write(b"x")

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("code", [200, 404])
def test_an_address_that_answers_is_announced(code: int) -> None:
    with answering(code) as port:
        launch.wait_for_answer(f"http://127.0.0.1:{port}/", timeout_s=5)


def test_a_server_error_is_no_answer() -> None:
    with answering(503) as port, pytest.raises(Unavailable, match="HTTP 503"):
        launch.wait_for_answer(f"http://127.0.0.1:{port}/", timeout_s=0.1)


def test_the_fleet_is_one_more_process_that_the_supervisor_can_tell_as_ours() -> None:
    spec = launch.fleet_spec()
    assert isinstance(spec, ChildSpec) and spec.name == "fleet"
    assert "qingtian" in " ".join(spec.argv)
