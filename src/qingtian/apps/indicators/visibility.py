"""Which values and decisions an actor may see: officials of the place or of a part of it; air and water are public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.scope import region_prefix
from qingtian.domain.standards.provenance import region_chain

if TYPE_CHECKING:
    from qingtian.apps.indicators.models import (  # noqa: F401  named in the base classes
        DecisionRecord,
        IndicatorValue,
        ReportedFigure,
    )

PUBLIC_GROUPS = ("air", "water")
CREDIT_GRADE = "env_credit_grade"  # recorded with the code of the enterprise as its subject, which may see it
NOTHING = Q(pk__in=[])


def _governed(actor: Actor) -> Q:
    """Rows of regions in the actor's scope, and of the regions above it: a district sees the figures of its city."""
    allowed = NOTHING
    for grant in actor.official_grants:
        prefix = region_prefix(grant.region_code)
        above = region_chain(grant.region_code) if grant.region_code else ()
        allowed |= Q(region__startswith=prefix) | Q(region__in=above)
    return allowed


class ValueQuerySet(models.QuerySet["IndicatorValue"]):
    """Reads of values."""

    def visible_to(self, actor: Actor) -> Self:
        """Values of the actor's places; those of air and water are public."""
        return self.filter(_governed(actor) | Q(group__in=PUBLIC_GROUPS))

    def newest(self) -> Self:
        """The last version of every period."""
        return self.order_by("code", "region", "span", "first", "-version").distinct("code", "region", "span", "first")


class FigureQuerySet(models.QuerySet["ReportedFigure"]):
    """Reads of reported figures."""

    def visible_to(self, actor: Actor) -> Self:
        """Figures of the actor's places."""
        return self.filter(_governed(actor))


class DecisionQuerySet(models.QuerySet["DecisionRecord"]):
    """Reads of recorded decisions."""

    def visible_to(self, actor: Actor) -> Self:
        """Decisions of the actor's places, what an actor decided, and the credit grade of the actor's enterprises."""
        own = Q(table=CREDIT_GRADE, subject__in=sorted(actor.enterprises))
        return self.filter(_governed(actor) | Q(decided_by=actor.username) | own)
