"""The self-monitoring plan against the permit: exactly one gap for each thing that is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.obligations.plan_check import (
    MonitoringPlan,
    PlanCheck,
    PlanLine,
    PlanReport,
    Requirement,
    Scope,
    check_plan,
)
from qingtian.domain.obligations.rhythm import parse_rhythm
from qingtian.packs import load_packs
from qingtian.packs.obligations import methods

ON = date(2025, 11, 24)
PERMIT = date(2025, 3, 1)
METHODS = methods(load_packs())
QUARTERLY, AUTOMATIC = parse_rhythm("1/quarter"), parse_rhythm("continuous")
NEEDED = (
    Requirement(Scope.OUTLET, "DA001", "a21026", QUARTERLY),
    Requirement(Scope.OUTLET, "DA001", "a21002", AUTOMATIC, automatic=True),
    Requirement(Scope.OUTLET, "DW001", "w01018", parse_rhythm("1/month")),
    Requirement(Scope.BOUNDARY_NOISE, "", "", QUARTERLY),
    Requirement(Scope.SURROUNDINGS, "", "", parse_rhythm("1/year")),
    Requirement(Scope.GROUNDWATER, "", "", parse_rhythm("1/half_year")),
)
LINES = (
    PlanLine(Scope.OUTLET, "DA001", "a21026", QUARTERLY, "HJ 57-2017"),
    PlanLine(Scope.OUTLET, "DA001", "a21002", AUTOMATIC, automatic=True),
    PlanLine(Scope.OUTLET, "DW001", "w01018", parse_rhythm("1/month"), "HJ 828-2017"),
    PlanLine(Scope.BOUNDARY_NOISE, "", "", QUARTERLY, "GB 12348-2008"),
    PlanLine(Scope.SURROUNDINGS, "", "", parse_rhythm("1/year"), "HJ 57-2017"),
    PlanLine(Scope.GROUNDWATER, "", "", parse_rhythm("1/half_year"), "HJ 535-2009"),
)
GOOD = MonitoringPlan(date(2025, 4, 1), "企业官网", LINES)


def checked(plan: MonitoringPlan | None, needed: tuple[Requirement, ...] = NEEDED) -> PlanReport:
    return check_plan(needed, plan, permit_on=PERMIT, methods=METHODS, on=ON)


def without(number: int) -> MonitoringPlan:
    return replace(GOOD, lines=(*LINES[:number], *LINES[number + 1 :]))


def with_line(number: int, **changes: object) -> MonitoringPlan:
    changed = replace(LINES[number], **changes)  # type: ignore[arg-type]
    return replace(GOOD, lines=(*LINES[:number], changed, *LINES[number + 1 :]))


def test_a_plan_that_holds_what_the_permit_asks_has_no_gap() -> None:
    report = checked(GOOD)
    assert (report.gaps, report.checked, report.unsure) == ((), 6, ())


@pytest.mark.parametrize(
    ("plan", "check"),
    [
        (without(0), PlanCheck.LINE_MISSING),
        (without(1), PlanCheck.LINE_MISSING),
        (without(3), PlanCheck.BOUNDARY_NOISE),
        (without(4), PlanCheck.SURROUNDINGS),
        (without(5), PlanCheck.GROUNDWATER),
        (with_line(0, rhythm=parse_rhythm("1/year")), PlanCheck.FREQUENCY),
        (with_line(0, method=""), PlanCheck.METHOD_MISSING),
        (with_line(0, method="HJ/T 57-2000"), PlanCheck.METHOD_NOT_IN_FORCE),
        (with_line(2, method="gb11914-89"), PlanCheck.METHOD_NOT_IN_FORCE),
        (with_line(1, automatic=False, rhythm=parse_rhythm("1/month"), method="HJ 693-2014"), PlanCheck.NOT_AUTOMATIC),
        (replace(GOOD, made_on=date(2025, 2, 28)), PlanCheck.OLDER_THAN_PERMIT),
        (replace(GOOD, channel="  "), PlanCheck.NO_CHANNEL),
        (None, PlanCheck.NO_PLAN),
    ],
)
def test_each_thing_that_is_wrong_is_exactly_one_gap(plan: MonitoringPlan | None, check: PlanCheck) -> None:
    [gap] = checked(plan).gaps
    assert gap.check is check


def test_every_row_of_the_check_is_one_of_them() -> None:
    assert {gap.check for plan in (None, *(without(n) for n in range(6))) for gap in checked(plan).gaps} <= set(
        PlanCheck
    )


def test_a_gap_says_what_is_required_and_what_is_planned() -> None:
    [gap] = checked(with_line(0, rhythm=parse_rhythm("1/year"))).gaps
    assert (gap.place, gap.parameter, gap.required, gap.planned) == ("DA001", "a21026", "1/quarter", "1/year")
    [gap] = checked(with_line(0, method="HJ/T 57-2000")).gaps
    assert gap.required == "HJ 57-2017"


def test_a_method_that_the_packs_do_not_know_is_for_a_person_to_look_at() -> None:
    report = checked(with_line(0, method="HJ 9999-2024"))
    assert report.gaps == ()
    assert [line.method for line in report.unsure] == ["HJ 9999-2024"]


def test_more_often_and_automatic_are_no_gap() -> None:
    assert checked(with_line(0, rhythm=parse_rhythm("1/week"))).gaps == ()
    assert checked(with_line(0, rhythm=AUTOMATIC, automatic=True, method="")).gaps == ()


def test_of_two_lines_for_one_thing_the_better_one_counts() -> None:
    rare = PlanLine(Scope.OUTLET, "DA001", "a21026", parse_rhythm("1/year"), "HJ 57-2017")
    assert checked(replace(GOOD, lines=(rare, *LINES))).gaps == ()


def test_a_line_must_name_what_the_permit_names() -> None:
    [gap] = checked(with_line(0, parameter="")).gaps
    assert (gap.check, gap.parameter) == (PlanCheck.LINE_MISSING, "a21026")


def test_where_the_permit_names_nothing_any_line_of_the_kind_will_do() -> None:
    assert checked(with_line(5, parameter="w21003")).gaps == ()


def test_an_enterprise_without_requirements_needs_no_plan() -> None:
    assert checked(None, ()).gaps == ()


@given(st.sets(st.integers(0, 5)), st.sets(st.sampled_from([0, 2, 3])), st.booleans(), st.booleans())
def test_faults_add_up_one_gap_each(missing: set[int], unnamed: set[int], old: bool, silent: bool) -> None:
    lines = tuple(
        replace(line, method="") if number in unnamed else line
        for number, line in enumerate(LINES)
        if number not in missing
    )
    plan = MonitoringPlan(date(2024, 1, 1) if old else GOOD.made_on, "" if silent else "官网", lines)

    report = checked(plan)

    assert len(report.gaps) == len(missing) + len(unnamed - missing) + old + silent
    assert len({gap.key for gap in report.gaps}) == len(report.gaps)
