"""The database side of the gateway: what one report holds never stops the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import OperationalError
from tests.apps.devices.scene import claimed, device, done, ordered, told

from qingtian.apps.devices import port as ports
from qingtian.apps.devices.models import DeviceCommand, DeviceExchange
from qingtian.apps.devices.port import DatabasePort
from qingtian.domain.hj212.dialogues import Happening, Notice, Phase, Said
from qingtian.telemetry.gateway.commands import Report

pytestmark = pytest.mark.django_db


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> DatabasePort:
    """A port that does not close the connection of the test."""
    monkeypatch.setattr(DatabasePort, "_fresh", lambda self: None)
    return DatabasePort("gw")


def hostile(report: Report) -> Report:
    """The same with bytes that no database keeps as text."""
    return replace(report, qn="1\x002", text="\x00\ud800", cn="90\x00", note="\x00")


def test_whatever_a_device_writes_is_kept_as_something(port: DatabasePort) -> None:
    device()
    command = ordered()
    claimed()
    notice = Notice(Said.ACTIVATION, serials={"i23005": "A\x00B"})
    port.report(
        [
            hostile(told(command, Happening.LATE, cn="9012")),
            hostile(told(None, Said.ACTIVATION, notice=notice)),
            hostile(told(None, Said.CLOCK_WANTED, notice=Notice(Said.CLOCK_WANTED, pol_id="\x00"))),
            done(command),
        ]
    )
    assert DeviceExchange.objects.count() == 4
    assert DeviceExchange.objects.get(happening="activation").detail == {"serials": {"i23005": "A?B"}}
    assert DeviceCommand.objects.get().state == Phase.DONE


def test_a_report_that_cannot_be_kept_does_not_hold_up_the_next(port: DatabasePort) -> None:
    device()
    command = ordered()
    claimed()
    port.report([replace(told(command, Happening.LATE), frame_hash="x" * 80), done(command)])
    assert DeviceCommand.objects.get().state == Phase.DONE


def test_when_the_database_is_away_the_reports_are_tried_again(
    port: DatabasePort, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: Report) -> None:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(ports, "_keep", away)
    device()
    command = ordered()
    with pytest.raises(OperationalError):
        port.report([done(command)])


def test_it_hands_out_and_takes_up_what_is_its_own(port: DatabasePort) -> None:
    device()
    command = ordered(expires_in=timedelta(days=36500))
    assert [one.key for one in port.take(lambda _: True, 10)] == [command.pk]
    assert [one.key for one in port.resume()] == [command.pk]
    assert DatabasePort("other").resume() == []
