"""What holds for any walk through a procedure, and the truth table of every check behind a guard."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.procedures import (
    CHECKS,
    Allowed,
    EffectKind,
    FieldType,
    Guard,
    Refusal,
    Refused,
    Transition,
    automatic_steps,
    check_transition,
    next_steps,
    offered_step,
    problems_of,
    unmet_guard,
)
from qingtian.packs.procedures import procedure

T1 = procedure("T1", "1")
STATES = [state.code for state in T1.states]
ROLES = sorted({role for step in T1.transitions for role in step.roles})
TODAY = date(2025, 11, 24)
EFFECT = {"since": "2025-11-01", "valid_hours": 48, "exceeding_hours": 0}

# Facts with which every guard of the template holds.
READY: dict[str, Any] = {
    "today": TODAY,
    "measures": ["seal the bypass"],
    "measures_done": ["seal the bypass"],
    "effect": EFFECT,
    "evidence_kinds": ["site_record", "photo", "data"],
}
for _guard in T1.guards:
    _given: Any = READY.get(_guard.fact, TODAY - timedelta(days=1) if _guard.check == "date_reached" else "yes")
    READY[_guard.fact] = True if _guard.check == "holds" else _given
    READY |= dict.fromkeys(_guard.params.get("also", ()), "yes")
for _step in T1.transitions:
    for _field in _step.fields:
        READY.setdefault(_field.name, ["x"] if _field.type in (FieldType.LIST, FieldType.CHECKLIST) else "x")

ANYBODY = st.sets(st.sampled_from(ROLES))
KNOWN = st.sets(st.sampled_from(sorted(READY.keys() - {"today"}))).map(
    lambda names: {name: READY[name] for name in names} | {"today": TODAY}
)


def steps() -> list[tuple[str, Transition]]:
    return [(source, step) for step in T1.transitions for source in step.sources]


@pytest.mark.parametrize(("source", "step"), steps(), ids=lambda one: getattr(one, "code", one))
def test_with_all_facts_each_step_opens_to_exactly_its_roles(source: str, step: Transition) -> None:
    for role in ROLES:
        answer = check_transition(T1, source, step.code, {role}, READY)
        if role in step.roles:
            assert isinstance(answer, Allowed)
            assert answer.transition is step
        else:
            assert isinstance(answer, Refused)
            assert (answer.reason, answer.unmet) == (Refusal.ROLE, ())


@pytest.mark.parametrize(("source", "step"), steps(), ids=lambda one: getattr(one, "code", one))
def test_each_missing_fact_is_named_by_its_own_guard(source: str, step: Transition) -> None:
    role = min(step.roles)
    for code in step.guards:
        guard = T1.guard(code)
        facts = {name: fact for name, fact in READY.items() if name != guard.fact}
        answer = check_transition(T1, source, step.code, {role}, facts)
        assert isinstance(answer, Refused)
        assert answer.reason is Refusal.GUARDS
        assert code in [one.code for one in answer.unmet]
        assert all(T1.guard(one.code).fact == guard.fact for one in answer.unmet if one.code != "required_fields")


@pytest.mark.parametrize(("source", "step"), steps(), ids=lambda one: getattr(one, "code", one))
def test_each_required_field_is_asked_for(source: str, step: Transition) -> None:
    role = min(step.roles)
    for spec in step.fields:
        for nothing in (None, "", []):
            answer = check_transition(T1, source, step.code, {role}, READY | {spec.name: nothing})
            named = [
                name for one in getattr(answer, "unmet", ()) if one.code == "required_fields" for name in one.fields
            ]
            assert named == ([spec.name] if spec.required else [])


@given(st.sampled_from(STATES), st.sampled_from(STATES), ANYBODY, KNOWN)
def test_an_answer_never_contradicts_the_template(
    state: str, target: str, roles: set[str], facts: dict[str, Any]
) -> None:
    answer = check_transition(T1, state, target, roles, facts)
    ways = [step for step in T1.steps_from(state) if step.target == target]
    if isinstance(answer, Allowed):
        assert answer.transition in ways
        assert roles & answer.transition.roles
        assert all(unmet_guard(T1.guard(code), facts) is None for code in answer.transition.guards)
    elif answer.reason is Refusal.NO_SUCH_STEP:
        assert ways == []
    elif answer.reason is Refusal.ROLE:
        assert ways and not any(roles & step.roles for step in ways)
    else:
        assert answer.unmet
        assert answer.transition in ways


@given(st.sampled_from(STATES), ANYBODY, KNOWN, KNOWN)
def test_more_facts_or_roles_never_close_a_step(
    state: str, roles: set[str], some: dict[str, Any], more: dict[str, Any]
) -> None:
    before = {step.transition.code: step for step in next_steps(T1, state, roles, some)}
    after = {step.transition.code: step for step in next_steps(T1, state, set(ROLES), some | more)}
    assert set(before) == set(after)
    for code, step in before.items():
        assert {one.code for one in after[code].unmet} <= {one.code for one in step.unmet}
        assert after[code].allowed or not step.allowed


@given(st.sampled_from(STATES), ANYBODY, KNOWN)
def test_a_page_and_the_check_agree_on_every_step(state: str, roles: set[str], facts: dict[str, Any]) -> None:
    for shown in next_steps(T1, state, roles, facts):
        filled = facts | {spec.name: READY[spec.name] for spec in shown.fields if spec.required}
        answer = check_transition(T1, state, shown.transition.code, roles, filled)
        assert shown.role_allowed == (getattr(answer, "reason", None) is not Refusal.ROLE)
        if shown.allowed:
            assert isinstance(answer, Allowed)


@given(st.sampled_from(STATES), KNOWN)
def test_the_system_takes_no_step_that_a_check_would_refuse(state: str, facts: dict[str, Any]) -> None:
    for step in automatic_steps(T1, state, facts):
        assert step.automatic
        assert isinstance(check_transition(T1, state, step.code, step.roles, facts), Allowed)


@given(st.data())
def test_any_walk_with_all_facts_ends_only_in_a_final_state(data: st.DataObject) -> None:
    state = data.draw(st.sampled_from(T1.entries))
    for _ in range(40):
        ways = [one.transition for one in next_steps(T1, state, ROLES, READY) if one.allowed]
        if not ways:
            assert T1.state(state).final
            return
        step = data.draw(st.sampled_from(ways))
        assert isinstance(offered_step(T1, state, step.target, ROLES), Allowed)
        state = step.target


def test_from_every_state_a_final_state_can_be_reached() -> None:
    ending = {state.code for state in T1.states if state.final}
    grown = True
    while grown:
        more = {source for source, step in steps() if step.target in ending} - ending
        ending |= more
        grown = bool(more)
    assert ending == set(STATES)


def test_only_a_write_off_with_shown_effect_counts_as_written_off() -> None:
    for step in T1.transitions:
        if any(effect.kind is EffectKind.WRITE_OFF for effect in step.effects):
            guards = {T1.guard(code).check for code in step.guards}
            assert "effect_in_data" in guards, step.code
            assert "date_reached" in guards, step.code


# -- checks ----------------------------------------------------------------------------------------------------------


def guard(check: str, fact: str = "fact", **params: Any) -> Guard:
    return Guard("g", check, fact, "守", "Guard", params=params)


@pytest.mark.parametrize(
    ("check", "params", "facts", "missing"),
    [
        ("filled", {}, {"fact": "x"}, ""),
        ("filled", {}, {"fact": 0}, ""),
        ("filled", {}, {"fact": False}, ""),
        ("filled", {}, {"fact": "  "}, "fact is missing"),
        ("filled", {}, {"fact": []}, "fact is missing"),
        ("filled", {}, {"fact": {}}, "fact is missing"),
        ("filled", {"also": ["b"]}, {"fact": "x", "b": "y"}, ""),
        ("filled", {"also": ["b"]}, {"fact": "x"}, "b is missing"),
        ("filled", {"also": ["b"]}, {}, "fact, b are missing"),
        ("holds", {}, {"fact": True}, ""),
        ("holds", {}, {"fact": 1}, "fact does not hold"),
        ("holds", {}, {"fact": "yes"}, "fact does not hold"),
        ("holds", {}, {}, "fact does not hold"),
        ("all_done", {"of": "plan"}, {"plan": ["a", "b"], "fact": ["b", "a"]}, ""),
        ("all_done", {"of": "plan"}, {"plan": ["a", "b"], "fact": ["a", "x"]}, "1 of 2 not done: b"),
        ("all_done", {"of": "plan"}, {"plan": ["a", "b"]}, "2 of 2 not done: a; b"),
        ("all_done", {"of": "plan"}, {"plan": [], "fact": ["a"]}, "plan lists nothing"),
        ("all_done", {"of": "plan"}, {"fact": ["a"]}, "plan lists nothing"),
        ("date_reached", {}, {"fact": TODAY - timedelta(days=1)}, ""),
        ("date_reached", {}, {"fact": TODAY}, "runs until 2025-11-24"),
        ("date_reached", {}, {"fact": TODAY + timedelta(days=1)}, "runs until 2025-11-25"),
        ("date_reached", {}, {}, "fact has not begun"),
        ("date_reached", {}, {"fact": "2025-11-01"}, "fact has not begun"),
        ("effect_in_data", {"min_valid_hours": 24}, {"fact": EFFECT | {"valid_hours": 24}}, ""),
        ("effect_in_data", {"min_valid_hours": 24}, {"fact": EFFECT | {"valid_hours": 23}}, "23 of 24 valid hours"),
        (
            "effect_in_data",
            {"min_valid_hours": 24},
            {"fact": EFFECT | {"exceeding_hours": 1}},
            "1 hour(s) over the limit",
        ),
        ("effect_in_data", {"min_valid_hours": 24}, {"fact": None}, "no measure is reported as done yet"),
        ("evidence_kinds", {"kinds": ["a", "b"]}, {"fact": ["b", "c", "a"]}, ""),
        ("evidence_kinds", {"kinds": ["a", "b"]}, {"fact": ["b"]}, "no evidence of kind a"),
        ("evidence_kinds", {"kinds": ["a", "b"]}, {}, "no evidence of kind a, b"),
    ],
)
def test_checks(check: str, params: dict[str, Any], facts: dict[str, Any], missing: str) -> None:
    told = CHECKS[check](guard(check, **params), {"today": TODAY} | facts)
    assert told is not None and told[0] and told[1].startswith(missing) if missing else told is None


# -- validation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", T1.transitions, ids=lambda step: step.code)
def test_without_any_one_step_the_template_says_what_breaks_or_stays_whole(step: Transition) -> None:
    rest = replace(T1, transitions=tuple(one for one in T1.transitions if one is not step))
    reached, frontier = set(rest.entries), list(rest.entries)
    while frontier:
        for one in rest.steps_from(frontier.pop()):
            if one.target not in reached:
                reached.add(one.target)
                frontier.append(one.target)
    problems = problems_of(rest)
    for code in STATES:
        assert (f"state {code} cannot be reached" in problems) == (code not in reached)
        stuck = not T1.state(code).final and not rest.steps_from(code)
        assert (f"state {code} has no step and is not final" in problems) == stuck
    used = {code for one in rest.transitions for code in one.guards}
    for one in T1.guards:
        assert (f"guard {one.code} is never used" in problems) == (one.code not in used)
