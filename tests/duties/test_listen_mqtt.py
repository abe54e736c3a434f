"""The worker's ear for MQTT: the register behind it, its counters, and what keeps it from beginning."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.duties.memory_store import MemoryStore
from tests.duties.scene import station
from tests.telemetry.brokers import publish, publisher, running_broker, wait_for
from tests.telemetry.importing import simple
from tests.telemetry.test_import_mqtt import mapping, message

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.imports.actions.save_mapping import save_mapping
from qingtian.duties import listen_mqtt
from qingtian.duties.listen_mqtt import Register, listen
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import Settings, get_settings
from qingtian.telemetry.counters import counters_path, read_counters
from qingtian.telemetry.store.port import Cycle

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 5, 10, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def _one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own transaction must outlive a look at the register."""
    monkeypatch.setattr("django.db.close_old_connections", lambda: None)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    with running_broker(tmp_path) as port:
        yield port


def settings_for(folder: Path, url: str, **topics: str) -> Settings:
    return get_settings().model_copy(
        update={"data_dir": folder, "mqtt_url": url, "mqtt_topics": topics, "disk_reserve_mb": 1}
    )


def test_the_register_is_read_again_only_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(listen_mqtt.time, "monotonic", lambda: clock[0])
    station("S1")
    register, spec = Register(), mapping()
    assert register.sites(spec).get("S1") is not None
    assert register.medium("S1") == "ambient"
    assert register.medium("S9") == ""
    station("S2")
    assert register.sites(spec).get("S2") is None
    clock[0] = listen_mqtt.SITES_FOR_S + 1
    assert register.sites(spec).get("S2") is not None


def test_without_a_broker_nothing_is_listened_to(tmp_path: Path) -> None:
    listen(settings_for(tmp_path, ""), MemoryStore(), lambda: NOW, threading.Event())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "topics", "why"),
    [
        ("mqtt://127.0.0.1:1", {}, "no topic is named"),
        ("mqtt://127.0.0.1:1", {"a/b": "nothing"}, "there is no mapping nothing"),
        ("http://x", {"a/b": "noise_hourly"}, "is no broker"),
    ],
)
def test_what_keeps_it_from_beginning_is_logged_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, url: str, topics: Any, why: str
) -> None:
    rounds: list[float] = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            rounds.append(timeout or 0)
            if len(rounds) == 3:
                self.set()
            return self.is_set()

    with caplog.at_level(logging.WARNING):
        listen(settings_for(tmp_path, url, **topics), MemoryStore(), lambda: NOW, Stop())
    told = [one.message for one in caplog.records if "MQTT" in one.message]
    assert rounds == [listen_mqtt.AGAIN_S] * 3
    assert len(told) == 1
    assert why in told[0]


def test_messages_come_through_with_a_saved_mapping_and_are_counted(
    broker: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listen_mqtt, "REPORT_EVERY_S", 0.1)
    station("S1")
    save_mapping(SYSTEM_ACTOR, NOW, mapping())
    save_mapping(SYSTEM_ACTOR, NOW, simple())
    store, stop = MemoryStore(), threading.Event()
    settings = settings_for(tmp_path, f"mqtt://127.0.0.1:{broker}", **{"city/+/minute": "sensors"})
    path = counters_path(tmp_path, "mqtt")
    failed: list[BaseException] = []

    def device() -> None:
        try:
            wait_for(lambda: bool(read_counters(path).get("connected")))
            client = publisher(broker)
            publish(client, [message(minute) for minute in range(20)])
            publish(client, [message(0, "S9")])
            wait_for(lambda: read_counters(path).get("messages") == 21)
            client.disconnect()
            client.loop_stop()
        except BaseException as error:
            failed.append(error)
        finally:
            stop.set()

    thread = threading.Thread(target=device)
    thread.start()
    listen(settings, store, lambda: NOW, stop)
    thread.join()
    assert failed == []
    rows = store.window(Cycle.MINUTE, NOW - timedelta(days=1), NOW, sites=["S1"])
    assert len(rows) == 40
    counted = json.loads(path.read_text("utf-8"))
    assert (counted["values"], counted["refused"]) == (40, 1)
    assert any("not on the register" in why for why in counted["refusals"])
