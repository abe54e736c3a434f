"""The alarm page: rule and limit, values used, neighbours, history, what can be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.evidence.models import EvidenceItem
from qingtian.apps.evidence.subjects import SubjectKind
from qingtian.apps.findings.merging import members
from qingtian.apps.findings.models import Finding, FindingMerge
from qingtian.apps.findings.offers import offers
from qingtian.apps.findings.queries import visible_finding
from qingtian.apps.findings.ranking import parts_of, precision_by_rule
from qingtian.apps.findings.search import Criteria, same_place, search
from qingtian.apps.journal.queries import history
from qingtian.apps.judgements.queries import of_period
from qingtian.apps.registry.listing import SITES
from qingtian.apps.registry.models import ObjectType
from qingtian.domain.detection import RankPart, most, score
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.events import events_out
from qingtian.interfaces.api.present.findings import finding_rows
from qingtian.interfaces.api.present.judgements import judgement_out
from qingtian.interfaces.api.present.limits import limits_for, pack_row
from qingtian.interfaces.api.present.numbers import plain, said
from qingtian.interfaces.api.present.series import points_out
from qingtian.interfaces.api.present.stations import neighbours
from qingtian.interfaces.api.schemas.base import Choice
from qingtian.interfaces.api.schemas.findings import (
    ActionOut,
    AlarmIntervalOut,
    EvidenceRef,
    FindingDetail,
    FindingMergeOut,
    HitOut,
    JudgementOut,
    RankPartOut,
    TemplateOut,
)
from qingtian.interfaces.api.schemas.places import LimitOut
from qingtian.interfaces.api.schemas.series import SeriesPoint
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.packs.finding_kinds import dismissal_reasons, finding_kind, rank_terms
from qingtian.packs.procedures import load_procedures
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store import Cycle

BEFORE, AFTER = timedelta(hours=24), timedelta(hours=6)
LONGEST = {Cycle.HOUR: timedelta(days=14), Cycle.MINUTE: timedelta(days=3)}
POWER = "power_kw"  # what a power meter measures
INSTANT = timedelta(seconds=1)
SHOWN_HITS = 500


def detail(actor: Actor, now: datetime, finding_id: int) -> FindingDetail:
    """Everything that the alarm page shows.

    Raises:
        NotVisible: there is no such finding.
    """
    visible_finding(actor, finding_id)
    row = search(actor, Criteria()).get(pk=finding_id)
    values = _values(row, now)
    ranking = parts_of(row, precision_by_rule(now))
    return FindingDetail(
        **finding_rows([row])[0].model_dump() | {"rank": plain(round(score(ranking), 1))},
        detail=row.detail,
        confirmed_at=row.confirmed_at,
        confirmed_by=row.confirmed_by,
        reason=row.reason,
        note=row.note,
        answer=row.answer,
        answered_at=row.answered_at,
        answered_by=row.answered_by,
        question=row.question,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        refusals=row.refusals,
        needs_proof=finding_kind(row.kind).answer_evidence,
        entered_by=row.entered_by,
        lon=row.lon,
        lat=row.lat,
        window=row.silenced_by_id,
        window_number=row.silenced_by.number if row.silenced_by else "",
        rank_parts=[_rank_part(one) for one in ranking],
        rank_most=plain(most(rank_terms())),
        intervals=_intervals(row),
        members=finding_rows(search(actor, Criteria()).filter(pk__in=members([row.pk]))),
        merges=_merges(actor, row),
        merged_into=row.merged_into_id,
        judgement=_judgement(actor, row),
        rule=_rule(row),
        values_cycle=values.cycle.value,
        values_unit=values.unit,
        values=values.points,
        hit_periods=_hits(row),
        neighbours=neighbours(actor, now, row.object, but=row.object_id),
        history=finding_rows(same_place(actor, row)),
        events=events_out(history("finding", row.pk)),
        evidence=_evidence(actor, row),
        allowed_actions=_actions(actor, row),
        dismiss_reasons=reasons(),
        templates=_templates(now.date()),
    )


def reasons() -> list[Choice]:
    """The closed list of reasons of dismissal."""
    rows = dismissal_reasons().values()
    return [Choice(value=one.reason, label_zh=one.label_zh, label_en=one.label_en) for one in rows]


DAY_RULES = "_day"  # ending of rules about day means


@dataclass(frozen=True)
class _Values:
    """What was measured around a finding."""

    cycle: Cycle
    unit: str
    points: list[SeriesPoint]


def _values(row: Finding, now: datetime) -> _Values:
    """Hours around the finding; minutes where the site has no hours, as power meters."""
    parameter = row.parameter or (POWER if row.object.type == ObjectType.POWER_METER else "")
    if row.object.type in SITES and parameter:
        for cycle, longest in LONGEST.items():
            start = max(row.first_seen - BEFORE, row.last_seen - longest)
            rows = telemetry_store().series(row.object.code, parameter, cycle, start, min(row.last_seen + AFTER, now))
            if rows:
                return _Values(cycle, rows[-1].unit, points_out(rows))
    return _Values(Cycle.HOUR, said(row.detail, "unit") or "", [])


def _judgement(actor: Actor, row: Finding) -> JudgementOut | None:
    days = row.rule_id.endswith(DAY_RULES)
    found = (
        of_period(actor, row.last_seen, row.last_seen + INSTANT, object_id=row.object_id, item=row.parameter)
        .filter(cycle="day" if days else "hour")
        .first()
    )
    return judgement_out(found) if found else None


def _rule(row: Finding) -> LimitOut | None:
    # The limit that the finding itself states; the register may have changed since.
    value = said(row.detail, "limit")
    if value is None:
        return None
    row_id = said(row.detail, "rule_row") or ""
    known = pack_row(row_id)
    on = row.last_seen.astimezone(SHANGHAI).date()
    permit = next(iter(limits_for(row.object, row.parameter, Cycle.HOUR, on)), None)
    name = law.pollutant_name(row.parameter)
    return LimitOut(
        pollutant=row.parameter,
        name_zh=name.zh,
        name_en=name.en,
        cycle=Cycle.HOUR.value,
        value=value,
        unit=said(row.detail, "unit") or "",
        converted=permit.converted if permit else False,
        standard=said(row.detail, "standard") or (known.standard if known else ""),
        clause=said(row.detail, "clause") or (known.clause if known else ""),
        source=known.source if known else "",
        confidence=known.confidence if known else (said(row.detail, "confidence") or ""),
        rule_row=row_id,
    )


def _hits(row: Finding) -> list[HitOut]:
    return [
        HitOut(
            period_start=one.period_start,
            recorded_at=one.recorded_at,
            severity=one.severity,
            detail=one.detail,
            former=one.former,
            silenced_by=one.silenced_by.number if one.silenced_by else "",
        )
        for one in row.hit_rows.select_related("silenced_by").order_by("-period_start")[:SHOWN_HITS]
    ]


def _rank_part(part: RankPart) -> RankPartOut:
    return RankPartOut(
        term=part.term.term.value,
        label_zh=part.term.label_zh,
        label_en=part.term.label_en,
        value=plain(round(part.value, 2)),
        points=plain(round(part.points, 1)),
        weight=plain(part.term.weight),
        full_at=plain(part.term.full_at),
        rule_row=part.term.row_id,
    )


def _intervals(row: Finding) -> list[AlarmIntervalOut]:
    return [
        AlarmIntervalOut(
            axis=one.axis,
            state=one.state,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            recorded_at=one.recorded_at,
            by=one.by,
            reason=one.reason,
        )
        for one in row.intervals.order_by("starts_at", "id")
    ]


def _merges(actor: Actor, row: Finding) -> list[FindingMergeOut]:
    seen = Finding.objects.visible_to(actor).values("pk")
    rows = FindingMerge.objects.filter(Q(finding=row) | Q(into=row), finding__in=seen, into__in=seen)
    return [
        FindingMergeOut(
            finding=one.finding_id,
            number=one.finding.number,
            into=one.into_id,
            into_number=one.into.number,
            merged_at=one.merged_at,
            merged_by=one.merged_by,
            reason=one.reason,
            undone_at=one.undone_at,
            undone_by=one.undone_by,
            undone_reason=one.undone_reason,
        )
        for one in rows.select_related("finding", "into").order_by("merged_at", "id")
    ]


def _evidence(actor: Actor, row: Finding) -> list[EvidenceRef]:
    numbers = dict(row.case_links.values_list("case_id", "case__number"))
    items = EvidenceItem.objects.visible_to(actor).filter(subject_kind=SubjectKind.CASE, subject_id__in=list(numbers))
    return [
        EvidenceRef(
            id=one.pk,
            case_id=one.subject_id,
            case_number=numbers[one.subject_id],
            kind=one.kind,
            title=one.title,
            sha256=one.sha256,
            captured_at=one.captured_at,
        )
        for one in items
    ]


def _actions(actor: Actor, row: Finding) -> list[ActionOut]:
    return [
        ActionOut(verb=one.verb, allowed=one.allowed, reason=one.reason, reason_key=one.key)
        for one in offers(actor, row)
    ]


def _templates(on: date) -> list[TemplateOut]:
    rows = load_procedures().values()
    begun = [one for one in rows if one.from_findings and (one.valid_from is None or one.valid_from <= on)]
    in_force = [one for one in begun if one.valid_to is None or on < one.valid_to]
    return [
        TemplateOut(code=one.code, version=one.version, name_zh=one.name_zh, name_en=one.name_en) for one in in_force
    ]
