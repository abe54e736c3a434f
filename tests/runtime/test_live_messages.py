"""Live updates are told after the commit, never of what was rolled back, and always fit into a NOTIFY."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.live import CHANNEL, MAX_IDS, Topic, message, publish

AT = datetime(2025, 11, 24, 10, tzinfo=SHANGHAI)
LARGEST_NOTIFY = 7999  # bytes, PostgreSQL


@given(st.sampled_from(Topic), st.lists(st.integers(0, 2**63 - 1) | st.text(max_size=12), max_size=500))
def test_a_message_can_be_read_back_and_is_never_too_long(topic: Topic, ids: list[object]) -> None:
    text = message(topic, ids, AT)
    read = json.loads(text)
    assert read == {"topic": topic.value, "ids": [str(one) for one in ids[:MAX_IDS]], "at": "2025-11-24T10:00:00+08:00"}
    if all(isinstance(one, int) for one in ids):
        assert len(text.encode()) <= LARGEST_NOTIFY


@pytest.fixture
def listener(transactional_db: None) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    parameters = {
        key: value for key, value in connection.get_connection_params().items() if key in ("host", "user", "port")
    }
    with psycopg.connect(**parameters, dbname=connection.settings_dict["NAME"], autocommit=True) as heard:
        heard.execute(f"LISTEN {CHANNEL}")
        yield heard


def heard_by(listener: psycopg.Connection[tuple[object, ...]]) -> list[list[str]]:
    return [json.loads(one.payload)["ids"] for one in listener.notifies(timeout=0.3)]


def test_a_change_is_told_when_it_is_committed(listener: psycopg.Connection[tuple[object, ...]]) -> None:
    with transaction.atomic():
        publish(Topic.CASES, [1], AT)
        assert heard_by(listener) == []
    assert heard_by(listener) == [["1"]]


def test_what_was_rolled_back_is_never_told(listener: psycopg.Connection[tuple[object, ...]]) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        publish(Topic.CASES, [1], AT)
        raise RuntimeError
    with transaction.atomic():
        publish(Topic.CASES, [2], AT)
        with pytest.raises(RuntimeError), transaction.atomic():
            publish(Topic.CASES, [3], AT)
            raise RuntimeError
    assert heard_by(listener) == [["2"]]


def test_messages_come_in_the_order_of_the_changes(listener: psycopg.Connection[tuple[object, ...]]) -> None:
    with transaction.atomic():
        for number in range(20):
            publish(Topic.FINDINGS, [number], AT)
    assert heard_by(listener) == [[str(number)] for number in range(20)]
