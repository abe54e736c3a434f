"""What waits on site, and what is needed there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from math import cos, radians

from django.db.models import F, FloatField, Q, QuerySet
from django.db.models.functions import Coalesce

from qingtian.apps.accounts.actor import Actor, actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.accounts.roles import Role
from qingtian.apps.accounts.scope import region_contains
from qingtian.apps.cases.models import Case
from qingtian.apps.fieldwork.models import Sending
from qingtian.domain.fieldwork import CheckItem, Checklist, fitting
from qingtian.domain.procedures.waiting import awaited_roles
from qingtian.packs.checklists import check_items, checklists
from qingtian.packs.procedures import load_procedures
from qingtian.runtime.settings import get_settings

ON_SITE = frozenset({Role.INSPECTOR, Role.HANDLER})


class Whose(StrEnum):
    """Which tasks."""

    MINE = "mine"  # given to me by name
    OPEN = "open"  # of my organisation or district, given to nobody yet
    ALL = "all"  # both


@dataclass(frozen=True, slots=True)
class Near:
    """Where somebody stands: degrees, WGS 84."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Colleague:
    """An inspector with a card."""

    username: str
    name: str
    name_en: str
    card: str


def field_tasks(actor: Actor, whose: Whose = Whose.ALL, near: Near | None = None) -> QuerySet[Case]:
    """Open cases with a step that somebody on site takes, the most urgent first, or the nearest.

    Args:
        near: sort by the distance from there; what has no place comes last.
    """
    rows = Case.objects.visible_to(actor).filter(closed_at=None, duplicate_of=None, written_off_at=None)
    rows = rows.filter(_waiting(frozenset(actor.roles & ON_SITE))).filter(_whose(actor, whose))
    rows = rows.annotate(
        site_lon=Coalesce("object__lon", "object__parent__lon", "lon", output_field=FloatField()),
        site_lat=Coalesce("object__lat", "object__parent__lat", "lat", output_field=FloatField()),
    )
    if near is None:
        return rows.order_by(F("due_at").asc(nulls_last=True), "-severity", "pk")
    # Flat enough for an order within a city; the distance that is shown is the great circle.
    narrow = cos(radians(near.lat))
    across, up = (F("site_lon") - near.lon) * narrow, F("site_lat") - near.lat
    return rows.annotate(square=across * across + up * up).order_by(F("square").asc(nulls_last=True), "pk")


def lists_of(case: Case, on: date) -> tuple[Checklist, ...]:
    """The checklists for a visit of a case.

    Args:
        on: day of the visit.
    """
    type_ = case.object.type if case.object else ""
    return fitting(checklists(on, get_settings().city_code), template=case.template, object_type=type_, kind=case.kind)


def is_mine(actor: Actor, case: Case) -> bool:
    """Whether a case is given to the actor by name."""
    return case.responsible == actor.username or actor.username in (case.fields.get("inspectors") or ())


def items_of(case: Case, on: date) -> tuple[CheckItem, ...]:
    """The lines of those checklists."""
    return check_items(tuple(one.checklist for one in lists_of(case, on)), on, get_settings().city_code)


def inspectors_for(actor: Actor) -> list[Colleague]:
    """Active inspectors with cards who work where the actor does; nobody for those who visit nothing."""
    if Role.INSPECTOR not in actor.roles:
        return []
    users = User.objects.filter(is_active=True, roles__role=Role.INSPECTOR).exclude(card_number="").distinct()
    own = [grant for grant in actor.grants if grant.role is Role.INSPECTOR]
    return [
        Colleague(user.username, user.display_name or user.username, user.display_name_en, user.card_number)
        for user in users.prefetch_related("roles").order_by("display_name", "username")
        if any(
            row.role == Role.INSPECTOR and _overlap(row.region_code, grant.region_code)
            for row in user.roles.all()
            for grant in own
        )
    ]


def may_visit(user: User, case: Case) -> bool:
    """Whether a person is an inspector for a case."""
    return may(
        actor_of(user),
        Verb.RECORD_VISIT,
        region_code=case.region_code,
        enterprise_code=case.enterprise_code,
        case_type=case.template,
        orgs=case.orgs,
    )


def sendings(actor: Actor, *, since: datetime | None = None) -> QuerySet[Sending]:
    """What the actor's phones have sent, the newest first."""
    rows = Sending.objects.visible_to(actor).select_related("case", "item").order_by("-id")
    return rows.filter(received_at__gte=since) if since else rows


def _named(actor: Actor) -> Q:
    return Q(responsible=actor.username) | Q(fields__inspectors__contains=[actor.username])


def _whose(actor: Actor, whose: Whose) -> Q:
    free = Q(responsible="") & ~Q(fields__has_key="inspectors")
    match whose:
        case Whose.MINE:
            return _named(actor)
        case Whose.OPEN:
            return free
        case Whose.ALL:
            return _named(actor) | free


@cache
def _waiting(roles: frozenset[Role]) -> Q:
    """Cases in a state that waits for one of the roles, by the version that they are pinned to."""
    found = Q(pk__in=[])
    for (code, version), template in load_procedures().items():
        states = sorted(one.code for one in template.states if roles & awaited_roles(template, one.code))
        if states:
            found |= Q(template=code, template_version=version, state__in=states)
    return found


def _overlap(one: str, other: str) -> bool:
    return region_contains(one, other) or region_contains(other, one)
