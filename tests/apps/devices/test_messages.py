"""What devices say by themselves, and what the host does about it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.apps.city import NOW, actor
from tests.apps.devices.scene import MN, claimed, device, done, ordered, told

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.devices.actions.begin_first_contact import begin_first_contact
from qingtian.apps.devices.actions.record_message import record_message
from qingtian.apps.devices.actions.record_progress import record_progress
from qingtian.apps.devices.models import DeviceCommand, DeviceExchange
from qingtian.apps.devices.queries import activation_requests, messages_of
from qingtian.apps.devices.states import Origin
from qingtian.domain.errors import Conflict, NotPermitted
from qingtian.domain.hj212.dialogues import Notice, Said

pytestmark = pytest.mark.django_db
KEY = "00112233445566778899aabbccddeeff"


def say(notice: Notice, *, mn: str = MN, at=NOW) -> DeviceCommand | None:
    return record_message(SYSTEM_ACTOR, at, told(None, notice.said, notice=notice, mn=mn, at=at))


def test_a_call_for_the_clock_sets_it() -> None:
    device()
    command = say(Notice(Said.CLOCK_WANTED))
    assert command is not None
    assert (command.cn, command.params, command.origin, command.requested_by) == ("1012", {}, Origin.CLOCK, "system")
    assert command.expires_at == NOW + timedelta(hours=1)


def test_a_device_that_calls_again_and_again_is_not_flooded() -> None:
    device()
    first = say(Notice(Said.CLOCK_WANTED))
    assert first is not None
    claimed()
    record_progress(SYSTEM_ACTOR, NOW, done(first))
    for minute in range(1, 60):
        assert say(Notice(Said.CLOCK_WANTED), at=NOW + timedelta(minutes=minute)) is None
    assert say(Notice(Said.CLOCK_WANTED), at=NOW + timedelta(minutes=60)) is not None
    assert DeviceExchange.objects.filter(happening=Said.CLOCK_WANTED).count() == 61


def test_each_instrument_has_a_clock_of_its_own() -> None:
    device()
    logger, one = say(Notice(Said.CLOCK_WANTED)), say(Notice(Said.CLOCK_WANTED, pol_id="a21026"))
    assert logger is not None and one is not None
    assert one.params == {"PolId": "a21026"}
    assert say(Notice(Said.CLOCK_WANTED, pol_id="a21026")) is None
    assert say(Notice(Said.CLOCK_WANTED, pol_id="a21002")) is not None


def test_a_message_that_is_told_twice_counts_once() -> None:
    device()
    report = told(None, Said.CLOCK_WANTED, notice=Notice(Said.CLOCK_WANTED))
    assert record_message(SYSTEM_ACTOR, NOW, report) is not None
    assert record_message(SYSTEM_ACTOR, NOW, report) is None
    assert DeviceExchange.objects.count() == DeviceCommand.objects.count() == 1


def test_a_call_for_a_key_gives_a_new_one_once() -> None:
    device(edition="2025", sm4_key=KEY)
    command = say(Notice(Said.KEY_WANTED, at="20251124095900"))
    assert command is not None
    assert (command.cn, command.origin, command.params["NewSK"]) == ("1014", Origin.KEY, "******")
    assert say(Notice(Said.KEY_WANTED)) is None


def test_an_edition_without_keys_gets_none() -> None:
    device()
    assert say(Notice(Said.KEY_WANTED)) is None
    assert DeviceExchange.objects.count() == 1


def test_a_device_with_a_registered_serial_gets_its_number() -> None:
    device(edition="2025", serials=["HW-7", "HW-8"])
    command = say(Notice(Said.ACTIVATION, serials={"i23005": "HW-8"}), mn="8888888888")
    assert command is not None
    assert (command.cn, command.mn, command.device.code) == ("1002", "8888888888", MN)
    sent = claimed()[0]
    assert (sent.mn, sent.device) == ("8888888888", MN)
    assert say(Notice(Said.ACTIVATION, serials={"i23005": "HW-8"}), mn="8888888888") is None


def test_an_unknown_serial_is_left_to_a_person() -> None:
    device(edition="2025", serials=["HW-7"])
    assert say(Notice(Said.ACTIVATION, serials={"i23005": "HW-9"}), mn="8888888888") is None
    steward = actor(Role.DATA_STEWARD)
    row = activation_requests(steward).get()
    assert (row.mn, row.detail["serials"]) == ("8888888888", {"i23005": "HW-9"})
    with pytest.raises(NotPermitted):
        activation_requests(actor(Role.DISPATCHER))


def test_a_serial_that_two_devices_claim_is_left_to_a_person() -> None:
    device(edition="2025", serials=["HW-7"])
    device("E-2", edition="2025", serials=["HW-7"])
    assert say(Notice(Said.ACTIVATION, serials={"i23005": "HW-7"}), mn="8888888888") is None


def test_an_activated_device_is_not_numbered_again() -> None:
    device(edition="2025", serials=["HW-7"])
    assert say(Notice(Said.ACTIVATION, serials={"i23005": "HW-7"})) is None


def test_restarts_and_logins_are_kept_with_what_they_tell() -> None:
    device()
    say(Notice(Said.RESTARTED, at="20251124095500"))
    say(Notice(Said.LOGIN))
    rows = list(messages_of(actor(Role.INSPECTOR, region="420107"), MN))
    assert [one.happening for one in rows] == ["login", "restarted"]
    assert rows[1].detail == {"time": "20251124095500"}
    assert not DeviceCommand.objects.exists()
    assert not messages_of(actor(Role.INSPECTOR, region="420106"), MN).exists()


def test_only_the_system_records_messages() -> None:
    with pytest.raises(NotPermitted):
        record_message(actor(Role.SUPERVISOR), NOW, told(None, Said.CLOCK_WANTED, notice=Notice(Said.CLOCK_WANTED)))


def test_the_first_contact_waits_as_a_sequence_and_goes_out_in_order() -> None:
    device(realtime_interval_s=60)
    steward = actor(Role.DATA_STEWARD, region="420107")
    commands = begin_first_contact(steward, NOW, MN)
    assert [one.cn for one in commands] == ["1012", "1000", "1062", "1064", "2012", "2022"]
    assert {one.origin for one in commands} == {Origin.FIRST_CONTACT}
    sent = []
    for _ in commands:
        order = claimed()[0]
        sent.append(order.cn)
        record_progress(SYSTEM_ACTOR, NOW, done(DeviceCommand.objects.get(pk=order.key)))
    assert sent == [one.cn for one in commands]


def test_a_second_first_contact_waits_for_the_end_of_the_first() -> None:
    device()
    begin_first_contact(SYSTEM_ACTOR, NOW, MN)
    with pytest.raises(Conflict, match="waits already"):
        begin_first_contact(SYSTEM_ACTOR, NOW, MN)
    with pytest.raises(NotPermitted):
        begin_first_contact(actor(Role.DISPATCHER, region="420107"), NOW, MN)


def test_a_device_of_2005_is_not_asked_for_what_it_does_not_know() -> None:
    device(edition="2005")
    assert "1064" not in [one.cn for one in begin_first_contact(SYSTEM_ACTOR, NOW, MN)]


def test_an_order_to_set_the_clock_by_hand_counts_for_the_cool_down() -> None:
    device()
    ordered("1012")
    assert say(Notice(Said.CLOCK_WANTED)) is None
