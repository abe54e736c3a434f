"""Which cases wait for somebody, and until when: the awaited steps of procedures as conditions of the database."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from django.db.models import Q

from qingtian.apps.accounts.actor import Actor, Grant
from qingtian.apps.accounts.models import RoleGrant
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.models import Case, CaseClock
from qingtian.apps.cases.visibility import NOTHING, shown_to_enterprise
from qingtian.domain.procedures import ProcedureTemplate, awaited_roles, awaited_steps, waits_for_check
from qingtian.packs.procedures import load_procedures

# Something is still expected: not closed, not merged into another one, not written off and watched.
RUNNING = Q(closed_at=None, duplicate_of=None, written_off_at=None)
ACTS_FOR = "acts_for"  # the check that a step is for people of one organisation


def waits_for(actor: Actor) -> Q:
    """Running cases whose next step the actor may take, and that nobody else with that role was given.

    An organisation that is asked to take a case is the one whose answer is awaited, not the sender's.
    """
    found = NOTHING
    for grant in actor.official_grants:
        found |= Case.objects.all().under(grant) & _awaiting(grant) & _not_a_colleagues(actor, grant.role)
    if actor.enterprises:
        own = Q(enterprise_code__in=sorted(actor.enterprises)) & shown_to_enterprise()
        found |= own & _in_states(Role.ENTERPRISE_USER, asked=False)
    return found & RUNNING


def waits_for_anybody() -> Q:
    """Running cases that wait for a person; those that only time or the system moves are left out."""
    found = NOTHING
    for template in load_procedures().values():
        states = [one.code for one in template.states if awaited_roles(template, one.code)]
        found |= _of(template, states)
    return found & RUNNING


@cache
def checked_next() -> Q:
    """Cases in a state in which one must look at what another says is done."""
    found = NOTHING
    for template in load_procedures().values():
        found |= _of(template, [one.code for one in template.states if waits_for_check(template, one.code)])
    return found


def nearest_clock(case: Case) -> CaseClock | None:
    """The running clock that ends first, of a case whose clocks were fetched."""
    running = [one for one in case.clocks.all() if one.stopped_on is None and one.paused_on is None]
    binding = [one for one in running if one.rule.get("binding", True)]
    return min(binding, key=lambda one: (one.due_on, one.pk), default=None)


def _awaiting(grant: Grant) -> Q:
    asked = _in_states(grant.role, asked=True)
    if grant.org:
        asked &= Q(asked_org=grant.org)
    return _in_states(grant.role, asked=False) | asked


@cache
def _in_states(role: Role, *, asked: bool) -> Q:
    """States that await a role; `asked`: those in which only the asked organisation may answer."""
    found = NOTHING
    for template in load_procedures().values():
        found |= _of(template, list(_states(template, role, asked)))
    return found


def _states(template: ProcedureTemplate, role: Role, asked: bool) -> Iterator[str]:
    for state in template.states:
        mine = [step for step in awaited_steps(template, state.code) if role in step.roles]
        bound = [step for step in mine if any(template.guard(code).check == ACTS_FOR for code in step.guards)]
        if mine and (len(bound) == len(mine)) == asked:
            yield state.code


def _of(template: ProcedureTemplate, states: list[str]) -> Q:
    if not states:
        return NOTHING
    return Q(template=template.code, template_version=template.version, state__in=states)


def _not_a_colleagues(actor: Actor, role: Role) -> Q:
    # Whoever is responsible and holds the awaited role is the one who is awaited.
    holders = RoleGrant.objects.filter(role=role, user__is_active=True).exclude(user__username=actor.username)
    return Q(responsible="") | Q(responsible=actor.username) | ~Q(responsible__in=holders.values("user__username"))
