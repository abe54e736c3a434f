"""T1 as the pack gives it: no walk, however odd, leads past the guards."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from qingtian.domain.procedures import Allowed, EffectKind, automatic_steps, check_transition, next_steps, problems_of
from qingtian.packs.procedures import procedure

T1 = procedure("T1")
ROLES = sorted({role for step in T1.transitions for role in step.roles})
TEXTS = ["punishment", "lookalike_check", "root_cause", "standing_mechanism", "acceptor", "why_it_came_back"]
FORM = {
    "cause": "c",
    "responsible_party": "p",
    "measures": ["a", "b"],
    "target": "t",
    "due_date": "2026-01-01",
    "self_check": "s",
    "site_result": "ok",
    "talk_held_on": "2025-12-01",
    "talk_record": "r",
}
MAIN_LINE = [
    "listed",
    "planned",
    "rectifying",
    "self_checked",
    "applied",
    "site_verified",
    "publicly_notified",
    "written_off",
    "watching",
    "stable",
]
FIVE = ["measures_done", "violations_punished", "effect_shown_by_data", "lookalike_check", "root_cause"]


def test_the_pack_template_is_sound_and_complete() -> None:
    assert problems_of(T1) == []
    codes = {state.code for state in T1.states}
    handing = {"transferring", "handed_over", "handed_back"}
    side = {"returned", "extended", "rebounded", "supervised", "admonished", "withdrawn"}
    assert codes == {*MAIN_LINE, *side, *handing}
    assert all(state.label_zh and state.label_en for state in T1.states)
    assert all(guard.label_zh and guard.remedy_zh and guard.remedy_en and guard.source for guard in T1.guards)


def test_the_main_line_is_a_path() -> None:
    for source, target in pairwise(MAIN_LINE):
        assert target in {step.target for step in T1.steps_from(source)}


def test_write_off_needs_the_five_guards_the_notice_and_the_acceptor() -> None:
    step = next(step for step in T1.transitions if step.code == "write_off")
    open_work = ["lookalike_tasks", "task_force_reported"]
    assert list(step.guards) == [*FIVE[:4], *open_work, FIVE[4], "public_notice_elapsed", "acceptor_named"]
    assert step.roles == {"approver"}
    assert [step.code for step in T1.transitions if step.target == "written_off"] == ["write_off"]


def test_relapses_begin_where_the_domain_model_says() -> None:
    assert [T1.entry(depth) for depth in range(5)] == ["listed", "listed", "supervised", "admonished", "admonished"]


def test_the_numbers_of_the_pack() -> None:
    assert (T1.clock("watch").n, T1.clock("watch").unit) == (365, "days")
    assert (T1.clock("public_notice").n, T1.clock("public_notice").mode) == (5, "working")
    assert T1.guard("effect_shown_by_data").params == {"min_valid_hours": T1.parameters["effect_valid_hours"]}


class Walk(RuleBasedStateMachine):
    """A case driven at random: facts come and go, anybody tries anything."""

    def __init__(self) -> None:
        super().__init__()
        self.state = T1.initial
        self.day = date(2025, 11, 24)
        self.facts: dict[str, Any] = {}
        self.visited = [self.state]

    @initialize(start=st.sampled_from(["listed", "publicly_notified"]))
    def it_begins_early_or_late(self, start: str) -> None:
        self.state = start
        if start == "publicly_notified":
            self.facts = {**FORM, "clock.public_notice": self.day + timedelta(days=5)}

    def known(self) -> dict[str, Any]:
        return {**self.facts, "today": self.day, "state": self.state}

    @rule(days=st.integers(1, 120))
    def time_passes(self, days: int) -> None:
        self.day += timedelta(days=days)

    @rule(name=st.sampled_from(TEXTS), given=st.booleans())
    def somebody_writes_or_deletes(self, name: str, given: bool) -> None:
        self.facts[name] = "text" if given else ""

    @rule(done=st.lists(st.sampled_from(["a", "b"]), unique=True))
    def measures_get_done(self, done: list[str]) -> None:
        self.facts["measures_done"] = done

    @rule(valid=st.integers(0, 48), over=st.integers(0, 1))
    def data_come(self, valid: int, over: int) -> None:
        self.facts["effect"] = {"since": "t", "valid_hours": valid, "exceeding_hours": over}

    @rule()
    def a_site_record_is_attached(self) -> None:
        self.facts["evidence_kinds"] = ["site_record"]

    @rule(missing=st.sampled_from([None, *TEXTS, "measures_done", "effect"]))
    def nearly_everything_is_ready(self, missing: str | None) -> None:
        self.facts |= dict.fromkeys(TEXTS, "text") | {"measures_done": ["a", "b"], "evidence_kinds": ["site_record"]}
        self.facts["effect"] = {"since": "t", "valid_hours": 24, "exceeding_hours": 0}
        if missing:
            del self.facts[missing]

    @precondition(lambda self: self.state == "publicly_notified")
    @rule(missing=st.sampled_from([None, *TEXTS, "measures_done", "effect"]))
    def write_off_fails_exactly_for_what_is_missing(self, missing: str | None) -> None:
        self.nearly_everything_is_ready(missing)
        self.day = max(self.day, self.facts["clock.public_notice"] + timedelta(days=1))
        answer = check_transition(T1, self.state, "written_off", {"approver"}, self.known())
        if missing in (None, "why_it_came_back"):
            assert isinstance(answer, Allowed)
            self.move(answer.transition)
        else:
            assert not isinstance(answer, Allowed) and len(answer.unmet) == 1
            assert missing in (answer.unmet[0].code, T1.guard(answer.unmet[0].code).fact, "standing_mechanism")

    @rule(steps=st.integers(1, 8), days=st.integers(0, 9))
    def the_case_goes_straight_on(self, steps: int, days: int) -> None:
        for _ in range(steps):
            self.day += timedelta(days=days)
            if self.state not in MAIN_LINE[:-2]:
                return
            goal = MAIN_LINE[MAIN_LINE.index(self.state) + 1]
            answer = check_transition(T1, self.state, goal, ROLES, FORM | self.known())
            if isinstance(answer, Allowed):
                self.move(answer.transition)

    @rule(role=st.sampled_from(ROLES), goal=st.sampled_from([state.code for state in T1.states]))
    def somebody_tries(self, role: str, goal: str) -> None:
        form = self.known() | FORM | {"measures_done": self.facts.get("measures_done", [])}
        answer = check_transition(T1, self.state, goal, {role}, form)
        if isinstance(answer, Allowed):
            assert role in answer.transition.roles
            self.move(answer.transition)

    @precondition(lambda self: T1.steps_from(self.state))
    @rule(data=st.data())
    def a_permitted_step_is_taken(self, data: st.DataObject) -> None:
        options = [step for step in next_steps(T1, self.state, ROLES, self.known() | FORM) if step.allowed]
        if options:
            self.move(data.draw(st.sampled_from(options)).transition)

    def move(self, step: Any) -> None:
        if step.code == "write_off":
            self.assert_proven()
        self.facts |= FORM
        self.state = step.target
        self.visited.append(self.state)
        for effect in step.effects:
            if effect.kind in (EffectKind.START_CLOCK, EffectKind.START_WATCH):
                self.facts[f"clock.{effect.subject}"] = self.day + timedelta(days=T1.clock(effect.subject).n)
        for automatic in automatic_steps(T1, self.state, self.known())[:1]:
            self.move(automatic)

    def assert_proven(self) -> None:
        facts = self.facts
        assert set(facts["measures_done"]) >= {"a", "b"}
        assert all(facts[name] for name in TEXTS if name != "why_it_came_back")
        assert facts["effect"]["valid_hours"] >= 24 and facts["effect"]["exceeding_hours"] == 0
        assert facts["clock.public_notice"] < self.day

    @invariant()
    def written_off_is_never_where_a_case_rests(self) -> None:
        assert self.state != "written_off"

    @invariant()
    def nothing_is_stable_that_was_not_watched(self) -> None:
        if self.state == "stable":
            assert self.visited[-2:] == ["watching", "stable"]
            assert self.facts["clock.watch"] < self.day

    @invariant()
    def what_next_steps_allow_check_transition_allows(self) -> None:
        facts = self.known() | FORM
        for step in next_steps(T1, self.state, ROLES, facts):
            answer = check_transition(T1, self.state, step.transition.code, ROLES, facts)
            missing = any(spec.required and facts.get(spec.name) in (None, "", []) for spec in step.fields)
            assert isinstance(answer, Allowed) == (step.allowed and not missing)


TestT1Walk = Walk.TestCase
TestT1Walk.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
