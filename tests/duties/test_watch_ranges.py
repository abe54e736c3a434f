"""A treatment temperature outside the range of the permit while production runs is a finding of the facility."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.duties.scene import HOUR, MINUTE, T0, findings, hours, power, register

from qingtian.apps.registry.models import RegistryObject
from qingtian.telemetry.store.port import Cycle, Observation

DUTY = "watch_ranges"
FURNACE = "a01901"


def plant(number: int = 1, **furnace: Any) -> tuple[RegistryObject, RegistryObject]:
    works = register("enterprise", f"E-{number:03}")
    attributes = {"use": "treatment", "temperature_min": "850", "temperature_max": "1100"} | furnace
    facility = register("facility", f"TA{number:03}", works, **attributes)
    meter = register("power_meter", f"M-{number:03}-P", works, tag="production", threshold_kw="100")
    return facility, meter


def heat(site: str, start: datetime, values: list[object], code: str = FURNACE) -> list[Observation]:
    return [
        Observation(
            site, code, Cycle.MINUTE, at, Decimal(str(value)), unit="℃", mark="N", period_s=300, simulated=True,
            received_at=at + 5 * MINUTE,
        )
        for at, value in ((start + index * 5 * MINUTE, value) for index, value in enumerate(values))
    ]  # fmt: skip


def test_half_an_hour_too_cold_while_producing_is_a_finding_with_its_range(run, store):
    facility, meter = plant()
    store.append(heat(facility.code, T0 + 30 * MINUTE, [900] * 3 + [700] * 6) + power(meter, T0, [400] * 24))
    run(DUTY, T0 + 75 * MINUTE)
    (finding,) = findings()
    assert (finding.kind, finding.object, finding.parameter) == ("temperature_out_of_range", facility, FURNACE)
    assert (finding.first_seen, finding.last_seen) == (T0 + 45 * MINUTE, T0 + 70 * MINUTE)
    assert (finding.detail["permit_low"], finding.detail["permit_high"]) == ("850", "1100")
    assert "生产期间" in finding.detail["explanation_zh"]
    assert finding.excess is None  # colder is worse: a ratio would say the opposite


def test_cold_while_nothing_is_produced_is_right(run, store):
    facility, meter = plant()
    store.append(heat(facility.code, T0 + 30 * MINUTE, [20] * 12) + power(meter, T0, [5] * 24))
    run(DUTY, T0 + 2 * HOUR)
    assert findings() == []


def test_it_grows_as_one_finding_and_ends_when_the_range_is_kept(run, store):
    facility, meter = plant()
    store.append(heat(facility.code, T0 + 30 * MINUTE, [700] * 24 + [900] * 8) + power(meter, T0, [400] * 60))
    for minutes in (70, 80, 110, 150):
        run(DUTY, T0 + minutes * MINUTE)
    (finding,) = findings()
    assert (finding.activity, finding.severity) == ("ongoing", 3)
    run(DUTY, T0 + 3 * HOUR + 10 * MINUTE)
    (finding,) = findings()
    assert (finding.activity, finding.ended_at) == ("ended", T0 + 150 * MINUTE)


def test_the_temperature_may_stand_under_the_outlet_and_by_the_hour(run, store):
    works = register("enterprise", "E-001")
    stack = register("outlet", "O-001-01", works, kind="air")
    facility = register("facility", "TA001", works, temperature_max="60", outlet="O-001-01")
    meter = register("power_meter", "M-001-P", works, tag="production", rated_kw="1000")
    store.append(hours(stack, T0 + HOUR, [55, 65, 70], "a01012", unit="℃"))
    store.append([
        Observation(meter.code, "power_kw", Cycle.HOUR, T0 + n * HOUR, Decimal(400), unit="kW", mark="N", received_at=T0)
        for n in range(6)
    ])  # fmt: skip
    run(DUTY, T0 + 4 * HOUR)
    (finding,) = findings()
    assert (finding.object, finding.first_seen) == (facility, T0 + 2 * HOUR)


def test_without_a_meter_it_is_held_back_and_said(run, store):
    works = register("enterprise", "E-001")
    facility = register("facility", "TA001", works, temperature_min="850")
    store.append(heat(facility.code, T0 + 30 * MINUTE, [20] * 12))
    report = run(DUTY, T0 + 2 * HOUR)
    assert findings() == []
    assert report.notes == ["TA001: no production meter tells whether it must work"]


@pytest.mark.parametrize("bad", [{"temperature_min": "1200"}, {"temperature_min": "warm"}])
def test_a_wrong_range_on_the_register_is_said_and_hurts_no_other(run, store, bad):
    plant(1, **bad)
    facility, meter = plant(2)
    store.append(heat(facility.code, T0 + 30 * MINUTE, [700] * 8) + power(meter, T0, [400] * 24))
    report = run(DUTY, T0 + 75 * MINUTE)
    assert [finding.object for finding in findings()] == [facility]
    assert report.notes[0].startswith("TA001: ")


def test_facilities_without_a_range_cost_nothing(run, store):
    works = register("enterprise", "E-001")
    register("facility", "TA001", works, use="treatment")
    run(DUTY, T0)
    assert store.windows == 0
