"""Hours that arrive late again and again are one finding of the site; single ones and outages are none."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.duties.scene import DAY, HOUR, MINUTE, T0, findings, hour, outlet

from qingtian.apps.registry.models import RegistryObject
from qingtian.telemetry.store.port import Observation, Origin

DUTY = "watch_uploads"


def late(site: RegistryObject, start: datetime, minutes: int, **more: Any) -> Observation:
    return hour(site, start, 50, received_at=start + HOUR + minutes * MINUTE, **more)


def test_three_late_hours_are_one_finding_and_later_ones_prolong_it(run, store):
    stack = outlet()
    store.append([late(stack, T0 + n * HOUR, 180 - 60 * n + 61) for n in range(3)])
    run(DUTY, T0 + 5 * HOUR)
    (finding,) = findings()
    assert (finding.kind, finding.rule_id, finding.object, finding.severity) == ("late_data", "late_upload", stack, 1)
    assert finding.detail["limit"] == "60"
    store.append([late(stack, T0 + 3 * HOUR, 90)])
    run(DUTY, T0 + 6 * HOUR)
    (again,) = findings()
    assert (again.pk, again.last_seen) == (finding.pk, T0 + 3 * HOUR)


def test_two_late_hours_are_no_finding(run, store):
    stack = outlet()
    store.append([late(stack, T0, 90), late(stack, T0 + HOUR, 90), late(stack, T0 + 2 * HOUR, 5)])
    run(DUTY, T0 + 5 * HOUR)
    assert findings() == []


def test_it_ends_when_hours_arrive_in_time_again(run, store):
    stack = outlet()
    store.append([late(stack, T0 + n * HOUR, 90) for n in range(3)])
    run(DUTY, T0 + 5 * HOUR)
    store.append([late(stack, T0 + n * HOUR, 2) for n in range(3, 6)])
    run(DUTY, T0 + 7 * HOUR)
    (finding,) = findings()
    assert (finding.activity, finding.ended_at) == ("ended", T0 + 3 * HOUR)


def test_corrections_imports_and_means_of_our_own_are_no_late_uploads(run, store):
    stack = outlet()
    store.append([late(stack, T0 + n * HOUR, 2) for n in range(4)])
    store.append([hour(stack, T0 + n * HOUR, 51, received_at=T0 + 20 * HOUR) for n in range(4)])
    store.append([late(stack, T0 + (4 + n) * HOUR, 600, origin=Origin.import_) for n in range(4)])
    store.append([late(stack, T0 + (8 + n) * HOUR, 600, origin=Origin.ROLLUP) for n in range(4)])
    run(DUTY, T0 + DAY)
    assert findings() == []


def test_the_first_pollutant_of_an_hour_counts(run, store):
    stack = outlet()
    store.append([late(stack, T0 + n * HOUR, 2) for n in range(4)])
    store.append([hour(stack, T0 + n * HOUR, 5, "a21026", received_at=T0 + 12 * HOUR) for n in range(4)])
    run(DUTY, T0 + 13 * HOUR)
    assert findings() == []


def test_a_whole_city_that_is_late_is_held_back(run, store):
    stacks = [outlet(number) for number in range(1, 13)]
    store.append([late(stack, T0 + n * HOUR, 90) for stack in stacks for n in range(3)])
    report = run(DUTY, T0 + 6 * HOUR)
    assert findings() == []
    assert "12 of 12 sites late together" in report.notes[0]


def test_one_query_whatever_the_number_of_sites_and_the_same_again_changes_nothing(run, store):
    for number in range(1, 6):
        stack = outlet(number)
        store.append([late(stack, T0 + n * HOUR, 90 if number == 1 else 2) for n in range(3)])
    run(DUTY, T0 + 6 * HOUR)
    before = store.windows
    report = run(DUTY, T0 + 6 * HOUR + timedelta(minutes=1))
    assert (store.windows - before, report.raised, len(findings())) == (1, 0, 1)
    assert findings()[0].hits == 2
