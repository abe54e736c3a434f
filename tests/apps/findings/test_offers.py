"""A page offers a verb exactly when the verb itself would be taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from tests.apps.attempts import DONE, kept, outcome
from tests.apps.city import NOW, actor, found, outlet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.findings.actions.answer_finding import answer_finding
from qingtian.apps.findings.actions.ask_enterprise import ask_enterprise, refuse_answer
from qingtian.apps.findings.actions.confirm_finding import confirm_finding
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
from qingtian.apps.findings.actions.merge_finding import merge_finding, undo_merge
from qingtian.apps.findings.actions.self_correct_finding import self_correct_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.offers import OFFERED, offers
from qingtian.apps.findings.states import Activity, Confirmation, DismissReason, Status

pytestmark = pytest.mark.django_db
SEEING = sorted(set(Role) - {Role.CITIZEN})
TAKEN: dict[Verb, Callable[[Actor, Finding, Finding], object]] = {
    Verb.CONFIRM_FINDING: lambda who, one, _: confirm_finding(who, NOW, one.pk),
    Verb.DISMISS_FINDING: lambda who, one, _: dismiss_finding(who, NOW, one.pk, reason=DismissReason.FALSE_ALARM),
    Verb.OPEN_CASE: lambda who, one, _: open_case(who, NOW, one.pk),
    Verb.MERGE_FINDING: lambda who, one, other: merge_finding(who, NOW, one.pk, into_id=other.pk),
    Verb.UNDO_MERGE: lambda who, one, _: undo_merge(who, NOW, one.pk, reason="x"),
    Verb.ASK_ENTERPRISE: lambda who, one, _: ask_enterprise(who, NOW, one.pk, question="x"),
    Verb.REFUSE_ANSWER: lambda who, one, _: refuse_answer(who, NOW, one.pk, reason="x"),
    Verb.ANSWER_FINDING: lambda who, one, _: answer_finding(who, NOW, one.pk, answer="已恢复"),
    Verb.SELF_CORRECT_FINDING: lambda who, one, _: self_correct_finding(who, NOW, one.pk),
}


@pytest.fixture(scope="module")
def pair(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Finding, Finding]]:
    with kept(django_db_blocker):
        stack = outlet()
        yield found(stack), found(stack, parameter="a21026")


def in_state(finding: Finding, status: Status, activity: Activity, *, answered: bool) -> Finding:
    rows = Finding.objects.filter(pk=finding.pk)
    state, answer = ("answered", "已恢复") if answered else ("asked", "")
    into = None if status is not Status.MERGED_INTO else Finding.objects.exclude(pk=finding.pk).first()
    rows.update(status=status, activity=activity, answer=answer, answer_state=state, merged_into=into)
    return rows.select_related("object").get()


def worker(role: Role) -> Actor:
    return actor(role, org="E-1" if role is Role.ENTERPRISE_USER else "")


def test_every_offered_verb_is_tried_here() -> None:
    assert set(TAKEN) == set(OFFERED)


@pytest.mark.parametrize("verb", OFFERED)
@pytest.mark.parametrize("status", list(Status))
def test_what_is_offered_can_be_taken_and_nothing_else(
    pair: tuple[Finding, Finding], status: Status, verb: Verb
) -> None:
    answering = verb in (Verb.SELF_CORRECT_FINDING, Verb.REFUSE_ANSWER)
    cells = product(Activity, (False, True), SEEING) if answering else None
    offered, taken = {}, {}
    for activity, answered, role in cells or product([Activity.ONGOING], [False], SEEING):
        finding = in_state(pair[0], status, activity, answered=answered)
        who, cell = worker(role), (activity.value, answered, role.value)
        (offer,) = [one for one in offers(who, finding) if one.verb is verb]
        offered[cell] = offer.allowed
        taken[cell] = outcome(lambda w=who, f=finding: TAKEN[verb](w, f, pair[1])) == DONE
        assert offer.allowed is (offer.reason == "")
    assert offered == taken


@pytest.mark.parametrize(
    ("status", "activity", "answered", "verb", "key"),
    [
        ("new", "ongoing", False, Verb.CONFIRM_FINDING, ""),
        ("new", "ongoing", False, Verb.SELF_CORRECT_FINDING, "answer"),
        ("new", "ongoing", True, Verb.SELF_CORRECT_FINDING, "activity"),
        ("new", "ended", True, Verb.SELF_CORRECT_FINDING, ""),
        ("dismissed", "ended", True, Verb.SELF_CORRECT_FINDING, "status"),
        ("cased", "ongoing", False, Verb.OPEN_CASE, "status"),
        ("new", "ongoing", False, Verb.REFUSE_ANSWER, "answer"),
        ("new", "ongoing", True, Verb.REFUSE_ANSWER, ""),
        ("new", "ongoing", False, Verb.ASK_ENTERPRISE, ""),
        ("cased", "ongoing", False, Verb.ASK_ENTERPRISE, "status"),
        ("new", "ongoing", False, Verb.UNDO_MERGE, "merged"),
        ("merged_into", "ongoing", False, Verb.UNDO_MERGE, ""),
        ("triaged", "ongoing", False, Verb.ANSWER_FINDING, "not_permitted"),
    ],
)
def test_an_offer_that_is_closed_says_why(
    pair: tuple[Finding, Finding], status: str, activity: str, answered: bool, verb: Verb, key: str
) -> None:
    finding = in_state(pair[0], Status(status), Activity(activity), answered=answered)
    (offer,) = [one for one in offers(actor(Role.INSPECTOR, Role.DISPATCHER), finding) if one.verb is verb]
    assert offer.key == key


def test_what_is_confirmed_names_who_confirmed_it(pair: tuple[Finding, Finding]) -> None:
    finding = in_state(pair[0], Status.TRIAGED, Activity.ONGOING, answered=False)
    finding.confirmation, finding.confirmed_by = Confirmation.CONFIRMED, "li"
    (offer,) = [one for one in offers(actor(Role.HANDLER), finding) if one.verb is Verb.CONFIRM_FINDING]
    assert (offer.key, offer.reason) == ("confirmed", "confirmed already by li")
