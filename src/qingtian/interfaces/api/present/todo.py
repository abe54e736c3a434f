"""Things to do as rows of one list, whatever table they come from; each kind is read once for a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, TypeAlias

from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.queries import display_names
from qingtian.apps.cases.labels import titles
from qingtian.apps.cases.models import Case, CasePart
from qingtian.apps.cases.periods import workdays_left
from qingtian.apps.cases.queries import template_of
from qingtian.apps.command import todo
from qingtian.apps.command.todo import Item, Kind, Wanted
from qingtian.apps.command.waiting import nearest_clock
from qingtian.apps.findings.models import Finding, MaintenanceWindow
from qingtian.apps.findings.states import AnswerState
from qingtian.apps.ledgers.models import LedgerEntry
from qingtian.apps.ledgers.reading import with_state
from qingtian.apps.ledgers.states import EntryState
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.obligations.naming import occurrence_title
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import InvalidInput
from qingtian.domain.obligations import State
from qingtian.domain.procedures import awaited_roles, awaited_steps
from qingtian.interfaces.api.present import exports
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.todo import (
    NEAR_DAYS,
    TodoExport,
    TodoFilters,
    TodoKindCount,
    TodoRow,
    TodoTabs,
    WaitingPage,
)
from qingtian.packs.finding_kinds import window_kinds
from qingtian.runtime.clock import SHANGHAI

Words: TypeAlias = tuple[str, str]
Fields: TypeAlias = dict[str, Any]
KINDS: Mapping[Kind, Words] = {
    Kind.CASE: ("案件", "Cases"),
    Kind.TASK: ("排查任务", "Check tasks"),
    Kind.PART: ("专班分工", "Parts of a task force"),
    Kind.FINDING: ("线索研判", "Findings to judge"),
    Kind.ANSWER: ("答复审核", "Answers to judge"),
    Kind.QUESTION: ("问询待答复", "Questions to the enterprise"),
    Kind.WINDOW: ("停运检修审定", "Announced windows"),
    Kind.OCCURRENCE: ("到期义务", "Dated duties"),
    Kind.ENTRY: ("台账分录", "Ledger entries"),
    Kind.FOLLOWED: ("我负责、待他人办理", "In my charge, with others"),
}
ON_FINDING: Mapping[Kind, Words] = {
    Kind.FINDING: ("研判：立案、询问企业或排除", "Judge: open a case, ask the enterprise, or dismiss"),
    Kind.ANSWER: ("审核企业答复", "Judge the answer of the enterprise"),
    Kind.QUESTION: ("企业答复并附证据", "Answer with proof"),
}
ANSWERS: Mapping[str, Words] = {
    AnswerState.NOT_ASKED: ("未询问", "not asked"),
    AnswerState.ASKED: ("已询问", "asked"),
    AnswerState.ANSWERED: ("已答复", "answered"),
    AnswerState.REFUSED: ("答复被退回", "answer refused"),
    AnswerState.ACCEPTED: ("答复已采纳", "answer accepted"),
}
OCCURRENCES: Mapping[str, Words] = {State.PLANNED: ("待履行", "not done yet"), State.MISSED: ("已逾期未履行", "missed")}
ENTRIES: Mapping[str, tuple[Words, Words]] = {
    EntryState.DRAFT: (("待审批", "drafted"), ("审批分录", "Approve or refuse the entry")),
    EntryState.APPROVED: (("已批准", "approved"), ("过账", "Post the entry")),
}


def wanted_of(filters: TodoFilters) -> Wanted:
    """The filters of the list as the apps understand them."""
    return Wanted(
        scope=filters.scope,
        kinds=tuple(dict.fromkeys(filters.kind or ())),
        urgency=filters.urgency,
        near=timedelta(days=filters.near_days),
        check=filters.check,
        region_code=filters.region or "",
        text=filters.q or "",
    )


def todo_page(actor: Actor, now: datetime, filters: TodoFilters) -> WaitingPage:
    """A page of things to do."""
    _refuse_other_order(filters)
    wanted = wanted_of(filters)
    counted = todo.tallies(actor, now, wanted)
    total = todo.length(counted, wanted)
    start = (filters.page - 1) * filters.page_size
    return WaitingPage(
        items=todo_rows(todo.items(actor, now, wanted, start, filters.page_size), now, wanted.near),
        total=todo.matching(actor, now, wanted) if total is None else total,
        page=filters.page,
        page_size=filters.page_size,
        kinds=[
            TodoKindCount(kind=kind, label_zh=KINDS[kind][0], label_en=KINDS[kind][1], **_numbers(tally))
            for kind, tally in counted.items()
        ],
    )


def todo_tabs(actor: Actor, now: datetime) -> TodoTabs:
    """The lengths of the four lists."""
    return TodoTabs(**todo.tabs(actor, now, timedelta(days=NEAR_DAYS)), near_days=NEAR_DAYS)


def todo_csv(actor: Actor, now: datetime, filters: TodoExport) -> HttpResponse:
    """Things to do that match, in the order of the list."""
    _refuse_other_order(filters)
    wanted = wanted_of(filters)
    found = todo.items(actor, now, wanted, 0, exports.MAX_ROWS + 1)
    if len(found) > exports.MAX_ROWS:
        raise InvalidInput(f"more than {exports.MAX_ROWS} rows match", field="kind", remedy="narrow the filters")
    return exports.answer("todo", now, COLUMNS, todo_rows(found, now, wanted.near), bom=filters.bom)


def todo_rows(items: Iterable[Item], now: datetime, near: timedelta) -> list[TodoRow]:
    """Things of a page with all that a list shows of them; what vanished meanwhile is left out."""
    listed = list(items)
    found: dict[tuple[Kind, int], Any] = {}
    for kind in dict.fromkeys(one.kind for one in listed):
        keys = [one.pk for one in listed if one.kind is kind]
        found |= {(kind, row.pk): row for row in READERS[kind](keys)}
    shown = [(one, found[one.kind, one.pk]) for one in listed if (one.kind, one.pk) in found]
    names = _Names.of([_anchor(row) for _, row in shown])
    return [_row(one, row, now, near, names) for one, row in shown]


@dataclass(frozen=True, slots=True)
class _Names:
    places: PlaceNames
    people: dict[str, str]
    days_left: Callable[[date, date], int] = field(default_factory=lambda: cache(workdays_left))  # many end on one day

    @classmethod
    def of(cls, anchors: Iterable[Case | RegistryObject | None]) -> _Names:
        there = [one for one in anchors if one is not None]
        people = display_names(one.responsible for one in there if isinstance(one, Case))
        return cls(PlaceNames(there), people)


def _anchor(row: Any) -> Case | RegistryObject | None:
    """What says where a thing is."""
    if isinstance(row, Case):
        return row
    if isinstance(row, CasePart):
        return row.case
    return row.object if hasattr(row, "object_id") else None


def _row(item: Item, row: Any, now: datetime, near: timedelta, names: _Names) -> TodoRow:
    anchor = _anchor(row)
    due = item.due_at
    fields: Fields = {
        "kind": item.kind,
        "due_at": due,
        "overdue": due is not None and due < now,
        "near": due is not None and now <= due < now + near,
        "remaining_working_days": None if due is None else names.days_left(_day(now), _day(due)),
        "clock_zh": "",
        "clock_en": "",
        "provisional": False,
        "waits_for": [],
        "responsible": "",
        "responsible_name": "",
        "place": None if anchor is None else _place(anchor, names.places),
    }
    return TodoRow(**(fields | WRITERS[item.kind](item, row, names)))


def _place(anchor: Case | RegistryObject, names: PlaceNames) -> Any:
    if isinstance(anchor, Case):
        return names.place(anchor.object) if anchor.object else names.somewhere(anchor)
    return names.place(anchor)


def _case(item: Item, row: Case, names: _Names) -> Fields:
    template = template_of(row)
    state, clock = template.state(row.state), nearest_clock(row)
    steps = awaited_steps(template, row.state)
    return {
        "id": row.pk,
        "number": row.number,
        "template": row.template,
        "title": row.title,
        "title_en": row.title_en or row.title,
        "what_zh": "、".join(step.label_zh for step in steps),
        "what_en": ", ".join(step.label_en for step in steps),
        "state_zh": f"{template.name_zh} {state.label_zh}",
        "state_en": f"{template.name_en}: {state.label_en}",
        "waits_for": sorted(awaited_roles(template, row.state)),
        "severity": row.severity,
        "since": row.state_since,
        "clock_zh": clock.rule.get("label_zh", "") if clock else "",
        "clock_en": clock.rule.get("label_en", "") if clock else "",
        "provisional": clock.provisional if clock else False,
        "responsible": row.responsible,
        "responsible_name": names.people.get(row.responsible, row.responsible),
        "link": f"/desk/cases/{row.pk}",
        "simulated": row.simulated,
    }


def _part(item: Item, row: CasePart, names: _Names) -> Fields:
    return _case(item, row.case, names) | {
        "what_zh": f"报告结果：{row.task}",
        "what_en": f"Report the result: {row.task}",
        "waits_for": [],
        "since": row.joined_at,
    }


def _finding(item: Item, row: Finding, names: _Names) -> Fields:
    zh, en = titles(row)
    what, answer = ON_FINDING[item.kind], ANSWERS[row.answer_state]
    since = {Kind.ANSWER: row.answered_at, Kind.QUESTION: row.asked_at}.get(item.kind)
    return {
        "id": row.pk,
        "number": row.number,
        "title": zh,
        "title_en": en,
        "what_zh": what[0],
        "what_en": what[1],
        "state_zh": answer[0],
        "state_en": answer[1],
        "severity": row.severity,
        "since": since or row.raised_at,
        "link": f"/desk/alarms?open=all&id={row.pk}",
        "simulated": row.simulated,
    }


def _window(item: Item, row: MaintenanceWindow, names: _Names) -> Fields:
    kind = window_kinds().get(row.kind)
    zh, en = (kind.label_zh, kind.label_en) if kind else (row.kind, row.kind)
    return {
        "id": row.pk,
        "number": row.number,
        "title": f"{row.object.name} {zh}：{row.reason}",
        "title_en": f"{row.object.name_en or row.object.name} {en}: {row.reason}",
        "what_zh": "审定：开始之前同意或不同意",
        "what_en": "Approve or refuse before it begins",
        "state_zh": "已申报",
        "state_en": "announced",
        "severity": None,
        "since": row.announced_at,
        "link": f"/desk/windows?id={row.pk}",
        "simulated": row.simulated,
    }


def _occurrence(item: Item, row: Occurrence, names: _Names) -> Fields:
    title, state = occurrence_title(row), OCCURRENCES[row.state]
    return {
        "id": row.pk,
        "number": row.number,
        "title": title.zh,
        "title_en": title.en,
        "what_zh": "履行并附证明",
        "what_en": "Do it and prove it",
        "state_zh": state[0],
        "state_en": state[1],
        "severity": None,
        "since": row.planned_at,
        "provisional": row.provisional,
        "link": f"/desk/obligations/occurrences/{row.pk}",
        "simulated": row.simulated,
    }


def _entry(item: Item, row: LedgerEntry, names: _Names) -> Fields:
    state, what = ENTRIES[row.state]
    return {
        "id": row.pk,
        "number": row.number,
        "title": row.text,
        "title_en": row.text,
        "what_zh": what[0],
        "what_en": what[1],
        "state_zh": state[0],
        "state_en": state[1],
        "severity": None,
        "since": row.state_at,
        "link": f"/desk/ledgers/entries/{row.pk}",
        "simulated": row.simulated,
    }


def _cases_of(keys: list[int]) -> Iterable[Case]:
    return Case.objects.filter(pk__in=keys).select_related("object").prefetch_related("clocks")


def _parts_of(keys: list[int]) -> Iterable[CasePart]:
    rows = CasePart.objects.filter(pk__in=keys).select_related("case__object")
    return rows.prefetch_related("case__clocks")


def _findings_of(keys: list[int]) -> Iterable[Finding]:
    return Finding.objects.filter(pk__in=keys).select_related("object")


def _windows_of(keys: list[int]) -> Iterable[MaintenanceWindow]:
    return MaintenanceWindow.objects.filter(pk__in=keys).select_related("object")


def _occurrences_of(keys: list[int]) -> Iterable[Occurrence]:
    return Occurrence.objects.filter(pk__in=keys).select_related("object")


def _entries_of(keys: list[int]) -> Iterable[LedgerEntry]:
    return with_state(LedgerEntry.objects.filter(pk__in=keys))


READERS: Mapping[Kind, Callable[[list[int]], Iterable[Any]]] = {
    Kind.CASE: _cases_of,
    Kind.TASK: _cases_of,
    Kind.FOLLOWED: _cases_of,
    Kind.PART: _parts_of,
    Kind.FINDING: _findings_of,
    Kind.ANSWER: _findings_of,
    Kind.QUESTION: _findings_of,
    Kind.WINDOW: _windows_of,
    Kind.OCCURRENCE: _occurrences_of,
    Kind.ENTRY: _entries_of,
}
WRITERS: Mapping[Kind, Callable[[Item, Any, _Names], Fields]] = {
    Kind.CASE: _case,
    Kind.TASK: _case,
    Kind.FOLLOWED: _case,
    Kind.PART: _part,
    Kind.FINDING: _finding,
    Kind.ANSWER: _finding,
    Kind.QUESTION: _finding,
    Kind.WINDOW: _window,
    Kind.OCCURRENCE: _occurrence,
    Kind.ENTRY: _entry,
}
COLUMNS: Mapping[str, Callable[[TodoRow], object]] = {
    "kind": lambda one: one.kind,
    "number": lambda one: one.number,
    "title": lambda one: one.title,
    "what": lambda one: one.what_zh,
    "state": lambda one: one.state_zh,
    "object_code": lambda one: one.place.code if one.place else "",
    "object_name": lambda one: one.place.name if one.place else "",
    "region_code": lambda one: one.place.region_code if one.place else "",
    "severity": lambda one: one.severity,
    "since": lambda one: one.since,
    "due_at": lambda one: one.due_at,
    "clock": lambda one: one.clock_zh,
    "overdue": lambda one: one.overdue,
    "remaining_working_days": lambda one: one.remaining_working_days,
    "responsible": lambda one: one.responsible,
    "link": lambda one: one.link,
    "simulated": lambda one: one.simulated,
}


def _refuse_other_order(filters: TodoFilters) -> None:
    if filters.sort and filters.sort != "due_at":
        raise InvalidInput(
            f"cannot sort by {filters.sort}", field="sort", remedy="leave it out: the nearest deadline comes first"
        )


def _numbers(tally: todo.Tally) -> Fields:
    return {"total": tally.total, "breached": tally.breached, "near": tally.near}


def _day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()
