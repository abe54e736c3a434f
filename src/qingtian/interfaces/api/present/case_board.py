"""Cases as a board and as a map; procedures as forms."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.search import (
    StateCount,
    by_state,
    newest_of_each,
    open_by_template,
    search,
    with_links,
)
from qingtian.domain.procedures import ProcedureTemplate
from qingtian.interfaces.api.filters import BoardFilters, MapFilters
from qingtian.interfaces.api.present.cases import case_rows, criteria_of
from qingtian.interfaces.api.present.clocks import rule_text
from qingtian.interfaces.api.present.steps import field_out
from qingtian.interfaces.api.schemas.case_work import (
    BoardColumn,
    BoardOut,
    CaseMap,
    CasePoint,
    GuardOut,
    ProcedureClockOut,
    ProcedureDetail,
    ProcedureRow,
    StateOut,
    StepOut,
    TemplateCount,
)
from qingtian.packs.procedures import load_procedures, procedure
from qingtian.runtime.clock import SHANGHAI

# What a point needs of its row: maps show thousands.
POINT = (
    *("number", "title", "template", "template_version", "state", "severity", "due_at", "closed_at"),
    *("duplicate_of", "written_off_at", "simulated"),
)


def board(actor: Actor, now: datetime, filters: BoardFilters) -> BoardOut:
    """One procedure as a board: a column for each state, its newest cases as cards."""
    criteria = criteria_of(filters)
    template = procedure(filters.template)
    rows = search(actor, criteria, now)
    counted = by_state(rows, now)
    cards = with_links(Case.objects.filter(pk__in=newest_of_each(rows, counted, filters.cards)))
    drawn = case_rows(cards.order_by("-opened_at", "-pk"), now)
    columns = [
        BoardColumn(
            state=state.value,
            label_zh=state.label_zh,
            label_en=state.label_en,
            side=state.side,
            final=state.final,
            count=of.count,
            overdue=of.overdue,
            severe=of.severe,
            cards=[card for card in drawn if card.state == state.value],
        )
        for state in _states(template.code)
        for of in [counted.get(state.value, StateCount())]
    ]
    return BoardOut(
        template=template.code,
        name_zh=template.name_zh,
        name_en=template.name_en,
        total=sum(one.count for one in counted.values()),
        columns=columns,
        templates=_templates(open_by_template(actor, criteria, now)),
    )


def case_map(actor: Actor, now: datetime, filters: MapFilters) -> CaseMap:
    """Cases as points: of their object, or of the place that was given."""
    rows = search(actor, criteria_of(filters), now).prefetch_related(None)
    rows = rows.annotate(east=Coalesce(F("lon"), F("object__lon")), north=Coalesce(F("lat"), F("object__lat")))
    counted = rows.order_by().aggregate(all=Count("pk"), bare=Count("pk", filter=Q(east=None) | Q(north=None)))
    placed = rows.filter(_within(filters))
    columns = ("pk", *POINT, "east", "north")
    ordered = placed.order_by("-severity", "-opened_at", "-pk").select_related(None)
    found = list(ordered.values(*columns)[: filters.limit + 1])
    return CaseMap(
        points=[_point(row, now) for row in found[: filters.limit]],
        total=counted["all"],
        without_place=counted["bare"],
        cut=len(found) > filters.limit,
    )


def procedures(actor: Actor, now: datetime) -> list[ProcedureRow]:
    """Procedures in force, with the form by which a case of each begins."""
    today = now.astimezone(SHANGHAI).date()
    codes = sorted({code for code, _ in load_procedures()}, key=lambda code: (len(code), code))
    return [ProcedureRow(**_row(actor, procedure(code, on=today))) for code in codes]


def procedure_detail(actor: Actor, now: datetime, code: str, version: str | None) -> ProcedureDetail:
    """A procedure with every state, step, guard, period and field.

    Raises:
        InvalidInput: there is none of this code and version.
    """
    template = procedure(code, version, on=now.astimezone(SHANGHAI).date())
    return ProcedureDetail(
        **_row(actor, template),
        versions=sorted(known for one, known in load_procedures() if one == code),
        states=[
            StateOut(value=one.code, label_zh=one.label_zh, label_en=one.label_en, final=one.final, side=one.side)
            for one in template.states
        ],
        steps=_steps(template),
        guards=[
            GuardOut(
                code=one.code,
                label_zh=one.label_zh,
                label_en=one.label_en,
                remedy_zh=one.remedy_zh,
                remedy_en=one.remedy_en,
                source=one.source,
            )
            for one in template.guards
        ],
        clocks=_clocks(template),
        fields=[field_out(spec, {}) for spec in template.fields().values()],
    )


def _states(code: str) -> list[StateOut]:
    """States of every version of a procedure, the newest version's first: older cases keep their column."""
    versions = sorted((one for one in load_procedures().values() if one.code == code), key=_age, reverse=True)
    found = {state.code: state for one in reversed(versions) for state in one.states}
    order = list(dict.fromkeys(state.code for one in versions for state in one.states))
    return [
        StateOut(
            value=code_,
            label_zh=found[code_].label_zh,
            label_en=found[code_].label_en,
            final=found[code_].final,
            side=found[code_].side,
        )
        for code_ in order
    ]


def _age(template: ProcedureTemplate) -> tuple[str, str]:
    return (template.valid_from.isoformat() if template.valid_from else "", template.version)


def _templates(counted: dict[str, tuple[int, int]]) -> list[TemplateCount]:
    codes = sorted({code for code, _ in load_procedures()}, key=lambda code: (len(code), code))
    return [
        TemplateCount(
            code=code,
            name_zh=procedure(code).name_zh,
            name_en=procedure(code).name_en,
            open=counted.get(code, (0, 0))[0],
            overdue=counted.get(code, (0, 0))[1],
        )
        for code in codes
    ]


def _within(filters: MapFilters) -> Q:
    box = Q(east__isnull=False, north__isnull=False)
    bounds = {
        "east__gte": filters.west,
        "east__lte": filters.east,
        "north__gte": filters.south,
        "north__lte": filters.north,
    }
    return box & Q(**{name: value for name, value in bounds.items() if value is not None})


def _point(row: dict[str, Any], now: datetime) -> CasePoint:
    state = procedure(row["template"], row["template_version"]).state(row["state"])
    runs = row["closed_at"] is None and row["duplicate_of"] is None and row["written_off_at"] is None
    return CasePoint(
        id=row["pk"],
        number=row["number"],
        title=row["title"],
        template=row["template"],
        state=row["state"],
        state_zh=state.label_zh,
        state_en=state.label_en,
        severity=row["severity"],
        overdue=runs and row["due_at"] is not None and row["due_at"] < now,
        lon=row["east"],
        lat=row["north"],
        simulated=row["simulated"],
    )


def _row(actor: Actor, template: ProcedureTemplate) -> dict[str, Any]:
    opening = template.opening
    mine = actor.roles & TABLE[Verb.FILE_CASE]
    return {
        "code": template.code,
        "version": template.version,
        "name_zh": template.name_zh,
        "name_en": template.name_en,
        "source": template.source,
        "valid_from": template.valid_from,
        "valid_to": template.valid_to,
        "from_findings": template.from_findings,
        "may_file": bool(opening and opening.roles & mine),
        "needs": list(opening.needs) if opening else [],
        "opening": [field_out(spec, {}) for spec in opening.fields] if opening else [],
    }


def _steps(template: ProcedureTemplate) -> list[StepOut]:
    return [
        StepOut(
            code=step.code,
            sources=list(step.sources),
            to=step.target,
            label_zh=step.label_zh,
            label_en=step.label_en,
            roles=sorted(step.roles),
            guards=list(step.guards),
            required=[spec.name for spec in step.fields if spec.required],
            optional=[spec.name for spec in step.fields if not spec.required],
            automatic=step.automatic,
            reason_required=step.reason_required,
        )
        for step in template.transitions
    ]


def _clocks(template: ProcedureTemplate) -> list[ProcedureClockOut]:
    return [
        ProcedureClockOut(
            code=spec.code,
            label_zh=spec.label_zh,
            label_en=spec.label_en,
            rule_text_zh=rule_text(spec)[0],
            rule_text_en=rule_text(spec)[1],
            lengths=dict(spec.n_by),
            promise_of=spec.promise_of,
            main=spec.main,
            binding=spec.binding,
            source=spec.source,
            clause=spec.clause,
            confidence=spec.confidence,
        )
        for spec in template.clocks
    ]
