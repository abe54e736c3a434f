"""Verb: take the next step of the procedure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import reopens, visible_case
from qingtian.apps.cases.rights import may_work
from qingtian.apps.cases.walk import take_automatic_steps, take_step
from qingtian.apps.journal.record import writing
from qingtian.runtime.live import Topic, publish


def move_case(
    actor: Actor,
    at: datetime,
    case_id: int,
    to: str,
    *,
    fields: Mapping[str, Any] | None = None,
    reason: str = "",
    revision: int | None = None,
) -> Case:
    """Move a case along its procedure; steps that the system takes by itself follow at once.

    Args:
        to: target state, or code of the step.
        fields: the form of the step.
        reason: why; some steps demand it.
        revision: revision that the actor saw; refused if the case has changed since.
    Raises:
        NotVisible, NotPermitted, InvalidInput, Conflict.
        TransitionRefused: lists every unmet guard; nothing has changed then.
    """
    with writing():
        case = visible_case(actor, case_id, lock=True)
        if not reopens(case, to):
            may_work(case, revision)
        take_step(actor, at, case, to, fields=fields, reason=reason)
        take_automatic_steps(at, case)
        publish(Topic.CASES, [case.pk], at)
    return case
