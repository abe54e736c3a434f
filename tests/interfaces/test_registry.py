"""The register over the API: types, lists, one object, its states, files, merging, the map."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook, load_workbook
from tests.interfaces import city
from tests.interfaces.conftest import Login

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.journal.models import Event
from qingtian.apps.registry.actions.register_object import ObjectDraft, register_object
from qingtian.apps.registry.actions.relate_objects import relate_objects
from qingtian.apps.registry.models import ObjectType, RegistryObject, RelationKind
from qingtian.packs import load_packs
from qingtian.packs.objects import object_types

SHOP = {
    "type": "catering_shop",
    "code": "S-1",
    "name": "巷口小馆",
    "region_code": "420107",
    "attributes": {"seats": 76},
}
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[114.0, 30.0], [114.2, 30.0], [114.2, 30.2], [114.0, 30.2], [114.0, 30.0]]],
}
SHEET = "编码,名称,行政区划代码,座位数\nS-1,甲,420107,20\nS-2,乙,420107,many\n"


@pytest.fixture
def steward(login: Login) -> Client:
    return login("steward")


def send(client: Client, method: str, path: str, body: object) -> tuple[int, Any]:
    answer = client.generic(method, f"/api/v1/registry{path}", json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def get(client: Client, path: str) -> Any:
    answer = client.get(f"/api/v1/registry{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def upload(client: Client, text: str | bytes, *, name: str = "a.csv", kind: str = "catering_shop", **more: str) -> Any:
    content = text.encode() if isinstance(text, str) else text
    answer = client.post("/api/v1/registry/imports", {"file": SimpleUploadedFile(name, content), "type": kind, **more})
    return answer.status_code, answer.json()


def table(client: Client, query: str) -> list[dict[str, str]]:
    answer = client.get(f"/api/v1/registry/objects/export.csv?{query}")
    lines = [line for line in answer.content.decode("utf-8-sig").splitlines() if not line.startswith(("#", '"#'))]
    return list(csv.DictReader(io.StringIO("\n".join(lines))))


def test_every_type_of_the_packs_is_told_with_its_fields(steward: Client) -> None:
    found = {one["type"]: one for one in get(steward, "/types")}
    assert set(found) == {row.type for row in object_types(load_packs())} >= set(ObjectType)
    shop = {field["name"]: field for field in found["catering_shop"]["fields"]}
    assert (shop["dining_area_m2"]["unit"], shop["seats"]["kind"]) == ("m2", "integer")
    assert {one["value"] for one in shop["flue"]["choices"]} == {"own", "shared", "none"}
    assert found["enterprise"]["objects"] == RegistryObject.objects.filter(type="enterprise", valid_to=None).count()
    assert (found["enterprise"]["mergeable"], found["outlet"]["mergeable"]) == (True, False)


def test_a_reader_counts_only_what_he_may_see(login: Login) -> None:
    assert {one["type"]: one["objects"] for one in get(login("plant"), "/types")}["enterprise"] == 1
    assert get(login("plant"), "/objects?type=enterprise")["total"] == 1


def test_an_object_is_registered_changed_and_its_states_are_told(steward: Client) -> None:
    status, made = send(steward, "POST", "/objects", SHOP)
    assert (status, made["attributes"], made["region_source"], made["may_update"]) == (
        201,
        {"seats": 76},
        "stated",
        True,
    )
    change = {
        "revision": made["revision"],
        "reason": "扩建",
        "attributes": {"seats": 90, "flue": "own"},
        "lon": 114.4,
        "lat": 30.6,
    }
    status, changed = send(steward, "PATCH", "/objects/catering_shop/S-1", change)
    assert (status, changed["attributes"]) == (200, {"seats": 90, "flue": "own"})
    newest, oldest = get(steward, "/objects/catering_shop/S-1/history")
    assert (newest["actor"], newest["reason"], oldest["event"]) == ("steward", "扩建", "object.registered")
    told = {one["field"]: (one["label_zh"], one["before"], one["after"]) for one in newest["differences"]}
    assert told["seats"] == ("座位数", "76", "90")
    assert told["flue"] == ("烟道", "", "own")
    assert set(told) == {"seats", "flue", "lon", "lat"}


def test_a_change_of_an_older_state_is_refused(steward: Client) -> None:
    _, made = send(steward, "POST", "/objects", SHOP)
    change = {"revision": made["revision"], "reason": "x", "name": "新名"}
    assert send(steward, "PATCH", "/objects/catering_shop/S-1", change)[0] == 200
    status, refused = send(steward, "PATCH", "/objects/catering_shop/S-1", change)
    assert (status, refused["error"]["field"]) == (409, "revision")


def test_null_removes_a_field_and_empties_a_place(steward: Client) -> None:
    _, made = send(steward, "POST", "/objects", SHOP | {"lon": 114.4, "lat": 30.6})
    change = {"revision": made["revision"], "reason": "x", "lon": None, "lat": None, "attributes": {"seats": None}}
    _, changed = send(steward, "PATCH", "/objects/catering_shop/S-1", change)
    assert (changed["lon"], changed["lat"], changed["attributes"]) == (None, None, {})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "castle"}, "type"),
        ({"attributes": {"seats": "many"}}, "attributes.seats"),
        ({"attributes": {"uscc": "91420100MA4K00001V"}}, "attributes.uscc"),
        ({"parent_type": "outlet", "parent_code": "O-1-01"}, "parent"),
        ({"geometry": SQUARE}, "geometry"),
        ({"lon": 114.1}, "lon"),
        ({"valid_from": "2025-01-02", "valid_to": "2025-01-01"}, "valid_to"),
    ],
)
def test_what_breaks_the_rules_of_its_type_is_refused_by_field(
    steward: Client, change: dict[str, Any], field: str
) -> None:
    before = RegistryObject.objects.count()
    status, refused = send(steward, "POST", "/objects", SHOP | change)
    assert (status, refused["error"]["field"]) == (422, field)
    assert refused["error"]["remedy"]
    assert RegistryObject.objects.count() == before


def test_a_code_that_is_taken_is_a_conflict(steward: Client) -> None:
    send(steward, "POST", "/objects", SHOP)
    status, refused = send(steward, "POST", "/objects", SHOP)
    assert (status, refused["error"]["field"]) == (409, "code")


def test_an_object_without_a_place_belongs_to_the_city(steward: Client) -> None:
    bare = {name: value for name, value in SHOP.items() if name != "region_code"}
    assert send(steward, "POST", "/objects", bare)[1]["region_code"] == "420100"


def test_a_list_is_filtered_sorted_and_exported_alike(steward: Client) -> None:
    for code, region in (("S-1", "420107"), ("S-2", "420106"), ("S-3", "420107")):
        send(steward, "POST", "/objects", SHOP | {"code": code, "region_code": region, "name": f"店{code}"})
    query = "type=catering_shop&region=420107&sort=-code"
    page = get(steward, f"/objects?{query}&page_size=1")
    assert (page["total"], [one["code"] for one in page["items"]]) == (2, ["S-3"])
    assert get(steward, "/objects?type=catering_shop&q=店S-2")["items"][0]["code"] == "S-2"
    rows = table(steward, "type=catering_shop&region=420107")
    assert [(row["code"], row["seats"]) for row in rows] == [("S-1", "76"), ("S-3", "76")]
    assert steward.get("/api/v1/registry/objects?type=castle").status_code == 422


def test_what_is_exported_can_be_imported_again_and_changes_nothing(steward: Client) -> None:
    send(
        steward,
        "POST",
        "/objects",
        SHOP | {"attributes": {"seats": 76, "flue": "shared", "sensitive_neighbours": True}},
    )
    answer = steward.get("/api/v1/registry/objects/export.csv?type=catering_shop")
    status, report = upload(steward, answer.content, update="true")
    assert status == 200
    assert (report["counts"]["same"], report["unknown_columns"]) == (1, [])


def test_an_ended_object_leaves_the_list_but_not_its_day(steward: Client) -> None:
    _, made = send(steward, "POST", "/objects", SHOP | {"valid_from": "2025-01-01"})
    end = {"revision": made["revision"], "reason": "关停", "valid_to": "2025-06-01"}
    assert send(steward, "PATCH", "/objects/catering_shop/S-1", end)[0] == 200
    for query, total in (("", 0), ("&ended=true", 1), ("&on=2025-05-31", 1), ("&on=2025-06-01", 0)):
        assert get(steward, f"/objects?type=catering_shop{query}")["total"] == total


def test_a_dry_run_names_the_faults_and_an_import_of_the_good_rows_goes_in(steward: Client) -> None:
    status, tried = upload(steward, SHEET)
    assert (status, tried["dry_run"], tried["counts"]["new"], tried["counts"]["faulty"]) == (200, True, 1, 1)
    fault = tried["rows"][1]["faults"][0]
    assert (tried["rows"][1]["line"], fault["field"], fault["code"]) == (3, "seats", "not_a_number")
    assert fault["reason_zh"] == "座位数“many”不是数值。"
    status, refused = upload(steward, SHEET, dry_run="false")
    assert (status, refused["error"]["params"]["faulty"]) == (422, "1")
    assert get(steward, "/objects?type=catering_shop")["total"] == 0
    status, done = upload(steward, SHEET, dry_run="false", skip_faulty="true")
    assert (status, done["counts"]["new"]) == (200, 1)
    assert get(steward, "/objects?type=catering_shop")["total"] == 1
    event = Event.objects.get(type="objects.imported")
    assert (event.actor, event.payload["file"]) == ("steward", "a.csv")


def test_the_states_of_an_imported_object_name_the_import(steward: Client) -> None:
    upload(steward, "编码,名称\nS-1,甲\n", dry_run="false")
    [only] = get(steward, "/objects/catering_shop/S-1/history")
    assert (only["event"], only["actor"]) == ("objects.imported", "steward")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", ["catering_shop", "enterprise", "permit", "chief"])
def test_a_filled_workbook_template_is_read_back(steward: Client, kind: str, language: str) -> None:
    answer = steward.get(f"/api/v1/registry/templates/{kind}.xlsx?language={language}")
    book = load_workbook(io.BytesIO(answer.content))
    sheet, explained = book.worksheets
    headings = [cell.value for cell in sheet[1]]
    assert len(headings) == explained.max_row - 1
    assert sheet.data_validations.dataValidation
    filled = {"code": "X-1", "name": "某", "parent_code": "E-1", "class": "重点管理", "kind": "river", "level": "city"}
    days = {"issued_on": "2024-01-01", "expires_on": "2029-01-01"}
    names = [row[1].value for row in explained.iter_rows(min_row=2)]
    if kind == "permit":
        filled |= days
    sheet.append([filled.get(name, "") if name != "kind" or kind == "chief" else "" for name in names])
    if kind != "permit":
        sheet.cell(2, names.index("parent_code") + 1).value = None
    content = io.BytesIO()
    book.save(content)
    status, report = upload(steward, content.getvalue(), name="a.xlsx", kind=kind)
    assert status == 200, report
    assert [row["faults"] for row in report["rows"]] == [[]]
    assert (report["counts"]["new"], report["unknown_columns"]) == (1, [])


def test_a_csv_template_holds_the_headings_of_its_type(steward: Client) -> None:
    text = steward.get("/api/v1/registry/templates/chief.csv").content.decode("utf-8-sig")
    assert text.startswith("编码*,名称*")
    assert "级别*" in text
    assert steward.get("/api/v1/registry/templates/castle.csv").status_code == 422


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "header"),
        (b"\x89PNG\r\n\x1a\n", "column"),
        (b"\xd0\xcf\x11\xe0 old", "old .xls"),
        ("编码,名称\n".encode() + b"x" * (10 * 1024 * 1024), "more than 10 MB"),
    ],
)
def test_a_file_that_is_none_is_refused_with_a_remedy(steward: Client, content: bytes, words: str) -> None:
    status, refused = upload(steward, content)
    assert status == 422
    assert words in refused["error"]["message"]
    assert refused["error"]["remedy"]


def test_an_old_workbook_with_formulas_and_dates_is_read_by_its_values(steward: Client) -> None:
    from datetime import date

    book = Workbook()
    book.active.append(["编码", "名称", "座位数", "净化器安装日期"])
    book.active.append(["S-1", "甲", 30.0, date(2025, 3, 1)])
    content = io.BytesIO()
    book.save(content)
    _, report = upload(steward, content.getvalue(), name="a.xlsx", dry_run="false")
    assert report["counts"]["new"] == 1
    assert get(steward, "/objects/catering_shop/S-1")["attributes"] == {
        "seats": 30,
        "purifier_installed_on": "2025-03-01",
    }


def test_two_entries_of_one_works_are_found_merged_and_parted(steward: Client) -> None:
    for code, name in (("E-8", "武汉东湖化工有限公司"), ("E-9", "武汉东湖化工（股份有限公司）")):
        body = {"type": "enterprise", "code": code, "name": name, "region_code": "420107", "lon": 114.4, "lat": 30.6}
        assert send(steward, "POST", "/objects", body)[0] == 201
    [pair] = get(steward, "/duplicates?type=enterprise")
    assert ({pair["one"]["code"], pair["other"]["code"]}, pair["signs"]) == (
        {"E-8", "E-9"},
        ["name_without_form", "near"],
    )
    status, kept = send(steward, "POST", "/objects/enterprise/E-8/merge", {"duplicate": "E-9", "reason": "同一厂"})
    assert (status, [one["code"] for one in kept["merged"]]) == (200, ["E-9"])
    assert get(steward, "/duplicates?type=enterprise") == []
    assert get(steward, "/objects/enterprise/E-9")["merged_into"] == "E-8"
    assert [one["event"] for one in get(steward, "/objects/enterprise/E-9/history")] == [
        "object.merged",
        "object.registered",
    ]
    status, parted = send(steward, "POST", "/objects/enterprise/E-9/part", {"reason": "两家"})
    assert (status, parted["merged_into"], parted["valid_to"]) == (200, "", None)


def test_a_relation_is_seen_from_both_ends_until_it_ends(steward: Client) -> None:
    for body in (
        {"type": "chief", "code": "C-1", "name": "张河长", "attributes": {"kind": "river", "level": "city"}},
        {"type": "water_body", "code": "W-1", "name": "巡司河", "attributes": {"kind": "river"}},
    ):
        assert send(steward, "POST", "/objects", body)[0] == 201
    tie = {"kind": "chief_of", "to_type": "water_body", "to_code": "W-1"}
    status, made = send(steward, "POST", "/objects/chief/C-1/relations", tie)
    assert (status, made["relations"][0]["outgoing"]) == (201, True)
    [seen] = get(steward, "/objects/water_body/W-1")["relations"]
    assert (seen["other"]["code"], seen["outgoing"], seen["valid_to"]) == ("C-1", False, None)
    status, ended = send(steward, "POST", f"/objects/chief/C-1/relations/{seen['id']}/end", {"reason": "调任"})
    assert (status, ended["relations"][0]["valid_to"]) == (200, "2025-11-24")


def test_the_other_end_of_a_relation_is_hidden_from_who_may_not_see_it(login: Login, town: city.Town) -> None:
    one, other = town.objects["E-1"], town.objects["E-2"]
    relate_objects(SYSTEM_ACTOR, city.NOW, one.pk, other.pk, RelationKind.DISCHARGES_TO)
    assert get(login("plant"), "/objects/enterprise/E-1")["relations"] == []
    assert len(get(login("steward"), "/objects/enterprise/E-1")["relations"]) == 1


def test_the_map_shows_points_and_areas_and_counts_what_has_no_place(steward: Client) -> None:
    for body in (
        {"type": "park", "code": "P-1", "name": "园区", "geometry": SQUARE, "region_code": "420107"},
        {"type": "park", "code": "P-2", "name": "无图园区", "region_code": "420107"},
    ):
        assert send(steward, "POST", "/objects", body)[0] == 201
    found = get(steward, "/objects/features?type=park")
    assert (found["total"], found["without_place"]) == (2, 1)
    assert found["features"][0]["geometry"] == SQUARE
    said = found["features"][0]["properties"]
    assert said["code"] == "P-1"
    lons, lats = zip(*SQUARE["coordinates"][0], strict=True)
    assert min(lons) < said["lon"] < max(lons)  # the mark stands in the area
    assert min(lats) < said["lat"] < max(lats)


def test_secrets_of_a_device_never_leave_the_register(steward: Client) -> None:
    outlet = RegistryObject.objects.get(type="outlet", code="O-1-01")
    draft = ObjectDraft("device", "QT99", "数采仪", parent=("outlet", outlet.code), attributes={"password": "s3cr3t"})
    register_object(SYSTEM_ACTOR, city.NOW, draft)
    for path in ("/objects?type=device", "/objects/device/QT99", "/objects/device/QT99/history"):
        assert "s3cr3t" not in steward.get(f"/api/v1/registry{path}").content.decode()
    assert "s3cr3t" not in steward.get("/api/v1/registry/objects/export.csv?type=device").content.decode()


def test_a_list_of_many_costs_as_many_questions_as_a_list_of_few(steward: Client) -> None:
    costs = []
    for last in (3, 30):
        for number in range(last):
            code = f"S-{last}-{number}"
            register_object(SYSTEM_ACTOR, city.NOW, ObjectDraft("catering_shop", code, code, region_code="420107"))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            get(steward, "/objects?type=catering_shop&page_size=200")
        costs.append(len(asked))
    assert costs[0] == costs[1]
