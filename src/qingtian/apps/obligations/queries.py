"""Reads of obligations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, F, Q, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.obligations.models import Obligation, Occurrence, SubmittedPlan
from qingtian.domain.errors import NotVisible
from qingtian.domain.obligations import OPEN, State, Tally

SEARCHED = ("number", "title", "item", "object__code", "object__name", "object__name_en", "object__enterprise_code")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which occurrences; what is None or empty does not restrict.

    Args:
        due_first, due_last: the last day lies between these, both counted.
        overdue: True for those that are still open after their last moment.
        opened: True for those that can be done by now, False for those that open later.
        text: part of a number, a title, or of a code or name of the object.
    """

    states: tuple[State, ...] = ()
    templates: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    region_code: str = ""
    enterprise_code: str = ""
    object_code: str = ""
    obligation: int | None = None
    item: str = ""
    due_first: date | None = None
    due_last: date | None = None
    overdue: bool | None = None
    opened: bool | None = None
    text: str = ""


def occurrences(actor: Actor, wanted: Wanted, now: datetime) -> QuerySet[Occurrence]:
    """Occurrences that the actor may see and that match, in the order in which they are due."""
    rows = Occurrence.objects.visible_to(actor).filter(_condition(wanted))
    if wanted.overdue is not None:
        late = Q(state__in=[one.value for one in OPEN], due_at__lte=now)
        rows = rows.filter(late) if wanted.overdue else rows.exclude(late)
    if wanted.opened is not None:
        rows = rows.filter(opens_on__lte=now.date()) if wanted.opened else rows.filter(opens_on__gt=now.date())
    return rows.select_related("object", "obligation", "finding").order_by("due_at", "id")


def visible_occurrence(actor: Actor, occurrence_id: int, *, lock: bool = False) -> Occurrence:
    """An occurrence that the actor may see.

    Args:
        lock: hold the row until the transaction ends.
    Raises:
        NotVisible: there is none.
    """
    rows = Occurrence.objects.visible_to(actor).select_related("object", "obligation")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(pk=occurrence_id).first()
    if found is None:
        raise NotVisible(
            f"there is no occurrence {occurrence_id}", field="occurrence", remedy="choose one from the calendar"
        )
    return found


def visible_obligation(actor: Actor, obligation_id: int, *, lock: bool = False) -> Obligation:
    """A standing duty that the actor may see.

    Args:
        lock: hold the row until the transaction ends.
    Raises:
        NotVisible: there is none.
    """
    rows = Obligation.objects.visible_to(actor).select_related("object", "basis")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(pk=obligation_id).first()
    if found is None:
        raise NotVisible(
            f"there is no obligation {obligation_id}", field="obligation", remedy="choose one from the list"
        )
    return found


@dataclass(frozen=True, slots=True)
class Load:
    """What the occurrences of a duty or an object add up to."""

    open: int
    overdue: int
    missed: int


def load_by_obligation(rows: Iterable[Obligation], now: datetime) -> dict[int, Load]:
    """Open, overdue and missed occurrences of some duties, one query."""
    counted = (
        Occurrence.objects.filter(obligation__in=[row.pk for row in rows])
        .order_by()
        .values("obligation_id")
        .annotate(
            open=Count("pk", filter=Q(state__in=[one.value for one in OPEN])),
            overdue=Count("pk", filter=Q(state__in=[one.value for one in OPEN], due_at__lte=now)),
            missed=Count("pk", filter=Q(state=State.MISSED)),
        )
    )
    return {row["obligation_id"]: Load(row["open"], row["overdue"], row["missed"]) for row in counted}


def tallies(rows: QuerySet[Occurrence], by: str = "template") -> dict[str, Tally]:
    """Occurrences by state, for each value of a field."""
    counted = rows.order_by().values(by, "state").annotate(n=Count("pk"))
    found: dict[str, dict[str, int]] = {}
    for row in counted:
        found.setdefault(str(row[by]), {})[row["state"]] = row["n"]
    return {name: Tally(**{one.value: counts.get(one.value, 0) for one in State}) for name, counts in found.items()}


@dataclass(frozen=True, slots=True)
class DayCount:
    """What is due on a day, by state."""

    day: date
    counts: dict[str, int]


def by_day(rows: QuerySet[Occurrence]) -> list[DayCount]:
    """What is due on each day that has anything, oldest first."""
    counted = rows.order_by().values("due_on", "state").annotate(n=Count("pk")).order_by("due_on", "state")
    days: dict[date, dict[str, int]] = {}
    for row in counted:
        days.setdefault(row["due_on"], {})[row["state"]] = row["n"]
    return [DayCount(day, counts) for day, counts in days.items()]


def newest_plans(actor: Actor) -> QuerySet[SubmittedPlan]:
    """The newest version of every plan that the actor may see."""
    rows = SubmittedPlan.objects.visible_to(actor).order_by("enterprise_id", "-version")
    return rows.distinct("enterprise_id").select_related("enterprise")


def plan_versions(actor: Actor, enterprise_code: str) -> QuerySet[SubmittedPlan]:
    """Every version of the plan of an enterprise, newest first."""
    rows = SubmittedPlan.objects.visible_to(actor).filter(enterprise__code=enterprise_code)
    return rows.select_related("enterprise").order_by("-version")


def _condition(wanted: Wanted) -> Q:
    exact = {
        "state__in": [one.value for one in wanted.states] or None,
        "template__in": list(wanted.templates) or None,
        "obligation__group__in": list(wanted.groups) or None,
        "object__region_code__startswith": region_prefix(wanted.region_code) or None,
        "object__enterprise_code": wanted.enterprise_code or None,
        "object__code": wanted.object_code or None,
        "obligation_id": wanted.obligation,
        "item": wanted.item or None,
        "due_on__gte": wanted.due_first,
        "due_on__lte": wanted.due_last,
    }
    condition = Q(**{name: value for name, value in exact.items() if value is not None})
    text = wanted.text.strip()
    if not text:
        return condition
    found = Q()
    for place in SEARCHED:
        found |= Q(**{f"{place}__icontains": text})
    return condition & found


def last_done(obligation: Obligation) -> QuerySet[Occurrence]:
    """Occurrences of a duty that were done, the newest first."""
    done = obligation.occurrences.filter(state__in=(State.DONE, State.LATE))
    return done.order_by(F("fulfilled_at").desc(), "-id")
