"""What can be put into the evidence of a case, and how it comes out again."""

from __future__ import annotations

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from tests.interfaces.standing import Standing
from tests.interfaces.test_access import let_go

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 "
PNG = b"\x89PNG\r\n\x1a\n"
MOST = 64 * 1024  # what the store of these tests takes


@pytest.fixture
def inspector(standing: Standing) -> Client:
    return standing.client("inspector")


def upload(
    client: Client, standing: Standing, content: bytes, name: str = "a.pdf", kind: str = "application/pdf", **more: str
) -> HttpResponse:
    file = SimpleUploadedFile(name, content, content_type=kind)
    file.name = name  # as a browser could send it
    return client.post(standing.at("/api/v1/cases/{case_id}/evidence"), {"file": file, **more})


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "application/pdf"),
        (b"MZ\x90\x00", "application/x-msdownload"),
        (b"<script>alert(1)</script>", "text/html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"<html>", "application/pdf"),
        (PDF, "image/png"),
        (PNG, "application/pdf"),
        (PDF, "nonsense"),
        (PDF, ""),
    ],
)
def test_what_is_not_what_it_says_or_could_run_is_refused(
    standing: Standing, inspector: Client, content: bytes, kind: str
) -> None:
    answer = upload(inspector, standing, content, kind=kind)

    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (422, "file")
    assert error["remedy"]


def test_a_file_may_be_as_large_as_the_store_takes_and_not_one_byte_larger(
    standing: Standing, inspector: Client
) -> None:
    most = upload(inspector, standing, PDF + b"x" * (MOST - len(PDF)))
    over = upload(inspector, standing, PDF + b"x" * (MOST - len(PDF) + 1))

    assert (most.status_code, most.json()["size"]) == (201, MOST)
    assert (over.status_code, over.json()["error"]["field"]) == (422, "file")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("..\\..\\windows\\plan.pdf", "plan.pdf"),
        ("/absolute/plan.pdf", "plan.pdf"),
        ("整改方案 第二稿.pdf", "整改方案 第二稿.pdf"),
        ("x" * 300 + ".pdf", None),
        ("=1+1.pdf", "=1+1.pdf"),
    ],
)
def test_of_a_name_only_the_last_part_is_kept(
    standing: Standing, inspector: Client, name: str, kept: str | None
) -> None:
    answer = upload(inspector, standing, PDF + name.encode(), name)

    assert answer.status_code == 201, answer.content
    item = answer.json()
    assert item["title"] == item["file_name"]
    if kept is None:
        assert len(item["file_name"]) <= 255
    else:
        assert item["file_name"] == kept


def test_the_bytes_come_back_under_their_hash_and_cannot_run(standing: Standing, inspector: Client) -> None:
    content = PDF + "青天".encode()
    item = upload(inspector, standing, content, "报告.pdf", title="监测报告").json()

    answer = inspector.get(item["content_url"])

    assert b"".join(answer.streaming_content) == content
    let_go(answer)
    assert item["sha256"] == answer.headers["X-Content-SHA256"] == hashlib.sha256(content).hexdigest()
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == "inline; filename*=utf-8''%E6%8A%A5%E5%91%8A.pdf"
    assert (item["title"], item["added_by"], item["captured_by"]) == ("监测报告", "inspector", "inspector")


def test_plain_text_is_saved_and_not_shown(standing: Standing, inspector: Client) -> None:
    item = upload(inspector, standing, "<b>记录</b>".encode(), "notes.txt", "text/plain").json()

    answer = inspector.get(item["content_url"])
    let_go(answer)

    assert answer.headers["Content-Disposition"].startswith("attachment;")


def test_the_same_bytes_are_one_item_whatever_they_are_called(standing: Standing, inspector: Client) -> None:
    first = upload(inspector, standing, PDF + b"once", "one.pdf").json()
    again = upload(inspector, standing, PDF + b"once", "two.pdf")

    error = again.json()["error"]
    assert (again.status_code, error["code"], error["field"]) == (409, "conflict", "file")
    assert f"item {first['position']}" in error["message"]


def test_nothing_is_made_in_the_future(standing: Standing, inspector: Client) -> None:
    early = upload(inspector, standing, PDF + b"1", captured_at="2025-11-24T10:40:00+08:00")
    late = upload(inspector, standing, PDF + b"2", captured_at="2025-11-24T10:40:01+08:00")
    elsewhere = upload(inspector, standing, PDF + b"3", captured_at="2025-11-24T02:39:00Z")

    assert (early.status_code, late.status_code) == (201, 422)
    assert late.json()["error"]["field"] == "captured_at"
    assert elsewhere.json()["captured_at"] == "2025-11-24T10:39:00+08:00"


@pytest.mark.parametrize("kind", ["observation", "review"])
def test_what_the_house_itself_writes_cannot_be_uploaded(standing: Standing, inspector: Client, kind: str) -> None:
    answer = upload_as(inspector, standing, kind)

    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "kind")


def upload_as(client: Client, standing: Standing, kind: str) -> HttpResponse:
    file = SimpleUploadedFile("a.pdf", PDF, content_type="application/pdf")
    return client.post(standing.at("/api/v1/cases/{case_id}/evidence"), {"file": file, "kind": kind})


def test_items_are_chained_in_the_order_they_came_and_the_chain_holds(standing: Standing, inspector: Client) -> None:
    for number in range(3):
        upload(inspector, standing, PDF + bytes([number]))

    items = inspector.get(standing.at("/api/v1/cases/{case_id}")).json()["evidence"]
    report = inspector.get(standing.at("/api/v1/cases/{case_id}/evidence/verify")).json()

    assert [one["position"] for one in items] == list(range(len(items)))
    assert [one["prev_hash"] for one in items[1:]] == [one["hash"] for one in items[:-1]]
    assert (report["intact"], report["first_break"], len(report["items"])) == (True, None, len(items))
    assert all(one["ok"] for one in report["items"])


def test_an_item_belongs_to_its_case_only(standing: Standing) -> None:
    item, other = standing.items[0], standing.cases["other"]

    answer = standing.client("supervisor").get(f"/api/v1/cases/{other.pk}/evidence/{item.pk}/content")

    assert answer.status_code == 404
