"""Commands over the API: forms, ordering, what came of it in words, taking back, exports; never a secret."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from tests.apps.devices.scene import claimed, done, refused, told
from tests.interfaces import city
from tests.interfaces.conftest import Login
from tests.interfaces.test_devices import send

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.devices.actions.order_command import OrderDraft, order_command
from qingtian.apps.devices.actions.record_message import record_message
from qingtian.apps.devices.actions.record_progress import record_progress
from qingtian.apps.devices.models import DeviceCommand, DeviceGap
from qingtian.domain.hj212.dialogues import Happening, Notice, Phase, Said

pytestmark = pytest.mark.django_db
ROUTE = f"/devices/{city.MN}"


@pytest.fixture
def steward(town: city.Town, login: Login) -> Client:
    return login("steward")


def system_order(cn: str = "1011", **params: str) -> DeviceCommand:
    return order_command(SYSTEM_ACTOR, city.NOW, city.MN, OrderDraft(cn, params, reason="试验"))


def tell(*reports) -> None:
    for one in reports:
        record_progress(SYSTEM_ACTOR, city.NOW, one)


def test_the_catalogue_is_what_the_edition_knows_with_the_fields_of_its_forms(steward: Client) -> None:
    answer = steward.get(f"/api/v1{ROUTE}/catalogue").json()
    assert answer["edition"] == "2017"
    rows = {one["cn"]: one for one in answer["commands"]}
    assert {"1011", "1012", "1062", "1072", "2061", "3011"} <= set(rows)
    assert not {"1001", "1014", "9014", "1013"} & set(rows)
    interval = rows["1062"]["fields"][0]
    assert (interval["name"], interval["least"], interval["most"], interval["unit"]) == ("RtdInterval", 30, 3600, "s")
    assert rows["1064"]["fields"][0]["choices"] == ["1", "2", "3", "4", "5", "6", "10", "12", "15", "20", "30"]
    assert all(one["name_zh"] and one["name_en"] and one["group_zh"] for one in rows.values())
    assert all(field["label_zh"] and field["label_en"] for one in rows.values() for field in one["fields"])


def test_the_catalogue_says_who_may_what_and_what_needs_a_reason(steward: Client) -> None:
    rows = {one["cn"]: one for one in steward.get(f"/api/v1{ROUTE}/catalogue").json()["commands"]}
    assert rows["1072"]["allowed"] and rows["1072"]["needs_reason"] and rows["1072"]["fields"][0]["secret"]
    assert not rows["3011"]["allowed"] and rows["3011"]["roles"] == ["inspector", "supervisor"]
    assert not rows["1062"]["needs_reason"]
    clock = next(one for one in rows["1012"]["fields"] if one["name"] == "SystemTime")
    assert not clock["required"]


def test_an_ordered_command_waits_and_can_be_followed(steward: Client) -> None:
    status, answer = send(steward, "POST", f"{ROUTE}/commands", {"cn": "1062", "params": {"RtdInterval": "120"}})
    assert status == 201
    assert (answer["state"], answer["state_en"], answer["open"]) == ("queued", "waiting", True)
    assert answer["name_en"] == "Set real-time interval"
    assert answer["allowed_actions"] == [{"verb": "cancel", "allowed": True, "reason": "", "reason_key": ""}]
    listed = steward.get("/api/v1/commands?open=true").json()
    assert [one["number"] for one in listed["items"]] == [answer["number"]]
    assert listed["waiting"]["queued"] == 1


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"cn": "1062", "params": {"RtdInterval": "5"}}, 422, "params.RtdInterval"),
        ({"cn": "1062", "params": {"Rtd": "5"}}, 422, "params.Rtd"),
        ({"cn": "4711"}, 422, "cn"),
        ({"cn": "x"}, 422, "cn"),
        ({"cn": "2012"}, 422, "reason"),
        ({"cn": "1011", "mn": "OTHER1"}, 422, "mn"),
        ({"cn": "1011", "expires_in_min": 0}, 422, "expires_in_min"),
        ({"cn": "1011", "surprise": 1}, 422, "surprise"),
        ({"cn": "3011", "params": {"PolId": "a21026"}, "reason": "x"}, 403, "actor"),
    ],
)
def test_what_cannot_be_ordered_is_refused_by_field(steward: Client, body: dict, status: int, field: str) -> None:
    got, answer = send(steward, "POST", f"{ROUTE}/commands", body)
    assert (got, answer["error"]["field"]) == (status, field)
    assert answer["error"]["remedy"]


def test_the_same_command_twice_is_a_conflict_that_names_the_first(steward: Client) -> None:
    first = send(steward, "POST", f"{ROUTE}/commands", {"cn": "1011"})[1]
    status, answer = send(steward, "POST", f"{ROUTE}/commands", {"cn": "1011"})
    assert (status, answer["error"]["params"]["number"]) == (409, first["number"])


def test_a_waiting_command_is_taken_back(steward: Client) -> None:
    number = send(steward, "POST", f"{ROUTE}/commands", {"cn": "1011"})[1]["number"]
    status, answer = send(steward, "POST", f"/commands/{number}/cancel", {"note": "误操作"})
    assert (status, answer["state"], answer["note"]) == (200, "cancelled", "误操作")
    offer = answer["allowed_actions"][0]
    assert (offer["allowed"], offer["reason_key"]) == (False, "status")


def test_the_exchange_is_told_frame_by_frame_in_words(steward: Client) -> None:
    command = system_order()
    claimed(at=city.NOW)
    tell(
        told(command, Happening.SENT, phase=Phase.SENT, attempts=1, cn="1011", text="CN=1011;PW=******"),
        told(command, Happening.ACCEPTED, phase=Phase.ACCEPTED, attempts=1, code=1, cn="9011"),
        told(command, Happening.DATA, phase=Phase.RECEIVING, parts=1, cn="1011", values={"clock_offset_s": 7}),
        done(command, at=city.NOW),
    )
    answer = steward.get(f"/api/v1/commands/{command.number}").json()
    assert [one["words_en"] for one in answer["exchange"]] == [
        "command sent",
        "the device answers: ready",
        "the device sends data",
        "the device reports: done",
    ]
    assert (answer["state"], answer["outcome_zh"], answer["values"]) == ("done", "执行成功", {"clock_offset_s": 7})


def test_a_refusal_is_explained_with_its_remedy(steward: Client) -> None:
    command = system_order()
    claimed(at=city.NOW)
    tell(refused(command, 3))
    answer = steward.get(f"/api/v1/commands/{command.number}").json()
    assert answer["outcome_en"] == "the device refused: password wrong"
    assert answer["remedy_zh"] and answer["remedy_en"]


def test_no_secret_leaves_the_house(steward: Client) -> None:
    body = {"cn": "1072", "params": {"NewPW": "geheim"}, "reason": "人员变动"}
    status, answer = send(steward, "POST", f"{ROUTE}/commands", body)
    assert (status, answer["params"]) == (201, {"NewPW": "******"})
    everything = "".join(
        steward.get(f"/api/v1{path}").content.decode()
        for path in ("/commands", f"/commands/{answer['number']}", "/commands/export.csv", f"{ROUTE}/readings", ROUTE)
    )
    assert "geheim" not in everything
    assert "123456" not in steward.get(f"/api/v1/commands/{answer['number']}").content.decode()


def test_lists_are_filtered_and_sorted(steward: Client) -> None:
    first, second = system_order(), system_order("1062", RtdInterval="60")

    def numbers(query: str) -> list[str]:
        return [one["number"] for one in steward.get(f"/api/v1/commands?{query}").json()["items"]]

    assert numbers("") == [second.number, first.number]
    assert numbers("sort=number") == [first.number, second.number]
    assert numbers("cn=1062") == [second.number]
    assert numbers("state=done") == []
    assert numbers("origin=person&priority=live") == [second.number, first.number]
    assert numbers(f"device={city.MN}&q={first.number.lower()}") == [first.number]
    assert numbers("by=nobody") == []
    assert steward.get("/api/v1/commands?sort=colour").status_code == 422


def test_the_csv_holds_the_rows_of_the_list(steward: Client) -> None:
    command = system_order("1062", RtdInterval="60")
    text = steward.get("/api/v1/commands/export.csv").content.decode("utf-8-sig")
    assert command.number in text and "RtdInterval=60" in text
    assert "number,device,device_name" in text


def test_the_first_contact_is_six_commands(steward: Client) -> None:
    status, answer = send(steward, "POST", f"{ROUTE}/first-contact", {})
    assert (status, [one["cn"] for one in answer][:4]) == (201, ["1012", "1000", "1062", "1064"])
    assert send(steward, "POST", f"{ROUTE}/first-contact", {})[0] == 409


def test_a_device_is_shown_as_it_was_last_read(steward: Client) -> None:
    for number, offset in enumerate((7, 2)):
        at = city.NOW + timedelta(minutes=number)
        command = system_order()
        claimed(at=at)
        tell(
            told(command, Happening.DATA, phase=Phase.RECEIVING, parts=1, cn="1011", values={"clock_offset_s": offset}),
            done(command, at=at),
        )
    said = told(None, Said.RESTARTED, notice=Notice(Said.RESTARTED, at="20251124095500"), mn=city.MN)
    record_message(SYSTEM_ACTOR, city.NOW, said)
    answer = steward.get(f"/api/v1{ROUTE}/readings").json()
    assert [(one["cn"], one["values"]["clock_offset_s"]) for one in answer["readings"]] == [("1011", 2)]
    assert [one["words_en"] for one in answer["messages"]] == ["the logger restarted"]
    assert answer["password_changed_at"] is None
    earlier = steward.get(f"/api/v1{ROUTE}/readings/1011").json()
    assert [one["values"]["clock_offset_s"] for one in earlier] == [2, 7]


def test_an_unknown_device_that_asks_for_a_number_is_shown_to_stewards(steward: Client) -> None:
    notice = Notice(Said.ACTIVATION, serials={"i23005": "HW-9"})
    record_message(SYSTEM_ACTOR, city.NOW, told(None, Said.ACTIVATION, notice=notice, mn="8888888888"))
    answer = steward.get("/api/v1/activations").json()
    assert [(one["mn"], one["detail"]) for one in answer] == [("8888888888", {"serials": {"i23005": "HW-9"}})]


def test_missing_data_are_listed_with_their_state_in_words(steward: Client, town: city.Town) -> None:
    hour = timedelta(hours=1)
    DeviceGap.objects.create(
        device=town.objects[city.MN],
        cn="2061",
        block=city.NOW - 10 * hour,
        begin=city.NOW - 5 * hour,
        end=city.NOW - 3 * hour,
        periods=3,
        state="given_up",
        tries=3,
        next_try_at=city.NOW,
        found_at=city.NOW,
        changed_at=city.NOW,
        reason_zh="设备报告：没有数据",
        reason_en="no data",
    )
    answer = steward.get("/api/v1/gaps").json()
    row = answer["items"][0]
    assert (row["name_en"], row["periods"], row["state_zh"], row["next_try_at"]) == ("Hourly data", 3, "已放弃", None)
    assert {one["value"] for one in answer["states"]} == {"open", "asked", "filled", "given_up"}
    assert steward.get("/api/v1/gaps?state=open").json()["total"] == 0
    assert "given_up" in steward.get("/api/v1/gaps/export.csv").content.decode()


def test_an_enterprise_sees_the_commands_to_its_own_devices_only(town: city.Town, login: Login) -> None:
    command = system_order()
    assert login("plant").get("/api/v1/commands").json()["total"] == 1
    assert login("wuchang").get("/api/v1/commands").json()["total"] == 0
    assert login("wuchang").get(f"/api/v1/commands/{command.number}").status_code == 404


def test_every_answer_is_plain_json(steward: Client) -> None:
    system_order()
    json.loads(steward.get("/api/v1/commands").content)
