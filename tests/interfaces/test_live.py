"""Live updates over a real server and a real database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import connection, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.interfaces import city
from tests.interfaces.conftest import Login
from tests.interfaces.serving import Stream, running_server, wait_until

from qingtian.domain.errors import Unavailable
from qingtian.interfaces.live import hub as hubs
from qingtian.interfaces.live import views
from qingtian.interfaces.live.hub import MAILBOX, Hub, Mailbox, connected_clients, database_conninfo
from qingtian.interfaces.live.messages import Message, change_event, merged, read_message
from qingtian.runtime.live import CHANNEL, MAX_IDS, Topic, message, publish


def tell(topic: Topic, *ids: int) -> None:
    with transaction.atomic():
        publish(topic, ids, city.NOW)


def session_of(client: Client) -> str:
    return client.cookies["sessionid"].value


@pytest.fixture
def port(transactional_db: None, town: city.Town) -> Iterator[int]:
    with running_server() as number:
        yield number


@pytest.fixture
def opened(port: int) -> Iterator[Callable[[Client], Stream]]:
    """Opens streams that have said hello and hear the database; closes them at the end."""
    streams: list[Stream] = []

    def open_stream(client: Client) -> Stream:
        stream = Stream(port, session_of(client))
        streams.append(stream)
        assert stream.next("hello").data["at"] == "2025-11-24T10:40:00+08:00"
        wait_until(lambda: any(one.listening.is_set() for one in hubs._hubs.values()))
        return stream

    yield open_stream
    for stream in streams:
        stream.close()


def test_a_change_reaches_every_browser(opened: Callable[[Client], Stream], login: Login) -> None:
    one, other = opened(login("duty")), opened(login("inspector"))

    tell(Topic.CASES, 7)

    for stream in (one, other):
        assert stream.next("cases").data == {"topic": "cases", "ids": ["7"], "at": city.NOW.isoformat()}


def test_a_verb_of_the_apps_is_heard(opened: Callable[[Client], Stream], duty: Client, town: city.Town) -> None:
    stream = opened(duty)

    finding = city.finding(town)

    assert stream.next("findings").data["ids"] == [str(finding.pk)]


def test_a_change_that_is_rolled_back_is_not_told(opened: Callable[[Client], Stream], duty: Client) -> None:
    stream = opened(duty)

    with pytest.raises(RuntimeError), transaction.atomic():
        publish(Topic.CASES, [1], city.NOW)
        raise RuntimeError
    tell(Topic.CASES, 2)

    assert stream.next("cases").data["ids"] == ["2"]


def test_who_sees_a_part_is_told_the_topic_but_not_which_objects(
    opened: Callable[[Client], Stream], login: Login
) -> None:
    for who in ("wuchang", "plant", "citizen"):
        stream = opened(login(who))
        tell(Topic.FINDINGS, 5)
        assert stream.next("findings").data["ids"] == []


def test_a_quiet_stream_has_a_heartbeat(
    opened: Callable[[Client], Stream], duty: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "HEARTBEAT_S", 0.2)

    assert opened(duty).next("heartbeat").data == {"at": "2025-11-24T10:40:00+08:00"}


def test_the_stream_is_not_cached_and_carries_the_security_headers(
    opened: Callable[[Client], Stream], duty: Client
) -> None:
    headers = opened(duty).answer.headers

    assert headers["Content-Type"].startswith("text/event-stream")
    assert headers["Cache-Control"].startswith("no-cache")
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Request-ID"]


def test_without_a_session_there_is_no_stream(port: int) -> None:
    stream = Stream(port)

    assert stream.answer.status == 401
    assert json.loads(stream.answer.read())["error"]["code"] == "not_authenticated"
    stream.close()


def test_a_browser_that_leaves_is_forgotten_and_the_last_one_ends_the_listening(
    opened: Callable[[Client], Stream], duty: Client
) -> None:
    one, other = opened(duty), opened(duty)
    assert connected_clients() == 2
    assert listeners() == 1

    one.close()
    wait_until(lambda: connected_clients() == 1)
    other.close()
    wait_until(lambda: connected_clients() == 0)
    wait_until(lambda: listeners() == 0)


def test_a_full_house_answers_503(opened: Callable[[Client], Stream], duty: Client, port: int) -> None:
    opened(duty)
    for hub in hubs._hubs.values():
        hub._max = 1

    refused = Stream(port, session_of(duty))

    assert refused.answer.status == 503
    assert json.loads(refused.answer.read())["error"]["code"] == "unavailable"
    refused.close()


def test_only_get_is_taken(duty: Client) -> None:
    answer = duty.post("/api/v1/live")

    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")


def test_a_lost_database_connection_comes_back_and_says_reload(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "FIRST_PAUSE_S", 0.05)

    async def run() -> list[Message]:
        hub = Hub(database_conninfo)
        async with hub.subscribed() as box:
            await asyncio.wait_for(hub.listening.wait(), 20)
            await asyncio.to_thread(end_listeners)
            told = await box.take(20, 0.0)
            await asyncio.wait_for(hub.listening.wait(), 20)
            await asyncio.to_thread(notify, message(Topic.CASES, [3], city.NOW))
            return [*told, *await box.take(20, 0.0)]

    told = asyncio.run(run())

    assert {one.topic for one in told} == {topic.value for topic in Topic}
    assert told[-1] == Message("cases", ("3",), city.NOW.isoformat())
    assert all(one.ids == () for one in told[:-1])


def test_a_database_that_is_away_is_asked_again_with_growing_pauses(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hubs, "FIRST_PAUSE_S", 0.01)

    async def run() -> None:
        async with Hub(lambda: "host=/nowhere/at/all dbname=x").subscribed():
            await asyncio.sleep(0.4)

    asyncio.run(run())

    pauses = [record.args[0] for record in caplog.records if "live updates are down" in record.msg]
    assert pauses[:4] == [0.01, 0.02, 0.04, 0.08]


async def test_more_than_the_bound_are_refused() -> None:
    hub = Hub(lambda: "host=/nowhere/at/all", max_clients=1)
    async with hub.subscribed():
        with pytest.raises(Unavailable):
            async with hub.subscribed():
                pass
    assert hub.clients == 0


async def test_a_slow_browser_costs_no_memory() -> None:
    box = Mailbox()
    for number in range(MAILBOX * 5):
        box.put([Message("cases", (str(number),), "t")])

    assert len(box._waiting) <= MAILBOX + 1
    taken = await box.take(1, 0.0)
    assert [(one.topic, one.ids) for one in taken] == [("cases", ())]  # too many to name: reload
    assert await box.take(0.01, 0.0) == []


@given(st.lists(st.tuples(st.sampled_from([one.value for one in Topic]), st.lists(st.integers(0, 300), max_size=30))))
def test_merging_loses_no_change(changes: list[tuple[str, list[int]]]) -> None:
    messages = [Message(topic, tuple(map(str, ids)), "t") for topic, ids in changes]

    joined = {one.topic: one for one in merged(messages)}

    assert set(joined) == {topic for topic, _ in changes}
    for topic, ids in changes:
        named = joined[topic].ids
        assert len(named) <= MAX_IDS
        assert named == () or {str(one) for one in ids} <= set(named)


@pytest.mark.parametrize(
    "payload", ["", "{", "[]", "{}", '{"topic": "weather"}', '{"topic": "cases", "ids": 5}', "null"]
)
def test_a_payload_that_is_not_ours_is_ignored(payload: str) -> None:
    assert read_message(payload) is None


def test_a_message_survives_the_way_through_the_database() -> None:
    there = read_message(message(Topic.CASES, [1, "x"], city.NOW))

    assert there == Message("cases", ("1", "x"), city.NOW.isoformat())
    assert change_event(there, with_ids=True).startswith(b"event: cases\ndata: {")


def listeners() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'qingtian-live'")
        return int(cursor.fetchone()[0])


def end_listeners() -> None:
    with psycopg.connect(database_conninfo(), autocommit=True, application_name="test") as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'qingtian-live'")


def notify(payload: str) -> None:
    with psycopg.connect(database_conninfo(), autocommit=True, application_name="test") as admin:
        admin.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
