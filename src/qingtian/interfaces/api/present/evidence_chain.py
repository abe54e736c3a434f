"""A subject with its chain, lists of evidence, custody, daily roots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.evidence.admissibility import admissibility_of
from qingtian.apps.evidence.anchoring.targets import line_of
from qingtian.apps.evidence.custody import custody_of
from qingtian.apps.evidence.models import DailyRoot, EvidenceItem, EvidenceKind
from qingtian.apps.evidence.queries import items_of
from qingtian.apps.evidence.roots import verify_roots
from qingtian.apps.evidence.search import Criteria, daily_roots, search
from qingtian.apps.evidence.subjects import Subject, SubjectFacts, SubjectKind, facts_of
from qingtian.interfaces.api.paging import PageQuery, ordering, paged_rows
from qingtian.interfaces.api.present import exports
from qingtian.interfaces.api.present.evidence import evidence_out
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.base import city_iso
from qingtian.interfaces.api.schemas.evidence import (
    AdmissibilityOut,
    CustodyOut,
    EvidenceFilters,
    EvidencePage,
    EvidenceRow,
    ReceiptOut,
    RecordFieldOut,
    RecordFormOut,
    RootOut,
    RootPage,
    RootReportOut,
    SubjectOut,
)
from qingtian.packs.evidence import record_forms
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings


def number_of(item: EvidenceItem) -> str:
    """Number of the subject as the chain states it."""
    return str(item.record.get(item.subject_kind, ""))


SORTABLE = {"added_at": "added_at", "captured_at": "captured_at", "kind": "kind", "title": "title", "size": "size"}
COLUMNS: Mapping[str, Callable[[EvidenceItem], object]] = {
    "subject_kind": lambda row: row.subject_kind,
    "subject_number": number_of,
    "position": lambda row: row.position,
    "kind": lambda row: row.kind,
    "title": lambda row: row.title,
    "file_name": lambda row: row.file_name,
    "object": lambda row: row.object.code if row.object else "",
    "captured_at": lambda row: city_iso(row.captured_at),
    "captured_by": lambda row: row.captured_by,
    "added_at": lambda row: city_iso(row.added_at),
    "added_by": lambda row: row.added_by,
    "size_bytes": lambda row: row.size,
    "sha256": lambda row: row.sha256,
    "sm3": lambda row: row.sm3,
    "hash": lambda row: row.hash,
    "simulated": lambda row: row.simulated,
}


def subject_out(actor: Actor, subject: Subject) -> SubjectOut:
    """The chain of a subject and what the actor may do with it.

    Raises:
        NotVisible: the actor may not see the subject.
    """
    facts = facts_of(actor, subject)
    items = list(items_of(actor, subject).select_related("object"))
    names = PlaceNames([item.object for item in items if item.object is not None])
    return SubjectOut(
        kind=subject.kind,
        id=subject.id,
        number=facts.number,
        title_zh=facts.title_zh,
        title_en=facts.title_en or facts.title_zh,
        simulated=facts.simulated,
        items=[evidence_out(item, names) for item in items],
        may_attach=_may(actor, Verb.ATTACH_EVIDENCE, facts),
        may_review=_may(actor, Verb.REVIEW_EVIDENCE, facts),
        may_redact=_may(actor, Verb.REDACT_EVIDENCE, facts),
        may_read_custody=_may(actor, Verb.READ_CUSTODY, facts),
    )


def _may(actor: Actor, verb: Verb, facts: SubjectFacts) -> bool:
    return may(
        actor,
        verb,
        region_code=facts.region_code,
        enterprise_code=facts.enterprise_code,
        case_type=facts.case_type,
    )


def criteria(filters: EvidenceFilters) -> Criteria:
    """The filters of the list."""
    return Criteria(filters.subject, filters.kind, filters.object, filters.since, filters.until, filters.q)


def page(actor: Actor, filters: EvidenceFilters) -> EvidencePage:
    """Items that match, newest first."""
    rows, total = paged_rows(search(actor, criteria(filters)), filters, SORTABLE)
    names = PlaceNames([item.object for item in rows if item.object is not None])
    items = [
        EvidenceRow(
            **evidence_out(item, names).model_dump(),
            subject_kind=SubjectKind(item.subject_kind),
            subject_id=item.subject_id,
            subject_number=number_of(item),
        )
        for item in rows
    ]
    return EvidencePage(items=items, total=total, page=filters.page, page_size=filters.page_size)


def table(actor: Actor, now: datetime, filters: EvidenceFilters, *, bom: bool) -> HttpResponse:
    """Every item that matches as a table, in the order of the list."""
    rows = search(actor, criteria(filters))
    if order := ordering(filters.sort, SORTABLE):
        rows = rows.order_by(*order)
    return exports.answer("evidence", now, COLUMNS, exports.bounded(rows), bom=bom)


def forms(now: datetime) -> list[RecordFormOut]:
    """Kinds of written records in force, with their fields."""
    found = record_forms(now.astimezone(SHANGHAI).date(), get_settings().city_code)
    return [
        RecordFormOut(
            kind=EvidenceKind(kind),
            fields=[
                RecordFieldOut(
                    field=one.field,
                    type=one.type.value,
                    required=one.required,
                    label_zh=one.label_zh,
                    label_en=one.label_en,
                    choices=list(one.choices),
                )
                for one in fields
            ],
        )
        for kind, fields in found.items()
    ]


def admissibility(actor: Actor, subject: Subject) -> list[AdmissibilityOut]:
    """The answer for every automatic value of a subject."""
    return [AdmissibilityOut(**one.as_json()) for one in admissibility_of(actor, subject)]


def custody(actor: Actor, subject: Subject) -> list[CustodyOut]:
    """The custody log of a subject, oldest first."""
    return [
        CustodyOut(
            seq=one.seq,
            act=one.act,
            actor=one.actor,
            role=one.role,
            at=one.at,
            item=one.item.position if one.item else None,
            detail=one.detail,
            hash=one.hash,
        )
        for one in custody_of(actor, subject)
    ]


def roots(query: PageQuery) -> RootPage:
    """Daily roots, newest first."""
    rows, total = paged_rows(daily_roots(), query, {"number": "number", "day": "day", "items": "items"})
    return RootPage(items=[_root(one) for one in rows], total=total, page=query.page, page_size=query.page_size)


def _root(row: DailyRoot) -> RootOut:
    return RootOut(
        number=row.number,
        day=row.day,
        items=row.items,
        root=row.root,
        hash=row.hash,
        journal_seq=row.record["journal_seq"],
        made_at=row.made_at,
        receipts=[ReceiptOut(target=one.target, place=one.place, at=one.at) for one in row.receipts.all()],
    )


def root_lines() -> HttpResponse:
    """All daily roots as JSON lines, oldest first: a copy that somebody else can keep."""
    text = "".join(f"{line_of(one)}\n" for one in daily_roots().order_by("number"))
    response = HttpResponse(text, content_type="application/x-ndjson")
    response["Content-Disposition"] = 'attachment; filename="daily-roots.jsonl"'
    return response


def root_report() -> RootReportOut:
    """Every daily root computed again."""
    report = verify_roots()
    return RootReportOut(roots=report.roots, intact=report.intact, broken=report.broken, reason=report.reason)
