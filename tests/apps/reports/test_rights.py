"""Every role in every scope tries the verbs of reports for real."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from tests.apps.attempts import DONE, NOT_PERMITTED, NOT_VISIBLE, inside, outcome, people
from tests.apps.reports import town
from tests.apps.reports.town import AFTER

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor
from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.accounts.roles import Role
from qingtian.apps.reports.actions.edit_text import edit_text
from qingtian.apps.reports.actions.issue_report import Printed, issue_report, withdraw_report
from qingtian.apps.reports.actions.keep_template import upload_template
from qingtian.apps.reports.actions.make_report import make_report
from qingtian.apps.reports.models import Report
from qingtian.apps.reports.states import Language, ReportFormat

pytestmark = pytest.mark.django_db
UNOFFICIAL = (Role.CITIZEN, Role.ENTERPRISE_USER)
Job = Callable[[Actor], object]


def tried(job: Job) -> dict[tuple[str, str], str]:
    return {(role, scope): outcome(lambda w=who: job(w)) for role, scope, who in people()}


@pytest.fixture
def month(db: None) -> Report:
    """A draft about the whole city."""
    town.november()
    return make_report(SYSTEM_ACTOR, AFTER, "monthly", day=date(2025, 11, 1))


def test_a_report_of_the_city_is_made_by_a_role_that_holds_the_city(month: Report) -> None:
    allowed = TABLE[Verb.MAKE_REPORT]
    expected = {
        (role, scope): DONE if Role(role) in allowed and scope == "everywhere" else NOT_PERMITTED
        for role, scope, _ in people()
    }
    assert tried(lambda w: make_report(w, AFTER, "daily", day=date(2025, 11, 2))) == expected


def test_a_report_on_an_enterprise_is_made_where_the_role_holds(month: Report) -> None:
    def told(role: str, scope: str) -> str:
        if not inside(role, scope):
            return NOT_VISIBLE
        return DONE if Role(role) in TABLE[Verb.MAKE_REPORT] and scope != "its_enterprise" else NOT_PERMITTED

    made = tried(lambda w: make_report(w, AFTER, "enterprise", enterprise="E-1"))
    officials = [(role, scope) for role, scope, _ in people() if Role(role) not in UNOFFICIAL]
    assert {one: made[one] for one in officials} == {one: told(*one) for one in officials}
    assert {made[role, scope] for role, scope, _ in people() if Role(role) in UNOFFICIAL} <= {
        NOT_VISIBLE,
        NOT_PERMITTED,
    }


@pytest.mark.parametrize(
    ("verb", "job"),
    [
        (Verb.MAKE_REPORT, lambda n, w: edit_text(w, AFTER, n, "summary", "x", language=Language.ZH, version=0)),
        (
            Verb.ISSUE_REPORT,
            lambda n, w: issue_report(w, AFTER, n, "1", {ReportFormat.PDF: Printed(b"x", 1)}, printed_with="x"),
        ),
        (Verb.ISSUE_REPORT, lambda n, w: withdraw_report(w, AFTER, n, "x")),
    ],
)
def test_a_verb_on_a_report_needs_the_sight_of_it_and_then_the_right(
    month: Report, verb: Verb, job: Callable[[str, Actor], object]
) -> None:
    def told(role: str, scope: str) -> str:
        if scope != "everywhere" or Role(role) in UNOFFICIAL:
            return NOT_VISIBLE
        return DONE if Role(role) in TABLE[verb] else NOT_PERMITTED

    expected = {(role, scope): told(role, scope) for role, scope, _ in people()}
    assert tried(lambda w: job(month.number, w)) == expected


def test_templates_are_kept_by_who_keeps_data_in_the_city(month: Report) -> None:
    fits = {"unknown": [], "unused": []}
    expected = {
        (role, scope): DONE if role == Role.DATA_STEWARD and scope == "everywhere" else NOT_PERMITTED
        for role, scope, _ in people()
    }
    assert tried(lambda w: upload_template(w, AFTER, "monthly", b"x", "x.docx", fits)) == expected
