"""When a scheduled backup is due, late or tried again, and that a stopped worker leaves none half done."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.runtime.backup.record import BackupRecord, is_due, is_late, read_record, record_path, write_record
from qingtian.runtime.backup.schedule import back_up_when_due
from qingtian.runtime.settings import Settings, load_settings

NOW = datetime(2025, 11, 22, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
GOOD = BackupRecord("20251121T080000Z", NOW - 24 * HOUR, "/backups", 1000, 10, 2.5, NOW - 24 * HOUR)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path / "var", backup_folder=tmp_path / "backups", backup_every_h=24)


def test_without_a_folder_none_is_due_and_none_is_late(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    assert not is_due(settings, BackupRecord(), NOW)
    assert not is_late(settings, BackupRecord(), NOW)


def test_the_first_one_is_due_at_once(settings: Settings) -> None:
    assert is_due(settings, BackupRecord(), NOW)
    assert is_late(settings, BackupRecord(), NOW)


@given(minutes=st.integers(-600, 6000))
def test_it_is_due_after_the_interval_and_late_after_half_as_much_again(minutes: int) -> None:
    settings = load_settings(backup_folder="/b", backup_every_h=24)
    record = replace(GOOD, made_at=NOW - timedelta(minutes=minutes))
    assert is_due(settings, record, NOW) == (minutes >= 24 * 60 or minutes < 0)  # before: the clock was set back
    assert is_late(settings, record, NOW) == (minutes > 36 * 60)


def test_a_failure_is_tried_again_within_an_hour_and_not_at_once(settings: Settings) -> None:
    failed = replace(GOOD, tried_at=NOW, error="the disk is full")
    assert not is_due(settings, failed, NOW + HOUR * 0.9)
    assert is_due(settings, failed, NOW + HOUR)


def test_the_record_survives_and_a_broken_one_is_none(tmp_path: Path) -> None:
    assert read_record(tmp_path) == BackupRecord()
    write_record(tmp_path, GOOD)
    assert read_record(tmp_path) == GOOD
    assert GOOD.age(NOW) == 24 * HOUR and BackupRecord().age(NOW) is None
    for text in ("", "{", "[]", '{"name": "x", "colour": "blue"}', '{"made_at": "soon"}'):
        record_path(tmp_path).write_text(text, "utf-8")
        assert read_record(tmp_path) == BackupRecord()


def test_a_backup_whose_process_is_gone_runs_no_more(tmp_path: Path, settings: Settings) -> None:
    write_record(settings.data_dir, replace(GOOD, running=os.getpid()))
    assert read_record(settings.data_dir).running == os.getpid()
    assert not is_due(settings, read_record(settings.data_dir), NOW + 100 * HOUR)
    pid = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-c", ""])
    os.waitpid(pid, 0)
    write_record(settings.data_dir, replace(GOOD, running=pid))
    assert read_record(settings.data_dir).running == 0


def test_the_schedule_runs_what_is_due_and_tells_its_end(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    stop = threading.Event()
    fails = (sys.executable, "-c", "import sys; sys.exit('the disk is full')")
    assert back_up_when_due(settings, stop, fails) == 1
    assert "the disk is full" in caplog.text
    assert back_up_when_due(settings, stop, (sys.executable, "-c", "")) == 0
    from qingtian.runtime.clock import real_now

    write_record(settings.data_dir, replace(GOOD, made_at=real_now()))
    assert back_up_when_due(settings, stop, fails) is None


def test_a_stopping_worker_ends_its_backup(settings: Settings) -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    began = time.monotonic()
    code = back_up_when_due(settings, stop, (sys.executable, "-c", "import time; time.sleep(60)"))
    assert code == -15 and time.monotonic() - began < 15
