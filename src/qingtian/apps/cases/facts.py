"""What the guards of a procedure look at, gathered from the case, its clocks, its evidence and later data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qingtian.apps.cases.effect import effect_of
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.queries import kinds_of
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.journal.record import SHANGHAI
from qingtian.domain.procedures import Facts

# Facts that only the server states; a form cannot set them.
SERVER_FACTS = ("today", "state", "effect", "evidence_kinds")


def gather(case: Case, at: datetime, form: Mapping[str, Any] | None = None) -> Facts:
    """Facts of a case at a moment of city time.

    Args:
        form: fields that come with the step; they count like stored ones.
    """
    facts: dict[str, Any] = {**case.fields, **(form or {})}
    facts |= {
        "today": at.astimezone(SHANGHAI).date(),
        "state": case.state,
        "effect": effect_of(case, at),
        "evidence_kinds": kinds_of(of_case(case.pk)),
    }
    # The last clock of a code counts; a paused one has no end yet.
    for clock in case.clocks.order_by("id"):
        facts[f"clock.{clock.code}"] = None if clock.paused_on else clock.due_on
    return facts
