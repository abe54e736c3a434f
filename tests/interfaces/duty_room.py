"""The duty room of the standing town: a roster, an offer, a note, a notice that did not arrive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta

from tests.interfaces import city

from qingtian.apps.accounts.actor import actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.notices.actions.deliver import claim, make_bundles, note_failure
from qingtian.apps.notices.actions.keep_contact import ContactDraft, keep_contact
from qingtian.apps.notices.actions.post_notice import post_notice
from qingtian.apps.notices.people import Recipients
from qingtian.apps.rosters.actions.hand_over import draft_handover
from qingtian.apps.rosters.actions.keep_roster import RosterDraft, RotationDraft, add_rotation, set_up_roster
from qingtian.apps.rosters.actions.make_exception import ExceptionDraft, make_exception
from qingtian.apps.rosters.actions.share_calendar import make_feed
from qingtian.apps.rosters.actions.swap_shifts import SwapDraft, ask_swap

HOUR = timedelta(hours=1)
EIGHT = city.NOW.replace(hour=8, minute=0)  # the shift of the day began then


def duty_room(people: Mapping[str, User]) -> dict[str, object]:
    """Dispatcher by day, handler by night; the handler's e-mail about the first enterprise was given up."""
    keeper, day = actor_of(people["data_steward"]), actor_of(people["dispatcher"])
    before = city.NOW - 72 * HOUR
    set_up_roster(keeper, before, RosterDraft(code="room", name_zh="值班室", name_en="duty room"))
    turns = [
        add_rotation(
            keeper,
            before,
            "room",
            RotationDraft(
                name_zh=name,
                name_en=name,
                starts=time(hour),
                minutes=720,
                members=(who,),
                first=before.date(),
            ),
        )
        for name, hour, who in (("白班", 8, "dispatcher"), ("夜班", 20, "handler"))
    ]
    addition = ExceptionDraft(
        starts_at=EIGHT + 48 * HOUR, ends_at=EIGHT + 52 * HOUR, who="supervisor", instead_of="", reason="重污染应急"
    )
    exception = make_exception(keeper, city.NOW, "room", addition)
    swap = ask_swap(day, city.NOW, "room", SwapDraft(starts_at=EIGHT + 72 * HOUR, other="handler"))
    link, _ = make_feed(actor_of(people["supervisor"]), city.NOW)
    notice, delivery = _given_up(people["handler"])
    return {
        "{roster}": "room",
        "{rotation_id}": turns[0].pk,
        "{exception_id}": exception.pk,
        "{swap_id}": swap.pk,
        "{link_id}": link.pk,
        "{handover}": draft_handover(day, city.NOW, "room").number,
        "{notice_id}": notice,
        "{delivery_id}": delivery,
    }


def _given_up(who: User) -> tuple[int, int]:
    keep_contact(actor_of(who), city.NOW, ContactDraft(email="handler@example.org", channels=("email",)))
    notice = post_notice(
        city.NOW,
        kind="case_breached",
        subject=("case", "C-2025-000001", "/desk/cases/1"),
        severity=3,
        title_zh="第1热电：案件已逾期",
        title_en="Power plant 1: a case breached its deadline",
        to=Recipients(usernames=(who.username,), region_code="420107"),
    )
    later = city.NOW + HOUR
    (row,) = [one for one in make_bundles(later) if one.user_id == who.pk]
    claim(later, row.pk)
    note_failure(later, row.pk, "the address was refused with 550", final=True)
    return notice.pk, row.pk
