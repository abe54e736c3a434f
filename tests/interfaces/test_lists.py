"""Every list: each filter alone and with each other, each order both ways, and the edges of its pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from tests.interfaces import city
from tests.interfaces.standing import Standing

from qingtian.interfaces.api.contract import contract_text

pytestmark = pytest.mark.django_db
Row = dict[str, Any]
MIDNIGHT = "2025-11-24T00:00:00+08:00"


def named(*words: str) -> Callable[[Row], bool]:
    """Whether a place is called by one of some words."""
    return lambda row: any(word in str(row["object"]) + str(row.get("number")) for word in words)


@dataclass(frozen=True)
class List:
    """A list of the API: who reads it, what names a row, filters with what they mean, orders with what they compare."""

    key: str
    filters: Mapping[str, tuple[str, Callable[[Row], bool]]]
    sorts: Mapping[str, Callable[[Row], Any]]
    reader: str = "supervisor"


FINDINGS = List(
    "number",
    {
        "confirmation": ("confirmed", lambda row: row["confirmation"] == "confirmed"),
        "activity": ("ended", lambda row: row["activity"] == "ended"),
        "status": ("cased", lambda row: row["status"] == "cased"),
        "open": ("true", lambda row: row["status"] in ("new", "triaged")),
        "kind": ("exceedance", lambda row: row["kind"] == "exceedance"),
        "severity": ("4", lambda row: row["severity"] == 4),
        "min_severity": ("2", lambda row: row["severity"] >= 2),
        "region": ("420107", lambda row: row["object"]["region_code"] == "420107"),
        "object": ("O-2-01", lambda row: row["object"]["code"] == "O-2-01"),
        "enterprise": ("E-1", lambda row: row["object"]["enterprise_code"] == "E-1"),
        "parameter": ("a21002", lambda row: row["parameter"] == "a21002"),
        "since": (MIDNIGHT, lambda row: row["last_seen"] >= MIDNIGHT),
        "until": (MIDNIGHT, lambda row: row["first_seen"] < MIDNIGHT),
        "q": ("第1热电", named("第1热电")),
    },
    {
        key: lambda row, key=key: row[key]
        for key in ("severity", "last_seen", "first_seen", "raised_at", "hits", "number", "kind", "answer_due_at")
    }
    | {"rank": lambda row: float(row["rank"])},
)
CASES = List(
    "number",
    {
        "view": ("due_soon", lambda row: row["due_soon"]),
        "state": ("listed", lambda row: row["state"] == "listed"),
        "template": ("T1", lambda row: row["template"] == "T1"),
        "severity": ("4", lambda row: row["severity"] == 4),
        "region": ("420106", lambda row: row["object"]["region_code"] == "420106"),
        "object": ("O-1-01", lambda row: row["object"]["code"] == "O-1-01"),
        "enterprise": ("E-2", lambda row: row["object"]["enterprise_code"] == "E-2"),
        "open": ("true", lambda row: row["closed_at"] is None),
        "rebound": ("false", lambda row: row["rebound_of"] is None),
        "q": ("power plant 2", lambda row: "第2热电" in row["object"]["name"]),
    },
    {
        key: lambda row, key=key: row[key]
        for key in ("due_at", "opened_at", "state_since", "severity", "number", "state")
    },
)
STATIONS = List(
    "code",
    {
        "region": ("420106", lambda row: row["region"] == "420106"),
        "level": ("national", lambda row: row["level"] == "national"),
        "min_level": ("2", lambda row: bool(row["aqi"]) and row["aqi"]["level"] >= 2),
        "stale": ("false", lambda row: not row["stale"]),
        "q": ("ganghua", lambda row: row["name_en"] == "Ganghua"),
    },
    {
        "code": lambda row: row["code"],
        "name": lambda row: row["name"],
        "aqi": lambda row: row["aqi"] and row["aqi"]["value"],
        "age": lambda row: row["age_minutes"],
        "open_findings": lambda row: row["open_findings"],
    },
)
ENTERPRISES = List(
    "code",
    {
        "region": ("420107", lambda row: row["region_code"] == "420107"),
        "with_open_findings": ("true", lambda row: row["open_findings"] > 0),
        "q": ("e-2", lambda row: row["code"] == "E-2"),
    },
    {
        "code": lambda row: row["code"],
        "name": lambda row: row["name"],
        "outlets": lambda row: row["outlets"],
        "open_findings": lambda row: row["open_findings"],
        "open_cases": lambda row: row["open_cases"],
        "severity": lambda row: row["worst_severity"],
    },
)
EVENTS = List(
    "seq",
    {
        "type": ("finding.", lambda row: row["type"].startswith("finding.")),
        "actor": ("dispatcher", lambda row: row["actor"] == "dispatcher"),
        "object_type": ("finding", lambda row: row["object_type"] == "finding"),
        "since": (city.NOW.isoformat(), lambda row: row["at"] >= city.NOW.isoformat()),
        "until": (city.NOW.isoformat(), lambda row: row["at"] < city.NOW.isoformat()),
    },
    {"seq": lambda row: row["seq"], "at": lambda row: row["at"]},
)
RULES = List(
    "row_id",
    {
        "kind": ("aqi_breakpoint", lambda row: row["kind"] == "aqi_breakpoint"),
        "standard": ("hj 633", lambda row: "HJ 633" in row["standard"]),
        "unverified": ("false", lambda row: not row["unverified"]),
    },
    {key: lambda row, key=key: row[key] or "" for key in ("row_id", "kind", "standard", "valid_from", "confidence")},
)
LISTS = {
    "findings": FINDINGS,
    "cases": CASES,
    "stations": STATIONS,
    "enterprises": ENTERPRISES,
    "events": EVENTS,
    "rules": RULES,
}
EACH = pytest.mark.parametrize("name", LISTS)


@pytest.fixture(scope="module")
def readers(standing: Standing) -> dict[str, Client]:
    """Who reads each list."""
    return {name: standing.client(one.reader) for name, one in LISTS.items()}


@pytest.fixture(scope="module")
def whole(readers: dict[str, Client]) -> dict[str, list[Row]]:
    """Every row of every list in its own order."""
    return {name: everything(readers[name], name) for name in LISTS}


def page(client: Client, name: str, **query: object) -> Row:
    answer = client.get(f"/api/v1/{name}?{urlencode(query)}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def everything(client: Client, name: str, **query: object) -> list[Row]:
    """The rows of all pages."""
    rows: list[Row] = []
    while True:
        found = page(client, name, **query, page=len(rows) // 200 + 1, page_size=200)
        rows += found["items"]
        if len(rows) >= found["total"]:
            return rows


def keys(name: str, rows: list[Row]) -> list[object]:
    return [row[LISTS[name].key] for row in rows]


@EACH
def test_each_filter_keeps_exactly_the_rows_it_means(
    readers: dict[str, Client], whole: dict[str, list[Row]], name: str
) -> None:
    for field, (value, means) in LISTS[name].filters.items():
        wanted = [row for row in whole[name] if means(row)]
        found = page(readers[name], name, **{field: value}, page_size=200)
        assert found["total"] == len(wanted), field
        if field != "view":  # a view has an order of its own
            assert keys(name, found["items"]) == keys(name, wanted)[:200], field


@EACH
def test_two_filters_keep_what_both_mean(readers: dict[str, Client], whole: dict[str, list[Row]], name: str) -> None:
    for (one, (a, means_a)), (other, (b, means_b)) in combinations(LISTS[name].filters.items(), 2):
        wanted = [row for row in whole[name] if means_a(row) and means_b(row)]
        found = page(readers[name], name, **{one: a, other: b}, page_size=1)
        assert found["total"] == len(wanted), (one, other)


@EACH
def test_a_filter_is_worth_its_test(whole: dict[str, list[Row]], name: str) -> None:
    # A filter that keeps all rows, or none, would prove nothing above; all cases of the town are alike.
    always = {"template", "rebound", "open", "state", "view", "level", "with_open_findings"}
    dull = always if name in ("cases", "stations", "enterprises") else set()
    for field, (_, means) in LISTS[name].filters.items():
        kept = sum(means(row) for row in whole[name])
        assert field in dull or 0 < kept < len(whole[name]), field


@EACH
def test_each_order_holds_both_ways_and_loses_nothing(
    readers: dict[str, Client], whole: dict[str, list[Row]], name: str
) -> None:
    for sort, value in LISTS[name].sorts.items():
        up, down = (everything(readers[name], name, sort=f"{sign}{sort}") for sign in ("", "-"))
        assert (
            sorted(map(str, keys(name, up)))
            == sorted(map(str, keys(name, down)))
            == sorted(map(str, keys(name, whole[name])))
        )
        known = [value(row) for row in up if value(row) is not None]
        if sort not in ("name", "row_id", "kind", "standard"):  # texts are compared as the database collates them
            assert known == sorted(known), sort
        assert [value(row) for row in down if value(row) is not None] == known[::-1], sort


@EACH
def test_the_refusal_of_an_order_lists_exactly_the_ones_there_are(readers: dict[str, Client], name: str) -> None:
    for sort in ("colour", "-colour", "--number", "-", "pk", "object__code", "number;"):
        answer = readers[name].get(f"/api/v1/{name}?sort={sort}")
        error = answer.json()["error"]
        assert (answer.status_code, error["field"]) == (422, "sort"), sort
        offered = error["remedy"].removeprefix("one of ").removesuffix("; - turns the order").split(", ")
        assert set(offered) == set(LISTS[name].sorts)


@EACH
def test_the_contract_names_every_order_of_a_list(name: str) -> None:
    said = json.loads(contract_text())["paths"][f"/api/v1/{name}"]["get"]["description"]

    orders = said.lower().split("sort by ", 1)[1].split(";")[0].rstrip(".").split(", ")
    assert set(orders) == set(LISTS[name].sorts)


@EACH
@pytest.mark.parametrize(
    ("query", "field", "remedy"),
    [
        ("page=0", "page", "give at least 1"),
        ("page=-1", "page", "give at least 1"),
        ("page=1000001", "page", "give at most 1000000"),
        ("page=1.5", "page", "give a whole number"),
        ("page=", "page", "give a whole number"),
        ("page_size=0", "page_size", "give at least 1"),
        ("page_size=201", "page_size", "give at most 200"),
        ("page_size=all", "page_size", "give a whole number"),
        ("page=99999999999999999999999999", "page", "give at most 1000000"),
    ],
)
def test_a_page_that_cannot_be_names_its_bound(
    readers: dict[str, Client], name: str, query: str, field: str, remedy: str
) -> None:
    answer = readers[name].get(f"/api/v1/{name}?{query}")

    error = answer.json()["error"]
    assert (answer.status_code, error["field"], error["remedy"]) == (422, field, remedy)


@EACH
def test_beyond_the_end_there_is_nothing_but_the_count(
    readers: dict[str, Client], whole: dict[str, list[Row]], name: str
) -> None:
    far = page(readers[name], name, page=1_000_000, page_size=200)

    assert (far["items"], far["total"], far["page"], far["page_size"]) == ([], len(whole[name]), 1_000_000, 200)


@EACH
def test_small_pages_together_are_the_list(readers: dict[str, Client], whole: dict[str, list[Row]], name: str) -> None:
    shown = whole[name][:7]
    pages = [page(readers[name], name, page=number, page_size=2) for number in range(1, 5)]

    assert [key for one in pages for key in keys(name, one["items"])][: len(shown)] == keys(name, shown)
    assert {one["total"] for one in pages} == {len(whole[name])}


def test_a_filter_of_many_values_keeps_any_of_them(officer: Client, whole: dict[str, list[Row]]) -> None:
    found = officer.get("/api/v1/findings?status=new&status=dismissed&page_size=200").json()

    assert keys("findings", found["items"]) == [
        row["number"] for row in whole["findings"] if row["status"] in ("new", "dismissed")
    ]


def test_the_counts_of_the_findings_page_follow_its_filters(officer: Client, whole: dict[str, list[Row]]) -> None:
    for query in ("enterprise=E-1", "min_severity=3", "status=cased", "q=nothing"):
        found = officer.get(f"/api/v1/findings?{query}&page_size=200").json()
        rows = found["items"]
        assert found["unconfirmed"] == sum(row["confirmation"] == "unconfirmed" for row in rows)
        assert found["ongoing"] == sum(row["activity"] == "ongoing" for row in rows)


@pytest.mark.parametrize("view", ["mine", "due_soon", "overdue", "to_verify", "all"])
def test_a_view_of_cases_is_a_part_of_all(standing: Standing, whole: dict[str, list[Row]], view: str) -> None:
    found = everything(standing.client("inspector"), "cases", view=view)

    assert set(keys("cases", found)) <= set(keys("cases", whole["cases"]))
    if view == "mine":
        assert keys("cases", found) == [standing.cases["first"].number]  # the inspector answers for it
