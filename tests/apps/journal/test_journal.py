from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from tests.apps.city import NOW, actor

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.numbers import format_number, next_number
from qingtian.apps.journal.queries import events, history
from qingtian.apps.journal.record import LOCK, record, writing
from qingtian.apps.journal.verify import verify_journal
from qingtian.domain.errors import InvalidInput, NotPermitted
from qingtian.domain.evidence import GENESIS

pytestmark = pytest.mark.django_db
KEEPER = actor(Role.HANDLER, Role.APPROVER, name="keeper")


def three_events() -> list[Event]:
    return [
        record(KEEPER, NOW, "thing.done", ("thing", str(number)), {"n": number, "文": "氨氮"}) for number in range(3)
    ]


@pytest.fixture
def without_triggers() -> None:
    """What somebody with the database in his hands could do."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE journal_event DISABLE TRIGGER ALL")


def test_events_are_numbered_and_chained() -> None:
    first, second, third = three_events()
    assert [first.seq, second.seq, third.seq] == [1, 2, 3]
    assert first.prev_hash == GENESIS
    assert (second.prev_hash, third.prev_hash) == (first.hash, second.hash)
    assert (first.actor, first.role) == ("keeper", Role.HANDLER)


def test_a_whole_journal_verifies_and_names_its_head() -> None:
    assert verify_journal().intact
    last = three_events()[-1]
    report = verify_journal()
    assert (report.intact, report.events, report.head) == (True, 3, last.hash)


def test_times_are_the_same_after_the_database(settings: object) -> None:
    moment = datetime.fromisoformat("2025-11-24T09:30:15.123456+09:00")
    record(KEEPER, moment, "thing.done", ("thing", "1"), {})
    assert verify_journal().intact


def test_decimals_are_kept_as_text_and_floats_are_refused() -> None:
    event = record(KEEPER, NOW, "thing.done", ("thing", "1"), {"value": Decimal("120.0")})
    event.refresh_from_db()
    assert event.payload == {"value": "120.0"}
    with pytest.raises(InvalidInput, match="binary floats"):
        record(KEEPER, NOW, "thing.done", ("thing", "1"), {"value": 120.0})
    with pytest.raises(InvalidInput, match="offset"):
        record(KEEPER, datetime(2025, 1, 1), "thing.done", ("thing", "1"))  # noqa: DTZ001


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_event SET payload = '{}' WHERE seq = 2",
        "UPDATE journal_event SET actor = 'somebody'",
        "DELETE FROM journal_event WHERE seq = 3",
        "TRUNCATE journal_event",
        "TRUNCATE journal_event CASCADE",
    ],
)
def test_the_database_refuses_to_change_the_journal_even_to_its_superuser(statement: str) -> None:
    three_events()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser')")
        assert cursor.fetchone() == ("on",)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute(statement)
    assert verify_journal().events == 3


@pytest.mark.usefixtures("without_triggers")
@pytest.mark.parametrize(
    ("statement", "broken_seq", "reason"),
    [
        ("UPDATE journal_event SET payload = '{\"n\": 9}' WHERE seq = 2", 2, "record_changed"),
        ("UPDATE journal_event SET actor = 'somebody' WHERE seq = 1", 1, "record_changed"),
        ("UPDATE journal_event SET at = at + interval '1 microsecond' WHERE seq = 3", 3, "record_changed"),
        ("UPDATE journal_event SET hash = repeat('a', 64) WHERE seq = 1", 1, "record_changed"),
        ("UPDATE journal_event SET prev_hash = repeat('a', 64) WHERE seq = 3", 3, "link_broken"),
        ("DELETE FROM journal_event WHERE seq = 2", 2, "event_missing"),
        ("DELETE FROM journal_event WHERE seq = 1", 1, "event_missing"),
    ],
)
def test_tampering_past_the_triggers_is_found_at_its_place(statement: str, broken_seq: int, reason: str) -> None:
    three_events()
    with connection.cursor() as cursor:
        cursor.execute(statement)
    report = verify_journal()
    assert (report.intact, report.broken_seq, report.reason) == (False, broken_seq, reason)


def test_the_check_works_over_several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    from qingtian.apps.journal import verify

    monkeypatch.setattr(verify, "BATCH", 2)
    for number in range(5):
        record(KEEPER, NOW, "thing.done", ("thing", str(number)))
    assert verify.verify_journal().events == 5


def test_the_history_of_one_object_is_in_order() -> None:
    three_events()
    record(KEEPER, NOW, "thing.left", ("thing", "1"), {})
    assert [event.type for event in history("thing", 1)] == ["thing.done", "thing.left"]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SUPERVISOR, Role.SYSTEM])
def test_those_who_audit_read_the_journal(role: Role) -> None:
    three_events()
    assert [event.seq for event in events(actor(role))] == [3, 2, 1]


@pytest.mark.parametrize("role", [Role.HANDLER, Role.CITIZEN, Role.ENTERPRISE_USER, Role.DISPATCHER])
def test_nobody_else_does(role: Role) -> None:
    with pytest.raises(NotPermitted, match="may not read journal"):
        events(actor(role))


def test_a_failed_transaction_leaves_no_gap() -> None:
    three_events()
    with pytest.raises(RuntimeError), transaction.atomic():
        record(SYSTEM_ACTOR, NOW, "thing.lost", ("thing", "9"))
        raise RuntimeError
    record(SYSTEM_ACTOR, NOW, "thing.kept", ("thing", "9"))
    assert verify_journal().events == 4


def test_numbers_have_a_series_per_prefix_and_year() -> None:
    new_year = datetime.fromisoformat("2026-01-01T00:00:00+08:00")
    still_old = datetime.fromisoformat("2025-12-31T15:59:59+00:00")
    drawn = [
        next_number("F", NOW),
        next_number("F", NOW),
        next_number("C", NOW),
        next_number("F", new_year),
        next_number("F", still_old),
    ]
    assert drawn == ["F-2025-000001", "F-2025-000002", "C-2025-000001", "F-2026-000001", "F-2025-000003"]


@given(st.integers(0, 5_000_000))
def test_a_number_can_be_read_back(serial: int) -> None:
    prefix, year, digits = format_number("F", 2025, serial).split("-")
    assert (prefix, year, int(digits), len(digits) >= 6) == ("F", "2025", serial, True)


def locks_held() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", [LOCK])
        return int(cursor.fetchone()[0])


def test_a_verb_within_a_verb_asks_for_the_lock_no_second_time() -> None:
    with CaptureQueriesContext(connection) as asked, writing(), writing():
        record(KEEPER, NOW, "thing.done", ("thing", "1"), {})
        record(KEEPER, NOW, "thing.done", ("thing", "2"), {})
    texts = [query["sql"] for query in asked.captured_queries]
    assert sum("pg_advisory_xact_lock" in text for text in texts) == 1
    assert sum(text.startswith("SAVEPOINT") for text in texts) <= 2  # none of them for the events
    assert verify_journal().events == 2


def test_a_verb_that_fails_within_another_leaves_the_lock_and_the_chain() -> None:
    with writing():
        record(KEEPER, NOW, "thing.done", ("thing", "1"), {})
        with pytest.raises(InvalidInput), writing():
            record(KEEPER, NOW, "thing.done", ("thing", "2"), {})
            raise InvalidInput("no", field="thing", remedy="none")
        assert locks_held() == 1
        record(KEEPER, NOW, "thing.done", ("thing", "3"), {})
    report = verify_journal()
    assert (report.intact, report.events) == (True, 2)
    with CaptureQueriesContext(connection) as asked, writing():
        pass
    assert any("pg_advisory_xact_lock" in query["sql"] for query in asked.captured_queries)  # the next one asks again
