"""Ledgers over the API: E-C4, E-D1 to E-D3, four eyes, reversal, statements as known on a date."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from tests.interfaces.standing import Standing, undone

pytestmark = pytest.mark.django_db
TERMS = {"text": "年度总量", "decision": "武环函〔2025〕12号"}


@pytest.fixture(autouse=True)
def _kept_as_it_was(standing: Standing) -> Any:
    with undone():
        yield


def post(client: Client, path: str, body: Any = None, status: int = 201) -> Any:
    answer = client.post(f"/api/v1/ledgers{path}", body or {}, content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def get(client: Client, path: str) -> Any:
    answer = client.get(f"/api/v1/ledgers{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def account(keeper: Client, holder: str, kind: str, ledger: str = "total_discharge", **more: str) -> Any:
    item, unit = ("a21002", "t/a") if ledger == "total_discharge" else ("map-service", "CNY")
    body = {"ledger": ledger, "holder": holder, "item": item, "kind": kind, "unit": unit, "region_code": "420100"}
    return post(keeper, "/accounts", body | more)


def booked(standing: Standing, draft: Any) -> Any:
    """A draft, approved by another person and posted."""
    assert draft["state"] == "draft"
    post(standing.client("approver"), f"/entries/{draft['id']}/approve", {"note": ""}, 200)
    return post(standing.client("data_steward"), f"/entries/{draft['id']}/post", {"note": ""}, 200)


def filled(standing: Standing, source: Any, target: Any, amount: str) -> Any:
    rows = [{"account": source["id"], "amount": f"-{amount}"}, {"account": target["id"], "amount": amount}]
    body = {"ledger": source["ledger"], "postings": rows, **TERMS}
    return booked(standing, post(standing.client("handler"), "/entries", body))


def balance(client: Client, holder: str, kind: str) -> str:
    [row] = get(client, f"/accounts?holder={holder}&kind={kind}")["items"]
    return str(row["balance"])


def test_e_c4_the_reserve_is_allocated_until_it_is_short(standing: Standing) -> None:
    keeper = standing.client("data_steward")
    capacity, reserve = account(keeper, "R-1", "capacity"), account(keeper, "R-1", "reserve")
    filled(standing, capacity, reserve, "35.0")
    for project, need, area, left in (("A", "12.0", "over_standard", "11"), ("B", "5.5", "attained", "5.5")):
        body = {"reserve": reserve["id"], "project": f"PRJ-{project}", "need": need, "area": area, **TERMS}
        entry = booked(standing, post(keeper, "/allocations", body))
        assert (entry["form"], entry["state"], balance(keeper, "R-1", "reserve")) == ("allocation", "posted", left)
    body = {"reserve": reserve["id"], "project": "PRJ-C", "need": "6.0", "area": "attained", **TERMS}
    error = post(keeper, "/allocations", body, 409)["error"]
    assert (error["code"], error["params"]["shortfall"], error["params"]["available"]) == ("shortfall", "0.5", "5.5")
    assert get(keeper, "/total_discharge/verify")["intact"]


def test_e_c4_a_cancelled_project_posts_the_opposite(standing: Standing) -> None:
    keeper = standing.client("data_steward")
    capacity, reserve = account(keeper, "R-1", "capacity"), account(keeper, "R-1", "reserve")
    filled(standing, capacity, reserve, "35.0")
    body = {"reserve": reserve["id"], "project": "PRJ-A", "need": "12.0", "area": "over_standard", **TERMS}
    entry = booked(standing, post(keeper, "/allocations", body))
    assert entry["allowed"] == ["reverse"]
    undo = booked(
        standing, post(keeper, f"/entries/{entry['id']}/reverse", {"text": "项目取消", "decision": "撤销决定"})
    )
    assert (undo["reverses"], balance(keeper, "R-1", "reserve")) == (entry["number"], "35")
    before = get(keeper, f"/entries/{entry['id']}")
    assert (before["reversed_by"], before["allowed"], before["state"]) == (undo["number"], [], "posted")


@pytest.mark.parametrize(
    ("pool", "weights", "parts"),
    [
        ("100000", ["30", "20", "35", "15"], ["30000", "20000", "35000", "15000"]),
        ("100.00", ["1", "1", "1"], ["33.34", "33.33", "33.33"]),
    ],
    ids=["E-D1", "E-D2"],
)
def test_e_d1_e_d2_a_revenue_is_split_exactly(
    standing: Standing, pool: str, weights: list[str], parts: list[str]
) -> None:
    keeper = standing.client("data_steward")
    outside = account(keeper, "market", "external", "data_revenue")
    source = account(keeper, "operator", "fund", "data_revenue")
    filled(standing, outside, source, pool)
    named = {f"party-{number}": weight for number, weight in enumerate(weights)}
    body = {"source": source["id"], "pool": pool, "weights": named, **TERMS}
    booked(standing, post(keeper, "/splits", body))
    assert [balance(keeper, holder, "fund") for holder in named] == parts
    assert balance(keeper, "operator", "fund") == "0"


def test_e_d3_a_use_without_a_licence_is_refused_and_the_refusal_stays(standing: Standing) -> None:
    steward = standing.client("data_steward")
    body = {"dataset": "air-hours", "consumer": "bank-1", "purpose": "marketing", "rows": 9}
    error = post(steward, "/uses", body, 403)["error"]
    assert (error["code"], error["params"]["reason"]) == ("not_permitted", "other_purpose")
    newest = get(steward, "/uses")["items"][0]
    assert (newest["allowed"], newest["reason"], newest["rows"]) == (False, "other_purpose", 0)
    kept = post(steward, "/uses", body | {"purpose": "credit"})
    assert (kept["allowed"], kept["rows"], kept["licence"][:3]) == (True, 9, "DL-")


def test_nobody_approves_his_own_and_nothing_is_posted_unapproved(standing: Standing) -> None:
    entry = standing.books["entry"]
    assert (
        post(standing.client("data_steward"), f"/entries/{entry}/post", {"note": ""}, 409)["error"]["field"] == "entry"
    )
    shown = get(standing.client("approver"), f"/entries/{entry}")
    assert (shown["allowed"], [one["state"] for one in shown["steps"]]) == (["approve", "refuse", "attach"], ["draft"])
    assert get(standing.client("data_steward"), f"/entries/{entry}")["allowed"] == ["withdraw"]
    assert get(standing.client("auditor"), f"/entries/{entry}")["allowed"] == []
    error = post(standing.client("approver"), f"/entries/{entry}/refuse", {"note": " "}, 422)["error"]
    assert error["field"] == "note"


def test_a_statement_as_known_on_a_date_and_its_file(standing: Standing) -> None:
    client = standing.client("auditor")
    url = f"/accounts/{standing.books['reserve']}/statement"
    now = get(client, url)
    assert (now["closing"], [line["balance"] for line in now["lines"]]) == ("100", ["100"])
    before = get(client, f"{url}?known_at=2020-01-01T00:00:00%2B08:00")
    assert (before["closing"], before["lines"]) == ("0", [])
    text = client.get(f"/api/v1/ledgers{url}.csv").content.decode()
    assert "武环函12号" in text and text.count("\r\n") >= 3


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/entries", {"ledger": "total_discharge", "postings": [{"account": 0, "amount": "1e"}]}, "postings.0.amount"),
        ("/entries", {"ledger": "gold", "postings": []}, "ledger"),
        ("/allocations", {"reserve": 0, "project": "A", "need": "-", "area": "attained"}, "need"),
        ("/splits", {"source": 0, "pool": "NaN", "weights": {"a": "1"}}, "pool"),
        ("/splits", {"source": 0, "pool": "1", "weights": {"a": "x"}}, "weights.a"),
    ],
)
def test_wrong_numbers_are_named(standing: Standing, path: str, body: dict[str, Any], field: str) -> None:
    error = post(standing.client("data_steward"), path, body | TERMS, 422)["error"]
    assert error["field"] == field and error["remedy"]


def test_ledgers_tell_what_waits(standing: Standing) -> None:
    rows = {row["ledger"]: row for row in get(standing.client("supervisor"), "")}
    assert list(rows) == ["total_discharge", "traded_rights", "allowances", "compensation", "data_revenue"]
    assert (rows["total_discharge"]["waiting"], rows["total_discharge"]["accounts"]) == (1, 3)
    assert rows["traded_rights"]["details"] == ["price", "term", "permit_change"]
    assert [row["waiting"] for row in get(standing.client("other_district"), "")] == [0] * 5
