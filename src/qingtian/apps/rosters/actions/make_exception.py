"""Verbs: make an exception from the rotation, and take it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.apps.rosters.actions.keep_roster import check_people, kept
from qingtian.apps.rosters.models import Roster, RosterException, Swap
from qingtian.apps.rosters.schedule import exchange_of, schedules
from qingtian.domain.errors import Conflict, InvalidInput, NotVisible

LONGEST = timedelta(days=62)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionDraft:
    """An exception to make.

    Args:
        who: username; empty: the other falls out.
        instead_of: username; empty: `who` comes in addition.
    """

    starts_at: datetime
    ends_at: datetime
    who: str
    instead_of: str
    reason: str


def make_exception(actor: Actor, at: datetime, code: str, draft: ExceptionDraft) -> RosterException:
    """Somebody stands in, comes in addition, or falls out, for a stretch of time that is not over.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when the other has no shift there.
    """
    check_lengths(RosterException, reason=draft.reason)
    if not draft.reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="say why")
    if draft.starts_at.tzinfo is None or draft.ends_at.tzinfo is None:
        raise InvalidInput("the time needs an offset", field="starts_at", remedy="give +08:00")
    if draft.ends_at <= at or draft.ends_at - draft.starts_at > LONGEST:
        raise InvalidInput("it is over, or longer than 62 days", field="ends_at", remedy="give a later, nearer end")
    with writing():
        roster, role = kept(actor, code)
        row = RosterException(
            roster=roster,
            starts_at=draft.starts_at,
            ends_at=draft.ends_at,
            who=draft.who,
            instead_of=draft.instead_of,
            reason=draft.reason.strip(),
            made_at=at,
            made_by=actor.username,
        )
        exchange_of(row)
        check_people(tuple(filter(None, (draft.who,))), "who")
        refuse_without_shift(roster, draft.instead_of, draft.starts_at, draft.ends_at)
        row.save()
        record(actor, at, "roster.exception_made", roster, told(row), role=role)
    return row


def withdraw_exception(actor: Actor, at: datetime, code: str, exception_id: int) -> RosterException:
    """The rotation holds again.

    Raises:
        NotVisible, NotPermitted; Conflict when it is over or withdrawn.
    """
    with writing():
        roster, role = kept(actor, code)
        row = RosterException.objects.select_for_update().filter(roster=roster, pk=exception_id).first()
        if row is None:
            raise NotVisible(f"there is no exception {exception_id}", field="exception", remedy="choose one listed")
        if row.withdrawn_at is not None or row.ends_at <= at:
            raise Conflict("it is over or withdrawn", field="exception", remedy="make another exception")
        row.withdrawn_at, row.withdrawn_by = at, actor.username
        row.save(update_fields=["withdrawn_at", "withdrawn_by"])
        record(actor, at, "roster.exception_withdrawn", roster, told(row), role=role)
    return row


def refuse_without_shift(roster: Roster, username: str, start: datetime, end: datetime) -> None:
    """Refuse to take a duty from somebody who has none then.

    Raises:
        Conflict.
    """
    if not username:
        return
    shifts = schedules([roster], start, end)[0].shifts
    if not any(shift.who == username for shift in shifts):
        raise Conflict(f"{username} has no shift then", field="instead_of", remedy="look at the roster of that time")


def keep_exchange(
    at: datetime, swap: Swap, who: str, instead_of: str, start: datetime, end: datetime
) -> RosterException:
    """What an accepted swap changes; inside `writing()`."""
    return RosterException.objects.create(
        roster=swap.roster,
        starts_at=start,
        ends_at=end,
        who=who,
        instead_of=instead_of,
        reason=swap.reason or "swap / 换班",
        swap=swap,
        made_at=at,
        made_by=who,
    )


def told(row: RosterException) -> dict[str, object]:
    """What the journal says of it."""
    return {
        "exception": row.pk,
        "who": row.who,
        "instead_of": row.instead_of,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
        "reason": row.reason,
    }
