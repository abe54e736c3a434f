"""For whom a case waits, over every state of every procedure of the packs."""

from __future__ import annotations

import pytest

from qingtian.domain.procedures import ProcedureTemplate, awaited_roles, awaited_steps, waits_for_check
from qingtian.packs.procedures import load_procedures, procedure

EVERY = [(one, state.code) for one in load_procedures().values() for state in one.states]


def roles(code: str, state: str) -> set[str]:
    return set(awaited_roles(procedure(code), state))


@pytest.mark.parametrize(
    ("code", "state", "expected"),
    [
        ("T1", "listed", {"dispatcher", "handler"}),
        ("T1", "rectifying", {"handler", "enterprise_user"}),
        ("T1", "applied", {"inspector"}),
        ("T1", "publicly_notified", {"approver"}),
        ("T1", "watching", set()),
        ("T1", "stable", set()),
        ("T2", "registered", {"window", "dispatcher"}),
        ("T2", "transferred", {"window", "dispatcher", "handler"}),
        ("T2", "unassigned", {"supervisor"}),
        ("T2", "replied", {"window"}),
        ("T2", "closed", set()),
        ("T8C", "assigned", {"inspector", "handler"}),
        ("T9", "submitted", {"inspector"}),
        ("T10", "registered", set()),
    ],
)
def test_a_case_waits_for_those_who_take_it_on(code: str, state: str, expected: set[str]) -> None:
    assert roles(code, state) == expected


def test_what_only_may_happen_is_awaited_by_nobody() -> None:
    # An approver may extend and a supervisor may supervise while measures go on; neither is waited for.
    assert roles("T1", "rectifying").isdisjoint({"approver", "supervisor"})
    assert roles("T2", "replied").isdisjoint({"dispatcher"})
    assert {step.code for step in awaited_steps(procedure("T1"), "applied")} == {"verify"}


def test_every_step_that_stays_in_its_state_is_no_way_on() -> None:
    for template, state in EVERY:
        assert all(step.target != state for step in awaited_steps(template, state)), (template.code, state)


def test_a_final_state_awaits_nothing_though_it_may_be_taken_up_again() -> None:
    closed = [(one, code) for one, code in EVERY if one.state(code).final]
    assert any(one.steps_from(code) for one, code in closed)
    assert all(not awaited_steps(one, code) for one, code in closed)


def test_a_state_of_a_procedure_that_awaits_nobody_moves_by_time_or_by_the_system() -> None:
    silent = {(one.code, code) for one, code in EVERY if not one.state(code).final and not awaited_roles(one, code)}
    assert silent == {("T1", "written_off"), ("T1", "watching"), ("T10", "registered")}


@pytest.mark.parametrize(
    ("code", "state", "expected"),
    [
        ("T1", "applied", True),  # the handler says that it is done
        ("T9", "submitted", True),  # the enterprise says so
        ("T9", "appealed", True),
        ("T10", "submitted", True),
        ("T1", "self_checked", False),  # the handler goes on alone
        ("T1", "publicly_notified", False),  # time runs, then the approver
        ("T2", "accepted", False),
        ("T3", "hearing", False),
        ("T1", "stable", False),
    ],
)
def test_what_a_doer_says_is_done_waits_for_a_check(code: str, state: str, expected: bool) -> None:
    assert waits_for_check(procedure(code), state) is expected


def test_older_versions_of_a_procedure_wait_alike() -> None:
    old, new = procedure("T1", "1"), procedure("T1", "2")
    shared = {one.code for one in old.states} & {one.code for one in new.states}
    assert shared
    differ = {code for code in shared if awaited_roles(old, code) != awaited_roles(new, code)}
    assert differ == set()


def test_a_step_of_the_system_alone_is_no_work_of_a_person() -> None:
    template: ProcedureTemplate = procedure("T2")
    assert "system" not in awaited_roles(template, "registered")
    assert "to_coordinator" not in {step.code for step in awaited_steps(template, "registered")}
