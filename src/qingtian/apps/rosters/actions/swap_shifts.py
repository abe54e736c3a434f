"""Verbs: offer a shift to a colleague, answer the offer, take it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.apps.notices.actions.post_notice import post_notice
from qingtian.apps.notices.people import Recipients
from qingtian.apps.rosters.actions.keep_roster import check_people
from qingtian.apps.rosters.actions.make_exception import keep_exchange
from qingtian.apps.rosters.models import Roster, Swap
from qingtian.apps.rosters.queries import INSTANT, visible_roster, visible_swap
from qingtian.apps.rosters.schedule import schedules
from qingtian.apps.rosters.states import SwapState
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted
from qingtian.runtime.clock import SHANGHAI

PAGE = "/desk/rosters"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapDraft:
    """An offer.

    Args:
        starts_at: when one's own shift begins.
        other: the colleague.
        back_starts_at: when the colleague's shift begins that one takes in return; None: nothing in return.
    """

    starts_at: datetime
    other: str
    back_starts_at: datetime | None = None
    reason: str = ""


def ask_swap(actor: Actor, at: datetime, code: str, draft: SwapDraft) -> Swap:
    """Offer a shift that has not begun; the colleague is told and decides.

    Raises:
        NotVisible, InvalidInput; Conflict when one of the two does not have that shift, or it is offered already.
    """
    check_lengths(Swap, reason=draft.reason)
    with writing():
        roster = visible_roster(actor, code)
        if draft.other == actor.username:
            raise InvalidInput("nobody swaps with themselves", field="other", remedy="name a colleague")
        check_people((draft.other,), "other")
        mine = _shift(roster, actor.username, draft.starts_at, at, "starts_at")
        back = None
        if draft.back_starts_at is not None:
            back = _shift(roster, draft.other, draft.back_starts_at, at, "back_starts_at")
        same = Swap.objects.filter(roster=roster, asker=actor.username, starts_at=mine[0], state=SwapState.ASKED)
        if same.exists():
            raise Conflict("this shift is offered already", field="starts_at", remedy="take that offer back first")
        row = Swap.objects.create(
            roster=roster,
            asker=actor.username,
            starts_at=mine[0],
            ends_at=mine[1],
            other=draft.other,
            back_starts_at=back[0] if back else None,
            back_ends_at=back[1] if back else None,
            reason=draft.reason.strip(),
            asked_at=at,
        )
        record(actor, at, "roster.swap_asked", row, _told(row))
        _tell(at, row, "swap_asked", draft.other, "同事请你换班", "a colleague asks you to swap shifts")
    return row


def answer_swap(actor: Actor, at: datetime, swap_id: int, *, accept: bool) -> Swap:
    """The colleague accepts or refuses; accepting changes the roster at once.

    Raises:
        NotVisible; NotPermitted: it was not offered to the actor; Conflict: it is answered, or the shifts changed.
    """
    with writing():
        row = _open_swap(actor, swap_id)
        if row.other != actor.username:
            raise NotPermitted("the offer is for somebody else", field="swap", remedy=f"{row.other} answers it")
        row.state = SwapState.ACCEPTED if accept else SwapState.REFUSED
        row.answered_at = at
        if accept:
            _exchange(at, row)
        row.save(update_fields=["state", "answered_at"])
        record(actor, at, f"roster.swap_{row.state}", row, _told(row))
        zh, en = ("换班已接受", "your swap was accepted") if accept else ("换班被谢绝", "your swap was declined")
        _tell(at, row, "swap_answered", row.asker, zh, en)
    return row


def withdraw_swap(actor: Actor, at: datetime, swap_id: int) -> Swap:
    """The one who asked takes the offer back.

    Raises:
        NotVisible, NotPermitted; Conflict: it is answered.
    """
    with writing():
        row = _open_swap(actor, swap_id)
        if row.asker != actor.username:
            raise NotPermitted("the offer is somebody else's", field="swap", remedy=f"{row.asker} may take it back")
        row.state, row.answered_at = SwapState.WITHDRAWN, at
        row.save(update_fields=["state", "answered_at"])
        record(actor, at, "roster.swap_withdrawn", row, _told(row))
    return row


def _open_swap(actor: Actor, swap_id: int) -> Swap:
    row = visible_swap(actor, swap_id)
    if row.state != SwapState.ASKED:
        raise Conflict(f"it is {row.state}", field="swap", remedy="make another offer")
    return row


def _shift(roster: Roster, username: str, start: datetime, at: datetime, field: str) -> tuple[datetime, datetime]:
    if start.tzinfo is None:
        raise InvalidInput("the time needs an offset", field=field, remedy="give +08:00")
    if start <= at:
        raise Conflict(
            "this shift has begun", field=field, remedy="offer a later one; a supervisor can make exceptions"
        )
    page = schedules([roster], start, start + INSTANT)[0]
    shift = next((one for one in page.shifts if one.who == username and one.start == start), None)
    if shift is None:
        raise Conflict(f"{username} has no shift that begins then", field=field, remedy="choose one from the roster")
    return shift.start, shift.end


def _exchange(at: datetime, row: Swap) -> None:
    _shift(row.roster, row.asker, row.starts_at, at, "starts_at")
    keep_exchange(at, row, row.other, row.asker, row.starts_at, row.ends_at)
    if row.back_starts_at is not None and row.back_ends_at is not None:
        _shift(row.roster, row.other, row.back_starts_at, at, "back_starts_at")
        keep_exchange(at, row, row.asker, row.other, row.back_starts_at, row.back_ends_at)


def _tell(at: datetime, row: Swap, kind: str, username: str, zh: str, en: str) -> None:
    day = f"{row.starts_at.astimezone(SHANGHAI):%m-%d}"
    post_notice(
        at,
        kind=kind,
        subject=("swap", str(row.pk), PAGE),
        severity=1,
        title_zh=f"{zh}：{row.roster.name_zh} {day}",
        title_en=f"{en}: {row.roster.name_en} {day}",
        to=Recipients(usernames=(username,), region_code=row.roster.region_code),
    )


def _told(row: Swap) -> dict[str, object]:
    back = row.back_starts_at.isoformat() if row.back_starts_at else ""
    return {"roster": row.roster.code, "other": row.other, "starts_at": row.starts_at.isoformat(), "back": back}
