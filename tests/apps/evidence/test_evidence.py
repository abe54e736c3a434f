from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from tests.apps.cases.walking import DISPATCHER, HANDLER, INSPECTOR, opened
from tests.apps.city import HOUR, NOW, actor, outlet

from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.actions.attach_observation import attach_observation
from qingtian.apps.evidence.actions.review_evidence import ReviewResult, review_evidence
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.queries import items_of, open_content, verify_evidence
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.journal.queries import history
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible
from qingtian.domain.evidence import GENESIS, canonical_json
from qingtian.telemetry.store.port import Cycle, Observation

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 \x80\x81 inspection"
FRAME = b"##0101QN=20251124090000000;ST=31;CN=2061;PW=123456;MN=MNE10001;Flag=4;CP=&&DataTime=20251124080000&&1C80\r\n"


@pytest.fixture
def case(stack: RegistryObject) -> Case:
    return opened(stack)


def attach(case: Case, content: Any = PDF, **more: Any) -> EvidenceItem:
    fields: dict[str, Any] = {
        "kind": EvidenceKind.SITE_RECORD,
        "media_type": "application/pdf",
        "file_name": "记录.pdf",
    }
    return attach_file(HANDLER, NOW, of_case(case.pk), content, **(fields | more))


def hour(site: str = "E-1-DA001", **changes: Any) -> Observation:
    row = Observation(
        site,
        "a21002",
        Cycle.HOUR,
        NOW - HOUR,
        Decimal("118.20"),
        converted=Decimal("120.0"),
        unit="mg/m3",
        mark="N",
        simulated=True,
        frame_hash=hashlib.sha256(FRAME).hexdigest(),
        segment="0001",
        frame_offset=77,
        received_at=NOW,
    )
    return replace(row, **changes)


def test_a_file_is_frozen_under_its_hash(case: Case, evidence_folder: Path) -> None:
    item = attach(case, title="现场记录", captured_by="王检查员", captured_at=NOW - HOUR)
    digest = hashlib.sha256(PDF).hexdigest()
    stored = evidence_folder / digest[:2] / digest
    assert (item.sha256, item.size, stored.read_bytes()) == (digest, len(PDF), PDF)
    assert stored.stat().st_mode & 0o777 == 0o400
    assert (item.position, item.prev_hash, item.title, item.captured_by) == (0, GENESIS, "现场记录", "王检查员")
    assert item.record["sha256"] == digest and item.record["case"] == case.number
    assert [path.name for path in evidence_folder.iterdir()] == [digest[:2]]


def test_items_are_chained_and_written_to_the_journal(case: Case) -> None:
    first, second = attach(case), attach(case, PDF + b"2")
    assert second.prev_hash == first.hash
    expected = hashlib.sha256(first.hash.encode() + canonical_json(second.record)).hexdigest()
    assert second.hash == expected
    payloads = [event.payload["hash"] for event in history("case", case.pk) if event.type == "case.evidence_added"]
    assert payloads == [first.hash, second.hash]
    assert [item.position for item in items_of(HANDLER, of_case(case.pk))] == [0, 1]


def test_each_case_has_its_own_chain(case: Case) -> None:
    attach(case)
    other = opened(outlet("E-2"))
    assert attach(other).prev_hash == GENESIS


def test_an_open_file_is_read_in_pieces(case: Case) -> None:
    content = b"%PDF-" + bytes(range(256)) * 200
    assert attach(case, io.BytesIO(content)).size == len(content)


def test_the_same_bytes_twice_are_refused_in_one_case(case: Case) -> None:
    attach(case)
    with pytest.raises(Conflict, match="already as item 0"):
        attach(case, title="noch einmal")


@pytest.mark.parametrize(
    ("content", "more", "reason"),
    [
        (b"", {}, "is not application/pdf"),
        (b"", {"media_type": "text/plain"}, "is empty"),
        (b"%PDF-" + b"x" * 65536, {}, "larger than"),
        (b"MZ\x90\x00", {"media_type": "application/x-msdownload"}, "not accepted"),
        (b"<html>", {"media_type": "text/html"}, "not accepted"),
        (b"<svg onload=alert(1)>", {"media_type": "image/svg+xml"}, "not accepted"),
        (b"not a picture", {"media_type": "image/png"}, "is not image/png"),
        (b"\x00\x01\x02", {"media_type": "text/plain"}, "is not text/plain"),
        (PDF, {"kind": EvidenceKind.OBSERVATION}, "is no observation"),
        (PDF, {"kind": EvidenceKind.REVIEW}, "is no review"),
        (PDF, {"captured_at": NOW + HOUR}, "in the future"),
    ],
)
def test_what_is_not_accepted(case: Case, content: bytes, more: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as error:
        attach(case, content, **more)
    assert error.value.field and error.value.remedy
    assert not EvidenceItem.objects.exists()


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("image/jpeg", b"\xff\xd8\xff\xe0 photo"),
        ("image/png", b"\x89PNG\r\n\x1a\n photo"),
        ("image/webp", b"RIFF\x10\x00\x00\x00WEBPVP8 "),
        ("video/mp4", b"\x00\x00\x00\x18ftypmp42"),
        ("text/csv; charset=utf-8", "时间,数值\r\n08:00,1\t2\r\n".encode()),
        ("application/json", b'{"a": 1}'),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04 sheet"),
    ],
)
def test_usual_kinds_of_files_are_accepted(case: Case, media_type: str, content: bytes) -> None:
    assert attach(case, content, media_type=media_type).media_type == media_type.split(";", maxsplit=1)[0]


@pytest.mark.parametrize("name", ["../../etc/passwd.pdf", "C:\\temp\\passwd.pdf", "passwd.pdf"])
def test_only_the_name_of_an_uploaded_file_is_kept(case: Case, name: str) -> None:
    assert attach(case, file_name=name).file_name == "passwd.pdf"


def test_a_full_disk_is_reported_and_leaves_nothing(
    case: Case, monkeypatch: pytest.MonkeyPatch, evidence_folder: Path
) -> None:
    from qingtian.apps.evidence.storage import local
    from qingtian.domain.errors import Unavailable

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(local.os, "fsync", full)
    with pytest.raises(Unavailable, match="No space left"):
        attach(case)
    assert not EvidenceItem.objects.exists()
    assert list(evidence_folder.iterdir()) == []


def test_an_observation_is_frozen_with_its_raw_frame(case: Case, evidence_folder: Path) -> None:
    item = attach_observation(HANDLER, NOW, of_case(case.pk), hour(), raw_frame=FRAME)
    _, file = open_content(HANDLER, NOW, of_case(case.pk), item.pk)
    with file:
        content = file.read()
    frozen = json.loads(content)
    assert content == canonical_json(frozen)
    assert (frozen["value"], frozen["converted"], frozen["mark"], frozen["version"]) == ("118.20", "120.0", "N", 1)
    assert frozen["frame_hash"] == hashlib.sha256(FRAME).hexdigest()
    import base64

    assert base64.b64decode(frozen["raw_frame_base64"]) == FRAME
    assert (item.kind, item.record["param"], item.record["value"]) == ("observation", "a21002", "118.20")
    with pytest.raises(Conflict):
        attach_observation(HANDLER, NOW, of_case(case.pk), hour(), raw_frame=FRAME)
    corrected = attach_observation(
        HANDLER, NOW, of_case(case.pk), hour(version=2, value=Decimal("99")), raw_frame=FRAME
    )
    assert corrected.position == 1


def test_an_imported_observation_has_no_frame(case: Case) -> None:
    item = attach_observation(HANDLER, NOW, of_case(case.pk), hour(frame_hash="ab" * 32))
    assert item.record["frame_hash"] == "ab" * 32


def test_a_frame_that_is_not_the_one_of_the_row_is_refused(case: Case) -> None:
    with pytest.raises(InvalidInput, match="does not have the hash"):
        attach_observation(HANDLER, NOW, of_case(case.pk), hour(), raw_frame=FRAME + b" ")


@pytest.mark.parametrize("site", ["E-2-DA001", "nowhere"])
def test_an_observation_of_somebody_else_is_refused(case: Case, site: str) -> None:
    outlet("E-2")
    with pytest.raises(InvalidInput, match="nothing to do with"):
        attach_observation(HANDLER, NOW, of_case(case.pk), hour(site))


def test_a_named_person_reviews_what_a_colleague_added(case: Case) -> None:
    attach(case)
    review = review_evidence(INSPECTOR, NOW, of_case(case.pk), 0, result=ReviewResult.PASS, note="与现场一致")
    assert (review.kind, review.record["by"], review.record["of"], review.record["result"]) == (
        "review",
        "inspect",
        0,
        "pass",
    )
    assert verify_evidence(HANDLER, of_case(case.pk)).intact
    with pytest.raises(NotVisible, match="has no file"):
        open_content(HANDLER, NOW, of_case(case.pk), review.pk)
    with pytest.raises(NotVisible):
        review_evidence(INSPECTOR, NOW, of_case(case.pk), 7, result=ReviewResult.PASS)
    with pytest.raises(NotPermitted):
        review_evidence(HANDLER, NOW, of_case(case.pk), 0, result=ReviewResult.PASS)


def test_nobody_reviews_his_own_item(case: Case) -> None:
    attach_file(
        INSPECTOR, NOW, of_case(case.pk), PDF, kind=EvidenceKind.PHOTO, media_type="application/pdf", file_name="x.pdf"
    )
    with pytest.raises(Conflict, match="nobody reviews"):
        review_evidence(INSPECTOR, NOW, of_case(case.pk), 0, result=ReviewResult.PASS)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE evidence_evidenceitem SET title = 'x'",
        "DELETE FROM evidence_evidenceitem",
        "TRUNCATE evidence_evidenceitem CASCADE",
    ],
)
def test_the_database_refuses_to_change_evidence_even_to_its_superuser(case: Case, statement: str) -> None:
    attach(case)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute(statement)
    assert verify_evidence(HANDLER, of_case(case.pk)).intact


@pytest.mark.parametrize(
    ("statement", "first", "reasons"),
    [
        (
            'UPDATE evidence_evidenceitem SET record = record || \'{"title": "x"}\' WHERE position = 1',
            1,
            ["", "record_changed", "after_break"],
        ),
        ("UPDATE evidence_evidenceitem SET prev_hash = repeat('0', 64) WHERE position = 2", 2, ["", "", "link_broken"]),
        ("UPDATE evidence_evidenceitem SET title = 'harmless' WHERE position = 0", 0, ["row_changed", "", ""]),
        ("UPDATE evidence_evidenceitem SET sha256 = repeat('b', 64) WHERE position = 0", 0, ["row_changed", "", ""]),
        ("DELETE FROM evidence_evidenceitem WHERE position = 1", 2, ["", "link_broken"]),
    ],
)
def test_tampering_past_the_triggers_is_named(case: Case, statement: str, first: int, reasons: list[str]) -> None:
    for number in range(3):
        attach(case, PDF + bytes([number]))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE evidence_evidenceitem DISABLE TRIGGER evidence_evidenceitem_append_only")
        cursor.execute(statement)
    report = verify_evidence(HANDLER, of_case(case.pk))
    assert (report.intact, report.first_break) == (False, first)
    assert [item.reason for item in report.items] == reasons


def test_a_changed_or_missing_file_is_found(case: Case, evidence_folder: Path) -> None:
    first, second, third = (attach(case, PDF + bytes([number])) for number in range(3))
    broken = evidence_folder / first.sha256[:2] / first.sha256
    broken.chmod(0o600)
    broken.write_bytes(PDF + b"forged")
    (evidence_folder / second.sha256[:2] / second.sha256).unlink()
    report = verify_evidence(HANDLER, of_case(case.pk))
    assert [item.reason for item in report.items] == ["file_changed", "file_missing", ""]
    assert report.items[0].found == hashlib.sha256(PDF + b"forged").hexdigest()
    with pytest.raises(Conflict, match="file_changed"):
        open_content(HANDLER, NOW, of_case(case.pk), first.pk)
    with open_content(HANDLER, NOW, of_case(case.pk), third.pk)[1] as file:
        assert file.read() == PDF + bytes([2])


def test_evidence_is_seen_by_those_who_see_the_case(case: Case) -> None:
    item = attach(case)
    opened_item, file = open_content(actor(Role.ENTERPRISE_USER, org="E-1"), NOW, of_case(case.pk), item.pk)
    file.close()
    assert opened_item == item
    for stranger in (actor(Role.ENTERPRISE_USER, org="E-2"), actor(Role.HANDLER, region="420106"), actor(Role.CITIZEN)):
        with pytest.raises(NotVisible):
            open_content(stranger, NOW, of_case(case.pk), item.pk)
        with pytest.raises(NotVisible):
            verify_evidence(stranger, of_case(case.pk))
        with pytest.raises(NotVisible):
            attach_file(
                stranger,
                NOW,
                of_case(case.pk),
                PDF,
                kind=EvidenceKind.PHOTO,
                media_type="application/pdf",
                file_name="x",
            )


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.LEGAL_REVIEWER, Role.DATA_STEWARD])
def test_roles_without_the_right_attach_nothing(case: Case, role: Role, evidence_folder: Path) -> None:
    with pytest.raises(NotPermitted):
        attach_file(
            actor(role),
            NOW,
            of_case(case.pk),
            PDF,
            kind=EvidenceKind.PHOTO,
            media_type="application/pdf",
            file_name="x",
        )
    assert not evidence_folder.exists()


def test_a_closed_case_takes_no_more_evidence(case: Case) -> None:
    case.closed_at = NOW
    case.save()
    with pytest.raises(Conflict, match="is closed"):
        attach(case)


def test_the_longest_file_name_is_cut(case: Case) -> None:
    assert len(attach(case, file_name="长" * 300 + ".pdf").file_name) == 200


def test_simulated_cases_label_their_evidence(case: Case) -> None:
    item = attach(case)
    assert item.simulated and item.record["simulated"] is True
    assert DISPATCHER.username != item.added_by
    assert item.added_at - timedelta(0) == NOW
