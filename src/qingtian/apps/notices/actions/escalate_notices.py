"""Verb of the house: nobody answered in time, so the next step of the policy brings in others."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.journal.record import record, writing
from qingtian.apps.notices.models import Notice
from qingtian.apps.notices.people import Directory
from qingtian.apps.notices.queueing import Line, Named, enqueue, named_by
from qingtian.apps.notices.states import Reason
from qingtian.domain.notices import EscalationStep
from qingtian.packs.notices import escalation_steps, notice_kinds
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings

AT_ONCE = 10_000
CHANGED = ["step", "stepped_at", "next_step_at"]


@dataclass(frozen=True, slots=True)
class Escalated:
    """What a run did.

    Args:
        notices: taken one step further.
        told: new lines in inboxes.
        left: notices whose policy has no further step.
    """

    notices: int = 0
    told: int = 0
    left: int = 0


def due_notices(at: datetime) -> list[Notice]:
    """Open notices whose time to be answered has passed, the oldest first."""
    return list(Notice.objects.filter(closed_at=None, next_step_at__lte=at).order_by("next_step_at", "id")[:AT_ONCE])


def escalate_notices(at: datetime) -> Escalated:
    """Take every notice that silence has made due one step further.

    A step that finds nobody passes on at once: the next run takes the one after it. After the last step a notice stays
    in every inbox it reached and is answered there.
    """
    day, city = at.astimezone(SHANGHAI).date(), get_settings().city_code
    policies, kinds = escalation_steps(day, city), notice_kinds(day, city)
    with writing():
        directory = Directory(at)
        places: dict[tuple[str, int, str], Named] = {}
        lines: list[Line] = []
        rows = due_notices(at)
        left = 0
        for row in rows:
            ahead = following(policies.get(row.policy, ()), row)
            if not ahead or row.kind not in kinds:
                row.next_step_at, left = None, left + 1
                continue
            step = ahead[0]
            key = (row.policy, step.step, row.region_code)
            if key not in places:
                places[key] = named_by(directory, step, row.region_code)
            named = places[key]
            row.step, row.stepped_at = step.step, at
            row.next_step_at = _next(at, ahead, found=bool(named.people or named.endpoints))
            lines.append(Line(row, escalated(named), step.channels, named.endpoints, step.step, pressing=True))
        if not rows:
            return Escalated()
        Notice.objects.bulk_update(rows, CHANGED, batch_size=1000)
        told = enqueue(at, lines, kinds)
        if lines:
            _record(at, lines)
    return Escalated(len(lines), told, left)


def following(steps: tuple[EscalationStep, ...], row: Notice) -> list[EscalationStep]:
    """Steps of a policy that a notice has before it."""
    return [step for step in steps if step.step > row.step and row.severity >= step.min_severity]


def escalated(named: Named) -> dict[int, Reason]:
    """People of a step: whatever named them, escalation is why they are told."""
    return dict.fromkeys(named.people, Reason.ESCALATED)


def _next(at: datetime, ahead: list[EscalationStep], *, found: bool) -> datetime | None:
    if len(ahead) == 1:
        return None
    return at + ahead[1].after if found else at


def _record(at: datetime, lines: list[Line]) -> None:
    steps = Counter(f"{line.notice.policy}.{line.step}" for line in lines)
    people = {user for line in lines for user in line.people}
    payload = {"count": len(lines), "steps": dict(sorted(steps.items())), "people": len(people)}
    first = str(lines[0].notice.pk)
    record(SYSTEM_ACTOR, at, "notice.escalated", ("notice", first), payload)
