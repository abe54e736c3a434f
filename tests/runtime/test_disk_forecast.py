"""The disk forecast: exact on a steady growth, unmoved by one big event, silent while it knows too little."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.runtime.disk_forecast import (
    EVERY,
    KEPT,
    LEAST_SAMPLES,
    Sample,
    add_sample,
    folder_bytes,
    forecast,
    read_samples,
    samples_path,
)
from qingtian.runtime.settings import load_settings
from qingtian.runtime.space import space_of

NOW = datetime(2025, 11, 22, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
GB = 10**9


def growth(hours: int, per_day: float, *, free: float = 100 * GB) -> list[Sample]:
    return [
        Sample(NOW - HOUR * (hours - at), int(free - per_day / 24 * at), {"lake": int(per_day / 24 * at)})
        for at in range(hours + 1)
    ]


@given(per_day=st.integers(10**6, 10**11), hours=st.integers(6, 700))
def test_a_steady_growth_gives_the_exact_day(per_day: int, hours: int) -> None:
    samples = growth(hours, per_day, free=10**15)
    found = forecast(samples, 50 * GB, 10 * GB)
    assert found.per_day == pytest.approx(per_day, rel=0.001)
    assert found.days == pytest.approx(40 * GB / per_day, rel=0.001)
    assert found.parts["lake"] == pytest.approx(per_day, rel=0.001)
    assert found.samples <= 121


def test_a_deleted_backup_or_a_big_import_does_not_turn_it() -> None:
    samples = growth(72, GB)
    for shift in (-40 * GB, 30 * GB):
        turned = [
            Sample(one.at, one.free + (shift if index > 70 else 0), one.used) for index, one in enumerate(samples)
        ]
        assert forecast(turned, 50 * GB, 0).days == pytest.approx(50, rel=0.05)


def test_a_disk_that_does_not_fill_has_no_day() -> None:
    found = forecast(growth(48, -GB), 50 * GB, GB)
    assert (found.days, found.per_day) == (None, pytest.approx(-GB))
    assert forecast(growth(48, 0), 50 * GB, GB).days is None


def test_below_the_reserve_the_day_is_today() -> None:
    assert forecast(growth(48, GB), GB, 2 * GB).days == 0


@pytest.mark.parametrize("samples", [[], growth(LEAST_SAMPLES, GB), growth(400, GB)[:3]])
def test_too_little_is_no_forecast(samples: list[Sample]) -> None:
    found = forecast(samples, GB, 0)
    assert (found.days, found.per_day, found.samples) == (None, None, len(samples))


def test_samples_are_taken_every_hour_and_kept_for_a_month(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "one").write_bytes(b"x" * 10_000)
    assert add_sample(settings, NOW)
    assert not add_sample(settings, NOW + EVERY - HOUR / 60)
    assert add_sample(settings, NOW + EVERY)
    (first, second) = read_samples(tmp_path)
    assert (first.at, second.at) == (NOW, NOW + EVERY)
    assert first.used["spool"] >= 10_000 and set(first.used) == {"spool"}
    assert 0 < first.free <= space_of(settings).total
    assert add_sample(settings, NOW + KEPT + HOUR)
    assert [one.at for one in read_samples(tmp_path)] == [NOW + KEPT + HOUR]


def test_a_clock_that_was_ahead_leaves_no_samples_of_the_future(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    add_sample(settings, NOW + timedelta(days=300))
    assert add_sample(settings, NOW)
    assert [one.at for one in read_samples(tmp_path)] == [NOW]


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"at": "x"}]', '[{"at": "2025-11-22T00:00:00+00:00"}]'])
def test_a_broken_file_is_begun_again(tmp_path: Path, text: str) -> None:
    samples_path(tmp_path).parent.mkdir()
    samples_path(tmp_path).write_text(text, "utf-8")
    assert read_samples(tmp_path) == []
    assert add_sample(load_settings(data_dir=tmp_path), NOW)


def test_a_folder_is_counted_as_it_lies_on_the_disk(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 30)
    assert folder_bytes(tmp_path) < 1 << 20
    assert folder_bytes(tmp_path / "nowhere") == 0


def test_a_month_of_samples_is_reckoned_at_once() -> None:
    samples, began = growth(24 * 30, GB), time.perf_counter()
    forecast(samples, GB, 0)
    assert time.perf_counter() - began < 1
