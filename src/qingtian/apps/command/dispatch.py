"""Dispatch: open cases where they are, and people with how much they have to do and how far away it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import cos, hypot, radians, sqrt
from typing import Any

from django.db.models import Count, F, FloatField, Min, Q, QuerySet
from django.db.models.functions import Coalesce

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.accounts.queries import colleagues
from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.cases.models import Case, Relation
from qingtian.apps.cases.queries import template_of
from qingtian.apps.command.todo import NEAR, Item, Kind
from qingtian.apps.command.waiting import waits_for_anybody
from qingtian.apps.registry.grids import grid_of, keepers_of
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.procedures import awaited_roles

KM_OF_A_DEGREE = 111.195  # of a great circle, mean radius of the Earth
SEVERE = 3


@dataclass(frozen=True, slots=True)
class Places:
    """Which open cases.

    Args:
        assigned: True for those in somebody's charge, False for the others.
        responsible: username.
    """

    assigned: bool | None = None
    responsible: str = ""
    template: str = ""
    region_code: str = ""
    severity: int | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """How much somebody has in charge."""

    open: int = 0
    breached: int = 0
    near: int = 0
    severe: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could take a case.

    Args:
        awaited: whether they hold a role that the next step awaits.
        keeper: whether they act for an organisation that keeps the grid of the place.
        nearest_km: to the nearest open case in their charge; None where there is none with a place.
        office_km: to the nearest of their organisations with a place.
    """

    user: User
    who: Actor
    load: Load
    awaited: bool
    keeper: bool
    nearest_km: float | None
    office_km: float | None


def open_cases(actor: Actor, at: datetime, wanted: Places) -> QuerySet[Case]:
    """Running cases and check tasks that wait for a person, the nearest last moment first."""
    rows = _visible(actor).filter(waits_for_anybody(), _condition(wanted))
    return _located(rows).order_by("next_due_at", "-severity", "state_since", "pk")


def items_of(rows: Iterable[Case]) -> list[Item]:
    """Cases of `open_cases` as things to do."""
    return [Item(Kind.TASK if row.relation == Relation.PART else Kind.CASE, row.pk, row.next_due_at) for row in rows]


def loads(actor: Actor, at: datetime, near: timedelta = NEAR) -> dict[str, Load]:
    """What everybody has in charge, by username; the empty name: what is in nobody's."""
    counted = (
        _visible(actor)
        .filter(waits_for_anybody())
        .order_by()
        .values("responsible")
        .annotate(
            open=Count("pk"),
            breached=Count("pk", filter=Q(next_due_at__lt=at)),
            near=Count("pk", filter=Q(next_due_at__gte=at, next_due_at__lt=at + near)),
            severe=Count("pk", filter=Q(severity__gte=SEVERE)),
        )
    )
    return {row["responsible"]: Load(row["open"], row["breached"], row["near"], row["severe"]) for row in counted}


def candidates(actor: Actor, at: datetime, case: Case) -> list[Candidate]:
    """Who could take a case: keepers of its grid first, then those whose step is next, then by load and distance.

    Raises:
        NotPermitted: the actor is no official.
    """
    people = [(user, who) for user, who in colleagues(actor) if _may_take(who, case)]
    point, roles = point_of(case), awaited_roles(template_of(case), case.state)
    keepers, had = _keepers(point, at), loads(actor, at)
    nearest, offices = _nearest(actor, case, point), _offices(people, point)
    found = [
        Candidate(
            user,
            who,
            had.get(user.username, Load()),
            awaited=bool(who.roles & roles),
            keeper=bool(who.orgs & keepers),
            nearest_km=nearest.get(user.username),
            office_km=min((offices[org] for org in who.orgs if org in offices), default=None),
        )
        for user, who in people
    ]
    return sorted(found, key=_suitable)


def point_of(case: Case) -> tuple[float, float] | None:
    """Where a case is: its own point, or that of its object; degrees east and north, WGS 84."""
    for row in (case, case.object):
        if row is not None and row.lon is not None and row.lat is not None:
            return row.lon, row.lat
    return None


def grid_at(case: Case, at: datetime) -> RegistryObject | None:
    """The grid that a case lies in."""
    point = point_of(case)
    return None if point is None else grid_of(point, at)


def _suitable(one: Candidate) -> tuple[bool, bool, int, float, str]:
    far = one.nearest_km if one.nearest_km is not None else one.office_km
    return not one.keeper, not one.awaited, one.load.open, float("inf") if far is None else far, one.user.username


def _may_take(who: Actor, case: Case) -> bool:
    return may(
        who,
        Verb.MOVE_CASE,
        region_code=case.region_code,
        enterprise_code=case.enterprise_code,
        case_type=case.template,
        orgs=case.orgs,
    )


def _keepers(point: tuple[float, float] | None, at: datetime) -> frozenset[str]:
    grid = None if point is None else grid_of(point, at)
    return frozenset(row.code for row in keepers_of(grid, at)) if grid is not None else frozenset()


def _nearest(actor: Actor, case: Case, point: tuple[float, float] | None) -> dict[str, float]:
    """Kilometres from a point to the nearest open case in charge of each person: flat, good enough for a city."""
    if point is None:
        return {}
    east, north = point
    squeeze = cos(radians(north))
    d_east = (F("east") - east) * squeeze
    d_north = F("north") - north
    rows: QuerySet[Any] = _located(
        _visible(actor).filter(waits_for_anybody()).exclude(pk=case.pk).exclude(responsible="")
    )
    far = rows.filter(east__isnull=False, north__isnull=False).order_by().values("responsible")
    counted = far.annotate(square=Min(d_east * d_east + d_north * d_north, output_field=FloatField()))
    return {row["responsible"]: sqrt(row["square"]) * KM_OF_A_DEGREE for row in counted}


def _offices(people: Iterable[tuple[User, Actor]], point: tuple[float, float] | None) -> dict[str, float]:
    if point is None:
        return {}
    codes = {org for _, who in people for org in who.orgs} - {"*"}
    rows = RegistryObject.objects.filter(type=ObjectType.ORGANISATION, code__in=codes).exclude(lon=None)
    squeeze = cos(radians(point[1]))
    return {
        row.code: hypot((row.lon - point[0]) * squeeze, row.lat - point[1]) * KM_OF_A_DEGREE
        for row in rows
        if row.lon is not None and row.lat is not None
    }


def _visible(actor: Actor) -> QuerySet[Case]:
    return Case.objects.visible_to(replace(actor, grants=actor.official_grants))


def _located(rows: QuerySet[Case]) -> QuerySet[Case]:
    return rows.annotate(east=Coalesce(F("lon"), F("object__lon")), north=Coalesce(F("lat"), F("object__lat")))


def _condition(wanted: Places) -> Q:
    condition = Q()
    if wanted.assigned is not None:
        condition &= ~Q(responsible="") if wanted.assigned else Q(responsible="")
    if prefix := region_prefix(wanted.region_code):
        condition &= Q(region_code__startswith=prefix)
    exact = {"responsible": wanted.responsible, "template": wanted.template, "severity": wanted.severity}
    return condition & Q(**{name: value for name, value in exact.items() if value})
