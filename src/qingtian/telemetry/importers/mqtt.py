"""JSON over MQTT: every message is archived and stored before it is acknowledged to the broker.

The session is persistent and acknowledgement is manual (QoS 1): what the broker delivered and we had not stored when
the process died, it delivers again, and a repeat changes nothing. The raw messages lie in a spool of their own, each
under its hash, as the frames of devices do.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from qingtian.domain.errors import ConfigurationError, InvalidInput, QingtianError
from qingtian.telemetry.importers.causes import WORDS, Issue, Weight
from qingtian.telemetry.importers.mapping import FileMapping
from qingtian.telemetry.importers.messages import rows_of
from qingtian.telemetry.importers.reading import Batch, FileReader
from qingtian.telemetry.importers.register import KnownSites
from qingtian.telemetry.spool import SpoolWriter
from qingtian.telemetry.spool.format import Verdict
from qingtian.telemetry.store.port import RowScreen, SpoolPosition, Store

if TYPE_CHECKING:
    from paho.mqtt.client import Client

BATCH_MESSAGES = 500
LINGER_S = 0.2
RETRY_S = 1.0
QUEUE = 10_000
SEGMENT = "mqtt"
PORT, TLS_PORT = 1883, 8883
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Feed:
    """One subscription.

    Args:
        topic: filter, e.g. `city/+/hour`.
        mapping: how its messages are read.
    """

    topic: str
    mapping: FileMapping


@dataclass(slots=True)
class MqttCounters:
    """What went through."""

    messages: int = 0
    values: int = 0
    duplicates: int = 0
    refused: int = 0
    connected: bool = False
    last_error: str = ""
    refusals: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it came.

    Args:
        topic: where it was published.
        payload: its bytes.
        mid, qos: what its acknowledgement needs.
    """

    topic: str
    payload: bytes
    mid: int = 0
    qos: int = 1


def mqtt_spool_path(data_dir: Path) -> Path:
    """Folder of the raw messages of a deployment."""
    return data_dir / "mqtt"


class MqttIntake:
    """Turns messages into stored values; knows nothing of the network.

    Args:
        store: where values go.
        spool: archive of raw messages.
        feeds: what is subscribed.
        sites: the register, asked again for each batch.
        now: city time.
        screen: quality control of what is new.
    """

    def __init__(
        self,
        store: Store,
        spool: SpoolWriter,
        feeds: Sequence[Feed],
        sites: Callable[[FileMapping], KnownSites],
        now: Callable[[], datetime],
        screen: RowScreen | None = None,
    ) -> None:
        self._store, self._spool, self._feeds = store, spool, tuple(feeds)
        self._sites, self._now, self._screen = sites, now, screen
        self.counters = MqttCounters()

    def take(self, messages: Sequence[Message]) -> None:
        """Archive and store some messages; when this returns, they may be acknowledged.

        Raises:
            QingtianError: the archive or the store refuses; nothing may be acknowledged.
        """
        now = self._now()
        batch = Batch()
        places = self._archive(messages, now)
        known: dict[str, KnownSites] = {}
        for message, place in zip(messages, places, strict=True):
            self._read(message, place, now, known, batch)
        if batch.values:
            result = self._store.append(batch.values, screen=self._screen)
            self.counters.values += result.new + result.corrected
            self.counters.duplicates += result.duplicate
        self.counters.messages += len(messages)

    def _archive(self, messages: Sequence[Message], now: datetime) -> list[SpoolPosition]:
        """Append all, wait once: they become durable together."""
        done: list[SpoolPosition | Exception | None] = [None] * len(messages)
        left = threading.Semaphore(0)

        def told(place: int) -> Callable[[SpoolPosition | None, Exception | None], None]:
            def call(position: SpoolPosition | None, error: Exception | None) -> None:
                done[place] = position or error
                left.release()

            return call

        for place, one in enumerate(messages):
            raw = json.dumps({"topic": one.topic}).encode() + b"\n" + one.payload
            self._spool.append(raw, received_at=now, peer="mqtt", verdict=Verdict.ACCEPTED, done=told(place))
        for _ in messages:
            left.acquire()
        failed = next((one for one in done if not isinstance(one, SpoolPosition)), None)
        if failed is not None:
            raise QingtianError(f"messages could not be archived: {failed}", remedy="free space; they come again")
        return [one for one in done if isinstance(one, SpoolPosition)]

    def _read(
        self, message: Message, place: SpoolPosition, now: datetime, known: dict[str, KnownSites], batch: Batch
    ) -> None:
        feed = next((one for one in self._feeds if matches(one.topic, message.topic)), None)
        if feed is None:
            self._refuse(message, "no mapping for this topic")
            return
        mapping = feed.mapping
        if mapping.name not in known:
            known[mapping.name] = self._sites(mapping)
        reader = FileReader(mapping, known[mapping.name], now, f"{SEGMENT}:{place.segment}")
        try:
            rows = rows_of(message.payload, message.topic)
            reader.require_columns(tuple(rows[0].cells))
        except InvalidInput as error:
            self._refuse(message, error.message)
            return
        own = Batch()
        for row in rows:
            reader.add(_whole(row, reader), own)
        for issue in own.issues:
            if issue.weight is not Weight.NOTE:
                self._refuse(message, _said(issue))
        batch.values += [_placed(one, place) for one in own.values]

    def _refuse(self, message: Message, why: str) -> None:
        """The message stays in the archive; what was wrong is counted and told in the log."""
        self.counters.refused += 1
        counted = self.counters.refusals
        if why in counted or len(counted) < 100:
            counted[why] = counted.get(why, 0) + 1
        self.counters.last_error = why
        _log.warning("a message of %s was not taken over: %s", message.topic, why)


def _whole(row: Any, reader: FileReader) -> Any:
    """Later rows of a message may lack columns that its first one has: they are gaps, not cut lines."""
    from dataclasses import replace

    missing = {name: "" for name in reader.mapping.needed_columns if name not in row.cells}
    return replace(row, cells={**row.cells, **missing}) if missing else row


def _placed(value: Any, place: SpoolPosition) -> Any:
    from dataclasses import replace

    return replace(value, frame_offset=place.offset)


def _said(issue: Issue) -> str:
    return f"{WORDS[issue.cause].en} ({issue.field} {issue.text})".strip()


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a topic falls under an MQTT filter.

    >>> matches("city/+/hour", "city/S1/hour"), matches("city/#", "city/S1/hour"), matches("city/+", "city/S1/hour")
    (True, True, False)
    """
    wanted, given = topic_filter.split("/"), topic.split("/")
    for place, level in enumerate(wanted):
        if level == "#":
            return True
        if place >= len(given) or level not in ("+", given[place]):
            return False
    return len(wanted) == len(given)


class MqttListener:
    """A connection to a broker that feeds an intake until it is stopped.

    Args:
        url: `mqtt://user:password@host:1883`, or mqtts:// for TLS.
        client_id: stable name of this session; the broker keeps its messages while we are away.
        intake: where messages go.
        feeds: what is subscribed.
    Raises:
        ConfigurationError: the extra `mqtt` is missing, or the address is none.
    """

    def __init__(self, url: str, client_id: str, intake: MqttIntake, feeds: Sequence[Feed]) -> None:
        self._intake, self._feeds = intake, tuple(feeds)
        self._waiting: queue.Queue[Message] = queue.Queue(QUEUE)
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise ConfigurationError(
                f"{url!r} is no broker", field="mqtt_url", remedy="write mqtt://host:1883 or mqtts://host:8883"
            )
        self._tls = parts.scheme == "mqtts"
        self._host, self._port = parts.hostname, parts.port or (TLS_PORT if self._tls else PORT)
        self._client = self._make(client_id, unquote(parts.username or ""), unquote(parts.password or ""))

    def _make(self, client_id: str, user: str, password: str) -> Client:
        try:
            from paho.mqtt.client import Client
            from paho.mqtt.enums import CallbackAPIVersion
        except ImportError as error:
            raise ConfigurationError(
                "MQTT needs the extra `mqtt`", field="mqtt_url", remedy="pip install 'qingtian[mqtt]'"
            ) from error
        client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, manual_ack=True)
        if user:
            client.username_pw_set(user, password)
        if self._tls:
            client.tls_set()
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._arrived
        return client

    def run(self, stop: threading.Event) -> None:
        """Listen until stopped; a broker that is away is tried again."""
        self._client.connect_async(self._host, self._port, keepalive=30)
        self._client.loop_start()
        try:
            while not stop.is_set():
                self._round(stop)
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    def _round(self, stop: threading.Event) -> None:
        batch = self._next_batch()
        while batch and not stop.is_set():
            try:
                self._intake.take(batch)
            except QingtianError as error:  # not acknowledged: tried again, and again after a restart
                self._intake.counters.last_error = str(error)
                _log.warning("%d messages wait: %s", len(batch), error)
                stop.wait(RETRY_S)
                continue
            for one in batch:
                self._client.ack(one.mid, one.qos)
            return

    def _next_batch(self) -> list[Message]:
        batch: list[Message] = []
        until = time.monotonic() + LINGER_S
        while len(batch) < BATCH_MESSAGES:
            try:
                batch.append(self._waiting.get(timeout=max(0.0, until - time.monotonic())))
            except queue.Empty:
                break
        return batch

    def _connected(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._intake.counters.last_error = f"the broker refuses: {reason}"
            return
        self._intake.counters.connected = True
        for feed in self._feeds:
            client.subscribe(feed.topic, qos=1)

    def _disconnected(self, *_: Any) -> None:
        self._intake.counters.connected = False
        # What was not acknowledged comes again; the old copies must not be acknowledged on a new connection.
        while True:
            try:
                self._waiting.get_nowait()
            except queue.Empty:
                return

    def _arrived(self, _client: Client, _data: Any, message: Any) -> None:
        self._waiting.put(Message(message.topic, bytes(message.payload), message.mid, message.qos))


def feeds_of(spec: Mapping[str, str], mapping_named: Callable[[str], FileMapping]) -> list[Feed]:
    """Subscriptions of the settings.

    Args:
        spec: name of a mapping by topic filter.
        mapping_named: looks a mapping up.
    Raises:
        ConfigurationError: nothing is subscribed, or a mapping is unknown.
    """
    if not spec:
        raise ConfigurationError("no topic is named", field="mqtt_topics", remedy="name at least one topic")
    found = []
    for topic, name in spec.items():
        try:
            found.append(Feed(topic, mapping_named(name)))
        except QingtianError as error:
            raise ConfigurationError(
                f"topic {topic}: {error.message}", field="mqtt_topics", remedy="save the mapping first"
            ) from error
    return found
