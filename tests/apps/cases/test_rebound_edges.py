"""E-W2 at its edges: the first and the last moment of the watch, which problem, which case, how severe."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from tests.apps.attempts import kept
from tests.apps.cases.walking import APPROVER, DISPATCHER, opened, written_off
from tests.apps.city import NOW, SHANGHAI, account, exceedance, found, outlet

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.actions.open_rebounds import open_rebounds
from qingtian.apps.cases.actions.settle_watches import settle_watches
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import timeline
from qingtian.apps.cases.relapse import relapse_candidates, watching_case
from qingtian.apps.findings.actions.merge_finding import merge_finding
from qingtian.apps.findings.actions.raise_finding import raise_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Kind
from qingtian.apps.registry.models import RegistryObject

pytestmark = pytest.mark.django_db
LAST_DAY = date(2026, 12, 2)  # written off on 2 December 2025, and 365 days
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Case]:
    """A written-off case about NOx at one outlet; its neighbours are there too."""
    with kept(django_db_blocker):
        account("approve", Role.APPROVER)
        case = written_off(opened(outlet()))
        outlet("E-2")
        yield case


@pytest.fixture
def watched(city: Case) -> Case:
    return Case.objects.select_related("object").get(pk=city.pk)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def hit(obj: RegistryObject, start: datetime, **more: Any) -> Finding:
    """A finding whose first period begins at a moment, known an hour later."""
    return found(obj, at=start + timedelta(hours=1), period_start=start, **more)


def test_the_window_of_the_case_is_the_one_that_the_edges_below_speak_of(watched: Case) -> None:
    assert (watched.written_off_at, watched.watch_until) == (NOW + timedelta(days=8), LAST_DAY)


@pytest.mark.parametrize(
    ("moment", "relapse"),
    [
        (NOW + timedelta(days=8) - SECOND, False),
        (NOW + timedelta(days=8), True),
        (NOW + timedelta(days=8) + SECOND, True),
        (midnight(LAST_DAY), True),
        (midnight(LAST_DAY + timedelta(days=1)) - SECOND, True),
        (midnight(LAST_DAY + timedelta(days=1)), False),
        (datetime(2026, 12, 2, 15, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 12, 2, 16, 0, tzinfo=UTC), False),
    ],
    ids=str,
)
def test_a_moment_lies_in_the_window_or_not(watched: Case, moment: datetime, relapse: bool) -> None:
    finding = hit(watched.object, moment)
    assert (watching_case(finding) == watched) is relapse
    case = open_case(DISPATCHER, moment + timedelta(hours=1), finding.pk)
    assert (case.rebound_of_id == watched.pk, case.rebound_depth) == (relapse, int(relapse))
    watched.refresh_from_db()
    assert watched.state == ("rebounded" if relapse else "watching")


@pytest.mark.parametrize(
    ("change", "relapse"),
    [
        ({}, True),
        ({"rule_id": "exceedance.other_rule"}, True),  # the same problem, found by another rule
        ({"parameter": "a21026"}, False),
        ({"parameter": ""}, False),
        ({"kind": Kind.FROZEN_VALUE, "rule_id": "frozen"}, False),
        ({"kind": Kind.REBOUND, "rule_id": "rebound"}, False),
        ({"severity": 1}, True),
    ],
    ids=str,
)
def test_the_same_problem_is_the_same_object_kind_and_pollutant(
    watched: Case, change: dict[str, Any], relapse: bool
) -> None:
    start = NOW + timedelta(days=100)
    hit(watched.object, start, **change)
    opened_ = open_rebounds(SYSTEM_ACTOR, start + timedelta(hours=1))
    assert [case.rebound_of_id for case in opened_] == ([watched.pk] if relapse else [])


def test_the_same_problem_at_the_neighbours_outlet_is_no_relapse(watched: Case) -> None:
    other = RegistryObject.objects.get(code="E-2-DA001")
    start = NOW + timedelta(days=100)
    finding = hit(other, start)
    assert not relapse_candidates().filter(pk=finding.pk).exists()
    assert open_rebounds(SYSTEM_ACTOR, start + timedelta(hours=1)) == []


@pytest.mark.parametrize("earlier", [1, 2, 3, 4])
@pytest.mark.parametrize("later", [1, 2, 3, 4])
def test_a_relapse_is_one_level_above_the_case_and_never_below_the_finding(
    watched: Case, earlier: int, later: int
) -> None:
    Case.objects.filter(pk=watched.pk).update(severity=earlier)
    start = NOW + timedelta(days=50)
    case = open_case(DISPATCHER, start, hit(watched.object, start, severity=later).pk)
    assert case.severity == min(4, max(later, earlier + 1))


def test_a_finding_that_began_before_the_write_off_and_goes_on_is_no_relapse(watched: Case) -> None:
    before = NOW + timedelta(days=7)
    finding = hit(watched.object, before, rule_id="slow")
    for day in (20, 40):
        moment = NOW + timedelta(days=day)
        raise_finding(SYSTEM_ACTOR, moment, exceedance(watched.object, at=moment, rule_id="slow"))
    finding.refresh_from_db()
    assert (finding.hits, finding.first_seen) == (3, before)
    assert open_rebounds(SYSTEM_ACTOR, NOW + timedelta(days=41)) == []


def test_a_late_hit_from_before_the_write_off_takes_the_relapse_away_before_it_is_opened(watched: Case) -> None:
    moment = NOW + timedelta(days=20)
    finding = hit(watched.object, moment)
    assert watching_case(finding) == watched
    late = exceedance(watched.object, at=NOW + timedelta(days=3))
    assert watching_case(raise_finding(SYSTEM_ACTOR, moment + timedelta(hours=2), late)) is None


def test_after_the_window_was_settled_a_hit_of_its_last_day_is_an_ordinary_case(watched: Case) -> None:
    # The duty asks for relapses first; what nobody had reported by then opens a case of its own.
    after = midnight(LAST_DAY + timedelta(days=1))
    assert settle_watches(SYSTEM_ACTOR, after) == [watched]
    case = open_case(DISPATCHER, after, hit(watched.object, midnight(LAST_DAY)).pk)
    assert case.rebound_of is None
    watched.refresh_from_db()
    assert watched.state == "stable"


def test_the_duty_order_saves_a_hit_of_the_last_day(watched: Case) -> None:
    hit(watched.object, midnight(LAST_DAY) + timedelta(hours=23))
    after = midnight(LAST_DAY + timedelta(days=1))
    (relapse,) = open_rebounds(SYSTEM_ACTOR, after)
    assert relapse.rebound_of == watched
    assert settle_watches(SYSTEM_ACTOR, after) == []


def test_a_case_relapses_once_and_its_relapse_runs_instead(watched: Case) -> None:
    start = NOW + timedelta(days=30)
    relapse = open_case(DISPATCHER, start, hit(watched.object, start).pk)
    second = hit(watched.object, start + timedelta(days=1), rule_id="exceedance.other_rule")
    assert watching_case(second) is None
    assert open_case(DISPATCHER, start + timedelta(days=1), second.pk) == relapse
    assert Case.objects.filter(rebound_of=watched).count() == 1


def test_of_two_watched_cases_the_younger_one_relapses(watched: Case) -> None:
    older = Case.objects.get(pk=watched.pk)
    older.pk, older.number = None, "C-2025-900001"
    older.written_off_at = NOW + timedelta(days=1)
    older.save(force_insert=True)
    start = NOW + timedelta(days=30)
    assert open_case(DISPATCHER, start, hit(watched.object, start).pk).rebound_of == watched


def test_a_merged_finding_brings_nothing_back(watched: Case) -> None:
    start = NOW + timedelta(days=30)
    one = hit(watched.object, start)
    other = hit(watched.object, start, parameter="a21026")
    merge_finding(DISPATCHER, start, one.pk, into_id=other.pk)
    assert open_rebounds(SYSTEM_ACTOR, start) == []


def test_the_relapse_is_told_in_both_cases(watched: Case) -> None:
    start = NOW + timedelta(days=30)
    relapse = open_case(DISPATCHER, start, hit(watched.object, start).pk)
    first = timeline(relapse).first()
    last = timeline(watched).last()
    assert first is not None and last is not None
    assert (first.payload["rebound_of"], first.payload["rebound_depth"]) == (watched.number, 1)
    assert (last.payload["to"], last.payload["reason"], last.actor) == (
        "rebounded",
        f"relapse: {relapse.number}",
        "system",
    )
    assert not watched.clocks.filter(stopped_on=None).exists()


@pytest.mark.parametrize(("day", "settled"), [(365, False), (366, True)])
def test_an_approver_closes_a_watch_by_hand_no_earlier_than_the_system(watched: Case, day: int, settled: bool) -> None:
    from qingtian.domain.errors import TransitionRefused

    assert watched.written_off_at is not None
    moment = watched.written_off_at + timedelta(days=day)
    if settled:
        assert move_case(APPROVER, moment, watched.pk, "stable").closed_at == moment
        return
    with pytest.raises(TransitionRefused) as error:
        move_case(APPROVER, moment, watched.pk, "stable")
    assert [guard.code for guard in error.value.unmet] == ["watch_over"]
    assert LAST_DAY.isoformat() in error.value.unmet[0].detail
