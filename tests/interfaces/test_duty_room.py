"""The duty room over the API: inbox and bell, who holds a month, swaps, the note that two sign, what did not arrive."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.interfaces import city
from tests.interfaces.duty_room import EIGHT, HOUR
from tests.interfaces.standing import Standing, undone

from qingtian.apps.journal.models import Event
from qingtian.apps.notices.actions.deliver import claim, due_deliveries, note_sent
from qingtian.apps.notices.actions.post_notice import NoticeDraft, post_notices
from qingtian.apps.notices.models import Contact
from qingtian.apps.notices.people import Recipients
from qingtian.interfaces.api.schemas.base import city_iso

pytestmark = pytest.mark.django_db


def get(client: Client, path: str, **query: Any) -> Any:
    """What a read answers."""
    answer = client.get(f"/api/v1/{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def post(client: Client, path: str, body: object | None = None, *, status: int = 200) -> Any:
    """What a change answers."""
    answer = client.generic(
        "POST", f"/api/v1/{path}", "" if body is None else json.dumps(body), content_type="application/json"
    )
    assert answer.status_code == status, answer.content
    return answer.json()


def test_the_inbox_shows_ones_own_lines_and_the_bell_counts_them(standing: Standing) -> None:
    handler, dispatcher = standing.client("handler"), standing.client("dispatcher")
    with undone():
        page = get(handler, "notices")
        assert [(one["kind"], one["read"], one["answerable"]) for one in page["items"]] == [
            ("case_breached", False, True),
            ("swap_asked", False, False),
        ]
        assert get(handler, "notices/waiting") == {"unread": 2, "unanswered": 1, "severity": 3}
        assert [one["kind"] for one in get(handler, "notices", view="unanswered")["items"]] == ["case_breached"]
        assert [one["kind"] for one in get(handler, "notices", min_severity=2, q="第1热电")["items"]] == [
            "case_breached"
        ]
        assert get(handler, "notices", kind="swap_answered")["total"] == 0
        number = page["items"][0]["id"]
        assert post(handler, "notices/read", {"notices": [number]})["waiting"]["unread"] == 1
        assert get(handler, "notices", view="unread")["total"] == 1
        # Opening answers nothing.
        assert get(handler, "notices/waiting")["unanswered"] == 1
        done = post(handler, "notices/acknowledge", {})
        assert (done["changed"], done["waiting"]["unanswered"]) == (1, 0)
        seen = get(dispatcher, f"notices/{number}")
        assert (seen["closed_by"], seen["closed_why"]) == ("handler", "acknowledged")
        assert {one["username"]: one["reason"] for one in seen["receipts"]} == {
            "handler": "named",
            "dispatcher": "on_duty",
        }
        assert get(handler, "notices", view="unread")["total"] == 1


def test_a_line_of_somebody_else_is_neither_read_nor_answered(standing: Standing) -> None:
    number = get(standing.client("handler"), "notices", kind="case_breached")["items"][0]["id"]
    for verb in ("read", "acknowledge"):
        error = post(standing.client("auditor"), f"notices/{verb}", {"notices": [number]}, status=404)["error"]
        assert error["field"] == "notices"
    assert get(standing.client("handler"), "notices/waiting")["unanswered"] == 1


def test_the_file_of_the_inbox_holds_what_the_list_holds(standing: Standing) -> None:
    answer = standing.client("handler").get("/api/v1/notices/export.csv", {"kind": "case_breached"})
    lines = [line for line in answer.content.decode().splitlines() if not line.lstrip("\ufeff").startswith("#")]
    assert len(lines) == 2
    assert "第1热电：案件已逾期" in lines[1]


def test_a_notice_tells_the_steps_that_silence_takes(standing: Standing) -> None:
    found = get(standing.client("supervisor"), standing.at("notices/{notice_id}"))
    assert found["policy"] == "severe"
    assert [(step["step"], step["taken"]) for step in found["steps"]] == [(0, True), (1, False), (2, False)]
    assert found["escalates_at"] == city_iso(city.NOW + HOUR / 6)
    assert [(way["channel"], way["state"]) for way in found["ways"]] == [("email", "dead")]


def test_what_did_not_arrive_is_shown_and_mended(standing: Standing) -> None:
    client = standing.client("supervisor")
    with undone():
        page = get(client, "deliveries", state="dead")
        assert (page["total"], page["by_state"], page["waiting"]) == (1, {"dead": 1}, 0)
        (row,) = page["items"]
        assert (row["username"], row["tries"], row["last_error"]) == (
            "handler",
            1,
            "the address was refused with 550",
        )
        found = get(client, f"deliveries/{row['id']}")
        assert found["may_mend"]
        assert "第1热电" in found["text"]
        assert "handler@example.org" not in json.dumps(found)
        again = post(client, f"deliveries/{row['id']}/again")
        assert (again["state"], again["tries"], again["may_mend"]) == ("retry", 0, False)
        assert post(client, f"deliveries/{row['id']}/lay-aside", {"reason": "x"}, status=409)
        assert due_deliveries(city.NOW) == [row["id"]]
        claim(city.NOW, row["id"])
        note_sent(city.NOW, row["id"])
        assert get(client, "deliveries")["by_state"] == {"sent": 1}
    assert get(client, "deliveries")["by_state"] == {"dead": 1}


def test_policies_name_the_people_whom_a_step_means_now(standing: Standing) -> None:
    found = get(standing.client("inspector"), "notices/policies")
    severe = next(one for one in found["policies"] if one["code"] == "severe")
    assert severe["steps"][0]["people"] == ["dispatcher"]  # by day
    assert severe["steps"][0]["missing"] == ["duty_room"]
    assert [step["after_min"] for step in severe["steps"]] == [0, 10, 20]
    assert {one["kind"] for one in found["kinds"]} >= {"finding_severe", "handover_given"}
    assert [(one["channel"], one["ready"]) for one in found["ways"]] == [("email", False), ("sms", False)]


def test_one_keeps_ones_own_addresses_and_the_journal_keeps_none(standing: Standing) -> None:
    client = standing.client("inspector")
    asked = {"email": "i@example.org", "phone": "+8613800000000", "language": "en", "channels": ["email", "sms"]}
    with undone():
        kept = post(client, "me/contact", asked | {"quiet_from": "22:00", "quiet_until": "07:00", "quiet_passes": 3})
        assert (kept["quiet_from"], kept["quiet_until"], kept["quiet_passes"]) == ("22:00", "07:00", 3)
        assert get(client, "me/contact") == kept
        assert Contact.objects.get(user__username="inspector").phone == "+8613800000000"
        event = Event.objects.latest("seq")
        assert "example.org" not in json.dumps(event.payload)
        assert "13800000000" not in json.dumps(event.payload)
        before = Event.objects.count()
        post(client, "me/contact", asked | {"quiet_from": "22:00", "quiet_until": "07:00", "quiet_passes": 3})
        assert Event.objects.count() == before  # nothing changed
    for body, field in (
        ({"email": "nobody"}, "email"),
        ({"phone": "call me"}, "phone"),
        ({"channels": ["sms"]}, "phone"),
        ({"quiet_from": "22:00"}, "quiet_until"),
        ({"quiet_passes": 5}, "quiet_passes"),
        ({"quiet_from": "22:00+08:00", "quiet_until": "07:00"}, "quiet_from"),
    ):
        assert post(client, "me/contact", body, status=422)["error"]["field"] == field


def test_a_month_shows_shifts_additions_gaps_holidays_and_the_load(standing: Standing) -> None:
    client = standing.client("supervisor")
    month = get(client, "rosters/month")
    assert (month["month"], len(month["days"])) == ("2025-11", 30)
    today = next(one for one in month["days"] if one["day"] == "2025-11-24")
    assert [(one["who"]["username"], one["rotation_zh"]) for one in today["shifts"]] == [
        ("dispatcher", "白班"),
        ("handler", "夜班"),
    ]
    added = [one for day in month["days"] for one in day["shifts"] if one["mine"]]
    assert [(one["who"]["username"], one["reason"]) for one in added] == [("supervisor", "重污染应急")]
    # Nobody was on duty before the rotations began on the 21st.
    first = next(one for one in month["days"] if one["day"] == "2025-11-01")
    assert first["gaps"][0]["ends_at"] == city_iso(EIGHT - 72 * HOUR)
    assert month["gap_hours"] == "488"
    load = {one["who"]["username"]: (one["shifts"], one["hours"], one["restday_hours"]) for one in month["load"]}
    assert load["dispatcher"] == (10, "120", "48")
    assert load["supervisor"] == (1, "4", "0")
    assert sum(float(one["hours"]) for one in month["load"]) == 30 * 24 - 488 + 4
    october = get(client, "rosters/month", month="2026-10")
    holiday = next(one for one in october["days"] if one["day"] == "2026-10-01")
    assert not holiday["workday"]
    only = get(client, "rosters/month", who="supervisor")
    assert {one["who"]["username"] for day in only["days"] for one in day["shifts"]} == {"supervisor"}


def test_a_double_booking_is_found_across_rosters(standing: Standing) -> None:
    client = standing.client("supervisor")
    with undone():
        post(client, "rosters", {"code": "second", "name_zh": "二线", "name_en": "second line"}, status=201)
        turn = {"name_zh": "备", "name_en": "reserve", "starts": "10:00", "minutes": 120, "members": ["dispatcher"]}
        made = post(
            client, "rosters/second/rotations", turn | {"first": "2025-11-25", "until": "2025-11-26"}, status=201
        )
        assert [one["members"][0]["username"] for one in made["rotations"]] == ["dispatcher"]
        month = get(client, "rosters/month", roster="room")
        assert month["clashes"] == [
            {
                "who": {"username": "dispatcher", "name": "dispatcher", "known": True},
                "starts_at": "2025-11-25T10:00:00+08:00",
                "ends_at": "2025-11-25T12:00:00+08:00",
                "rosters": ["room", "second"],
            }
        ]
        doubled = [one["starts_at"] for day in month["days"] for one in day["shifts"] if one["doubled"]]
        assert doubled == ["2025-11-25T08:00:00+08:00"]


def test_a_swap_is_offered_told_taken_and_changes_the_month(standing: Standing) -> None:
    asker, other = standing.client("dispatcher"), standing.client("handler")
    start = city_iso(EIGHT + 24 * HOUR)
    with undone():
        made = post(asker, "rosters/room/swaps", {"starts_at": start, "other": "handler", "reason": "体检"}, status=201)
        assert (made["state"], made["may_answer"], made["may_withdraw"]) == ("asked", False, True)
        assert get(other, "notices", kind="swap_asked")["total"] == 2
        assert [one["may_answer"] for one in get(other, "swaps", mine=True, state="asked")["items"]] == [True, True]
        assert post(other, f"swaps/{made['id']}/answer", {"accept": True})["state"] == "accepted"
        assert post(other, f"swaps/{made['id']}/answer", {"accept": True}, status=409)
        day = next(one for one in get(asker, "rosters/month")["days"] if one["day"] == "2025-11-25")
        shift = day["shifts"][0]
        assert (shift["who"]["username"], shift["instead_of"]["username"], shift["reason"]) == (
            "handler",
            "dispatcher",
            "体检",
        )
        assert get(asker, "notices", kind="swap_answered")["items"][0]["title_zh"].startswith("换班已接受")


def test_two_sign_a_note_and_what_was_signed_stays(standing: Standing) -> None:
    giver, taker = standing.client("dispatcher"), standing.client("handler")
    with undone():
        note = post(giver, "handovers", {"roster": "room"}, status=201)
        path = f"handovers/{note['number']}"
        assert (note["giver"]["username"], note["taker"]["username"], note["may_edit"]) == (
            "dispatcher",
            "handler",
            True,
        )
        matters = {one["name"]: one["count"] for one in note["matters"]}
        assert matters["findings"] > 0
        assert matters["notices"] == 1
        assert matters["undelivered"] == 1
        edited = post(giver, f"{path}/edit", {"text": "1号站已电话联系", "revision": note["revision"]})
        assert post(giver, f"{path}/edit", {"text": "x", "revision": note["revision"]}, status=409)
        assert (edited["text"], edited["revision"]) == ("1号站已电话联系", note["revision"] + 1)
        given = post(giver, f"{path}/give")
        assert (given["state"], given["intact"], len(given["content_hash"])) == ("given", True, 64)
        assert post(giver, f"{path}/edit", {"text": "x", "revision": 2}, status=409)
        assert get(taker, "handovers", mine=True)["total"] == 1
        assert get(taker, "notices", kind="handover_given")["items"][0]["link"] == f"/desk/{path}"
        accepted = post(taker, f"{path}/accept", {"answer": "已阅"})
        assert (accepted["state"], accepted["answer"], accepted["intact"]) == ("accepted", "已阅", True)
        assert [one["type"] for one in accepted["events"]][-2:] == ["handover.given", "handover.accepted"]
        assert get(taker, "notices", kind="handover_given", view="unanswered")["total"] == 0


def test_a_calendar_link_is_told_once_and_ends_with_its_revocation(standing: Standing) -> None:
    client = standing.client("dispatcher")
    with undone():
        made = post(client, "me/calendars", {"roster": "room"}, status=201)
        assert client.get(made["path"])["Content-Type"] == "text/calendar; charset=utf-8"
        (kept,) = get(client, "me/calendars")
        assert "path" not in kept
        post(client, f"me/calendars/{made['id']}/revoke")
        assert client.get(made["path"]).status_code == 404
        post(client, f"me/calendars/{made['id']}/revoke", status=409)


def test_rosters_say_who_holds_them_and_who_comes_next(standing: Standing) -> None:
    (room,) = get(standing.client("dispatcher"), "rosters")
    assert ([one["username"] for one in room["now"]], room["until"]) == (["dispatcher"], "2025-11-24T20:00:00+08:00")
    assert (room["next"]["username"], room["next_at"]) == ("handler", "2025-11-24T20:00:00+08:00")
    assert (room["may_keep"], room["may_hand_over"]) == (True, True)
    (room,) = get(standing.client("auditor"), "rosters")
    assert (room["may_keep"], room["may_hand_over"]) == (False, False)
    with undone():
        post(standing.client("supervisor"), "rosters/room/retire", {"reason": "merged"})
        assert get(standing.client("auditor"), "rosters") == []
        (gone,) = get(standing.client("auditor"), "rosters", retired=True)
        assert (gone["now"], gone["may_keep"]) == ([], False)


def many_for(username: str, count: int) -> None:
    """So many more lines in somebody's inbox."""
    drafts = [
        NoticeDraft(
            kind="case_assigned",
            subject=("case", f"C-{n}", f"/desk/cases/{n}"),
            severity=1,
            title_zh=f"第 {n} 件",
            title_en=f"number {n}",
            to=Recipients(usernames=(username,)),
        )
        for n in range(count)
    ]
    post_notices(city.NOW, drafts)


@pytest.mark.parametrize("path", ["notices?page_size=200", "notices/waiting", "rosters/month", "handovers"])
def test_a_full_inbox_costs_as_many_queries_as_an_empty_one(standing: Standing, path: str) -> None:
    client = standing.client("handler")

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            get(client, path)
        return len(seen)

    with undone():
        cost()  # warms the packs and the kept sessions
        few = cost()
        many_for("handler", 300)
        assert cost() <= few + 1
    assert few <= 22
