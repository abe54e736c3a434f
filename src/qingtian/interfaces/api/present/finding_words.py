"""Closed lists and key figures of findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.findings.actions.enter_finding import Entry, similar
from qingtian.apps.findings.kpi import Axis, Figures, kpis
from qingtian.apps.findings.states import Source
from qingtian.apps.registry.listing import region_names
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import object_by_code
from qingtian.domain.errors import InvalidInput
from qingtian.interfaces.api.present.findings import finding_rows
from qingtian.interfaces.api.present.numbers import plain
from qingtian.interfaces.api.schemas.findings import (
    DismissalReasonOut,
    FindingEntryCheckOut,
    FindingEntryIn,
    FindingFiguresOut,
    FindingKindOut,
    FindingKpiOut,
    RankTermOut,
    VocabularyOut,
    WindowKindOut,
)
from qingtian.packs.detection import load_detection_rules
from qingtian.packs.finding_kinds import (
    dismissal_reasons,
    finding_kind,
    finding_kinds,
    kind_names,
    rank_terms,
    window_kinds,
)

SOURCES: Mapping[str, tuple[str, str]] = {
    Source.DATA: ("监测数据", "Data"),
    Source.PATROL: ("巡查", "Patrol"),
    Source.MODEL: ("模型研判", "Model"),
    Source.COMPLAINT: ("群众投诉", "Complaint"),
    Source.AUDIT: ("核查", "Audit"),
    Source.MISSED_OBLIGATION: ("义务未履行", "Missed duty"),
    Source.SUPERIOR: ("上级交办", "From above"),
}
UNSUPERVISED = ("未登记监管单位", "Nobody on the register")
DIGITS = 3


def vocabulary() -> VocabularyOut:
    """The lists as the packs hold them now."""
    return VocabularyOut(
        kinds=[
            FindingKindOut(
                kind=one.kind,
                category=one.category,
                label_zh=one.label_zh,
                label_en=one.label_en,
                severity=one.severity,
                answer_hours=plain(one.answer_hours),
                answer_evidence=one.answer_evidence,
                entry=list(one.entry),
                rule_row=one.row_id,
            )
            for one in finding_kinds().values()
        ],
        reasons=[
            DismissalReasonOut(
                value=one.reason,
                label_zh=one.label_zh,
                label_en=one.label_en,
                needs_note=one.needs_note,
                detector_fault=one.detector_fault,
            )
            for one in dismissal_reasons().values()
        ],
        windows=[
            WindowKindOut(
                window=one.window,
                label_zh=one.label_zh,
                label_en=one.label_en,
                silences=list(one.silences),
                notice_h=plain(one.notice_h),
                longest_h=plain(one.longest_h),
            )
            for one in window_kinds().values()
        ],
        rank=[
            RankTermOut(
                term=one.term,
                label_zh=one.label_zh,
                label_en=one.label_en,
                weight=plain(one.weight),
                full_at=plain(one.full_at),
                note=one.note,
                rule_row=one.row_id,
            )
            for one in rank_terms()
        ],
    )


def entry_of(actor: Actor, data: FindingEntryIn) -> Entry:
    """The report as the apps understand it.

    Raises:
        NotVisible: there is no such object.
    """
    named = bool(data.object_type and data.object_code)
    return Entry(
        source=data.source,
        kind=data.kind,
        seen_at=data.seen_at,
        description=data.description,
        object_id=object_by_code(actor, data.object_type, data.object_code).pk if named else None,
        region_code=data.region,
        place=data.place,
        lon=data.lon,
        lat=data.lat,
        severity=data.severity,
        part=data.part,
        reference=data.reference,
        standard=data.standard,
        clause=data.clause,
        more=data.figures,
    )


def entry_check(actor: Actor, data: FindingEntryIn) -> FindingEntryCheckOut:
    """What an entry would do, before it is made."""
    kind, entry = finding_kind(data.kind), entry_of(actor, data)
    known = similar(actor, entry)
    return FindingEntryCheckOut(
        known=finding_rows([known])[0] if known else None,
        kind_zh=kind.label_zh,
        kind_en=kind.label_en,
        severity=kind.severity if data.severity is None else data.severity,
        asks_enterprise=kind.asks_enterprise,
        answer_hours=plain(kind.answer_hours),
    )


def kpi_out(actor: Actor, axis: Axis, since: datetime, until: datetime) -> FindingKpiOut:
    """Key figures of a period by an axis, and in total.

    Raises:
        InvalidInput: the period is turned.
    """
    if until <= since:
        raise InvalidInput("the period ends before it begins", field="until", remedy="give a later end")
    total = kpis(actor, Axis.TOTAL, since, until)
    rows = kpis(actor, axis, since, until) if axis is not Axis.TOTAL else total
    names = _names(axis, rows)
    return FindingKpiOut(
        by=axis.value,
        since=since,
        until=until,
        total=_figures(total[0], ("合计", "Total")) if total else None,
        items=[_figures(one, names.get(one.key, (one.key, one.key))) for one in rows],
    )


def _names(axis: Axis, rows: Iterable[Figures]) -> dict[str, tuple[str, str]]:
    keys = [one.key for one in rows]
    if axis is Axis.SOURCE:
        return {key: SOURCES.get(key, (key, key)) for key in keys}
    if axis is Axis.KIND:
        return {key: kind_names(key) for key in keys}
    if axis is Axis.RULE:
        return {key: _rule_names().get(key) or _entered(key) for key in keys}
    if axis is Axis.REGION:
        names = region_names()
        return {key: (names[key].zh, names[key].en) for key in keys if key in names}
    if axis is Axis.ORGANISATION:
        found = RegistryObject.objects.filter(type=ObjectType.ORGANISATION, code__in=keys)
        return {"": UNSUPERVISED} | {one.code: (one.name, one.name_en or one.name) for one in found}
    return dict.fromkeys(keys, ("合计", "Total")) if axis is Axis.TOTAL else {}


def _rule_names() -> dict[str, tuple[str, str]]:
    rows = sorted(load_detection_rules(), key=lambda one: one.valid_from)
    return {one.code: (one.label_zh, one.label_en) for one in rows}


def _entered(rule: str) -> tuple[str, str]:
    # What people enter has `source.kind` in the place of a rule.
    source, _, kind = rule.partition(".")
    if source not in SOURCES or not kind:
        return rule, rule
    (zh, en), (kind_zh, kind_en) = SOURCES[source], kind_names(kind)
    return f"{zh}：{kind_zh}", f"{en}: {kind_en}"


def _figures(one: Figures, names: tuple[str, str]) -> FindingFiguresOut:
    return FindingFiguresOut(
        key=one.key,
        label_zh=names[0],
        label_en=names[1],
        raised=one.raised,
        open=one.open,
        cased=one.cased,
        dismissed=one.dismissed,
        wrong=one.wrong,
        self_corrected=one.self_corrected,
        merged=one.merged,
        silenced=one.silenced,
        asked=one.asked,
        in_time=one.in_time,
        late=one.late,
        precision=_shown(one.precision),
        settled_remotely=_shown(one.settled_remotely),
        detected_h=_shown(one.detected_h),
        confirmed_h=_shown(one.confirmed_h),
    )


def _shown(value: Decimal | None) -> str | None:
    return None if value is None else plain(round(value, DIGITS))
