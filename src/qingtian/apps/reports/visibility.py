"""Who may read reports: officials whose scope holds all that the report is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from qingtian.apps.accounts.actor import Actor, Grant
from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.accounts.roles import Role
from qingtian.apps.accounts.scope import region_contains
from qingtian.apps.cases.models import Case
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.visibility import governed_by
from qingtian.runtime.settings import get_settings

if TYPE_CHECKING:
    from qingtian.apps.reports.models import Report, ReportTemplate  # noqa: F401  named in the base classes


class ReportQuerySet(models.QuerySet["Report"]):
    """Reads of reports."""

    def visible_to(self, actor: Actor) -> Self:
        """Reports of places in the actor's scope, and those of cases and enterprises that the actor may see.

        A role bound to one organisation or one kind of case sees less than a report of the place tells; an enterprise
        reads its own file on its own page, without the cases that are kept from it.
        """
        whole = [grant for grant in actor.official_grants if not grant.org and not grant.case_type]
        if not actor.official_grants:
            return self.none()
        officials = Actor(actor.user_id, actor.username, actor.official_grants)
        cases = Case.objects.visible_to(officials).values("pk")
        firms = RegistryObject.objects.filter(governed_by(Actor(actor.user_id, actor.username, tuple(whole)))).values(
            "pk"
        )
        allowed = Q(case__in=cases)
        if whole:
            allowed |= Q(case=None, object__in=firms) | Q(case=None, object=None, region__in=self._regions(whole))
        return self.filter(allowed)

    def _regions(self, grants: list[Grant]) -> list[str]:
        codes = self.model._base_manager.order_by().values_list("region", flat=True).distinct()
        return [code for code in codes if any(region_contains(grant.region_code, code) for grant in grants)]


class TemplateQuerySet(models.QuerySet["ReportTemplate"]):
    """Reads of templates."""

    def visible_to(self, actor: Actor) -> Self:
        """Templates are shared by all who make, issue or keep them in the city."""
        readers = (Verb.MAKE_REPORT, Verb.ISSUE_REPORT, Verb.KEEP_TEMPLATE, Verb.READ_JOURNAL)
        wanted = frozenset[Role]().union(*(TABLE[verb] for verb in readers))
        held = actor.roles_at(region_code=get_settings().city_code)
        return self if held & wanted else self.none()

    def in_use(self) -> Self:
        """The newest version of each kind that was not retired."""
        newest = self.filter(retired_at=None).order_by("kind", "-version").distinct("kind").values("pk")
        return self.filter(pk__in=newest).order_by("kind")
