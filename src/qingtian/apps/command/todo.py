"""Everything that waits: cases, tasks, findings, answers, windows, dated duties, entries, in one order of deadlines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from django.db.models import Count, DateTimeField, F, Q, QuerySet, SmallIntegerField, Value
from django.db.models.functions import Cast

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.cases.models import Case, CasePart, Relation
from qingtian.apps.command.waiting import RUNNING, checked_next, waits_for, waits_for_anybody
from qingtian.apps.findings.models import Finding, MaintenanceWindow
from qingtian.apps.findings.queries import OPEN_STATUSES, needs_attention
from qingtian.apps.findings.states import AnswerState, WindowState
from qingtian.apps.ledgers.models import LedgerEntry
from qingtian.apps.ledgers.reading import in_states, with_state
from qingtian.apps.ledgers.states import EntryState
from qingtian.apps.obligations.models import Occurrence
from qingtian.domain.obligations import OPEN
from qingtian.runtime.clock import SHANGHAI

Rows: TypeAlias = QuerySet[Any]
NEAR = timedelta(days=7)  # a view, not a legal period
ORDER = ("todo_due", "-todo_level", "todo_since", "todo_kind", "todo_key")


class Kind(StrEnum):
    """What somebody has to do with."""

    CASE = "case"  # the next step of its procedure
    TASK = "task"  # a check task of a survey
    PART = "part"  # what an organisation of a task force owes
    FINDING = "finding"  # to be decided on
    ANSWER = "answer"  # of an enterprise, to be judged
    QUESTION = "question"  # that an enterprise was asked
    WINDOW = "window"  # announced, to be decided on
    OCCURRENCE = "occurrence"  # a dated duty
    ENTRY = "entry"  # of a ledger, to be approved or posted
    FOLLOWED = "followed"  # a case in the actor's charge that waits for somebody else


class Scope(StrEnum):
    """Whose work is asked for."""

    MINE = "mine"
    ALL = "all"  # everybody's, as far as the actor sees it


class Urgency(StrEnum):
    """How near the last moment is."""

    BREACHED = "breached"
    NEAR = "near"
    LATER = "later"
    NONE = "none"  # nothing sets a last moment


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; what is empty does not restrict.

    Args:
        near: how far ahead a last moment counts as near.
        check: only what somebody says is done, asks for, or drafted, and another one must look at.
        text: part of a number, a title, or of a code or name of the object.
    """

    scope: Scope = Scope.MINE
    kinds: tuple[Kind, ...] = ()
    urgency: Urgency | None = None
    near: timedelta = NEAR
    check: bool = False
    region_code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do."""

    kind: Kind
    pk: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many things of a kind wait; `check`: how many of them are checks of what another one did."""

    total: int = 0
    breached: int = 0
    near: int = 0
    check: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """Where things of one kind come from.

    Args:
        mine: what waits for an actor at a moment.
        everybody: what waits for anybody.
        due, since, level: expressions: the last moment, since when it waits, how severe it is.
        regions: lookups of the region code; any one counts.
        texts: lookups that a search looks at.
        check: which of them are checks; None: none of them.
    """

    mine: Callable[[Actor, datetime], Rows]
    everybody: Callable[[Actor, datetime], Rows]
    due: Callable[[], Any]
    since: str
    level: Callable[[], Any]
    region: str
    texts: tuple[str, ...]
    check: Callable[[], Q] | None = None


def items(actor: Actor, at: datetime, wanted: Wanted, start: int, count: int) -> list[Item]:
    """Things to do, the nearest last moment first, then the most severe, then those that wait longest."""
    # Each kind gives only as many as the page can reach: its index gives them in order, whatever else waits.
    reach = start + count
    parts = [_columns(kind, rows).order_by(*ORDER)[:reach] for kind, rows in _matching(actor, at, wanted).items()]
    if not parts:
        return []
    whole = parts[0].union(*parts[1:], all=True).order_by(*ORDER) if len(parts) > 1 else parts[0]
    return [Item(Kind(row["todo_kind"]), row["todo_key"], row["todo_due"]) for row in whole[start:reach]]


def tallies(actor: Actor, at: datetime, wanted: Wanted) -> dict[Kind, Tally]:
    """How many of each kind match, whatever kinds and urgency are asked for."""
    every = _matching(actor, at, replace(wanted, kinds=(), urgency=None))
    return {kind: _tally(rows, at, wanted.near, SOURCES[kind].check) for kind, rows in every.items()}


def length(counted: Mapping[Kind, Tally], wanted: Wanted) -> int | None:
    """How many things match, where the tallies tell it."""
    chosen = [tally for kind, tally in counted.items() if not wanted.kinds or kind in wanted.kinds]
    match wanted.urgency:
        case None:
            return sum(one.total for one in chosen)
        case Urgency.BREACHED:
            return sum(one.breached for one in chosen)
        case Urgency.NEAR:
            return sum(one.near for one in chosen)
    return None


def matching(actor: Actor, at: datetime, wanted: Wanted) -> int:
    """How many things match, counted."""
    return sum(rows.count() for rows in _matching(actor, at, wanted).values())


def _matching(actor: Actor, at: datetime, wanted: Wanted) -> dict[Kind, Rows]:
    found = {}
    for kind, source in SOURCES.items():
        if (wanted.kinds and kind not in wanted.kinds) or (wanted.check and source.check is None):
            continue
        if wanted.scope is Scope.ALL and kind is Kind.FOLLOWED:
            continue  # among the cases
        read = source.mine if wanted.scope is Scope.MINE else source.everybody
        rows = read(actor, at).annotate(todo_due=source.due()).filter(_narrowed(source, wanted))
        found[kind] = rows.filter(_urgency(wanted.urgency, at, wanted.near))
    return found


def _narrowed(source: Source, wanted: Wanted) -> Q:
    condition = source.check() if wanted.check and source.check else Q()
    if prefix := region_prefix(wanted.region_code):
        condition &= Q(**{f"{source.region}__startswith": prefix})
    for word in wanted.text.split():
        anywhere = Q()
        for place in source.texts:
            anywhere |= Q(**{f"{place}__icontains": word})
        condition &= anywhere
    return condition


def _urgency(urgency: Urgency | None, at: datetime, near: timedelta) -> Q:
    match urgency:
        case Urgency.BREACHED:
            return Q(todo_due__lt=at)
        case Urgency.NEAR:
            return Q(todo_due__gte=at, todo_due__lt=at + near)
        case Urgency.LATER:
            return Q(todo_due__gte=at + near)
        case Urgency.NONE:
            return Q(todo_due=None)
    return Q()


def _tally(rows: Rows, at: datetime, near: timedelta, check: Callable[[], Q] | None) -> Tally:
    wanted = {
        "total": Count("pk"),
        "breached": Count("pk", filter=_urgency(Urgency.BREACHED, at, near)),
        "near": Count("pk", filter=_urgency(Urgency.NEAR, at, near)),
    }
    if check:
        wanted["check"] = Count("pk", filter=check() or None)
    counted = rows.order_by().aggregate(**wanted)
    return Tally(**counted)


def _columns(kind: Kind, rows: Rows) -> Rows:
    source = SOURCES[kind]
    named: Rows = rows.order_by().annotate(
        todo_kind=Value(kind.value),
        todo_key=F("pk"),
        todo_level=Cast(source.level(), SmallIntegerField()),
        todo_since=F(source.since),
    )
    listed: Rows = named.values("todo_kind", "todo_key", "todo_due", "todo_level", "todo_since")
    return listed


def holding(actor: Actor, verb: Verb) -> Actor:
    """The actor with only those roles that may use a verb: what is visible to it is what the actor may use it on."""
    return replace(actor, grants=tuple(grant for grant in actor.grants if grant.role in TABLE[verb]))


def _cases(actor: Actor, at: datetime) -> Rows:
    return Case.objects.filter(waits_for(actor)).exclude(relation=Relation.PART)


def _all_cases(actor: Actor, at: datetime) -> Rows:
    return Case.objects.visible_to(actor).filter(waits_for_anybody()).exclude(relation=Relation.PART)


def _tasks(actor: Actor, at: datetime) -> Rows:
    return Case.objects.filter(waits_for(actor), relation=Relation.PART)


def _all_tasks(actor: Actor, at: datetime) -> Rows:
    return Case.objects.visible_to(actor).filter(waits_for_anybody(), relation=Relation.PART)


def _followed(actor: Actor, at: datetime) -> Rows:
    mine = Case.objects.visible_to(actor).filter(RUNNING & waits_for_anybody(), responsible=actor.username)
    return mine.exclude(pk__in=Case.objects.filter(waits_for(actor), responsible=actor.username).values("pk"))


def _parts(actor: Actor, at: datetime) -> Rows:
    return _all_parts(actor, at).filter(org__in=sorted(actor.orgs))


def _all_parts(actor: Actor, at: datetime) -> Rows:
    open_cases = Case.objects.visible_to(actor).filter(RUNNING)
    return CasePart.objects.filter(done_at=None, case__in=open_cases.values("pk"))


def _findings(actor: Actor, at: datetime) -> Rows:
    # While the enterprise still has time to answer, or its answer waits, the finding itself waits for nobody.
    answering = Q(answer_state=AnswerState.ANSWERED) | Q(
        answer_state__in=(AnswerState.ASKED, AnswerState.REFUSED), answer_due_at__gte=at
    )
    official = replace(actor, grants=actor.official_grants)
    rows = Finding.objects.visible_to(holding(official, Verb.DISMISS_FINDING))
    return needs_attention(rows).exclude(answering)


def _all_findings(actor: Actor, at: datetime) -> Rows:
    # Questions and answers are lists of their own.
    rows = needs_attention(Finding.objects.visible_to(replace(actor, grants=actor.official_grants)))
    return rows.exclude(answer_state__in=(AnswerState.ASKED, AnswerState.REFUSED, AnswerState.ANSWERED))


def _answers(actor: Actor, at: datetime) -> Rows:
    return _answered(Finding.objects.visible_to(holding(actor, Verb.REFUSE_ANSWER)))


def _all_answers(actor: Actor, at: datetime) -> Rows:
    return _answered(Finding.objects.visible_to(replace(actor, grants=actor.official_grants)))


def _answered(rows: Rows) -> Rows:
    return rows.filter(answer_state=AnswerState.ANSWERED, status__in=OPEN_STATUSES, silenced_by=None)


def _questions(actor: Actor, at: datetime) -> Rows:
    asked = (AnswerState.ASKED, AnswerState.REFUSED)
    rows = Finding.objects.visible_to(holding(actor, Verb.ANSWER_FINDING))
    return rows.filter(answer_state__in=asked, status__in=OPEN_STATUSES)


def _all_questions(actor: Actor, at: datetime) -> Rows:
    asked = (AnswerState.ASKED, AnswerState.REFUSED)
    return Finding.objects.visible_to(actor).filter(answer_state__in=asked, status__in=OPEN_STATUSES)


def _windows(actor: Actor, at: datetime) -> Rows:
    return _announced(MaintenanceWindow.objects.visible_to(holding(actor, Verb.DECIDE_WINDOW)), at)


def _all_windows(actor: Actor, at: datetime) -> Rows:
    return _announced(MaintenanceWindow.objects.visible_to(replace(actor, grants=actor.official_grants)), at)


def _announced(rows: Rows, at: datetime) -> Rows:
    return rows.filter(state=WindowState.ANNOUNCED, ends_at__gt=at)


def _occurrences(actor: Actor, at: datetime) -> Rows:
    # What an enterprise owes is its own to do; officials do what concerns no enterprise.
    own = Q(object__enterprise_code__in=sorted(actor.enterprises))
    officials = replace(holding(actor, Verb.FULFIL_OBLIGATION), grants=_official(actor, Verb.FULFIL_OBLIGATION))
    public = Q(pk__in=Occurrence.objects.visible_to(officials).filter(object__enterprise_code="").values("pk"))
    return _due(Occurrence.objects.filter(own | public), at)


def _official(actor: Actor, verb: Verb) -> tuple[Any, ...]:
    return tuple(grant for grant in actor.official_grants if grant.role in TABLE[verb])


def _all_occurrences(actor: Actor, at: datetime) -> Rows:
    return _due(Occurrence.objects.visible_to(actor), at)


def _due(rows: Rows, at: datetime) -> Rows:
    return rows.filter(state__in=[one.value for one in OPEN], opens_on__lte=at.astimezone(SHANGHAI).date())


def _entries(actor: Actor, at: datetime) -> Rows:
    drafts = in_states(with_state(_books(actor, Verb.APPROVE_ENTRY)), EntryState.DRAFT)
    approved = in_states(with_state(_books(actor, Verb.KEEP_LEDGER)), EntryState.APPROVED)
    # Nobody approves an entry of their own.
    waiting = Q(pk__in=drafts.exclude(drafted_by=actor.username).values("pk")) | Q(pk__in=approved.values("pk"))
    return with_state(LedgerEntry.objects.filter(waiting))


def _all_entries(actor: Actor, at: datetime) -> Rows:
    official = replace(actor, grants=actor.official_grants)
    rows = with_state(LedgerEntry.objects.visible_to(official))
    return in_states(rows, EntryState.DRAFT, EntryState.APPROVED)


def _books(actor: Actor, verb: Verb) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.visible_to(holding(actor, verb))


def _no_moment() -> Cast:
    return Cast(Value(None), DateTimeField())  # a bare null has no type where parts of a list are put together


def _fixed(level: int) -> Callable[[], Value]:
    return lambda: Value(level, output_field=SmallIntegerField())


ON_CASE = ("number", "title", "title_en", "object__code", "object__name", "place")
ON_FINDING = ("number", "object__code", "object__name", "object__enterprise_code")
NEXT_END: Callable[[], Any] = lambda: F("next_due_at")  # noqa: E731  a table of expressions
SEVERITY: Callable[[], Any] = lambda: F("severity")  # noqa: E731  a table of expressions
ORDINARY, IMPORTANT = 1, 2
SOURCES: Mapping[Kind, Source] = {
    Kind.CASE: Source(
        _cases, _all_cases, NEXT_END, "state_since", SEVERITY, "region_code", ON_CASE, check=checked_next
    ),
    Kind.TASK: Source(
        _tasks, _all_tasks, NEXT_END, "state_since", SEVERITY, "region_code", ON_CASE, check=checked_next
    ),
    Kind.FOLLOWED: Source(_followed, _all_cases, NEXT_END, "state_since", SEVERITY, "region_code", ON_CASE),
    Kind.PART: Source(
        _parts,
        _all_parts,
        lambda: F("case__next_due_at"),
        "joined_at",
        lambda: F("case__severity"),
        "case__region_code",
        ("task", "org", *(f"case__{name}" for name in ON_CASE)),
    ),
    Kind.FINDING: Source(
        _findings, _all_findings, lambda: F("answer_due_at"), "raised_at", SEVERITY, "object__region_code", ON_FINDING
    ),
    Kind.ANSWER: Source(
        _answers, _all_answers, _no_moment, "answered_at", SEVERITY, "object__region_code", ON_FINDING, check=Q
    ),
    Kind.QUESTION: Source(
        _questions,
        _all_questions,
        lambda: F("answer_due_at"),
        "asked_at",
        SEVERITY,
        "object__region_code",
        ON_FINDING,
    ),
    Kind.WINDOW: Source(
        _windows,
        _all_windows,
        lambda: F("starts_at"),
        "announced_at",
        _fixed(ORDINARY),
        "object__region_code",
        ("number", "reason", "object__code", "object__name"),
        check=Q,
    ),
    Kind.OCCURRENCE: Source(
        _occurrences,
        _all_occurrences,
        lambda: F("due_at"),
        "planned_at",
        _fixed(IMPORTANT),
        "object__region_code",
        ("number", "title", "item", "object__code", "object__name"),
    ),
    Kind.ENTRY: Source(
        _entries,
        _all_entries,
        _no_moment,
        "drafted_at",
        _fixed(ORDINARY),
        "region_code",
        ("number", "text", "decision"),
        check=lambda: Q(state=EntryState.DRAFT),
    ),
}


def tabs(actor: Actor, at: datetime, near: timedelta = NEAR) -> Mapping[str, int]:
    """The four lists of the command desk: mine, about to breach, breached, waiting for check."""
    mine = tallies(actor, at, Wanted(near=near))
    every = tallies(actor, at, Wanted(scope=Scope.ALL, near=near))
    return {
        "mine": sum(one.total for kind, one in mine.items() if kind is not Kind.FOLLOWED),
        "near": sum(one.near for one in every.values()),
        "breached": sum(one.breached for one in every.values()),
        "check": sum(one.check for one in every.values()),
    }
