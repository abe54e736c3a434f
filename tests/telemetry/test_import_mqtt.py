"""JSON over MQTT with a real Mosquitto: stored before acknowledged, nothing lost by a kill, nothing doubled."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.duties.memory_store import MemoryStore
from tests.telemetry.brokers import publish, publisher, running_broker, wait_for

from qingtian.domain.errors import ConfigurationError, InvalidInput, Unavailable
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.importers.mapping import FileMapping, read_mapping
from qingtian.telemetry.importers.messages import rows_of
from qingtian.telemetry.importers.mqtt import Feed, Message, MqttIntake, MqttListener, feeds_of, matches
from qingtian.telemetry.importers.register import KnownSites, SiteEntry
from qingtian.telemetry.spool import SpoolWriter
from qingtian.telemetry.spool.reader import read_all
from qingtian.telemetry.store.port import Cycle

NOW = datetime(2026, 1, 5, 10, tzinfo=SHANGHAI)
START = datetime(2026, 1, 5, 0, tzinfo=SHANGHAI)


def mapping(**changes: Any) -> FileMapping:
    base: dict[str, Any] = {
        "name": "sensors",
        "kind": "air",
        "cycle": "minute",
        "period_s": 60,
        "time": {"columns": ["ts"]},
        "site": {"columns": ["topic.2"]},
        "columns": [
            {"column": "data.pm25", "pollutant": "a34004", "unit": "ug/m3"},
            {"column": "data.temp", "pollutant": "a01001", "unit": "degC", "signed": True},
        ],
    }
    return read_mapping(base | changes)


def message(minute: int, site: str = "S1", **more: Any) -> Message:
    at = (START + timedelta(minutes=minute)).isoformat()
    told = {"ts": at, "data": {"pm25": minute / 2, "temp": -1.5}} | more
    return Message(f"city/{site}/minute", json.dumps(told).encode())


SITES = KnownSites({site: SiteEntry(site, medium="ambient") for site in ("S1", "S2")})


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[SpoolWriter]:
    writer = SpoolWriter(tmp_path / "mqtt")
    yield writer
    writer.close()


def intake(store: MemoryStore, spool: SpoolWriter, spec: FileMapping | None = None) -> MqttIntake:
    return MqttIntake(store, spool, [Feed("city/+/minute", spec or mapping())], lambda _: SITES, lambda: NOW)


def held(store: MemoryStore, site: str = "S1") -> list[Decimal | None]:
    rows = store.window(Cycle.MINUTE, START, NOW, sites=[site], pollutants=["a34004"])
    return [row.value for row in rows]


# -- messages as rows ----------------------------------------------------------------------------------------------------


def test_numbers_keep_the_digits_that_were_sent() -> None:
    [row] = rows_of(b'{"a": 1.50, "b": 100000000000000000001, "c": 1e3, "d": null, "e": true}')
    assert dict(row.cells) == {"a": "1.50", "b": "100000000000000000001", "c": "1000", "d": "", "e": "true"}


def test_a_list_inside_spreads_with_what_stands_beside_it() -> None:
    rows = rows_of(b'{"mn": "A", "items": [{"code": "x", "v": 1}, {"code": "y"}]}', "t/A")
    assert [row.cells["code"] for row in rows] == ["x", "y"]
    assert {row.cells["mn"] for row in rows} == {"A"}
    assert rows[0].cells["items.v"] == rows[0].cells["v"] == "1"
    assert rows[0].cells["topic.2"] == "A"


@pytest.mark.parametrize("payload", [b"", b"no json", b"3", b'"x"', b"[]", b"[1]", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_object_is_refused(payload: bytes) -> None:
    with pytest.raises(InvalidInput):
        rows_of(payload)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=4), JSON, max_size=4))
def test_any_object_becomes_rows_of_text_or_is_refused(told: dict[str, Any]) -> None:
    try:
        rows = rows_of(json.dumps(told).encode(), "a/b")
    except InvalidInput:
        return
    assert rows
    for row in rows:
        assert all(isinstance(cell, str) for cell in row.cells.values())
        assert row.cells["topic"] == "a/b" or "topic" in told


@pytest.mark.parametrize(
    ("wanted", "topic", "hit"),
    [("a/b", "a/b", True), ("a/+", "a/b/c", False), ("#", "a/b", True), ("a/#", "b", False), ("+/+/h", "a/b/h", True)],
)
def test_topics_fall_under_their_filters(wanted: str, topic: str, hit: bool) -> None:
    assert matches(wanted, topic) is hit


# -- intake --------------------------------------------------------------------------------------------------------------


def test_a_message_becomes_values_with_its_place_in_the_archive(store: MemoryStore, spool: SpoolWriter) -> None:
    taken = intake(store, spool)
    taken.take([message(0), message(1), message(0, "S2")])
    assert held(store) == [Decimal("0"), Decimal("0.5")]
    assert held(store, "S2") == [Decimal("0")]
    rows = store.window(Cycle.MINUTE, START, NOW, sites=["S1"])
    records = {record.position.offset: record.raw for record in read_all(spool._folder)}
    for row in rows:
        head, payload = records[row.frame_offset].split(b"\n", 1)
        assert json.loads(head) == {"topic": "city/S1/minute"}
        assert json.loads(payload)["ts"] == row.period_start.isoformat()
        assert row.segment.startswith("mqtt:")
    assert (taken.counters.messages, taken.counters.values) == (3, 6)


def test_the_same_message_again_changes_nothing(store: MemoryStore, spool: SpoolWriter) -> None:
    taken = intake(store, spool)
    taken.take([message(0)])
    taken.take([message(0), message(0)])
    assert (taken.counters.values, taken.counters.duplicates) == (2, 4)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (Message("city/S1/minute", b"{"), "no JSON"),
        (Message("other/S1", b"{}"), "no mapping"),
        (Message("city/S1/minute", b'{"time": 1}'), "no column"),
        (message(0, "S9"), "not on the register"),
        (message(0, data={"pm25": "x", "temp": 1}), "no number"),
        (message(60 * 24), "not ended"),
    ],
)
def test_a_bad_message_is_archived_counted_and_holds_nothing_up(
    store: MemoryStore, spool: SpoolWriter, bad: Message, why: str
) -> None:
    taken = intake(store, spool)
    taken.take([bad, message(1)])
    assert held(store) == [Decimal("0.5")]
    assert taken.counters.refused == 1
    assert why in taken.counters.last_error
    assert len(list(read_all(spool._folder))) == 2


def test_nothing_is_acknowledged_when_the_archive_refuses(store: MemoryStore, tmp_path: Path) -> None:
    full = SpoolWriter(tmp_path / "full", reserve_bytes=1 << 60)
    with pytest.raises(Exception, match="archived"):
        intake(store, full).take([message(0)])
    assert held(store) == []
    full.close()


def test_settings_name_their_fault() -> None:
    def unknown(name: str) -> FileMapping:
        raise InvalidInput(f"there is no mapping {name}", field="mapping", remedy="save it")

    for spec in ({}, {"a/b": "nothing"}):
        with pytest.raises(ConfigurationError) as refused:
            feeds_of(spec, unknown)
        assert refused.value.field == "mqtt_topics"
    with pytest.raises(ConfigurationError) as refused:
        MqttListener("http://x", "q", None, [])  # type: ignore[arg-type]
    assert refused.value.field == "mqtt_url"


# -- a real broker -------------------------------------------------------------------------------------------------------


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    with running_broker(tmp_path) as port:
        yield port


def run(listener: MqttListener) -> Callable[[], None]:
    stop = threading.Event()
    thread = threading.Thread(target=listener.run, args=(stop,), daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()

    return end


class Fragile(MemoryStore):
    """A store that is away for a while."""

    away = False

    def append(self, batch: Any, **more: Any) -> Any:
        if self.away:
            raise Unavailable("the lake is away", remedy="wait")
        return super().append(batch, **more)


def listener_of(port: int, taken: MqttIntake) -> MqttListener:
    return MqttListener(f"mqtt://127.0.0.1:{port}", "qingtian-test", taken, [Feed("city/+/minute", mapping())])


def test_messages_of_a_real_broker_become_values_also_those_sent_while_we_were_away(
    broker: int, spool: SpoolWriter, store: MemoryStore
) -> None:
    taken = intake(store, spool)
    end = run(listener_of(broker, taken))
    wait_for(lambda: taken.counters.connected)
    client = publisher(broker)
    publish(client, [message(minute) for minute in range(50)])
    wait_for(lambda: len(held(store)) == 50)
    end()
    publish(client, [message(minute) for minute in range(50, 120)])  # nobody listens: the broker keeps them
    end = run(listener_of(broker, taken))
    wait_for(lambda: len(held(store)) == 120)
    end()
    client.disconnect(), client.loop_stop()
    assert taken.counters.refused == 0
    assert held(store) == [Decimal(minute) / 2 for minute in range(120)]


def test_what_the_store_refused_is_not_acknowledged_and_comes_again_after_a_restart(
    broker: int, spool: SpoolWriter
) -> None:
    store = Fragile()
    store.away = True
    first = intake(store, spool)
    end = run(listener_of(broker, first))
    wait_for(lambda: first.counters.connected)
    client = publisher(broker)
    publish(client, [message(minute) for minute in range(40)])
    wait_for(lambda: "away" in first.counters.last_error)
    end()
    assert held(store) == []
    store.away = False
    second = intake(store, spool)
    end = run(listener_of(broker, second))
    wait_for(lambda: len(held(store)) == 40)
    end()
    client.disconnect(), client.loop_stop()
    assert held(store) == [Decimal(minute) / 2 for minute in range(40)]
