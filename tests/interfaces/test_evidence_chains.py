"""Evidence of any subject over the API: records, redaction, custody, admissibility, package, daily roots."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.interfaces import city
from tests.interfaces.standing import Standing, undone

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.evidence.actions.make_daily_root import make_daily_root
from qingtian.verifier import check, check_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kept_as_it_was(standing: Standing) -> Any:
    with undone():
        yield


def at(standing: Standing, kind: str = "case") -> str:
    pk = standing.cases["first"].pk if kind == "case" else standing.findings["fresh"].pk
    return f"/api/v1/evidence/{kind}/{pk}"


def write(client: Client, url: str, kind: str, content: dict[str, Any], status: int = 201) -> Any:
    answer = client.post(f"{url}/record", {"kind": kind, "content": content}, content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def bytes_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_chain_tells_what_may_be_done_with_it(standing: Standing) -> None:
    shown = standing.client("inspector").get(at(standing)).json()
    assert (shown["number"], len(shown["items"])) == (standing.cases["first"].number, 2)
    assert [shown[name] for name in ("may_attach", "may_review", "may_redact", "may_read_custody")] == [True] * 4
    owner = standing.client("enterprise").get(at(standing)).json()
    assert [owner[name] for name in ("may_attach", "may_review", "may_redact", "may_read_custody")] == [
        True,
        False,
        False,
        False,
    ]


def test_an_enterprise_answers_a_finding_with_a_statement_and_a_file(standing: Standing) -> None:
    owner, url = standing.client("enterprise"), at(standing, "finding")
    write(owner, url, "statement", {"text": "仪器校准", "by": "环保专员"})
    file = SimpleUploadedFile("校准.pdf", b"%PDF-1.7 x", content_type="application/pdf")
    item = owner.post(f"{url}/files", {"file": file, "kind": "document"}).json()
    assert bytes_of(owner.get(item["content_url"])) == b"%PDF-1.7 x"
    shown = standing.client("inspector").get(url).json()
    assert [one["kind"] for one in shown["items"]] == ["statement", "document"]
    assert standing.client("other_enterprise").get(url).status_code == 404
    assert write(owner, url, "sample", {"site": "x"}, 422)["error"]["field"] == "param"


def test_the_fields_of_a_record_are_told_and_checked(standing: Standing) -> None:
    forms = {row["kind"]: row for row in standing.client("handler").get("/api/v1/evidence/record-forms").json()}
    assert {"statement", "receipt", "calibration", "equipment", "sample", "video"} <= set(forms)
    assert [one["field"] for one in forms["statement"]["fields"]] == ["text", "by", "on"]
    error = write(standing.client("handler"), at(standing), "receipt", {"what": "x"}, 422)["error"]
    assert (error["field"], error["code"]) == ("to", "invalid_input")


def test_automatic_data_are_admissible_when_every_check_holds(standing: Standing) -> None:
    inspector, url = standing.client("inspector"), at(standing)
    [answer] = inspector.get(f"{url}/admissibility").json()
    assert "not_reviewed" in answer["reasons"] and not answer["admissible"]
    first = next(one for one in answer["unmet"] if one["reason"] == "not_reviewed")
    assert (first["label_zh"], first["clause"][:5], bool(first["remedy_en"])) == ("经专人审核", "行政处罚法", True)
    standing.client("approver").post(f"{url}/0/review", {"result": "pass"}, content_type="application/json")
    [answer] = inspector.get(f"{url}/admissibility").json()
    assert "not_reviewed" not in answer["reasons"]


def test_a_redacted_item_is_shown_to_the_party_and_the_original_is_not(standing: Standing) -> None:
    inspector, owner, url = standing.client("legal_reviewer"), standing.client("enterprise"), at(standing)
    file = SimpleUploadedFile("r.pdf", b"%PDF-1.7 taken out", content_type="application/pdf")
    copy = inspector.post(f"{url}/1/redaction", {"file": file, "reason": "姓名"}).json()
    assert (copy["redaction_of"], copy["record"]["reason"]) == (1, "姓名")
    error = owner.get(f"{url}/items/{standing.items[1].pk}/content")
    assert (error.status_code, error.json()["error"]["remedy"]) == (403, "open item 2 instead")
    assert bytes_of(owner.get(copy["content_url"])) == b"%PDF-1.7 taken out"
    package = bytes_of(owner.get(f"{url}/package"))
    assert check_bytes(package).problems == []
    assert "files/001-plan.pdf" not in zipfile.ZipFile(io.BytesIO(package)).namelist()
    assert "files/001-plan.pdf" in zipfile.ZipFile(io.BytesIO(bytes_of(inspector.get(f"{url}/package")))).namelist()
    kept = bytes_of(inspector.get(f"{url}/package?originals=false"))
    assert "files/001-plan.pdf" not in zipfile.ZipFile(io.BytesIO(kept)).namelist()


def test_the_custody_log_tells_who_saw_and_exported(standing: Standing) -> None:
    owner, url = standing.client("enterprise"), at(standing)
    bytes_of(owner.get(f"{url}/items/{standing.items[1].pk}/content"))
    answer = owner.get(f"{url}/package")
    bytes_of(answer)
    viewed, exported = standing.client("auditor").get(f"{url}/custody").json()
    assert (viewed["act"], viewed["actor"], viewed["item"]) == ("viewed", "enterprise", 1)
    assert exported["detail"]["package_sha256"] == answer.headers["X-Package-SHA256"]
    assert standing.client("auditor").get(f"{url}/verify").json()["intact"]


def test_daily_roots_are_shown_checked_and_can_be_kept_elsewhere(standing: Standing, tmp_path: Path) -> None:
    make_daily_root(SYSTEM_ACTOR, city.NOW.replace(day=25))
    client = standing.client("auditor")
    [row] = client.get("/api/v1/evidence/roots").json()["items"]
    assert (row["number"], row["items"], row["receipts"]) == (1, 2, [])
    assert client.get("/api/v1/evidence/roots/verify").json() == {
        "roots": 1,
        "intact": True,
        "broken": None,
        "reason": "",
    }
    copy, package = tmp_path / "daily-roots.jsonl", tmp_path / "p.zip"
    copy.write_bytes(client.get("/api/v1/evidence/daily-roots.jsonl").content)
    assert json.loads(copy.read_text())["record"]["root"] == row["root"]
    package.write_bytes(bytes_of(client.get(f"{at(standing)}/package")))
    assert check(package, copy).problems == [] and check(package, copy).notes == []


def test_the_list_of_evidence_filters_and_exports(standing: Standing) -> None:
    client = standing.client("supervisor")
    every = client.get("/api/v1/evidence").json()
    assert every["total"] == 2 and every["items"][0]["subject_number"] == standing.cases["first"].number
    assert client.get("/api/v1/evidence?kind=observation&q=a21002").json()["total"] == 1
    assert client.get("/api/v1/evidence?subject=finding").json()["total"] == 0
    assert client.get("/api/v1/evidence?kind=gold").status_code == 422
    assert standing.client("other_enterprise").get("/api/v1/evidence").json()["total"] == 0
    text = client.get("/api/v1/evidence/export.csv?kind=document").content.decode()
    assert "plan.pdf" in text and "subject_number" in text


@pytest.mark.parametrize("path", ["letter/1", "case/0", "occurrence/999999999", "ledger_entry/0"])
def test_what_is_not_there_is_not_there(standing: Standing, path: str) -> None:
    assert standing.client("supervisor").get(f"/api/v1/evidence/{path}").status_code in (404, 422)
