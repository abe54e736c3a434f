"""The worker's own parts: live updates, patience while the database starts, duties put in the queue."""

from __future__ import annotations

import json
import threading
import time
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from qingtian.duties import worker
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.live import CHANNEL
from qingtian.telemetry.devices import CachedDirectory, DeviceProfile, StaticDirectory

AT = datetime(2025, 11, 22, 8, 0, tzinfo=SHANGHAI)


@pytest.mark.django_db(transaction=True)
def test_new_observations_are_told_to_listeners() -> None:
    from django.db import connection

    connection.ensure_connection()
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        worker.publish_observations(["DA001", "DA002"], AT)
        (note,) = listener.notifies(timeout=5, stop_after=1)
    assert json.loads(note.payload) == {"topic": "observations", "ids": ["DA001", "DA002"], "at": AT.isoformat()}


def test_a_live_update_that_cannot_be_sent_loses_no_value(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise OSError("database gone")

    monkeypatch.setattr(worker, "publish", broken)
    worker.publish_observations(["DA001"], AT)
    assert "live update was not sent" in caplog.text


def test_the_store_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "STORE_RETRY_S", 0.001)
    answers: list[Any] = [OSError("starting"), OSError("starting"), "store"]

    def open_store(_settings: object) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(worker, "open_store", open_store)
    settings: Any = SimpleNamespace()
    assert worker._open_patiently(settings, threading.Event()) == "store"
    stopped = threading.Event()
    stopped.set()
    assert worker._open_patiently(settings, stopped) is None


def test_duties_are_deferred_at_city_time(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[datetime, object]] = []
    jobs = SimpleNamespace(tick=lambda now, store: calls.append((now, store)))
    monkeypatch.setattr(worker, "duty_jobs", jobs)
    monkeypatch.setattr(worker, "current_clock", lambda: SimpleNamespace(now=lambda: AT))
    monkeypatch.setattr("django.db.close_old_connections", lambda: None)
    store: Any = object()
    worker.defer_duties(store)
    assert calls == [(AT, store)]


def test_a_slow_duty_does_not_hold_up_its_neighbours() -> None:
    stop, ingested = threading.Event(), []
    release = threading.Event()
    slow = worker._thread("slow", lambda: worker._repeat(stop, 0.001, lambda: release.wait(5)))
    quick = worker._thread("quick", lambda: worker._repeat(stop, 0.001, lambda: ingested.append(1)))
    deadline = time.monotonic() + 5
    while len(ingested) < 20 and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    release.set()
    slow.join(5)
    quick.join(5)
    assert len(ingested) >= 20


# -- the register as the gateway sees it ------------------------------------------------------------------------------


def test_a_new_device_is_known_after_the_next_refresh() -> None:
    register: dict[str, DeviceProfile] = {}
    directory = CachedDirectory(lambda: register)
    assert directory.refresh()
    assert directory.get("MN1") is None
    register["MN1"] = DeviceProfile("MN1", "DA001")
    assert directory.get("MN1") is None
    assert directory.refresh()
    assert directory.get("MN1") == DeviceProfile("MN1", "DA001")
    register.clear()
    assert directory.refresh()
    assert directory.get("MN1") is None, "a device that was taken out is not served from the copy"


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", '[{"mn": "A"}]', '[{"mn": "A", "site": "B", "expects": [], "x": 1}]']
)
def test_a_broken_copy_of_the_register_is_no_register(tmp_path: Path, content: str) -> None:
    def away() -> dict[str, DeviceProfile]:
        raise OSError("connection refused")

    (tmp_path / "devices.json").write_text(content, "utf-8")
    directory = CachedDirectory(away, tmp_path / "devices.json")
    assert directory.refresh() is False
    assert directory.get("A") is None


def test_secrets_of_a_device_do_not_appear_in_its_text() -> None:
    profile = DeviceProfile("MN1", "DA001", password="hunter2", sm4_key="00" * 16)
    assert "hunter2" not in repr(profile)
    assert "00000000" not in repr(profile)
    assert StaticDirectory({"MN1": profile}).refresh()
