"""Missing data: found by the calendar, asked for within a budget, filled or given up with a reason."""

from __future__ import annotations

import pytest
from tests.duties.scene import DAY, HOUR, MINUTE, T0, hour, hours, outlet

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.devices.actions.claim_commands import claim_commands
from qingtian.apps.devices.actions.record_progress import record_progress
from qingtian.apps.devices.models import DeviceCommand, DeviceGap
from qingtian.apps.devices.states import GapState, Origin, Priority
from qingtian.apps.journal.models import Event
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.hj212.dialogues import Happening, Phase, QnClock, Reason
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.gateway.commands import Report

DUTY = "ask_gaps"
NOW = T0 + 20 * HOUR
FIRST = T0 - 10 * HOUR


@pytest.fixture
def stack(db: None) -> RegistryObject:
    """An outlet whose device sends hours only and was registered ten hours before T0."""
    row = outlet()
    device = device_of(row)
    device.attributes = {"expects": ["hour"], "password": "123456"}
    device.recorded_at = FIRST
    device.save()
    return row


def device_of(row: RegistryObject) -> RegistryObject:
    return RegistryObject.objects.get(type="device", parent=row)


def sent(store, stack, *, without: range = range(0), until: int = 30) -> None:
    """Hours since the first, but for some."""
    values: list[object] = [None if index in without else 50 + index for index in range(until)]
    store.append(hours(stack, FIRST, values))


def gaps() -> list[tuple[str, int, str]]:
    return [(row.cn, row.periods, row.state) for row in DeviceGap.objects.order_by("begin")]


def end(command: DeviceCommand, at, *, phase=Phase.FAILED, reason=Reason.EXE_RETURN, code: int | None = 100) -> None:
    """The gateway takes the command and tells its end."""
    claim_commands(SYSTEM_ACTOR, at, "gw", ready=lambda _: True, limit=100, numbers=QnClock())
    report = Report(
        serial=f"r-{command.pk}",
        key=command.pk,
        mn=command.mn,
        happening=Happening(phase.value) if phase is not Phase.DONE else Happening.DONE,
        at=at,
        from_device=True,
        phase=phase,
        reason=reason,
        code=code,
        attempts=1,
    )
    record_progress(SYSTEM_ACTOR, at, report)


def test_a_hole_is_asked_for_with_its_first_and_last_hour(run, store, stack):
    sent(store, stack, without=range(12, 15))
    report = run(DUTY, NOW)
    assert gaps() == [("2061", 3, GapState.ASKED)]
    command = DeviceCommand.objects.get()
    assert command.params == {"BeginTime": "20251124020000", "EndTime": "20251124040000"}
    assert (command.origin, command.priority, command.requested_by) == (Origin.GAP, Priority.HISTORY, "system")
    assert report.notes == ["gaps: 1 found, 0 filled, 0 given up, 1 requests ordered"]


def test_the_same_look_again_changes_nothing(run, store, stack):
    sent(store, stack, without=range(12, 15))
    run(DUTY, NOW)
    before = list(DeviceGap.objects.values())
    assert run(DUTY, NOW).notes == ["gaps: 0 found, 0 filled, 0 given up, 0 requests ordered"]
    assert list(DeviceGap.objects.values()) == before
    assert DeviceCommand.objects.count() == 1


def test_nothing_is_missing_when_everything_came(run, store, stack):
    sent(store, stack)
    run(DUTY, NOW)
    assert gaps() == []


def test_what_may_still_come_by_itself_is_not_missing_yet(run, store, stack):
    sent(store, stack, until=29)
    run(DUTY, NOW + 29 * MINUTE)  # the hour that ended at NOW
    assert gaps() == []
    run(DUTY, NOW + 30 * MINUTE)
    assert [one[1] for one in gaps()] == [1]


def test_an_hour_that_the_host_made_itself_is_still_missing(run, store, stack):
    from qingtian.telemetry.store.port import Origin as Made

    sent(store, stack, without=range(12, 13))
    store.append([hour(stack, FIRST + 12 * HOUR, 50, origin=Made.ROLLUP)])
    run(DUTY, NOW)
    assert [one[1] for one in gaps()] == [1]


def test_an_outage_over_midnight_is_asked_for_day_by_day(run, store, stack):
    sent(store, stack, without=range(5, 15))
    run(DUTY, NOW)
    assert [row.params["BeginTime"] for row in DeviceCommand.objects.order_by("-data_begin")] == [
        "20251124000000",
        "20251123190000",
    ]


def test_what_comes_later_fills_the_gap(run, store, stack):
    sent(store, stack, without=range(12, 15))
    run(DUTY, NOW)
    end(DeviceCommand.objects.get(), NOW, phase=Phase.DONE, reason=Reason.EXECUTED, code=1)
    store.append(hours(stack, FIRST + 12 * HOUR, [1, 2, 3], received_at=NOW))
    run(DUTY, NOW + MINUTE)
    assert gaps() == [("2061", 3, GapState.FILLED)]
    run(DUTY, NOW + 2 * HOUR)
    assert DeviceCommand.objects.filter(data_begin__lt=NOW - 2 * HOUR).count() == 1


def test_after_so_many_tries_it_is_given_up_with_the_reason(run, store, stack):
    sent(store, stack, without=range(12, 15), until=60)
    at = NOW
    for _ in range(get_settings().backfill_tries):
        store.append([hour(stack, at - HOUR, 7, received_at=at, frame_hash=f"{at}")])  # it is still there
        run(DUTY, at)
        end(DeviceCommand.objects.order_by("-id")[0], at)
        at += 6 * HOUR
    store.append([hour(stack, at - HOUR, 7, received_at=at, frame_hash=f"{at}")])
    run(DUTY, at)
    row = DeviceGap.objects.get(begin=FIRST + 12 * HOUR)
    assert (row.state, row.tries) == (GapState.GIVEN_UP, 3)
    assert row.reason_en == "asked 3 times: the device reports a failure: no data"
    assert "没有数据" in row.reason_zh
    assert Event.objects.filter(type="gap.given_up").count() == 1
    run(DUTY, at + 12 * HOUR)
    assert DeviceCommand.objects.filter(data_begin=row.begin).count() == 3


def test_between_two_tries_there_is_a_pause_that_doubles(run, store, stack):
    sent(store, stack, without=range(12, 15))
    run(DUTY, NOW)
    end(DeviceCommand.objects.get(), NOW)
    run(DUTY, NOW + 29 * MINUTE)
    assert DeviceCommand.objects.count() == 1
    run(DUTY, NOW + 31 * MINUTE)
    first, second = DeviceCommand.objects.filter(data_begin=FIRST + 12 * HOUR).order_by("id")
    end(second, NOW + 31 * MINUTE)
    run(DUTY, NOW + 31 * MINUTE)
    assert DeviceGap.objects.get(begin=FIRST + 12 * HOUR).next_try_at == NOW + 31 * MINUTE + HOUR
    assert first.number < second.number


def test_data_that_come_after_it_was_given_up_still_fill_it(run, store, stack):
    sent(store, stack, without=range(12, 15))
    run(DUTY, NOW)
    DeviceGap.objects.update(state=GapState.GIVEN_UP, tries=3)
    store.append(hours(stack, FIRST + 12 * HOUR, [1, 2, 3], received_at=NOW))
    run(DUTY, NOW)
    assert gaps() == [("2061", 3, GapState.FILLED)]


def test_a_silent_device_is_not_asked_in_vain_but_the_gap_is_known(run, store, stack):
    sent(store, stack, until=20)
    run(DUTY, NOW)
    assert [one[2] for one in gaps()] == [GapState.OPEN]
    assert not DeviceCommand.objects.exists()
    store.append([hour(stack, NOW - HOUR, 9, received_at=NOW)])
    run(DUTY, NOW + MINUTE)
    assert DeviceCommand.objects.count() == 1


def test_a_device_that_never_sent_anything_has_nothing_to_fill(run, store, stack):
    run(DUTY, NOW)
    assert gaps() == []


@pytest.mark.parametrize("where", ["device", "outlet"])
def test_a_reported_shutdown_is_not_asked_for(run, store, stack, where):
    sent(store, stack, without=range(12, 15))
    row = device_of(stack) if where == "device" else stack
    row.attributes = row.attributes | {
        "shutdowns": [{"from": "2025-11-24T02:00:00+08:00", "to": "2025-11-24T05:00:00+08:00"}, {"from": "nonsense"}]
    }
    row.save()
    run(DUTY, NOW)
    assert gaps() == []


def test_nothing_is_expected_before_the_device_was_registered(run, store, stack):
    device = device_of(stack)
    device.recorded_at = T0 + 5 * HOUR
    device.save()
    sent(store, stack, without=range(14))
    run(DUTY, NOW)
    assert gaps() == []


@pytest.mark.parametrize("change", [{"backfill": False}, {"expects": []}])
def test_a_device_can_be_left_alone(run, store, stack, change):
    device = device_of(stack)
    device.attributes = device.attributes | change
    device.save()
    sent(store, stack, without=range(12, 15))
    run(DUTY, NOW)
    assert gaps() == []


def test_it_can_be_switched_off(run, store, stack, monkeypatch):
    monkeypatch.setattr(get_settings(), "backfill_auto", False)
    sent(store, stack, without=range(12, 15))
    assert "switched off" in run(DUTY, NOW).notes[0]
    assert gaps() == []


def test_the_budget_of_a_device_holds_and_the_newest_data_come_first(run, store, stack, monkeypatch):
    monkeypatch.setattr(get_settings(), "backfill_per_device_hour", 2)
    device = device_of(stack)
    device.attributes = device.attributes | {"expects": ["minute", "hour"], "minute_interval_s": 600}
    device.save()
    store.append([hour(stack, NOW - HOUR, 9, received_at=NOW)])
    run(DUTY, NOW)
    assert DeviceCommand.objects.count() == 2
    asked, waiting = (DeviceGap.objects.filter(state=one) for one in (GapState.ASKED, GapState.OPEN))
    assert min(row.end for row in asked) >= max(row.end for row in waiting)
    run(DUTY, NOW + 59 * MINUTE)
    assert DeviceCommand.objects.count() == 2
    store.append([hour(stack, NOW, 9, received_at=NOW + HOUR)])
    run(DUTY, NOW + 61 * MINUTE)
    assert DeviceCommand.objects.count() == 4


def test_the_budget_of_the_city_holds(run, store, stack, monkeypatch):
    monkeypatch.setattr(get_settings(), "backfill_per_hour", 3)
    for number in range(2, 6):
        other = outlet(number)
        store.append([hour(other, NOW - HOUR, 9, received_at=NOW)])
    run(DUTY, NOW)
    assert DeviceCommand.objects.count() == 3


def test_minutes_are_asked_for_in_blocks_of_six_hours(run, store, stack):
    device = device_of(stack)
    device.attributes = {"expects": ["minute"], "minute_interval_s": 600}
    device.recorded_at = T0
    device.save()
    store.append([hour(stack, NOW - HOUR, 9, received_at=NOW)])
    run(DUTY, NOW)
    rows = DeviceGap.objects.order_by("block")
    assert [row.cn for row in rows] == ["2051"] * 4
    assert [row.periods for row in rows][:3] == [36, 36, 36]


def test_what_lies_too_far_back_is_looked_for_no_longer(run, store, stack, monkeypatch):
    sent(store, stack, without=range(3), until=30)
    DeviceGap.objects.create(
        device=device_of(stack),
        cn="2061",
        block=T0 - 20 * DAY,
        begin=T0 - 20 * DAY,
        end=T0 - 20 * DAY,
        periods=1,
        next_try_at=T0,
        found_at=T0,
        changed_at=T0,
    )
    run(DUTY, NOW)
    old = DeviceGap.objects.get(begin=T0 - 20 * DAY)
    assert (old.state, old.reason_en) == (GapState.GIVEN_UP, "older than what is asked for")


def test_an_edition_without_such_history_is_told_once(run, store, stack):
    device = device_of(stack)
    device.attributes = {"expects": ["realtime"], "history_realtime": True, "realtime_interval_s": 600}
    device.save()
    store.append([hour(stack, NOW - HOUR, 9, received_at=NOW)])
    run(DUTY, NOW)
    assert {row.state for row in DeviceGap.objects.all()} <= {GapState.GIVEN_UP, GapState.OPEN}
    assert DeviceGap.objects.filter(state=GapState.GIVEN_UP).exists()
    assert not DeviceCommand.objects.exists()


def test_a_gap_is_counted_by_one_pollutant_of_the_frame(run, store, stack):
    sent(store, stack)
    store.append(hours(stack, FIRST, [1, None, 3], code="a99999"))
    run(DUTY, NOW)
    assert gaps() == []
