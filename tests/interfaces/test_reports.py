"""Reports over the API: made, read, written, issued, proven, taken back; templates tried and handed in."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from docx import Document
from tests.interfaces import city
from tests.interfaces.standing import Standing, undone

from qingtian.apps.reports.models import Report
from qingtian.interfaces.api.present import reports as present
from qingtian.interfaces.printing.word import HOUSE_TEMPLATE

pytestmark = pytest.mark.django_db
DAY = (city.NOW - timedelta(days=1)).date().isoformat()
NUMBER = "武环日报〔2025〕327号"


@pytest.fixture(autouse=True)
def _takes_back(standing: Standing) -> Iterator[None]:
    with undone():
        yield


def post(client: Client, path: str, body: object = None, *, status: int = 200) -> dict[str, Any]:
    answer = client.post(f"/api/v1/reports{path}", json.dumps(body or {}), content_type="application/json")
    assert answer.status_code == status, answer.content
    return dict(answer.json())


def get(client: Client, path: str = "", *, status: int = 200) -> Any:
    answer = client.get(f"/api/v1/reports{path}")
    assert answer.status_code == status, answer.content
    return answer.json()


def hand_in(client: Client, content: bytes, path: str = "/templates", kind: str = "daily") -> Any:
    fields = {"kind": kind, "file": SimpleUploadedFile("日报.docx", content), "note": "新版头"}
    if path.endswith("trial"):
        fields.pop("note")
    return client.post(f"/api/v1/reports{path}", fields)


def docx(*lines: str) -> bytes:
    document = Document()
    document.sections[0].header.paragraphs[0].text = "{{ label }}"
    for line in lines:
        document.add_paragraph(line)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def test_a_report_goes_its_whole_way(standing: Standing) -> None:
    duty, chief = standing.client("dispatcher"), standing.client("approver")
    made = post(duty, "", {"kind": "daily", "day": DAY}, status=201)
    number = made["number"]
    assert (made["state"], made["complete"], made["first"]) == ("draft", True, DAY)
    assert made["allowed_actions"] == ["edit"]
    summary = next(one for one in made["paragraphs"] if one["code"] == "summary")
    assert summary["text_zh"] == summary["composed_zh"]

    text = {"language": "zh", "version": 0, "text": "昨日总体平稳，一处超标已立案。"}
    written = post(duty, f"/{number}/texts/summary", text)
    summary = next(one for one in written["paragraphs"] if one["code"] == "summary")
    assert (summary["text_zh"], summary["version_zh"], summary["version_en"]) == (text["text"], 1, 0)
    assert summary["written_by"] == "dispatcher"
    assert text["text"] in duty.get(f"/api/v1/reports/{number}/preview").content.decode()

    issued = post(chief, f"/{number}/issue", {"issue_number": NUMBER})
    assert (issued["state"], issued["issue_number"], issued["issued_by"]) == ("issued", NUMBER, "approver")
    assert {one["format"] for one in issued["files"]} == {"pdf", "docx"}
    for one in issued["files"]:
        kept = duty.get(f"/api/v1/reports/{number}/report.{one['format']}")
        assert hashlib.sha256(kept.content).hexdigest() == one["sha256"]
        assert kept["Content-Disposition"] == f'attachment; filename="{number}.{one["format"]}"'
    proof = get(duty, f"/{number}/remake")
    assert proof["snapshot_same"]
    assert [one["same"] for one in proof["files"]] == [True, True]
    assert proof["printed_with"] == proof["printed_now"]

    post(duty, f"/{number}/texts/summary", text | {"version": 1}, status=409)
    back = post(chief, f"/{number}/withdraw", {"reason": "数据有误"})
    assert (back["state"], back["withdraw_reason"], back["allowed_actions"]) == ("withdrawn", "数据有误", [])
    assert duty.get(f"/api/v1/reports/{number}/report.pdf").content[:5] == b"%PDF-"


def test_the_snapshot_is_the_very_text_that_was_hashed(standing: Standing) -> None:
    client = standing.client("auditor")
    content = client.get(f"/api/v1/reports/{standing.report}/snapshot.json").content
    shown = get(client, f"/{standing.report}")
    assert hashlib.sha256(content).hexdigest() == shown["snapshot_hash"]
    held = json.loads(content)
    assert shown["chapters"] == len(held["sections"])


def test_a_draft_is_printed_in_either_language_and_says_that_it_is_one(standing: Standing) -> None:
    client = standing.client("handler")
    zh = client.get(f"/api/v1/reports/{standing.report}/preview?language=zh").content.decode()
    en = client.get(f"/api/v1/reports/{standing.report}/preview?language=en").content.decode()
    assert "草稿 未签发" in zh
    assert "draft, not issued" in en
    assert "昨日平稳。" in zh
    assert "昨日平稳。" not in en
    word = client.get(f"/api/v1/reports/{standing.report}/report.docx?language=en").content
    assert "Period" in " ".join(one.text for one in Document(io.BytesIO(word)).paragraphs)


def test_the_preview_obeys_the_policy_of_the_house(standing: Standing) -> None:
    answer = standing.client("dispatcher").get(f"/api/v1/reports/{standing.report}/preview")
    html = answer.content.decode()
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert " style=" not in html
    assert "<style" not in html
    sheet = standing.client("dispatcher").get("/api/v1/reports/print.css")
    assert sheet["Content-Type"].startswith("text/css")
    assert b"@page" in sheet.content


def test_an_issue_over_words_that_somebody_writes_meanwhile_is_refused(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    duty, chief = standing.client("dispatcher"), standing.client("approver")
    printed = present.print_issue

    def slowly(row: Report, *arguments: Any) -> Any:
        files = printed(row, *arguments)
        post(duty, f"/{row.number}/texts/summary", {"language": "zh", "version": 1, "text": "改口。"})
        return files

    monkeypatch.setattr(present, "print_issue", slowly)
    refused = post(chief, f"/{standing.report}/issue", {"issue_number": NUMBER}, status=409)
    assert refused["error"]["field"] == "texts"
    assert get(chief, f"/{standing.report}")["state"] == "draft"


def test_a_period_that_goes_on_can_be_made_and_not_issued(standing: Standing) -> None:
    made = post(standing.client("dispatcher"), "", {"kind": "monthly", "day": DAY}, status=201)
    assert not made["complete"]
    refused = post(standing.client("approver"), f"/{made['number']}/issue", {"issue_number": NUMBER}, status=409)
    assert refused["error"]["field"] == "last"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "yearly", "day": DAY}, "kind"),
        ({"kind": "daily"}, "day"),
        ({"kind": "daily", "day": "2026-01-01"}, "day"),
        ({"kind": "case"}, "case"),
        ({"kind": "enterprise"}, "enterprise"),
    ],
)
def test_what_a_kind_needs_is_asked_for_by_name(standing: Standing, body: dict[str, str], field: str) -> None:
    refused = post(standing.client("dispatcher"), "", body, status=422)
    assert refused["error"]["field"] == field
    assert refused["error"]["remedy"]


def test_reports_on_a_case_and_an_enterprise_are_kept_from_those_who_do_not_see_them(standing: Standing) -> None:
    duty, other = standing.client("dispatcher"), standing.client("other_district")
    case = standing.cases["first"].number
    on_case = post(duty, "", {"kind": "case", "case": case}, status=201)
    on_firm = post(duty, "", {"kind": "enterprise", "enterprise": "E-1"}, status=201)
    assert (on_case["case"], on_firm["enterprise"]) == (case, "E-1")
    for number in (on_case["number"], on_firm["number"]):
        get(other, f"/{number}", status=404)
        get(standing.client("enterprise"), f"/{number}", status=404)
    post(other, "", {"kind": "case", "case": case}, status=404)
    assert get(other)["total"] == 0


def test_the_list_is_filtered_sorted_and_exported_alike(standing: Standing) -> None:
    duty = standing.client("dispatcher")
    weekly = post(duty, "", {"kind": "weekly", "day": DAY}, status=201)["number"]
    assert [one["number"] for one in get(duty, "?kind=weekly")["items"]] == [weekly]
    assert get(duty, f"?q={weekly}")["total"] == 1
    assert get(duty, "?state=issued")["total"] == 0
    assert get(duty, f"?since={DAY}&until={DAY}")["total"] == 2
    assert get(duty, "?since=2026-01-01")["total"] == 0
    assert [one["kind"] for one in get(duty, "?sort=kind")["items"]] == ["daily", "weekly"]
    get(duty, "?sort=nonsense", status=422)
    text = duty.get("/api/v1/reports/export.csv?kind=weekly").content.decode()
    assert weekly in text
    assert standing.report not in text


def test_the_list_costs_as_many_queries_for_many_as_for_few(standing: Standing) -> None:
    duty = standing.client("dispatcher")

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            get(duty, "?page_size=200")
        return len(seen)

    get(duty)
    few = cost()
    for _ in range(4):
        post(duty, "", {"kind": "case", "case": standing.cases["first"].number}, status=201)
    assert cost() <= few


def test_kinds_tell_their_schedule_and_template(standing: Standing) -> None:
    kinds = {one["kind"]: one for one in get(standing.client("dispatcher"), "/kinds")}
    assert kinds["daily"]["template"] == "daily v1"
    assert kinds["daily"]["last_number"] == standing.report
    assert kinds["daily"]["next_at"].startswith("2025-11-25T06:00")  # the day before was made by hand
    assert (kinds["monthly"]["next_first"], kinds["monthly"]["scheduled"]) == ("2025-10-01", True)
    assert kinds["case"]["next_at"] is None


def test_a_template_is_tried_before_it_is_taken_and_then_used(standing: Standing) -> None:
    steward, duty = standing.client("data_steward"), standing.client("dispatcher")
    bad = docx("{{ figures.air_pm52.value }}")
    found = hand_in(steward, bad, "/templates/trial").json()
    assert [(one["tag"], one["place"]) for one in found["unknown"]] == [("figures.air_pm52", "body, paragraph 1")]
    refused = hand_in(steward, bad)
    assert refused.status_code == 422
    assert "figures.air_pm52 (body, paragraph 1)" in refused.json()["error"]["message"]
    good = docx("优良天数 {{ figures.air_good_days.value }}", "{{ texts.summary }}")
    made = hand_in(steward, good)
    assert made.status_code == 201
    assert (made.json()["version"], made.json()["in_use"], made.json()["size"]) == (2, True, len(good))
    assert "tables.air_days" in made.json()["unused"]
    report = post(duty, "", {"kind": "daily", "day": DAY}, status=201)
    assert report["template"] == "daily v2"
    word = duty.get(f"/api/v1/reports/{report['number']}/report.docx").content
    assert Document(io.BytesIO(word)).paragraphs[0].text.startswith("优良天数")
    left = steward.post("/api/v1/reports/templates/daily/2/retire").json()
    assert [one["in_use"] for one in left if one["kind"] == "daily"] == [False, True, False]
    assert get(duty, f"/{report['number']}")["template"] == "daily v2"


def test_the_template_of_the_house_can_be_fetched_and_handed_in_again(standing: Standing) -> None:
    steward = standing.client("data_steward")
    house = steward.get("/api/v1/reports/templates/weekly/0/file.docx").content
    assert house == HOUSE_TEMPLATE.read_bytes()
    assert hand_in(steward, house, kind="weekly").status_code == 201
    steward.get("/api/v1/reports/templates/yearly/0/file.docx")
    assert steward.get("/api/v1/reports/templates/yearly/0/file.docx").status_code == 422
    assert steward.get("/api/v1/reports/templates/weekly/9/file.docx").status_code == 404


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"PK\x03\x04 broken"])
def test_what_is_no_word_document_is_refused_by_name(standing: Standing, content: bytes) -> None:
    for path in ("/templates", "/templates/trial"):
        refused = hand_in(standing.client("data_steward"), content, path)
        assert refused.status_code == 422
        assert refused.json()["error"]["field"] == "file"


def test_tags_are_told_by_kind(standing: Standing) -> None:
    client = standing.client("dispatcher")
    daily, case = ({one["tag"] for one in get(client, f"/templates/tags?kind={kind}")} for kind in ("daily", "case"))
    assert "{{ figures.air_pm25.value }}" in daily
    assert "{{ label }}" in daily & case
    assert "{%tr for row in tables.case_clocks.rows %}" in case
    get(client, "/templates/tags?kind=yearly", status=422)


def test_versions_of_a_paragraph_are_told_and_unknown_ones_refused(standing: Standing) -> None:
    client = standing.client("dispatcher")
    text = {"language": "zh", "version": 1, "text": "第二稿"}
    post(client, f"/{standing.report}/texts/summary", text)
    told = get(client, f"/{standing.report}/texts/summary")
    assert [(one["version"], one["text"]) for one in told] == [(2, "第二稿"), (1, "昨日平稳。")]
    refused = post(client, f"/{standing.report}/texts/summary", text, status=409)
    assert refused["error"]["params"]["version"] == 2
    get(client, f"/{standing.report}/texts/nothing", status=422)
    post(client, f"/{standing.report}/texts/nothing", text, status=422)
