"""What the gateway tells becomes state, log and journal: once, in any order, and never a way back from an end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from tests.apps.city import NOW, actor
from tests.apps.devices.scene import claimed, device, done, history, ordered, refused, told

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.devices.actions.record_progress import record_progress
from qingtian.apps.devices.models import DeviceCommand, DeviceExchange
from qingtian.apps.devices.queries import exchanges_of
from qingtian.apps.devices.words import exchange_words, outcome_words, remedy_words, state_words
from qingtian.apps.journal.models import Event
from qingtian.domain.errors import NotPermitted
from qingtian.domain.hj212.dialogues import Happening, Phase, Reason

pytestmark = pytest.mark.django_db


def tell(*reports) -> DeviceCommand:
    for one in reports:
        record_progress(SYSTEM_ACTOR, NOW, one)
    return DeviceCommand.objects.get(pk=reports[-1].key)


def under_way(cn: str = "1062", params: dict | None = None) -> DeviceCommand:
    device()
    command = ordered(cn, params)
    claimed()
    return command


def test_a_whole_exchange_is_kept_in_order() -> None:
    command = under_way()
    end = NOW + timedelta(seconds=2)
    now = tell(
        told(command, Happening.SENT, phase=Phase.SENT, attempts=1, cn="1062", text="CN=1062;PW=******"),
        told(command, Happening.ACCEPTED, phase=Phase.ACCEPTED, attempts=1, code=1, cn="9011"),
        done(command, at=end),
    )
    assert (now.state, now.end_reason, now.code, now.ended_at) == (Phase.DONE, Reason.EXECUTED, 1, end)
    rows = list(exchanges_of(now))
    assert [(one.direction, one.happening) for one in rows] == [
        ("host", "sent"),
        ("device", "accepted"),
        ("device", "done"),
    ]
    assert outcome_words(now).en == "done"
    events = Event.objects.filter(type="command.ended")
    assert [one.payload["state"] for one in events] == ["done"]


def test_a_report_that_comes_twice_counts_once() -> None:
    command = under_way()
    report = done(command)
    tell(report, report)
    assert DeviceExchange.objects.count() == 1
    assert Event.objects.filter(type="command.ended").count() == 1


def test_an_end_is_an_end() -> None:
    command = under_way()
    tell(refused(command, 3))
    now = tell(done(command), told(command, Happening.RESENT, phase=Phase.SENT, attempts=9))
    assert (now.state, now.code, now.attempts) == (Phase.REFUSED, 3, 0)
    assert DeviceExchange.objects.count() == 3  # all of it is in the log


@pytest.mark.parametrize("happening", [Happening.LATE, Happening.DUPLICATE, Happening.FOREIGN])
def test_what_moves_nothing_is_only_logged(happening: Happening) -> None:
    command = under_way()
    now = tell(told(command, happening, phase=Phase.TIMED_OUT, reason=Reason.LINK_UNUSABLE, cn="9012", code=1))
    assert now.state == Phase.SENT
    assert DeviceExchange.objects.get().happening == happening


def test_a_refusal_says_why_and_what_to_do() -> None:
    now = tell(refused(under_way(), 3))
    assert outcome_words(now).en == "the device refused: password wrong"
    assert "密码错误" in outcome_words(now).zh
    assert "registered password" in remedy_words(now).en


@pytest.mark.parametrize(
    ("phase", "reason"),
    [
        (Phase.TIMED_OUT, Reason.LINK_UNUSABLE),
        (Phase.FAILED, Reason.NO_RESULT),
        (Phase.FAILED, Reason.TOO_LONG),
        (Phase.FAILED, Reason.UNREADABLE),
        (Phase.FAILED, Reason.CANNOT_BUILD),
    ],
)
def test_every_bad_end_has_words_and_a_remedy(phase: Phase, reason: Reason) -> None:
    now = tell(told(under_way(), phase.value, phase=phase, reason=reason, attempts=4))
    assert (now.state, now.attempts) == (phase, 4)
    assert all((outcome_words(now).zh, outcome_words(now).en, remedy_words(now).zh, remedy_words(now).en))
    assert state_words(now.state).en


def test_values_of_several_parts_come_together() -> None:
    command = under_way("3019", {"PolId": "a21026"})
    values = ({"items": {"a21026": {"SN": "1"}}}, {"items": {"a21002": {"SN": "2"}}})
    now = tell(
        *(
            told(command, Happening.DATA, phase=Phase.RECEIVING, values=one, parts=number, cn="3019")
            for number, one in enumerate(values, 1)
        )
    )
    assert (now.state, now.parts) == (Phase.RECEIVING, 2)
    assert now.values == {"items": {"a21026": {"SN": "1"}, "a21002": {"SN": "2"}}}


def test_parts_beyond_the_log_are_still_counted() -> None:
    device()
    command = history()
    claimed()
    now = tell(told(command, Happening.DATA, phase=Phase.RECEIVING, parts=500, logged=False))
    assert (now.parts, DeviceExchange.objects.count()) == (500, 0)


def test_progress_before_the_end_leaves_no_event() -> None:
    command = under_way()
    before = Event.objects.count()
    tell(told(command, Happening.ACCEPTED, phase=Phase.ACCEPTED, cn="9011", code=1))
    assert Event.objects.count() == before


def test_a_frame_that_did_not_go_out_is_said_to_have_stayed() -> None:
    command = under_way()
    tell(told(command, Happening.SENT, phase=Phase.SENT, attempts=1, note="not connected"))
    assert "not connected" in exchange_words(DeviceExchange.objects.get()).en


def test_each_line_has_words_with_the_meaning_of_its_code() -> None:
    command = under_way()
    tell(
        told(command, Happening.LATE, cn="9012", code=5),
        told(command, Happening.DUPLICATE, cn="9011", code=7),
    )
    said = [exchange_words(one).en for one in exchanges_of(command)]
    assert said[0].endswith("device busy") and said[1].endswith("QN wrong")
    assert all(exchange_words(one).zh for one in exchanges_of(command))


def test_a_report_of_an_unknown_command_is_nothing() -> None:
    command = under_way()
    report = done(command)
    assert record_progress(SYSTEM_ACTOR, NOW, type(report)(**{**_fields(report), "key": 999_999})) is None
    assert not DeviceExchange.objects.exists()


def _fields(report) -> dict:
    return {name: getattr(report, name) for name in report.__slots__}


def test_only_the_system_tells() -> None:
    command = under_way()
    with pytest.raises(NotPermitted):
        record_progress(actor(Role.SUPERVISOR), NOW, done(command))


def test_the_log_only_grows() -> None:
    tell(done(under_way()))
    row = DeviceExchange.objects.get()
    for change in (row.save, row.delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_a_nul_byte_of_a_device_cannot_stop_the_log() -> None:
    command = under_way()
    tell(told(command, Happening.LATE, cn="9012", text="a\x00b"))
    assert DeviceExchange.objects.get().text == "a?b"
