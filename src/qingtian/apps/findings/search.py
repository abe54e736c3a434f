"""Searching findings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.findings.kpi import supervised_by
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import needs_attention
from qingtian.apps.findings.states import Activity, AnswerState, Confirmation, Source, Status

HISTORY = timedelta(days=30)  # how far an alarm page looks back at the same place
HISTORY_ROWS = 50


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a finding must match; what is None or empty does not restrict.

    Args:
        attention: True for findings that somebody must still look at, False for the others.
        region_code: a city contains its districts.
        since: last seen at or after.
        until: first seen before.
        organisation: code of the one that supervises the object or its enterprise.
        text: part of a number, or of a code or name of the object or its enterprise.
    """

    confirmation: Confirmation | None = None
    activity: Activity | None = None
    statuses: tuple[Status, ...] = ()
    attention: bool | None = None
    kinds: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    answer: AnswerState | None = None
    answer_late: bool | None = None
    silenced: bool | None = None
    rule_id: str = ""
    organisation: str = ""
    raised_since: datetime | None = None
    raised_until: datetime | None = None
    severity: int | None = None
    min_severity: int | None = None
    region_code: str = ""
    object_code: str = ""
    enterprise_code: str = ""
    parameter: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


def search(actor: Actor, criteria: Criteria) -> QuerySet[Finding]:
    """Findings that the actor may see and that match, with what a list shows of them."""
    rows = Finding.objects.visible_to(actor).filter(_condition(criteria))
    if criteria.organisation:
        rows = rows.filter(supervised_by(criteria.organisation))
    if criteria.attention is not None:
        waiting = needs_attention(Finding.objects.visible_to(actor)).values("pk")
        rows = rows.filter(pk__in=waiting) if criteria.attention else rows.exclude(pk__in=waiting)
    return with_links(rows)


def with_links(rows: QuerySet[Finding]) -> QuerySet[Finding]:
    """Findings with their object and their cases, in a fixed number of queries."""
    return rows.select_related("object", "silenced_by").prefetch_related("case_links__case")


def same_place(actor: Actor, finding: Finding) -> QuerySet[Finding]:
    """Earlier findings at the object of a finding, the 30 days before it was first seen, newest first."""
    rows = Finding.objects.visible_to(actor).filter(object_id=finding.object_id).exclude(pk=finding.pk)
    recent = rows.filter(last_seen__gte=finding.first_seen - HISTORY, first_seen__lte=finding.last_seen)
    return with_links(recent).order_by("-last_seen", "-id")[:HISTORY_ROWS]


@dataclass(frozen=True, slots=True)
class Load:
    """How many findings wait at an object, and the worst of them."""

    count: int
    worst: int


def load_by_object(actor: Actor) -> dict[int, Load]:
    """Waiting findings by primary key of the object."""
    rows = needs_attention(Finding.objects.visible_to(actor)).order_by().values("object_id")
    counted = rows.annotate(count=Count("pk", distinct=True), worst=Max("severity"))
    return {row["object_id"]: Load(row["count"], row["worst"]) for row in counted}


def load_by_enterprise(actor: Actor) -> dict[str, Load]:
    """Waiting findings by code of the enterprise."""
    rows = needs_attention(Finding.objects.visible_to(actor)).exclude(object__enterprise_code="")
    counted = (
        rows.order_by().values("object__enterprise_code").annotate(n=Count("pk", distinct=True), w=Max("severity"))
    )
    return {row["object__enterprise_code"]: Load(row["n"], row["w"]) for row in counted}


def load_by_region(actor: Actor) -> dict[str, Load]:
    """Waiting findings by region code of the object."""
    rows = needs_attention(Finding.objects.visible_to(actor)).order_by().values("object__region_code")
    counted = rows.annotate(n=Count("pk", distinct=True), w=Max("severity"))
    return {row["object__region_code"]: Load(row["n"], row["w"]) for row in counted}


def ongoing_kinds_by_object(actor: Actor) -> dict[int, frozenset[str]]:
    """Kinds of the findings that go on and were not dismissed or merged, by primary key of the object."""
    rows = Finding.objects.visible_to(actor).filter(activity=Activity.ONGOING)
    rows = rows.exclude(status__in=(Status.DISMISSED, Status.MERGED_INTO))
    found: dict[int, set[str]] = {}
    for object_id, kind in rows.order_by().values_list("object_id", "kind").distinct():
        found.setdefault(object_id, set()).add(kind)
    return {object_id: frozenset(kinds) for object_id, kinds in found.items()}


@dataclass(frozen=True, slots=True)
class Waiting:
    """Findings that somebody must still look at, counted."""

    total: int
    unconfirmed: int
    ongoing: int
    by_severity: dict[int, int]


def waiting(actor: Actor) -> Waiting:
    """What waits in the actor's scope."""
    open_ids = needs_attention(Finding.objects.visible_to(actor)).values("pk")
    rows = Finding.objects.filter(pk__in=open_ids)
    counts = rows.aggregate(
        total=Count("pk"),
        unconfirmed=Count("pk", filter=Q(confirmation=Confirmation.UNCONFIRMED)),
        ongoing=Count("pk", filter=Q(activity=Activity.ONGOING)),
    )
    by_severity = dict(rows.order_by().values_list("severity").annotate(n=Count("pk")))
    return Waiting(by_severity={level: by_severity.get(level, 0) for level in (1, 2, 3, 4)}, **counts)


def _condition(wanted: Criteria) -> Q:
    exact = {
        "confirmation": wanted.confirmation,
        "activity": wanted.activity,
        "severity": wanted.severity,
        "object__code": wanted.object_code or None,
        "object__enterprise_code": wanted.enterprise_code or None,
        "parameter": wanted.parameter or None,
        "severity__gte": wanted.min_severity,
        "last_seen__gte": wanted.since,
        "first_seen__lt": wanted.until,
        "status__in": list(wanted.statuses) or None,
        "kind__in": list(wanted.kinds) or None,
        "source__in": list(wanted.sources) or None,
        "answer_state": wanted.answer,
        "answer_late": wanted.answer_late,
        "silenced_by__isnull": None if wanted.silenced is None else not wanted.silenced,
        "rule_id": wanted.rule_id or None,
        "raised_at__gte": wanted.raised_since,
        "raised_at__lt": wanted.raised_until,
        "object__region_code__startswith": region_prefix(wanted.region_code) or None,
    }
    condition = Q(**{name: value for name, value in exact.items() if value is not None})
    return condition & _text(wanted.text.strip()) if wanted.text.strip() else condition


def _text(text: str) -> Q:
    places = ("number", "object__code", "object__name", "object__name_en", "object__enterprise_code", "parameter")
    condition = Q()
    for place in places:
        condition |= Q(**{f"{place}__icontains": text})
    return condition
