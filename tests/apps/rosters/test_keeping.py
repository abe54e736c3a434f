"""Rosters in the database: turns, exceptions, swaps, who is on duty for a place, and who may change what."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from tests.apps.city import SHANGHAI, account, actor

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.apps.notices.models import Receipt
from qingtian.apps.rosters.actions.keep_roster import (
    RosterDraft,
    RotationDraft,
    add_rotation,
    end_rotation,
    retire_roster,
    set_up_roster,
)
from qingtian.apps.rosters.actions.make_exception import ExceptionDraft, make_exception, withdraw_exception
from qingtian.apps.rosters.actions.swap_shifts import SwapDraft, answer_swap, ask_swap, withdraw_swap
from qingtian.apps.rosters.models import Roster, RosterRotation
from qingtian.apps.rosters.queries import on_duty, on_duty_at
from qingtian.apps.rosters.schedule import double_bookings, schedules
from qingtian.apps.rosters.states import Coverage
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible
from qingtian.domain.rosters import Span

pytestmark = pytest.mark.django_db
FIRST = date(2025, 11, 24)  # a Monday
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
KEEPER = actor(Role.SUPERVISOR, region="420100", name="keeper")


def at(day: int, hour: int = 8, minute: int = 0) -> datetime:
    return datetime(2025, 11, day, hour, minute, tzinfo=SHANGHAI)


NOW = at(24, 9)


def roster(code: str = "room", region: str = "420100", coverage: Coverage = Coverage.ALWAYS) -> Roster:
    draft = RosterDraft(code=code, name_zh="值班室", name_en="room", region_code=region, coverage=coverage)
    return set_up_roster(KEEPER, NOW, draft)


def turns(*members: str, code: str = "room", who: Actor = KEEPER, **more: Any) -> RosterRotation:
    fields: dict[str, Any] = {"name_zh": "日", "name_en": "day", "starts": time(8), "minutes": 1440, "first": FIRST}
    return add_rotation(who, NOW, code, RotationDraft(members=members, **(fields | more)))


@pytest.fixture
def people() -> dict[str, Actor]:
    return {name: account(name, Role.HANDLER) for name in ("ann", "bo", "cy")}


def test_who_is_on_duty_changes_with_the_shift(people: dict[str, Actor]) -> None:
    roster()
    turns("ann", "bo")
    assert [on_duty(at(24, 7), "room"), on_duty(at(24), "room"), on_duty(at(25, 7, 59), "room")] == [
        [],
        ["ann"],
        ["ann"],
    ]
    assert on_duty(at(25), "room") == ["bo"]
    assert on_duty(at(25), "no-such") == []
    retire_roster(KEEPER, NOW, "room", reason="合并")
    assert on_duty(at(25), "room") == []


def test_the_nearest_roster_is_asked_first(people: dict[str, Actor]) -> None:
    roster()
    turns("ann")
    roster("qs", "420107", Coverage.ROTATIONS)
    turns("bo", code="qs", minutes=600)
    assert on_duty_at(at(24, 9), "420107") == ["bo"]
    assert on_duty_at(at(24, 19), "420107") == ["ann"]  # nobody of the district: the city's
    assert on_duty_at(at(24, 9), "420106") == ["ann"]
    assert on_duty_at(at(24, 9), "420106", ["qs"]) == ["bo"]
    assert on_duty_at(at(24, 9), "420107", ["*", "room"]) == ["ann", "bo"]


def test_gaps_of_a_post_that_is_always_held_and_of_one_that_is_not(people: dict[str, Actor]) -> None:
    always = roster()
    turns("ann", minutes=720)
    office = roster("office", coverage=Coverage.ROTATIONS)
    turns("bo", code="office", minutes=720)
    first, second = schedules([always, office], at(24), at(25))
    by_code = {one.roster.code: one.gaps for one in (first, second)}
    assert by_code == {"room": (Span(at(24, 20), at(25)),), "office": ()}
    make_exception(KEEPER, NOW, "office", leave("bo", at(24, 10), at(24, 12)))
    assert schedules([office], at(24), at(25))[0].gaps == (Span(at(24, 10), at(24, 12)),)


def leave(name: str, start: datetime, end: datetime, stand_in: str = "") -> ExceptionDraft:
    return ExceptionDraft(starts_at=start, ends_at=end, who=stand_in, instead_of=name, reason="病假")


def test_an_exception_holds_until_it_is_withdrawn(people: dict[str, Actor]) -> None:
    roster()
    turns("ann", "bo")
    row = make_exception(KEEPER, NOW, "room", leave("ann", at(24, 12), at(24, 18), "cy"))
    assert [on_duty(at(24, hour), "room") for hour in (11, 12, 17, 18)] == [["ann"], ["cy"], ["cy"], ["ann"]]
    withdraw_exception(KEEPER, NOW, "room", row.pk)
    assert on_duty(at(24, 12), "room") == ["ann"]
    with pytest.raises(Conflict):
        withdraw_exception(KEEPER, NOW, "room", row.pk)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (leave("cy", at(24, 10), at(24, 12)), "instead_of"),  # has no shift then
        (leave("ann", at(24, 10), at(24, 12), "nobody"), "who"),
        (leave("ann", at(23, 10), at(24, 8)), "ends_at"),  # over
        (leave("ann", at(24, 12), at(24, 12)), "ends_at"),
        (leave("ann", at(24, 10), at(24, 12), "ann"), "who"),
        (ExceptionDraft(starts_at=at(24), ends_at=at(25), who="bo", instead_of="", reason=" "), "reason"),
    ],
)
def test_a_wrong_exception_is_refused_by_field(people: dict[str, Actor], draft: ExceptionDraft, field: str) -> None:
    roster()
    turns("ann", "bo")
    with pytest.raises((InvalidInput, Conflict)) as refused:
        make_exception(KEEPER, NOW, "room", draft)
    assert refused.value.field == field
    assert not Event.objects.filter(type="roster.exception_made").exists()


def test_two_who_agree_swap_and_both_are_told(people: dict[str, Actor]) -> None:
    roster()
    turns("ann", "bo")
    ask = SwapDraft(starts_at=at(26), other="bo", back_starts_at=at(25), reason="孩子家长会")
    offer = ask_swap(people["ann"], NOW, "room", ask)
    assert on_duty(at(26), "room") == ["ann"]  # an offer changes nothing
    with pytest.raises(NotPermitted):
        answer_swap(people["cy"], NOW, offer.pk, accept=True)
    answer_swap(people["bo"], NOW + HOUR, offer.pk, accept=True)
    assert [on_duty(at(day), "room") for day in (24, 25, 26, 27)] == [["ann"], ["ann"], ["bo"], ["bo"]]
    told = list(Receipt.objects.order_by("id").values_list("user__username", "notice__kind"))
    assert told == [("bo", "swap_asked"), ("ann", "swap_answered")]
    with pytest.raises(Conflict):
        answer_swap(people["bo"], NOW + HOUR, offer.pk, accept=False)


def test_an_offer_is_refused_or_taken_back_without_a_trace_in_the_roster(people: dict[str, Actor]) -> None:
    roster()
    turns("ann", "bo")
    first = ask_swap(people["ann"], NOW, "room", SwapDraft(starts_at=at(26), other="bo"))
    with pytest.raises(Conflict):
        ask_swap(people["ann"], NOW, "room", SwapDraft(starts_at=at(26), other="cy"))
    with pytest.raises(NotPermitted):
        withdraw_swap(people["bo"], NOW, first.pk)
    assert withdraw_swap(people["ann"], NOW, first.pk).state == "withdrawn"
    second = ask_swap(people["ann"], NOW, "room", SwapDraft(starts_at=at(26), other="cy"))
    assert answer_swap(people["cy"], NOW, second.pk, accept=False).state == "refused"
    assert on_duty(at(26), "room") == ["ann"]


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (SwapDraft(starts_at=at(25), other="bo"), "starts_at"),  # bo's, not ann's
        (SwapDraft(starts_at=at(24), other="bo"), "starts_at"),  # has begun
        (SwapDraft(starts_at=at(26), other="ann"), "other"),
        (SwapDraft(starts_at=at(26), other="nobody"), "other"),
        (SwapDraft(starts_at=at(26), other="bo", back_starts_at=at(28)), "back_starts_at"),
        (SwapDraft(starts_at=at(26).replace(tzinfo=None), other="bo"), "starts_at"),
    ],
)
def test_only_shifts_that_both_have_are_offered(people: dict[str, Actor], draft: SwapDraft, field: str) -> None:
    roster()
    turns("ann", "bo")
    with pytest.raises((InvalidInput, Conflict)) as refused:
        ask_swap(people["ann"], NOW, "room", draft)
    assert refused.value.field == field


def test_an_offer_whose_shift_moved_meanwhile_cannot_be_accepted(people: dict[str, Actor]) -> None:
    roster()
    turns("ann", "bo")
    offer = ask_swap(people["ann"], NOW, "room", SwapDraft(starts_at=at(26), other="bo"))
    make_exception(KEEPER, NOW, "room", leave("ann", at(26), at(27), "cy"))
    with pytest.raises(Conflict):
        answer_swap(people["bo"], NOW, offer.pk, accept=True)
    assert on_duty(at(26), "room") == ["cy"]


def test_a_rotation_ends_on_a_day_that_is_not_past(people: dict[str, Actor]) -> None:
    roster()
    row = turns("ann")
    with pytest.raises(InvalidInput):
        end_rotation(KEEPER, NOW, "room", row.pk, until=FIRST - DAY)
    end_rotation(KEEPER, NOW, "room", row.pk, until=FIRST + 2 * DAY)
    turns("bo", first=FIRST + 2 * DAY)
    assert [on_duty(at(day), "room") for day in (24, 25, 26)] == [["ann"], ["ann"], ["bo"]]
    assert schedules(Roster.objects.all(), at(24), at(28))[0].gaps == ()


def test_one_person_on_two_rosters_at_a_time_is_shown(people: dict[str, Actor]) -> None:
    roster()
    turns("ann", "bo")
    roster("other")
    turns("ann", code="other", minutes=60)
    found = double_bookings(at(24), at(26))
    assert [(clash.who, clash.span) for clash in found] == [("ann", Span(at(24), at(24, 9)))]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"members": ("ann", "stranger")}, "members"),
        ({"members": ()}, "members"),
        ({"minutes": 0}, "minutes"),
        ({"every": 0}, "every"),
        ({"name_zh": " "}, "name_zh"),
        ({"weekdays": (9,)}, "weekdays"),
        ({"until": FIRST}, "until"),
    ],
)
def test_a_wrong_rotation_is_refused_by_field(people: dict[str, Actor], more: dict[str, Any], field: str) -> None:
    roster()
    fields: dict[str, Any] = {"members": ("ann",)} | more
    with pytest.raises(InvalidInput) as refused:
        turns(*fields.pop("members"), **fields)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("code", "region", "field"), [("No Good", "", "code"), ("x", "", "code"), ("ok", "42", "region_code")]
)
def test_a_wrong_roster_is_refused_by_field(code: str, region: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        set_up_roster(KEEPER, NOW, RosterDraft(code=code, name_zh="a", name_en="a", region_code=region))
    assert refused.value.field == field


KEEPERS = {Role.DISPATCHER, Role.SUPERVISOR, Role.DATA_STEWARD}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
def test_every_role_tries_to_keep_a_roster(people: dict[str, Actor], role: Role) -> None:
    roster()
    for region, inside in (("", True), ("420100", True), ("420106", False)):
        who = actor(role, region=region, org="E-1" if role is Role.ENTERPRISE_USER else "")
        official = role not in (Role.CITIZEN, Role.ENTERPRISE_USER)
        expected = "done" if role in KEEPERS and inside else "right" if official else "sight"
        for try_it in (
            lambda w=who: turns("ann", who=w),
            lambda w=who: make_exception(
                w, NOW, "room", ExceptionDraft(starts_at=at(25), ends_at=at(26), who="bo", instead_of="", reason="x")
            ),
        ):
            assert outcome(try_it) == expected, (role, region)
        code = f"r{region}{role}".replace("_", "")
        made = outcome(lambda w=who, c=code: set_up_roster(w, NOW, RosterDraft(code=c, name_zh="a", name_en="a")))
        assert made == ("done" if expected == "done" else "right")


def outcome(job: Any) -> str:
    try:
        job()
    except NotPermitted:
        return "right"
    except NotVisible:
        return "sight"
    return "done"
