"""Silence is a finding; a silent city is one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.duties.scene import CLEAN_AIR as CLEAN
from tests.duties.scene import HOUR, MINUTE, REGISTERED, T0, air, findings, hour, outlet, register, station

from qingtian.apps.registry.models import RegistryObject
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.store.port import Quarantined

DUTY = "watch_streams"


def heard(store, site: RegistryObject, at) -> None:
    store.append([hour(site, at - 2 * HOUR, 50, received_at=at, frame_hash=f"{site.code}{at}")])


def test_a_stream_may_be_silent_for_its_allowance_but_no_longer(run, store):
    stack = outlet()
    heard(store, stack, T0)
    run(DUTY, T0 + 60 * MINUTE)
    assert findings() == []
    run(DUTY, T0 + 61 * MINUTE)
    (finding,) = findings()
    assert (finding.kind, finding.object.code, finding.parameter) == ("late_stream", stack.code, "")
    assert (finding.first_seen, finding.raised_at, finding.activity) == (T0, T0 + 61 * MINUTE, "ongoing")
    assert "超过允许的60分钟" in finding.detail["explanation_zh"]
    assert finding.detail["last_heard"] == T0.isoformat()
    assert [finding.detail[name] for name in ("value", "limit", "unit")] == ["61", "60", "min"]


def test_a_slow_stream_is_given_three_of_its_intervals(run, store):
    stack = outlet()
    RegistryObject.objects.filter(parent=stack).update(attributes={"expects": ["hour"]})
    heard(store, stack, T0)
    run(DUTY, T0 + 3 * HOUR)
    assert findings() == []
    run(DUTY, T0 + 3 * HOUR + MINUTE)
    assert len(findings()) == 1


def test_a_silence_stays_one_finding_and_ends_when_data_come_back(run, store):
    stack = outlet()
    heard(store, stack, T0)
    for hours in range(1, 8):
        run(DUTY, T0 + hours * HOUR + MINUTE)
    assert [one.hits for one in findings()] == [1]
    heard(store, stack, T0 + 9 * HOUR)
    run(DUTY, T0 + 9 * HOUR + MINUTE)
    (finding,) = findings()
    assert (finding.activity, finding.ended_at) == ("ended", T0 + 9 * HOUR)


def test_a_silence_long_after_another_is_a_new_finding(run, store):
    stack = outlet()
    heard(store, stack, T0)
    run(DUTY, T0 + 2 * HOUR)
    for later in range(3, 12):
        heard(store, stack, T0 + later * HOUR)
        run(DUTY, T0 + later * HOUR + MINUTE)
    run(DUTY, T0 + 13 * HOUR)
    assert [(one.first_seen, one.activity) for one in findings()] == [(T0, "ended"), (T0 + 11 * HOUR, "ongoing")]


def test_a_device_that_never_sent_is_silent_since_its_registration(run, store):
    outlet()
    run(DUTY, REGISTERED + 2 * HOUR)
    (finding,) = findings()
    assert finding.first_seen == REGISTERED
    assert "从未收到数据" in finding.detail["explanation_zh"]


def test_nothing_is_expected_of_a_site_without_a_sending_device(run, store):
    stack = outlet()
    RegistryObject.objects.filter(parent=stack).update(attributes={"expects": []})
    works = register("enterprise", "E-9")
    register("outlet", "O-9-01", works, kind="air")
    run(DUTY, T0)
    assert findings() == []


def test_frames_in_quarantine_are_no_silence(run, store):
    stack = outlet(1)
    heard(store, stack, T0)
    refused = Quarantined("MN000001", "future_time", "", T0 + 50 * MINUTE, "f" * 64, "000000000001", 0)
    store.append([], quarantined=[refused])
    run(DUTY, T0 + 100 * MINUTE)
    assert findings() == []


def test_a_station_is_watched_by_its_imported_hours(run, store):
    place = station()
    store.append(air(place, T0, **CLEAN))
    run(DUTY, T0 + 90 * MINUTE + 4 * HOUR)
    assert findings() == []
    run(DUTY, T0 + 91 * MINUTE + 4 * HOUR)
    assert [one.object.code for one in findings()] == [place.code]
    store.append(air(place, T0 + 6 * HOUR, **CLEAN))
    run(DUTY, T0 + 8 * HOUR)
    assert findings()[0].activity == "ended"


def city() -> RegistryObject:
    return register("region", get_settings().city_code)


def test_a_city_that_falls_silent_is_one_finding_not_one_per_stream(run, store):
    whole = city()
    stacks = [outlet(number) for number in range(30)]
    for stack in stacks:
        heard(store, stack, T0)
    run(DUTY, T0 + 90 * MINUTE)
    (finding,) = findings()
    assert (finding.object, finding.severity) == (whole, 3)
    assert finding.detail["silent"] == "30"
    assert "30 of 30 streams" in finding.detail["explanation_en"]


def test_after_an_outage_those_that_stay_away_get_their_own_finding_one_allowance_later(run, store):
    city()
    stacks = [outlet(number) for number in range(30)]
    for stack in stacks:
        heard(store, stack, T0)
    run(DUTY, T0 + 90 * MINUTE)
    for stack in stacks[:20]:
        heard(store, stack, T0 + 100 * MINUTE)
    run(DUTY, T0 + 100 * MINUTE)
    assert [(one.object.type, one.activity) for one in findings()] == [("region", "ended")]
    for stack in stacks[:28]:
        heard(store, stack, T0 + 159 * MINUTE)
    run(DUTY, T0 + 160 * MINUTE)
    assert len(findings()) == 1
    run(DUTY, T0 + 161 * MINUTE)
    late = [one.object.code for one in findings() if one.activity == "ongoing"]
    assert late == [stack.code for stack in stacks[28:]]


@pytest.mark.parametrize(("silent", "expected"), [(9, 9), (14, 14), (15, 1)])
def test_below_half_of_the_city_each_silence_counts_for_itself(run, store, silent, expected):
    city()
    stacks = [outlet(number) for number in range(30)]
    for index, stack in enumerate(stacks):
        heard(store, stack, T0 if index < silent else T0 + HOUR)
    run(DUTY, T0 + HOUR + MINUTE)
    assert len(findings()) == expected


def test_without_a_region_on_the_register_silences_stay_single(run, store):
    for number in range(12):
        heard(store, outlet(number), T0)
    run(DUTY, T0 + timedelta(hours=2))
    assert len(findings()) == 12
