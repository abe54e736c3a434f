"""Clock errors: frames that agree on a wrong time, over some time, of some devices."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.duties.scene import HOUR, MINUTE, T0, findings, hour, outlet

from qingtian.apps.registry.models import RegistryObject
from qingtian.telemetry.store.port import ClockSkew

DUTY = "watch_clocks"


def skew(site: RegistryObject, at: datetime, seconds: int) -> ClockSkew:
    return ClockSkew(
        mn=f"MN{site.code}",
        site=site.code,
        data_time=at + timedelta(seconds=seconds),
        received_at=at,
        skew_s=seconds,
        frame_hash=f"{site.code}{at.isoformat()}",
        quarantined=False,
    )


def skews(site: RegistryObject, start: datetime, seconds: list[int], step: timedelta = 10 * MINUTE) -> list[ClockSkew]:
    return [skew(site, start + index * step, one) for index, one in enumerate(seconds)]


def heard(store, site: RegistryObject, at: datetime) -> None:
    store.append([hour(site, at - HOUR, 50, received_at=at, frame_hash=f"{site.code}{at}")])


def test_frames_that_agree_on_a_wrong_time_are_a_finding(run, store):
    stack = outlet()
    store.append([], skews=skews(stack, T0, [720, 725, 718, 731]))
    run(DUTY, T0 + 45 * MINUTE)
    (finding,) = findings()
    assert (finding.kind, finding.object, finding.severity) == ("clock_error", stack, 1)
    assert finding.first_seen == T0
    assert [finding.detail[name] for name in ("value", "limit", "unit")] == ["12", "5", "min"]
    assert "快约12" in finding.detail["explanation_zh"]
    assert "ahead of their arrival" in finding.detail["explanation_en"]


@pytest.mark.parametrize(
    ("seconds", "severity", "word"), [(-1000, 1, "慢"), (1799, 1, "快"), (1800, 2, "快"), (2700, 2, "快")]
)
def test_more_than_half_an_hour_is_more_severe(run, store, seconds, severity, word):
    store.append([], skews=skews(outlet(), T0, [seconds] * 4))
    run(DUTY, T0 + HOUR)
    (finding,) = findings()
    assert finding.severity == severity
    assert word in finding.detail["explanation_zh"]


@pytest.mark.parametrize(
    ("why", "seconds", "step"),
    [
        ("two frames may be chance", [720, 720], 10 * MINUTE),
        ("within the limit", [300, 300, 300, 300], 10 * MINUTE),
        ("back-filled frames have every age", [-9000, -8400, -7800, -7200, -6600], timedelta(seconds=1)),
        ("old frames of one age at once", [-7200] * 6, timedelta(seconds=1)),
        ("ages without a pattern", [400, 3000, -2000, 900, -600], 10 * MINUTE),
    ],
)
def test_what_is_no_clock_error(run, store, why, seconds, step):
    store.append([], skews=skews(outlet(), T0, seconds, step))
    run(DUTY, T0 + HOUR)
    assert findings() == [], why


def test_it_is_one_finding_that_ends_after_an_hour_in_time(run, store):
    stack = outlet()
    store.append([], skews=skews(stack, T0, [900] * 13))
    for quarter in range(1, 13):
        run(DUTY, T0 + quarter * 15 * MINUTE)
    (finding,) = findings()
    assert (finding.activity, finding.last_seen) == ("ongoing", T0 + 2 * HOUR)
    heard(store, stack, T0 + 2 * HOUR + 50 * MINUTE)
    run(DUTY, T0 + 3 * HOUR)
    assert findings()[0].activity == "ongoing"
    heard(store, stack, T0 + 3 * HOUR)
    run(DUTY, T0 + 3 * HOUR + 15 * MINUTE)
    (finding,) = findings()
    assert (finding.activity, finding.ended_at) == ("ended", T0 + 2 * HOUR)


def test_clocks_that_are_off_all_together_are_not_the_devices(run, store):
    stacks = [outlet(number) for number in range(10)]
    for index, stack in enumerate(stacks):
        heard(store, stack, T0 + 30 * MINUTE)
        if index < 6:
            store.append([], skews=skews(stack, T0, [-900] * 4))
    report = run(DUTY, T0 + 45 * MINUTE)
    assert findings() == []
    assert report.notes == ["6 of 10 clocks off together: not the devices; held back"]


def test_a_site_that_is_not_on_the_register_is_left_alone(run, store):
    stack = outlet()
    stack.code = "gone"
    store.append([], skews=skews(stack, T0, [900] * 4))
    run(DUTY, T0 + HOUR)
    assert findings() == []
