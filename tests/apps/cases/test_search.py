"""Searching cases: each criterion, the order of each view, and counts that are the lengths of the lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.apps.attempts import kept
from tests.apps.cases.walking import DISPATCHER, PLAN, opened, walk, written_off
from tests.apps.city import NOW, account, actor, found, outlet

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.assign_case import assign_case
from qingtian.apps.cases.actions.link_duplicate import link_duplicate
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import View, listed
from qingtian.apps.cases.search import (
    Criteria,
    counts,
    is_due_soon,
    is_overdue,
    open_by_enterprise,
    open_by_region,
    search,
)
from qingtian.domain.errors import InvalidInput

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=60)


@pytest.fixture(scope="module")
def desk(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Case]]:
    with kept(django_db_blocker):
        yield _desk()


def _desk() -> dict[str, Case]:
    """Cases in every urgency: new, planned, to verify, watched, relapsed, its relapse, and a duplicate."""
    account("approve", Role.APPROVER)
    account("li", Role.HANDLER, region="420107")
    one, two, three, four = outlet("E-1"), outlet("E-2", "420106"), outlet("E-3"), outlet("E-4")
    rows = {"new": opened(one), "planned": opened(two, severity=4)}
    rows["to_verify"] = walk(opened(one, parameter="a34013", at=NOW + timedelta(hours=1)), "applied")
    rows["watched"] = written_off(opened(three))
    rows["relapsed"] = written_off(opened(four))
    back = NOW + timedelta(days=20)
    rows["relapse"] = open_case(DISPATCHER, back, found(four, at=back).pk)
    rows["duplicate"] = open_case(DISPATCHER, NOW, found(one, parameter="a21026").pk)
    link_duplicate(DISPATCHER, NOW, rows["duplicate"].pk, of_id=rows["new"].pk)
    move_case(DISPATCHER, NOW, rows["planned"].pk, "planned", fields={**PLAN, "due_date": "2026-01-20"})
    assign_case(DISPATCHER, NOW, rows["new"].pk, "li")
    return {name: Case.objects.get(pk=row.pk) for name, row in rows.items()}


def names(desk: dict[str, Case], rows: QuerySet[Case]) -> list[str]:
    by_key = {case.pk: name for name, case in desk.items()}
    return [by_key[case.pk] for case in rows]


EVERY = {"new", "planned", "to_verify", "watched", "relapsed", "relapse", "duplicate"}


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (Criteria(), EVERY),
        (Criteria(states=("listed",)), {"new", "relapse", "duplicate"}),
        (Criteria(states=("planned", "watching")), {"planned", "watched"}),
        (Criteria(template="T1"), EVERY),
        (Criteria(template="T2"), set()),
        (Criteria(severity=4), {"planned"}),
        (Criteria(severity=3), {"relapse"}),
        (Criteria(region_code="420106"), {"planned"}),
        (Criteria(region_code="420100"), EVERY),
        (Criteria(object_code="E-3-DA001"), {"watched"}),
        (Criteria(enterprise_code="E-4"), {"relapsed", "relapse"}),
        (Criteria(open=True), EVERY - {"relapsed", "duplicate"}),
        (Criteria(open=False), {"relapsed", "duplicate"}),
        (Criteria(rebound=True), {"relapse"}),
        (Criteria(rebound=False), EVERY - {"relapse"}),
        (Criteria(text="e-2"), {"planned"}),
        (Criteria(text=" a21026 "), {"duplicate"}),
        (Criteria(text="C-2025-000002"), {"planned"}),
        (Criteria(text="%"), set()),
        (Criteria(view=View.TO_VERIFY), {"to_verify"}),
        (Criteria(view=View.TO_VERIFY, text="E-2"), set()),
        (Criteria(view=View.OVERDUE), {"to_verify", "planned"}),
        (Criteria(view=View.OVERDUE, severity=4), {"planned"}),
        (Criteria(view=View.DUE_SOON), set()),
    ],
)
def test_each_criterion_finds_what_it_says(desk: dict[str, Case], criteria: Criteria, expected: set[str]) -> None:
    assert set(names(desk, search(SYSTEM_ACTOR, criteria, LATER))) == expected


def test_each_view_has_its_order(desk: dict[str, Case]) -> None:
    assert names(desk, listed(SYSTEM_ACTOR, View.OVERDUE, LATER)) == ["to_verify", "planned"]
    opened_at = [case.opened_at for case in listed(SYSTEM_ACTOR, View.ALL, LATER)]
    assert opened_at == sorted(opened_at, reverse=True)
    assert names(desk, listed(actor(Role.HANDLER, name="li"), View.MINE, LATER)) == ["new"]
    mine = listed(actor(Role.ENTERPRISE_USER, org="E-1"), View.MINE, LATER)
    assert names(desk, mine) == ["to_verify", "new"]  # the nearest end first; the duplicate is no work


def test_an_unknown_view_is_refused(desk: dict[str, Case]) -> None:
    with pytest.raises(InvalidInput) as error:
        listed(SYSTEM_ACTOR, "endless", NOW)  # type: ignore[arg-type]
    assert error.value.field == "view" and "mine" in str(error.value.remedy)


@pytest.mark.parametrize("day", [0, 30, 36, 37, 38, 60, 400])
def test_counts_are_the_lengths_of_the_lists_and_agree_with_each_row(desk: dict[str, Case], day: int) -> None:
    at = NOW + timedelta(days=day)
    counted = counts(SYSTEM_ACTOR, at)
    lengths = {view: listed(SYSTEM_ACTOR, view, at).count() for view in View}
    assert counted.overdue == lengths[View.OVERDUE]
    assert counted.due_soon == lengths[View.DUE_SOON]
    assert counted.to_verify == lengths[View.TO_VERIFY] == 1
    assert (counted.open, counted.closed, counted.watching, counted.rebounds) == (5, 2, 1, 1)
    rows = list(Case.objects.all())
    assert sum(is_overdue(case, at) for case in rows) == counted.overdue
    assert sum(is_due_soon(case, at) for case in rows) == counted.due_soon


def test_a_case_is_due_soon_for_seven_days_and_then_overdue(desk: dict[str, Case]) -> None:
    case = desk["planned"]
    assert case.due_at is not None

    def urgency(at: datetime) -> tuple[bool, bool]:
        return is_due_soon(case, at), is_overdue(case, at)

    second = timedelta(seconds=1)
    assert urgency(case.due_at - timedelta(days=7)) == (False, False)
    assert urgency(case.due_at - timedelta(days=7) + second) == (True, False)
    assert urgency(case.due_at) == (True, False)
    assert urgency(case.due_at + second) == (False, True)


def test_open_cases_are_counted_by_enterprise_and_district(desk: dict[str, Case]) -> None:
    assert open_by_enterprise(SYSTEM_ACTOR) == {"E-1": 2, "E-2": 1, "E-3": 1, "E-4": 1}
    assert open_by_region(SYSTEM_ACTOR) == {"420107": 4, "420106": 1}
    assert open_by_enterprise(actor(Role.ENTERPRISE_USER, org="E-1")) == {"E-1": 2}


CHOSEN = st.fixed_dictionaries(
    {},
    optional={
        "states": st.lists(st.sampled_from(["listed", "planned", "watching", "rebounded"]), min_size=1).map(tuple),
        "severity": st.integers(1, 4),
        "region_code": st.sampled_from(["420000", "420106", "420107"]),
        "enterprise_code": st.sampled_from(["E-1", "E-2", "E-4"]),
        "open": st.booleans(),
        "rebound": st.booleans(),
    },
)


@settings(max_examples=60)
@given(chosen=CHOSEN)
def test_criteria_together_are_an_and(desk: dict[str, Case], chosen: dict[str, Any]) -> None:
    alone = [set(names(desk, search(SYSTEM_ACTOR, Criteria(**{key: value}), NOW))) for key, value in chosen.items()]
    assert set(names(desk, search(SYSTEM_ACTOR, Criteria(**chosen), NOW))) == EVERY.intersection(*alone)
