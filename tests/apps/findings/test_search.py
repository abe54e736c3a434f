"""Searching findings: each criterion alone, all of them together, and the numbers beside the lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.apps.attempts import kept
from tests.apps.city import HOUR, NOW, actor, found, outlet, register
from tests.apps.registry.test_registry import STATION

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.findings.actions.confirm_finding import confirm_finding
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import needs_attention
from qingtian.apps.findings.ranking import ranked
from qingtian.apps.findings.search import (
    Criteria,
    load_by_enterprise,
    load_by_object,
    load_by_region,
    ongoing_kinds_by_object,
    same_place,
    search,
    waiting,
)
from qingtian.apps.findings.states import Activity, Confirmation, DismissReason, Kind, Status

pytestmark = pytest.mark.django_db
INSPECTOR = actor(Role.INSPECTOR, name="inspect")


@pytest.fixture(scope="module")
def eight(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Finding]]:
    with kept(django_db_blocker):
        yield _eight()


def _eight() -> dict[str, Finding]:
    """Findings that differ in every criterion."""
    one, two = outlet("E-1", "420107"), outlet("E-2", "420106")
    (station,) = register(STATION)
    rows = {
        "plain": found(one),
        "severe": found(one, severity=4, parameter="a21026", at=NOW + HOUR),
        "frozen": found(one, kind=Kind.FROZEN_VALUE, rule_id="frozen", at=NOW - 5 * HOUR),
        "old": found(one, rule_id="old", at=NOW - timedelta(days=40)),
        "other": found(two, severity=3),
        "confirmed": found(two, rule_id="confirmed", severity=1),
        "dismissed": found(two, rule_id="dismissed", severity=1),
        "air": found(station, kind=Kind.AIR_POLLUTION, rule_id="air", parameter="", severity=3),
    }
    end_finding(SYSTEM_ACTOR, NOW, rows["frozen"].pk)
    confirm_finding(INSPECTOR, NOW, rows["confirmed"].pk)
    end_finding(SYSTEM_ACTOR, NOW, rows["confirmed"].pk)
    dismiss_finding(INSPECTOR, NOW, rows["dismissed"].pk, reason=DismissReason.FALSE_ALARM)
    return {name: Finding.objects.select_related("object").get(pk=row.pk) for name, row in rows.items()}


def names(eight: dict[str, Finding], rows: QuerySet[Finding]) -> set[str]:
    by_key = {row.pk: name for name, row in eight.items()}
    return {by_key[row.pk] for row in rows}


EVERY = {"plain", "severe", "frozen", "old", "other", "confirmed", "dismissed", "air"}
OF_E1 = {"plain", "severe", "frozen", "old"}


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (Criteria(), EVERY),
        (Criteria(confirmation=Confirmation.CONFIRMED), {"confirmed", "dismissed"}),
        (Criteria(activity=Activity.ENDED), {"frozen", "confirmed"}),
        (Criteria(statuses=(Status.NEW,)), EVERY - {"confirmed", "dismissed"}),
        (Criteria(statuses=(Status.TRIAGED, Status.DISMISSED)), {"confirmed", "dismissed"}),
        (Criteria(attention=True), EVERY - {"confirmed", "dismissed"}),
        (Criteria(attention=False), {"confirmed", "dismissed"}),
        (Criteria(kinds=(Kind.FROZEN_VALUE, Kind.AIR_POLLUTION)), {"frozen", "air"}),
        (Criteria(severity=3), {"other", "air"}),
        (Criteria(min_severity=3), {"severe", "other", "air"}),
        (Criteria(min_severity=1, severity=1), {"confirmed", "dismissed"}),
        (Criteria(region_code="420100"), EVERY),
        (Criteria(region_code="420106"), {"other", "confirmed", "dismissed"}),
        (Criteria(region_code="430000"), set()),
        (Criteria(object_code="1325A"), {"air"}),
        (Criteria(enterprise_code="E-1"), OF_E1),
        (Criteria(parameter="a21026"), {"severe"}),
        (Criteria(since=NOW - HOUR), EVERY - {"frozen", "old"}),
        (Criteria(since=NOW), {"severe"}),
        (Criteria(until=NOW - HOUR), {"frozen", "old"}),
        (Criteria(since=NOW - timedelta(days=1), until=NOW - HOUR), {"frozen"}),
        (Criteria(text="e-2"), {"other", "confirmed", "dismissed"}),
        (Criteria(text="  月湖 "), {"air"}),
        (Criteria(text="YUEHU"), {"air"}),
        (Criteria(text="21026"), {"severe"}),
        (Criteria(text="F-2025-000001"), {"plain"}),
        (Criteria(text="%"), set()),
        (Criteria(text="_"), set()),
        (Criteria(text="' OR 1=1 --"), set()),
        (Criteria(region_code="420107", kinds=(Kind.EXCEEDANCE,), min_severity=2, attention=True), OF_E1 - {"frozen"}),
    ],
)
def test_each_criterion_finds_what_it_says(eight: dict[str, Finding], criteria: Criteria, expected: set[str]) -> None:
    assert names(eight, search(SYSTEM_ACTOR, criteria)) == expected


MATCHES: dict[str, Callable[[Finding, Any], bool]] = {
    "confirmation": lambda row, value: row.confirmation == value,
    "activity": lambda row, value: row.activity == value,
    "severity": lambda row, value: row.severity == value,
    "min_severity": lambda row, value: row.severity >= value,
    "enterprise_code": lambda row, value: row.object.enterprise_code == value,
    "parameter": lambda row, value: row.parameter == value,
    "kinds": lambda row, value: row.kind in value,
    "statuses": lambda row, value: row.status in value,
    "since": lambda row, value: row.last_seen >= value,
    "until": lambda row, value: row.first_seen < value,
    "attention": lambda row, value: (
        value is (row.status in ("new", "triaged") and (row.activity == "ongoing" or row.confirmation == "unconfirmed"))
    ),
}
CHOSEN = st.fixed_dictionaries(
    {},
    optional={
        "confirmation": st.sampled_from(Confirmation),
        "activity": st.sampled_from(Activity),
        "severity": st.integers(1, 4),
        "min_severity": st.integers(1, 4),
        "enterprise_code": st.sampled_from(["E-1", "E-2"]),
        "parameter": st.sampled_from(["a21002", "a21026"]),
        "kinds": st.lists(st.sampled_from(Kind), min_size=1, max_size=3).map(tuple),
        "statuses": st.lists(st.sampled_from(Status), min_size=1, max_size=3).map(tuple),
        "since": st.integers(-1000, 10).map(lambda hours: NOW + hours * HOUR),
        "until": st.integers(-1000, 10).map(lambda hours: NOW + hours * HOUR),
        "attention": st.booleans(),
    },
)


@settings(max_examples=80)
@given(chosen=CHOSEN)
def test_criteria_together_are_an_and(eight: dict[str, Finding], chosen: dict[str, Any]) -> None:
    expected = {name for name, row in eight.items() if all(MATCHES[key](row, value) for key, value in chosen.items())}
    assert names(eight, search(SYSTEM_ACTOR, Criteria(**chosen))) == expected


def test_a_finding_of_several_cases_is_listed_once(eight: dict[str, Finding]) -> None:
    open_case(SYSTEM_ACTOR, NOW, eight["plain"].pk)
    rows = list(search(SYSTEM_ACTOR, Criteria(enterprise_code="E-1")))
    assert len(rows) == len({row.pk for row in rows}) == 4


def test_the_numbers_beside_the_list_are_the_lengths_of_the_lists(eight: dict[str, Finding]) -> None:
    counted = waiting(SYSTEM_ACTOR)
    attention = Criteria(attention=True)
    assert counted.total == search(SYSTEM_ACTOR, attention).count() == 6
    assert counted.ongoing == search(SYSTEM_ACTOR, Criteria(attention=True, activity=Activity.ONGOING)).count() == 5
    unconfirmed = Criteria(attention=True, confirmation=Confirmation.UNCONFIRMED)
    assert counted.unconfirmed == search(SYSTEM_ACTOR, unconfirmed).count() == 6
    assert counted.by_severity == {1: 0, 2: 3, 3: 2, 4: 1}


def test_the_load_of_places_counts_what_waits_and_names_the_worst(eight: dict[str, Finding]) -> None:
    by_object = load_by_object(SYSTEM_ACTOR)
    stack, other, station = eight["plain"].object_id, eight["other"].object_id, eight["air"].object_id
    assert {key: (load.count, load.worst) for key, load in by_object.items()} == {
        stack: (4, 4),
        other: (1, 3),
        station: (1, 3),
    }
    assert {key: load.count for key, load in load_by_enterprise(SYSTEM_ACTOR).items()} == {"E-1": 4, "E-2": 1}
    regions = {key: (load.count, load.worst) for key, load in load_by_region(SYSTEM_ACTOR).items()}
    assert regions == {"420107": (4, 4), "420106": (1, 3), "420105": (1, 3)}


def test_a_map_shows_the_kinds_that_go_on(eight: dict[str, Finding]) -> None:
    assert ongoing_kinds_by_object(SYSTEM_ACTOR) == {
        eight["plain"].object_id: {Kind.EXCEEDANCE},
        eight["other"].object_id: {Kind.EXCEEDANCE},
        eight["air"].object_id: {Kind.AIR_POLLUTION},
    }


def test_the_alarm_page_looks_back_thirty_days_at_the_same_place(eight: dict[str, Finding]) -> None:
    assert names(eight, same_place(SYSTEM_ACTOR, eight["plain"])) == {"frozen"}
    assert list(same_place(SYSTEM_ACTOR, eight["severe"])) == [eight["plain"], eight["frozen"]]
    edge = eight["plain"].first_seen - timedelta(days=30)
    Finding.objects.filter(pk=eight["old"].pk).update(first_seen=edge, last_seen=edge)
    assert names(eight, same_place(SYSTEM_ACTOR, eight["plain"])) == {"frozen", "old"}
    Finding.objects.filter(pk=eight["old"].pk).update(last_seen=edge - timedelta(microseconds=1))
    assert names(eight, same_place(SYSTEM_ACTOR, eight["plain"])) == {"frozen"}


def test_the_ranking_is_total_and_the_same_for_every_page(eight: dict[str, Finding]) -> None:
    order = [row.pk for row in ranked(search(SYSTEM_ACTOR, Criteria()))]
    pages = [row.pk for start in (0, 3, 6) for row in ranked(search(SYSTEM_ACTOR, Criteria()))[start : start + 3]]
    assert pages == order
    keys = [(-row.rank_points, -row.last_seen.timestamp(), -row.pk) for row in ranked(search(SYSTEM_ACTOR, Criteria()))]
    assert keys == sorted(keys)


def test_attention_is_the_same_question_everywhere(eight: dict[str, Finding]) -> None:
    assert names(eight, needs_attention(Finding.objects.all())) == names(
        eight, search(SYSTEM_ACTOR, Criteria(attention=True))
    )
