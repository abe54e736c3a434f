"""Verbs: set up a duty by hand, and end one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.apps.obligations.actions.plan_occurrences import plan_next
from qingtian.apps.obligations.actions.sync_obligations import summary
from qingtian.apps.obligations.models import Obligation
from qingtian.apps.obligations.queries import visible_obligation
from qingtian.apps.obligations.states import Origin
from qingtian.apps.registry.queries import visible_object
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.domain.obligations import RhythmKind, parse_rhythm
from qingtian.packs import load_packs
from qingtian.packs.obligations import template as pack_template
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings

AHEAD = timedelta(days=62)  # how far occurrences are written ahead
LONGEST_BACK = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class DutyDraft:
    """A duty that somebody imposes.

    Args:
        item: what tells it apart from others of its kind at the object; may be empty.
        rhythm: how often; empty takes that of the template.
        since: first day, or the date of one that comes once; today by default.
        ground: where it comes from: a permit clause, a decision, a plan.
    """

    template: str
    object_id: int
    ground: str
    item: str = ""
    rhythm: str = ""
    since: date | None = None


def set_up_obligation(actor: Actor, at: datetime, draft: DutyDraft) -> Obligation:
    """Set up a duty and write its next occurrences.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when the object has this duty already.
    """
    today = at.astimezone(SHANGHAI).date()
    check_lengths(Obligation, item=draft.item, ground=draft.ground)
    template = pack_template(load_packs(), draft.template, today, get_settings().city_code)
    rhythm = _rhythm(draft.rhythm or template.rhythm)
    _check(draft, today)
    with writing():
        place = visible_object(actor, draft.object_id)
        role = require(
            actor, Verb.SET_UP_OBLIGATION, region_code=place.region_code, enterprise_code=place.enterprise_code
        )
        if Obligation.objects.filter(template=template.code, object=place, item=draft.item.strip()).exists():
            raise Conflict(
                f"{place.code} has the duty {template.code} {draft.item} already", field="item", remedy="use that one"
            )
        row = Obligation.objects.create(
            template=template.code,
            item=draft.item.strip(),
            group=template.group,
            object=place,
            rhythm=rhythm,
            since=draft.since or today,
            origin=Origin.HAND,
            ground=draft.ground.strip(),
            set_up_by=actor.username,
            set_up_at=at,
            simulated=place.simulated,
        )
        record(actor, at, "obligation.set_up", row, summary(row) | {"ground": row.ground}, role=role)
        if rhythm != RhythmKind.EVENT:
            plan_next(actor, at, row, today + AHEAD, role)
    return row


def end_obligation(
    actor: Actor, at: datetime, obligation_id: int, *, until: date | None = None, ground: str
) -> Obligation:
    """End a duty from a day on; what was planned for later is dropped, what was missed stays missed.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when it has ended, or when the register asks for it.
    """
    today = at.astimezone(SHANGHAI).date()
    last = until or today
    if not ground.strip():
        raise InvalidInput("why does the duty end?", field="ground", remedy="say what ended it")
    check_lengths(Obligation, ground=ground)
    with writing():
        row = visible_obligation(actor, obligation_id, lock=True)
        role = require(
            actor,
            Verb.SET_UP_OBLIGATION,
            region_code=row.object.region_code,
            enterprise_code=row.object.enterprise_code,
        )
        if row.until is not None:
            raise Conflict(f"the duty ended on {row.until}", field="until", remedy="nothing to do")
        if row.origin == Origin.REGISTER:
            raise Conflict(
                "the register asks for this duty", field="origin", remedy="correct the permit or the object instead"
            )
        if last < row.since:
            raise InvalidInput("it would end before it begins", field="until", remedy=f"give a day from {row.since}")
        row.until, row.ground = last, ground.strip()
        row.save(update_fields=["until", "ground"])
        record(actor, at, "obligation.ended", row, {"until": last.isoformat(), "ground": row.ground}, role=role)
        if row.rhythm != RhythmKind.EVENT:
            plan_next(actor, at, row, today + AHEAD, role)
    return row


def _rhythm(text: str) -> str:
    if not text:
        raise InvalidInput("how often?", field="rhythm", remedy="write 1/quarter, 30d or once: the permit says it")
    found = parse_rhythm(text, field="rhythm")
    if found.kind is RhythmKind.CONTINUOUS:
        raise InvalidInput(
            "automatic data are watched by the streams", field="rhythm", remedy="register the device at its outlet"
        )
    return str(found)


def _check(draft: DutyDraft, today: date) -> None:
    if not draft.ground.strip():
        raise InvalidInput("where does the duty come from?", field="ground", remedy="name the clause or decision")
    if draft.since is not None and draft.since < today - LONGEST_BACK:
        raise InvalidInput(
            f"{draft.since} is too far back", field="since", remedy=f"give a day from {today - LONGEST_BACK}"
        )
