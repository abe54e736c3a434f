"""Device faults seen at ingest become one finding per site and cause; single doubts and other watchers' matters do not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.duties.scene import HOUR, MINUTE, NOX, SO2, T0, findings, hour, outlet, station

from qingtian.domain.quality import Cause, Doubt, causes_of, pack_doubts
from qingtian.telemetry.store.port import Cycle

DUTY = "watch_quality"
CO, PM25, PM10 = "a21005", "a34004", "a34002"
SLIP = Doubt(
    Cause.UNIT_SLIP, "q.unit_slip.a21005.ambient.any.thousandfold",
    {"value": "800", "unit": "mg/m3", "factor": "1000", "mended": "0.8", "usual": "0.9"},
)  # fmt: skip
STILL = Doubt(
    Cause.PERSISTENCE, "q.persistence.a34004.ambient.hour.from20",
    {"value": "35", "unit": "ug/m3", "hours": "9", "limit": "8"},
)  # fmt: skip


def shift(holds: str) -> Doubt:
    facts = {"value": "6", "holds": holds, "usual": "35", "theirs": "6", "sound": "35", "sound_at": T0.isoformat()}
    return Doubt(Cause.COLUMN_SHIFT, "q.columns.ambient", facts)


def doubted(site, at, doubt=None, code=CO, value="800", **more):
    doubts = [doubt] if doubt else []
    return hour(site, at, Decimal(value), code, qc=causes_of(doubts), qc_facts=pack_doubts(doubts), **more)


def test_two_doubted_hours_are_one_finding_and_sound_hours_end_it(run, store):
    site = station()
    store.append([doubted(site, T0 + n * HOUR, SLIP if n in (2, 3, 4) else None) for n in range(5)])
    run(DUTY, T0 + 5 * HOUR + 14 * MINUTE)
    (finding,) = findings()
    assert (finding.kind, finding.rule_id, finding.parameter) == ("data_quality", "quality_unit_slip", CO)
    assert (finding.first_seen, finding.last_seen) == (T0 + 2 * HOUR, T0 + 4 * HOUR)
    assert "约为合理值0.8的1000倍" in finding.detail["explanation_zh"]
    assert "about 1000 times the plausible 0.8" in finding.detail["explanation_en"]
    assert finding.detail["rule_row"] == "det-quality-unit-slip-1"
    store.append([doubted(site, T0 + n * HOUR, value="0.8") for n in range(5, 8)])
    run(DUTY, T0 + 8 * HOUR + 14 * MINUTE)
    (finding,) = findings()
    assert (finding.activity, finding.ended_at) == ("ended", T0 + 5 * HOUR)


def test_one_doubted_hour_is_no_finding(run, store):
    site = station()
    store.append([doubted(site, T0 + n * HOUR, SLIP if n == 2 else None) for n in range(6)])
    run(DUTY, T0 + 6 * HOUR + 14 * MINUTE)
    assert findings() == []


def test_several_pollutants_under_one_cause_are_one_finding(run, store):
    site = station()
    for n in range(3):
        at = T0 + n * HOUR
        store.append([doubted(site, at, shift(PM25), PM10), doubted(site, at, shift(PM10), SO2)])
    run(DUTY, T0 + 3 * HOUR + 14 * MINUTE)
    (finding,) = findings()
    assert (finding.rule_id, finding.severity) == ("quality_column_shift", 3)
    assert finding.detail["items"] == f"{SO2} {PM10}"


def test_a_second_run_changes_nothing(run, store):
    site = station()
    store.append([doubted(site, T0 + n * HOUR, SLIP) for n in range(4)])
    run(DUTY, T0 + 4 * HOUR + 14 * MINUTE)
    before = [(one.pk, one.hits, one.last_seen) for one in findings()]
    report = run(DUTY, T0 + 4 * HOUR + 15 * MINUTE)
    assert [(one.pk, one.hits, one.last_seen) for one in findings()] == before
    assert (report.raised, report.extended) == (0, 0)


@pytest.mark.parametrize("kind", ["station", "outlet"])
def test_standing_still_is_told_of_stations_only_since_outlets_have_their_own_watcher(run, store, kind):
    site = station() if kind == "station" else outlet()
    code = PM25 if kind == "station" else NOX
    store.append([doubted(site, T0 + n * HOUR, STILL, code, "35") for n in range(4)])
    run(DUTY, T0 + 4 * HOUR + 14 * MINUTE)
    assert [one.rule_id for one in findings()] == (["quality_frozen"] if kind == "station" else [])


def test_a_doubt_of_a_wrong_clock_is_left_to_the_watcher_of_clocks(run, store):
    site = station()
    wrong = Doubt(Cause.CLOCK_ERROR, "", {"minutes": "9.0"})
    store.append([doubted(site, T0 + n * HOUR, wrong) for n in range(6)])
    run(DUTY, T0 + 6 * HOUR + 14 * MINUTE)
    assert findings() == []


def test_a_mean_of_doubted_minutes_counts_too(run, store):
    site = outlet()
    for n in range(3):
        one = doubted(site, T0 + n * HOUR, SLIP, NOX, "45000")
        rows = [
            replace(
                one, cycle=Cycle.MINUTE, period_s=60, period_start=one.period_start + m * MINUTE, frame_hash=f"{n}-{m}"
            )
            for m in range(60)
        ]
        store.append(rows)
    store.roll_up_hours(T0, T0 + 3 * HOUR)
    run(DUTY, T0 + 3 * HOUR + 14 * MINUTE)
    (finding,) = findings()
    assert "单位错误" in finding.detail["explanation_zh"]
    assert NOX not in finding.detail["explanation_zh"]
