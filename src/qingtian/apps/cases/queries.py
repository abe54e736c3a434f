"""Reads of cases."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.facts import gather
from qingtian.apps.cases.models import Case
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.queries import history
from qingtian.domain.errors import InvalidInput, NotVisible
from qingtian.domain.procedures import EffectKind, NextStep, ProcedureTemplate, next_steps
from qingtian.packs.procedures import procedure

DUE_SOON = timedelta(days=7)  # a view, not a legal period


class View(StrEnum):
    """Lists of cases."""

    MINE = "mine"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    TO_VERIFY = "to_verify"
    ALL = "all"


def visible_case(actor: Actor, case_id: int, *, lock: bool = False, whole: bool = False) -> Case:
    """A case that the actor may see.

    Args:
        lock: hold the row until the transaction ends.
        whole: with its clocks and hand-overs, for its page.
    Raises:
        NotVisible: there is none.
    """
    rows = Case.objects.visible_to(actor).select_related("object", "rebound_of", "duplicate_of", "parent")
    rows = rows.prefetch_related("parts", *(("clocks", "handovers") if whole else ()))
    if lock:
        rows = rows.select_for_update(of=("self",))
    case = rows.filter(pk=case_id).first()
    if case is None:
        raise NotVisible(f"there is no case {case_id}", field="case", remedy="choose one from the list")
    return case


def template_of(case: Case) -> ProcedureTemplate:
    """The procedure that a case is pinned to."""
    return procedure(case.template, case.template_version)


def roles_on(actor: Actor, case: Case) -> frozenset[Role]:
    """Roles that an actor holds for one case."""
    return actor.roles_at(
        region_code=case.region_code,
        enterprise_code=case.enterprise_code,
        case_type=case.template,
        orgs=case.orgs,
    )


def steps_of(actor: Actor, case: Case, at: datetime) -> list[NextStep]:
    """Every step that leaves the state of a case, with what is still missing.

    Args:
        at: city time; legal days count by its date in Asia/Shanghai.
    """
    return next_steps(template_of(case), case.state, roles_on(actor, case), gather(case, at, actor=actor))


def reopens(case: Case, to: str) -> bool:
    """Whether a step takes a closed case up again; nothing else does, and a duplicate never."""
    if case.closed_at is None or case.duplicate_of_id is not None:
        return False
    steps = template_of(case).steps_from(case.state)
    return any(to in (step.code, step.target) and step.has(EffectKind.REOPEN) for step in steps)


def timeline(case: Case) -> QuerySet[Event]:
    """Everything that happened to a case, oldest first."""
    return history("case", case.pk)


def listed(actor: Actor, view: View, at: datetime) -> QuerySet[Case]:
    """Cases of a view that the actor may see, most urgent first where they have a due date."""
    rows = Case.objects.visible_to(actor).select_related("object")
    open_rows = rows.filter(closed_at=None, duplicate_of=None)
    running = open_rows.filter(written_off_at=None)
    match view:
        case View.MINE:
            return open_rows.filter(_mine(actor)).order_by("due_at", "-severity", "-id")
        case View.DUE_SOON:
            return running.filter(due_at__gte=at, due_at__lt=at + DUE_SOON).order_by("due_at", "-severity")
        case View.OVERDUE:
            return running.filter(due_at__lt=at).order_by("due_at", "-severity")
        case View.TO_VERIFY:
            return open_rows.filter(state="applied").order_by("state_since")
        case View.ALL:
            return rows.order_by("-opened_at", "-id")
    raise InvalidInput(f"no such view {view}", field="view", remedy=f"one of {', '.join(View)}")


def _mine(actor: Actor) -> Q:
    return Q(responsible=actor.username) | Q(enterprise_code__in=sorted(actor.enterprises))
