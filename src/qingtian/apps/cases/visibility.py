"""Which cases an actor may see."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from qingtian.apps.accounts.actor import Actor, Grant
from qingtian.apps.accounts.scope import region_prefix
from qingtian.packs.procedures import load_procedures

if TYPE_CHECKING:
    from qingtian.apps.cases.models import Case  # noqa: F401  named in the base class

NOTHING = Q(pk__in=[])


class CaseQuerySet(models.QuerySet["Case"]):
    """Reads of cases."""

    def visible_to(self, actor: Actor) -> Self:
        """Cases in the actor's scope; an enterprise sees its own, in the states that the procedure shows it."""
        allowed = NOTHING
        for grant in actor.official_grants:
            allowed |= self.under(grant)
        if actor.enterprises:
            allowed |= Q(enterprise_code__in=sorted(actor.enterprises)) & shown_to_enterprise()
        return self.filter(allowed)

    def under(self, grant: Grant) -> Q:
        """Cases in the scope of one role of an official."""
        condition = ~NOTHING
        if prefix := region_prefix(grant.region_code):
            condition &= Q(region_code__startswith=prefix)
        if grant.org:
            condition &= self._of_org(grant.org)
        if grant.case_type:
            condition &= Q(template=grant.case_type)
        return condition

    def _of_org(self, org: str) -> Q:
        # An enterprise, or an organisation that works on the case.
        parts = self.model._meta.get_field("parts").related_model._base_manager.filter(org=org)
        return (
            Q(enterprise_code=org)
            | Q(org=org)
            | Q(first_org=org)
            | Q(asked_org=org)
            | Q(pk__in=parts.values("case_id"))
        )


@cache
def shown_to_enterprise() -> Q:
    """Cases that the enterprise they are about may see: the procedure may keep a complaint or a clue from it."""
    hidden = NOTHING
    for (code, version), template in load_procedures().items():
        if template.enterprise_states is not None:
            same = Q(template=code, template_version=version)
            hidden |= same & ~Q(state__in=template.enterprise_states)
    return ~hidden
