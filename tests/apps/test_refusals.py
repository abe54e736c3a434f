"""Each way in which a verb refuses: the right kind of error, the field, a remedy, and nothing written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from tests.apps.attempts import kept, refusal
from tests.apps.cases.walking import APPROVER, DISPATCHER, HANDLER, INSPECTOR, PLAN
from tests.apps.city import NOW, exceedance
from tests.apps.evidence.test_evidence import FRAME, PDF, hour
from tests.apps.refusing_city import FALSE_ALARM, OWNER, PHOTO, City, build
from tests.apps.registry.test_registry import STEWARD, draft

from qingtian.apps.accounts.actions.change_user import change_user
from qingtian.apps.accounts.actions.create_user import UserDraft, create_user
from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Grant
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.assign_case import assign_case
from qingtian.apps.cases.actions.link_duplicate import link_duplicate
from qingtian.apps.cases.actions.link_finding import link_finding
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.actions.pause_clock import pause_clock, resume_clock
from qingtian.apps.cases.actions.record_fields import record_fields
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.actions.attach_observation import attach_observation
from qingtian.apps.evidence.actions.review_evidence import ReviewResult, review_evidence
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.findings.actions.answer_finding import answer_finding
from qingtian.apps.findings.actions.confirm_finding import confirm_finding
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.apps.findings.actions.merge_finding import merge_finding
from qingtian.apps.findings.actions.raise_finding import raise_finding
from qingtian.apps.findings.actions.self_correct_finding import self_correct_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import DismissReason
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.record import record
from qingtian.apps.registry.actions.register_object import register_object
from qingtian.apps.registry.actions.relate_objects import relate_objects
from qingtian.apps.registry.actions.update_object import update_object
from qingtian.apps.registry.models import ObjectType, RelationKind

pytestmark = pytest.mark.django_db
NAIVE = datetime(2025, 11, 24, 9)  # noqa: DTZ001  what is refused
OTHER = DismissReason.OTHER


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[City]:
    with kept(django_db_blocker):
        yield build()


Job = Callable[[City], object]

# What is tried: the job, the class of the refusal, its field.
REFUSED: dict[str, tuple[Job, str, str]] = {
    # findings
    "confirm nothing": (lambda c: confirm_finding(DISPATCHER, NOW, 10**9), "NotVisible", "finding"),
    "end nothing": (lambda c: end_finding(DISPATCHER, NOW, 10**9), "NotVisible", "finding"),
    "dismiss without note": (
        lambda c: dismiss_finding(DISPATCHER, NOW, c.new.pk, reason=OTHER, note="\n"),
        "InvalidInput",
        "note",
    ),
    "dismiss again": (
        lambda c: dismiss_finding(DISPATCHER, NOW, c.dismissed.pk, reason=FALSE_ALARM),
        "Conflict",
        "status",
    ),
    "answer what is dismissed": (
        lambda c: answer_finding(OWNER, NOW, c.dismissed.pk, answer="x"),
        "Conflict",
        "status",
    ),
    "answer nothing": (lambda c: answer_finding(OWNER, NOW, c.new.pk, answer=" "), "InvalidInput", "answer"),
    "merge into itself": (lambda c: merge_finding(DISPATCHER, NOW, c.new.pk, into_id=c.new.pk), "Conflict", "into"),
    "merge into a dismissed one": (
        lambda c: merge_finding(DISPATCHER, NOW, c.new.pk, into_id=c.dismissed.pk),
        "Conflict",
        "status",
    ),
    "merge into nothing": (
        lambda c: merge_finding(DISPATCHER, NOW, c.new.pk, into_id=10**9),
        "NotVisible",
        "finding",
    ),
    "accept no answer": (lambda c: self_correct_finding(INSPECTOR, NOW, c.new.pk), "Conflict", "answer"),
    "accept while it goes on": (lambda c: self_correct_finding(INSPECTOR, NOW, c.answered.pk), "Conflict", "activity"),
    "accept what is dismissed": (
        lambda c: self_correct_finding(INSPECTOR, NOW, c.dismissed.pk),
        "Conflict",
        "status",
    ),
    "raise without offset": (
        lambda c: raise_finding(SYSTEM_ACTOR, NOW, exceedance(c.stack, period_start=NAIVE)),
        "InvalidInput",
        "period_start",
    ),
    "raise with severity 5": (
        lambda c: raise_finding(SYSTEM_ACTOR, NOW, exceedance(c.stack, severity=5)),
        "InvalidInput",
        "severity",
    ),
    "raise with a float": (
        lambda c: raise_finding(SYSTEM_ACTOR, NOW, exceedance(c.stack, detail={"a": [{"b": 0.1}]})),
        "InvalidInput",
        "$.a[0].b",
    ),
    # cases
    "case of nothing": (lambda c: open_case(DISPATCHER, NOW, 10**9), "NotVisible", "finding"),
    "case of a dismissed one": (lambda c: open_case(DISPATCHER, NOW, c.dismissed.pk), "Conflict", "status"),
    "case of an unknown kind": (
        lambda c: open_case(DISPATCHER, NOW, c.new.pk, template="T99"),
        "InvalidInput",
        "template",
    ),
    "case for a stranger": (
        lambda c: open_case(DISPATCHER, NOW, c.elsewhere.pk, responsible="wang"),
        "InvalidInput",
        "responsible",
    ),
    "assign to nobody known": (
        lambda c: assign_case(DISPATCHER, NOW, c.case.pk, "ghost"),
        "InvalidInput",
        "responsible",
    ),
    "assign to who has left": (
        lambda c: assign_case(DISPATCHER, NOW, c.case.pk, "gone"),
        "InvalidInput",
        "responsible",
    ),
    "assign to who only reads": (
        lambda c: assign_case(DISPATCHER, NOW, c.case.pk, "chen"),
        "InvalidInput",
        "responsible",
    ),
    "assign to another district": (
        lambda c: assign_case(DISPATCHER, NOW, c.case.pk, "wang"),
        "InvalidInput",
        "responsible",
    ),
    "assign a closed one": (lambda c: assign_case(DISPATCHER, NOW, c.closed.pk, ""), "Conflict", "case"),
    "move nothing": (lambda c: move_case(DISPATCHER, NOW, 10**9, "planned"), "NotVisible", "case"),
    "move a closed one": (
        lambda c: move_case(DISPATCHER, NOW, c.closed.pk, "planned", fields=PLAN),
        "Conflict",
        "case",
    ),
    "move by an old page": (
        lambda c: move_case(DISPATCHER, NOW, c.case.pk, "planned", fields=PLAN, revision=c.case.revision + 7),
        "Conflict",
        "revision",
    ),
    "move with a foreign field": (
        lambda c: move_case(DISPATCHER, NOW, c.case.pk, "planned", fields={**PLAN, "written_off_by": "me"}),
        "InvalidInput",
        "written_off_by",
    ),
    "plan for yesterday": (
        lambda c: move_case(DISPATCHER, NOW, c.case.pk, "planned", fields={**PLAN, "due_date": "2025-11-23"}),
        "InvalidInput",
        "due_date",
    ),
    "record by an old page": (
        lambda c: record_fields(HANDLER, NOW, c.case.pk, {"cause": "x"}, revision=99),
        "Conflict",
        "revision",
    ),
    "record an acceptor": (
        lambda c: record_fields(HANDLER, NOW, c.case.pk, {"acceptor": "wang"}),
        "InvalidInput",
        "acceptor",
    ),
    "record a float": (lambda c: record_fields(HANDLER, NOW, c.case.pk, {"cause": 0.5}), "InvalidInput", "$.cause"),
    "record on a closed one": (lambda c: record_fields(HANDLER, NOW, c.closed.pk, {"cause": "x"}), "Conflict", "case"),
    "pause without reason": (
        lambda c: pause_clock(APPROVER, NOW, c.notified.pk, "public_notice", reason=""),
        "InvalidInput",
        "reason",
    ),
    "pause what does not run": (
        lambda c: pause_clock(APPROVER, NOW, c.case.pk, "public_notice", reason="x"),
        "Conflict",
        "clock",
    ),
    "pause what is unknown": (
        lambda c: pause_clock(APPROVER, NOW, c.case.pk, "sundial", reason="x"),
        "InvalidInput",
        "clock",
    ),
    "resume what runs": (lambda c: resume_clock(APPROVER, NOW, c.notified.pk, "public_notice"), "Conflict", "clock"),
    "duplicate of itself": (
        lambda c: link_duplicate(DISPATCHER, NOW, c.case.pk, of_id=c.case.pk),
        "Conflict",
        "of",
    ),
    "duplicate of a closed one": (
        lambda c: link_duplicate(DISPATCHER, NOW, c.case.pk, of_id=c.closed.pk),
        "Conflict",
        "case",
    ),
    "duplicate of nothing": (
        lambda c: link_duplicate(DISPATCHER, NOW, c.case.pk, of_id=10**9),
        "NotVisible",
        "case",
    ),
    "link what is dismissed": (
        lambda c: link_finding(DISPATCHER, NOW, c.case.pk, c.dismissed.pk),
        "Conflict",
        "status",
    ),
    "link another enterprise": (
        lambda c: link_finding(DISPATCHER, NOW, c.case.pk, c.elsewhere.pk),
        "Conflict",
        "finding",
    ),
    # evidence
    "attach to nothing": (lambda c: attach_file(HANDLER, NOW, of_case(10**9), PDF, **PHOTO), "NotVisible", "case"),
    "attach the same": (lambda c: attach_file(HANDLER, NOW, of_case(c.case.pk), PDF, **PHOTO), "Conflict", "file"),
    "attach an empty file": (
        lambda c: attach_file(HANDLER, NOW, of_case(c.case.pk), b"", **PHOTO | {"media_type": "text/csv"}),
        "InvalidInput",
        "file",
    ),
    "attach from tomorrow": (
        lambda c: attach_file(HANDLER, NOW, of_case(c.case.pk), PDF, **PHOTO, captured_at=NOW + timedelta(seconds=1)),
        "InvalidInput",
        "captured_at",
    ),
    "attach a review": (
        lambda c: attach_file(HANDLER, NOW, of_case(c.case.pk), PDF, **PHOTO | {"kind": EvidenceKind.REVIEW}),
        "InvalidInput",
        "kind",
    ),
    "attach to a closed one": (
        lambda c: attach_file(HANDLER, NOW, of_case(c.closed.pk), PDF + b"c", **PHOTO),
        "Conflict",
        "case",
    ),
    "freeze another frame": (
        lambda c: attach_observation(HANDLER, NOW, of_case(c.case.pk), hour(), raw_frame=FRAME[:-1]),
        "InvalidInput",
        "raw_frame",
    ),
    "freeze somebody else's hour": (
        lambda c: attach_observation(HANDLER, NOW, of_case(c.case.pk), hour("E-2-DA001")),
        "InvalidInput",
        "observation.site",
    ),
    "review nothing": (
        lambda c: review_evidence(APPROVER, NOW, of_case(c.case.pk), 9, result=ReviewResult.PASS),
        "NotVisible",
        "position",
    ),
    "review his own": (
        lambda c: review_evidence(INSPECTOR, NOW, of_case(c.case.pk), 0, result=ReviewResult.FAIL),
        "Conflict",
        "actor",
    ),
    # register, accounts, journal
    "register twice": (lambda c: register_object(STEWARD, NOW, draft(code="E-1")), "Conflict", "code"),
    "register without parent": (
        lambda c: register_object(STEWARD, NOW, draft(ObjectType.OUTLET, "D1", parent=(ObjectType.ENTERPRISE, "E-9"))),
        "InvalidInput",
        "parent",
    ),
    "correct the code": (
        lambda c: update_object(STEWARD, NOW, c.stack.pk, {"code": "x"}, reason="x"),
        "InvalidInput",
        "code",
    ),
    "correct without reason": (
        lambda c: update_object(STEWARD, NOW, c.stack.pk, {"name": "x"}, reason=" "),
        "InvalidInput",
        "reason",
    ),
    "correct to nowhere": (
        lambda c: update_object(STEWARD, NOW, c.stack.pk, {"lat": 91.0}, reason="x"),
        "InvalidInput",
        "lon",
    ),
    "correct to no time": (
        lambda c: update_object(STEWARD, NOW, c.stack.pk, {"valid_to": date(2000, 1, 1)}, reason="x"),
        "InvalidInput",
        "valid_to",
    ),
    "correct nothing": (
        lambda c: update_object(STEWARD, NOW, 10**9, {"name": "x"}, reason="x"),
        "NotVisible",
        "object",
    ),
    "relate to itself": (
        lambda c: relate_objects(STEWARD, NOW, c.stack.pk, c.stack.pk, RelationKind.SERVES),
        "InvalidInput",
        "to_id",
    ),
    "an account without name": (
        lambda c: create_user(SYSTEM_ACTOR, NOW, UserDraft("  ", ())),
        "InvalidInput",
        "username",
    ),
    "an account twice": (lambda c: create_user(SYSTEM_ACTOR, NOW, UserDraft(" wang ", ())), "Conflict", "username"),
    "an inspector without card": (
        lambda c: create_user(SYSTEM_ACTOR, NOW, UserDraft("zhao", (Grant(Role.INSPECTOR),))),
        "InvalidInput",
        "card_number",
    ),
    "change nobody": (lambda c: change_user(SYSTEM_ACTOR, NOW, "ghost", active=True), "NotVisible", "username"),
    "record without offset": (lambda c: record(SYSTEM_ACTOR, NAIVE, "x", ("thing", "1")), "InvalidInput", "at"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refusal_names_field_and_remedy_and_writes_nothing(city: City, what: str) -> None:
    job, kind, field = REFUSED[what]
    before = (Event.objects.count(), EvidenceItem.objects.count(), Finding.objects.count(), Case.objects.count())
    error = refusal(lambda: job(city))
    assert (type(error).__name__, error.field) == (kind, field)
    assert error.remedy and error.message
    after = (Event.objects.count(), EvidenceItem.objects.count(), Finding.objects.count(), Case.objects.count())
    assert after == before
