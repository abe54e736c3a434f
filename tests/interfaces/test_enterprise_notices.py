"""Who is told of what passes between an enterprise and the bureau: each thing once, and to nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.duties.memory_store import MemoryStore
from tests.interfaces import city

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.cases.actions.file_case import CaseDraft, file_case
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.findings.actions.answer_finding import answer_finding
from qingtian.apps.findings.actions.ask_enterprise import ask_enterprise, refuse_answer
from qingtian.apps.notices.models import Notice, Receipt
from qingtian.apps.obligations.actions.plan_occurrences import plan_occurrences
from qingtian.apps.obligations.actions.sync_obligations import sync_obligations
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.registry.actions.register_many import register_many
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.models import ObjectType
from qingtian.duties.duty import DutyContext, DutyReport
from qingtian.duties.tell_enterprises import SOON, tell_enterprises
from qingtian.runtime.clock import SHANGHAI

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def told(kind: str) -> dict[str, list[str]]:
    """Who got each notice of a kind, by its address."""
    found: dict[str, list[str]] = {}
    for row in Receipt.objects.filter(notice__kind=kind).order_by("id").select_related("notice", "user"):
        found.setdefault(row.notice.link, []).append(row.user.username)
    return found


def run(minutes: int = 1, before: DutyReport | None = None) -> DutyReport:
    """The duty so many minutes after the present of the town."""
    at = city.NOW + minutes * MINUTE
    state: dict[str, Any] = dict(before.state or {}) if before else {"day": at.date().isoformat()}
    return tell_enterprises(DutyContext(at, at - MINUTE, MemoryStore(), state))


def test_a_question_reaches_the_enterprise_and_nobody_else_and_once(town: city.Town) -> None:
    row = city.finding(town)
    ask_enterprise(town.actor("duty"), city.NOW, row.pk, question="为何超标")
    first = run()
    run(2, first)
    run(2)  # a run whose state was lost tells nothing twice

    assert told("finding_asked") == {f"/enterprise/findings/{row.pk}": ["plant"]}
    notice = Notice.objects.get(kind="finding_asked")
    row.refresh_from_db()
    assert row.answer_due_at is not None
    assert f"{row.answer_due_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" in notice.title_en
    assert notice.severity == row.severity


def test_the_answer_reaches_who_asked_and_a_refusal_the_enterprise_again(town: city.Town) -> None:
    row = city.finding(town)
    ask_enterprise(town.actor("duty"), city.NOW, row.pk, question="为何超标")
    first = run()
    answer_finding(town.actor("plant"), city.NOW + MINUTE, row.pk, answer="已检修")
    second = run(2, first)
    assert told("finding_answered") == {f"/desk/alarms/{row.pk}": ["duty"]}

    refuse_answer(town.actor("duty"), city.NOW + 3 * MINUTE, row.pk, reason="请附检修单")
    run(4, second)
    assert Notice.objects.filter(kind="finding_asked").count() == 2
    assert "重新答复" in Notice.objects.filter(kind="finding_asked").latest("id").title_zh


def test_what_was_answered_before_the_duty_ran_is_not_asked_any_more(town: city.Town) -> None:
    row = city.finding(town)
    ask_enterprise(town.actor("duty"), city.NOW, row.pk, question="为何超标")
    answer_finding(town.actor("plant"), city.NOW, row.pk, answer="已检修")
    run()

    assert told("finding_asked") == {}
    assert told("finding_answered") == {f"/desk/alarms/{row.pk}": ["duty"]}


def test_a_request_for_service_reaches_the_bureau_and_its_course_the_enterprise(town: city.Town) -> None:
    fields = {"project": "扩建", "need": "环评"}
    draft = CaseDraft(template="T7", title="扩建", object=("enterprise", "E-1"), fields=fields)
    case = file_case(town.actor("plant"), city.NOW, draft)
    first = run()
    [(link, people)] = told("question_asked").items()
    assert link == f"/desk/cases/{case.pk}"
    assert people
    assert "plant" not in people

    move_case(town.actor("duty"), city.NOW + MINUTE, case.pk, "assign", fields={"commissioner": "supervisor"})
    run(2, first)
    assert told("question_answered") == {f"/enterprise/cases/{case.pk}": ["plant"]}
    assert "帮扶中" in Notice.objects.get(kind="question_answered").title_zh


def test_a_case_is_told_when_its_step_is_the_enterprise_s(town: city.Town) -> None:
    fields = {"problem": "运维记录缺失", "found_on": "2025-11-20"}
    draft = CaseDraft(template="T9", title="在线设备运维不规范", object=("enterprise", "E-1"), fields=fields)
    case = file_case(town.actor("inspector"), city.NOW, draft)
    first = run()
    assert told("task_assigned") == {}

    step = {"measures": ["补记录"], "due_date": "2025-12-24"}
    move_case(town.actor("inspector"), city.NOW + MINUTE, case.pk, "verify", fields=_form(case, step), reason="属实")
    run(2, first)
    assert told("task_assigned") == {f"/enterprise/cases/{case.pk}": ["plant"]}


def _form(case: Any, given: dict[str, Any]) -> dict[str, Any]:
    from qingtian.apps.cases.queries import template_of

    step = next(one for one in template_of(case).steps_from(case.state) if one.code == "verify")
    fill = {one.name: "inspector" if one.type == "user" else "属实" for one in step.fields if one.required}
    return {name: value for name, value in (fill | given).items() if name in {one.name for one in step.fields}}


def test_duties_that_fall_due_are_told_once_a_day_and_as_one(town: city.Town) -> None:
    lines = [{"outlet": "O-1-01", "parameter": one, "frequency": "1/month"} for one in ("a21026", "a34013")]
    attributes = {"class": "key", "issued_on": "2021-01-01", "expires_on": "2027-01-01", "monitoring": lines}
    parent = (ObjectType.ENTERPRISE, "E-1")
    draft = ObjectDraft(ObjectType.PERMIT, "PWX-1", "许可证", "Permit", parent=parent, attributes=attributes)
    register_many(SYSTEM_ACTOR, city.NOW - 60 * DAY, [draft])
    sync_obligations(SYSTEM_ACTOR, city.NOW - 30 * DAY)
    plan_occurrences(SYSTEM_ACTOR, city.NOW - 30 * DAY, (city.NOW + 30 * DAY).date())
    last = min(Occurrence.objects.filter(template="SM", due_on__gt=city.NOW.date()).values_list("due_on", flat=True))
    due = int((last - SOON - city.NOW.date()) / MINUTE)
    first = tell_enterprises(DutyContext(city.NOW + due * MINUTE, city.NOW, MemoryStore(), {}))
    run(due + 1, first)

    [notice] = Notice.objects.filter(kind="occurrence_due")
    own = Occurrence.objects.filter(state="planned", object__enterprise_code="E-1")
    n = own.filter(due_on__lte=last, opens_on__lte=last - SOON).count()
    assert n >= 2
    assert notice.title_en.startswith(f"{n} duties")
    assert told("occurrence_due") == {"/enterprise/todo?kind=duty": ["plant"]}
    run(due + 24 * 60, first)
    assert Notice.objects.filter(kind="occurrence_due").count() == 2
