"""At the same moment: two gateways, a cancel and a claim, two orders, two reports of one end."""

from __future__ import annotations

import pytest
from tests.apps.city import NOW, actor
from tests.apps.devices.scene import MN, claimed, device, done, ordered
from tests.apps.together import together

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.devices.actions.cancel_command import cancel_command
from qingtian.apps.devices.actions.order_command import OrderDraft, order_command
from qingtian.apps.devices.actions.record_progress import record_progress
from qingtian.apps.devices.models import DeviceCommand, DeviceExchange
from qingtian.apps.journal.models import Event
from qingtian.domain.errors import Conflict
from qingtian.domain.hj212.dialogues import IN_FLIGHT, Phase

pytestmark = pytest.mark.django_db(transaction=True)
STEWARD = actor(Role.DATA_STEWARD, name="steward")


def test_two_gateways_never_take_the_same_command() -> None:
    device()
    for number in range(6):
        ordered("1062", {"RtdInterval": str(30 + number)})
    results = together(*(lambda g=gateway: claimed(gateway=g) for gateway in ("a", "b", "c")))
    assert sum(len(one) for one in results if isinstance(one, list)) == 1
    assert DeviceCommand.objects.filter(state__in=IN_FLIGHT).count() == 1


def test_a_command_is_either_taken_back_or_sent() -> None:
    device()
    for _ in range(8):
        command = ordered("1011")
        cancelled, sent = together(lambda c=command: cancel_command(STEWARD, NOW, c.number), claimed)
        command.refresh_from_db()
        if isinstance(cancelled, Conflict):
            assert len(sent) == 1 and command.state == Phase.SENT
            record_progress(SYSTEM_ACTOR, NOW, done(command))
        else:
            assert sent == [] and command.state == Phase.CANCELLED


def test_the_same_order_at_the_same_moment_waits_once() -> None:
    device()
    results = together(*(lambda: order_command(STEWARD, NOW, MN, OrderDraft("1011")) for _ in range(4)))
    assert sum(isinstance(one, DeviceCommand) for one in results) == 1
    assert sum(isinstance(one, Conflict) for one in results) == 3


def test_an_end_that_is_told_twice_at_once_is_journalled_once() -> None:
    device()
    command = ordered()
    claimed()
    report = done(command)
    together(*(lambda: record_progress(SYSTEM_ACTOR, NOW, report) for _ in range(4)))
    assert DeviceExchange.objects.count() == 1
    assert Event.objects.filter(type="command.ended").count() == 1
