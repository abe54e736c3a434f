"""Rosters: who is on duty when, exceptions, swaps, calendar links, handover notes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from qingtian.apps.notices.queries import require_office
from qingtian.apps.rosters.actions import hand_over, keep_roster, make_exception, share_calendar, swap_shifts
from qingtian.interfaces.api.auth import Browser, actor
from qingtian.interfaces.api.present import handovers
from qingtian.interfaces.api.present import rosters as present
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas import rosters as out
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock

router = Router(tags=["rosters"])


@router.get("/rosters", response=reads(list[out.RosterOut]), summary="Rosters, and who holds them now")
def list_rosters(request: HttpRequest, retired: bool = False) -> list[out.RosterOut]:
    """For officials; `retired` shows those that are no longer held, too."""
    who = actor(request)
    require_office(who)
    return present.roster_rows(who, current_clock().now(), retired=retired)


@router.post("/rosters", response=writes(out.RosterDetail, 201), summary="Set up a roster")
def set_up(request: HttpRequest, data: out.RosterIn) -> Status[out.RosterDetail]:
    """For a place; nobody holds it before a rotation is added."""
    who, at = actor(request), current_clock().now()
    row = keep_roster.set_up_roster(who, at, keep_roster.RosterDraft(**data.model_dump()))
    return Status(201, present.roster_detail(who, at, row.code))


@router.get("/rosters/month/export.csv", openapi_extra=CSV, summary="Shifts of a month as CSV")
def export_month(request: HttpRequest, query: Query[out.RosterMonthExport]) -> HttpResponse:
    """Every shift that begins in the month, of the rosters that are asked."""
    who = actor(request)
    require_office(who)
    return present.month_csv(who, current_clock().now(), query)


@router.get("/rosters/month", response=reads(out.RosterMonth), summary="A month of rosters")
def show_month(request: HttpRequest, query: Query[out.RosterMonthQuery]) -> out.RosterMonth:
    """Shifts by day, time that nobody has, people who are wanted twice, and how the load is shared."""
    who = actor(request)
    require_office(who)
    return present.roster_month(who, current_clock().now(), query)


@router.get("/rosters/{roster}", response=reads(out.RosterDetail), summary="One roster")
def one_roster(request: HttpRequest, roster: str) -> out.RosterDetail:
    """With its rotations, exceptions and history."""
    return present.roster_detail(actor(request), current_clock().now(), roster)


@router.post("/rosters/{roster}/retire", response=writes(out.RosterDetail), summary="Retire a roster")
def retire(request: HttpRequest, roster: str, data: out.RosterReasonIn) -> out.RosterDetail:
    """Nobody is on duty on it any more; its history stays."""
    who, at = actor(request), current_clock().now()
    keep_roster.retire_roster(who, at, roster, reason=data.reason)
    return present.roster_detail(who, at, roster)


@router.post("/rosters/{roster}/rotations", response=writes(out.RosterDetail, 201), summary="Add a rotation")
def add_rotation(request: HttpRequest, roster: str, data: out.RotationIn) -> Status[out.RosterDetail]:
    """People who take turns at one shift, from a day on."""
    who, at = actor(request), current_clock().now()
    fields = data.model_dump() | {"members": tuple(data.members), "weekdays": tuple(data.weekdays)}
    keep_roster.add_rotation(who, at, roster, keep_roster.RotationDraft(**fields))
    return Status(201, present.roster_detail(who, at, roster))


@router.post("/rosters/{roster}/rotations/{rotation_id}/end", response=writes(out.RosterDetail), summary="End it")
def end_rotation(request: HttpRequest, roster: str, rotation_id: int, data: out.RotationEndIn) -> out.RosterDetail:
    """From a day on the rotation no longer holds; what was before stays on record."""
    who, at = actor(request), current_clock().now()
    keep_roster.end_rotation(who, at, roster, rotation_id, until=data.until)
    return present.roster_detail(who, at, roster)


@router.post("/rosters/{roster}/exceptions", response=writes(out.RosterDetail, 201), summary="Make an exception")
def add_exception(request: HttpRequest, roster: str, data: out.RosterExceptionIn) -> Status[out.RosterDetail]:
    """Somebody stands in, comes in addition, or falls out."""
    who, at = actor(request), current_clock().now()
    make_exception.make_exception(who, at, roster, make_exception.ExceptionDraft(**data.model_dump()))
    return Status(201, present.roster_detail(who, at, roster))


@router.post(
    "/rosters/{roster}/exceptions/{exception_id}/withdraw",
    response=writes(out.RosterDetail),
    summary="Take an exception back",
)
def withdraw_exception(request: HttpRequest, roster: str, exception_id: int) -> out.RosterDetail:
    """The rotation holds again."""
    who, at = actor(request), current_clock().now()
    make_exception.withdraw_exception(who, at, roster, exception_id)
    return present.roster_detail(who, at, roster)


@router.post("/rosters/{roster}/swaps", response=writes(out.SwapOut, 201), summary="Offer a shift to a colleague")
def ask_swap(request: HttpRequest, roster: str, data: out.SwapIn) -> Status[out.SwapOut]:
    """One's own shift that has not begun; the colleague is told and decides."""
    who = actor(request)
    row = swap_shifts.ask_swap(who, current_clock().now(), roster, swap_shifts.SwapDraft(**data.model_dump()))
    return Status(201, handovers.swaps_out(who, [row])[0])


@router.get("/swaps", response=reads(out.SwapPage), summary="Offers to swap")
def list_swaps(request: HttpRequest, filters: Query[out.SwapFilters]) -> out.SwapPage:
    """Newest first; for officials."""
    who = actor(request)
    require_office(who)
    return handovers.swap_page(who, filters)


@router.post("/swaps/{swap_id}/answer", response=writes(out.SwapOut), summary="Answer an offer")
def answer_swap(request: HttpRequest, swap_id: int, data: out.SwapAnswerIn) -> out.SwapOut:
    """Only whom it was made to; taking it changes the roster at once."""
    who = actor(request)
    row = swap_shifts.answer_swap(who, current_clock().now(), swap_id, accept=data.accept)
    return handovers.swaps_out(who, [row])[0]


@router.post("/swaps/{swap_id}/withdraw", response=writes(out.SwapOut), summary="Take an offer back")
def withdraw_swap(request: HttpRequest, swap_id: int) -> out.SwapOut:
    """Only who made it, before it is answered."""
    who = actor(request)
    row = swap_shifts.withdraw_swap(who, current_clock().now(), swap_id)
    return handovers.swaps_out(who, [row])[0]


@router.get("/me/calendars", response=reads(list[out.CalendarLinkOut]), auth=Browser(), summary="One's calendar links")
def list_links(request: HttpRequest) -> list[out.CalendarLinkOut]:
    """Without their secrets, which are told once."""
    return handovers.links_out(actor(request))


@router.post("/me/calendars", response=writes(out.CalendarLinkMade, 201), auth=Browser(), summary="Make a link")
def make_link(request: HttpRequest, data: out.CalendarLinkIn) -> Status[out.CalendarLinkMade]:
    """A secret address that calendar programs read (iCalendar); told this once."""
    row, secret = share_calendar.make_feed(actor(request), current_clock().now(), data.roster)
    return Status(201, handovers.link_made(row, secret))


@router.post(
    "/me/calendars/{link_id}/revoke", response=writes(out.CalendarLinkOut), auth=Browser(), summary="Revoke a link"
)
def revoke_link(request: HttpRequest, link_id: int) -> out.CalendarLinkOut:
    """The address answers no more."""
    return handovers.link_out(share_calendar.revoke_feed(actor(request), current_clock().now(), link_id))


@router.get("/handovers", response=reads(out.ShiftNotePage), summary="Handover notes")
def list_handovers(request: HttpRequest, filters: Query[out.HandoverFilters]) -> out.ShiftNotePage:
    """Newest first; for officials."""
    who = actor(request)
    require_office(who)
    return handovers.handover_page(who, filters)


@router.post("/handovers", response=writes(out.ShiftNoteDetail, 201), summary="Put a note together")
def compose(request: HttpRequest, data: out.ShiftNoteIn) -> Status[out.ShiftNoteDetail]:
    """For one's own shift; a draft that stands gets the open matters of this moment and keeps its text."""
    who = actor(request)
    row = hand_over.draft_handover(who, current_clock().now(), data.roster)
    return Status(201, handovers.handover_detail(who, row.number))


@router.get("/handovers/{handover}", response=reads(out.ShiftNoteDetail), summary="One handover note")
def one_handover(request: HttpRequest, handover: str) -> out.ShiftNoteDetail:
    """With what was open, the words of both, and whether it is what was signed."""
    return handovers.handover_detail(actor(request), handover)


@router.post(
    "/handovers/{handover}/edit", response=writes(out.ShiftNoteDetail), summary="Write what the lists leave out"
)
def edit(request: HttpRequest, handover: str, data: out.HandoverEditIn) -> out.ShiftNoteDetail:
    """Only who gives it, before signing."""
    who, at = actor(request), current_clock().now()
    hand_over.edit_handover(who, at, handover, text=data.text, revision=data.revision, taker=data.taker)
    return handovers.handover_detail(who, handover)


@router.post("/handovers/{handover}/give", response=writes(out.ShiftNoteDetail), summary="Sign as who goes")
def give(request: HttpRequest, handover: str) -> out.ShiftNoteDetail:
    """From now on it stays as it is, and the taker is told."""
    who = actor(request)
    hand_over.give_handover(who, current_clock().now(), handover)
    return handovers.handover_detail(who, handover)


@router.post("/handovers/{handover}/accept", response=writes(out.ShiftNoteDetail), summary="Sign as who comes")
def accept(request: HttpRequest, handover: str, data: out.HandoverAnswerIn) -> out.ShiftNoteDetail:
    """Refused when it is not what was signed by who went."""
    who = actor(request)
    hand_over.accept_handover(who, current_clock().now(), handover, answer=data.answer)
    return handovers.handover_detail(who, handover)
