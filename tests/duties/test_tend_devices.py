"""Devices are tended: clocks, keys, first contact, expiry."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.duties.scene import DAY, HOUR, MINUTE, T0, outlet
from tests.duties.test_watch_clocks import heard, skew

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.devices.actions.order_command import OrderDraft, order_command
from qingtian.apps.devices.models import DeviceCommand, DeviceSecret
from qingtian.apps.devices.sealing import seal
from qingtian.apps.devices.states import Origin, SecretKind, SecretState
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.hj212.dialogues import Phase
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.store.port import ClockSkew

KEY = "00112233445566778899aabbccddeeff"


def device(number: int = 1, **attributes: object) -> RegistryObject:
    row = RegistryObject.objects.get(type="device", parent=outlet(number))
    row.attributes = row.attributes | attributes
    row.save()
    return row


def off(store, row: RegistryObject, seconds: int = 720) -> None:
    """Frames that agree on a wrong clock."""
    skews: list[ClockSkew] = []
    for index in range(4):
        one = skew(row.parent, T0 + index * 10 * MINUTE, seconds + index)
        skews.append(ClockSkew(**{name: getattr(one, name) for name in one.__slots__} | {"mn": row.code}))
    store.append([], skews=skews)
    heard(store, row.parent, T0 + 30 * MINUTE)


def test_a_wrong_clock_of_a_willing_device_is_set_once_per_cool_down(run, store, db):
    row = device(auto_clock=True)
    off(store, row)
    run("set_clocks", T0 + 45 * MINUTE)
    command = DeviceCommand.objects.get()
    assert (command.cn, command.origin, command.device) == ("1012", Origin.CLOCK, row)
    assert "clock off by 72" in command.reason
    run("set_clocks", T0 + 46 * MINUTE)
    assert DeviceCommand.objects.count() == 1


def test_a_clock_is_not_touched_without_leave(run, store, db):
    off(store, device())
    run("set_clocks", T0 + 45 * MINUTE)
    assert not DeviceCommand.objects.exists()


def test_the_city_can_give_leave_for_all_and_a_device_can_refuse_it(run, store, db, monkeypatch):
    monkeypatch.setattr(get_settings(), "clock_auto", True)
    off(store, device(1))
    off(store, device(2, auto_clock=False))
    run("set_clocks", T0 + 45 * MINUTE)
    assert [one.mn for one in DeviceCommand.objects.all()] == ["MN000001"]


def test_when_all_clocks_are_off_it_is_our_own(run, store, db):
    for number in range(1, 13):
        off(store, device(number, auto_clock=True))
    assert "not the devices" in run("set_clocks", T0 + 45 * MINUTE).notes[0]
    assert not DeviceCommand.objects.exists()


def test_a_key_is_replaced_when_it_is_due(run, db):
    row = device(edition="2025", sm4_key=KEY)
    row.recorded_at = T0 - 89 * DAY
    row.save()
    run("rotate_keys", T0)
    assert not DeviceCommand.objects.exists()
    run("rotate_keys", T0 + DAY)
    command = DeviceCommand.objects.get()
    assert (command.cn, command.origin, command.params["NewSK"]) == ("1014", Origin.KEY, "******")
    run("rotate_keys", T0 + DAY)
    assert DeviceCommand.objects.count() == 1


def test_a_key_is_as_old_as_the_command_that_gave_it(run, db):
    row = device(edition="2025", sm4_key=KEY)
    row.recorded_at = T0 - 400 * DAY
    row.save()
    DeviceSecret.objects.create(
        device=row,
        kind=SecretKind.SM4_KEY,
        state=SecretState.ACTIVE,
        sealed=seal("ff" * 16),
        created_at=T0 - 10 * DAY,
        activated_at=T0 - 10 * DAY,
    )
    run("rotate_keys", T0)
    assert not DeviceCommand.objects.exists()
    run("rotate_keys", T0 + 80 * DAY)
    assert DeviceCommand.objects.count() == 1


@pytest.mark.parametrize("attributes", [{"edition": "2017"}, {"edition": "2025"}])
def test_a_device_without_a_key_gets_none(run, db, attributes):
    row = device(**attributes)
    row.recorded_at = T0 - 400 * DAY
    row.save()
    run("rotate_keys", T0)
    assert not DeviceCommand.objects.exists()


def test_a_new_device_is_set_up_once(run, db):
    row = device(first_contact=True)
    device(2)
    run("set_up_devices", T0)
    assert [one.cn for one in DeviceCommand.objects.order_by("id")][:3] == ["1012", "1000", "1062"]
    assert {one.device_id for one in DeviceCommand.objects.all()} == {row.pk}
    count = DeviceCommand.objects.count()
    DeviceCommand.objects.update(state=Phase.DONE)
    run("set_up_devices", T0 + DAY)
    assert DeviceCommand.objects.count() == count


def test_a_command_that_waited_too_long_ends(run, db):
    row = device()
    order_command(SYSTEM_ACTOR, T0, row.code, OrderDraft("1011", expires_in=HOUR))
    assert run("expire_commands", T0 + timedelta(minutes=59)).notes == []
    assert run("expire_commands", T0 + HOUR).notes == ["1 commands expired"]
    assert DeviceCommand.objects.get().state == Phase.EXPIRED
