"""`qingtian check` at its edges: each check says what it found, and a remedy exactly when something is wrong."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from qingtian.domain.errors import Unavailable
from qingtian.runtime import health
from qingtian.runtime.clock import SHANGHAI, ReplayState, real_now, set_clock
from qingtian.runtime.health import CHECKS, MIB, Check, Level
from qingtian.runtime.settings import Settings, load_settings

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path / "var", disk_reserve_mb=100)


def consistent(check: Check) -> Check:
    """The check, if its remedy fits its level."""
    assert bool(check.remedy) is (check.level is not Level.OK)
    assert check.detail
    return check


@pytest.mark.parametrize(
    ("free_mb", "level"),
    [(0, "error"), (99, "error"), (100, "warning"), (399, "warning"), (400, "ok"), (10**6, "ok")],
)
def test_the_disk_is_judged_against_the_reserve_to_the_mebibyte(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, free_mb: int, level: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, free_mb * MIB))
    check = consistent(health.check_disk(settings))
    assert (check.level, str(free_mb) in check.detail) == (level, True)


def test_the_disk_of_a_folder_that_is_not_there_yet_is_its_parents(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(shutil, "disk_usage", lambda path: asked.append(path) or Usage(0, 0, 10**12))
    health.check_disk(settings)
    assert asked == [tmp_path]
    assert not settings.data_dir.exists()


def test_a_disk_that_cannot_sync_is_no_storage(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    check = consistent(health.check_storage(settings))
    assert (check.level, "Input/output error" in check.detail) == (Level.ERROR, True)


class OldServer:
    """A connection to a server of some version."""

    def __init__(self, version: int) -> None:
        self.info = namedtuple("Info", "server_version")(version)

    def __enter__(self) -> OldServer:
        return self

    def __exit__(self, *_: object) -> None:
        return None


@pytest.mark.parametrize(
    ("version", "level", "text"),
    [(140009, "error", "14 is too old"), (150000, "ok", "15.0"), (180003, "ok", "18.3 (embedded)")],
)
def test_the_database_must_be_new_enough(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, version: int, level: str, text: str
) -> None:
    monkeypatch.setattr(health, "ensure_postgres", lambda _: "postgresql://x")
    monkeypatch.setattr(psycopg, "connect", lambda *_, **__: OldServer(version))
    check = consistent(health.check_database(settings))
    assert (check.level, text in check.detail) == (level, True)


def test_a_database_that_does_not_start_is_told_in_its_own_words(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Settings) -> str:
        raise Unavailable("no space for the cluster", field="data_dir", remedy="x")

    monkeypatch.setattr(health, "ensure_postgres", fail)
    check = consistent(health.check_database(settings))
    assert (check.level, "no space for the cluster" in check.detail) == (Level.ERROR, True)


def test_a_machine_that_lives_in_the_past_is_told_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "real_now", lambda: datetime(2001, 1, 1, tzinfo=SHANGHAI))
    check = consistent(health.check_clock(settings))
    assert (check.level, "2001-01-01" in check.detail) == (Level.ERROR, True)


def test_a_replayed_city_tells_its_own_time_and_speed(settings: Settings) -> None:
    assert "Asia/Shanghai" in consistent(health.check_clock(settings)).detail
    city = datetime(2025, 11, 22, 8, tzinfo=SHANGHAI)
    set_clock(settings.data_dir, ReplayState(city, real_now() - timedelta(hours=1), 60, paused=True))
    assert consistent(health.check_clock(settings)).detail == "replayed city time 2025-11-22 08:00 at 60x"


@pytest.mark.parametrize(("listing", "level"), [("", "warning"), ("Noto Sans CJK SC,思源黑体\nAR PL UMing\n", "ok")])
def test_chinese_fonts_are_found_by_fontconfig(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, listing: str, level: str
) -> None:
    program = tmp_path / "fc-list"
    program.write_text(f"#!/bin/sh\nprintf '{listing}'\n".replace("\n'", "\\n'"), "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    check = consistent(health.check_fonts(settings))
    assert check.level == level
    if level == "ok":
        assert check.detail == "AR PL UMing"


def test_every_check_has_its_own_name_and_says_what_it_looks_at(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(health, "ensure_postgres", lambda _: "postgresql://x")
    monkeypatch.setattr(psycopg, "connect", lambda *_, **__: OldServer(180003))
    checks = [consistent(check) for check in health.run_checks(settings)]
    assert len({check.name for check in checks}) == len(checks) == len(CHECKS)
    assert all(check.__doc__ for check in CHECKS)


def test_the_development_secret_is_mentioned_where_it_is_in_use(settings: Settings) -> None:
    assert "development secret" in health.check_configuration(settings).detail
    own = load_settings(data_dir=settings.data_dir, secret_key="s" * 40)
    assert "development secret" not in health.check_configuration(own).detail
