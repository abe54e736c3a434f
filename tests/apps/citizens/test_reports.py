"""A report of the public becomes a case with a code, its photos lose what tells of their maker, its reporter stays private."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.apps.cases.many_ways import consistent
from tests.apps.citizens.scene import DISTRICT, SECRET, photo, reported, said, town, visit
from tests.apps.city import NOW, actor

from qingtian.apps.accounts.actor import PUBLIC_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.file_case import CaseDraft, file_case
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.read_private import read_private
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import timeline
from qingtian.apps.citizens.actions.report_problem import LARGEST_PHOTO, LETTERS, Photo, report_problem
from qingtian.apps.citizens.following import report_by, shown_photos, told
from qingtian.apps.citizens.models import PublicReport
from qingtian.apps.evidence.content_store import content_store
from qingtian.apps.evidence.models import EvidenceItem
from qingtian.domain.errors import InvalidInput, NotPermitted, NotVisible, QingtianError

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _town(db: None) -> None:
    town()


def test_a_report_is_a_complaint_with_its_clock_and_a_code_that_is_kept_nowhere() -> None:
    taken = reported(name="王小明", phone="13800000000")
    case = taken.case

    assert (case.template, case.state, case.region_code, case.opened_by) == ("T2", "registered", DISTRICT, "public")
    assert case.title == "恶臭：建设二路某厂东门"
    assert case.fields["channel"] == "web"
    assert case.fields["received_on"] == NOW.date().isoformat()
    assert [clock.code for clock in case.clocks.all()] == ["tell"]
    assert len(taken.code) == 10
    assert set(taken.code) <= set(LETTERS)
    kept = str(list(PublicReport.objects.values())) + str(case.fields) + str([one.payload for one in timeline(case)])
    assert taken.code not in kept
    consistent(case)


def test_who_reports_is_read_only_by_those_who_need_it_and_each_reading_is_kept() -> None:
    case = reported(name="王小明", phone="13800000000", address="某路1号").case

    everywhere = str(case.fields) + case.title + str([one.payload for one in timeline(case)])
    assert not [word for word in ("王小明", "13800000000", "某路1号") if word in everywhere]
    assert case.fields["anonymous"] is False
    read = read_private(actor(Role.WINDOW), NOW, case.pk)
    assert read["complainant_phone"] == "13800000000"
    with pytest.raises(NotPermitted):
        read_private(actor(Role.INSPECTOR), NOW, case.pk)
    assert "case.private_read" in [one.type for one in timeline(case)]


def test_without_a_contact_the_report_is_anonymous() -> None:
    assert reported().case.fields["anonymous"] is True


def test_the_reported_enterprise_never_sees_it() -> None:
    case = reported().case
    owner = actor(Role.ENTERPRISE_USER, org="E-1")
    assert not Case.objects.visible_to(owner).filter(pk=case.pk).exists()
    assert not Case.objects.visible_to(PUBLIC_ACTOR).exists()


def test_a_photo_is_kept_as_sent_and_shown_without_metadata() -> None:
    case = reported(photos=(photo(), photo("blue"))).case

    items = list(EvidenceItem.objects.filter(subject_id=case.pk).order_by("position"))
    assert [one.redaction_of_id for one in items] == [None, items[0].pk, None, items[2].pk]
    for position, item in enumerate(items):
        with content_store().open(item.sha256) as file:
            assert (SECRET.encode() in file.read()) is (position % 2 == 0)
    assert [one.pk for one in shown_photos(case)] == [items[1].pk, items[3].pk]


def test_a_photo_without_metadata_is_kept_once() -> None:
    plain = photo()
    cleaned = Photo("image/png", _png())
    case = reported(photos=(cleaned,)).case
    assert [one.redaction_of_id for one in EvidenceItem.objects.filter(subject_id=case.pk)] == [None]
    assert len(shown_photos(case)) == 1
    assert plain.content != cleaned.content


def _png() -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("problem", {"problem": "  "}),
        ("problem", {"problem": "x" * 2001}),
        ("place", {"place": " "}),
        ("phone", {"phone": "call me"}),
        ("phone", {"phone": "<script>"}),
        ("name", {"name": "x" * 81}),
        ("category", {"category": "everything"}),
        ("region_code", {"region_code": "999999"}),
        ("region", {"region_code": ""}),
        ("lon", {"lat": None}),
        ("lat", {"lat": 91.0}),
        ("photo", {"photos": (Photo("image/jpeg", b"\xff\xd8\xff broken"),)}),
        ("photo", {"photos": (Photo("image/svg+xml", b"<svg/>"),)}),
        ("photo", {"photos": (Photo("image/png", b"x" * (LARGEST_PHOTO + 1)),)}),
        ("photo", {"photos": (photo(),) * 4}),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_filed(field: str, more: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as refused:
        reported(**more)
    assert refused.value.field == field
    assert refused.value.remedy
    assert not Case.objects.exists()
    assert not PublicReport.objects.exists()


def test_only_its_code_opens_a_report_and_spelling_is_forgiven() -> None:
    taken = reported()
    number, code = taken.case.number, taken.code
    for spelled in (code, code.lower(), f" {code[:5]}-{code[5:]} "):
        assert report_by(visit(), f" {number.lower()} ", spelled).case_id == taken.case.pk
    other = reported(visit(address="198.51.100.9"))
    for wrong in ("", "x", code[:-1], other.code):
        with pytest.raises(NotVisible):
            report_by(visit(), number, wrong)


def test_a_number_that_does_not_exist_is_answered_like_a_wrong_code() -> None:
    number = reported().case.number
    answers = set()
    for tried in (number, "C-1999-000001", "", "x' OR 1=1"):
        with pytest.raises(NotVisible) as refused:
            report_by(visit(), tried, "AAAAAAAAAA")
        answers.add((refused.value.message, refused.value.field, refused.value.remedy))
    assert len(answers) == 1


def test_a_case_of_the_window_has_no_code() -> None:
    fields = {"channel": "phone", "category": "odour", "problem": "x"}
    case = file_case(actor(Role.WINDOW), NOW, CaseDraft(template="T2", title="x", region_code=DISTRICT, fields=fields))
    with pytest.raises(NotVisible):
        report_by(visit(), case.number, "")


def test_the_reporter_is_told_the_way_without_names_or_reasons_of_officers() -> None:
    taken = reported(name="王小明", problem="夜间异味")
    move_case(actor(Role.WINDOW, name="fang-yuan"), NOW, taken.case.pk, "not_accept", fields={"ground": "不属职权范围"})

    shown = told(PublicReport.objects.get(), NOW)

    assert (shown.state_zh, shown.settled, shown.ground) == ("不予受理", True, "不属职权范围")
    assert [step.label_zh for step in shown.steps] == ["不予受理"]
    assert "fang-yuan" not in str(shown)
    assert not shown.rate.possible and not shown.again.possible


def test_the_public_opens_no_case_by_the_right_of_officers() -> None:
    fields = {"channel": "web", "category": "odour", "problem": "x"}
    draft = CaseDraft(template="T2", title="x", region_code=DISTRICT, fields=fields)
    with pytest.raises(NotPermitted):
        file_case(PUBLIC_ACTOR, NOW, draft)


def test_every_role_but_the_citizens_is_told_to_use_the_desk() -> None:
    came = visit()
    for role in Role:
        try:
            report_problem(actor(role), came, said(), shown_at=came.real_at - timedelta(hours=1))
        except QingtianError as error:
            assert isinstance(error, NotPermitted), role
            assert role is not Role.CITIZEN
        else:
            assert role is Role.CITIZEN
