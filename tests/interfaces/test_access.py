"""Everybody tries every operation for real; what comes out is written down in `access.py` and nowhere else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from tests.interfaces import city
from tests.interfaces.access import COLUMNS, SIGNS, table
from tests.interfaces.standing import EVERYBODY, IMPORTED, LEAK, Standing, undone

from qingtian.apps.accounts.models import SignInFailure
from qingtian.apps.accounts.roles import Role
from qingtian.apps.registry.actions.change_device import device_revision
from qingtian.interfaces.api.contract import contract_text
from qingtian.interfaces.printing.word import HOUSE_TEMPLATE

pytestmark = pytest.mark.django_db
EXPECTED = table()
UNSAFE = [one for one in EXPECTED if one[0] != "GET"]
OBSERVATION = {"site": "O-1-01", "pollutant": "a21002", "cycle": "hour", "period_start": "2025-11-24T08:00:00+08:00"}
COMPLAINT = {"channel": "phone", "category": "odour", "problem": "夜间异味", "complainant_name": "王某"}
SHOP = {"stove_heat": "500000000", "dining_area": "149", "seats": "76"}
ANSWERED = ("/self-correct", "/refuse-answer")  # verbs on the finding that the enterprise has answered
ENTRY = {
    "source": "patrol",
    "kind": "patrol_problem",
    "seen_at": "2025-11-24T08:00:00+08:00",
    "description": "door open",
    "object_type": "outlet",
    "object_code": "O-1-01",
}
WINDOW = {
    "object_type": "outlet",
    "object_code": "O-1-01",
    "kind": "calibration",
    "starts_at": "2025-11-30T08:00:00+08:00",
    "ends_at": "2025-11-30T10:00:00+08:00",
    "reason": "yearly",
}
DUTY = {
    "template": "SM",
    "object_type": "outlet",
    "object": "O-1-01",
    "item": "a34013",
    "rhythm": "1/year",
    "ground": "x",
}
MAPPING: dict[str, object] = {
    "name": "one_column",
    "time": {"columns": ["time"]},
    "site": {"columns": ["site"]},
    "columns": [{"column": "pm25", "pollutant": "a34004", "unit": "ug/m3"}],
}
PARCEL = {"key": "key-000001", "device": "phone-0001", "place": 1}
PARCEL |= dict.fromkeys(("made_at", "clock_at", "captured_at"), "2025-11-24T09:00:00+08:00")
MADE = b"\x89PNG\r\n\x1a\n made on site"
VISIT = {key: value for key, value in PARCEL.items() if key != "captured_at"} | {"revision": 1, "inspectors": ["x"]}
VISIT |= dict.fromkeys(("seen_at", "began_at", "ended_at"), "2025-11-24T09:00:00+08:00") | {"text": "x"}
BODIES: dict[str, dict[str, object]] = {
    "/v1/accounts": {"username": "new", "grants": [{"role": "handler", "region_code": "420107"}]},
    "/accounts/{username}": {"display_name": "新名"},
    "/take-second-factor": {"reason": "phone lost, came in person"},
    "/me/acting": {"username": ""},
    "/me/delegations": {"deputy": "inspector", "reason": "leave"}
    | {"starts_at": "2025-11-25T00:00:00+08:00", "ends_at": "2025-11-28T00:00:00+08:00"},
    "/me/keys": {"name": "gateway of the park", "scopes": ["read"], "days": 30},
    "/notices/read": {},
    "/notices/acknowledge": {},
    "/me/calendars": {},
    "/handovers/{handover}/accept": {"answer": "已阅"},
    "/lay-aside": {"reason": "told by telephone"},
    "/v1/handovers": {"roster": "room"},
    "/handovers/{handover}/edit": {"text": "注意第1热电", "revision": 1},
    "/v1/rosters": {"code": "second", "name_zh": "二线", "name_en": "second line"},
    "/exceptions": {"who": "auditor", "reason": "x"}
    | {"starts_at": "2025-11-26T08:00:00+08:00", "ends_at": "2025-11-26T10:00:00+08:00"},
    "/rosters/{roster}/retire": {"reason": "merged"},
    "/rotations": {"name_zh": "备", "name_en": "reserve", "starts": "08:00", "minutes": 60}
    | {"members": ["auditor"], "first": "2025-11-25"},
    "/rotations/{rotation_id}/end": {"until": "2025-12-01"},
    "/swaps": {"starts_at": "2025-11-25T08:00:00+08:00", "other": "supervisor"},
    "/swaps/{swap_id}/answer": {"accept": False},
    "/me/contact": {"email": "me@example.org", "channels": ["email"], "quiet_from": "22:00", "quiet_until": "07:00"},
    "/me/password": {"old": "wrong", "new": "another long passphrase"},
    "/second-factor/confirm": {"code": "000000"},
    "/second-factor/prove": {"code": "000000"},
    "/second-factor/recovery-codes": {"code": "000000"},
    "/second-factor/remove": {"code": "000000"},
    "/{entry}/withdraw": {"note": "twice"},
    "/obligations": DUTY,
    "/obligations/{obligation_id}/end": {"ground": "done"},
    "/obligations/{obligation_id}/events": {"event_at": "2025-11-25T09:00:00+08:00", "title": "培训"},
    "/fulfil": {"fields": {"entries": "12"}},
    "/occurrences/{occurrence_id}/refuse": {"reason": "no seal"},
    "/waive": {"reason": "shutdown"},
    "/registry/objects": {"type": "park", "code": "P-9", "name": "新园区"},
    "/merge": {"duplicate": "P-2", "reason": "one park"},
    "/part": {"reason": "two parks"},
    "/relations": {"kind": "serves", "to_type": "park", "to_code": "P-2"},
    "/relations/{relation_id}/end": {"reason": "moved"},
    "/demo/session": {"username": "nobody"},
    "/session": {"username": "nobody", "password": "x"},
    "/demo/clock": {"paused": True},
    "/findings/entries": ENTRY,
    "/findings/entries/check": ENTRY,
    "/ask": {"question": "why"},
    "/refuse-answer": {"reason": "too short"},
    "/unmerge": {"reason": "two problems"},
    "/windows": WINDOW,
    "/approve": {"note": ""},
    "/refuse": {"note": "too late"},
    "/withdraw": {"reason": "put off"},
    "/leaks/checks": {"component": LEAK, "kind": "attempt", "at": "2025-11-20T08:00:00+08:00"},
    "/leaks/import": {"csv": f"component,kind,at\n{LEAK},repair,2025-11-21T08:00\n", "dry_run": False},
    "/take-back": {"reason": "wrong valve"},
    "/dismiss": {"reason": "instrument_fault"},
    "/answer": {"answer": "mended"},
    "/self-correct": {},
    "/open-case": {"template": "T1"},
    "/transitions": {"to": "planned"},
    "/children": {"relation": "split", "title": "二期问题"},
    "/survey": {"type": "outlet", "enterprise_code": "E-1", "question": "同类问题"},
    "/parts": {"org": "B-2", "task": "核查台账"},
    "/parts/{org}": {"result": "用电正常"},
    "/duplicate/undo": {"reason": "两个问题"},
    "/migrate": {"version": "9", "reason": "x"},
    "/assign": {"responsible": "approver"},
    "/fields": {"fields": {"root_cause": "worn"}},
    "/pause": {"reason": "appraisal"},
    "/evidence/observation": {"observation": OBSERVATION},
    "/v1/reports": {"kind": "daily", "day": "2025-11-22"},
    "/texts/{paragraph}": {"language": "zh", "version": 1, "text": "昨日总体平稳。"},
    "/reports/{report}/issue": {"issue_number": "武环日报〔2025〕1号"},
    "/review": {"result": "pass"},
    "/ledgers/accounts": {
        "ledger": "total_discharge",
        "holder": "X-1",
        "item": "a21002",
        "kind": "allocated",
        "unit": "t/a",
    }
    | {"region_code": "420107"},
    "/{entry}/approve": {"note": ""},
    "/{entry}/refuse": {"note": "no ground"},
    "/{entry}/post": {"note": ""},
    "/{entry}/reverse": {"text": "cancelled", "decision": "x"},
    "/ledgers/licences": {"dataset": "d", "consumer": "c", "purposes": ["p"], "decision": "x"}
    | {"valid_from": "2025-11-01", "valid_to": "2025-12-31"},
    "/ledgers/uses": {"dataset": "air-hours", "consumer": "bank-1", "purpose": "credit", "rows": 3},
    "/observations": {"observation": OBSERVATION},
    "/{subject_id}/record": {"kind": "statement", "content": {"text": "已检修", "by": "厂长"}},
    "/devices": {"mn": "QT9", "name": "数采仪", "site": "O-1-01"},
    "/commands": {"cn": "1011"},
    "/mappings": {"mapping": MAPPING | {"name": "another"}},
    "{job}/check": {"mapping": MAPPING},
    "/preview": {"mapping": MAPPING},
    "/cancel": {"note": "x"},
    "/{row_id}/try": {"cells": {"limit": "80"}, "first_day": "2025-11-24", "last_day": "2025-11-24"},
    "/recomputations": {"first_day": "2025-11-24", "last_day": "2025-11-24"},
    "/explain": {"text": city.FRAME},
    "/readmissions": {"mn": city.MN, "why": "password corrected"},
    "/adopt": {"name": "数采仪", "site": "O-1-01"},
    "/compute": {"span": "month", "day": "2025-10-15"},
    "/figures": {"input": "dry", "first": "2025-10-01", "last": "2025-10-31", "value": "1", "source": "x"},
    "/formulas/check": {"code": "RECYCLE", "text": "dry / generated"},
    "/try": {"facts": SHOP},
    "/records": {"facts": SHOP, "subject": "一号餐馆"},
    "/reckonings/capacity": {"target": "1", "background": "0", "area": "1", "allocation_area": "1"},
    "/reckonings/replacement": {"reserve": "35", "need": "12", "item": "a21002", "area": "attained"},
    "/reckonings/split": {"pool": "1", "weights": {"a": "1"}},
    "/reckonings/carbon": {"fuels": [], "grid_factor": "0.5", "outputs": []},
}


@pytest.fixture(scope="module")
def browsers(standing: Standing) -> dict[str, Client]:
    """A browser of everybody."""
    return {who: standing.client(who) for who in EVERYBODY}


def let_go(answer: HttpResponse) -> None:
    """Close the file of an answer; `close()` would close the connection of this test too."""
    for closer in answer._resource_closers:
        closer()


def booking(path: str, books: dict[str, int]) -> dict[str, object]:
    """A draft for the books that stand."""
    terms = {"text": "年度总量", "decision": "武环函12号"}
    if path.endswith("/entries"):
        rows = [{"account": books["own"], "amount": "1"}, {"account": books["capacity"], "amount": "-1"}]
        return {"ledger": "total_discharge", "postings": rows, **terms}
    if path.endswith("/splits"):
        return {"source": books["fund"], "pool": "100.00", "weights": {"a": "1"}, **terms}
    return {"reserve": books["reserve"], "project": "A", "need": "1", "area": "attained", **terms}


def ask(client: Client, standing: Standing, method: str, path: str) -> HttpResponse:
    """One request with a body that is in order."""
    findings = standing.findings
    where = path.replace("{finding_id}", str(findings["answered"].pk)) if path.endswith(ANSWERED) else path
    url = standing.at(where)
    if path.endswith("/duplicates"):
        url += "?type=park"
    if "/series" in path:
        url += "?site=O-1-01&pollutant=a21002"
    if path.endswith("/grids/at"):
        url += "?lon=114.3&lat=30.6"
    if path.endswith("/forecasts"):
        url += "?site=O-1-01&parameter=a01001"
    if "/board/cases" in path:
        url += "?rate=on_time"
    if path.endswith("/templates/tags"):
        url += "?kind=daily"
    if path.endswith("/dispatch/candidates"):
        url += f"?case={standing.cases['first'].pk}"
    if path.endswith("/v1/imports") and method == "POST":
        return client.post(url, {"file": SimpleUploadedFile("a.csv", IMPORTED)})
    if method == "GET":
        answer = client.get(url)
        let_go(answer)
        return answer
    if path.endswith("/registry/imports"):
        sheet = SimpleUploadedFile("a.csv", "编码,名称\nP-8,园区\n".encode())
        return client.post(url, {"file": sheet, "type": "park", "dry_run": "false"})
    if path.endswith("/media"):
        made = SimpleUploadedFile("a.png", MADE, content_type="image/png")
        return client.post(url, PARCEL | {"file": made, "sha256": hashlib.sha256(MADE).hexdigest()})
    if method == "POST" and path.endswith(("/reports/templates", "/templates/trial")):
        word = SimpleUploadedFile("report.docx", HOUSE_TEMPLATE.read_bytes())
        return client.post(url, {"file": word, "kind": "weekly"})
    if path.endswith("/results"):
        sheet = SimpleUploadedFile("a.csv", "任务编号,采样结束时间,监测结果\nSM-1,2025-11-20 10:00,3\n".encode())
        return client.post(url, {"file": sheet})
    if path.endswith("/redaction"):
        copy = SimpleUploadedFile("r.pdf", b"%PDF-1.7 [taken out]", content_type="application/pdf")
        return client.post(url, {"file": copy, "reason": "name"})
    if path.endswith(("/evidence", "/{subject_id}/files")):
        return client.post(url, {"file": SimpleUploadedFile("x.pdf", b"%PDF-1.7 x", content_type="application/pdf")})
    body = next((one for end, one in BODIES.items() if path.endswith(end)), None)
    if "/field/cases/" in path and path.endswith("/records"):
        first = standing.cases["first"]
        first.refresh_from_db(fields=["revision"])
        body = VISIT | {"revision": first.revision}
    if path == "/api/v1/cases":
        body = {"template": "T2", "title": "异味", "region_code": "420107", "fields": COMPLAINT}
    elif path.endswith("/cases/many"):
        body = {"cases": [standing.cases["first"].pk], "act": "assign", "responsible": "approver"}
    elif path.endswith("/duplicate"):
        body = {"of": standing.cases["other"].pk}
    if path.endswith("/findings/confirm"):
        body = {"ids": [findings["fresh"].pk]}
    elif path.endswith("/findings/dismiss"):
        body = {"ids": [findings["fresh"].pk], "reason": "false_alarm"}
    elif method == "PATCH" and "/devices/" in path:
        body = {"revision": device_revision(standing.town.objects[city.MN]), "reason": "renamed", "name": "新名"}
    elif method == "PATCH" and "/registry/" in path:
        body = {"revision": device_revision(standing.parks["P-1"]), "reason": "renamed", "name": "新名"}
    elif "/findings/" in path and path.endswith("/merge"):
        body = {"into": findings["confirmed"].pk}
    if "/monitoring-plans/" in path:
        body = {"made_on": "2025-11-20", "channel": "官网", "lines": []}
    if path.endswith(("/ledgers/entries", "/ledgers/allocations", "/ledgers/splits")):
        body = booking(path, standing.books)
    text = "" if body is None else json.dumps(body)
    return client.generic(method, url, text, content_type="application/json")


def test_the_table_holds_every_operation_of_the_contract_once() -> None:
    contract = json.loads(contract_text())["paths"]
    operations = {(method.upper(), path) for path, methods in contract.items() for method in methods}

    assert set(EXPECTED) == operations - {("GET", "/api/v1/live")}  # the stream is tried over a real server


def test_the_table_holds_every_role_that_a_person_can_have() -> None:
    held = {grant[0] for grant in EVERYBODY.values() if grant}

    assert held == set(Role) - {Role.SYSTEM}
    assert set(COLUMNS.values()) == set(EVERYBODY)


@pytest.mark.parametrize(("method", "path"), EXPECTED, ids=lambda one: one.removeprefix("/api/v1"))
def test_everybody_gets_what_the_table_says(
    standing: Standing, browsers: dict[str, Client], method: str, path: str
) -> None:
    found = {}
    for who in EVERYBODY:
        SignInFailure.objects.all().delete()
        client = standing.client(who) if path.endswith("/session") else browsers[who]
        with undone():
            found[who] = SIGNS[ask(client, standing, method, path).status_code]

    assert found == EXPECTED[method, path]


@pytest.mark.parametrize(("method", "path"), UNSAFE, ids=lambda one: one.removeprefix("/api/v1"))
def test_no_change_is_taken_without_the_token_of_the_session(standing: Standing, method: str, path: str) -> None:
    client = standing.client("supervisor", csrf=True)

    answer = ask(client, standing, method, path)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (403, "csrf_failed", "X-CSRFToken")
    assert error["remedy"]


@pytest.mark.parametrize("token", ["", "x" * 32, "ä", "0" * 64])
def test_a_token_of_somebody_else_is_no_token(standing: Standing, token: str) -> None:
    client = standing.client("dispatcher", csrf=True)
    client.get("/api/v1/session")  # sets the cookie
    url = standing.at("/api/v1/findings/{finding_id}/confirm")

    answer = client.post(url, headers={"X-CSRFToken": token.encode().decode("latin-1")})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "csrf_failed")


def test_the_token_goes_with_the_header_or_not_at_all(standing: Standing) -> None:
    client = standing.client("dispatcher", csrf=True)
    token = client.get("/api/v1/session").json()["csrf_token"]
    url = standing.at("/api/v1/findings/{finding_id}/confirm")

    with undone():
        by_query = client.post(f"{url}?csrfmiddlewaretoken={token}")
        by_header = client.post(url, headers={"X-CSRFToken": token})

    assert (by_query.status_code, by_header.status_code) == (403, 200)


def hidden() -> Iterator[tuple[str, str]]:
    """Operations on one object that hide it from somebody."""
    for (method, path), row in EXPECTED.items():
        if row["other_enterprise"] == "4" and "/demo/" not in path and "/series" not in path:
            yield method, path


@pytest.mark.parametrize(("method", "path"), list(hidden()), ids=lambda one: one.removeprefix("/api/v1"))
def test_what_is_hidden_answers_like_what_never_was(
    standing: Standing, browsers: dict[str, Client], method: str, path: str
) -> None:
    client, nobody = browsers["other_enterprise"], "9" * 9
    never = path.replace("{case_id}", nobody).replace("{code}", "Z-9").replace("{mn}", "Z-9")
    never = never.replace("{frame}", "000000000009:20")
    if "{case_id}" not in path:
        never = never.replace("{finding_id}", nobody)

    there, nowhere = ask(client, standing, method, path), ask(client, standing, method, never)

    told = [one.json()["error"] for one in (there, nowhere)]
    assert there.status_code == nowhere.status_code == 404
    assert [one["code"] for one in told] == ["not_found"] * 2
    assert told[0]["field"] == told[1]["field"]
    assert told[0]["remedy"] == told[1]["remedy"]
    assert len(told[0]["message"].split()) == len(told[1]["message"].split())
