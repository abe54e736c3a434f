"""`qingtian check`: says what is wrong and how to mend it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from qingtian.runtime import health
from qingtian.runtime.clock import clock_path
from qingtian.runtime.health import Level
from qingtian.runtime.settings import Settings, load_settings


def settings_in(folder: Path, **values: object) -> Settings:
    return load_settings(data_dir=folder, **values)


def test_a_folder_that_cannot_be_made_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    check = health.check_storage(settings_in(tmp_path / "file"))
    assert check.level is Level.ERROR
    assert check.remedy


def test_a_folder_that_can_be_written_is_fine_and_left_clean(tmp_path: Path) -> None:
    assert health.check_storage(settings_in(tmp_path)).level is Level.OK
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_an_error_and_a_filling_one_a_warning(tmp_path: Path) -> None:
    assert health.check_disk(settings_in(tmp_path, disk_reserve_mb=10**9)).level is Level.ERROR
    free = __import__("shutil").disk_usage(tmp_path).free // health.MIB
    assert health.check_disk(settings_in(tmp_path, disk_reserve_mb=max(1, free // 2))).level is Level.WARNING
    assert health.check_disk(settings_in(tmp_path, disk_reserve_mb=1)).level is Level.OK


def test_an_unreachable_database_is_an_error(tmp_path: Path) -> None:
    check = health.check_database(settings_in(tmp_path, database_url="postgresql://x@127.0.0.1:1/x"))
    assert check.level is Level.ERROR


def test_a_broken_replay_clock_is_an_error(tmp_path: Path) -> None:
    clock_path(tmp_path).write_text("{", "utf-8")
    assert health.check_clock(settings_in(tmp_path)).level is Level.ERROR


def test_missing_fonts_are_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert health.check_fonts(settings_in(tmp_path)).level is Level.WARNING


def test_the_lake_extensions_are_installed(tmp_path: Path) -> None:
    assert health.check_lake(settings_in(tmp_path)).level is Level.OK


def test_the_command_prints_each_check_and_fails_on_an_error(tmp_path: Path) -> None:
    def run(**env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "qingtian", "check", "--json"],
            env={**os.environ, "QINGTIAN_DATA_DIR": str(tmp_path / "d"), **env},
            capture_output=True,
            text=True,
            check=False,
        )

    good = run()
    names = [json.loads(line)["name"] for line in good.stdout.splitlines()]
    assert names == ["configuration", "storage", "disk", "database", "lake", "clock", "fonts", "web"]
    assert good.returncode == 0, good.stdout + good.stderr
    assert not (tmp_path / "d" / "postgres" / "postmaster.pid").exists()
    bad = run(QINGTIAN_DATABASE_URL="postgresql://x@127.0.0.1:1/x")
    assert bad.returncode == 1
