"""What holds for every procedure of the packs: each guard bites, each walk ends, each word is in two languages."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingtian.domain.procedures import (
    Allowed,
    EffectKind,
    FieldType,
    Guard,
    ProcedureTemplate,
    Refused,
    Transition,
    check_transition,
    fold,
    next_steps,
    offered_step,
    problems_of,
    unmet_guard,
)
from qingtian.domain.procedures.fines import FUNCTIONS
from qingtian.packs.migrations import load_migrations
from qingtian.packs.procedures import load_procedures

TEMPLATES = [*load_procedures().values()]
TODAY = date(2025, 11, 24)
EFFECT = {"since": "2025-11-01", "valid_hours": 48, "exceeding_hours": 0}
HAN = re.compile(r"[\u4e00-\u9fff]")
UNREVIEWED = [{"label_zh": "有审核人", "label_en": "A named person reviewed it", "reason": "not_reviewed"}]
CARDS = [{"username": "li", "card": "1"}, {"username": "wang", "card": "2"}]


def made_true(guard: Guard) -> dict[str, Any]:
    """Facts with which a guard holds."""
    name, params = guard.fact, guard.params
    some: dict[str, dict[str, Any]] = {
        "filled": {name: "x"} | dict.fromkeys(params.get("also", ()), "x"),
        "holds": {name: True},
        "blank": {name: None},
        "one_of": {name: (params.get("values") or [""])[0]},
        "all_done": {name: ["a"], params.get("of", ""): ["a"]},
        "checklist_all": {name: params.get("all")},
        "date_reached": {name: TODAY - timedelta(days=1)},
        "date_open": {name: TODAY},
        "at_most": {name: 0},
        "at_least": {name: params.get("reach")},
        "effect_in_data": {name: EFFECT},
        "evidence_kinds": {name: params.get("kinds")},
        "none_open": {name: 0, params.get("total", ""): 1},
        "other_person": {name: "somebody", "actor": "me"} | dict.fromkeys(params.get("also", ()), "somebody"),
        "carded_people": {name: ["li", "wang"], f"people.{name}": CARDS},
        "acts_for": {name: "B", "actor_orgs": ["B"]},
        "not_lapsed": {name: "2025-11-01", params.get("to", ""): "2025-11-20"},
        "not_later": {name: "2025-12-01", params.get("since", ""): TODAY},
        "other_case_lacks": {name: "C-1", f"case.{name}": {}},
        "auto_data_admissible": {name: []},
    }
    return some[guard.check]


def made_false(guard: Guard) -> dict[str, Any]:
    """Facts with which a guard does not hold."""
    name = guard.fact
    some: dict[str, dict[str, Any]] = {
        "blank": {name: "x"},
        "one_of": {name: "something else"},
        "date_reached": {name: TODAY},
        "date_open": {name: TODAY - timedelta(days=1)},
        "at_most": {name: guard.params.get("below")},
        "none_open": {name: 1},
        "other_person": {name: "me", "actor": "me"},
        "acts_for": {name: "B", "actor_orgs": ["A"]},
        "carded_people": {f"people.{name}": CARDS[:1]},
        "not_lapsed": {name: "2015-11-01"},
        "auto_data_admissible": {name: [{"position": 0, "title": "x", "admissible": False, "unmet": UNREVIEWED}]},
        "not_later": {name: "2045-11-01"},
        "other_case_lacks": {f"case.{name}": {guard.params.get("mark"): "x"}},
    }
    asked = {guard.when_fact: guard.when_values[0]} if guard.when_fact else {}
    return some.get(guard.check, {name: None}) | asked


def ready(template: ProcedureTemplate, step: Transition) -> dict[str, Any]:
    """Facts with which a step can be taken."""
    facts: dict[str, Any] = {"today": TODAY, "actor": "me", "actor_orgs": ["*"]}
    for spec in step.fields:
        lists = (FieldType.LIST, FieldType.CHECKLIST, FieldType.CHOICES, FieldType.USERS)
        facts[spec.name] = ["x"] if spec.type in lists else "2025-11-20"
    for code in step.guards:
        facts |= made_true(template.guard(code))
    return facts


def steps() -> list[Any]:
    return [
        pytest.param(one, step, id=f"{one.code}-{one.version}-{step.code}")
        for one in TEMPLATES
        for step in one.transitions
    ]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: f"{one.code}-{one.version}")
def test_a_template_is_sound_and_speaks_two_languages(template: ProcedureTemplate) -> None:
    assert problems_of(template) == []
    parts = [*template.states, *template.transitions, *template.guards, *template.clocks, *template.documents]
    parts += [*template.fields().values(), *template.computed]
    for one in parts:
        assert HAN.search(one.label_zh), one
        assert one.label_en and not HAN.search(one.label_en), one
    for guard in template.guards:
        assert guard.remedy_zh and guard.remedy_en and re.search(r"\[[VPMDC]\]$", guard.source), guard.code
    for clock in template.clocks:
        assert clock.source and clock.clause and clock.confidence, clock.code
    for paper in template.documents:
        assert HAN.search(paper.text_zh) and paper.text_en
    assert all(one.function in FUNCTIONS and one.source for one in template.computed)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: f"{one.code}-{one.version}")
def test_from_every_state_an_end_can_be_reached(template: ProcedureTemplate) -> None:
    ending = {state.code for state in template.states if state.final}
    assert ending
    while (
        more := {source for step in template.transitions if step.target in ending for source in step.sources} - ending
    ):
        ending |= more
    assert ending == {state.code for state in template.states}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: f"{one.code}-{one.version}")
def test_whatever_ends_a_case_closes_it_and_only_a_reopening_leaves_an_end(template: ProcedureTemplate) -> None:
    for step in template.transitions:
        final = template.state(step.target).final
        assert step.has(EffectKind.CLOSE) == final, step.code
        for source in step.sources:
            if template.state(source).final:
                assert step.has(EffectKind.REOPEN), step.code


@pytest.mark.parametrize(("template", "step"), steps())
def test_with_its_facts_a_step_opens_to_exactly_its_roles(template: ProcedureTemplate, step: Transition) -> None:
    facts = ready(template, step)
    roles = {role for one in template.transitions for role in one.roles}
    for source in step.sources:
        for role in roles:
            answer = check_transition(template, source, step.code, {role}, facts)
            assert isinstance(answer, Allowed) == (role in step.roles), (source, role, answer)


@pytest.mark.parametrize(("template", "step"), steps())
def test_each_guard_of_a_step_bites_alone(template: ProcedureTemplate, step: Transition) -> None:
    facts = ready(template, step)
    for code in step.guards:
        guard = template.guard(code)
        assert unmet_guard(guard, facts) is None
        answer = check_transition(template, step.sources[0], step.code, step.roles, facts | made_false(guard))
        assert isinstance(answer, Refused), code
        assert code in [one.code for one in answer.unmet]
        mine = next(one for one in answer.unmet if one.code == code)
        assert mine.detail and HAN.search(mine.detail_zh), code


@pytest.mark.parametrize(("template", "step"), steps())
def test_each_required_field_is_asked_for_in_words(template: ProcedureTemplate, step: Transition) -> None:
    facts = ready(template, step)
    for spec in step.fields:
        answer = check_transition(template, step.sources[0], step.code, step.roles, facts | {spec.name: None})
        named = [one for one in getattr(answer, "unmet", ()) if one.code == "required_fields"]
        assert bool(named) == spec.required
        assert all(spec.label_zh in one.detail_zh for one in named)


@settings(max_examples=300)
@given(st.data())
def test_any_walk_stays_inside_and_its_events_tell_the_state(data: st.DataObject) -> None:
    template = data.draw(st.sampled_from(TEMPLATES))
    state = data.draw(st.sampled_from(template.entries))
    opened = {"template": template.code, "template_version": template.version, "state": state}
    events: list[tuple[str, dict[str, Any]]] = [("case.opened", opened)]
    for _ in range(25):
        leaving = template.steps_from(state)
        if not leaving:
            assert template.state(state).final
            break
        step = data.draw(st.sampled_from(leaving))
        facts = ready(template, step)
        shown = {one.transition.code: one for one in next_steps(template, state, step.roles, facts)}
        assert shown[step.code].allowed
        assert isinstance(offered_step(template, state, step.code, step.roles), Allowed)
        events.append(("case.moved", {"from": state, "to": step.target, "fields": {"last": step.code}}))
        state = step.target
    told = fold(events)
    assert (told.state, told.version, told.steps) == (state, template.version, len(events) - 1)


@pytest.mark.parametrize("migration", load_migrations().values(), ids=lambda one: f"{one.code}-{one.from_version}")
def test_a_migration_leads_from_every_running_state_to_one_that_runs(migration: Any) -> None:
    old = load_procedures()[migration.code, migration.from_version]
    new = load_procedures()[migration.code, migration.to_version]
    assert set(migration.states) == {state.code for state in old.states if not state.final}
    assert all(not new.state(code).final for code in migration.states.values())
    assert HAN.search(migration.note_zh) and migration.note_en and migration.source
