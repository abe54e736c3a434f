"""What waits for an enterprise: questions, dated duties, steps of cases, plans; the most urgent first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.enterprise_steps import enterprise_steps, waiting_for_enterprise
from qingtian.apps.cases.models import Case
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import OPEN_STATUSES
from qingtian.apps.findings.states import AnswerState
from qingtian.apps.obligations.actions.check_plans import Held, hold
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.obligations.naming import occurrence_title
from qingtian.apps.obligations.queries import Wanted, occurrences
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import object_by_code
from qingtian.domain.obligations import OPEN
from qingtian.interfaces.api.enterprise_filters import OwnTodoFilters
from qingtian.interfaces.api.paging import paged_list, sorted_by
from qingtian.interfaces.api.present import exports
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.enterprise_door import TodoItem, TodoPage
from qingtian.packs import load_packs
from qingtian.packs.finding_kinds import kind_names
from qingtian.runtime.clock import SHANGHAI

ASKED = (AnswerState.ASKED, AnswerState.REFUSED)
SORTS: Mapping[str, Callable[[TodoItem], Any]] = {
    "due_at": lambda one: one.due_at,
    "severity": lambda one: one.severity,
    "number": lambda one: one.number,
    "kind": lambda one: one.kind,
}
COLUMNS: Mapping[str, Callable[[TodoItem], object]] = {
    "kind": lambda one: one.kind,
    "what": lambda one: one.what,
    "number": lambda one: one.number,
    "title_zh": lambda one: one.title_zh,
    "title_en": lambda one: one.title_en,
    "detail_zh": lambda one: one.detail_zh,
    "detail_en": lambda one: one.detail_en,
    "object_code": lambda one: one.object.code,
    "object_name": lambda one: one.object.name,
    "enterprise_code": lambda one: one.object.enterprise_code,
    "due_at": lambda one: one.due_at,
    "overdue": lambda one: one.overdue,
    "remaining_working_days": lambda one: one.remaining_working_days,
    "simulated": lambda one: one.simulated,
}


def own_enterprises(actor: Actor, code: str | None = None) -> list[RegistryObject]:
    """Enterprises that the actor speaks for; with a code the one, which an official may look at too.

    Raises:
        NotVisible: there is no such enterprise.
    """
    if code:
        return [object_by_code(actor, ObjectType.ENTERPRISE, code)]
    rows = RegistryObject.objects.visible_to(actor).filter(type=ObjectType.ENTERPRISE, code__in=actor.enterprises)
    return list(rows.order_by("code"))


def todo_page(actor: Actor, now: datetime, filters: OwnTodoFilters) -> TodoPage:
    """A page of what must be done."""
    found = _matching(actor, now, filters)
    wanted = [one for one in found if not filters.kind or one.kind in filters.kind]
    return TodoPage(
        items=paged_list(sorted_by(wanted, filters.sort, SORTS), filters),
        total=len(wanted),
        page=filters.page,
        page_size=filters.page_size,
        counts=dict(Counter(one.kind for one in found)),
        overdue=sum(one.overdue for one in wanted),
    )


def todo_csv(actor: Actor, now: datetime, filters: OwnTodoFilters, *, bom: bool) -> HttpResponse:
    """Every row that matches."""
    found = [one for one in _matching(actor, now, filters) if not filters.kind or one.kind in filters.kind]
    return exports.answer("todo", now, COLUMNS, sorted_by(found, filters.sort, SORTS), bom=bom)


def todo_of(actor: Actor, now: datetime, places: Sequence[RegistryObject]) -> list[TodoItem]:
    """Everything that waits for some enterprises: overdue first, then by deadline; what has none comes last."""
    codes = [one.code for one in places]
    if not codes:
        return []
    found = _Found(
        findings=list(_asked(actor, codes)),
        duties=list(_due(actor, now, codes)),
        cases=list(_cases(actor, codes)),
        plans=_plans(now, places),
    )
    objects = [*(one.object for one in found.findings), *(one.object for one in found.duties)]
    names = PlaceNames([*objects, *found.cases, *places])
    rows = [
        *(_finding(one, names, now) for one in found.findings),
        *(_duty(one, names, now) for one in found.duties),
        *(_case(one, names, now) for one in found.cases),
        *(_plan(place, held, names) for place, held in found.plans),
    ]
    return sorted(rows, key=lambda one: (one.due_at is None, one.due_at or now, one.number))


def finding_path(pk: int) -> str:
    """Where an enterprise answers a finding."""
    return f"/enterprise/findings/{pk}"


@dataclass(frozen=True, slots=True)
class _Found:
    findings: list[Finding]
    duties: list[Occurrence]
    cases: list[Case]
    plans: list[tuple[RegistryObject, Held]]


def _matching(actor: Actor, now: datetime, filters: OwnTodoFilters) -> list[TodoItem]:
    found = todo_of(actor, now, own_enterprises(actor, filters.enterprise))
    word = (filters.q or "").strip().casefold()
    if word:
        found = [one for one in found if any(word in text.casefold() for text in _texts(one))]
    return found if filters.overdue is None else [one for one in found if one.overdue is filters.overdue]


def _texts(one: TodoItem) -> tuple[str, ...]:
    return one.number, one.title_zh, one.title_en, one.object.code, one.object.name, one.object.name_en


def _asked(actor: Actor, codes: Sequence[str]) -> Iterator[Finding]:
    rows = Finding.objects.visible_to(actor).filter(object__enterprise_code__in=codes)
    waiting = rows.filter(answer_state__in=ASKED, status__in=OPEN_STATUSES).exclude(question="")
    yield from waiting.select_related("object")


def _due(actor: Actor, now: datetime, codes: Sequence[str]) -> Iterator[Occurrence]:
    rows = occurrences(actor, Wanted(states=OPEN, opened=True), now.astimezone(SHANGHAI))
    yield from rows.filter(object__enterprise_code__in=codes)


def _cases(actor: Actor, codes: Sequence[str]) -> Iterator[Case]:
    rows = Case.objects.visible_to(actor).filter(waiting_for_enterprise(), enterprise_code__in=codes)
    yield from rows.select_related("object")


def _plans(now: datetime, places: Sequence[RegistryObject]) -> list[tuple[RegistryObject, Held]]:
    held = hold(now.astimezone(SHANGHAI).date(), [one.code for one in places])
    return [(one, held[one.code]) for one in places if one.code in held and held[one.code].report.gaps]


def _finding(row: Finding, names: PlaceNames, now: datetime) -> TodoItem:
    zh, en = kind_names(row.kind)
    again = row.answer_state == AnswerState.REFUSED
    return TodoItem(
        id=f"finding-{row.pk}",
        kind="finding",
        what="answer_again" if again else "answer",
        number=row.number,
        title_zh=zh,
        title_en=en,
        detail_zh=row.question,
        detail_en=row.question,
        object=names.place(row.object),
        severity=row.severity,
        **_deadline(row.answer_due_at, now),
        path=finding_path(row.pk),
        simulated=row.simulated,
    )


def _duty(row: Occurrence, names: PlaceNames, now: datetime) -> TodoItem:
    title = occurrence_title(row)
    return TodoItem(
        id=f"duty-{row.pk}",
        kind="duty",
        what="fulfil",
        number=row.number,
        title_zh=title.zh,
        title_en=title.en,
        detail_zh=row.refused_reason or row.due_text_zh,
        detail_en=row.refused_reason or row.due_text_en,
        object=names.place(row.object),
        severity=None,
        **(_deadline(row.due_at, now) | {"remaining_working_days": _workdays(now, row.due_on)}),
        path=f"/enterprise/duties/{row.pk}",
        simulated=row.simulated,
    )


def _case(row: Case, names: PlaceNames, now: datetime) -> TodoItem:
    steps = enterprise_steps(row)
    return TodoItem(
        id=f"case-{row.pk}",
        kind="case",
        what="step",
        number=row.number,
        title_zh=row.title,
        title_en=row.title_en or row.title,
        detail_zh="、".join(one.label_zh for one in steps),
        detail_en=", ".join(one.label_en for one in steps),
        object=names.place(row.object) if row.object else names.somewhere(row),
        severity=row.severity,
        **_deadline(row.due_at, now),
        path=f"/enterprise/cases/{row.pk}",
        simulated=row.simulated,
    )


def _plan(place: RegistryObject, held: Held, names: PlaceNames) -> TodoItem:
    missing, gaps = held.plan is None, len(held.report.gaps)
    return TodoItem(
        id=f"plan-{place.pk}",
        kind="plan",
        what="submit_plan" if missing else "mend_plan",
        number=place.code,
        title_zh="自行监测方案",
        title_en="Self-monitoring plan",
        detail_zh="尚未提交方案" if missing else f"与许可证对照，缺少 {gaps} 项",
        detail_en="no plan is submitted" if missing else f"{gaps} gaps against the permit",
        object=names.place(place),
        severity=None,
        **_deadline(None, None),
        path=f"/enterprise/plan/{place.code}",
        simulated=place.simulated,
    )


def _deadline(due_at: datetime | None, now: datetime | None) -> dict[str, Any]:
    if due_at is None or now is None:
        return {"due_at": None, "overdue": False, "remaining_working_days": None}
    left = _workdays(now, due_at.astimezone(SHANGHAI).date())
    return {"due_at": due_at, "overdue": due_at <= now, "remaining_working_days": left}


def _workdays(now: datetime, day: Any) -> int:
    return load_packs().calendar().workdays_between(now.astimezone(SHANGHAI).date(), day)
