"""The duties on the real engine: a day of a small city from rows to ended findings, without a second look changing it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.duties.scene import (
    CLEAN_AIR,
    FLOW,
    HOUR,
    MINUTE,
    NOX,
    OXYGEN,
    T0,
    air,
    findings,
    hour,
    limit,
    outlet,
    power,
    station,
)
from tests.duties.test_watch_treatment import metered
from tests.telemetry.conftest import database_url  # noqa: F401  a fixture

from qingtian.apps.journal.models import Event
from qingtian.apps.journal.verify import verify_journal
from qingtian.apps.judgements.models import Judgement
from qingtian.duties import run_due
from qingtian.telemetry.store.ducklake import DuckLakeStore


@pytest.fixture
def lake(database_url: str, tmp_path: Path) -> Iterator[DuckLakeStore]:  # noqa: F811
    store = DuckLakeStore(database_url, tmp_path / "lake")
    yield store
    store.close()


def test_a_day_of_a_small_city(db, lake):
    stack = outlet(1, limits=[limit(converted=True)], reference_o2="6")
    place = station()
    production, cleaner = metered(9)
    for index in range(24):
        start = T0 + index * HOUR
        nox = 150 if index in (8, 9) else 60 + index % 3
        rows = [
            hour(stack, start, nox, NOX),
            hour(stack, start, "6.0", OXYGEN),
            hour(stack, start, 100000 + index * 900, FLOW),
        ]
        rows += power(production, start, [600] * 12)
        rows += power(cleaner, start, [1 if index == 14 else 80] * 12)
        lake.append(rows + air(place, start, **CLEAN_AIR | {"pm25": 130 if index in (5, 6, 7) else 30}))
        for minute in (12, 32, 52):
            reports = run_due(start + HOUR + minute * MINUTE, lake, strict=True)
            assert all(report.error == "" for report in reports)
    found = {(one.kind, one.object.code, one.parameter): one for one in findings()}
    assert set(found) == {
        ("exceedance", stack.code, NOX),
        ("air_pollution", place.code, "aqi"),
        ("treatment_off", cleaner.code, ""),
    }
    assert {one.activity for one in found.values()} == {"ended"}
    exceedance = found["exceedance", stack.code, NOX]
    assert (exceedance.first_seen, exceedance.hits) == (T0 + 8 * HOUR, 2)
    assert (exceedance.raised_at, exceedance.ended_at) == (T0 + 9 * HOUR + 12 * MINUTE, T0 + 10 * HOUR)
    assert Judgement.objects.filter(item=NOX).count() == 24
    assert verify_journal().intact
    before = (Judgement.objects.count(), Event.objects.count())
    run_due(T0 + 24 * HOUR + 58 * MINUTE, lake, strict=True)
    assert (Judgement.objects.count(), Event.objects.count()) == before


def test_late_hours_are_judged_from_the_real_engine_too(db, lake):
    stack = outlet()
    lake.append([hour(stack, T0 + index * HOUR, 80) for index in (0, 1, 3)])
    run_due(T0 + 5 * HOUR, lake, strict=True, only={"judge_emission_hours"})
    lake.append([hour(stack, T0 + 2 * HOUR, 140, received_at=T0 + 20 * HOUR)])
    (report,) = run_due(T0 + 21 * HOUR, lake, strict=True, only={"judge_emission_hours"})
    assert (report.judged, report.raised, report.ended) == (1, 1, 1)
