"""A rule may run late, twice, or backwards: the finding is the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.apps.attempts import Undo, kept
from tests.apps.city import HOUR, NOW, exceedance, outlet

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.apps.findings.actions.raise_finding import raise_finding
from qingtian.apps.findings.models import Finding, FindingHit
from qingtian.apps.journal.queries import history
from qingtian.apps.registry.models import RegistryObject

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def stack(django_db_setup: None, django_db_blocker: Any) -> Iterator[RegistryObject]:
    with kept(django_db_blocker):
        yield outlet()


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 4)), min_size=1, max_size=10))
def test_hits_in_any_order_and_number_add_up_to_one_finding(stack: RegistryObject, hits: list[tuple[int, int]]) -> None:
    first_of: dict[int, int] = {}
    for hour, severity in hits:
        first_of.setdefault(hour, severity)  # the same period again changes nothing
    with pytest.raises(Undo), transaction.atomic():
        for number, (hour, severity) in enumerate(hits):
            start = NOW + hour * HOUR
            detail = {"value": f"{hour}.5"}
            hit = exceedance(stack, period_start=start, severity=severity, detail=detail)
            raise_finding(SYSTEM_ACTOR, NOW + timedelta(days=2, minutes=number), hit)
        finding = Finding.objects.get()
        assert finding.hits == len(first_of) == FindingHit.objects.filter(finding=finding).count()
        assert (finding.first_seen, finding.last_seen) == (NOW + min(first_of) * HOUR, NOW + max(first_of) * HOUR)
        assert finding.severity == max(first_of.values())
        assert finding.detail["value"] == f"{max(first_of)}.5"  # the newest period speaks
        assert history("finding", finding.pk).count() == len(first_of)
        raise Undo


@settings(max_examples=25)
@given(st.lists(st.integers(1, 10), min_size=1, max_size=6), st.integers(1, 10))
def test_gaps_up_to_the_window_are_one_finding_and_longer_ones_are_not(
    stack: RegistryObject, gaps: list[int], window: int
) -> None:
    with pytest.raises(Undo), transaction.atomic():
        start, expected = NOW, 1
        for gap in [0, *gaps]:
            start += gap * HOUR
            expected += gap > window
            hit = exceedance(stack, period_start=start, window=window * HOUR)
            finding = raise_finding(SYSTEM_ACTOR, start + HOUR, hit)
            end_finding(SYSTEM_ACTOR, start + HOUR, finding.pk)
        assert Finding.objects.count() == expected
        assert sum(finding.hits for finding in Finding.objects.all()) == len(gaps) + 1
        raise Undo


@pytest.mark.parametrize(("gap", "same"), [(6, True), (7, False)])
def test_the_window_counts_from_the_last_hit_to_the_hour(stack: RegistryObject, gap: int, same: bool) -> None:
    six = timedelta(hours=6)
    first = raise_finding(SYSTEM_ACTOR, NOW, exceedance(stack, period_start=NOW, window=six))
    end_finding(SYSTEM_ACTOR, NOW + HOUR, first.pk)
    second = raise_finding(SYSTEM_ACTOR, NOW, exceedance(stack, period_start=NOW + gap * HOUR, window=six))
    assert (second.pk == first.pk) is same


def test_without_a_window_an_ended_finding_stays_ended(stack: RegistryObject) -> None:
    first = raise_finding(SYSTEM_ACTOR, NOW, exceedance(stack, period_start=NOW))
    end_finding(SYSTEM_ACTOR, NOW, first.pk)
    second = raise_finding(SYSTEM_ACTOR, NOW, exceedance(stack, period_start=NOW + HOUR))
    assert (second.pk != first.pk, second.hits) == (True, 1)


def test_a_period_of_an_ended_finding_that_comes_again_opens_nothing(stack: RegistryObject) -> None:
    first = raise_finding(SYSTEM_ACTOR, NOW, exceedance(stack, period_start=NOW))
    end_finding(SYSTEM_ACTOR, NOW, first.pk)
    again = raise_finding(SYSTEM_ACTOR, NOW + 5 * HOUR, exceedance(stack, period_start=NOW, severity=4))
    assert (again.pk, again.activity, again.severity) == (first.pk, "ended", 2)
