"""The health page: every state of every part in two languages, the notices above all pages, and who may see what."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from qingtian.duties.models import DutyState
from qingtian.interfaces.api.present import health_report
from qingtian.interfaces.api.present.health import kept
from qingtian.interfaces.health.gathering import LostSince
from qingtian.interfaces.health.state import DutyLook, Item, Look, acknowledging, items, worst
from qingtian.interfaces.health.words import PARTS, STATES
from qingtian.runtime.backup.record import BackupRecord, write_record
from qingtian.runtime.clock import real_now
from qingtian.runtime.disk_forecast import Forecast, add_sample
from qingtian.runtime.health import Level
from qingtian.runtime.settings import get_settings, load_settings
from qingtian.runtime.space import MIB, Space
from qingtian.telemetry.counters import counters_path, write_counters

NOW = datetime(2025, 11, 22, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUIET = {
    "state": "listening",
    "connections": 3,
    "devices": 2,
    "port": 9212,
    "sync_running_s": 0,
    "sync_slowest_s": 0.01,
}
WORKS = {"state": "working", "lag_bytes": 2048, "lag_seconds": 1.4, "last_error": ""}
SPACE = Space(free=100 * 512 * MIB, total=200 * 512 * MIB, reserve=512 * MIB)
BACKUP = BackupRecord("20251122T000000Z", NOW - 8 * HOUR, "/backups", 5 * MIB, MIB, 3.0, NOW - 8 * HOUR)
DUTY = DutyLook("roll_up_hours", "小时均值汇总", "Hour means", HOUR, NOW - HOUR)


def look(**changes: Any) -> Look:
    """A deployment in which all is well, but for the changes."""
    found = Look(
        settings=load_settings(backup_folder=Path("/backups"), data_dir=Path("/nowhere")),
        now=NOW,
        city=NOW,
        gateway=QUIET,
        worker=WORKS,
        ages={"gateway": 1.0, "worker": 1.0},
        space=SPACE,
        forecast=Forecast(200.0, 250.0 * MIB, {}, NOW, 100),
        backup=BACKUP,
        database={"version": 180006, "embedded": True, "seconds": 0.002},
        duties=[DUTY],
        late_streams=0,
    )
    return replace(found, **changes)


def state(code: str, **changes: Any) -> Item:
    return next(item for item in items(look(**changes)) if item.code == code)


def test_when_all_is_well_every_part_is_ok_and_nothing_is_said_above_the_pages() -> None:
    found = items(look())
    assert [item.code for item in found] == list(PARTS)
    assert {item.level for item in found} == {Level.OK}
    assert not any(item.said.notice for item in found)
    assert acknowledging(found) and worst(found) is Level.OK


def clock(**values: Any) -> dict[str, Any]:
    return QUIET | {"clock": {"reason": "", "doubt": None, "last": None} | values}


JUMP = {"seconds": -4000.4, "at": (NOW - HOUR).timestamp(), "steady": 1.0, "end": "devices"}
FULL, EMPTY = replace(SPACE, free=300 * MIB), replace(SPACE, free=MIB)
MQTT = load_settings(mqtt_url="mqtt://broker:1883", mqtt_topics={"a": "b"})
CASES = [
    ("gateway", "never", {"ages": {"worker": 1.0}}),
    ("gateway", "stopped", {"gateway": {"state": "stopped"}}),
    ("gateway", "silent", {"ages": {"gateway": 31.0}}),
    ("gateway", "refusing_disk", {"space": FULL}),
    ("gateway", "refusing_disk", {"gateway": QUIET | {"spool_error": "the disk of the spool is full: 3 MiB free"}}),
    ("gateway", "refusing_spool", {"gateway": QUIET | {"spool_error": "[Errno 5] Input/output error"}}),
    ("gateway", "refusing_clock", {"gateway": clock(reason="jumped", doubt=JUMP)}),
    ("disk", "low", {"space": replace(SPACE, free=3 * 512 * MIB)}),
    ("disk", "refusing", {"space": FULL}),
    ("disk", "standing", {"space": EMPTY}),
    ("disk_forecast", "measuring", {"forecast": Forecast(None, None, {}, None, 2)}),
    ("disk_forecast", "steady", {"forecast": Forecast(None, -5.0, {}, NOW, 20)}),
    ("disk_forecast", "soon", {"forecast": Forecast(6.4, 9.0 * MIB, {}, NOW, 20)}),
    ("disk_forecast", "far", {"forecast": Forecast(30.0, 9.0 * MIB, {}, NOW, 20)}),
    ("disk_speed", "slow", {"gateway": QUIET | {"sync_slowest_s": 1.2}}),
    ("disk_speed", "stalled", {"gateway": QUIET | {"sync_slowest_s": 7, "sync_running_s": 7}}),
    ("disk_speed", "unknown", {"ages": {}}),
    ("worker", "never", {"ages": {"gateway": 1.0}}),
    ("worker", "stopped", {"worker": {"state": "stopped"}}),
    ("worker", "silent", {"ages": {"worker": 100.0}}),
    ("worker", "standing", {"worker": WORKS | {"last_error": "PostgreSQL does not answer"}}),
    ("backlog", "growing", {"worker": WORKS | {"lag_bytes": 65 * MIB, "lag_seconds": 700}}),
    ("mqtt", "lost", {"settings": MQTT, "mqtt": {"connected": False, "last_error": "refused"}}),
    ("mqtt", "lost", {"settings": MQTT, "mqtt": {"connected": True}, "ages": {}}),
    ("mqtt", "ok", {"settings": MQTT, "mqtt": {"connected": True, "messages": 7, "values": 21}}),
    ("database", "lost", {"database": None, "lost_s": 12.3, "duties": None, "late_streams": None}),
    ("database", "old", {"database": {"version": 140002, "embedded": False, "seconds": 0.1}}),
    ("clock", "replayed", {"speed": 60.0, "gateway": clock(reason="jumped", doubt=JUMP)}),
    ("clock", "doubt", {"gateway": clock(reason="jumped", doubt=JUMP)}),
    ("clock", "jumped", {"gateway": clock(last=JUMP)}),
    ("clock", "ok", {"gateway": clock(last=JUMP | {"at": (NOW - 30 * HOUR).timestamp()})}),
    ("clock", "doubt", {"ages": {"worker": 1.0}, "worker": WORKS | {"clock": clock(reason="x", doubt=JUMP)["clock"]}}),
    ("backup", "off", {"settings": load_settings(), "backup": BackupRecord()}),
    ("backup", "manual", {"settings": load_settings()}),
    ("backup", "never", {"backup": BackupRecord()}),
    ("backup", "running", {"backup": replace(BACKUP, running=1)}),
    ("backup", "late", {"backup": replace(BACKUP, made_at=NOW - 37 * HOUR)}),
    ("backup", "failed", {"backup": replace(BACKUP, error="the disk is full {braces}")}),
    ("duties", "late", {"duties": [replace(DUTY, last_run_at=NOW - 3 * HOUR)]}),
    ("duties", "failing", {"duties": [replace(DUTY, failures=2)]}),
    ("duties", "never", {"duties": [replace(DUTY, last_run_at=None)]}),
    ("duties", "unknown", {"duties": None}),
    ("silence", "some", {"late_streams": 4}),
    ("silence", "unknown", {"late_streams": None}),
]


@pytest.mark.parametrize(("code", "wanted", "changes"), CASES)
def test_a_part_comes_to_its_state_and_says_so(code: str, wanted: str, changes: dict[str, Any]) -> None:
    item = state(code, **changes)
    assert item.state == wanted
    for lang in ("zh", "en"):
        assert item.line(lang) and "{age" not in item.line(lang)
    assert (item.level is Level.OK) or item.said.remedy_zh or "unknown" in wanted


def test_every_state_of_the_words_was_reached() -> None:
    well = {(item.code, item.state) for item in items(look())}
    assert {(code, wanted) for code, wanted, _ in CASES} | well == set(STATES)


@pytest.mark.parametrize("place", list(STATES))
def test_the_words_are_there_in_both_languages_with_the_same_facts(place: tuple[str, str]) -> None:
    said = STATES[place]
    names = {
        lang: {name.removesuffix(f"_{lang}") for _, name, _, _ in string.Formatter().parse(getattr(said, lang)) if name}
        for lang in ("zh", "en")
    }
    assert names["zh"] == names["en"]
    assert bool(said.remedy_zh) == bool(said.remedy_en)
    assert any("\u4e00" <= char <= "\u9fff" for char in said.zh) or place[0] == "backlog"
    assert said.level is not Level.ERROR or said.remedy_en


@given(st.integers(0, 4 * 512 * MIB))
def test_devices_are_said_to_be_refused_exactly_below_the_reserve(free: int) -> None:
    found = items(look(space=replace(SPACE, free=free)))
    assert acknowledging(found) == (free >= SPACE.reserve)
    assert any(item.said.notice for item in found) == (free < SPACE.reserve)


def test_a_lost_database_is_timed_from_its_loss() -> None:
    since = LostSince()
    assert since.seconds(lost=False) == 0
    assert since.seconds(lost=True) < 1
    first = since.seconds(lost=True)
    assert since.seconds(lost=True) >= first
    assert since.seconds(lost=False) == 0


# -- through the API -------------------------------------------------------------------------------------------------


@pytest.fixture
def reporting() -> Any:
    folder = get_settings().data_dir
    for name, counters in (("gateway", QUIET), ("worker", WORKS)):
        write_counters(counters_path(folder, name), counters | {"at": real_now().isoformat(), "pid": 1})
    kept.forget()
    yield folder
    for name in ("gateway", "worker"):
        counters_path(folder, name).unlink()
    for path in (folder / "run").glob("*.json"):
        if path.name in ("disk.json", "backup.json"):
            path.unlink()


def test_the_page_tells_parts_processes_disk_backup_duties_and_versions(duty: Client, reporting: Path) -> None:
    add_sample(get_settings(), real_now())
    write_record(reporting, replace(BACKUP, made_at=real_now() - HOUR, tried_at=real_now() - HOUR))
    DutyState.objects.create(name="roll_up_hours", failures=3, last_error="ValueError('x')", report={"seconds": "0.25"})

    page = duty.get("/api/v1/health/report").json()

    parts = {item["code"]: item for item in page["items"]}
    assert list(parts) == list(PARTS)
    assert parts["gateway"]["text_en"] == "acknowledging; 3 connections, port 9212"
    assert parts["gateway"]["text_zh"] == "正在应答；3 条连接，端口 9212"
    assert parts["duties"]["state"] == "failing" and "Hour means" in parts["duties"]["text_en"]
    assert parts["clock"]["state"] == "replayed"
    assert {one["name"]: one["state"] for one in page["processes"]} == dict.fromkeys(
        ("gateway", "worker", "web"), "running"
    )
    web = page["processes"][-1]
    assert web["memory_mb"] > 10 and web["up_s"] >= 0
    assert page["disk"]["total_mb"] >= page["disk"]["free_mb"] > 0
    assert page["disk"]["days"] is None and len(page["disk"]["samples"]) == 1
    assert page["backup"]["name"] == BACKUP.name and page["backup"]["next_at"] is None
    row = next(row for row in page["duties"] if row["name"] == "roll_up_hours")
    assert (row["failures"], row["error"], row["seconds"]) == (3, "ValueError('x')", 0.25)
    assert set(page["versions"]) == {"qingtian", "python", "django", "duckdb", "system", "postgresql"}
    assert {one["name"] for one in page["installed"]} <= {"configuration", "storage", "lake", "fonts", "web"}


def test_the_page_is_for_the_staff(login: Any) -> None:
    assert Client().get("/api/v1/health/report").status_code == 401
    for visitor in ("plant", "citizen"):
        refused = login(visitor).get("/api/v1/health/report")
        assert refused.status_code == 403 and refused.json()["error"]["remedy"]
    for member in ("wuchang", "auditor"):
        assert login(member).get("/api/v1/health/report").status_code == 200


def test_a_notice_is_told_to_everybody_without_paths(reporting: Path, duty: Client) -> None:
    write_counters(
        counters_path(reporting, "gateway"),
        QUIET | {"at": real_now().isoformat(), "spool_error": f"[Errno 5] {reporting}/spool"},
    )
    kept.forget()
    answer = Client().get("/api/v1/health")
    page = answer.json()
    assert (answer.status_code, page["status"], page["acknowledging"]) == (503, "error", False)
    (told,) = page["notices"]
    assert (told["code"], told["level"]) == ("gateway.refusing_spool", "error")
    assert "停止应答" in told["text_zh"] and "not acknowledging" in told["text_en"]
    assert told["remedy_zh"] and str(reporting) not in str(page)
    lines = Client().get("/metrics").content.decode().splitlines()
    assert "qingtian_acknowledging 0" in lines and 'qingtian_part_level{part="gateway"} 2' in lines


def test_without_the_database_health_and_metrics_still_answer(
    reporting: Path, duty: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise DatabaseError("server closed the connection")

    monkeypatch.setattr("qingtian.interfaces.api.auth.session_actor", away)
    monkeypatch.setattr("qingtian.interfaces.health.gathering.probe", lambda _: None)
    monkeypatch.setattr("qingtian.interfaces.metrics.figures.waiting", away)
    kept.forget()
    answer = duty.get("/api/v1/health")
    assert answer.status_code == 503
    assert [one["code"] for one in answer.json()["notices"]] == ["database.lost"]
    assert answer.json()["acknowledging"] is True  # devices go on
    assert all(check["detail"] == "" for check in answer.json()["checks"])
    text = Client().get("/metrics").content.decode()
    assert "qingtian_database_up 0" in text and "qingtian_cases_open" not in text
    assert "qingtian_acknowledging 1" in text


def test_processes_of_another_machine_have_no_memory_and_no_age() -> None:
    assert health_report.memory_mb(None) is None and health_report.up_s(None) is None
    assert health_report.memory_mb(2**22 + 5) is None and health_report.up_s(2**22 + 5) is None


def test_figures_of_operation_are_scraped(reporting: Path, town: Any) -> None:
    write_record(reporting, replace(BACKUP, made_at=real_now() - HOUR))
    lines = dict(
        line.rsplit(" ", 1)
        for line in Client().get("/metrics").content.decode().splitlines()
        if not line.startswith("#")
    )
    assert lines["qingtian_acknowledging"] == lines["qingtian_database_up"] == "1"
    assert lines["qingtian_clock_in_doubt"] == "0"
    assert float(lines["qingtian_backup_age_seconds"]) == pytest.approx(3600, abs=60)
    assert float(lines["qingtian_gateway_fsync_slowest_seconds"]) == 0.01
    assert "qingtian_disk_days_left" not in lines  # nothing measured yet
