"""Written records, redactions and the custody log."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.apps.cases.walking import HANDLER, INSPECTOR, opened
from tests.apps.city import HOUR, NOW, actor, found, outlet
from tests.apps.evidence.test_evidence import PDF, attach

from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.actions.attach_record import attach_record
from qingtian.apps.evidence.actions.redact_evidence import redact_evidence
from qingtian.apps.evidence.custody import custody_break, custody_of, log_of
from qingtian.apps.evidence.models import CustodyEntry, EvidenceKind
from qingtian.apps.evidence.package import write_package
from qingtian.apps.evidence.queries import items_of, kinds_of, open_content, verify_evidence
from qingtian.apps.evidence.subjects import SubjectKind, of_case, of_finding, of_occurrence, resolver_of
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
from qingtian.apps.findings.states import DismissReason
from qingtian.apps.journal.queries import history
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible
from qingtian.domain.evidence import canonical_json, checked_record
from qingtian.packs.evidence import record_fields, record_forms
from qingtian.verifier import check_bytes

pytestmark = pytest.mark.django_db
ENTERPRISE = actor(Role.ENTERPRISE_USER, org="E-1", name="env-manager")
AUDITOR = actor(Role.AUDITOR, region="420100", name="audit")
RECEIPT = {
    "what": "自动监测数据告知书",
    "to": "青山热电",
    "at": "2025-11-24T09:30:00+08:00",
    "way": "platform",
    "look_up": "企业端查询并在3日内陈述申辩",
}
SAMPLE = {
    "site": "E-1-DA001",
    "param": "a21002",
    "value": "80.0",
    "unit": "mg/m3",
    "start": "2025-11-24T09:10:00+08:00",
    "end": "2025-11-24T09:40:00+08:00",
    "method": "HJ 57-2017",
    "taken_by": "陈岩",
    "laboratory": "市监测中心",
}


@pytest.fixture
def case(stack: RegistryObject) -> Case:
    return opened(stack)


def test_a_record_is_canonical_json_under_its_hash_with_its_fields_in_the_chain(case: Case) -> None:
    item = attach_record(HANDLER, NOW, of_case(case.pk), kind=EvidenceKind.RECEIPT, content=RECEIPT)
    with open_content(HANDLER, NOW, of_case(case.pk), item.pk)[1] as file:
        stored = file.read()
    assert hashlib.sha256(stored).hexdigest() == item.sha256
    document = json.loads(stored)
    assert stored == canonical_json(document)
    assert document["content"] == item.record["content"] == RECEIPT
    assert (document["kind"], document["case"], item.title) == ("receipt", case.number, "receipt 自动监测数据告知书")
    assert [event.type for event in history("case", case.pk)][-1] == "case.evidence_added"


def test_numbers_of_a_record_stay_as_they_were_written(case: Case) -> None:
    item = attach_record(INSPECTOR, NOW, of_case(case.pk), kind=EvidenceKind.SAMPLE, content=SAMPLE)
    assert item.record["content"]["value"] == "80.0"


@pytest.mark.parametrize(
    ("kind", "content", "field"),
    [
        (EvidenceKind.RECEIPT, RECEIPT | {"more": "x"}, "more"),
        (EvidenceKind.RECEIPT, {key: value for key, value in RECEIPT.items() if key != "to"}, "to"),
        (EvidenceKind.RECEIPT, RECEIPT | {"to": "  "}, "to"),
        (EvidenceKind.RECEIPT, RECEIPT | {"way": "pigeon"}, "way"),
        (EvidenceKind.RECEIPT, RECEIPT | {"at": "2025-11-24T09:30:00"}, "at"),
        (EvidenceKind.RECEIPT, RECEIPT | {"at": "yesterday"}, "at"),
        (EvidenceKind.RECEIPT, RECEIPT | {"of": 7}, "of"),
        (EvidenceKind.RECEIPT, RECEIPT | {"of": -1}, "of"),
        (EvidenceKind.RECEIPT, RECEIPT | {"of": True}, "of"),
        (EvidenceKind.RECEIPT, RECEIPT | {"what": "x" * 4001}, "what"),
        (EvidenceKind.RECEIPT, RECEIPT | {"what": 3}, "what"),
        (EvidenceKind.SAMPLE, SAMPLE | {"value": "a lot"}, "value"),
        (EvidenceKind.SAMPLE, SAMPLE | {"value": "NaN"}, "value"),
        (
            EvidenceKind.VIDEO,
            {"camera": "c", "start": SAMPLE["start"], "clock_offset_s": "1", "sha256": "ab"},
            "sha256",
        ),
        (EvidenceKind.CALIBRATION, {"instrument": "x", "done_on": "2025-13-01"}, "done_on"),
        (EvidenceKind.OBSERVATION, {}, "kind"),
        (EvidenceKind.REVIEW, {}, "kind"),
    ],
)
def test_what_a_record_must_not_say(case: Case, kind: EvidenceKind, content: dict[str, Any], field: str) -> None:
    attach(case)
    with pytest.raises(InvalidInput) as error:
        attach_record(INSPECTOR, NOW, of_case(case.pk), kind=kind, content=content)
    assert error.value.field == field and error.value.remedy
    assert items_of(INSPECTOR, of_case(case.pk)).count() == 1


def test_the_same_record_twice_is_refused(case: Case) -> None:
    attach_record(INSPECTOR, NOW, of_case(case.pk), kind=EvidenceKind.SAMPLE, content=SAMPLE)
    with pytest.raises(Conflict, match="already"):
        attach_record(INSPECTOR, NOW, of_case(case.pk), kind=EvidenceKind.SAMPLE, content=SAMPLE)


@pytest.mark.parametrize("kind", [EvidenceKind.SAMPLE, EvidenceKind.RECEIPT, EvidenceKind.SITE_RECORD])
def test_an_enterprise_writes_nothing_that_only_the_bureau_states(case: Case, kind: EvidenceKind) -> None:
    content = {EvidenceKind.SAMPLE: SAMPLE, EvidenceKind.RECEIPT: RECEIPT}.get(
        kind, {"text": "x", "by": "y", "on": "2025-11-24"}
    )
    with pytest.raises(NotPermitted):
        attach_record(ENTERPRISE, NOW, of_case(case.pk), kind=kind, content=content)
    said = attach_record(
        ENTERPRISE, NOW, of_case(case.pk), kind=EvidenceKind.STATEMENT, content={"text": "已检修", "by": "厂长"}
    )
    assert said.added_by == "env-manager"


def test_every_kind_of_record_has_words_in_both_languages() -> None:
    forms = record_forms(NOW.date())
    assert set(forms) <= set(EvidenceKind)
    for fields in forms.values():
        assert any(one.required for one in fields) or fields[0].kind == "equipment"
        assert all(one.label_zh and one.label_en for one in fields)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["text", "by", "on", "other"]),
        st.one_of(st.none(), st.text(max_size=20), st.integers(), st.booleans(), st.lists(st.text(max_size=3))),
    )
)
def test_whatever_is_sent_is_checked_or_refused_by_field(content: dict[str, Any]) -> None:
    fields = record_fields("statement", NOW.date())
    try:
        checked = checked_record(fields, content)
    except InvalidInput as error:
        assert error.field in {"text", "by", "on", "other"} and error.remedy
    else:
        assert checked["text"] and checked["by"] and set(checked) <= {"text", "by", "on"}


# Findings and other subjects


def test_a_finding_holds_evidence_of_its_own_until_it_is_judged(stack: RegistryObject) -> None:
    finding = found(stack)
    subject = of_finding(finding.pk)
    said = attach_record(
        ENTERPRISE, NOW, subject, kind=EvidenceKind.STATEMENT, content={"text": "校准中", "by": "环保专员"}
    )
    attach_file(
        ENTERPRISE, NOW, subject, PDF, kind=EvidenceKind.DOCUMENT, media_type="application/pdf", file_name="a.pdf"
    )
    assert said.record["finding"] == finding.number and kinds_of(subject) == ["document", "statement"]
    assert [one.type for one in history("finding", finding.pk)][-2:] == ["finding.evidence_added"] * 2
    assert verify_evidence(ENTERPRISE, subject).intact
    target = io.BytesIO()
    assert write_package(INSPECTOR, NOW, subject, target).items == 2
    assert check_bytes(target.getvalue()).problems == []
    dismiss_finding(INSPECTOR, NOW, finding.pk, reason=DismissReason.FALSE_ALARM)
    with pytest.raises(Conflict, match="dismissed"):
        attach_record(ENTERPRISE, NOW, subject, kind=EvidenceKind.STATEMENT, content={"text": "x", "by": "y"})


def test_evidence_of_a_finding_is_hidden_with_it(stack: RegistryObject) -> None:
    outlet("E-2")
    finding = found(stack)
    subject = of_finding(finding.pk)
    attach_record(ENTERPRISE, NOW, subject, kind=EvidenceKind.STATEMENT, content={"text": "x", "by": "y"})
    stranger = actor(Role.ENTERPRISE_USER, org="E-2")
    assert not items_of(stranger, subject).exists()
    for ask in (verify_evidence, custody_of):
        with pytest.raises(NotVisible):
            ask(stranger, subject)
    with pytest.raises(NotVisible):
        attach_record(stranger, NOW, subject, kind=EvidenceKind.STATEMENT, content={"text": "x", "by": "y"})


def test_a_case_and_a_finding_of_one_number_have_chains_of_their_own(case: Case, stack: RegistryObject) -> None:
    finding = found(stack, parameter="a21026")
    attach(case)
    item = attach_record(
        INSPECTOR, NOW, of_finding(finding.pk), kind=EvidenceKind.STATEMENT, content={"text": "x", "by": "y"}
    )
    assert item.position == 0


def test_who_answers_for_an_unknown_kind_is_told() -> None:
    with pytest.raises(InvalidInput, match="holds evidence"):
        resolver_of("letter")
    assert resolver_of(SubjectKind.CASE).topic == "cases"
    assert of_occurrence(3).kind == "occurrence"


# Redaction


def redacted(case: Case, position: int = 0, content: bytes = PDF + b" [redacted]", **more: Any) -> Any:
    given: dict[str, Any] = {"media_type": "application/pdf", "file_name": "r.pdf", "reason": "举报人姓名"}
    return redact_evidence(INSPECTOR, NOW, of_case(case.pk), position, content, **(given | more))


def test_a_redaction_is_a_new_item_that_names_its_original(case: Case) -> None:
    original = attach(case)
    item = redacted(case)
    assert (item.position, item.redaction_of, item.kind) == (1, original, original.kind)
    assert (item.record["redaction_of"], item.record["redaction_of_hash"]) == (0, original.hash)
    assert item.record["reason"] == "举报人姓名"
    assert verify_evidence(HANDLER, of_case(case.pk)).intact


def test_after_a_redaction_only_few_open_the_original(case: Case) -> None:
    original = attach(case)
    copy = redacted(case)
    with pytest.raises(NotPermitted, match="was redacted") as error:
        open_content(ENTERPRISE, NOW, of_case(case.pk), original.pk)
    assert error.value.remedy == "open item 1 instead"
    open_content(ENTERPRISE, NOW, of_case(case.pk), copy.pk)[1].close()
    for who in (INSPECTOR, AUDITOR, HANDLER):  # HANDLER added it
        open_content(who, NOW, of_case(case.pk), original.pk)[1].close()


@pytest.mark.parametrize(
    ("who", "originals", "held"),
    [(ENTERPRISE, True, False), (INSPECTOR, True, True), (INSPECTOR, False, False), (AUDITOR, True, True)],
)
def test_the_package_for_the_party_holds_the_redaction_alone(case: Case, who: Any, originals: bool, held: bool) -> None:
    attach(case)
    redacted(case)
    target = io.BytesIO()
    written = write_package(who, NOW, of_case(case.pk), target, originals=originals)
    report = check_bytes(target.getvalue())
    assert (written.withheld, report.problems) == (0 if held else 1, [])
    held_files = [name for name in zipfile.ZipFile(target).namelist() if name.startswith("files/")]
    assert (len(held_files) == 2) is held
    assert any("withheld" in note for note in report.notes) is not held


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"reason": " "}, InvalidInput),
        ({"position": 5}, NotVisible),
        ({"content": PDF}, Conflict),
        ({"content": b"<html>", "media_type": "text/html"}, InvalidInput),
    ],
)
def test_what_is_no_redaction(case: Case, more: dict[str, Any], error: type[Exception]) -> None:
    attach(case)
    with pytest.raises(error):
        redacted(case, **more)
    assert items_of(INSPECTOR, of_case(case.pk)).count() == 1


def test_a_redaction_is_not_redacted_again(case: Case) -> None:
    attach(case)
    redacted(case)
    with pytest.raises(Conflict, match="redaction already"):
        redacted(case, 1, PDF + b"less")
    with pytest.raises(NotPermitted):
        redact_evidence(
            HANDLER, NOW, of_case(case.pk), 0, PDF + b"x", media_type="application/pdf", file_name="x", reason="x"
        )


# Custody


def test_who_saw_and_exported_evidence_is_written_down_as_a_chain(case: Case) -> None:
    item = attach(case)
    open_content(ENTERPRISE, NOW, of_case(case.pk), item.pk)[1].close()
    target = io.BytesIO()
    written = write_package(INSPECTOR, NOW + HOUR, of_case(case.pk), target)
    assert written.sha256 == hashlib.sha256(target.getvalue()).hexdigest()
    viewed, exported = custody_of(AUDITOR, of_case(case.pk))
    assert (viewed.act, viewed.actor, viewed.role, viewed.item) == ("viewed", "env-manager", "enterprise_user", item)
    assert (exported.act, exported.detail["package_sha256"]) == ("exported", written.sha256)
    assert exported.prev_hash == viewed.hash
    assert custody_break(of_case(case.pk)) is None
    with pytest.raises(NotPermitted):
        custody_of(ENTERPRISE, of_case(case.pk))


def test_a_refused_view_is_no_view(case: Case) -> None:
    item = attach(case)
    with pytest.raises(NotVisible):
        open_content(actor(Role.ENTERPRISE_USER, org="E-2"), NOW, of_case(case.pk), item.pk)
    assert not log_of(of_case(case.pk)).exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE evidence_custodyentry SET actor = 'nobody' WHERE seq = 2",
        "DELETE FROM evidence_custodyentry WHERE seq = 2",
    ],
)
def test_a_changed_custody_log_is_found_and_leaves_no_package(case: Case, statement: str) -> None:
    item = attach(case)
    for number in range(3):
        open_content(HANDLER, NOW + number * HOUR, of_case(case.pk), item.pk)[1].close()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE evidence_custodyentry DISABLE TRIGGER evidence_custodyentry_append_only")
        cursor.execute(statement)
    report = verify_evidence(HANDLER, of_case(case.pk))
    assert (report.intact, report.first_break, report.custody_break) == (False, None, 2)
    with pytest.raises(Conflict, match="the custody log"):
        write_package(HANDLER, NOW, of_case(case.pk), io.BytesIO())
    assert CustodyEntry.objects.filter(act="exported").count() == 0
