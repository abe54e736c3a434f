"""Searching and counting cases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import DUE_SOON, View, listed
from qingtian.apps.registry.models import RegistryObject


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a case must match; what is None or empty does not restrict.

    Args:
        open: whether something is still expected.
        rebound: True for relapses only, False for first cases only.
        org: accountable organisation, or the one that is asked.
        parent: cases that belong to this one.
        since, until: opened at or after, and before.
        text: part of a number, a title, a pollutant code, or of a code or name of the object.
    """

    view: View = View.ALL
    states: tuple[str, ...] = ()
    template: str = ""
    severity: int | None = None
    region_code: str = ""
    object_code: str = ""
    enterprise_code: str = ""
    open: bool | None = None
    rebound: bool | None = None
    kind: str = ""
    org: str = ""
    responsible: str = ""
    parent: int | None = None
    relation: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """Cases of an actor's scope by urgency."""

    open: int
    due_soon: int
    overdue: int
    to_verify: int
    watching: int
    closed: int
    rebounds: int


def search(actor: Actor, criteria: Criteria, at: datetime) -> QuerySet[Case]:
    """Cases that the actor may see and that match, in the order of the view."""
    rows = listed(actor, criteria.view, at).filter(_condition(criteria))
    if criteria.open is not None:
        still = Q(closed_at=None, duplicate_of=None)
        rows = rows.filter(still) if criteria.open else rows.exclude(still)
    return with_links(rows)


def with_links(rows: QuerySet[Case]) -> QuerySet[Case]:
    """Cases with their object and clocks, in a fixed number of queries."""
    return rows.select_related("object", "rebound_of", "duplicate_of", "parent").prefetch_related("clocks")


def counts(actor: Actor, at: datetime) -> CaseCounts:
    """How many cases of each kind the actor may see."""
    still, running = Q(closed_at=None, duplicate_of=None), Q(written_off_at=None)
    values = Case.objects.visible_to(actor).aggregate(
        open=Count("pk", filter=still),
        due_soon=Count("pk", filter=still & running & Q(due_at__gte=at, due_at__lt=at + DUE_SOON)),
        overdue=Count("pk", filter=still & running & Q(due_at__lt=at)),
        to_verify=Count("pk", filter=still & Q(state="applied")),
        watching=Count("pk", filter=still & Q(written_off_at__isnull=False)),
        closed=Count("pk", filter=~still),
        rebounds=Count("pk", filter=Q(rebound_of__isnull=False)),
    )
    return CaseCounts(**values)


def after(rows: QuerySet[Case], cursor: tuple[datetime, int]) -> QuerySet[Case]:
    """Cases that come after a place in the order newest first."""
    opened_at, pk = cursor
    return rows.filter(Q(opened_at__lt=opened_at) | Q(opened_at=opened_at, pk__lt=pk))


@dataclass(frozen=True, slots=True)
class StateCount:
    """Cases in one state."""

    count: int = 0
    overdue: int = 0
    severe: int = 0


def by_state(rows: QuerySet[Case], at: datetime) -> dict[str, StateCount]:
    """How many of the cases are in each state."""
    counted = rows.order_by().values("state").annotate(count=Count("pk"), overdue=_overdue(at), severe=_SEVERE)
    return {row["state"]: StateCount(row["count"], row["overdue"], row["severe"]) for row in counted}


def open_by_template(actor: Actor, criteria: Criteria, at: datetime) -> dict[str, tuple[int, int]]:
    """Open cases and overdue ones of every procedure, whatever the procedure of the criteria."""
    wanted = replace(criteria, template="", states=(), open=True)
    rows = Case.objects.visible_to(actor).filter(_condition(wanted), closed_at=None, duplicate_of=None)
    counted = rows.order_by().values("template").annotate(count=Count("pk"), overdue=_overdue(at))
    return {row["template"]: (row["count"], row["overdue"]) for row in counted}


def newest_of_each(rows: QuerySet[Case], states: Iterable[str], count: int) -> list[int]:
    """Primary keys of the newest cases of each state, in one query."""
    plain = rows.order_by("-opened_at", "-pk").select_related(None).prefetch_related(None)
    parts = [plain.filter(state=state).values_list("pk", flat=True)[:count] for state in states]
    if not parts or not count:
        return []
    return list(parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0])


_SEVERE = Count("pk", filter=Q(severity__gte=3))


def _overdue(at: datetime) -> Count:
    return Count("pk", filter=Q(closed_at=None, duplicate_of=None, written_off_at=None, due_at__lt=at))


def open_by_enterprise(actor: Actor) -> dict[str, int]:
    """Open cases by code of the enterprise."""
    rows = Case.objects.visible_to(actor).filter(closed_at=None, duplicate_of=None).exclude(enterprise_code="")
    counted = rows.order_by().values("enterprise_code").annotate(count=Count("pk"))
    return {row["enterprise_code"]: row["count"] for row in counted}


def open_by_region(actor: Actor) -> dict[str, int]:
    """Open cases by region code of the object."""
    rows = Case.objects.visible_to(actor).filter(closed_at=None, duplicate_of=None)
    counted = rows.order_by().values("region_code").annotate(count=Count("pk"))
    return {row["region_code"]: row["count"] for row in counted}


def is_overdue(case: Case, at: datetime) -> bool:
    """Whether the due date of a running case has passed."""
    return _runs(case) and case.due_at is not None and case.due_at < at


def is_due_soon(case: Case, at: datetime) -> bool:
    """Whether the due date of a running case is near."""
    return _runs(case) and case.due_at is not None and at <= case.due_at < at + DUE_SOON


def _runs(case: Case) -> bool:
    return case.closed_at is None and case.duplicate_of_id is None and case.written_off_at is None


def _condition(wanted: Criteria) -> Q:
    exact = {
        "state__in": list(wanted.states) or None,
        "template": wanted.template or None,
        "severity": wanted.severity,
        "object__code": wanted.object_code or None,
        "enterprise_code": wanted.enterprise_code or None,
        "region_code__startswith": region_prefix(wanted.region_code) or None,
        "kind": wanted.kind or None,
        "responsible": wanted.responsible or None,
        "parent_id": wanted.parent,
        "relation": wanted.relation or None,
        "opened_at__gte": wanted.since,
        "opened_at__lt": wanted.until,
        "rebound_of__isnull": None if wanted.rebound is None else not wanted.rebound,
    }
    condition = Q(**{name: value for name, value in exact.items() if value is not None})
    if wanted.org:
        condition &= Q(org=wanted.org) | Q(asked_org=wanted.org)
    return condition & _text(wanted.text.strip()) if wanted.text.strip() else condition


def _text(text: str) -> Q:
    # Objects are few beside cases: they are searched once, not once for each case.
    objects = RegistryObject.objects.filter(_anywhere(text, ("code", "name", "name_en"))).order_by()
    return _anywhere(text, ("number", "title", "title_en", "parameter", "place")) | Q(object__in=objects.values("pk"))


def _anywhere(text: str, places: Iterable[str]) -> Q:
    condition = Q()
    for place in places:
        condition |= Q(**{f"{place}__icontains": text})
    return condition
