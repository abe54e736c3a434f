"""Forecasts in the lake: by issue and valid time, corrected, withdrawn, and never known before they had come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.telemetry.conftest import new_database

from qingtian.domain.errors import NotPermitted
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import load_settings
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.forecasts import ForecastValue, LakeForecasts
from qingtian.telemetry.store.port import Cycle, Observation

DAY = datetime(2025, 12, 1, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    with new_database() as url:
        yield url, tmp_path_factory.mktemp("forecasts")


@pytest.fixture(scope="module")
def store(place: tuple[str, Path]) -> Iterator[LakeForecasts]:
    made = LakeForecasts(*place)
    yield made
    made.close()


def told(
    site: str, issued: int, hours: int = 3, *, value: str = "1", segment: str = "import:a", **more
) -> list[ForecastValue]:
    """A run that was issued so many hours after midnight, for the first hours of the next day."""
    at = DAY + issued * HOUR
    return [
        ForecastValue(
            site,
            "a01001",
            more.get("model", "GFS"),
            at,
            DAY + (24 + n) * HOUR,
            Decimal(value) + n,
            "degC",
            3600,
            segment=segment,
            frame_offset=n + 2,
            received_at=at + HOUR,
        )
        for n in range(hours)
    ]


def read(store: LakeForecasts, site: str, **more) -> list[tuple[int, Decimal]]:
    found = store.forecasts(site, "a01001", DAY, DAY + 72 * HOUR, **more)
    return [(int((row.issued_at - DAY) / HOUR), row.value) for row in found]


def test_a_run_is_stored_once_and_read_back_whole(store: LakeForecasts) -> None:
    rows = told("W1", 8)
    assert (store.append(rows).new, store.append(rows).duplicate) == (3, 3)
    assert store.forecasts("W1", "a01001", DAY, DAY + 72 * HOUR) == [
        replace(row, value=row.value.quantize(Decimal("0.000001"))) for row in rows
    ]
    assert store.append([]).new == 0


def test_the_newest_issue_is_picked_for_each_time_and_every_run_is_kept(store: LakeForecasts) -> None:
    store.append(told("W2", 8, 4, value="10"))
    store.append(told("W2", 14, 2, value="20"))
    assert [issued for issued, _ in read(store, "W2")] == [8, 14, 8, 14, 8, 8]
    assert read(store, "W2", newest_only=True) == [(14, 20), (14, 21), (8, 12), (8, 13)]


def test_an_origin_sees_only_what_was_issued_and_had_arrived_by_then(store: LakeForecasts) -> None:
    store.append(told("W3", 8, 1, value="10"))
    store.append(told("W3", 14, 1, value="20"))
    assert read(store, "W3", issued_before=DAY + 13 * HOUR) == [(8, 10)]
    # Issued at 14, here at 15: at half past 14 nobody knew it.
    assert read(store, "W3", known_at=DAY + 14.5 * HOUR, newest_only=True) == [(8, 10)]
    assert read(store, "W3", known_at=DAY + 15 * HOUR, newest_only=True) == [(14, 20)]
    assert read(store, "W3", known_at=DAY + 8 * HOUR) == []


def test_another_value_of_the_same_statement_is_a_new_version(store: LakeForecasts) -> None:
    store.append(told("W4", 8, 1))
    mended = [replace(row, value=Decimal(9), received_at=row.received_at + 5 * HOUR) for row in told("W4", 8, 1)]
    assert store.append(mended).corrected == 1
    assert read(store, "W4") == [(8, 9)]
    assert read(store, "W4", known_at=DAY + 10 * HOUR) == [(8, 1)]
    assert store.forecasts("W4", "a01001", DAY, DAY + 72 * HOUR)[0].version == 2


def test_models_stand_beside_each_other(store: LakeForecasts) -> None:
    store.append([*told("W5", 8, 1), *told("W5", 8, 1, value="5", model="ECMWF")])
    assert len(read(store, "W5")) == 2
    assert read(store, "W5", model="ECMWF") == [(8, 5)]
    assert len(read(store, "W5", newest_only=True)) == 2


def test_a_withdrawn_import_is_hidden_and_can_come_again(store: LakeForecasts) -> None:
    store.append(told("W6", 8, 2, segment="import:w"))
    assert store.count("import:w", 0, 99) == 2
    assert store.count("import:w", 2, 99) == 1
    at = DAY + 20 * HOUR
    assert (store.withdraw("import:w", at), store.withdraw("import:w", at)) == (2, 0)
    assert read(store, "W6") == []
    assert len(read(store, "W6", known_at=at - HOUR)) == 2
    again = store.append(told("W6", 8, 2, segment="import:again"))
    assert (again.new, again.duplicate) == (2, 0)
    assert len(read(store, "W6")) == 2


def test_a_large_run_lies_in_synced_files_and_survives_reopening(place: tuple[str, Path], store: LakeForecasts) -> None:
    store.append(told("W7", 8, 400))
    assert list((place[1] / "main" / "forecast").rglob("*.parquet"))
    other = LakeForecasts(*place, read_only=True)
    assert len(other.forecasts("W7", "a01001", DAY, DAY + 1000 * HOUR)) == 400
    with pytest.raises(NotPermitted):
        other.append(told("W7", 9))
    with pytest.raises(NotPermitted):
        other.withdraw("import:a", DAY)
    other.close()


def test_observations_and_forecasts_of_one_lake_do_not_disturb_each_other(
    place: tuple[str, Path], store: LakeForecasts
) -> None:
    observations = DuckLakeStore(*place)
    row = Observation("W8", "a01001", Cycle.HOUR, DAY, Decimal(3), mark="N", received_at=DAY + HOUR)
    assert observations.append([row]).new == 1
    store.append(told("W8", 8))
    assert observations.append([row]).duplicate == 1
    assert observations.append([replace(row, period_start=DAY + HOUR)]).new == 1
    store.append(told("W8", 14))
    observations.compact()
    assert len(observations.latest(["W8"])) == 1
    assert len(read(store, "W8")) == 6
    observations.close()


def test_hosts_that_share_a_lake_find_the_forecasts_in_it(place: tuple[str, Path], tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, database_url=place[0], lake_folder=place[1])
    opened = LakeForecasts.open(settings)
    opened.append(told("W9", 8, 300))
    opened.close()
    assert not (tmp_path / "lake").exists()
    other = LakeForecasts(*place, read_only=True)  # of another host
    assert len(other.forecasts("W9", "a01001", DAY, DAY + 1000 * HOUR)) == 300
    other.close()
