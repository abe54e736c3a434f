"""Frozen values and dilution are found from hour rows, once per event, and end by themselves."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.duties.scene import (
    FLOW,
    HOUR,
    MINUTE,
    NOX,
    OXYGEN,
    PM,
    SO2,
    T0,
    findings,
    hour,
    hours,
    outlet,
    power,
    register,
)

from qingtian.apps.registry.models import RegistryObject
from qingtian.telemetry.store.port import Cycle

DUTY = "watch_authenticity"
LIVELY = ["50.1", "52.3", "49.8", "51.2", "53.4", "50.9"]
MOVING_FLOW = [100000, 118000, 95000, 121000, 99000, 110000]


def lively(site: RegistryObject, start, count: int, code: str = NOX) -> list:
    return [
        hour(site, start + n * HOUR, LIVELY[n % 6], code, minimum=Decimal(48), maximum=Decimal("55.5"))
        for n in range(count)
    ]


def flat(site: RegistryObject, start, count: int, code: str = NOX, value: str = "50.1", **more) -> list:
    number = Decimal(value)
    return [hour(site, start + n * HOUR, number, code, minimum=number, maximum=number, **more) for n in range(count)]


def flows(site: RegistryObject, start, count: int) -> list:
    return hours(site, start, [MOVING_FLOW[n % 6] for n in range(count)], FLOW)


def walk(run, start, end) -> None:
    at = start
    while at <= end:
        run(DUTY, at + 12 * MINUTE)
        at += HOUR


def test_a_flat_value_under_a_moving_load_is_found_after_four_hours_and_ends_when_it_moves(run, store):
    stack = outlet()
    store.append(lively(stack, T0, 8) + flat(stack, T0 + 8 * HOUR, 6) + lively(stack, T0 + 14 * HOUR, 4))
    store.append(flows(stack, T0, 18))
    for index in range(19):
        run(DUTY, T0 + index * HOUR + 12 * MINUTE) if index <= 12 else None
    # At 12:12 the hours 08..11 are flat (rows of later hours are already there in this test's store).
    (finding,) = findings()
    assert (finding.kind, finding.parameter, finding.first_seen) == ("frozen_value", NOX, T0 + 8 * HOUR)
    assert "恒为50.1" in finding.detail["explanation_zh"]
    assert finding.detail["load"] == FLOW
    assert "同期负荷(" in finding.detail["explanation_zh"]
    assert FLOW not in finding.detail["explanation_zh"]
    assert (finding.detail["value"], finding.detail["unit"]) == ("50.1", "mg/m3")
    walk(run, T0 + 13 * HOUR, T0 + 18 * HOUR)
    (finding,) = findings()
    assert (finding.activity, finding.last_seen, finding.ended_at) == ("ended", T0 + 13 * HOUR, T0 + 14 * HOUR)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_less_than_four_hours_prove_nothing(run, store, count):
    stack = outlet()
    store.append(lively(stack, T0, 6) + flat(stack, T0 + 6 * HOUR, count) + lively(stack, T0 + (6 + count) * HOUR, 3))
    store.append(flows(stack, T0, 12))
    run(DUTY, T0 + 12 * HOUR)
    assert findings() == []


def test_a_flat_value_under_a_steady_load_or_without_any_load_proves_nothing(run, store):
    steady, unknown = outlet(1), outlet(2)
    for stack in (steady, unknown):
        store.append(lively(stack, T0, 6) + flat(stack, T0 + 6 * HOUR, 6))
    store.append(hours(steady, T0, [100000] * 12, FLOW))
    run(DUTY, T0 + 13 * HOUR)
    assert findings() == []


def test_production_power_shows_the_load_where_there_is_no_flow(run, store):
    stack = outlet()
    meter = register("power_meter", "M-001-P", stack.parent, tag="production", rated_kw="1000")
    store.append(lively(stack, T0, 6) + flat(stack, T0 + 6 * HOUR, 6))
    for n in range(12):
        store.append(power(meter, T0 + n * HOUR, [400 + 50 * (n % 3)] * 12))
    store.roll_up_hours(T0, T0 + 12 * HOUR)
    run(DUTY, T0 + 13 * HOUR)
    assert [one.detail["load"] for one in findings()] == ["power_kw"]


def test_marked_hours_neither_count_nor_hide_a_frozen_value(run, store):
    stack = outlet()
    store.append(lively(stack, T0, 6) + flat(stack, T0 + 6 * HOUR, 3, mark="C") + lively(stack, T0 + 9 * HOUR, 3))
    store.append(
        flat(stack, T0 + 12 * HOUR, 3)
        + flat(stack, T0 + 15 * HOUR, 1, mark="C", value="0")
        + flat(stack, T0 + 16 * HOUR, 1)
    )
    store.append(flows(stack, T0, 17))
    run(DUTY, T0 + 18 * HOUR)
    assert [one.first_seen for one in findings()] == [T0 + 12 * HOUR]


@pytest.mark.parametrize("value", ["2", "0", "0.0"])
def test_a_value_that_its_resolution_keeps_flat_proves_nothing(run, store, value):
    # Whole milligrams at 2 mg/m3: one step is half of the value, so standing still is what such a channel does.
    stack = outlet()
    coarse = [hour(stack, T0 + n * HOUR, 2 + n % 2, PM) for n in range(6)]
    store.append(coarse + flat(stack, T0 + 6 * HOUR, 8, PM, value) + flows(stack, T0, 14))
    run(DUTY, T0 + 15 * HOUR)
    assert findings() == []


def test_temperature_and_the_load_itself_may_stand_still(run, store):
    stack = outlet()
    store.append(flat(stack, T0, 10, "a01012", "120.5") + flat(stack, T0, 10, FLOW, "100000.5"))
    store.append(lively(stack, T0, 10))
    run(DUTY, T0 + 11 * HOUR)
    assert findings() == []


def stack_rows(site: RegistryObject, start, count: int, *, oxygen: str, flow: int, nox: str) -> list:
    return (
        hours(site, start, [oxygen] * count, OXYGEN)
        + hours(site, start, [flow] * count, FLOW)
        + hours(site, start, [nox] * count, NOX)
    )


def test_oxygen_and_flow_up_with_the_mass_as_before_is_dilution(run, store):
    stack = outlet()
    usual = {"oxygen": "6.0", "flow": 100000, "nox": "60"}
    diluted = {"oxygen": "12.7", "flow": 180000, "nox": "33.3"}
    store.append(stack_rows(stack, T0, 10, **usual))
    store.append(stack_rows(stack, T0 + 10 * HOUR, 5, **diluted))
    store.append(stack_rows(stack, T0 + 15 * HOUR, 3, **usual))
    walk(run, T0 + 6 * HOUR, T0 + 19 * HOUR)
    (finding,) = findings()
    assert (finding.kind, finding.parameter) == ("dilution", "")
    assert (finding.first_seen, finding.last_seen) == (T0 + 10 * HOUR, T0 + 14 * HOUR)
    assert (finding.activity, finding.ended_at) == ("ended", T0 + 15 * HOUR)
    assert [finding.detail[name] for name in ("value", "limit", "unit")] == ["12.7", "8", "%"]
    assert "含氧量较平时(6%)升高6.7个百分点，流量为平时的1.8倍" in finding.detail["explanation_zh"]


@pytest.mark.parametrize(
    ("why", "changed"),
    [
        ("a higher load moves the mass too", {"oxygen": "8.5", "flow": 180000, "nox": "75"}),
        ("oxygen alone", {"oxygen": "12", "flow": 105000, "nox": "55"}),
        ("flow alone", {"oxygen": "6.5", "flow": 180000, "nox": "34"}),
        ("the load falls", {"oxygen": "9.5", "flow": 60000, "nox": "60"}),
    ],
)
def test_ordinary_changes_of_a_stack_are_no_dilution(run, store, why, changed):
    stack = outlet()
    store.append(stack_rows(stack, T0, 10, oxygen="6.0", flow=100000, nox="60"))
    store.append(stack_rows(stack, T0 + 10 * HOUR, 5, **changed))
    run(DUTY, T0 + 16 * HOUR)
    assert findings("dilution") == [], why


def test_an_event_of_yesterday_is_not_raised_a_second_time(run, store):
    stack = outlet()
    store.append(stack_rows(stack, T0, 10, oxygen="6.0", flow=100000, nox="60"))
    store.append(stack_rows(stack, T0 + 10 * HOUR, 4, oxygen="12.7", flow=180000, nox="33.3"))
    store.append(stack_rows(stack, T0 + 14 * HOUR, 50, oxygen="6.0", flow=100000, nox="60"))
    store.append(
        lively(stack, T0, 8, SO2) + flat(stack, T0 + 8 * HOUR, 8, SO2) + lively(stack, T0 + 16 * HOUR, 40, SO2)
    )
    walk(run, T0 + 6 * HOUR, T0 + 55 * HOUR)
    found = findings()
    assert sorted(one.kind for one in found) == ["dilution", "frozen_value"]
    assert {one.activity for one in found} == {"ended"}
    reopened = [one for one in found if one.hits > 12]
    assert reopened == []


def test_two_hundred_outlets_are_read_at_once(run, store):
    for number in range(40):
        stack = outlet(number)
        store.append(lively(stack, T0, 12) + flows(stack, T0, 12))
    before = store.windows
    run(DUTY, T0 + 13 * HOUR)
    assert store.windows - before == 1
    assert store.window(Cycle.HOUR, T0, T0 + 12 * HOUR)
