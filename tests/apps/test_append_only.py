"""Tables that only grow refuse every change, column by column, even to the superuser; nothing else slips through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from tests.apps.attempts import kept
from tests.apps.cases.walking import HANDLER, opened
from tests.apps.city import HOUR, NOW, judge, outlet
from tests.apps.devices.scene import device, done, ordered
from tests.apps.evidence.test_evidence import PDF
from tests.apps.indicators.scene import INDICATOR_MODELS, one_of_each
from tests.apps.ledgers.books import LEDGER_MODELS, one_of_each_book
from tests.apps.reports.town import one_of_each_report

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.devices.actions.record_progress import record_progress
from qingtian.apps.devices.models import DeviceExchange
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.actions.keep_receipt import keep_receipt
from qingtian.apps.evidence.actions.make_daily_root import make_daily_root
from qingtian.apps.evidence.custody import log_custody
from qingtian.apps.evidence.models import (
    AnchorReceipt,
    CustodyAct,
    CustodyEntry,
    DailyRoot,
    EvidenceItem,
    EvidenceKind,
)
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.fieldwork.models import Sending
from qingtian.apps.findings.models import LeakCheck
from qingtian.apps.findings.states import CheckKind
from qingtian.apps.journal.models import Event
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.obligations.models import SubmittedPlan
from qingtian.apps.registry.models import RegistryRevision
from qingtian.apps.reports.models import ReportFile, ReportText

pytestmark = pytest.mark.django_db
KEPT = (CustodyEntry, DailyRoot, AnchorReceipt)
PROTECTED = (
    Event,
    EvidenceItem,
    Judgement,
    DeviceExchange,
    SubmittedPlan,
    LeakCheck,
    RegistryRevision,
    Sending,
    ReportText,
    ReportFile,
    *INDICATOR_MODELS,
    *KEPT,
    *LEDGER_MODELS,
)
TABLES = [model._meta.db_table for model in PROTECTED]
CELLS = [
    (model._meta.db_table, field.column)
    for model in PROTECTED
    for field in model._meta.concrete_fields
    if field.column != "superseded_by_id"  # the one column that may be filled in, once: tested below
]
VALUES = {
    "BooleanField": "NOT {0}",
    "JSONField": "{0} || '[1]'::jsonb",
    "DateTimeField": "now()",
    "DateField": "DATE '2020-01-01'",
    "ForeignKey": "1",
    "BinaryField": "{0} || '\\x00'::bytea",
}


@pytest.fixture(scope="module")
def _grown(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with kept(django_db_blocker):
        case = opened(outlet())
        item = attach_file(
            HANDLER,
            NOW,
            of_case(case.pk),
            PDF,
            kind=EvidenceKind.PHOTO,
            media_type="application/pdf",
            file_name="a.pdf",
        )
        Sending.objects.create(
            username="x",
            key="key-000001",
            digest="0" * 64,
            kind="media",
            case=case,
            item=item,
            device="phone-0001",
            place=1,
            made_at=NOW,
            received_at=NOW,
            answer={},
        )
        log_custody(HANDLER, NOW, of_case(case.pk), CustodyAct.VIEWED)
        root = make_daily_root(SYSTEM_ACTOR, NOW + 24 * HOUR)
        assert root is not None
        keep_receipt(SYSTEM_ACTOR, NOW, root, target="file", place="x", receipt={})
        one_of_each_book()
        one_of_each_report()
        first, second = judge(case.object, NOW - HOUR), judge(case.object, NOW)
        Judgement.objects.filter(pk=first.pk).update(superseded_by=second)
        device("E-2")
        record_progress(SYSTEM_ACTOR, NOW, done(ordered(mn="MNE20001")))
        one_of_each()
        SubmittedPlan.objects.create(
            enterprise=case.object,
            version=1,
            made_on=NOW.date(),
            channel="x",
            note="x",
            submitted_by="x",
            submitted_at=NOW,
            content_hash="0" * 64,
        )
        LeakCheck.objects.create(
            component=case.object, kind=CheckKind.READING, at=NOW, ppm=9, recorded_at=NOW, recorded_by="x"
        )
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        yield


def refused(statement: str) -> str:
    """What the database says to a statement that it must refuse."""
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return str(error.value)


def new_value(table: str, column: str) -> str:
    model = next(one for one in PROTECTED if one._meta.db_table == table)
    field = next(one for one in model._meta.concrete_fields if one.column == column)
    kind = field.get_internal_type()
    if kind in ("CharField", "TextField"):
        return "'x'"
    return VALUES.get(kind, "7").format(f'"{column}"')


@pytest.mark.usefixtures("_grown")
@pytest.mark.parametrize(("table", "column"), CELLS)
def test_no_column_of_a_row_that_exists_can_be_changed(table: str, column: str) -> None:
    said = refused(f'UPDATE {table} SET "{column}" = {new_value(table, column)}')
    assert "append-only" in said or "is kept as it is" in said


@pytest.mark.usefixtures("_grown")
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["DELETE FROM {0}", "TRUNCATE {0} CASCADE", "DELETE FROM {0} WHERE false"])
def test_nothing_can_be_taken_away(table: str, statement: str) -> None:
    assert f"table {table} is append-only" in refused(statement.format(table))


@pytest.mark.usefixtures("_grown")
@pytest.mark.parametrize("table", ["journal_event", "evidence_evidenceitem"])
def test_a_change_disguised_as_an_insert_is_refused(table: str) -> None:
    key = "seq" if table == "journal_event" else "id"
    said = refused(
        f"INSERT INTO {table} SELECT * FROM {table} LIMIT 1 ON CONFLICT ({key}) DO UPDATE SET hash = repeat('e', 64)"
    )
    assert "append-only" in said


@pytest.mark.usefixtures("_grown")
def test_a_judgement_names_its_successor_once_and_nothing_else_beside() -> None:
    last = Judgement.objects.get(superseded_by=None)
    said = refused(f"UPDATE judgements_judgement SET superseded_by_id = id, verdict = 'exceeds' WHERE id = {last.pk}")
    assert f"judgement {last.pk} is kept as it is" in said
    gone = Judgement.objects.exclude(superseded_by=None).get()
    assert "is kept as it is" in refused(
        f"UPDATE judgements_judgement SET superseded_by_id = NULL WHERE id = {gone.pk}"
    )


@pytest.mark.usefixtures("_grown")
def test_the_triggers_that_are_there_are_the_ones_tested_here() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, p.proname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND t.tgenabled = 'O'"
        )
        found = {(table, function) for table, function in cursor.fetchall() if function.startswith("qingtian")}
    assert {table for table, _ in found} == set(TABLES)
    assert {table for table, function in found if function == "qingtian_append_only"} == set(TABLES)


@pytest.mark.usefixtures("_grown")
@pytest.mark.parametrize("model", PROTECTED, ids=lambda model: model.__name__)
def test_the_models_themselves_cannot_save_or_delete_a_row_again(model: Any) -> None:
    row = model.objects.order_by("pk").first()
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save()
    with pytest.raises(Exception, match=r"append-only|referenced through protected"), transaction.atomic():
        row.delete()


def test_no_model_of_the_house_cascades_into_what_only_grows() -> None:
    from django.db.models import CASCADE, ForeignKey

    cascading = {
        (model.__name__, field.name)
        for model in apps.get_models()
        if model.__module__.startswith("qingtian.apps")
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.remote_field.on_delete is CASCADE
    }
    of_an_account = {("RoleGrant", "user"), ("ApiKey", "owner"), ("Delegation", "principal"), ("Delegation", "deputy")}
    of_an_account |= {(model, "user") for model in ("SecondFactor", "RecoveryCode", "UserSession", "ExternalIdentity")}
    of_an_account |= {("Contact", "user"), ("FeedLink", "user")}  # how one is reached, one's calendar links
    assert cascading == of_an_account | {("DraftPhoto", "draft")}  # a report that nobody has sent yet
