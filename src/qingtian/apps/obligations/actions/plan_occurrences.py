"""Verb: write the dated occurrences of the coming weeks; the same day again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.record import record, writing
from qingtian.apps.obligations.models import Obligation, Occurrence
from qingtian.apps.obligations.planning import ENDED, Plan, plan_for
from qingtian.domain.obligations import State

BATCH = 200  # duties in one transaction: the journal's lock is held no longer than that
WAIVED = ["state", "waived_reason", "waived_by", "waived_at"]
PLACED = [
    "period_first",
    "period_last",
    "opens_on",
    "due_on",
    "due_at",
    "provisional",
    "due_text_zh",
    "due_text_en",
    "rule_row",
    "rule_version",
]


@dataclass(slots=True)
class Planned:
    """How many occurrences were added, moved to other dates, or dropped because their duty ended."""

    new: int = 0
    moved: int = 0
    gone: int = 0


def plan_occurrences(actor: Actor, at: datetime, until: date) -> Planned:
    """Plan every standing duty up to a day.

    Args:
        until: last day on which an occurrence may begin.
    Raises:
        NotPermitted.
    """
    role = require_in_city(actor, Verb.SETTLE_OBLIGATION)
    ids = list(
        Obligation.objects.exclude(rhythm__in=("event", "continuous")).order_by("id").values_list("pk", flat=True)
    )
    result = Planned()
    for start in range(0, len(ids), BATCH):
        with writing():
            rows = Obligation.objects.filter(pk__in=ids[start : start + BATCH]).order_by("id")
            keep(actor, at, plan_for(rows, at, until), role, result)
    return result


def plan_next(actor: Actor, at: datetime, row: Obligation, until: date, role: Role) -> None:
    """Plan one duty again after somebody did something about it; inside `writing()`."""
    keep(actor, at, plan_for([row], at, until), role, Planned())


def keep(actor: Actor, at: datetime, plan: Plan, role: Role, result: Planned) -> None:
    """Write what planning found, with one event for each duty that it touches."""
    Occurrence.objects.bulk_create(plan.new, batch_size=1000)
    for one in plan.gone:
        one.state, one.waived_reason, one.waived_at, one.waived_by = State.WAIVED, ENDED, at, actor.username
    Occurrence.objects.bulk_update(plan.gone, WAIVED, batch_size=500)
    Occurrence.objects.bulk_update([*plan.moved, *plan.revived], [*PLACED, *WAIVED], batch_size=500)
    result.new += len(plan.new) + len(plan.revived)
    result.moved += len(plan.moved)
    result.gone += len(plan.gone)
    for obligation_id, changes in _by_duty(plan).items():
        record(actor, at, "obligation.planned", ("obligation", str(obligation_id)), changes, role=role)


def _by_duty(plan: Plan) -> dict[int, dict[str, list[str]]]:
    found: dict[int, dict[str, list[str]]] = {}

    def note(name: str, rows: Iterable[Occurrence]) -> None:
        for one in rows:
            found.setdefault(one.obligation_id, {}).setdefault(name, []).append(f"{one.key} due {one.due_on}")

    note("new", [*plan.new, *plan.revived])
    note("moved", plan.moved)
    note("gone", plan.gone)
    return dict(sorted(found.items()))
