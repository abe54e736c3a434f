from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from tests.apps.city import NOW, actor, found

from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.ranking import parts_of, precision_by_rule, ranked, shown_first
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.detection.ranking import Term, score

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_the_database_and_the_page_give_one_rank(stack: RegistryObject) -> None:
    dice = Random(7)
    for number in range(60):
        row = found(stack, rule_id=f"r{number % 7}", about=str(number))
        Finding.objects.filter(pk=row.pk).update(
            severity=dice.randint(1, 4),
            confirmation=dice.choice(["unconfirmed", "confirmed"]),
            activity=dice.choice(["ongoing", "ended"]),
            source=dice.choice(["data", "complaint", "superior", "patrol"]),
            status=dice.choice(["new", "cased", "dismissed"]),
            excess=dice.choice([None, Decimal("1.0001"), Decimal("2.5"), Decimal(99)]),
            recurrence=dice.randint(0, 9),
            answer_late=dice.random() < 0.5,
        )
    precision = precision_by_rule(NOW)
    rows = list(ranked(Finding.objects.all(), NOW))
    points = [score(parts_of(row, precision)) for row in rows]
    assert [round(row.rank_points, 6) for row in rows] == [round(one, 6) for one in points]  # type: ignore[attr-defined]
    assert points == sorted(points, reverse=True)


def test_precision_counts_the_last_ninety_days_of_a_rule(stack: RegistryObject) -> None:
    for number, status in enumerate(["cased", "cased", "dismissed", "dismissed", "new"]):
        row = found(stack, rule_id="r", about=str(number))
        Finding.objects.filter(pk=row.pk).update(status=status)
    Finding.objects.filter(about="3").update(raised_at=NOW - 91 * DAY)
    assert precision_by_rule(NOW) == {"r": Decimal(2) / Decimal(3)}
    assert precision_by_rule() == {"r": Decimal("0.5")}


def test_a_rule_that_was_mostly_wrong_ranks_below_one_that_was_right(stack: RegistryObject) -> None:
    inspector = actor(Role.INSPECTOR)
    for number in range(3):
        dismiss_finding(inspector, NOW, found(stack, rule_id="noisy", about=f"x{number}").pk, reason="false_alarm")
    noisy, sound = found(stack, rule_id="noisy", about="y"), found(stack, rule_id="sound")
    order = list(ranked(Finding.objects.filter(pk__in=[noisy.pk, sound.pk]), NOW))
    assert order == [sound, noisy]


def test_what_lifts_a_finding_is_told_largest_first(stack: RegistryObject) -> None:
    row = found(stack, detail={"value": "250", "limit": "100"})
    parts = shown_first(parts_of(row, {}))
    assert [part.term.term for part in parts] == [Term.UNCONFIRMED, Term.EXCESS]


def test_ranking_costs_two_queries_whatever_the_number(stack: RegistryObject, django_assert_num_queries: Any) -> None:
    for number in range(12):
        found(stack, rule_id=f"r{number}")
    with django_assert_num_queries(2):
        list(ranked(Finding.objects.all(), NOW))


def test_recurrence_counts_earlier_findings_of_the_same_subject(stack: RegistryObject) -> None:
    counts = []
    for number in range(3):
        row = found(stack, at=NOW + number * DAY)
        counts.append(row.recurrence)
        Finding.objects.filter(pk=row.pk).update(activity="ended", status="dismissed")
    assert counts == [0, 1, 2]
    assert found(stack, about="other").recurrence == 0
