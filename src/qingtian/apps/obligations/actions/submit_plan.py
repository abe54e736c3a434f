"""Verb: submit a self-monitoring plan; each version is kept, and checked against the permit at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.apps.obligations.actions.check_plans import check_plans
from qingtian.apps.obligations.models import SubmittedPlan
from qingtian.apps.obligations.permits import plan_of
from qingtian.apps.registry.models import ObjectType
from qingtian.apps.registry.queries import object_by_code
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.domain.evidence import canonical_json
from qingtian.domain.obligations import PlanLine
from qingtian.runtime.clock import SHANGHAI

MOST_LINES = 2000


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """A plan as somebody submits it.

    Args:
        made_on: day of this version of the plan.
        channel: where results are published; empty is a gap that the check names.
        lines: scope, place, parameter, frequency, method, automatic.
    """

    enterprise: str
    made_on: date
    channel: str
    lines: Sequence[Mapping[str, Any]]
    note: str = ""


def submit_plan(actor: Actor, at: datetime, draft: PlanDraft) -> SubmittedPlan:
    """Keep a plan as its next version and check it.

    Raises:
        NotVisible, NotPermitted, InvalidInput: names the line; Conflict when it is the newest version already.
    """
    check_lengths(SubmittedPlan, channel=draft.channel, note=draft.note)
    if draft.made_on > at.astimezone(SHANGHAI).date():
        raise InvalidInput("the plan is made in the future", field="made_on", remedy="give the day of the plan")
    if len(draft.lines) > MOST_LINES:
        raise InvalidInput(f"a plan has at most {MOST_LINES} lines", field="lines", remedy="submit it in parts")
    plan = plan_of(draft.made_on, draft.channel.strip(), draft.lines)
    lines = [_kept(one) for one in plan.lines]
    _refuse_twins(plan.lines)
    digest = hashlib.sha256(
        canonical_json({"made_on": draft.made_on.isoformat(), "channel": plan.channel, "lines": lines})
    ).hexdigest()
    with writing():
        place = object_by_code(actor, ObjectType.ENTERPRISE, draft.enterprise)
        role = require(actor, Verb.SUBMIT_PLAN, region_code=place.region_code, enterprise_code=place.enterprise_code)
        newest = SubmittedPlan.objects.filter(enterprise=place).order_by("-version").first()
        if newest is not None and newest.content_hash == digest:
            raise Conflict(f"this is version {newest.version} already", field="lines", remedy="nothing to do")
        row = SubmittedPlan.objects.create(
            enterprise=place,
            version=1 if newest is None else newest.version + 1,
            made_on=draft.made_on,
            channel=plan.channel,
            lines=lines,
            note=draft.note.strip(),
            submitted_by=actor.username,
            submitted_at=at,
            content_hash=digest,
            simulated=place.simulated,
        )
        kept = {"enterprise": place.code, "version": row.version, "lines": len(lines), "sha256": digest}
        record(actor, at, "plan.submitted", row, kept, role=role)
        check_plans(SYSTEM_ACTOR, at, [place.code])
    return row


def _kept(line: PlanLine) -> dict[str, Any]:
    return {
        "scope": line.scope.value,
        "place": line.place,
        "parameter": line.parameter,
        "frequency": str(line.rhythm),
        "method": line.method,
        "automatic": line.automatic,
    }


def _refuse_twins(lines: Sequence[PlanLine]) -> None:
    seen: set[PlanLine] = set()
    for number, line in enumerate(lines):
        if line in seen:
            raise InvalidInput(f"line {number} is there twice", field=f"lines.{number}", remedy="remove one of them")
        seen.add(line)
