"""What each device is bound to send: cycles, commands, periods, how far back, when nothing is expected."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.apps.city import NOW, SHANGHAI
from tests.apps.devices.scene import device

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.devices.calendar import duties, known_since, living_devices, pauses
from qingtian.apps.registry.actions.update_object import update_object
from qingtian.telemetry.store.port import Cycle

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = 7 * DAY


def owed(reach: timedelta = WEEK, **attributes: object) -> dict[str, tuple]:
    device(**attributes)
    return {one.cn: (one.cycle, one.period, one.block, one.reach) for one in duties(living_devices(NOW), reach)}


def test_each_cycle_has_its_command_period_and_block() -> None:
    assert owed(expects=["minute", "hour", "day"], minute_interval_s=300) == {
        "2051": (Cycle.MINUTE, timedelta(minutes=5), 6 * HOUR, 2 * DAY),
        "2061": (Cycle.HOUR, HOUR, DAY, WEEK),
        "2031": (Cycle.DAY, DAY, 30 * DAY, WEEK),
    }


def test_minutes_of_2025_are_asked_for_in_shorter_blocks() -> None:
    assert owed(expects=["minute"], minute_interval_s=60, edition="2025")["2051"][2] == 2 * HOUR


def test_a_short_reach_bounds_every_cycle_but_days_get_three() -> None:
    found = owed(DAY, expects=["minute", "hour", "day"], minute_interval_s=300)
    assert [one[3] for one in found.values()] == [DAY, DAY, 3 * DAY]


def test_realtime_data_are_owed_afterwards_only_where_the_register_says_so() -> None:
    assert owed(expects=["realtime"]) == {}


def test_realtime_data_with_leave() -> None:
    assert owed(expects=["realtime"], history_realtime=True, realtime_interval_s=60)["2011"][1] == timedelta(minutes=1)


@pytest.mark.parametrize("attributes", [{"backfill": False}, {"expects": []}])
def test_who_is_left_alone_owes_nothing(attributes: dict[str, object]) -> None:
    assert owed(**attributes) == {}


def test_a_device_is_known_since_its_first_registration_not_since_its_last_change() -> None:
    row = device()
    first = NOW - timedelta(days=900)
    update_object(SYSTEM_ACTOR, NOW, row.pk, {"name": "新名"}, reason="更名")
    assert known_since(living_devices(NOW)) == {row.pk: first}


def test_a_device_that_begins_later_owes_nothing_before() -> None:
    row = device()
    update_object(SYSTEM_ACTOR, NOW, row.pk, {"valid_from": NOW.date()}, reason="启用")
    assert known_since(living_devices(NOW))[row.pk] == datetime(2025, 11, 24, tzinfo=SHANGHAI)


def test_a_device_that_ended_is_not_among_the_living() -> None:
    row = device()
    update_object(SYSTEM_ACTOR, NOW, row.pk, {"valid_to": NOW.date()}, reason="拆除")
    assert living_devices(NOW) == []


@pytest.mark.parametrize(
    "told",
    [None, "text", 7, ["x"], [{}], [{"from": "never"}], [{"from": "2025-11-24T00:00:00"}], [{"from": None, "to": 3}]],
)
def test_an_unreadable_shutdown_is_none(told: object) -> None:
    assert pauses(device(shutdowns=told)) == []


def test_shutdowns_of_the_device_and_of_its_outlet_both_count() -> None:
    row = device(shutdowns=[{"from": "2025-11-24T00:00:00+08:00", "to": "2025-11-25T00:00:00+08:00"}])
    assert row.parent is not None
    row.parent.attributes = row.parent.attributes | {"shutdowns": [{"from": "2025-11-26T00:00:00+08:00"}]}
    first, second = pauses(row)
    assert first.end is not None and first.end - first.start == DAY
    assert second.end is None
