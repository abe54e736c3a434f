from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from qingtian.domain.errors import InvalidInput
from qingtian.domain.procedures import (
    Allowed,
    ClockSpec,
    Effect,
    EffectKind,
    FieldSpec,
    FieldType,
    Guard,
    Opening,
    ProcedureTemplate,
    Refusal,
    Refused,
    State,
    Transition,
    automatic_steps,
    check_transition,
    next_steps,
    offered_step,
    problems_of,
    unmet_guard,
)

NOTE = FieldSpec("note", FieldType.TEXT, "备注", "Note", required=True)
SMALL = ProcedureTemplate(
    code="X",
    version="1",
    name_zh="样例",
    name_en="Sample",
    entries=("open", "urgent"),
    states=(
        State("open", "待办", "Open"),
        State("urgent", "紧急", "Urgent"),
        State("done", "完成", "Done"),
        State("closed", "办结", "Closed", final=True),
    ),
    transitions=(
        Transition(
            "finish", ("open", "urgent"), "done", frozenset({"handler"}), "完成", "Finish", ("proof", "named"), (NOTE,)
        ),
        Transition(
            "close",
            ("done",),
            "closed",
            frozenset({"system"}),
            "办结",
            "Close",
            ("waited",),
            automatic=True,
            effects=(Effect(EffectKind.STOP_CLOCK, "wait"),),
        ),
    ),
    guards=(
        Guard("proof", "holds", "proof", "有证据", "There is proof", "上传证据", "Attach proof"),
        Guard("named", "filled", "who", "有验收人", "Somebody is named"),
        Guard("waited", "date_reached", "clock.wait", "期满", "The wait is over"),
    ),
    clocks=(ClockSpec("wait", "等待", "Wait", 5),),
    opening=Opening(
        frozenset({"handler"}),
        (FieldSpec("proof", FieldType.BOOLEAN, "证据", "Proof"), FieldSpec("who", FieldType.TEXT, "人", "Who")),
    ),
)
READY = {"proof": True, "who": "li", "note": "ok"}


def test_a_step_whose_guards_hold_is_allowed() -> None:
    answer = check_transition(SMALL, "open", "done", {"handler"}, READY)
    assert isinstance(answer, Allowed)
    assert answer.transition.code == "finish"


def test_a_step_can_be_named_by_its_code_or_by_its_target() -> None:
    assert offered_step(SMALL, "open", "finish", {"handler"}) == offered_step(SMALL, "open", "done", {"handler"})


def test_every_unmet_guard_is_listed_with_labels_and_remedy() -> None:
    answer = check_transition(SMALL, "open", "done", {"handler"}, {})
    assert isinstance(answer, Refused)
    assert answer.reason is Refusal.GUARDS
    assert [guard.code for guard in answer.unmet] == ["required_fields", "proof", "named"]
    assert answer.unmet[0].fields == ("note",)
    assert answer.unmet[1].remedy_zh == "上传证据"
    assert answer.unmet[2].detail == "who is missing"


def test_a_wrong_role_is_told_apart_from_a_missing_step() -> None:
    wrong_role = check_transition(SMALL, "open", "done", {"auditor"}, READY)
    no_step = check_transition(SMALL, "open", "closed", {"handler"}, READY)
    assert isinstance(wrong_role, Refused) and isinstance(no_step, Refused)
    assert (wrong_role.reason, no_step.reason) == (Refusal.ROLE, Refusal.NO_SUCH_STEP)
    assert wrong_role.transition is not None and no_step.transition is None


def test_next_steps_leave_the_form_to_be_filled_in() -> None:
    (step,) = next_steps(SMALL, "open", {"handler"}, {"proof": True, "who": "li"})
    assert step.allowed
    assert [spec.name for spec in step.fields] == ["note"]
    (step,) = next_steps(SMALL, "open", {"auditor"}, {"proof": True, "who": "li"})
    assert not step.allowed and not step.unmet
    assert next_steps(SMALL, "closed", {"handler"}, {}) == []


def test_the_system_takes_a_step_only_when_its_guards_hold() -> None:
    today = {"today": date(2025, 11, 24)}
    assert automatic_steps(SMALL, "done", {"clock.wait": date(2025, 11, 24), **today}) == []
    (step,) = automatic_steps(SMALL, "done", {"clock.wait": date(2025, 11, 23), **today})
    assert step.code == "close"
    assert automatic_steps(SMALL, "open", READY) == []


def test_the_entry_depends_on_relapses_and_the_last_one_holds_for_all_further() -> None:
    assert [SMALL.entry(n) for n in range(4)] == ["open", "urgent", "urgent", "urgent"]
    assert SMALL.initial == "open"


def test_an_unknown_name_is_refused() -> None:
    for look in (SMALL.state, SMALL.guard, SMALL.clock):
        with pytest.raises(InvalidInput, match="the procedure has no"):
            look("nothing")


GUARD = Guard("g", "filled", "fact", "zh", "en")


@pytest.mark.parametrize(
    ("check", "params", "facts", "detail"),
    [
        ("filled", {}, {"fact": "  "}, "fact is missing"),
        ("filled", {"also": ["more"]}, {}, "fact, more are missing"),
        ("filled", {"also": ["more"]}, {"fact": "x", "more": ["y"]}, ""),
        ("holds", {}, {"fact": "yes"}, "fact does not hold"),
        ("holds", {}, {"fact": True}, ""),
        ("all_done", {"of": "plan"}, {"fact": []}, "plan lists nothing"),
        ("all_done", {"of": "plan"}, {"plan": ["a", "b", "c"], "fact": ["b"]}, "2 of 3 not done: a; c"),
        ("all_done", {"of": "plan"}, {"plan": ["a"], "fact": ["a"]}, ""),
        ("date_reached", {}, {"today": date(2025, 1, 2)}, "fact has not begun"),
        ("date_reached", {}, {"today": date(2025, 1, 2), "fact": date(2025, 1, 2)}, "runs until 2025-01-02"),
        ("date_reached", {}, {"today": date(2025, 1, 3), "fact": date(2025, 1, 2)}, ""),
        ("evidence_kinds", {"kinds": ["photo", "report"]}, {"fact": ["photo"]}, "no evidence of kind report"),
        ("evidence_kinds", {"kinds": ["photo"]}, {"fact": ["photo", "video"]}, ""),
        (
            "effect_in_data",
            {"min_valid_hours": 3},
            {},
            "no measure is reported as done yet, so no later data can show an effect",
        ),
        (
            "effect_in_data",
            {"min_valid_hours": 3},
            {"fact": {"since": "t", "valid_hours": 9, "exceeding_hours": 1}},
            "1 hour(s) over the limit since t",
        ),
        (
            "effect_in_data",
            {"min_valid_hours": 3},
            {"fact": {"since": "t", "valid_hours": 2, "exceeding_hours": 0}},
            "2 of 3 valid hours under the limit since t",
        ),
        (
            "effect_in_data",
            {"min_valid_hours": 3},
            {"fact": {"since": "t", "valid_hours": 3, "exceeding_hours": 0}},
            "",
        ),
    ],
)
def test_what_each_check_says(check: str, params: dict[str, Any], facts: dict[str, Any], detail: str) -> None:
    unmet = unmet_guard(replace(GUARD, check=check, params=params), facts)
    assert (unmet.detail if unmet else "") == detail
    assert bool(unmet and unmet.detail_zh) == bool(detail)


def broken(**changes: Any) -> list[str]:
    return problems_of(replace(SMALL, **changes))


def test_a_sound_template_has_no_problems() -> None:
    assert problems_of(SMALL) == []


def test_each_fault_of_a_template_is_named() -> None:
    finish, close = SMALL.transitions
    island = State("island", "孤岛", "Island")
    assert broken(states=(*SMALL.states, island)) == [
        "state island cannot be reached",
        "state island has no step and is not final",
    ]
    assert "step finish: unknown guard nothing" in broken(transitions=(replace(finish, guards=("nothing",)), close))
    assert "guard proof is never used" in broken(transitions=(replace(finish, guards=("named",)), close))
    assert "step close: unknown state nowhere" in broken(transitions=(finish, replace(close, target="nowhere")))
    assert "step close: unknown clock wait" in broken(clocks=())
    assert "opening clock start is unknown" in broken(opening_clocks=("start",))
    assert "guard proof: unknown check magic" in broken(
        guards=(replace(SMALL.guards[0], check="magic"), *SMALL.guards[1:])
    )
    assert "state done is declared twice" in broken(states=(*SMALL.states, SMALL.states[2]))
    assert "entry dream is not a state" in broken(entries=("open", "urgent", "dream"))
    assert "no entry state" in broken(entries=())
    assert "final state done has steps" in broken(
        states=tuple(replace(s, final=True) if s.code == "done" else s for s in SMALL.states)
    )
    assert "two steps lead from open to done" in broken(
        transitions=(*SMALL.transitions, replace(finish, code="again", sources=("open",)))
    )


def test_forms_are_checked_too() -> None:
    finish, close = SMALL.transitions
    choice = FieldSpec("pick", FieldType.CHOICE, "选", "Pick")
    ticks = FieldSpec("ticks", FieldType.CHECKLIST, "勾", "Ticks", options_from="lines")
    found = broken(transitions=(replace(finish, fields=(choice, ticks)), close))
    assert found == ["field pick: a choice needs choices", "field ticks: unknown list lines"]
