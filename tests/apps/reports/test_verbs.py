"""Texts as versions, an issue under a number, taking back, templates of the bureau; and who may."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from tests.apps.city import actor
from tests.apps.reports import town
from tests.apps.reports.town import AFTER, CITY, DURING, boss, duty

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.apps.reports.actions.edit_text import edit_text
from qingtian.apps.reports.actions.issue_report import Printed, issue_report, withdraw_report
from qingtian.apps.reports.actions.keep_template import retire_template, upload_template
from qingtian.apps.reports.actions.make_report import make_report
from qingtian.apps.reports.models import Report, ReportFile, ReportText
from qingtian.apps.reports.queries import issued_file, reports, template_in_use, templates, texts_of, visible_report
from qingtian.apps.reports.states import Language, ReportFormat, ReportState
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible

pytestmark = pytest.mark.django_db
FILES = {ReportFormat.PDF: Printed(b"%PDF", 11), ReportFormat.DOCX: Printed(b"PK")}
LATER = AFTER + timedelta(hours=1)
STEWARD = actor(Role.DATA_STEWARD, region=CITY, name="steward")
FITS: dict[str, Any] = {"unknown": [], "unused": []}


@pytest.fixture
def report(db: None) -> Report:
    """A draft of a month that has ended."""
    town.november()
    return make_report(SYSTEM_ACTOR, AFTER, "monthly", day=date(2025, 11, 1))


def write(report: Report, text: str, version: int, **more: Any) -> ReportText:
    fields: dict[str, Any] = {"language": Language.ZH, "version": version} | more
    return edit_text(duty(), LATER, report.number, "summary", text, **fields)


def issue(report: Report, number: str = "武环报〔2025〕11号", who: Any = None) -> Report:
    return issue_report(who or boss(), LATER, report.number, number, FILES, printed_with="test 1")


def test_a_paragraph_written_anew_is_a_version_and_the_snapshot_stays(report: Report) -> None:
    write(report, "第一稿", 0)
    write(report, "第二稿", 1)
    assert texts_of(report)["summary", "zh"].text == "第二稿"
    assert [one.text for one in report.texts.order_by("version")] == ["第一稿", "第二稿"]
    assert visible_report(duty(), report.number).snapshot_hash == report.snapshot_hash
    assert Event.objects.filter(type="report.text_written").count() == 2


def test_two_people_who_write_at_once_do_not_overwrite_each_other(report: Report) -> None:
    write(report, "甲", 0)
    with pytest.raises(Conflict) as refused:
        write(report, "乙", 0)
    assert refused.value.field == "version"
    assert texts_of(report)["summary", "zh"].text == "甲"


@pytest.mark.parametrize("text", ["", "   ", "长" * 4001])
def test_an_empty_or_endless_paragraph_is_refused(report: Report, text: str) -> None:
    with pytest.raises(InvalidInput):
        write(report, text, 0)


def test_a_paragraph_that_there_is_not_is_refused_with_those_that_there_are(report: Report) -> None:
    with pytest.raises(InvalidInput, match="air_summary"):
        edit_text(duty(), LATER, report.number, "nothing", "x", language=Language.ZH, version=0)


def test_an_issue_keeps_files_hashes_and_number_and_closes_the_texts(report: Report) -> None:
    issue(report)
    after = visible_report(boss(), report.number)
    assert (after.state, after.issued_by, after.printed_with) == (ReportState.ISSUED, "boss", "test 1")
    kept = issued_file(after, ReportFormat.PDF)
    assert kept is not None
    assert (bytes(kept.content), kept.pages) == (b"%PDF", 11)
    event = Event.objects.get(type="report.issued")
    assert event.payload["files"]["pdf"] == kept.sha256
    assert event.payload["snapshot"] == after.snapshot_hash
    with pytest.raises(Conflict):
        write(report, "迟到的话", 0)
    with pytest.raises(Conflict):
        issue(report, "另号")


def test_a_number_is_given_once_and_free_again_after_a_report_was_taken_back(report: Report) -> None:
    other = make_report(SYSTEM_ACTOR, AFTER, "daily", day=date(2025, 11, 1))
    issue(report)
    with pytest.raises(Conflict) as refused:
        issue(other)
    assert refused.value.field == "issue_number"
    withdraw_report(boss(), LATER, report.number, "数据有误")
    assert issue(other).state == ReportState.ISSUED


def test_a_period_that_goes_on_cannot_be_issued(db: None) -> None:
    town.november()
    early = make_report(SYSTEM_ACTOR, DURING, "monthly", day=date(2025, 11, 1))
    with pytest.raises(Conflict, match="had not ended"):
        issue(early)


def test_an_issue_needs_a_number_that_fits(report: Report) -> None:
    for number in (" ", "字" * 61):
        with pytest.raises(InvalidInput) as refused:
            issue(report, number)
        assert refused.value.field == "issue_number"


def test_what_is_taken_back_needs_a_reason_and_stays_readable(report: Report) -> None:
    issue(report)
    with pytest.raises(InvalidInput):
        withdraw_report(boss(), LATER, report.number, " ")
    withdraw_report(boss(), LATER, report.number, "数据有误")
    after = visible_report(duty(), report.number)
    assert (after.state, after.withdraw_reason) == (ReportState.WITHDRAWN, "数据有误")
    assert issued_file(after, ReportFormat.DOCX) is not None
    with pytest.raises(Conflict):
        withdraw_report(boss(), LATER, report.number, "再来")


def test_who_writes_does_not_issue_and_who_issues_needs_the_city(report: Report) -> None:
    for who in (duty(), STEWARD, actor(Role.AUDITOR, region=CITY)):
        with pytest.raises(NotPermitted):
            issue(report, who=who)
    with pytest.raises(NotVisible):
        issue(report, who=actor(Role.SUPERVISOR, region="420107"))
    with pytest.raises(NotPermitted):
        edit_text(
            actor(Role.AUDITOR, region=CITY), LATER, report.number, "summary", "x", language=Language.ZH, version=0
        )


def test_who_sees_which_reports(report: Report) -> None:
    stack = town.RegistryObject.objects.get(code="E-1-DA001")
    case = town.one_case(stack)
    on_case = make_report(duty(), LATER, "case", case=case.number)
    on_firm = make_report(duty(), LATER, "enterprise", enterprise="E-1")
    everything = {report.number, on_case.number, on_firm.number}

    def seen(*roles: Role, region: str = "", org: str = "") -> set[str]:
        return {one.number for one in reports(actor(*roles, region=region, org=org))}

    assert seen(Role.AUDITOR, region=CITY) == everything
    assert seen(Role.DISPATCHER, region="420107") == {on_case.number, on_firm.number}
    assert seen(Role.DISPATCHER, region="420106") == set()
    assert seen(Role.HANDLER, region=CITY, org="E-1") == {on_case.number}  # its role reaches the case alone
    assert seen(Role.ENTERPRISE_USER, org="E-1") == set()
    assert seen(Role.CITIZEN) == set()


def test_snapshots_texts_and_files_cannot_be_changed_by_anybody(report: Report) -> None:
    write(report, "一", 0)
    issue(report)
    for sql in (
        "UPDATE reports_report SET snapshot = '{}'",
        "UPDATE reports_report SET snapshot_hash = ''",
        "DELETE FROM reports_report",
        "UPDATE reports_reporttext SET text = ''",
        "DELETE FROM reports_reportfile",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert ReportFile.objects.count() == 2


def test_a_template_is_a_version_that_later_drafts_use(report: Report) -> None:
    one = upload_template(STEWARD, LATER, "monthly", b"one", "月报.docx", FITS)
    two = upload_template(STEWARD, LATER, "monthly", b"two", "月报.docx", FITS)
    assert upload_template(STEWARD, LATER, "monthly", b"two", "again.docx", FITS) == two
    assert [one.version, two.version] == [1, 2]
    assert report.template is None
    assert make_report(SYSTEM_ACTOR, LATER, "monthly", day=date(2025, 11, 1)).template == two
    retire_template(STEWARD, LATER, "monthly", 2)
    assert template_in_use("monthly") == one
    with pytest.raises(Conflict):
        retire_template(STEWARD, LATER, "monthly", 2)


def test_a_template_with_unknown_tags_is_refused_with_tag_and_place(db: None) -> None:
    trial = {"unknown": [{"tag": "figures.nothing.value", "place": "第 3 段"}], "unused": []}
    with pytest.raises(InvalidInput, match=r"figures\.nothing\.value \(第 3 段\)"):
        upload_template(STEWARD, LATER, "monthly", b"x", "x.docx", trial)
    with pytest.raises(InvalidInput) as refused:
        upload_template(STEWARD, LATER, "yearly", b"x", "x.docx", FITS)
    assert refused.value.field == "kind"


def test_templates_belong_to_the_steward(db: None) -> None:
    for who in (duty(), boss(), actor(Role.CITIZEN)):
        with pytest.raises(NotPermitted):
            upload_template(who, LATER, "monthly", b"x", "x.docx", FITS)
    upload_template(STEWARD, LATER, "monthly", b"x", "x.docx", FITS)
    with pytest.raises(NotPermitted):
        retire_template(duty(), LATER, "monthly", 1)
    assert templates(duty()).count() == 1
    assert templates(actor(Role.CITIZEN)).count() == 0
