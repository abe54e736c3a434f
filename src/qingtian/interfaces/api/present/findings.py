"""Findings in lists."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import template_of
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.ranking import ranked
from qingtian.apps.findings.search import Criteria, search
from qingtian.apps.findings.states import Activity, Confirmation
from qingtian.interfaces.api.filters import FindingFilters
from qingtian.interfaces.api.paging import paged_rows
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.numbers import plain, said
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.findings import CaseRef, FindingPage, FindingRow
from qingtian.packs.finding_kinds import kind_names

SORTABLE = {
    "severity": "severity",
    "last_seen": "last_seen",
    "first_seen": "first_seen",
    "raised_at": "raised_at",
    "hits": "hits",
    "number": "number",
    "kind": "kind",
    "rank": "rank_points",
    "answer_due_at": "answer_due_at",
}


def criteria_of(filters: FindingFilters) -> Criteria:
    """The filters of a list as the apps understand them."""
    return Criteria(
        confirmation=filters.confirmation,
        activity=filters.activity,
        statuses=tuple(filters.status or ()),
        attention=filters.open,
        kinds=tuple(filters.kind or ()),
        sources=tuple(filters.source or ()),
        answer=filters.answer,
        answer_late=filters.answer_late,
        silenced=filters.silenced,
        rule_id=filters.rule or "",
        organisation=filters.org or "",
        raised_since=filters.raised_since,
        raised_until=filters.raised_until,
        severity=filters.severity,
        min_severity=filters.min_severity,
        region_code=filters.region or "",
        object_code=filters.object or "",
        enterprise_code=filters.enterprise or "",
        parameter=filters.parameter or "",
        since=filters.since,
        until=filters.until,
        text=filters.q or "",
    )


def finding_page(actor: Actor, now: datetime, filters: FindingFilters) -> FindingPage:
    """A page of findings, most urgent first unless sorted otherwise."""
    matching = search(actor, criteria_of(filters))
    page, total = paged_rows(ranked(matching, now), filters, SORTABLE)
    return FindingPage(
        items=finding_rows(page),
        total=total,
        page=filters.page,
        page_size=filters.page_size,
        unconfirmed=matching.filter(confirmation=Confirmation.UNCONFIRMED).count(),
        ongoing=matching.filter(activity=Activity.ONGOING).count(),
    )


def rows_of(actor: Actor, ids: Iterable[int]) -> list[FindingRow]:
    """Findings by id, in the order given."""
    found = {row.pk: row for row in search(actor, Criteria()).filter(pk__in=list(ids))}
    return finding_rows(found[one] for one in ids if one in found)


def finding_rows(rows: Iterable[Finding]) -> list[FindingRow]:
    """Findings with the names of their places and their cases."""
    listed = list(rows)
    names = PlaceNames(row.object for row in listed)
    return [finding_row(row, names) for row in listed]


def finding_row(row: Finding, names: PlaceNames) -> FindingRow:
    """One finding of a list."""
    kind_zh, kind_en = kind_names(row.kind)
    item = law.pollutant_name(row.parameter) if row.parameter else None
    detail = row.detail
    return FindingRow(
        id=row.pk,
        number=row.number,
        kind=row.kind,
        kind_zh=kind_zh,
        kind_en=kind_en,
        rule_id=row.rule_id,
        rule_version=row.rule_version,
        source=row.source,
        object=names.place(row.object),
        parameter=row.parameter,
        parameter_zh=item.zh if item else "",
        parameter_en=item.en if item else "",
        severity=row.severity,
        confirmation=row.confirmation,
        activity=row.activity,
        status=row.status,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        raised_at=row.raised_at,
        ended_at=row.ended_at,
        hits=row.hits,
        about=row.about,
        place=row.place,
        rank=_rank(row),
        recurrence=row.recurrence,
        silenced=row.silenced_by_id is not None,
        silenced_reason=row.silenced_by.reason if row.silenced_by else "",
        answer_state=row.answer_state,
        answer_due_at=row.answer_due_at,
        answer_late=row.answer_late,
        value=said(detail, "value"),
        limit=said(detail, "limit"),
        unit=said(detail, "unit") or "",
        standard=said(detail, "standard") or "",
        clause=said(detail, "clause") or "",
        explanation_zh=said(detail, "explanation_zh") or "",
        explanation_en=said(detail, "explanation_en") or "",
        cases=[case_ref(link.case) for link in row.case_links.all()],
        simulated=row.simulated,
    )


def _rank(row: Finding) -> str | None:
    points = getattr(row, "rank_points", None)  # of lists that are ranked
    return None if points is None else plain(round(Decimal(points), 1))


def case_ref(case: Case) -> CaseRef:
    """A case in a word."""
    state = template_of(case).state(case.state)
    return CaseRef(id=case.pk, number=case.number, state=case.state, state_zh=state.label_zh, state_en=state.label_en)
