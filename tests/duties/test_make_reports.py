"""Reports by the calendar: each period once, when late data are in, and who issues is told."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.apps.reports import town
from tests.duties.memory_store import MemoryStore

from qingtian.apps.accounts.actions.create_user import UserDraft, create_user
from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Grant
from qingtian.apps.accounts.roles import Role
from qingtian.apps.notices.models import Notice, Receipt
from qingtian.apps.reports.actions.issue_report import withdraw_report
from qingtian.apps.reports.models import Report
from qingtian.apps.reports.schedule import next_report
from qingtian.duties.duty import DutyContext
from qingtian.duties.make_reports import make_reports
from qingtian.packs.reports import report_kinds

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(month: int, day: int, hour: int) -> datetime:
    return datetime(2025, month, day, hour, 0, tzinfo=SHANGHAI)


def run(now: datetime) -> list[str]:
    return make_reports(DutyContext(now, now - timedelta(hours=1), MemoryStore())).notes


def made() -> set[tuple[str, date]]:
    return set(Report.objects.values_list("kind", "first"))


def test_a_day_waits_until_late_data_are_in_and_is_made_once(db: None) -> None:
    town.november()
    run(at(11, 29, 5))
    assert ("daily", date(2025, 11, 28)) not in made()
    run(at(11, 29, 6))
    run(at(11, 29, 7))
    run(at(11, 29, 23))
    assert Report.objects.filter(kind="daily", first=date(2025, 11, 28)).count() == 1
    assert Report.objects.get(kind="daily").complete


def test_weeks_and_months_come_after_their_end(db: None) -> None:
    town.november()
    run(at(12, 1, 7))
    assert ("weekly", date(2025, 11, 24)) not in made()
    run(at(12, 1, 8))
    assert ("weekly", date(2025, 11, 24)) in made()
    run(at(12, 2, 7))
    assert ("monthly", date(2025, 11, 1)) not in made()
    run(at(12, 2, 8))
    assert ("monthly", date(2025, 11, 1)) in made()


def test_a_city_that_knows_nothing_gets_no_empty_reports(db: None) -> None:
    town.city()
    notes = run(at(12, 2, 12))
    assert made() == set()
    assert len(notes) == 3
    assert all("nothing is known" in one for one in notes)


def test_who_issues_is_told_where_the_report_is(db: None) -> None:
    town.november()
    draft = UserDraft("chief", (Grant(Role.SUPERVISOR, town.CITY, ""),), simulated=True)
    chief = create_user(SYSTEM_ACTOR, at(11, 1, 8), draft)
    run(at(12, 2, 8))
    month = Report.objects.get(kind="monthly")
    notice = Notice.objects.get(subject_number=month.number)
    assert (notice.kind, notice.link) == ("report_ready", f"/desk/reports/{month.number}")
    assert month.title_zh in notice.title_zh
    assert Receipt.objects.filter(notice=notice, user=chief).exists()


def test_a_report_that_was_taken_back_is_made_anew_and_a_half_one_does_not_count(db: None) -> None:
    town.november()
    run(at(12, 2, 8))
    first = Report.objects.get(kind="monthly")
    withdraw_report(town.boss(), at(12, 2, 9), first.number, "数据有误")
    run(at(12, 2, 10))
    assert Report.objects.filter(kind="monthly").count() == 2
    Report.objects.filter(kind="monthly").update(complete=False)
    run(at(12, 2, 11))
    assert Report.objects.filter(kind="monthly").count() == 3


def test_the_next_one_is_told_with_its_time(db: None) -> None:
    town.november()
    month = report_kinds()["monthly"]
    told = next_report(month, at(12, 2, 7), town.CITY)
    assert told is not None
    assert (told[0].first, told[1]) == (date(2025, 11, 1), at(12, 2, 8))
    run(at(12, 2, 8))
    told = next_report(month, at(12, 2, 9), town.CITY)
    assert told is not None
    assert (told[0].first, told[1]) == (date(2025, 12, 1), at(1, 2, 8).replace(year=2026))
    assert next_report(report_kinds()["case"], at(12, 2, 9), town.CITY) is None
