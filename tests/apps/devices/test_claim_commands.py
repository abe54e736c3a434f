"""What a gateway takes: one per device, live first, few histories at once, the same number after a restart."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.apps.city import NOW, actor
from tests.apps.devices.scene import MN, claimed, device, done, history, ordered, refused, told

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.devices.actions.claim_commands import claim_commands, resumed_commands
from qingtian.apps.devices.actions.record_progress import record_progress
from qingtian.apps.devices.models import DeviceCommand
from qingtian.domain.errors import NotPermitted
from qingtian.domain.hj212.dialogues import Happening, Phase, QnClock, Reason, Span
from qingtian.runtime.settings import get_settings

pytestmark = pytest.mark.django_db
OTHER = "MNE20001"


def test_a_claimed_command_is_under_way_with_its_number() -> None:
    device()
    command = ordered()
    sent = claimed()[0]
    command.refresh_from_db()
    assert (sent.key, sent.mn, sent.device, sent.cn, sent.st) == (command.pk, MN, MN, "1062", "31")
    assert (command.state, command.qn, command.taken_by, command.sent_at) == (Phase.SENT, sent.qn, "gw", NOW)
    assert sent.qn == "20251124100000000"
    assert (sent.notice, sent.span, sent.any_qn, sent.attempts) == (False, None, False, 0)


def test_one_command_per_device_is_taken_and_the_next_after_its_end() -> None:
    device()
    first, second = ordered(), ordered("1011")
    assert [one.key for one in claimed()] == [first.pk]
    assert claimed() == []
    record_progress(SYSTEM_ACTOR, NOW, done(first))
    assert [one.key for one in claimed()] == [second.pk]


def test_a_live_command_goes_before_history_that_waited_longer() -> None:
    device()
    old, new = history(), ordered("1011")
    assert [one.key for one in claimed()] == [new.pk]
    record_progress(SYSTEM_ACTOR, NOW, refused(new))
    assert [one.key for one in claimed()] == [old.pk]


def test_a_device_that_is_away_keeps_its_commands_waiting() -> None:
    device()
    device("E-2")
    ordered()
    there = ordered(mn=OTHER)
    assert [one.key for one in claimed(ready=lambda mn: mn == OTHER)] == [there.pk]
    assert DeviceCommand.objects.get(mn=MN).state == Phase.QUEUED


def test_many_waiting_commands_of_absent_devices_hide_none_of_present_ones() -> None:
    device()
    device("E-2")
    for number in range(30):
        ordered("1062", {"RtdInterval": str(30 + number)})
    there = ordered(mn=OTHER)
    assert [one.key for one in claimed(ready=lambda mn: mn == OTHER, limit=1)] == [there.pk]


def test_few_devices_are_asked_for_history_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_settings(), "history_at_once", 2)
    for number in range(1, 5):
        device(f"E-{number}")
        history(mn=f"MNE{number}0001")
    device("E-5")
    live = ordered("1011", mn="MNE50001")
    taken = claimed()
    assert sum(one.span is not None for one in taken) == 2
    assert live.pk in {one.key for one in taken}
    assert claimed() == []
    first = DeviceCommand.objects.get(pk=next(one.key for one in taken if one.span is not None))
    record_progress(SYSTEM_ACTOR, NOW, done(first))
    assert len(claimed()) == 1


def test_history_carries_the_time_it_asks_for() -> None:
    device()
    history()
    sent = claimed()[0]
    assert sent.span == Span("20251123080000", "20251123100000")


def test_a_clock_is_set_to_the_moment_at_which_it_is_sent() -> None:
    device()
    command = ordered("1012")
    later = NOW + timedelta(hours=2, seconds=7)
    assert claimed(at=later)[0].params == {"SystemTime": "20251124120007"}
    command.refresh_from_db()
    assert command.params["SystemTime"] == "20251124120007"


def test_after_a_restart_the_same_number_and_the_same_parameters_come_back() -> None:
    device()
    ordered("1012")
    sent = claimed()[0]
    record_progress(SYSTEM_ACTOR, NOW, told(DeviceCommand.objects.get(), Happening.SENT, phase=Phase.SENT, attempts=2))
    again = resumed_commands(SYSTEM_ACTOR, NOW + timedelta(minutes=1), "gw")
    assert [(one.qn, one.params, one.attempts, one.accepted) for one in again] == [(sent.qn, sent.params, 2, False)]


def test_a_restart_knows_what_was_accepted() -> None:
    device()
    command = ordered()
    claimed()
    record_progress(SYSTEM_ACTOR, NOW, told(command, Happening.ACCEPTED, phase=Phase.ACCEPTED, attempts=1, code=1))
    assert resumed_commands(SYSTEM_ACTOR, NOW, "gw")[0].accepted


def test_another_gateway_does_not_take_up_what_is_not_its_own() -> None:
    device()
    ordered()
    claimed()
    assert resumed_commands(SYSTEM_ACTOR, NOW, "other") == []


def test_a_secret_that_cannot_be_opened_ends_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    device()
    command = ordered("1072", {"NewPW": "654321"})
    monkeypatch.setattr(get_settings(), "secret_key", "another secret of this deployment, long enough")
    assert claimed() == []
    command.refresh_from_db()
    assert (command.state, command.end_reason) == (Phase.FAILED, Reason.CANNOT_BUILD)
    assert "secret_key" in command.end_note


def test_a_water_device_is_spoken_to_under_its_own_system_code() -> None:
    row = device(st="32")
    ordered()
    assert claimed()[0].st == "32"
    assert row.attributes["st"] == "32"


def test_notices_and_reads_are_told_apart() -> None:
    device()
    device("E-2")
    device("E-3")
    ordered("2012")
    ordered("3020", {"PolId": "a21026", "InfoId": "i12001"}, mn=OTHER)
    ordered("3011", {"PolId": "a21026"}, mn="MNE30001", who=actor(Role.INSPECTOR))
    by_cn = {one.cn: one for one in claimed()}
    assert by_cn["2012"].notice and not by_cn["3020"].notice
    assert by_cn["3020"].any_qn and not by_cn["3011"].any_qn
    assert by_cn["3011"].result_s == 300.0


def test_only_the_system_claims() -> None:
    with pytest.raises(NotPermitted):
        claim_commands(actor(Role.SUPERVISOR), NOW, "gw", ready=lambda _: True, limit=1, numbers=QnClock())
    with pytest.raises(NotPermitted):
        resumed_commands(actor(Role.SUPERVISOR), NOW, "gw")
