from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.apps.city import account

from qingtian.apps.cases.forms import LONGEST_LIST, LONGEST_TEXT, checked_form
from qingtian.domain.errors import InvalidInput
from qingtian.domain.procedures import FieldSpec, FieldType
from qingtian.domain.procedures.template import Choice

SPECS = (
    FieldSpec("note", FieldType.TEXT, "备注", "Note"),
    FieldSpec("day", FieldType.DATE, "日期", "Day"),
    FieldSpec("kind", FieldType.CHOICE, "类别", "Kind", choices=(Choice("a", "甲", "A"), Choice("b", "乙", "B"))),
    FieldSpec("sure", FieldType.BOOLEAN, "确认", "Sure"),
    FieldSpec("lines", FieldType.LIST, "条目", "Lines"),
    FieldSpec("ticks", FieldType.CHECKLIST, "完成", "Ticks", options_from="lines"),
    FieldSpec("who", FieldType.USER, "人员", "Who"),
)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


def test_values_are_trimmed_and_blank_ones_left_out() -> None:
    given_ = {"note": "  x ", "day": "", "kind": None, "lines": [" a ", "", "a", "b"], "sure": False}
    assert checked_form(SPECS, given_, {}) == {"note": "x", "lines": ["a", "b"], "sure": False}


def test_ticks_refer_to_stored_or_new_lines() -> None:
    assert checked_form(SPECS, {"ticks": ["a"]}, {"lines": ["a", "b"]}) == {"ticks": ["a"]}
    assert checked_form(SPECS, {"ticks": ["c"], "lines": ["c"]}, {"lines": ["a"]})["ticks"] == ["c"]
    with pytest.raises(InvalidInput, match="not among lines"):
        checked_form(SPECS, {"ticks": ["a"]}, {})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("note", 1),
        ("note", "x" * (LONGEST_TEXT + 1)),
        ("note", ["x"]),
        ("day", "2025-02-30"),
        ("day", "20251"),
        ("kind", "c"),
        ("sure", "true"),
        ("sure", 1),
        ("lines", "a"),
        ("lines", [1]),
        ("lines", ["a"] * (LONGEST_LIST + 1)),
        ("other", "x"),
    ],
)
def test_wrong_values_name_their_field(name: str, value: object) -> None:
    with pytest.raises(InvalidInput) as error:
        checked_form(SPECS, {name: value}, {})
    assert error.value.field == name


@pytest.mark.django_db
def test_a_person_must_have_an_active_account() -> None:
    account("li")
    assert checked_form(SPECS, {"who": "li"}, {}) == {"who": "li"}
    with pytest.raises(InvalidInput, match="no active user wang"):
        checked_form(SPECS, {"who": "wang"}, {})


@given(st.dates())
def test_every_date_is_kept_in_iso_form(day: date) -> None:
    assert checked_form(SPECS, {"day": f" {day.isoformat()} "}, {}) == {"day": day.isoformat()}


@given(TEXT, st.lists(TEXT, max_size=8))
def test_a_checked_form_checks_again_to_itself(note: str, lines: list[str]) -> None:
    once = checked_form(SPECS, {"note": note, "lines": lines}, {})
    assert checked_form(SPECS, once, {}) == once
    assert all(line == line.strip() != "" for line in once.get("lines", []))
