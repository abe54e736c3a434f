"""Cases that wait for the enterprise: their procedure lets it take them on from the state that they are in."""

from __future__ import annotations

from functools import cache

from django.db.models import Q

from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import template_of
from qingtian.domain.procedures import Transition, awaited_steps
from qingtian.packs.procedures import load_procedures

NOTHING = Q(pk__in=[])


@cache
def waiting_for_enterprise() -> Q:
    """Open cases that an enterprise takes on; what it only may do, such as an appeal, waits for nobody."""
    found = NOTHING
    for (code, version), template in load_procedures().items():
        states = [one.code for one in template.states if any(map(_own, awaited_steps(template, one.code)))]
        if states:
            found |= Q(template=code, template_version=version, state__in=states)
    return found & Q(closed_at=None, duplicate_of=None)


def enterprise_steps(case: Case) -> list[Transition]:
    """The steps by which the enterprise takes a case on from its present state."""
    return [step for step in awaited_steps(template_of(case), case.state) if _own(step)]


def _own(step: Transition) -> bool:
    return Role.ENTERPRISE_USER in step.roles
