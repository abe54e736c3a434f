"""The note at the change of shift: what is in it, who writes and signs it, what is fixed; and calendar links."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.test import Client
from icalendar import Calendar
from tests.apps.city import NOW, account, actor, found, outlet
from tests.apps.notices.scene import post

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.states import Kind
from qingtian.apps.journal.models import Event
from qingtian.apps.notices.models import Notice
from qingtian.apps.notices.people import Recipients
from qingtian.apps.rosters.actions.hand_over import (
    accept_handover,
    draft_handover,
    edit_handover,
    give_handover,
)
from qingtian.apps.rosters.actions.keep_roster import RosterDraft, RotationDraft, add_rotation, set_up_roster
from qingtian.apps.rosters.actions.share_calendar import feed_of, make_feed, revoke_feed
from qingtian.apps.rosters.models import FeedLink, Handover
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible
from qingtian.interfaces.web.calendar_feed import Entry, calendar_text

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
KEEPER = actor(Role.SUPERVISOR, region="420100", name="keeper")


@pytest.fixture
def room() -> dict[str, Actor]:
    """Ann has the day until 20:00, Bo the night; Cy has nothing."""
    people = {name: account(name, Role.DISPATCHER) for name in ("ann", "bo", "cy")}
    set_up_roster(KEEPER, NOW, RosterDraft(code="room", name_zh="值班室; 市", name_en="duty room, city"))
    for name, hour, who in (("日", 8, "ann"), ("夜", 20, "bo")):
        draft = RotationDraft(
            name_zh=name,
            name_en=name,
            starts=time(hour),
            minutes=720,
            members=(who,),
            first=(NOW - timedelta(days=1)).date(),
        )
        add_rotation(KEEPER, NOW, "room", draft)
    return people


def test_the_note_lists_what_is_open_and_nothing_that_is_done(room: dict[str, Actor]) -> None:
    stack = outlet()
    alarm = found(stack, severity=3)
    silent = found(stack, kind=Kind.LATE_STREAM, rule_id="late_stream", parameter="")
    broken = found(stack, kind=Kind.CLOCK_ERROR, rule_id="clock_error", parameter="")
    elsewhere = outlet("E-9", "420583")
    found(elsewhere)
    post(kind="case_due_soon", to=Recipients(roles=(Role.DISPATCHER,)))
    closed = post(kind="case_due_soon", to=Recipients(roles=(Role.DISPATCHER,)))
    Notice.objects.filter(pk=closed.pk).update(closed_at=NOW)
    row = draft_handover(room["ann"], NOW, "room")
    numbers = {name: [line["number"] for line in part["lines"]] for name, part in row.open_matters.items()}
    assert numbers["findings"] == [alarm.number, broken.number]
    assert numbers["silent"] == [silent.number]
    assert numbers["faults"] == [broken.number]
    assert numbers["notices"] == ["C-2025-000001"]
    assert numbers["breached"] == numbers["due_soon"] == numbers["undelivered"] == []
    assert row.open_matters["findings"]["count"] == 2
    assert (row.giver, row.taker, row.state) == ("ann", "bo", "draft")


def test_drafting_again_reads_again_and_keeps_the_text(room: dict[str, Actor]) -> None:
    first = draft_handover(room["ann"], NOW, "room")
    edit_handover(room["ann"], NOW, first.number, text="3号站电话联系过", revision=1)
    found(outlet())
    again = draft_handover(room["ann"], NOW + HOUR, "room")
    assert (again.pk, again.text, again.composed_at) == (first.pk, "3号站电话联系过", NOW + HOUR)
    assert again.open_matters["findings"]["count"] == 1


def test_both_sign_and_what_was_signed_stays(room: dict[str, Actor]) -> None:
    row = draft_handover(room["ann"], NOW, "room")
    edit_handover(room["ann"], NOW, row.number, text="注意青山", revision=1)
    with pytest.raises(Conflict):
        accept_handover(room["bo"], NOW, row.number)
    given = give_handover(room["ann"], NOW + HOUR, row.number)
    assert len(given.content_hash) == 64
    notice = Notice.objects.get(kind="handover_given")
    assert list(notice.receipts.values_list("user__username", flat=True)) == ["bo"]
    for change in (
        lambda: edit_handover(room["ann"], NOW, row.number, text="x", revision=2),
        lambda: give_handover(room["ann"], NOW, row.number),
        lambda: draft_handover(room["ann"], NOW, "room"),
    ):
        with pytest.raises(Conflict):
            change()
    with pytest.raises(NotPermitted):
        accept_handover(room["cy"], NOW, row.number)
    taken = accept_handover(room["bo"], NOW + 2 * HOUR, row.number, answer="已阅")
    assert (taken.state, taken.accepted_at, taken.answer) == ("accepted", NOW + 2 * HOUR, "已阅")
    notice.refresh_from_db()
    assert (notice.closed_by, notice.closed_why) == ("bo", "settled")
    events = Event.objects.filter(type__in=("handover.given", "handover.accepted")).order_by("seq")
    assert [(event.actor, event.payload["hash"]) for event in events] == [
        ("ann", given.content_hash),
        ("bo", given.content_hash),
    ]


def test_a_note_that_was_changed_behind_the_signature_is_not_accepted(room: dict[str, Actor]) -> None:
    row = draft_handover(room["ann"], NOW, "room")
    give_handover(room["ann"], NOW, row.number)
    Handover.objects.filter(pk=row.pk).update(text="anything")
    with pytest.raises(Conflict, match="not what was signed"):
        accept_handover(room["bo"], NOW, row.number)


def test_only_who_has_the_shift_hands_it_over_and_only_they_edit(room: dict[str, Actor]) -> None:
    with pytest.raises(NotPermitted):
        draft_handover(room["cy"], NOW, "room")
    row = draft_handover(room["ann"], NOW, "room")
    with pytest.raises(NotPermitted):
        edit_handover(room["bo"], NOW, row.number, text="x", revision=1)
    with pytest.raises(Conflict):
        edit_handover(room["ann"], NOW, row.number, text="x", revision=7)
    with pytest.raises(InvalidInput):
        edit_handover(room["ann"], NOW, row.number, text="x", revision=1, taker="ann")
    assert edit_handover(room["ann"], NOW, row.number, text="x", revision=1, taker="cy").taker == "cy"
    stranger = account("far", Role.DISPATCHER, region="420583")
    with pytest.raises(NotVisible):
        edit_handover(stranger, NOW, row.number, text="x", revision=2)


def test_after_its_end_a_shift_can_be_handed_over_for_twelve_hours(room: dict[str, Actor]) -> None:
    evening = datetime.fromisoformat("2025-11-24T21:00:00+08:00")
    assert draft_handover(room["ann"], evening, "room").shift_end.isoformat() == "2025-11-24T20:00:00+08:00"
    # At 8:30 of the next day her new shift has begun.
    late = draft_handover(room["ann"], evening + 11.5 * HOUR, "room")
    assert late.shift_end.isoformat() == "2025-11-25T20:00:00+08:00"
    assert Handover.objects.count() == 2


def test_a_calendar_program_reads_the_feed_and_a_revoked_link_is_gone(
    room: dict[str, Actor], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qingtian.interfaces.web import calendar_feed
    from qingtian.runtime.clock import FixedClock

    monkeypatch.setattr(calendar_feed, "current_clock", lambda: FixedClock(NOW))
    link, secret = make_feed(room["ann"], NOW)
    assert secret not in FeedLink.objects.get(pk=link.pk).secret_hash
    answer = client.get(f"/calendar/{secret}.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    parsed = Calendar.from_ical(answer.content.decode())
    events = list(parsed.walk("VEVENT"))
    starts = [event.decoded("DTSTART") for event in events]
    assert all(start.hour == 0 and start.utcoffset() == timedelta(0) for start in starts)  # 08:00 +08:00
    assert len(events) == 1 + 63  # since the rotation began; ahead 62 days and today's
    assert str(events[0]["SUMMARY"]) == "值班室; 市 duty room, city"
    assert len({str(event["UID"]) for event in events}) == len(events)
    _, everybody = make_feed(room["ann"], NOW, "room")
    assert len(Calendar.from_ical(client.get(f"/calendar/{everybody}.ics").content.decode()).walk("VEVENT")) > 120
    revoke_feed(room["ann"], NOW, link.pk)
    assert client.get(f"/calendar/{secret}.ics").status_code == 404
    assert client.get("/calendar/guess.ics").status_code == 404
    with pytest.raises(NotVisible):
        revoke_feed(room["bo"], NOW, link.pk)
    User.objects.filter(username="ann").update(is_active=False)
    with pytest.raises(NotVisible):
        feed_of(everybody)


def test_long_words_and_line_breaks_survive_the_calendar() -> None:
    text = "换班，" * 60 + "a\\b;c,d\nnext"
    entry = Entry("u", NOW, NOW + HOUR, text, text)
    raw = calendar_text("n", [entry], NOW)
    assert max(len(line.encode()) for line in raw.split("\r\n")) <= 75
    event = Calendar.from_ical(raw).walk("VEVENT")[0]
    assert str(event["SUMMARY"]) == str(event["DESCRIPTION"]) == text


def test_enterprises_and_citizens_make_no_link() -> None:
    with pytest.raises(NotPermitted):
        make_feed(account("boss", Role.ENTERPRISE_USER, region="", org="E-1"), NOW)
    with pytest.raises(NotPermitted):
        make_feed(actor(), NOW)
