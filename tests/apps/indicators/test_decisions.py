"""Decisions that are kept: with facts, grounds and words; refusals too; nothing without the facts that matter."""

from __future__ import annotations

from datetime import date

import pytest
from tests.apps.city import NOW, actor
from tests.apps.indicators.scene import SHOP, WINDOW, question

from qingtian.apps.accounts.roles import Role
from qingtian.apps.indicators.actions.record_decision import answer, record_decision, responsible
from qingtian.apps.indicators.models import DecisionRecord
from qingtian.apps.indicators.queries import decisions
from qingtian.apps.journal.models import Event
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted
from qingtian.packs import load_packs

pytestmark = pytest.mark.django_db
PACKS = load_packs()


def test_a_decision_keeps_everything_it_rests_on():
    row = record_decision(WINDOW, NOW, PACKS, question())
    assert (row.number, row.outcome, row.standing) == ("DT-2025-000001", {"secondary": "yes"}, "decided")
    assert row.facts == {"stove_heat": "500000000", "dining_area": "149", "seats": "76"}
    assert row.rows == ["dec.catering_purifier.seats"]
    assert row.citations == ["a city norm on catering size classes"]
    assert "座位超过 75 个" in row.explanation_zh and "more than 75 seats" in row.explanation_en
    assert (row.decided_by, row.as_of, row.rule_version) == ("window", NOW.date(), "dec.catering_purifier@1")
    event = Event.objects.get(type="decision.recorded")
    assert (event.object_id, event.payload["outcome"]) == (str(row.pk), {"secondary": "yes"})


def test_e_d3_a_refusal_is_logged():
    facts = {"licence_valid": False, "purpose_covered": True, "share_class": "conditional"}
    row = record_decision(WINDOW, NOW, PACKS, question(table="data_use", facts=facts, subject="某研究院申请空气数据"))
    assert row.outcome == {"answer": "refused", "ground": "no_valid_licence"}
    assert Event.objects.get(type="decision.recorded").payload["outcome"]["answer"] == "refused"


def test_a_default_is_an_answer_too():
    row = record_decision(WINDOW, NOW, PACKS, question(facts={**SHOP, "seats": 75}))
    assert (row.standing, row.outcome, row.rows) == ("default", {"secondary": "no"}, [])


def test_without_the_facts_that_matter_nothing_is_kept():
    with pytest.raises(Conflict, match="seats") as caught:
        record_decision(WINDOW, NOW, PACKS, question(facts={"stove_heat": 1, "dining_area": 1}))
    assert caught.value.params["missing"] == ["seats"]
    assert not DecisionRecord.objects.exists()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"subject": " "}, "subject"),
        ({"subject": "x" * 301}, "subject"),
        ({"table": "weather"}, "code"),
        ({"facts": {**SHOP, "seats": "many"}}, "seats"),
        ({"table": "noise_duty", "on": date(2020, 1, 1)}, "code"),  # before the law
    ],
)
def test_a_wrong_question_is_refused_by_name(more, field):
    with pytest.raises(InvalidInput) as caught:
        record_decision(WINDOW, NOW, PACKS, question(**more))
    assert caught.value.field == field


def test_only_those_who_handle_such_questions_keep_answers():
    with pytest.raises(NotPermitted):
        record_decision(actor(Role.AUDITOR), NOW, PACKS, question())
    with pytest.raises(NotPermitted):
        record_decision(actor(Role.WINDOW, region="430100"), NOW, PACKS, question())


def test_a_duty_is_resolved_by_the_pack_or_left_to_the_coordinator():
    named = question(table="noise_duty", facts={"kind": "industrial", "case": "over_standard"})
    assert responsible(PACKS, named, answer(PACKS, named)) == ("生态环境主管部门", "eco-environment authority")
    unnamed = question(table="noise_duty", facts={"kind": "construction", "case": "night_work"})
    assert responsible(PACKS, unnamed, answer(PACKS, unnamed)) is None
    other = question()
    assert responsible(PACKS, other, answer(PACKS, other)) is None


def test_decisions_are_seen_in_their_place_and_by_who_made_them():
    record_decision(WINDOW, NOW, PACKS, question())
    assert decisions(actor(Role.AUDITOR)).count() == 1
    assert decisions(actor(Role.HANDLER, region="430100")).count() == 0
    assert decisions(actor(Role.CITIZEN)).count() == 0
    assert decisions(actor(Role.AUDITOR), "noise_duty").count() == 0
