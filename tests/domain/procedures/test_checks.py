"""Checks behind guards: what holds, and what a refusal says in Chinese and English."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.procedures.test_engine import test_what_each_check_says as older

from qingtian.domain.procedures import CHECKS, Guard, unmet_guard
from qingtian.domain.procedures.guards import facts_of

TODAY = date(2026, 3, 2)
CARDS = [{"username": "li", "card": "WH-1"}, {"username": "wang", "card": "WH-2"}, {"username": "zhao", "card": ""}]
LIMIT = {"to": "found", "years": 2, "longer": "harm", "longer_years": 5}
STAGE = {"since": "opened_on", "by": "stage", "months": {"short": 6, "middle": 24, "else": 6}}
LINES: list[tuple[str, dict[str, Any], dict[str, Any], tuple[str, str] | None]] = [
    ("blank", {}, {}, None),
    ("blank", {}, {"fact": "x"}, ("已有fact", "fact is given already")),
    ("one_of", {"values": ["passed"]}, {"fact": "passed"}, None),
    ("one_of", {"values": ["passed"]}, {}, ("fact应为：passed", "fact must be: passed")),
    ("one_of", {"values": ["yes"]}, {"fact": True}, None),
    ("checklist_all", {"all": ["a", "b"]}, {"fact": ["b", "a"]}, None),
    ("checklist_all", {"all": ["a", "b"]}, {"fact": ["a"]}, ("未勾选：b", "not ticked: b")),
    ("date_open", {}, {"fact": TODAY}, None),
    ("date_open", {}, {"fact": date(2026, 3, 1)}, ("已于2026-03-01届满", "ended on 2026-03-01")),
    ("date_open", {}, {}, ("期限尚未起算", "fact has not begun")),
    ("at_most", {"below": 1}, {}, None),
    ("at_most", {"below": 1}, {"fact": 1}, ("已有1次，至多1次", "1 already, at most 1")),
    ("at_least", {"reach": 3}, {"fact": 3}, None),
    ("at_least", {"reach": 3}, {"fact": 2}, ("2次，需3次", "2 of 3")),
    ("none_open", {}, {"fact": 0}, None),
    ("none_open", {}, {"fact": 2}, ("2项尚未完成", "2 still open")),
    ("none_open", {"total": "all"}, {"fact": 0}, ("尚未建立任何一项", "there is none yet")),
    ("none_open", {"total": "all"}, {"fact": 0, "all": 4}, None),
    ("other_person", {}, {"fact": "li", "actor": "wang"}, None),
    ("other_person", {}, {"fact": "li", "actor": "li"}, ("li即fact，须由他人办理", "li is fact: somebody else must")),
    (
        "other_person",
        {"also": ["crew"]},
        {"crew": ["li", "wang"], "actor": "wang"},
        ("wang即crew，须由他人办理", "wang is crew: somebody else must"),
    ),
    ("carded_people", {"least": 2}, {"people.fact": CARDS[:2]}, None),
    (
        "carded_people",
        {"least": 2},
        {"people.fact": CARDS[1:]},
        ("持证执法人员1/2人；无证：zhao", "1 of 2 inspectors with a card; without one: zhao"),
    ),
    ("carded_people", {"least": 2}, {"people.fact": CARDS[:1]}, ("持证执法人员1/2人", "1 of 2 inspectors with a card")),
    ("acts_for", {}, {"fact": "B", "actor_orgs": ["B"]}, None),
    ("acts_for", {}, {"fact": "B", "actor_orgs": ["*"]}, None),
    ("acts_for", {}, {"fact": "B", "actor_orgs": ["A"]}, ("须由B办理", "only B may")),
    ("acts_for", {}, {"actor_orgs": ["*"]}, ("须由被移交单位办理", "only the asked organisation may")),
    ("not_lapsed", LIMIT, {"fact": "2024-03-02", "found": "2026-03-02"}, None),
    (
        "not_lapsed",
        LIMIT,
        {"fact": "2024-03-01", "found": "2026-03-02"},
        ("时效已于2026-03-01届满", "the time limit ended on 2026-03-01"),
    ),
    ("not_lapsed", LIMIT, {"fact": "2022-03-01", "found": "2026-03-02", "harm": "yes"}, None),
    ("not_lapsed", LIMIT, {"found": "2026-03-02"}, ("缺少fact", "fact is missing")),
    ("not_later", STAGE, {"fact": "2026-09-02", "opened_on": TODAY}, None),
    (
        "not_later",
        STAGE,
        {"fact": "2026-09-03", "opened_on": TODAY},
        ("不得晚于2026-09-02", "not later than 2026-09-02"),
    ),
    ("not_later", STAGE, {"fact": "2027-09-03", "opened_on": TODAY, "stage": "middle"}, None),
    ("not_later", STAGE, {}, None),
    ("other_case_lacks", {"mark": "final_at"}, {}, None),
    ("other_case_lacks", {"mark": "final_at"}, {"fact": "C-1", "case.fact": {}}, None),
    (
        "other_case_lacks",
        {"mark": "final_at"},
        {"fact": "C-1", "case.fact": {"final_at": "2026-01-01"}},
        ("C-1已终结", "C-1 is final"),
    ),
]


@pytest.mark.parametrize(("check", "params", "facts", "told"), LINES)
def test_what_a_check_says(
    check: str, params: dict[str, Any], facts: dict[str, Any], told: tuple[str, str] | None
) -> None:
    found = CHECKS[check](Guard("g", check, "fact", "守", "Guard", params=params), {"today": TODAY} | facts)
    if told is None or found is None:
        assert found == told
    else:
        assert (found[0].startswith(told[0]), found[1].startswith(told[1])) == (True, True), found


def test_every_check_is_tried() -> None:
    before = {line[0] for line in older.pytestmark[0].args[1]}  # type: ignore[attr-defined]
    assert {line[0] for line in LINES} | before == set(CHECKS) - {"auto_data_admissible"}  # tests of its own


def test_a_guard_speaks_in_the_words_of_the_form() -> None:
    guard = Guard("g", "filled", "why", "守", "Guard", names={"why": ("原因", "Reason")})
    unmet = unmet_guard(guard, {})
    assert unmet is not None
    assert (unmet.detail_zh, unmet.detail) == ("缺少原因", "Reason is missing")


@pytest.mark.parametrize(("heavy", "asked"), [(True, True), (False, False), (None, False), ("yes", True)])
def test_a_guard_with_a_condition_is_asked_only_then(heavy: object, asked: bool) -> None:
    guard = Guard("g", "filled", "review", "守", "Guard", when_fact="heavy", when_values=("yes",))
    assert (unmet_guard(guard, {"heavy": heavy}) is not None) is asked


def test_all_facts_of_a_guard_are_known() -> None:
    guard = Guard("g", "not_later", "due", "守", "G", params=STAGE, when_fact="x", when_values=("1",))
    assert facts_of(guard) == ("due", "opened_on", "stage", "x")


@given(st.dates(date(2000, 1, 1), date(2050, 1, 1)), st.integers(0, 4000))
def test_a_time_limit_never_ends_before_a_shorter_one(first: date, days: int) -> None:
    found = date.fromordinal(first.toordinal() + days)
    facts = {"fact": first, "found": found, "today": found}
    guard = Guard("g", "not_lapsed", "fact", "守", "G", params=LIMIT)
    if unmet_guard(guard, facts) is None:
        assert unmet_guard(guard, facts | {"harm": "yes"}) is None
