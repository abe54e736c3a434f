from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.apps.city import NOW, actor

from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.record import record
from qingtian.apps.journal.verify import verify_journal

pytestmark = pytest.mark.django_db
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=10)
PAYLOADS = st.dictionaries(
    TEXT, st.none() | st.booleans() | st.integers() | TEXT | st.lists(TEXT | st.integers(), max_size=3), max_size=4
)
ROWS = st.lists(st.tuples(st.integers(0, 10**9), TEXT, PAYLOADS), min_size=1, max_size=5)
some = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Undo(Exception):
    """Rolls an example back."""


def write(rows: list[tuple[int, str, dict[str, Any]]]) -> list[Event]:
    keeper = actor(Role.AUDITOR, name="keeper")
    return [record(keeper, NOW + timedelta(microseconds=us), "x", ("thing", id_), payload) for us, id_, payload in rows]


@some
@given(ROWS)
def test_whatever_is_recorded_verifies_and_reads_back(rows: list[tuple[int, str, dict[str, Any]]]) -> None:
    with pytest.raises(Undo), transaction.atomic():
        written = write(rows)
        assert verify_journal().intact
        assert [Event.objects.get(seq=event.seq).payload for event in written] == [payload for _, _, payload in rows]
        raise Undo


CHANGES = {
    "actor": "'forger'",
    "role": "'approver'",
    "type": "'y'",
    "object_type": "'other'",
    "object_id": "object_id || '1'",
    "at": "at + interval '1 second'",
    "payload": "payload || '{\"forged\": true}'",
    "hash": "repeat('c', 64)",
    "prev_hash": "repeat('d', 64)",
}


@some
@given(ROWS, st.sampled_from(sorted(CHANGES)), st.data())
def test_any_changed_column_is_found_at_its_event(
    rows: list[tuple[int, str, dict[str, Any]]], column: str, data: st.DataObject
) -> None:
    with pytest.raises(Undo), transaction.atomic():
        victim = data.draw(st.sampled_from([event.seq for event in write(rows)]))
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE journal_event DISABLE TRIGGER ALL")
            cursor.execute(f"UPDATE journal_event SET {column} = {CHANGES[column]} WHERE seq = %s", [victim])
        report = verify_journal()
        assert (report.intact, report.broken_seq) == (False, victim)
        raise Undo


def test_every_column_that_tells_something_is_covered_by_the_hash() -> None:
    columns = {field.column for field in Event._meta.concrete_fields}
    assert columns - {"seq"} == set(CHANGES)


def test_keys_that_the_database_reorders_do_not_matter() -> None:
    payload = {"zz": 1, "a": {"long key": 1, "b": 2}, "文": "x"}
    record(actor(Role.AUDITOR), NOW, "x", ("thing", "1"), payload)
    assert verify_journal().intact
    assert json.loads(json.dumps(Event.objects.get().payload)) == payload
