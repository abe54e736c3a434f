"""Ordering a command: who may, what is checked, what is kept, what is never kept in clear."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from tests.apps.city import NOW, actor
from tests.apps.devices.scene import MN, claimed, device, history, ordered

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.devices.actions.cancel_command import cancel_command
from qingtian.apps.devices.actions.expire_commands import expire_commands
from qingtian.apps.devices.actions.order_command import MOST_WAITING, OrderDraft, order_command
from qingtian.apps.devices.models import DeviceCommand, DeviceSecret
from qingtian.apps.devices.sealing import unseal
from qingtian.apps.devices.states import Priority, SecretState
from qingtian.apps.journal.models import Event
from qingtian.apps.registry.actions.update_object import update_object
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible
from qingtian.domain.hj212.dialogues import Phase, Reason

pytestmark = pytest.mark.django_db
INSPECTOR = actor(Role.INSPECTOR, region="420107", name="insp")
STEWARD = actor(Role.DATA_STEWARD, region="420107", name="steward")


def order(cn: str, params: dict | None = None, *, who=STEWARD, **more: object) -> DeviceCommand:
    return order_command(who, NOW, MN, OrderDraft(cn, params or {}, **more))  # type: ignore[arg-type]


def test_an_order_waits_with_its_number_and_leaves_an_event() -> None:
    device()
    command = order("1062", {"RtdInterval": "30"}, who=INSPECTOR)
    assert (command.number, command.state, command.mn) == ("D-2025-000001", Phase.QUEUED, MN)
    assert (command.requested_by, command.priority, command.simulated) == ("insp", Priority.LIVE, True)
    assert command.expires_at == NOW + timedelta(hours=24)
    event = Event.objects.order_by("-seq").first()
    assert event is not None
    assert (event.type, event.role, event.payload["cn"]) == ("command.ordered", Role.INSPECTOR, "1062")
    assert event.payload["params"] == {"RtdInterval": "30"}


@pytest.mark.parametrize(
    ("cn", "params", "field"),
    [
        ("1062", {"RtdInterval": "29"}, "params.RtdInterval"),
        ("1062", {}, "params.RtdInterval"),
        ("1062", {"RtdInterval": "60", "Nonsense": "1"}, "params.Nonsense"),
        ("1064", {"MinInterval": "7"}, "params.MinInterval"),
        ("2061", {"BeginTime": "20251123080000", "EndTime": "20251123070000"}, "params.EndTime"),
        ("2061", {"BeginTime": "2025-11-23T08:00:00", "EndTime": "20251123070000"}, "params.BeginTime"),
        ("2061", {"BeginTime": "20251323080000", "EndTime": "20251123070000"}, "params.BeginTime"),
        ("1001", {"WarnTime": "5"}, "cn"),
        ("1013", {}, "cn"),
        ("9014", {}, "cn"),
        ("4711", {}, "cn"),
    ],
)
def test_what_the_standard_does_not_allow_is_refused_by_field(cn: str, params: dict, field: str) -> None:
    device()
    with pytest.raises(InvalidInput) as error:
        order(cn, params, reason="x")
    assert error.value.field == field
    assert error.value.remedy
    assert not DeviceCommand.objects.exists()


def test_times_may_come_as_iso_and_are_sent_in_the_time_of_the_device() -> None:
    device(utc_offset_minutes=480)
    command = order("2061", {"BeginTime": "2025-11-23T00:00:00+00:00", "EndTime": "2025-11-23T10:00:00+08:00"})
    assert command.params == {"BeginTime": "20251123080000", "EndTime": "20251123100000"}
    assert command.data_begin is not None and command.data_end is not None
    assert command.data_end - command.data_begin == timedelta(hours=2)
    assert command.priority == Priority.HISTORY


@pytest.mark.parametrize(
    ("cn", "params"),
    [("3011", {"PolId": "a21026"}), ("2012", {}), ("1072", {"NewPW": "654321"}), ("3013", {"PolId": "a21026"})],
)
def test_dangerous_commands_need_a_reason(cn: str, params: dict) -> None:
    device()
    who = STEWARD if cn == "1072" else INSPECTOR
    with pytest.raises(InvalidInput, match="reason") as error:
        order(cn, params, who=who, reason="  ")
    assert error.value.field == "reason"
    assert order(cn, params, who=who, reason="季度核查").reason == "季度核查"


def test_a_role_for_reading_is_no_role_for_setting() -> None:
    device()
    dispatcher = actor(Role.DISPATCHER, region="420107")
    assert order("1011", who=dispatcher).cn == "1011"
    assert order("2061", {"BeginTime": "20251123080000", "EndTime": "20251123100000"}, who=dispatcher).cn == "2061"
    for cn, params in (("1012", {}), ("3011", {"PolId": "a21026"}), ("1072", {"NewPW": "1"})):
        with pytest.raises(NotPermitted):
            order(cn, params, who=dispatcher, reason="x")


def test_who_sees_no_device_orders_nothing() -> None:
    device()
    with pytest.raises(NotVisible):
        order("1011", who=actor(Role.INSPECTOR, region="420106"))
    with pytest.raises(NotPermitted):
        order("1011", who=actor(Role.ENTERPRISE_USER, org="E-1"))


def test_the_same_command_does_not_wait_twice() -> None:
    device()
    first = order("1011")
    with pytest.raises(Conflict, match=first.number):
        order("1011")
    cancel_command(STEWARD, NOW, first.number)
    assert order("1011").pk != first.pk


def test_too_many_waiting_commands_are_refused() -> None:
    device()
    for number in range(MOST_WAITING):
        order("1062", {"RtdInterval": str(30 + number)})
    with pytest.raises(Conflict, match="100 commands wait"):
        order("1011")


def test_a_device_that_ended_gets_no_command() -> None:
    row = device()
    update_object(SYSTEM_ACTOR, NOW, row.pk, {"valid_to": NOW.date()}, reason="拆除")
    with pytest.raises(Conflict, match="ended"):
        order("1011")


def test_a_new_password_is_never_kept_in_clear() -> None:
    row = device()
    command = order("1072", {"NewPW": "geheim"}, reason="人员变动")
    assert command.params == {"NewPW": "******"}
    assert json.loads(unseal(command.sealed)) == {"NewPW": "geheim"}
    secret = DeviceSecret.objects.get(device=row)
    assert (secret.state, unseal(secret.sealed)) == (SecretState.PENDING, "geheim")
    everything = json.dumps([one.payload for one in Event.objects.all()], ensure_ascii=False)
    assert "geheim" not in everything + command.sealed + secret.sealed + repr(command.__dict__)


def test_a_new_key_is_made_by_the_host() -> None:
    device(edition="2025", sm4_key="00112233445566778899aabbccddeeff")
    command = order("1014", reason="到期")
    assert command.params == {"SKCreateTime": "20251124100000", "NewSK": "******"}
    sent = claimed()[0]
    assert len(bytes.fromhex(sent.params["NewSK"])) == 16
    assert sent.secret
    assert sent.params["NewSK"] not in repr(sent)


def test_a_waiting_command_can_be_taken_back_by_who_may_order_it() -> None:
    device()
    command = order("1062", {"RtdInterval": "30"}, who=INSPECTOR)
    with pytest.raises(NotPermitted):
        cancel_command(actor(Role.DISPATCHER, region="420107"), NOW, command.number)
    with pytest.raises(NotVisible):
        cancel_command(actor(Role.INSPECTOR, region="420106"), NOW, command.number)
    gone = cancel_command(INSPECTOR, NOW, command.number, note="误操作")
    assert (gone.state, gone.end_reason, gone.end_note) == (Phase.CANCELLED, Reason.CANCELLED, "误操作")
    events = Event.objects.count()
    assert cancel_command(INSPECTOR, NOW, command.number).state == Phase.CANCELLED
    assert Event.objects.count() == events
    assert claimed() == []


def test_what_went_out_cannot_be_called_back() -> None:
    device()
    command = ordered()
    claimed()
    with pytest.raises(Conflict, match="sent") as error:
        cancel_command(INSPECTOR, NOW, command.number)
    assert "wait" in str(error.value.remedy)


def test_a_cancelled_password_is_forgotten() -> None:
    row = device()
    command = order("1072", {"NewPW": "geheim"}, reason="x")
    cancel_command(STEWARD, NOW, command.number)
    secret = DeviceSecret.objects.get(device=row)
    assert (secret.state, secret.sealed) == (SecretState.DROPPED, "")


def test_a_command_expires_once_and_is_not_sent_after_that() -> None:
    device()
    command = order("1011", expires_in=timedelta(hours=1))
    assert expire_commands(SYSTEM_ACTOR, NOW + timedelta(minutes=59)) == []
    late = NOW + timedelta(hours=1)
    assert claimed(at=late) == []
    assert [one.pk for one in expire_commands(SYSTEM_ACTOR, late)] == [command.pk]
    assert expire_commands(SYSTEM_ACTOR, late) == []
    command.refresh_from_db()
    assert (command.state, command.end_reason) == (Phase.EXPIRED, Reason.EXPIRED)


def test_only_the_system_expires() -> None:
    with pytest.raises(NotPermitted):
        expire_commands(STEWARD, NOW)


def test_an_order_that_expires_at_once_is_refused() -> None:
    device()
    with pytest.raises(InvalidInput) as error:
        order("1011", expires_in=timedelta(0))
    assert error.value.field == "expires_in"


def test_history_waits_in_its_own_queue() -> None:
    device()
    assert history().priority == Priority.HISTORY
    assert ordered("1011").priority == Priority.LIVE
