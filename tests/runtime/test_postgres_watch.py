"""The watch over the database: killed again and again it comes back; what cannot start is tried in growing pauses."""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import Unavailable
from qingtian.runtime.postgres import ensure_embedded, ensure_postgres, pgdata_path, stop_embedded, watch_postgres
from qingtian.runtime.postgres_watch import Backoff, PostgresWatch, probe
from qingtian.runtime.settings import get_settings, load_settings

KILLS = 3
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="qt-watch-"))
    yield folder
    stop_embedded(pgdata_path(folder))
    shutil.rmtree(folder, ignore_errors=True)


def postmaster(data_dir: Path) -> int:
    return int((pgdata_path(data_dir) / "postmaster.pid").read_text("utf-8").split()[0])


def until(condition: object, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "in vain"
        time.sleep(0.02)


def test_a_server_that_is_killed_again_and_again_comes_back_with_what_was_committed(data_dir: Path) -> None:
    settings = load_settings(data_dir=data_dir, database_url="")
    chooser = random.Random(212)
    watch = watch_postgres(settings)
    watch._every_s = 0.05
    watch._backoff = Backoff(0.05, 0.4, calm_s=60)
    url = ensure_embedded(pgdata_path(data_dir))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (number int)")
    stop = threading.Event()
    thread = threading.Thread(target=lambda: watch.run(stop), daemon=True)
    thread.start()
    try:
        for number in range(KILLS):
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("INSERT INTO kept VALUES (%s)", [number])
            before = watch.state.restarts
            os.kill(postmaster(data_dir), signal.SIGKILL)
            until(lambda b=before: watch.state.restarts > b and watch.state.answers)  # type: ignore[misc]
            time.sleep(chooser.random() * 0.1)
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT number FROM kept ORDER BY number").fetchall()
        assert rows == [(number,) for number in range(KILLS)]
        assert watch.state.restarts >= KILLS and watch.state.lost >= KILLS
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()


def test_a_server_that_does_not_start_is_tried_in_growing_pauses() -> None:
    now, tried = [0.0], []

    def start() -> None:
        tried.append(now[0])
        raise Unavailable("the folder is gone", remedy="bring it back")

    watch = PostgresWatch(NOWHERE, start, every_s=2.0, backoff=Backoff(0.5, 8.0, calm_s=60), clock=lambda: now[0])
    pauses = []
    for _ in range(7):
        pauses.append(watch.step())
        now[0] += pauses[-1]
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert len(tried) == 7
    state = watch.state
    assert (state.answers, state.lost, state.restarts, state.pause_s) == (False, 1, 0, 8.0)
    assert "the folder is gone" in state.last_error
    assert state.as_dict()["lost"] == 1


def test_a_server_that_dies_as_soon_as_it_is_up_is_not_started_in_a_circle() -> None:
    started: list[int] = []
    watch = PostgresWatch(NOWHERE, lambda: started.append(1), backoff=Backoff(0.5, 30.0), clock=lambda: 0.0)
    assert [watch.step() for _ in range(4)] == [0.5, 1.0, 2.0, 4.0]
    assert len(started) == 4 and not watch.state.answers


def test_an_own_server_is_watched_and_not_started() -> None:
    watch = watch_postgres(load_settings(database_url=NOWHERE))
    watch.step()
    assert not watch.state.answers and watch.state.restarts == 0
    assert watch.state.last_error


def test_a_server_that_answers_is_left_alone() -> None:
    started: list[int] = []
    watch = PostgresWatch(ensure_postgres(get_settings()), lambda: started.append(1), every_s=1.5)
    assert [watch.step(), watch.step()] == [1.5, 1.5]
    assert started == [] and watch.state.answers and watch.state.probes == 2


def test_a_server_that_hangs_is_told_from_one_that_answers(data_dir: Path) -> None:
    url = ensure_embedded(pgdata_path(data_dir))
    assert probe(url) == ("", False)
    pid = postmaster(data_dir)
    os.kill(pid, signal.SIGSTOP)
    try:
        error, recovering = probe(url)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert "timeout" in error and not recovering
    assert probe(url) == ("", False)


def test_a_server_that_recovers_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def starting(*_arguments: object, **_named: object) -> None:
        raise psycopg.OperationalError("FATAL:  the database system is starting up")

    monkeypatch.setattr("qingtian.runtime.postgres_watch.psycopg.connect", starting)
    started: list[int] = []
    watch = PostgresWatch(NOWHERE, lambda: started.append(1))
    watch.step()
    assert started == [] and not watch.state.answers


@given(times=st.lists(st.floats(0, 40), min_size=1, max_size=30), longest=st.floats(1, 60))
def test_pauses_grow_to_the_limit_and_fall_back_after_a_calm_time(times: list[float], longest: float) -> None:
    pauses = Backoff(0.5, longest, calm_s=30)
    now, before, expected = 0.0, None, 0.5
    for gap in times:
        now += gap
        expected = 0.5 if before is None or now - before > 30 else min(expected * 2, longest)
        assert pauses.failed(now) == expected
        before = now
