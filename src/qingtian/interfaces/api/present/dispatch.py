"""Open cases where they are, people with their load, and who could take one case."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q

from qingtian.apps.accounts.actor import UNOFFICIAL, Actor
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.accounts.queries import colleagues
from qingtian.apps.cases.queries import visible_case
from qingtian.apps.command import dispatch
from qingtian.apps.command.dispatch import Candidate, Load, Places
from qingtian.apps.command.todo import NEAR
from qingtian.interfaces.api.present.todo import todo_rows
from qingtian.interfaces.api.schemas.dispatch import (
    CandidateOut,
    CandidatesOut,
    DispatchOut,
    DispatchPerson,
    DispatchQuery,
    LoadOut,
)

WORKERS = TABLE[Verb.MOVE_CASE] - UNOFFICIAL
KM_DIGITS = 1


def dispatch_out(actor: Actor, now: datetime, query: DispatchQuery) -> DispatchOut:
    """Open cases that match, and everybody's load whatever matches.

    Raises:
        NotPermitted: the actor is no official.
    """
    people = colleagues(actor)
    rows = dispatch.open_cases(actor, now, _places(query))
    counted = rows.order_by().aggregate(
        total=Count("pk"),
        bare=Count("pk", filter=Q(east=None) | Q(north=None)),
        free=Count("pk", filter=Q(responsible="")),
    )
    had = dispatch.loads(actor, now)
    busy = [_person(user, who, had.get(user.username, Load())) for user, who in people if who.roles & WORKERS]
    return DispatchOut(
        cases=todo_rows(dispatch.items_of(rows[: query.limit]), now, NEAR),
        total=counted["total"],
        without_place=counted["bare"],
        unassigned=counted["free"],
        people=sorted(busy, key=lambda one: (-one.load.open, one.name, one.username)),
        may_assign=any(grant.role in TABLE[Verb.ASSIGN_CASE] for grant in actor.official_grants),
    )


def candidates_out(actor: Actor, now: datetime, case_id: int) -> CandidatesOut:
    """Who could take a case.

    Raises:
        NotVisible, NotPermitted.
    """
    case = visible_case(actor, case_id)
    grid = dispatch.grid_at(case, now)
    return CandidatesOut(
        case=case.pk,
        number=case.number,
        grid=grid.code if grid else "",
        grid_name=grid.name if grid else "",
        candidates=[_candidate(one) for one in dispatch.candidates(actor, now, case)],
    )


def _places(query: DispatchQuery) -> Places:
    return Places(
        assigned=query.assigned,
        responsible=query.responsible or "",
        template=query.template or "",
        region_code=query.region or "",
        severity=query.severity,
    )


def _person(user: User, who: Actor, load: Load) -> DispatchPerson:
    name = user.display_name or user.username
    return DispatchPerson(
        username=user.username,
        name=name,
        name_en=user.display_name_en or name,
        roles=sorted(who.roles),
        load=LoadOut(open=load.open, breached=load.breached, near=load.near, severe=load.severe),
    )


def _candidate(one: Candidate) -> CandidateOut:
    return CandidateOut(
        **_person(one.user, one.who, one.load).model_dump(),
        awaited=one.awaited,
        keeper=one.keeper,
        nearest_km=_km(one.nearest_km),
        office_km=_km(one.office_km),
    )


def _km(value: float | None) -> str | None:
    return None if value is None else f"{value:.{KM_DIGITS}f}"
