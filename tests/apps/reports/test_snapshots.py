"""What a report holds: true counts, a source and a coverage beside every number, nothing that was not known yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.apps.city import actor, found
from tests.apps.reports import town
from tests.apps.reports.town import AFTER, CITY, DURING

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.models import CasePrivate
from qingtian.apps.journal.models import Event
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.reports.actions.make_report import make_report
from qingtian.apps.reports.composing import fingerprint
from qingtian.apps.reports.models import Report
from qingtian.domain.errors import InvalidInput, NotPermitted, NotVisible

pytestmark = pytest.mark.django_db


@pytest.fixture
def stack(db: None) -> RegistryObject:
    """The month."""
    return town.november()


def monthly(at: Any = AFTER, **more: Any) -> Report:
    return make_report(SYSTEM_ACTOR, at, "monthly", day=date(2025, 11, 30), **more)


def chapter(report: Report, code: str) -> dict[str, Any]:
    return next(one for one in report.snapshot["sections"] if one["code"] == code)


def figures(report: Report) -> dict[str, dict[str, Any]]:
    blocks = [block for one in report.snapshot["sections"] for block in one["blocks"]]
    return {row["code"]: row for block in blocks if block["type"] == "figures" for row in block["rows"]}


def block(report: Report, code: str) -> dict[str, Any]:
    return next(
        block
        for one in report.snapshot["sections"]
        for block in one["blocks"]
        if block.get("code") == code and block["type"] != "text"
    )


def blocks(value: Any) -> Iterator[dict[str, Any]]:
    for one in value["sections"]:
        yield from one["blocks"]


def test_days_of_air_are_counted_with_what_is_missing(stack: RegistryObject) -> None:
    found_ = figures(monthly())
    assert found_["air_good_days"]["value"] == "18"  # 40..94 by twos: 75 and less are within
    assert found_["air_good_days"]["coverage"] == "28/30"
    assert found_["air_good_share"]["value"] == "64.3"
    assert found_["air_pm25"]["value"] == "67"  # the mean of 40, 42, ... 94
    assert found_["air_pm10"]["value"] is None  # nobody measured it: no nought
    assert found_["air_pm10"]["coverage"] == "0/30"


def test_a_day_of_too_few_data_and_one_that_nobody_judged_stay_in_the_table_as_such(stack: RegistryObject) -> None:
    rows = block(monthly(), "air_days")["rows"]
    assert len(rows) == 30
    assert rows[28][2]["zh"] == "数据不足"
    assert rows[29][2]["zh"] == "未评价"
    assert rows[0][:3] == ["2025-11-01", "65", {"zh": "良", "en": "good"}]


def test_hours_of_outlets_are_counted_by_verdict(stack: RegistryObject) -> None:
    report = monthly()
    assert [
        figures(report)[f"emissions_{one}"]["value"] for one in ("hours", "hours_exceeding", "share_exceeding")
    ] == [
        "10",
        "3",
        "30.0",
    ]
    assert figures(report)["emissions_hours"]["coverage"] == "10/11"
    assert block(report, "emissions_hours_exceeding")["rows"][0][2] == "3"


def test_every_number_says_whence_it_is_and_of_how_much(stack: RegistryObject) -> None:
    town.one_case(stack)
    counted = 0
    for one in blocks(monthly().snapshot):
        for shown in one["rows"] if one["type"] == "figures" else [one] if one["type"] in ("table", "chart") else []:
            assert shown["source"]["zh"], shown
            assert shown["source"]["en"], shown
            assert "/" in shown["coverage"], shown
            counted += 1
    assert counted > 30


def test_what_became_known_after_the_snapshot_is_not_in_it(stack: RegistryObject) -> None:
    late = Judgement.objects.get(question="air_day", object__code=CITY, period_start__date="2025-11-03")
    town.air_day(late.object, date(2025, 11, 30), "60", computed=AFTER + timedelta(hours=1))
    assert figures(monthly())["air_good_days"]["coverage"] == "28/30"
    assert figures(monthly(AFTER + timedelta(hours=2)))["air_good_days"]["coverage"] == "29/30"


def test_the_answer_before_a_later_correction_counts_at_its_time(stack: RegistryObject) -> None:
    first = Judgement.objects.get(question="air_day", object__code=CITY, index=65)
    kept = {one.attname: getattr(first, one.attname) for one in first._meta.concrete_fields}
    newer = Judgement(**kept | {"id": first.pk + 10_000, "version": 2, "index": 300})
    newer.computed_at = AFTER + timedelta(hours=1)
    Judgement.objects.filter(pk=first.pk).update(superseded_by_id=newer.pk)  # the key is checked at the end
    newer.save(force_insert=True)
    assert block(monthly(), "air_days")["rows"][0][1] == "65"
    assert block(monthly(AFTER + timedelta(hours=2)), "air_days")["rows"][0][1] == "300"


def test_the_same_data_at_the_same_time_give_the_same_hash(stack: RegistryObject) -> None:
    one, other = monthly(), monthly()
    assert one.snapshot_hash == other.snapshot_hash == fingerprint(one.snapshot)
    town.air_day(RegistryObject.objects.get(code=CITY), date(2025, 11, 30), "60")
    assert monthly().snapshot_hash != one.snapshot_hash


def test_a_period_that_goes_on_says_so_and_counts_only_what_has_begun(stack: RegistryObject) -> None:
    report = monthly(DURING)
    assert not report.complete
    assert "尚未结束" in chapter(report, "summary")["blocks"][0]["text"]["zh"]
    assert figures(report)["air_good_days"]["coverage"] == "19/19"
    assert len(block(report, "air_days")["rows"]) == 20


def test_a_period_without_anything_says_why_instead_of_noughts(db: None) -> None:
    town.city()
    report = make_report(SYSTEM_ACTOR, AFTER, "weekly", day=date(2025, 11, 26))
    kinds = {one["code"]: one["blocks"][0]["type"] for one in report.snapshot["sections"]}
    assert {kinds[code] for code in ("air", "emissions", "findings", "cases", "obligations")} == {"none"}


def test_findings_and_cases_are_told_with_their_numbers(stack: RegistryObject) -> None:
    case = town.one_case(stack)
    report = monthly()
    assert figures(report)["findings_raised"]["value"] == "1"
    assert figures(report)["cases_opened"]["value"] == "1"
    assert block(report, "cases_list")["rows"][0][0] == case.number
    assert block(report, "findings_by_region")["rows"][0][0]["zh"] == "青山区"


def test_a_report_on_a_case_holds_clocks_steps_and_findings_but_no_complainant(stack: RegistryObject) -> None:
    case = town.one_case(stack)
    CasePrivate.objects.create(case=case, values={"complainant": "王建国 13812345678"})
    case.title = "举报人 13812345678 称冒烟"
    case.save()
    report = make_report(town.duty(), AFTER, "case", case=case.number)
    codes = [one["code"] for one in report.snapshot["sections"]]
    assert codes == ["case_facts", "case_clocks", "case_findings", "case_steps", "case_evidence", "sources"]
    assert block(report, "case_clocks")["rows"]
    assert block(report, "case_steps")["rows"][0][1]["zh"] == "立案"
    text = str(report.snapshot)
    assert "13812345678" not in text
    assert "王建国" not in text
    assert "138****5678" in text


def test_a_report_on_an_enterprise_tells_of_it_alone(stack: RegistryObject) -> None:
    other = town.outlet("E-2")
    found(other, at=DURING)
    town.one_case(stack)
    report = make_report(town.duty(), AFTER, "enterprise", enterprise="E-1")
    assert figures(report)["emissions_outlets"]["value"] == "1"
    assert figures(report)["findings_raised"]["value"] == "1"
    assert block(report, "enterprise_limits")["rows"][0][3] == "100"
    assert "E-2" not in str(report.snapshot)


def test_simulated_rows_make_a_simulated_report(stack: RegistryObject) -> None:
    assert not make_report(SYSTEM_ACTOR, AFTER, "daily", day=date(2025, 11, 2)).simulated
    town.air_day(RegistryObject.objects.get(code=CITY), date(2025, 11, 30), "60", simulated=True)
    assert make_report(SYSTEM_ACTOR, AFTER, "daily", day=date(2025, 11, 30)).simulated


@pytest.mark.parametrize(
    ("kind", "more", "field"),
    [
        ("yearly", {}, "kind"),
        ("monthly", {}, "day"),
        ("monthly", {"day": date(2026, 1, 1)}, "day"),
        ("case", {}, "case"),
        ("enterprise", {}, "enterprise"),
    ],
)
def test_what_a_report_needs_is_asked_for(db: None, kind: str, more: dict[str, Any], field: str) -> None:
    town.city()
    with pytest.raises(InvalidInput) as refused:
        make_report(town.duty(), AFTER, kind, **more)
    assert refused.value.field == field


def test_who_may_not_make_one_is_refused_and_nothing_is_kept(stack: RegistryObject) -> None:
    for who in (actor(Role.AUDITOR, region=CITY), actor(Role.DISPATCHER, region="420107"), actor(Role.CITIZEN)):
        with pytest.raises(NotPermitted):
            make_report(who, AFTER, "daily", day=date(2025, 11, 2))
    with pytest.raises(NotVisible):
        make_report(town.duty(), AFTER, "case", case="C-2025-999999")
    assert not Report.objects.exists()


def test_making_is_in_the_journal_with_the_hash(stack: RegistryObject) -> None:
    report = monthly()
    event = Event.objects.filter(type="report.made").get()
    assert event.payload["sha256"] == report.snapshot_hash
    assert event.payload["number"] == report.number


def test_a_month_costs_a_bounded_number_of_queries(stack: RegistryObject) -> None:
    monthly()
    with CaptureQueriesContext(
        connection,
    ) as few:
        monthly()
    for number in range(5):
        found(town.outlet(f"E-{number + 10}"), at=DURING)
    with CaptureQueriesContext(connection) as many:
        monthly()
    assert len(many) <= len(few) + 6  # chapters that were empty before
    assert len(many) < 90
