"""Verb: assign or hand over many cases at once; each is done or refused for itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.actions.assign_case import assign_case
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import template_of, visible_case
from qingtian.apps.journal.record import writing
from qingtian.domain.errors import Conflict, InvalidInput, QingtianError
from qingtian.domain.procedures import EffectKind, Transition

MOST = 200


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of one case.

    Args:
        error: None when it is done.
    """

    case_id: int
    error: QingtianError | None = None


def assign_many(actor: Actor, at: datetime, case_ids: Iterable[int], responsible: str) -> list[Handled]:
    """Give each of the cases to somebody.

    Raises:
        InvalidInput: none or too many are named.
    """
    return _each(case_ids, lambda case_id: assign_case(actor, at, case_id, responsible))


def hand_over_many(actor: Actor, at: datetime, case_ids: Iterable[int], org: str, *, reason: str) -> list[Handled]:
    """Ask an organisation to take each of the cases, by the step of its procedure that hands over.

    Raises:
        InvalidInput: none or too many are named.
    """

    def hand_over(case_id: int) -> Case:
        step, field = _step(visible_case(actor, case_id))
        return move_case(actor, at, case_id, step.code, fields={field: org}, reason=reason)

    return _each(case_ids, hand_over)


def _each(case_ids: Iterable[int], act: Callable[[int], Case]) -> list[Handled]:
    chosen = list(dict.fromkeys(case_ids))
    if not 0 < len(chosen) <= MOST:
        raise InvalidInput(f"{len(chosen)} cases are named", field="cases", remedy=f"name 1 to {MOST}")
    done = []
    with writing():
        for case_id in chosen:
            try:
                with transaction.atomic():
                    act(case_id)
                done.append(Handled(case_id))
            except QingtianError as error:
                done.append(Handled(case_id, error))
    return done


def _step(case: Case) -> tuple[Transition, str]:
    for step in template_of(case).steps_from(case.state):
        for effect in step.effects:
            if effect.kind is EffectKind.HAND_OVER:
                return step, effect.subject
    raise Conflict(
        f"{case.number} cannot be handed over while it is {case.state}",
        field="cases",
        remedy="take its next step first",
    )
