"""The whole application under a real uvicorn: many at once, no connection left behind."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from tests.interfaces import city
from tests.interfaces.conftest import Login
from tests.interfaces.serving import Stream, running_server, wait_until

from qingtian.interfaces.web.security import CONTENT_SECURITY_POLICY


@pytest.fixture
def port(transactional_db: None, town: city.Town) -> Iterator[int]:
    with running_server() as number:
        yield number


def ask(port: int, path: str, *, method: str = "GET", session: str = "") -> tuple[int, http.client.HTTPMessage, bytes]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    link.request(method, path, headers={"Cookie": f"sessionid={session}"} if session else {})
    answer = link.getresponse()
    body = answer.read()
    link.close()
    return answer.status, answer.headers, body


def session_of(client: Client) -> str:
    return client.cookies["sessionid"].value


def connections() -> int:
    """Connections to the test database beside our own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def test_errors_keep_their_shape_and_headers_over_the_wire(port: int) -> None:
    for method, path, status in (
        ("GET", "/api/v1/none", 404),
        ("PATCH", "/api/v1/findings", 405),
        ("POST", "/api/v1/findings/confirm", 401),
        ("GET", "/api/v1/stations", 401),
    ):
        found, headers, body = ask(port, path, method=method)
        assert (found, json.loads(body)["error"]["request_id"]) == (status, headers["X-Request-ID"])
        assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert headers["Cache-Control"] == "no-store"


def test_many_readers_at_once_are_answered_and_leave_no_connection(port: int, login: Login) -> None:
    session = session_of(login("duty"))
    paths = ["/api/v1/overview", "/api/v1/map/points", "/api/v1/findings", "/api/v1/stations", "/metrics", "/"] * 5

    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(lambda path: ask(port, path, session=session)[0], paths))

    assert set(statuses) == {200}
    wait_until(lambda: connections() == 0)


def test_open_streams_hold_one_connection_together(port: int, login: Login) -> None:
    session = session_of(login("duty"))
    streams = [Stream(port, session) for _ in range(8)]
    for stream in streams:
        stream.next("hello")

    wait_until(lambda: connections() == 1)  # the listener
    for stream in streams:
        stream.close()
    wait_until(lambda: connections() == 0)


def test_long_answers_are_compressed_for_those_who_read_gzip_but_never_the_token(duty: Client) -> None:
    plain = duty.get("/api/v1/rules?page_size=50")
    small = duty.get("/api/v1/rules?page_size=50", headers={"Accept-Encoding": "gzip"})
    token = duty.get("/api/v1/session", headers={"Accept-Encoding": "gzip"})

    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.content) == plain.content
    assert int(small.headers["Content-Length"]) == len(small.content) < len(plain.content) / 4
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert not token.has_header("Content-Encoding")
