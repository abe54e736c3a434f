"""Devices: who sends, how it is, registering and changing one."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client
from tests.interfaces import city
from tests.interfaces.conftest import Login

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.registry.actions.register_object import ObjectDraft, register_object
from qingtian.apps.registry.device_settings import SETTINGS
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.hj212 import WireSettings
from qingtian.interfaces.api.present.words import settings as words
from qingtian.telemetry.spool import Verdict
from qingtian.telemetry.store import Cycle, Observation, SpoolPosition
from qingtian.telemetry.store.ducklake import DuckLakeStore

OTHER_MN = "QT4201000000000000000021"
NEW = {"mn": "QT77", "name": "二号数采仪", "site": "O-1-01", "settings": {"edition": "2017", "password": "abc123"}}


def send(client: Client, method: str, path: str, body: object) -> tuple[int, dict]:
    answer = client.generic(method, f"/api/v1{path}", json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def items(client: Client, query: str = "") -> dict[str, dict]:
    return {one["mn"]: one for one in client.get(f"/api/v1/devices?{query}").json()["items"]}


def frame_at(minute: int, *, mn: str = "QT77", pw: str = "abc123") -> bytes:
    stamp = f"20251124{10:02d}{minute:02d}00"
    return (
        city.build_upload(
            mn=mn,
            st="31",
            cn="2011",
            qn=f"{stamp}000",
            data_time=stamp,
            items={"a21026": {"Rtd": "12.5", "Flag": "N"}},
            flag=5,
            pw=pw,
        )
    ).rstrip()


def test_a_device_that_sends_is_online_and_one_that_never_did_is_never(duty: Client) -> None:
    found = items(duty)

    heard, never = found[city.MN], found[OTHER_MN]
    assert (heard["state"], heard["site"]["code"], heard["edition"]) == ("online", "O-1-01", "2017")
    assert heard["last_heard_at"] == "2025-11-24T10:36:00+08:00"
    assert (heard["silent_minutes"], heard["allowed_minutes"]) == (4, 60)
    assert (never["state"], never["last_heard_at"], never["silent_minutes"]) == ("never", None, None)
    assert (heard["simulated"], heard["encrypts"], heard["refused_24h"], heard["skew_s"]) == (True, False, 0, None)


@pytest.mark.parametrize(
    ("minutes", "state"), [(0, "online"), (60, "online"), (70, "late"), (11 * 60, "late"), (13 * 60, "silent")]
)
def test_late_and_silent_are_told_apart_by_the_rule_on_silence(town: city.Town, minutes: int, state: str) -> None:
    from qingtian.interfaces.api.present.device_hearing import silence

    told = silence(town.objects[city.MN], city.NOW - timedelta(minutes=minutes), city.NOW)

    assert (told.state, told.minutes, told.allowed) == (state, minutes, 60)


def test_devices_are_filtered_sorted_and_paged_and_counted_by_state(duty: Client) -> None:
    def mns(query: str) -> list[str]:
        return [one["mn"] for one in duty.get(f"/api/v1/devices?{query}").json()["items"]]

    assert mns("") == [OTHER_MN, city.MN]  # what is not heard comes first
    assert mns("state=online") == [city.MN]
    assert mns("state=late") == []
    assert mns("site=O-2-01") == mns("q=O-2-01") == mns("enterprise=E-2") == mns("region=420106") == [OTHER_MN]
    assert mns("edition=2025") == []
    assert mns("simulated=false") == []
    assert mns("sort=-mn") == [OTHER_MN, city.MN]
    page = duty.get("/api/v1/devices?page=2&page_size=1&state=online").json()
    assert (page["total"], page["items"]) == (1, [])
    assert page["states"] == {"silent": 0, "late": 0, "never": 1, "online": 1}
    assert duty.get("/api/v1/devices?sort=colour").status_code == 422


def test_everybody_sees_the_devices_of_their_scope_only(login: Login) -> None:
    assert set(items(login("plant"))) == {city.MN}
    assert set(items(login("wuchang"))) == {OTHER_MN}
    assert items(login("citizen")) == {}


def test_two_devices_at_one_place_are_told_apart_by_their_frames(duty: Client, town: city.Town, archive: Path) -> None:
    draft = ObjectDraft(ObjectType.DEVICE, "QT77", "二号", parent=(ObjectType.OUTLET, "O-1-01"))
    register_object(SYSTEM_ACTOR, city.NOW, draft)
    assert items(duty)["QT77"]["state"] == "never"
    city.fill_archive(archive, [frame_at(39)])

    found = items(duty)
    assert (found["QT77"]["state"], found["QT77"]["last_heard_at"]) == ("online", "2025-11-24T10:40:00+08:00")
    assert found[city.MN]["state"] == "never"  # none of its own frames is in the archive


def test_at_a_shared_place_a_device_answers_for_its_own_doubts_only(
    duty: Client, town: city.Town, archive: Path, filled_store: DuckLakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = ObjectDraft(ObjectType.DEVICE, "QT77", "二号", parent=(ObjectType.OUTLET, "O-1-01"))
    register_object(SYSTEM_ACTOR, city.NOW, draft)
    mine, other = city.fill_archive(archive, [frame_at(38), frame_at(39, mn=city.MN)])

    def doubted(position: SpoolPosition, cause: str) -> Observation:
        return Observation(
            "O-1-01",
            "a21026",
            Cycle.REALTIME,
            city.NOW,
            Decimal(9),
            segment=position.segment,
            frame_offset=position.offset,
            received_at=city.NOW,
            qc=(cause,),
            qc_facts=json.dumps({cause: {"row": "q"}}),
        )

    rows = [doubted(mine, "jump"), doubted(other, "persistence")]
    monkeypatch.setattr(
        type(filled_store), "window", lambda _self, cycle, *_args, **_named: rows if cycle is Cycle.REALTIME else []
    )

    def codes(mn: str) -> list[str]:
        return [one["code"] for one in duty.get(f"/api/v1/devices/{mn}").json()["health"]["problems"]]

    assert codes("QT77") == ["jump"]
    assert codes(city.MN) == ["persistence"]


def test_the_page_of_a_device_shows_settings_and_never_a_secret(login: Login) -> None:
    answer = login("steward").get(f"/api/v1/devices/{city.MN}")

    page = answer.json()
    settings = {one["name"]: one for one in page["settings"]}
    assert (settings["edition"]["value"], settings["edition"]["default"]) == ("2017", False)
    assert (settings["ack"]["value"], settings["ack"]["default"]) == ("on_request", True)
    assert (settings["password"]["value"], settings["password"]["is_set"]) == (None, True)
    assert (settings["sm4_key"]["value"], settings["sm4_key"]["is_set"], settings["sm4_key"]["since"]) == (
        None,
        False,
        None,
    )
    assert settings["password"]["since"] == (city.NOW - timedelta(days=900)).isoformat()
    assert settings["minute_interval_s"]["value"] == 300
    assert "123456" not in answer.content.decode()
    assert page["may_change"] is True
    assert page["health"]["frames_hour"] == 0


def test_who_may_not_change_a_device_is_told_who_may(duty: Client) -> None:
    page = duty.get(f"/api/v1/devices/{city.MN}").json()

    assert (page["may_change"], page["change_needs"]) == (False, ["data_steward", "system"])


def test_completeness_counts_the_periods_that_were_due(duty: Client) -> None:
    health = duty.get(f"/api/v1/devices/{city.MN}").json()["health"]

    by_cycle = {one["cycle"]: one for one in health["completeness"]}
    assert (by_cycle["hour"]["received"], by_cycle["hour"]["expected"], by_cycle["hour"]["share"]) == (24, 24, "1.00")
    assert (by_cycle["minute"]["received"], by_cycle["minute"]["expected"]) == (1, 288)


def test_arrivals_show_what_was_due_against_what_came(duty: Client) -> None:
    hours = duty.get(f"/api/v1/devices/{city.MN}/arrivals?cycle=hour&days=2").json()
    minutes = duty.get(f"/api/v1/devices/{city.MN}/arrivals?days=1").json()

    assert (hours["command"], hours["period_s"], len(hours["cells"])) == ("2061", 3600, 48)
    assert [one["received"] for one in hours["cells"]] == [0] * 18 + [1] * city.HOURS_KEPT
    assert hours["cells"][-1] == {"t": "2025-11-24T09:00:00+08:00", "due": 1, "received": 1}
    assert (minutes["cycle"], minutes["command"], minutes["cycles"]) == ("minute", "2051", ["minute", "hour"])
    assert {one["due"] for one in minutes["cells"]} == {12}
    assert sum(one["received"] for one in minutes["cells"]) == 0  # the one minute lies in the hour that still runs
    wrong = duty.get(f"/api/v1/devices/{city.MN}/arrivals?cycle=day")
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (422, "cycle")


def test_nothing_was_due_before_a_device_was_registered(login: Login) -> None:
    client = login("steward")
    send(client, "POST", "/devices", NEW | {"settings": {"expects": ["hour"]}})

    cells = client.get("/api/v1/devices/QT77/arrivals").json()["cells"]
    send(client, "POST", "/devices", NEW | {"mn": "QT78"})
    assert client.get("/api/v1/devices/QT78/arrivals").json()["cells"] == []  # nothing is expected of it

    assert [one["t"][11:13] for one in cells] == [f"{hour:02d}" for hour in range(10)]  # since midnight of today


def test_frames_of_the_last_hour_are_counted(duty: Client, archive: Path) -> None:
    city.fill_archive(archive, [frame_at(minute, mn=city.MN) for minute in range(30, 36)])
    city.fill_archive(archive, [frame_at(36, mn=city.MN)[:-4] + b"0000"], verdict=Verdict.BAD_CRC)

    health = duty.get(f"/api/v1/devices/{city.MN}").json()["health"]

    assert (health["frames_hour"], health["accepted_hour"]) == (7, 6)


def test_a_steward_registers_a_device_and_the_journal_keeps_it(login: Login, town: city.Town) -> None:
    client = login("steward")

    status, page = send(client, "POST", "/devices", NEW)

    assert status == 201
    assert (page["mn"], page["state"], page["site"]["code"]) == ("QT77", "never", "O-1-01")
    row = RegistryObject.objects.get(type=ObjectType.DEVICE, code="QT77")
    assert row.attributes == {"edition": 2017, "password": "abc123"}
    assert row.enterprise_code == "E-1"
    assert [event["type"] for event in page["history"]] == ["object.registered"]
    assert "abc123" not in json.dumps(page)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mn": "Q T"}, "code"),
        ({"mn": "x" * 33}, "code"),
        ({"mn": city.MN}, "code"),
        ({"site": "O-9-99"}, "parent"),
        ({"site": "1325A"}, "parent"),
        ({"name": ""}, "name"),
        ({"settings": {"edition": "1999"}}, "attributes.edition"),
        ({"settings": {"overtime_s": 0}}, "attributes.overtime_s"),
        ({"settings": {"resends": 100}}, "attributes.resends"),
        ({"settings": {"utc_offset_minutes": 9999}}, "attributes.utc_offset_minutes"),
        ({"settings": {"expects": ["week"]}}, "attributes.expects"),
        ({"settings": {"minute_interval_s": 0}}, "attributes.minute_interval_s"),
        ({"settings": {"password": "a;b"}}, "attributes.password"),
        ({"settings": {"sm4_key": "12"}}, "attributes.sm4_key"),
        ({"settings": {"sentinels": ["none"]}}, "attributes.sentinels[0]"),
        ({"settings": {"units": ["a"]}}, "attributes.units"),
        ({"settings": {"aliases": ["a b"]}}, "attributes.aliases[0]"),
        ({"settings": {"colour": "red"}}, "attributes.colour"),
        ({"settings": {"backfill": "perhaps"}}, "attributes.backfill"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_every_wrong_field_is_named_with_a_remedy(login: Login, change: dict, field: str) -> None:
    status, answer = send(login("steward"), "POST", "/devices", NEW | change)

    assert status in (409, 422)
    assert answer["error"]["field"] == field
    assert answer["error"]["remedy"]
    assert not RegistryObject.objects.filter(code="QT77").exists()


def test_a_wrong_key_is_never_repeated_in_the_error(login: Login) -> None:
    status, answer = send(login("steward"), "POST", "/devices", NEW | {"settings": {"sm4_key": "deadbeef-secret"}})

    assert status == 422
    assert "deadbeef" not in json.dumps(answer)


def test_a_change_keeps_what_it_does_not_name_and_takes_defaults_back(login: Login) -> None:
    client = login("steward")
    page = client.get(f"/api/v1/devices/{city.MN}").json()
    body = {
        "revision": page["revision"],
        "reason": "新固件",
        "name_en": "Logger 1",
        "settings": {"ack": "always", "minute_interval_s": None, "sm4_key": "00" * 16},
    }

    status, after = send(client, "PATCH", f"/devices/{city.MN}", body)

    assert status == 200
    settings = {one["name"]: one for one in after["settings"]}
    assert (settings["ack"]["value"], settings["ack"]["default"]) == ("always", False)
    assert (settings["minute_interval_s"]["value"], settings["minute_interval_s"]["default"]) == (600, True)
    assert (settings["sm4_key"]["is_set"], settings["sm4_key"]["since"]) == (True, "2025-11-24T10:40:00+08:00")
    assert settings["password"]["since"] == (city.NOW - timedelta(days=900)).isoformat()  # unchanged since then
    assert (after["name_en"], after["encrypts"]) == ("Logger 1", True)
    row = RegistryObject.objects.get(code=city.MN)
    assert row.attributes["password"] == "123456"
    assert row.attributes["expects"] == ["minute", "hour"]
    event = after["history"][-1]
    assert (event["type"], event["payload"]["reason"]) == ("object.updated", "新固件")
    assert "00" * 16 not in json.dumps(after)


def test_a_second_editor_is_asked_and_overwrites_nothing(login: Login) -> None:
    client = login("steward")
    revision = client.get(f"/api/v1/devices/{city.MN}").json()["revision"]
    first = {"revision": revision, "reason": "first", "settings": {"ack": "always"}}
    assert send(client, "PATCH", f"/devices/{city.MN}", first)[0] == 200

    status, answer = send(
        client, "PATCH", f"/devices/{city.MN}", first | {"reason": "second", "settings": {"ack": "never"}}
    )

    error = answer["error"]
    assert (status, error["code"], error["field"]) == (409, "conflict", "revision")
    newest = client.get(f"/api/v1/devices/{city.MN}").json()
    assert error["params"]["revision"] == newest["revision"]
    assert {one["name"]: one["value"] for one in newest["settings"]}["ack"] == "always"
    again = {"revision": newest["revision"], "reason": "second", "settings": {"ack": "never"}}
    assert send(client, "PATCH", f"/devices/{city.MN}", again)[0] == 200


def test_a_device_that_is_ended_leaves_the_list_and_keeps_its_page(login: Login) -> None:
    client = login("steward")
    page = client.get(f"/api/v1/devices/{city.MN}").json()
    body = {"revision": page["revision"], "reason": "拆除", "valid_to": "2025-12-01"}

    assert send(client, "PATCH", f"/devices/{city.MN}", body)[0] == 200
    assert city.MN not in items(client)
    assert client.get(f"/api/v1/devices/{city.MN}").json()["valid_to"] == "2025-12-01"


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_change_without_a_reason_is_refused(login: Login, reason: str) -> None:
    client = login("steward")
    revision = client.get(f"/api/v1/devices/{city.MN}").json()["revision"]

    status, answer = send(client, "PATCH", f"/devices/{city.MN}", {"revision": revision, "reason": reason})

    assert (status, answer["error"]["field"]) == (422, "reason")


def test_the_form_is_made_from_the_rules_that_check_it(login: Login) -> None:
    form = login("steward").get("/api/v1/devices/form").json()

    fields = {one["name"]: one for one in form["fields"]}
    assert form["may_register"] is True
    assert [one["value"] for one in fields["edition"]["choices"]] == ["2005", "2017", "2025"]
    assert (fields["overtime_s"]["least"], fields["overtime_s"]["most"], fields["overtime_s"]["unit"]) == (1, 99, "s")
    assert fields["sentinels"]["default"] == list(WireSettings().sentinels)
    assert {one["group"] for one in form["fields"]} == {one["value"] for one in form["groups"]}
    assert login("plant").get("/api/v1/devices/form").json()["may_register"] is False


def test_every_setting_has_words_in_both_languages_and_its_default_is_accepted(login: Login) -> None:
    client = login("steward")
    for setting in SETTINGS:
        told = words.SETTINGS[setting.name]
        assert told.label.zh and told.label.en and told.help.zh and told.help.en, setting.name
        for choice in setting.choices:
            assert words.CHOICES[setting.name][choice].zh, (setting.name, choice)
    defaults = {one["name"]: one["default"] for one in client.get("/api/v1/devices/form").json()["fields"]}

    status, page = send(client, "POST", "/devices", NEW | {"settings": defaults})

    assert status == 201
    assert {one["name"] for one in page["settings"]} == set(words.SETTINGS)


def test_places_that_can_get_a_device_are_found_by_part_of_a_name(login: Login) -> None:
    def codes(query: str) -> list[str]:
        return [one["code"] for one in login("steward").get(f"/api/v1/devices/sites?{query}").json()]

    assert "O-1-01" in codes("q=stack")
    assert codes("q=第2热电厂") == ["O-2-01"]
    assert codes("q=1325A") == ["1325A"]
    assert len(codes("limit=2")) == 2
    found = login("plant").get("/api/v1/devices/sites?q=O-").json()
    assert [(one["code"], one["devices"], one["enterprise_name"]) for one in found] == [("O-1-01", 1, "第1热电厂")]


def test_devices_are_exported_as_they_are_listed(duty: Client) -> None:
    answer = duty.get("/api/v1/devices/export.csv?state=online")

    text = answer.content.decode("utf-8-sig")
    assert city.LABEL_ZH in text.splitlines()[0]
    lines = list(csv.DictReader(io.StringIO("\n".join(line for line in text.splitlines() if line[:1] != "#"))))
    assert [(one["mn"], one["state"], one["site"]) for one in lines] == [(city.MN, "online", "O-1-01")]
    assert "123456" not in text


def test_what_was_refused_is_told_in_words_with_the_remedy(
    duty: Client, archive: Path, filled_store: DuckLakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qingtian.domain.hj212 import crc16_modbus
    from qingtian.telemetry.store import ClockSkew, Quarantined

    good = frame_at(30, mn=city.MN)
    modbus = good[:-4] + b"%04X" % crc16_modbus(good[6:-4])
    (position,) = city.fill_archive(archive, [modbus], verdict=Verdict.BAD_CRC)
    refused = [
        Quarantined(city.MN, "crc_modbus", "", city.NOW, "", position.segment, position.offset),
        Quarantined(city.MN, "password_answered", "", city.NOW - timedelta(hours=1), "", "", 0),
        Quarantined("QT-OTHER", "bad_crc", "", city.NOW, "", "", 0),
    ]
    skew = ClockSkew(city.MN, "O-1-01", city.NOW + timedelta(minutes=20), city.NOW, 1200, "", quarantined=False)
    monkeypatch.setattr(type(filled_store), "quarantined", lambda *_args: refused)
    monkeypatch.setattr(type(filled_store), "clock_skews", lambda *_args: [skew])

    page = duty.get(f"/api/v1/devices/{city.MN}").json()

    assert (page["refused_24h"], page["skew_s"]) == (2, 1200)
    problems = {one["code"]: one for one in page["health"]["problems"]}
    assert set(problems) == {"crc_modbus", "password_answered", "clock_ahead"}
    assert "MODBUS" in problems["crc_modbus"]["text_en"]
    assert problems["crc_modbus"]["frame"] == f"{position.segment}:{position.offset}"
    assert "20" in problems["clock_ahead"]["text_zh"]
    assert "1012" in problems["clock_ahead"]["remedy_zh"]
    for one in problems.values():
        assert one["remedy_zh"] and one["remedy_en"]
