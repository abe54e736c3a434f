"""Cases beyond the page: filing, board, map, cursor, surveys, task forces, merging, identity; and no query in a loop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.interfaces import city
from tests.interfaces.standing import Standing, Undo

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, actor_of
from qingtian.apps.cases.actions.open_child import ChildDraft, open_child
from qingtian.apps.cases.actions.task_force import add_part
from qingtian.apps.cases.models import Case, CaseHandover, Relation
from qingtian.apps.registry.actions.register_object import ObjectDraft, register_object

pytestmark = pytest.mark.django_db
COMPLAINT = {
    "template": "T2",
    "title": "夜间异味",
    "region_code": "420107",
    "place": "建设二路",
    "lon": 114.39,
    "lat": 30.63,
    "org": "B-1",
    "fields": {"channel": "phone", "category": "odour", "problem": "刺鼻", "complainant_name": "王小明"},
}


@pytest.fixture(autouse=True)
def _taken_back() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            raise Undo
    except Undo:
        pass


def post(client: Client, path: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def get(client: Client, path: str, status: int = 200) -> Any:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def filed(standing: Standing, **more: Any) -> Any:
    return post(standing.client("window"), "/cases", COMPLAINT | more, 201)


# -- filing and identity ---------------------------------------------------------------------------------------------


def test_a_complaint_at_a_place_is_filed_and_keeps_the_name_apart(standing: Standing) -> None:
    case = filed(standing)
    assert (case["state"], case["org"], case["org_name"]) == ("registered", "B-1", "分局B-1")
    assert (case["object"]["type"], case["object"]["code"], case["object"]["name"]) == ("place", "", "建设二路")
    assert (case["object"]["lon"], case["object"]["region_code"]) == (114.39, "420107")
    assert [one["name"] for one in case["private"]] == ["complainant_name"] and case["may_read_private"]
    everywhere = json.dumps(case, ensure_ascii=False)
    everywhere += get_text(standing.client("supervisor"), f"/cases/{case['id']}")
    everywhere += get_text(standing.client("supervisor"), "/cases/export.csv?template=T2")
    everywhere += get_text(standing.client("auditor"), "/events?page_size=200")
    assert "王小明" not in everywhere and "建设二路" in everywhere
    assert post(standing.client("window"), f"/cases/{case['id']}/private", {})["values"] == {
        "complainant_name": "王小明"
    }
    refused = post(standing.client("approver"), f"/cases/{case['id']}/private", {}, 403)
    assert refused["error"]["remedy"].startswith("ask one of")
    assert get(standing.client("enterprise"), "/cases?template=T2")["total"] == 0


def get_text(client: Client, path: str) -> str:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()


def test_the_forms_say_who_may_file_what(standing: Standing) -> None:
    rows = {one["code"]: one for one in get(standing.client("window"), "/procedures")}
    assert {code for code, one in rows.items() if one["may_file"]} == {"T2", "T4", "T6", "T7"}
    asked = {one["name"]: one for one in rows["T2"]["opening"]}
    assert asked["channel"]["required"] and asked["complainant_name"]["private"]
    assert {code for code, one in rows.items() if one["from_findings"]} == {"T1", "T3", "T9"}
    detail = get(standing.client("citizen"), "/procedures/T1?version=1")
    assert (detail["version"], detail["versions"]) == ("1", ["1", "2"])
    assert all(one["source"] for one in detail["guards"] + detail["clocks"])
    assert get(standing.client("citizen"), "/procedures/T99", 422)["error"]["remedy"].startswith("use one of T1")


def test_a_refused_step_speaks_chinese_too(standing: Standing) -> None:
    case = filed(standing)
    body = {"to": "hand_over", "fields": {}, "reason": "x"}
    error = post(standing.client("window"), f"/cases/{case['id']}/transitions", body, 409)["error"]
    assert error["params"]["unmet"][0]["detail_zh"] == "转办单位"


# -- board, map, cursor ----------------------------------------------------------------------------------------------


def test_the_board_has_a_column_for_each_state_and_counts_every_procedure(standing: Standing) -> None:
    filed(standing)
    board = get(standing.client("dispatcher"), "/cases/board?template=T1&cards=1")
    columns = {one["state"]: one for one in board["columns"]}
    assert columns["listed"]["count"] == board["total"] == 2
    assert len(columns["listed"]["cards"]) == 1 and columns["written_off"]["cards"] == []
    assert columns["listed"]["severe"] == 1
    assert {one["code"]: one["open"] for one in board["templates"] if one["open"]} == {"T1": 2, "T2": 1}
    assert get(standing.client("enterprise"), "/cases/board?template=T1")["total"] == 1
    narrowed = get(standing.client("dispatcher"), "/cases/board?template=T1&severity=4")
    assert narrowed["total"] == 1


def test_the_map_shows_objects_and_places_and_says_what_has_no_point(standing: Standing) -> None:
    filed(standing)
    filed(standing, lon=None, lat=None, place="某处")
    found = get(standing.client("dispatcher"), "/cases/map")
    assert (found["total"], found["without_place"]) == (4, 4 - len(found["points"]))
    assert {"T2"} <= {one["template"] for one in found["points"]}
    boxed = get(standing.client("dispatcher"), "/cases/map?west=114.38&east=114.40&south=30.62&north=30.64")
    assert [one["template"] for one in boxed["points"] if one["lon"] == 114.39] == ["T2"]
    one = get(standing.client("dispatcher"), "/cases/map?limit=1")
    assert len(one["points"]) == 1 and one["cut"] == (len(found["points"]) > 1)


def test_a_cursor_gives_every_case_once(standing: Standing) -> None:
    for number in range(5):
        filed(standing, title=f"异味 {number}")
    client, seen, cursor = standing.client("dispatcher"), [], ""
    while True:
        page = get(client, f"/cases?page_size=3{cursor}")
        seen += [one["id"] for one in page["items"]]
        if not page["next_cursor"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == len(set(seen)) == page["total"] == 7
    assert seen == [one["id"] for one in get(client, "/cases?page_size=50")["items"]]
    for bad in ("x", "1-", "-5", "99999999999999999999-1"):
        assert get(client, f"/cases?cursor={bad}", 422)["error"]["field"] == "cursor"
    assert get(client, "/cases?cursor=1-1&sort=number", 422)["error"]["field"] == "cursor"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("org=B-1", 1),
        ("org=B-2", 0),
        ("responsible=inspector", 1),
        ("kind=frozen_value", 2),
        ("relation=split", 0),
        ("since=2025-11-25T00:00:00%2B08:00", 0),
        ("until=2025-11-25T00:00:00%2B08:00", 3),
        ("q=建设二路", 1),
        ("q=O-1-01", 1),
    ],
)
def test_cases_are_found_by_what_they_carry(standing: Standing, query: str, count: int) -> None:
    filed(standing)
    assert get(standing.client("dispatcher"), f"/cases?{query}")["total"] == count


# -- children, task force, merging, many -----------------------------------------------------------------------------


def test_a_survey_gives_tasks_that_the_parent_counts(standing: Standing) -> None:
    fields = {"theme": "VOC", "question": "治污设施是否运行"}
    body = {"template": "T8", "title": "专项排查", "region_code": "420107", "fields": fields}
    parent = post(standing.client("dispatcher"), "/cases", body, 201)
    made = post(standing.client("dispatcher"), f"/cases/{parent['id']}/survey", {"type": "enterprise"}, 201)
    page = get(standing.client("dispatcher"), f"/cases/{parent['id']}")
    assert page["children"]["total"] == page["children"]["open"] == made["tasks"] >= 1
    assert page["children"]["by_relation"] == {"part": made["tasks"]}
    tasks = get(standing.client("inspector"), f"/cases?parent={parent['id']}")["items"]
    assert {one["parent"]["number"] for one in tasks} == {parent["number"]}
    unknown = post(standing.client("dispatcher"), f"/cases/{parent['id']}/survey", {"type": "castle"}, 422)
    assert unknown["error"]["field"] == "type"


def test_a_duplicate_is_merged_and_parted_again(standing: Standing) -> None:
    duty, first, other = standing.client("dispatcher"), standing.cases["first"].pk, standing.cases["other"].pk
    merged = post(duty, f"/cases/{other}/duplicate", {"of": first})
    assert merged["duplicate_of"]["id"] == first and merged["next_steps"] == []
    assert len(get(duty, f"/cases/{first}")["findings"]) == 2
    parted = post(duty, f"/cases/{other}/duplicate/undo", {"reason": "两个问题"})
    assert parted["duplicate_of"] is None and parted["next_steps"]
    assert post(duty, f"/cases/{other}/duplicate/undo", {"reason": "x"}, 409)["error"]["remedy"]


def test_many_cases_each_tell_what_became_of_them(standing: Standing) -> None:
    ids = [standing.cases["first"].pk, standing.cases["other"].pk, 999999]
    told = post(
        standing.client("dispatcher"), "/cases/many", {"cases": ids, "act": "assign", "responsible": "inspector"}
    )
    assert (told["done"], told["refused"]) == (2, 1)
    assert told["cases"][2]["code"] == "not_found" and told["cases"][2]["remedy"]
    missing = post(standing.client("dispatcher"), "/cases/many", {"cases": ids, "act": "hand_over"}, 422)
    assert missing["error"]["field"] == "org"


def test_a_case_of_an_older_version_is_taken_along(standing: Standing) -> None:
    case = standing.cases["first"]
    Case.objects.filter(pk=case.pk).update(template_version="1")
    assert get(standing.client("supervisor"), f"/cases/{case.pk}")["migrations"] == ["2"]
    assert get(standing.client("handler"), f"/cases/{case.pk}")["migrations"] == []
    body = {"version": "2", "reason": "新版程序"}
    moved = post(standing.client("supervisor"), f"/cases/{case.pk}/migrate", body)
    assert (moved["template_version"], moved["migrations"]) == ("2", [])
    assert moved["timeline"][-1]["type"] == "case.migrated"


def test_documents_are_filled_in_and_say_what_is_open(standing: Standing) -> None:
    case = standing.cases["first"].pk
    paper = get(standing.client("handler"), f"/cases/{case}/documents/listing")
    assert standing.cases["first"].number in paper["text_zh"] and "measures" in paper["missing"]
    early = get(standing.client("handler"), f"/cases/{case}/documents/write_off_form", 409)
    assert early["error"]["remedy"].startswith("in: ")
    assert get(standing.client("handler"), f"/cases/{case}/documents/none", 422)["error"]["field"] == "document"


# -- queries ---------------------------------------------------------------------------------------------------------


def queries(client: Client, path: str) -> int:
    client.get(f"/api/v1{path}")
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"/api/v1{path}").status_code == 200
    return len(captured)


def crowd(standing: Standing, prefix: str, count: int) -> None:
    """More of everything that a list or a page of cases shows."""
    duty, first = actor_of(standing.people["dispatcher"]), standing.cases["first"]
    for number in range(count):
        code = f"{prefix}{number}"
        register_object(SYSTEM_ACTOR, city.NOW, ObjectDraft("organisation", code, code, region_code="420100"))
        add_part(duty, city.NOW, first.pk, code, "核查")
        open_child(duty, city.NOW, first.pk, ChildDraft(relation=Relation.SPLIT, title=f"分项 {code}"))
        CaseHandover.objects.create(
            case=first, to_org=code, state="objected", asked_at=city.NOW, asked_by="dispatcher", reason="x"
        )


def test_no_list_and_no_page_makes_a_query_for_each_row(standing: Standing) -> None:
    client, first = standing.client("supervisor"), standing.cases["first"].pk
    paths = ["/cases", "/cases/board?template=T1", "/cases/map", f"/cases/{first}", f"/cases?parent={first}"]
    bare = {path: queries(client, path) for path in paths[:-1]}
    crowd(standing, "B-8", 1)
    one = {path: queries(client, path) for path in paths}
    crowd(standing, "B-9", 9)
    many = {path: queries(client, path) for path in paths}
    assert many == one
    assert all(one[path] <= bare[path] + 4 for path in bare)  # organisations, parents, children
    assert one["/cases"] <= 12 and one[f"/cases/{first}"] <= 30
