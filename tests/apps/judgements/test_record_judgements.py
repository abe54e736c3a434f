"""Answers are versioned: nothing known is said twice, nothing said is changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.db import InternalError, connection, transaction
from django.db.utils import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from qingtian.apps.accounts.actor import PUBLIC_ACTOR, SYSTEM_ACTOR, Actor, Grant
from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.actions.raise_finding import Hit, raise_finding
from qingtian.apps.findings.states import Kind
from qingtian.apps.journal.models import Event
from qingtian.apps.judgements.actions.record_judgements import record_judgements
from qingtian.apps.judgements.judged import Judged
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.queries import latest, of_period, versions
from qingtian.apps.judgements.states import Question, Verdict
from qingtian.domain.errors import InvalidInput, NotPermitted

CST = timezone(timedelta(hours=8))
NOW = datetime(2025, 11, 24, 10, 5, tzinfo=CST)
HOUR = timedelta(hours=1)
NINE = datetime(2025, 11, 24, 9, tzinfo=CST)


def judged(object_id: int, hour: datetime = NINE, value: str = "120", **more: object) -> Judged:
    number = Decimal(value)
    base = Judged(
        object_id=object_id,
        question=Question.EMISSION_LIMIT,
        item="a21002",
        cycle="hour",
        period_start=hour,
        verdict=Verdict.EXCEEDS if number > 100 else Verdict.WITHIN,
        standard="GB 13223-2011",
        clause="table 1",
        rule_row="gb13223-nox",
        known_at=hour + HOUR,
        value=number,
        unit="mg/m3",
        limit=Decimal(100),
        inputs={"value": value},
    )
    return replace(base, **more)  # type: ignore[arg-type]


def test_same_answer_again_adds_no_row_and_no_event(outlet):
    first = record_judgements(SYSTEM_ACTOR, NOW, [judged(outlet.pk)])
    again = record_judgements(SYSTEM_ACTOR, NOW + HOUR, [judged(outlet.pk, known_at=NOW)])
    assert [row.version for row in first.created] == [1]
    assert (again.created, again.unchanged) == ([], 1)
    assert Judgement.objects.count() == 1
    assert Event.objects.filter(type="judgements.recorded").count() == 1


def test_corrected_value_makes_a_version_that_supersedes_and_both_stay(outlet):
    record_judgements(SYSTEM_ACTOR, NOW, [judged(outlet.pk)])
    result = record_judgements(SYSTEM_ACTOR, NOW + HOUR, [judged(outlet.pk, value="90")])
    assert result.corrected == 1
    old, new = Judgement.objects.order_by("version")
    assert (old.version, old.verdict, old.superseded_by_id) == (1, "exceeds", new.pk)
    assert (new.version, new.verdict, new.superseded_by_id) == (2, "within", None)
    assert list(versions(SYSTEM_ACTOR, new)) == [old, new]


def test_the_past_is_answered_as_it_was_known_then(outlet):
    record_judgements(SYSTEM_ACTOR, NOW, [judged(outlet.pk)])
    record_judgements(SYSTEM_ACTOR, NOW + 2 * HOUR, [judged(outlet.pk, value="90")])
    window = {"start": NINE, "end": NINE + HOUR}
    then = of_period(SYSTEM_ACTOR, **window, as_of=NOW + HOUR)
    assert [row.verdict for row in then] == ["exceeds"]
    assert [row.verdict for row in of_period(SYSTEM_ACTOR, **window)] == ["within"]
    assert list(of_period(SYSTEM_ACTOR, **window, as_of=NOW - HOUR)) == []


def test_batch_reports_the_findings_whose_hours_turned(outlet):
    record_judgements(SYSTEM_ACTOR, NOW, [judged(outlet.pk), judged(outlet.pk, NINE + HOUR)])
    hit = Hit(
        kind=Kind.EXCEEDANCE,
        rule_id="exceedance",
        object=outlet,
        period_start=NINE,
        severity=2,
        parameter="a21002",
    )
    finding = raise_finding(SYSTEM_ACTOR, NOW, hit)
    batch = [judged(outlet.pk, value="60"), judged(outlet.pk, NINE + HOUR, value="130")]
    result = record_judgements(SYSTEM_ACTOR, NOW + HOUR, batch)
    assert [(one.finding_id, one.period_start, one.was, one.now) for one in result.affected] == [
        (finding.pk, NINE, Verdict.EXCEEDS, Verdict.WITHIN)
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE judgements_judgement SET verdict = 'within'",
        "UPDATE judgements_judgement SET superseded_by_id = id, value = 1",
        "DELETE FROM judgements_judgement",
    ],
)
def test_database_refuses_to_change_a_judgement(outlet, statement):
    record_judgements(SYSTEM_ACTOR, NOW, [judged(outlet.pk)])
    with pytest.raises((IntegrityError, InternalError), match="refused"), transaction.atomic():
        connection.cursor().execute(statement)
    assert Judgement.objects.get().verdict == "exceeds"


def test_a_superseded_judgement_cannot_be_superseded_again(outlet):
    record_judgements(SYSTEM_ACTOR, NOW, [judged(outlet.pk)])
    record_judgements(SYSTEM_ACTOR, NOW, [judged(outlet.pk, value="90")])
    old = Judgement.objects.order_by("version").first()
    with pytest.raises((IntegrityError, InternalError), match="refused"), transaction.atomic():
        Judgement.objects.filter(pk=old.pk).update(superseded_by=None)


def test_only_the_system_and_those_who_may_detect_record(outlet):
    with pytest.raises(NotPermitted):
        record_judgements(Actor(7, "w", (Grant(Role.CITIZEN),)), NOW, [judged(outlet.pk)])


def test_one_period_twice_in_a_batch_is_refused(outlet):
    with pytest.raises(InvalidInput, match="twice"):
        record_judgements(SYSTEM_ACTOR, NOW, [judged(outlet.pk), judged(outlet.pk, value="90")])


def test_answer_without_rule_is_refused(outlet):
    with pytest.raises(InvalidInput, match="cites"):
        record_judgements(SYSTEM_ACTOR, NOW, [judged(outlet.pk, rule_row="")])


def test_latest_is_one_current_row_per_object_and_item(outlet, station):
    batch = [judged(outlet.pk, NINE - HOUR), judged(outlet.pk), judged(outlet.pk, item="a21026", value="10")]
    undecided = judged(outlet.pk, NINE + HOUR, verdict=Verdict.INVALID)
    aqi = judged(station.pk, item="aqi", question=Question.AIR_INDEX)
    record_judgements(SYSTEM_ACTOR, NOW, [*batch, undecided, aqi])
    rows = latest(SYSTEM_ACTOR, Question.EMISSION_LIMIT)
    assert [(row.item, row.period_start) for row in rows] == [("a21002", NINE + HOUR), ("a21026", NINE)]
    decided = latest(SYSTEM_ACTOR, Question.EMISSION_LIMIT, decided=True)
    assert [(row.item, row.period_start) for row in decided] == [("a21002", NINE), ("a21026", NINE)]
    before = latest(SYSTEM_ACTOR, Question.EMISSION_LIMIT, until=NINE)
    assert [row.period_start for row in before] == [NINE - HOUR]
    assert list(latest(SYSTEM_ACTOR, Question.EMISSION_LIMIT, since=NINE + HOUR, decided=True)) == []


def test_public_sees_stations_only(outlet, station):
    aqi = judged(station.pk, item="aqi", question=Question.AIR_INDEX)
    record_judgements(SYSTEM_ACTOR, NOW, [judged(outlet.pk), aqi])
    assert [row.object_id for row in Judgement.objects.visible_to(PUBLIC_ACTOR)] == [station.pk]
    owner = Actor(3, "owner", (Grant(Role.ENTERPRISE_USER, org="E1"),))
    assert {row.object_id for row in Judgement.objects.visible_to(owner)} == {station.pk, outlet.pk}
    stranger = Actor(4, "stranger", (Grant(Role.ENTERPRISE_USER, org="E2"),))
    assert {row.object_id for row in Judgement.objects.visible_to(stranger)} == {station.pk}


@given(st.decimals(min_value=0, max_value=10**6, places=6), st.integers(0, 6))
def test_trailing_zeros_make_no_other_answer(value, zeros):
    padded = value.quantize(Decimal(1).scaleb(-6 - zeros))
    assert judged(1, value="1", limit=value).content_hash == judged(1, value="1", limit=padded).content_hash


@given(st.decimals(min_value=0, max_value=1000, places=2), st.decimals(min_value=0, max_value=1000, places=2))
def test_another_value_is_another_answer(one, other):
    same = judged(1, value=str(one)).content_hash == judged(1, value=str(other)).content_hash
    assert same == (one == other)
