"""The case page beyond the row: fields in words, figures, documents, organisations, children."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.cases.deciding import figures
from qingtian.apps.cases.documents import drawn_up
from qingtian.apps.cases.facts import gather
from qingtian.apps.cases.models import Case, CaseHandover, CasePrivate
from qingtian.apps.cases.queries import roles_on, template_of
from qingtian.apps.cases.words import value_words
from qingtian.domain.procedures import ProcedureTemplate
from qingtian.domain.procedures.guards import ANY_ORG
from qingtian.domain.standards.numbers import plain
from qingtian.interfaces.api.present.findings import case_ref
from qingtian.interfaces.api.schemas.case_work import DocumentOut
from qingtian.interfaces.api.schemas.cases import (
    CaseFigureOut,
    CasePartOut,
    ChildrenOut,
    HandoverOut,
    KnownField,
    PaperOut,
    PrivateField,
)
from qingtian.packs.migrations import load_migrations

FIRST_CHILDREN = 20


def more_of(
    actor: Actor, case: Case, now: datetime, orgs: Mapping[str, str], handovers: Iterable[CaseHandover]
) -> dict[str, Any]:
    """What the page shows beside the row."""
    template, mine = template_of(case), roles_on(actor, case)
    return {
        "known": _known(case, template),
        "private": _private(case, template),
        "may_read_private": any(spec.readers & mine for spec in template.fields().values()),
        "figures": _figures(case, now),
        "documents": [
            PaperOut(
                code=one.code,
                label_zh=one.label_zh,
                label_en=one.label_en,
                ready=not one.states or case.state in one.states,
            )
            for one in template.documents
        ],
        "handovers": [_handover(one, orgs) for one in handovers],
        "parts": _parts(actor, case, orgs),
        "children": children_of(case),
        "first_org": case.first_org,
        "first_org_name": orgs.get(case.first_org, case.first_org),
        "migrations": _migrations(actor, case),
    }


def document(actor: Actor, case: Case, now: datetime, code: str) -> DocumentOut:
    """A filled-in document of a case.

    Raises:
        InvalidInput: the procedure has none of this code.
        Conflict: the state does not allow it yet.
    """
    spec = template_of(case).document(code)
    paper = drawn_up(case, now, spec)
    return DocumentOut(
        code=code,
        label_zh=spec.label_zh,
        label_en=spec.label_en,
        text_zh=paper.zh,
        text_en=paper.en,
        missing=list(paper.missing),
    )


def children_of(case: Case) -> ChildrenOut:
    """Cases that belong to one, counted, and the first of them."""
    counted = list(
        case.children.order_by()
        .values("relation", "state")
        .annotate(count=Count("pk"), open=Count("pk", filter=Q(closed_at=None)))
    )
    relations: dict[str, int] = {}
    states: dict[str, int] = {}
    for row in counted:
        relations[row["relation"]] = relations.get(row["relation"], 0) + row["count"]
        states[row["state"]] = states.get(row["state"], 0) + row["count"]
    total = sum(relations.values())
    return ChildrenOut(
        total=total,
        open=sum(row["open"] for row in counted),
        by_relation=relations,
        by_state=states,
        first=[case_ref(one) for one in case.children.order_by("id")[:FIRST_CHILDREN]] if total else [],
    )


def _known(case: Case, template: ProcedureTemplate) -> list[KnownField]:
    return [
        KnownField(
            name=name,
            type=spec.type,
            label_zh=spec.label_zh,
            label_en=spec.label_en,
            value=case.fields[name],
            text_zh=value_words(spec, case.fields[name])[0],
            text_en=value_words(spec, case.fields[name])[1],
        )
        for name, spec in template.fields().items()
        if name in case.fields and not spec.private
    ]


def _private(case: Case, template: ProcedureTemplate) -> list[PrivateField]:
    secret = {name: spec for name, spec in template.fields().items() if spec.private}
    if not secret:
        return []
    row = CasePrivate.objects.filter(case=case).first()
    return [
        PrivateField(name=name, label_zh=spec.label_zh, label_en=spec.label_en, readers=sorted(spec.readers))
        for name, spec in secret.items()
        if row and name in row.values
    ]


def _figures(case: Case, now: datetime) -> list[CaseFigureOut]:
    if not template_of(case).computed:
        return []
    return [
        CaseFigureOut(
            code=spec.code,
            label_zh=spec.label_zh,
            label_en=spec.label_en,
            value=plain(figure.value),
            unit=spec.unit,
            text_zh=figure.text_zh,
            text_en=figure.text_en,
            source=spec.source,
        )
        for spec, figure in figures(case, gather(case, now))
    ]


def _handover(one: CaseHandover, orgs: Mapping[str, str]) -> HandoverOut:
    return HandoverOut(
        from_org=one.from_org,
        from_name=orgs.get(one.from_org, one.from_org),
        to_org=one.to_org,
        to_name=orgs.get(one.to_org, one.to_org),
        state=one.state,
        asked_at=one.asked_at,
        asked_by=one.asked_by,
        reason=one.reason,
        answered_at=one.answered_at,
        answered_by=one.answered_by,
        answer=one.answer,
    )


def _parts(actor: Actor, case: Case, orgs: Mapping[str, str]) -> list[CasePartOut]:
    open_case = case.closed_at is None and case.duplicate_of_id is None
    return [
        CasePartOut(
            org=part.org,
            org_name=orgs.get(part.org, part.org),
            task=part.task,
            joined_at=part.joined_at,
            result=part.result,
            done_at=part.done_at,
            done_by=part.done_by,
            may_report=open_case and part.done_at is None and bool({part.org, ANY_ORG} & actor.orgs),
        )
        for part in case.parts.all()
    ]


def _migrations(actor: Actor, case: Case) -> list[str]:
    ways = [to for code, old, to in load_migrations() if (code, old) == (case.template, case.template_version)]
    if not ways or case.closed_at is not None:
        return []
    allowed = may(
        actor,
        Verb.MIGRATE_CASE,
        region_code=case.region_code,
        enterprise_code=case.enterprise_code,
        case_type=case.template,
        orgs=case.orgs,
    )
    return sorted(ways) if allowed else []
