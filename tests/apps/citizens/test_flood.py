"""Floods are held off by counting and patience; nobody's words are lost, and the officer is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.apps.citizens.scene import PLACE, READ, REAL, photo, reported, said, town, visit
from tests.apps.city import NOW

from qingtian.apps.accounts.actor import PUBLIC_ACTOR
from qingtian.apps.cases.models import Case
from qingtian.apps.citizens import drafts
from qingtian.apps.citizens.actions.report_problem import report_problem
from qingtian.apps.citizens.actions.support_report import support_report
from qingtian.apps.citizens.flood import (
    TooMany,
    TooSoon,
    check_patience,
    keep_refused,
    patience_s,
    place_key,
    sender_mark,
)
from qingtian.apps.citizens.following import report_by
from qingtian.apps.citizens.models import DraftPhoto, PublicReport, Refused, RefusedVisit, ReportDraft
from qingtian.apps.citizens.similar import near
from qingtian.domain.errors import Conflict, InvalidInput, NotVisible
from qingtian.runtime.settings import get_settings

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _town(db: None) -> None:
    town()


def test_an_address_is_never_kept_only_a_mark_that_needs_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    mark = sender_mark("203.0.113.7")
    assert "203" not in mark
    assert mark != sender_mark("203.0.113.8")
    monkeypatch.setattr(get_settings(), "secret_key", "another secret of another deployment, long enough")
    assert sender_mark("203.0.113.7") != mark


def test_one_household_is_one_sender_on_ipv6_too() -> None:
    assert sender_mark("2001:db8:1:2::1") == sender_mark("2001:db8:1:2:ffff::9")
    assert sender_mark("2001:db8:1:2::1") != sender_mark("2001:db8:1:3::1")
    assert sender_mark("unknown") == sender_mark("unknown")


def test_patience_grows_with_each_report_of_an_address_and_is_told_in_seconds() -> None:
    waits = [patience_s(visit())]
    for number in range(1, 6):
        reported(visit(after=number * SECOND))
        waits.append(patience_s(visit(after=6 * SECOND)))
    assert waits[0] == 3
    assert waits == sorted(waits)
    assert waits[-1] == 120
    assert patience_s(visit(address="198.51.100.1")) == 3
    assert patience_s(visit(after=timedelta(hours=2))) == 3

    with pytest.raises(TooSoon) as refused:
        check_patience(visit(after=30 * SECOND), shown_at=REAL + 10 * SECOND)
    assert refused.value.params["wait_s"] == 101
    check_patience(visit(after=130 * SECOND), shown_at=REAL + 10 * SECOND)


def test_what_is_sent_too_soon_stores_nothing() -> None:
    came = visit()
    with pytest.raises(TooSoon):
        report_problem(PUBLIC_ACTOR, came, said(photos=(photo(),)), shown_at=came.real_at - SECOND)
    assert not Case.objects.exists()


def test_an_address_sends_so_many_in_an_hour_and_may_go_on_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_settings(), "citizen_reports_per_address_hour", 3)
    for _ in range(3):
        reported()
    with pytest.raises(TooMany) as refused:
        reported(visit(after=timedelta(minutes=59)))
    assert refused.value.params["limit"] == "address"
    assert "12345" in str(refused.value.remedy)
    reported(visit(after=timedelta(minutes=59), address="198.51.100.1"))
    reported(visit(after=timedelta(minutes=61)))
    assert Case.objects.count() == 5


def test_many_addresses_about_one_place_are_held_off_there_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_settings(), "citizen_reports_per_place_hour", 4)
    for number in range(4):
        reported(visit(address=f"198.51.100.{number}"))
    with pytest.raises(TooMany) as refused:
        reported(visit(address="198.51.100.99"), lon=PLACE[0] + 0.001)
    assert refused.value.params["limit"] == "place"
    reported(visit(address="198.51.100.99"), lon=PLACE[0] + 0.05)


def test_a_place_is_a_cell_of_a_kilometre_or_the_district() -> None:
    assert place_key("420107", 114.431, 30.632) == place_key("420107", 114.439, 30.639)
    assert place_key("420107", 114.431, 30.632) != place_key("420107", 114.441, 30.632)
    assert place_key("420107", None, None) == "420107"


def test_the_officer_is_told_what_was_strange_about_a_report() -> None:
    for _ in range(3):
        reported()
    keep_refused(visit(), Refused.TRAP)
    marked = reported(visit(after=SECOND)).case.fields["intake_marks"]
    assert len(marked) == 2
    assert "第4件" in marked[0]
    assert "1 refused" in marked[1]
    assert "intake_marks" not in reported(visit(address="198.51.100.1")).case.fields


def test_refused_visits_of_one_address_fill_no_table() -> None:
    for number in range(130):
        keep_refused(visit(after=number * SECOND), Refused.ADDRESS)
    assert RefusedVisit.objects.count() == 100
    keep_refused(visit(address="198.51.100.1"), Refused.ADDRESS)
    keep_refused(visit(after=3700 * SECOND), Refused.ADDRESS)
    assert RefusedVisit.objects.count() == 102


def test_codes_cannot_be_guessed_one_after_another() -> None:
    taken = reported()
    for number in range(10):
        with pytest.raises(NotVisible):
            report_by(visit(after=number * SECOND), taken.case.number, f"WRONG{number}")
    with pytest.raises(TooMany):
        report_by(visit(after=11 * SECOND), taken.case.number, taken.code)
    with pytest.raises(TooMany):  # from elsewhere the number is shut too
        report_by(visit(address="198.51.100.1"), taken.case.number, taken.code)
    assert report_by(visit(after=timedelta(hours=2)), taken.case.number, taken.code).case_id == taken.case.pk
    assert RefusedVisit.objects.filter(why=Refused.CODE).count() == 10


def test_a_voice_is_counted_once_and_reaches_the_case() -> None:
    case = reported().case
    for number in range(3):
        support_report(PUBLIC_ACTOR, visit(address=f"198.51.100.{number}"), case.pk, words="我家也闻到")
    with pytest.raises(Conflict):
        support_report(PUBLIC_ACTOR, visit(address="198.51.100.1"), case.pk)
    case.refresh_from_db()
    assert case.fields["supporters"] == "3"
    with pytest.raises(InvalidInput):
        support_report(PUBLIC_ACTOR, visit(address="198.51.100.9"), case.pk, words="x" * 501)
    with pytest.raises(NotVisible):
        support_report(PUBLIC_ACTOR, visit(address="198.51.100.9"), case.pk + 99)


def test_near_reports_are_told_without_words_people_or_the_very_point() -> None:
    case = reported(name="王小明", phone="13800000000").case
    here = near(NOW, region_code="420107", lon=PLACE[0] + 0.002, lat=PLACE[1])
    assert [(one.case_id, one.category_zh, one.state_zh, one.distance_m) for one in here] == [
        (case.pk, "恶臭", "已登记", 500)
    ]
    assert not [word for word in ("刺鼻", "王小明", "138", "建设二路", "114.43") if word in str(here)]
    assert near(NOW, region_code="420107", lon=PLACE[0] + 0.03, lat=PLACE[1]) == []
    assert [one.distance_m for one in near(NOW, region_code="420107")] == [None]
    assert near(NOW, region_code="420106") == []
    assert near(NOW + timedelta(days=31), region_code="420107") == []


def test_moving_the_asking_point_does_not_find_out_where_a_reporter_lives() -> None:
    # All points of one cell of 500 m give the same answers to every question.
    reported(lon=114.4301, lat=30.6301)
    first = [near(NOW, region_code="420107", lon=114.43 + step / 1000, lat=30.63) for step in range(-8, 8)]
    Case.objects.update(lon=114.4349, lat=30.6349)
    second = [near(NOW, region_code="420107", lon=114.43 + step / 1000, lat=30.63) for step in range(-8, 8)]
    assert first == second


def test_a_draft_keeps_words_and_photos_for_two_hours_and_then_forgets_them() -> None:
    draft, key = drafts.begin(visit())
    drafts.keep(draft, place="建设二路")
    drafts.keep(draft, category="odour")
    drafts.add_photo(draft, photo())
    drafts.add_photo(draft, photo())
    assert len(drafts.photos(draft)) == 1
    found = drafts.opened(key, REAL + timedelta(hours=1))
    assert found is not None
    assert found.form == {"place": "建设二路", "category": "odour"}
    assert key not in str(ReportDraft.objects.values())
    assert drafts.opened(key + "x", REAL) is None
    assert drafts.opened("", REAL) is None
    assert drafts.opened(key, REAL + timedelta(hours=3)) is None
    drafts.begin(visit(after=timedelta(hours=3)))
    assert ReportDraft.objects.count() == 1
    assert not DraftPhoto.objects.exists()


def test_drafts_hold_three_photos_and_an_address_twenty_drafts() -> None:
    draft, _ = drafts.begin(visit())
    for colour in ("red", "green", "blue"):
        drafts.add_photo(draft, photo(colour))
    with pytest.raises(InvalidInput) as refused:
        drafts.add_photo(draft, photo("white"))
    assert refused.value.field == "photo"
    for _ in range(19):
        drafts.begin(visit())
    with pytest.raises(TooMany):
        drafts.begin(visit())
    assert PublicReport.objects.count() == 0
    assert READ.total_seconds() > 0
