"""Reads of judgements: the newest, those of a period, and what was known at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.apps.attempts import Undo, kept
from tests.apps.city import HOUR, NOW, outlet, register
from tests.apps.registry.test_registry import STATION

from qingtian.apps.accounts.actor import PUBLIC_ACTOR, SYSTEM_ACTOR
from qingtian.apps.judgements.actions.record_judgements import record_judgements
from qingtian.apps.judgements.judged import Judged
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.queries import latest, of_period, versions
from qingtian.apps.judgements.states import Question, Verdict
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import InvalidInput

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def places(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[RegistryObject, RegistryObject]]:
    with kept(django_db_blocker):
        yield outlet(), register(STATION)[0]


def answer(obj: RegistryObject, hour: int, value: str = "80", **more: Any) -> Judged:
    start = NOW + hour * HOUR
    fields: dict[str, Any] = {
        "object_id": obj.pk,
        "question": Question.EMISSION_LIMIT,
        "item": "a21002",
        "cycle": "hour",
        "period_start": start,
        "verdict": Verdict.EXCEEDS if Decimal(value) > 100 else Verdict.WITHIN,
        "standard": "GB 13223-2011",
        "clause": "table 1",
        "rule_row": "nox",
        "known_at": start + HOUR,
        "value": Decimal(value),
    }
    return Judged(**(fields | more))


def keep(hour: int, *batch: Judged) -> None:
    record_judgements(SYSTEM_ACTOR, NOW + hour * HOUR, batch)


def shown(rows: Any) -> list[tuple[int, str, int]]:
    """Hour, item and value of judgements."""
    return [(int((row.period_start - NOW) / HOUR), row.item, int(row.value or -1)) for row in rows]


def test_the_newest_is_one_per_object_and_item(places: tuple[RegistryObject, RegistryObject]) -> None:
    stack, _ = places
    keep(5, *[answer(stack, hour, str(hour)) for hour in (1, 2, 3)], answer(stack, 2, "7", item="a21026"))
    assert shown(latest(SYSTEM_ACTOR, Question.EMISSION_LIMIT)) == [(3, "a21002", 3), (2, "a21026", 7)]
    assert shown(latest(SYSTEM_ACTOR, Question.AIR_INDEX)) == []


def test_the_newest_can_be_bounded_in_time_place_and_certainty(places: tuple[RegistryObject, RegistryObject]) -> None:
    stack, station = places
    unsure = answer(stack, 4, "4", verdict=Verdict.INVALID)
    keep(9, *[answer(stack, hour, str(hour)) for hour in (1, 2, 3)], unsure, answer(station, 2, "9"))

    def newest(**bounds: Any) -> list[int]:
        return [
            hour for hour, *_ in shown(latest(SYSTEM_ACTOR, Question.EMISSION_LIMIT, object_ids=[stack.pk], **bounds))
        ]

    assert newest() == [4]
    assert newest(decided=True) == [3]
    assert newest(until=NOW + 3 * HOUR) == [2]
    assert newest(since=NOW + 4 * HOUR) == [4]
    assert newest(since=NOW + 4 * HOUR, decided=True) == []
    assert newest(since=NOW + 5 * HOUR) == []
    assert shown(latest(PUBLIC_ACTOR, Question.EMISSION_LIMIT)) == [(2, "a21002", 9)]
    assert shown(latest(SYSTEM_ACTOR, Question.EMISSION_LIMIT, object_ids=[])) == []


def test_a_period_holds_its_start_and_not_its_end(places: tuple[RegistryObject, RegistryObject]) -> None:
    stack, station = places
    keep(9, *[answer(stack, hour, str(hour)) for hour in (1, 2, 3)], answer(station, 2, "9", item="a34004"))
    rows = of_period(SYSTEM_ACTOR, NOW + HOUR, NOW + 3 * HOUR)
    assert shown(rows) == [(1, "a21002", 1), (2, "a21002", 2), (2, "a34004", 9)]
    start, end = NOW, NOW + 9 * HOUR
    assert shown(of_period(SYSTEM_ACTOR, start, end, item="a34004")) == [(2, "a34004", 9)]
    assert shown(of_period(SYSTEM_ACTOR, start, end, object_id=station.pk)) == [(2, "a34004", 9)]
    assert shown(of_period(SYSTEM_ACTOR, start, end, question=Question.AIR_INDEX)) == []


CORRECTIONS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 200)), min_size=1, max_size=8)


@settings(max_examples=25)
@given(CORRECTIONS)
def test_what_was_known_at_any_moment_can_be_read_again(
    places: tuple[RegistryObject, RegistryObject], corrections: list[tuple[int, int]]
) -> None:
    stack, _ = places
    known: dict[int, int] = {}
    seen: list[tuple[datetime, dict[int, int]]] = []
    with pytest.raises(Undo), transaction.atomic():
        for number, (hour, value) in enumerate(corrections):
            at = NOW + timedelta(days=1, hours=number)
            record_judgements(SYSTEM_ACTOR, at, [answer(stack, hour, str(value))])
            known[hour] = value
            seen.append((at, dict(known)))
        for at, then in seen:
            rows = of_period(SYSTEM_ACTOR, NOW, NOW + 9 * HOUR, as_of=at)
            assert {hour: value for hour, _, value in shown(rows)} == then
        now = of_period(SYSTEM_ACTOR, NOW, NOW + 9 * HOUR)
        assert {hour: value for hour, _, value in shown(now)} == known
        assert list(of_period(SYSTEM_ACTOR, NOW, NOW + 9 * HOUR, as_of=NOW)) == []
        for row in now:
            history = list(versions(SYSTEM_ACTOR, row))
            assert [one.version for one in history] == list(range(1, len(history) + 1))
            assert [one.superseded_by_id for one in history] == [*[one.pk for one in history[1:]], None]
        raise Undo


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"period_start": datetime(2025, 11, 24)}, "period_start"),  # noqa: DTZ001  what is refused
        ({"known_at": datetime(2025, 11, 24)}, "known_at"),  # noqa: DTZ001
        ({"standard": ""}, "rule_row"),
        ({"rule_row": ""}, "rule_row"),
    ],
)
def test_one_bad_answer_refuses_the_batch(
    places: tuple[RegistryObject, RegistryObject], change: dict[str, Any], field: str
) -> None:
    stack, _ = places
    with pytest.raises(InvalidInput) as error:
        keep(3, answer(stack, 1), answer(stack, 2, **change))
    assert (error.value.field, bool(error.value.remedy)) == (field, True)
    assert not Judgement.objects.exists()


@pytest.mark.parametrize(
    ("change", "versions_"),
    [
        ({}, 1),
        ({"known_at": NOW + 9 * HOUR}, 1),  # arrived again: no new answer
        ({"value": Decimal("80.000")}, 1),  # the same number, written longer
        ({"value": Decimal("80.001")}, 2),
        ({"verdict": Verdict.INVALID}, 2),
        ({"clause": "table 2"}, 2),
        ({"rule_row": "other"}, 2),
        ({"confidence": "memory"}, 2),
        ({"inputs": {"mark": "M"}}, 2),
        ({"coverage": {"have": 3}}, 2),
        ({"published": 55}, 2),
    ],
    ids=str,
)
def test_only_another_answer_or_another_ground_makes_a_version(
    places: tuple[RegistryObject, RegistryObject], change: dict[str, Any], versions_: int
) -> None:
    stack, _ = places
    keep(3, answer(stack, 1))
    keep(4, answer(stack, 1, **change))
    assert Judgement.objects.count() == versions_
    assert Judgement.objects.current().get().version == versions_
