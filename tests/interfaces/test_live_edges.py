"""The ends of the live stream: how it begins, how it ends, and who must not stay on it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

import pytest
from django.test import Client
from tests.interfaces import city
from tests.interfaces.conftest import Login
from tests.interfaces.serving import Stream, running_server, wait_until

from qingtian.apps.accounts.actions.change_user import change_user
from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.interfaces.live import views
from qingtian.interfaces.live.hub import connected_clients
from qingtian.interfaces.live.messages import Message, event, merged
from qingtian.runtime.live import MAX_IDS


@pytest.fixture
def port(transactional_db: None, town: city.Town) -> Iterator[int]:
    with running_server() as number:
        yield number


def session_of(client: Client) -> str:
    return client.cookies["sessionid"].value


def status(port: int, session: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    link.request(method, "/api/v1/live", headers={"Cookie": f"sessionid={session}"})
    answer = link.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
    link.close()
    return found


def test_the_first_line_says_how_soon_to_come_again(port: int, duty: Client) -> None:
    stream = Stream(port, session_of(duty))

    assert stream.answer.readline() == b"retry: 2000\n"
    assert stream.next("hello").data == {"at": "2025-11-24T10:40:00+08:00"}
    stream.close()


def test_a_stream_ends_by_itself_so_that_the_session_is_looked_at_again(
    port: int, duty: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "LONGEST_S", 0.5)
    monkeypatch.setattr(views, "HEARTBEAT_S", 0.2)
    stream = Stream(port, session_of(duty))

    names = [one.name for one in stream.events()]  # ends, because the server ends it

    assert names[0] == "hello"
    assert set(names[1:]) == {"heartbeat"}
    stream.close()
    wait_until(lambda: connected_clients() == 0)


def test_who_was_shut_out_gets_no_new_stream(port: int, login: Login) -> None:
    session = session_of(login("duty"))
    Stream(port, session).close()

    change_user(SYSTEM_ACTOR, city.NOW, "duty", active=False)

    found, _, body = status(port, session)
    assert (found, json.loads(body)["error"]["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("session", ["", "x", "0" * 32, "a" * 5000])
def test_a_session_that_never_was_opens_no_stream(port: int, session: str) -> None:
    assert status(port, session)[0] in (400, 401)
    assert connected_clients() == 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_other_methods_open_no_stream(port: int, duty: Client, method: str) -> None:
    found, headers, _ = status(port, session_of(duty), method)

    # A change without the token of the session is refused before anybody looks where it goes.
    assert (found, headers.get("allow")) == ((405, "GET") if method in ("HEAD", "OPTIONS") else (403, None))
    assert connected_clients() == 0


def test_one_person_with_two_windows_hears_everything_in_both(port: int, duty: Client) -> None:
    streams = [Stream(port, session_of(duty)) for _ in range(2)]
    for stream in streams:
        stream.next("hello")
    wait_until(lambda: connected_clients() == 2)

    streams[0].close()

    wait_until(lambda: connected_clients() == 1)
    streams[1].close()
    wait_until(lambda: connected_clients() == 0)


def test_an_event_cannot_be_broken_out_of_by_what_it_tells() -> None:
    wire = event("cases", {"ids": ["1\n\ndata: {}\nevent: evil", "青天"]})

    assert wire.count(b"\n\n") == 1
    assert wire.endswith(b"\n\n")
    assert json.loads(wire.split(b"data: ", 1)[1]) == {"ids": ["1\n\ndata: {}\nevent: evil", "青天"]}
    assert "青天" in wire.decode()


@pytest.mark.parametrize(("count", "named"), [(MAX_IDS - 1, True), (MAX_IDS, True), (MAX_IDS + 1, False)])
def test_ids_are_named_up_to_the_bound_and_then_it_is_reload(count: int, named: bool) -> None:
    half = count // 2
    one = Message("findings", tuple(map(str, range(half))), "2025-11-24T10:40:00+08:00")
    other = Message("findings", tuple(map(str, range(half, count))), "2025-11-24T10:39:00+08:00")

    (joined,) = merged([one, other])

    assert len(joined.ids) == (count if named else 0)
    assert joined.at == one.at  # the newest change


def test_reload_swallows_what_is_named_before_and_after() -> None:
    named, unnamed = Message("cases", ("1",), "b"), Message("cases", (), "a")

    for pair in ([named, unnamed], [unnamed, named], [named, unnamed, named]):
        assert merged(pair) == [Message("cases", (), "b")]
