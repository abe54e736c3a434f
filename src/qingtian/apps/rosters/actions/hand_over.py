"""Verbs: put a handover note together, edit it, sign it as who goes, sign it as who comes."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.journal.numbers import next_number
from qingtian.apps.journal.record import SHANGHAI, record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.apps.notices.actions.post_notice import post_notice
from qingtian.apps.notices.people import Recipients
from qingtian.apps.rosters.actions.keep_roster import check_people
from qingtian.apps.rosters.composing import open_matters
from qingtian.apps.rosters.models import Handover, Roster
from qingtian.apps.rosters.queries import visible_handover, visible_roster
from qingtian.apps.rosters.schedule import schedules
from qingtian.apps.rosters.states import HandoverState
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted
from qingtian.domain.evidence import canonical_json
from qingtian.domain.rosters import Shift
from qingtian.runtime.settings import Mode, get_settings

AFTER = timedelta(hours=12)  # how long after its end a shift can still be handed over
AHEAD = timedelta(days=7)
LONGEST_TEXT = 10_000


def draft_handover(actor: Actor, at: datetime, code: str) -> Handover:
    """Put the note of one's shift together, or put the open matters of its draft together again.

    The taker is who has the next shift. Who has no shift now or lately cannot hand one over.

    Raises:
        NotVisible, NotPermitted; Conflict when the note is signed, or nobody comes next.
    """
    with writing():
        roster = visible_roster(actor, code)
        mine, taker = _shifts(actor, at, roster)
        row = (
            Handover.objects.select_for_update().filter(roster=roster, shift_end=mine.end, giver=actor.username).first()
        )
        if row is not None and row.state != HandoverState.DRAFT:
            raise Conflict("this shift is handed over", field="handover", remedy=f"see {row.number}")
        matters = open_matters(actor, at, roster)
        if row is None:
            row = Handover(
                number=next_number("H", at),
                roster=roster,
                shift_start=mine.start,
                shift_end=mine.end,
                giver=actor.username,
                simulated=get_settings().mode is Mode.DEMO,
            )
        row.taker, row.open_matters, row.composed_at = taker, matters, at
        row.save()
        counts = {name: section["count"] for name, section in matters.items()}
        record(actor, at, "handover.composed", row, {"number": row.number, "taker": taker, "counts": counts})
    return row


def edit_handover(actor: Actor, at: datetime, number: str, *, text: str, revision: int, taker: str = "") -> Handover:
    """Write what the lists do not say; only the giver, before signing.

    Args:
        revision: of the note that was edited.
        taker: another colleague, when not who comes next by roster.
    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when it is signed or was changed meanwhile.
    """
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(f"at most {LONGEST_TEXT} characters", field="text", remedy="shorten it")
    with writing():
        row = _own_draft(actor, number)
        if row.revision != revision:
            raise Conflict("it was changed meanwhile", field="revision", remedy="read it again, then edit")
        if taker and taker != row.taker:
            check_people((taker,), "taker")
            if taker == row.giver:
                raise InvalidInput("nobody hands over to themselves", field="taker", remedy="name a colleague")
            row.taker = taker
        row.text, row.revision = text.strip(), row.revision + 1
        row.save(update_fields=["text", "taker", "revision"])
        record(actor, at, "handover.edited", row, {"number": row.number, "revision": row.revision, "taker": row.taker})
    return row


def give_handover(actor: Actor, at: datetime, number: str) -> Handover:
    """Sign as who goes: the content is fixed by its hash, and the taker is told.

    Raises:
        NotVisible, NotPermitted, Conflict.
    """
    with writing():
        row = _own_draft(actor, number)
        row.state, row.given_at = HandoverState.GIVEN, at
        row.content_hash = content_hash(row)
        row.save(update_fields=["state", "given_at", "content_hash"])
        payload = {"number": row.number, "taker": row.taker, "hash": row.content_hash}
        record(actor, at, "handover.given", row, payload)
        post_notice(
            at,
            kind="handover_given",
            subject=("handover", row.number, f"/desk/handovers/{row.number}"),
            severity=2,
            title_zh=f"{row.roster.name_zh}交接班待签收",
            title_en=f"{row.roster.name_en}: a shift is handed over to you",
            to=Recipients(usernames=(row.taker,), region_code=row.roster.region_code, without=(row.giver,)),
            dedup_key=f"handover:{row.number}",
            simulated=row.simulated,
        )
    return row


def accept_handover(actor: Actor, at: datetime, number: str, *, answer: str = "") -> Handover:
    """Sign as who comes; the note is kept as it is.

    Args:
        answer: what the taker remarks.
    Raises:
        NotVisible; NotPermitted: it is for somebody else; Conflict: it is not signed by the giver, or accepted, or its
            content is not what was signed.
    """
    from qingtian.apps.notices.actions.settle_notices import settle_notices

    check_lengths(Handover, answer=answer)
    with writing():
        row = visible_handover(actor, number, lock=True)
        if row.taker != actor.username:
            raise NotPermitted("it is handed over to somebody else", field="handover", remedy=f"{row.taker} signs it")
        if row.state != HandoverState.GIVEN:
            raise Conflict(f"it is {row.state}", field="handover", remedy="only what was given can be accepted")
        if content_hash(row) != row.content_hash:
            raise Conflict("it is not what was signed", field="handover", remedy="have the operators look at it")
        row.state, row.accepted_at, row.answer = HandoverState.ACCEPTED, at, answer.strip()
        row.save(update_fields=["state", "accepted_at", "answer"])
        payload = {"number": row.number, "hash": row.content_hash, "answer": row.answer}
        record(actor, at, "handover.accepted", row, payload)
        settle_notices(at, "handover", [row.number], by=actor.username)
    return row


def content_hash(row: Handover) -> str:
    """SHA-256 of what both sign."""
    signed: dict[str, Any] = {
        "number": row.number,
        "roster": row.roster.code,
        "shift_start": row.shift_start.astimezone(SHANGHAI).isoformat(),
        "shift_end": row.shift_end.astimezone(SHANGHAI).isoformat(),
        "giver": row.giver,
        "taker": row.taker,
        "composed_at": row.composed_at.astimezone(SHANGHAI).isoformat(),
        "open_matters": row.open_matters,
        "text": row.text,
    }
    return hashlib.sha256(canonical_json(signed)).hexdigest()


def _own_draft(actor: Actor, number: str) -> Handover:
    row = visible_handover(actor, number, lock=True)
    if row.giver != actor.username:
        raise NotPermitted("it is somebody else's note", field="handover", remedy=f"{row.giver} writes and signs it")
    if row.state != HandoverState.DRAFT:
        raise Conflict("it is signed", field="handover", remedy="what was signed stays as it is")
    return row


def _shifts(actor: Actor, at: datetime, roster: Roster) -> tuple[Shift, str]:
    shifts = schedules([roster], at - AFTER, at + AHEAD)[0].shifts
    own = [one for one in shifts if one.who == actor.username and one.start <= at]
    if not own:
        raise NotPermitted("you have no shift now or lately", field="roster", remedy="who has the shift hands it over")
    mine = own[-1]
    later = [one for one in shifts if one.who != actor.username and one.end > mine.end and one.start >= mine.start]
    if not later:
        raise Conflict("nobody comes next", field="roster", remedy="fill the gap in the roster first")
    return mine, min(later, key=lambda one: (one.start < mine.end, one.start)).who
