"""The chain of an older house survives the migrations, row for row and hash for hash."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from tests.apps.cases.walking import HANDLER, opened
from tests.apps.city import outlet
from tests.apps.evidence.test_evidence import PDF, attach

from qingtian.apps.evidence.chain import chain_of
from qingtian.apps.evidence.queries import verify_evidence
from qingtian.apps.evidence.subjects import of_case

OLD, NEW = ("evidence", "0002_append_only"), ("evidence", "0005_append_only_too")


def migrate(target: tuple[str, str]) -> None:
    executor = MigrationExecutor(connection)
    executor.loader.build_graph()
    executor.migrate([target])


@pytest.mark.django_db(transaction=True)
def test_evidence_of_a_case_stays_its_evidence_through_the_upgrade() -> None:
    case = opened(outlet())
    before = [(item.pk, item.hash, item.record) for item in (attach(case), attach(case, PDF + b"2"))]
    try:
        migrate(OLD)
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, case_id, hash FROM evidence_evidenceitem ORDER BY position")
            assert cursor.fetchall() == [(pk, case.pk, text) for pk, text, _ in before]
            cursor.execute(
                "SELECT confrelid::regclass::text FROM pg_constraint WHERE conrelid = 'evidence_evidenceitem'::regclass AND contype = 'f'"
            )
            assert "cases_case" in {row[0] for row in cursor.fetchall()}
    finally:
        migrate(NEW)
    items = list(chain_of(of_case(case.pk)))
    assert [(item.pk, item.hash, item.record) for item in items] == before
    assert verify_evidence(HANDLER, of_case(case.pk)).intact
    with connection.cursor() as cursor, pytest.raises(Exception, match="append-only"):
        cursor.execute("DELETE FROM evidence_evidenceitem")
