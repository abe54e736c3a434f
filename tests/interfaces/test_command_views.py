"""What the command views answer: to-do, dispatch, the weekly board; each figure with its cases; no query in a loop."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.interfaces import city
from tests.interfaces.standing import Standing, Undo

from qingtian.apps.accounts.actor import actor_of
from qingtian.apps.cases.actions.open_child import ChildDraft, open_child
from qingtian.apps.cases.models import Case, CaseClock, Relation

pytestmark = pytest.mark.django_db
RATES = ["on_time", "write_off", "rebound", "follow_up", "satisfaction"]


@pytest.fixture(autouse=True)
def _taken_back() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            raise Undo
    except Undo:
        pass


@pytest.fixture
def leader(standing: Standing) -> Client:
    return standing.client("supervisor")


def get(client: Client, path: str, status: int = 200, **query: Any) -> Any:
    answer = client.get(f"/api/v1{path}", query)
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def sheet(client: Client, path: str, **query: Any) -> list[dict[str, str]]:
    answer = client.get(f"/api/v1{path}", query)
    assert answer.status_code == 200, answer.content.decode()
    text = answer.content.decode("utf-8-sig")
    lines = [line for line in csv.reader(io.StringIO(text)) if line and not line[0].startswith("#")]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def ended(case: Case, due: date, stopped: date | None, **more: Any) -> None:
    """The main period of a case ends on a day, and stopped on another one or not."""
    case.clocks.filter(rule__main=True).update(due_on=due, stopped_on=stopped)
    Case.objects.filter(pk=case.pk).update(**more)


@pytest.fixture
def monday(standing: Standing) -> None:
    """A week of two periods: one kept by B-1 under a leader, one that ran out with nobody named."""
    CaseClock.objects.exclude(rule__main=True).delete()
    first, other = standing.cases["first"], standing.cases["other"]
    day = city.NOW.date() - timedelta(days=4)  # Thursday of the week before
    named = {"org": "B-1", "fields": first.fields | {"leader": "王市长"}}
    ended(first, day, day, written_off_at=city.NOW - timedelta(days=5), **named)
    ended(other, day, None)


LAST_WEEK = (city.NOW - timedelta(days=7)).date().isoformat()


# -- to-do -----------------------------------------------------------------------------------------------------------


def test_what_waits_comes_with_its_next_step_its_place_and_the_page_where_it_is_done(standing: Standing) -> None:
    told = get(standing.client("dispatcher"), "/todo")

    dues = [row["due_at"] for row in told["items"] if row["due_at"]]
    assert dues == sorted(dues) and dues
    assert told["total"] == len(told["items"]) == sum(one["total"] for one in told["kinds"])
    case = next(row for row in told["items"] if row["kind"] == "case")
    assert case["what_zh"] and case["what_en"] and case["clock_zh"]
    assert case["link"] == f"/desk/cases/{case['id']}"
    assert case["place"]["code"].startswith("O-")
    answer = next(row for row in told["items"] if row["kind"] == "answer")
    assert answer["link"] == f"/desk/alarms?open=all&id={standing.findings['answered'].pk}"
    window = next(row for row in told["items"] if row["kind"] == "window")
    assert window["title"].endswith("更换采样泵")


def test_each_role_gets_what_waits_for_it_and_an_enterprise_only_its_own(standing: Standing) -> None:
    kinds = {
        who: {one["kind"] for one in get(standing.client(who), "/todo")["kinds"] if one["total"]}
        for who in ("dispatcher", "approver", "enterprise", "other_enterprise", "citizen", "auditor")
    }
    assert {"case", "answer", "window"} <= kinds["dispatcher"]
    assert "question" not in kinds["dispatcher"], "the enterprise still has time to answer"
    assert "entry" in kinds["approver"]
    assert {"question", "occurrence"} <= kinds["enterprise"]
    assert "occurrence" not in kinds["other_enterprise"]
    assert kinds["citizen"] == set()
    owner = get(standing.client("enterprise"), "/todo", scope="all")["items"]
    assert {row["place"]["code"] for row in owner if row["place"]} <= {"E-1", "O-1-01", city.MN, "V-1-0001"}


def test_the_four_lengths_are_the_lengths_of_the_four_lists(standing: Standing) -> None:
    client = standing.client("dispatcher")
    tabs = get(client, "/todo/tabs")
    mine = get(client, "/todo")
    assert tabs["mine"] == sum(one["total"] for one in mine["kinds"] if one["kind"] != "followed")
    assert tabs["near"] == get(client, "/todo", scope="all", urgency="near")["total"]
    assert tabs["breached"] == get(client, "/todo", scope="all", urgency="breached")["total"]
    assert tabs["check"] == get(client, "/todo", scope="all", check="true")["total"] > 0


def test_filters_narrow_the_list_the_pages_and_the_file_alike(standing: Standing) -> None:
    client = standing.client("dispatcher")
    asked = {"scope": "all", "kind": ["case", "question"]}
    told = get(client, "/todo", **asked)
    assert {row["kind"] for row in told["items"]} == {"case", "question"}
    assert [row["number"] for row in sheet(client, "/todo/export.csv", **asked)] == [
        row["number"] for row in told["items"]
    ]
    paged = [get(client, "/todo", page=page, page_size=1, **asked)["items"] for page in range(1, told["total"] + 1)]
    assert [one["number"] for page in paged for one in page] == [row["number"] for row in told["items"]]
    assert get(client, "/todo", q="O-2-01", **asked)["total"] < told["total"]
    assert get(client, "/todo", region="420111", **asked)["total"] == 0


def test_another_order_than_that_of_the_deadlines_is_refused(leader: Client) -> None:
    for path in ("/todo", "/todo/export.csv"):
        told = leader.get(f"/api/v1{path}?sort=-severity")
        assert (told.status_code, told.json()["error"]["field"]) == (422, "sort")
    assert get(leader, "/todo", sort="due_at")["total"] >= 0


# -- dispatch --------------------------------------------------------------------------------------------------------


def test_open_cases_lie_on_the_map_beside_people_with_their_load(standing: Standing) -> None:
    client = standing.client("dispatcher")
    told = get(client, "/dispatch")
    assert told["total"] == len(told["cases"]) == 2
    assert (told["without_place"], told["unassigned"], told["may_assign"]) == (0, 1, True)
    assert all(row["place"]["lon"] and row["place"]["lat"] for row in told["cases"])
    loads = {one["username"]: one["load"]["open"] for one in told["people"]}
    assert loads["inspector"] == 1 and loads["handler"] == 0
    assert told["people"][0]["username"] == "inspector"
    assert "auditor" not in loads and "enterprise" not in loads
    free = get(client, "/dispatch", assigned="false")
    assert [row["number"] for row in free["cases"]] == [standing.cases["other"].number]
    assert get(standing.client("auditor"), "/dispatch")["may_assign"] is False


def test_a_case_is_given_to_one_of_those_who_could_take_it(standing: Standing) -> None:
    client, case = standing.client("dispatcher"), standing.cases["other"].pk
    told = get(client, "/dispatch/candidates", case=case)
    assert (told["case"], told["number"], told["grid"]) == (case, standing.cases["other"].number, "")
    best = told["candidates"][0]
    assert best["awaited"] is True
    assert best["load"] == {"open": 0, "breached": 0, "near": 0, "severe": 0}
    busy = next(one for one in told["candidates"] if one["username"] == "inspector")
    assert float(busy["nearest_km"]) >= 0
    answer = client.post(
        "/api/v1/cases/many",
        {"cases": [case], "act": "assign", "responsible": best["username"]},
        content_type="application/json",
    )
    assert answer.json()["done"] == 1
    assert get(client, "/dispatch")["unassigned"] == 0


def test_a_case_that_is_not_there_has_no_candidates(standing: Standing) -> None:
    assert get(standing.client("dispatcher"), "/dispatch/candidates", 404, case=999_999)["error"]["code"] == "not_found"


# -- the weekly board ------------------------------------------------------------------------------------------------


def test_each_figure_has_its_rule_its_counts_and_the_week_before(leader: Client, monday: None) -> None:
    told = get(leader, "/board", day=LAST_WEEK)
    assert (told["first"], told["last"], told["running"]) == ("2025-11-17", "2025-11-23", False)
    assert [one["rate"] for one in told["rates"]] == RATES
    for rule in told["rates"]:
        assert rule["formula"] and rule["source"] and rule["confidence"] and rule["counts_zh"]
    on_time = next(one for one in told["total"]["figures"] if one["rate"] == "on_time")
    assert (on_time["yes"], on_time["no"], on_time["missing"]) == (1, 1, 0)
    assert (on_time["value"], on_time["coverage"], on_time["before"], on_time["change"]) == (
        "50.0",
        "100.0",
        None,
        None,
    )
    this = get(leader, "/board")
    assert this["running"] is True
    again = next(one for one in this["total"]["figures"] if one["rate"] == "on_time")
    assert again["before"] == "50.0"


def test_satisfaction_is_a_figure_of_its_own_beside_follow_up(leader: Client) -> None:
    told = get(leader, "/board")
    codes = {one["rate"]: one["code"] for one in told["rates"]}
    assert codes["follow_up"] != codes["satisfaction"]
    for figure in told["total"]["figures"]:
        if figure["rate"] in ("follow_up", "satisfaction"):
            assert (figure["value"], figure["coverage"]) == (None, None), "nothing was answered: no figure, not zero"


@pytest.mark.parametrize(
    ("by", "keys"), [("org", ["B-1", ""]), ("leader", ["王市长", ""]), ("region", ["420106", "420107"])]
)
def test_every_figure_leads_to_the_very_cases_behind_it(
    standing: Standing, leader: Client, monday: None, by: str, keys: list[str]
) -> None:
    told = get(leader, "/board", day=LAST_WEEK, by=by)
    assert [one["key"] for one in told["groups"]] == keys
    for group in (*told["groups"], told["total"]):
        of = {} if group is told["total"] else {"key": group["key"]}
        for figure in group["figures"]:
            asked = {"day": LAST_WEEK, "by": by, "rate": figure["rate"], **of}
            for part in ("yes", "no", "missing"):
                listed = get(leader, "/board/cases", part=part, **asked)
                assert listed["total"] == len(listed["items"]) == figure[part], (group["key"], figure["rate"], part)
                assert {row["part"] for row in listed["items"]} <= {part}
    numbers = {row["number"] for row in get(leader, "/board/cases", day=LAST_WEEK, rate="on_time")["items"]}
    assert numbers == {case.number for case in standing.cases.values()}


def test_the_board_and_the_cases_behind_it_leave_as_files(leader: Client, monday: None) -> None:
    lines = sheet(leader, "/board/export.csv", day=LAST_WEEK)
    assert len(lines) == 3 * len(RATES)  # two groups and all
    whole = next(row for row in lines if row["key"] == "" and row["name"] == "全部" and row["rate"] == "on_time")
    assert (whole["value"], whole["yes"], whole["no"], whole["coverage_percent"]) == ("50.0", "1", "1", "100.0")
    assert whole["formula"] and whole["rule_row"]
    behind = sheet(leader, "/board/cases/export.csv", day=LAST_WEEK, rate="on_time", part="no")
    assert [row["part"] for row in behind] == ["no"]


def test_the_cases_behind_a_figure_are_sorted_by_what_they_have(leader: Client, monday: None) -> None:
    asked = {"day": LAST_WEEK, "rate": "on_time"}
    numbers = [row["number"] for row in get(leader, "/board/cases", sort="-number", **asked)["items"]]
    assert numbers == sorted(numbers, reverse=True)
    assert get(leader, "/board/cases", sort="due_on", **asked)["total"] == 2
    refused = get(leader, "/board/cases", 422, day=LAST_WEEK, rate="rebound", sort="due_on")
    assert refused["error"]["field"] == "sort"
    assert "number" in refused["error"]["remedy"]


def test_a_week_that_has_not_begun_is_refused_by_its_day(leader: Client) -> None:
    error = get(leader, "/board", 422, day="2026-01-19")["error"]
    assert (error["field"], "up to" in error["remedy"]) == ("day", True)


def test_a_district_sees_the_board_of_its_own_cases(standing: Standing, monday: None) -> None:
    told = get(standing.client("other_district"), "/board", day=LAST_WEEK, by="region")
    assert [one["key"] for one in told["groups"]] == ["420106"]


# -- bounded ---------------------------------------------------------------------------------------------------------


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"/api/v1{path}").status_code == 200
    return len(captured)


def test_no_view_of_command_makes_a_query_for_each_row(standing: Standing) -> None:
    client, first = standing.client("supervisor"), standing.cases["first"]
    paths = [
        *("/todo?page_size=200", "/todo?scope=all&page_size=200", "/todo/tabs", "/todo/export.csv?scope=all"),
        *("/dispatch", f"/dispatch/candidates?case={first.pk}"),
        *("/board", "/board?by=leader", "/board/cases?rate=write_off&page_size=200"),
    ]
    for path in paths:
        client.get(f"/api/v1{path}")  # what is read once and kept
    few = {path: queries(client, path) for path in paths}
    duty = actor_of(standing.people["dispatcher"])
    for number in range(8):
        made = open_child(duty, city.NOW, first.pk, ChildDraft(relation=Relation.SPLIT, title=f"分项 {number}"))
        fields = made.fields | {"leader": f"领导{number}"}
        Case.objects.filter(pk=made.pk).update(org=f"B-{number}", fields=fields, responsible="handler")
        made.clocks.update(due_on=city.NOW.date() + timedelta(days=3))
    many = {path: queries(client, path) for path in paths}
    assert all(many[path] <= few[path] + 1 for path in paths), (few, many)  # names of organisations, once
    assert max(many.values()) <= 40
