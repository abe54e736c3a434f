"""Answers of a checklist, signatures, the clock of a phone, distances."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from qingtian.domain.errors import InvalidInput
from qingtian.domain.fieldwork import (
    PARTY,
    AnswerKind,
    CheckItem,
    Checklist,
    Signing,
    check_signing,
    checked_answers,
    fitting,
    metres_between,
    true_time,
)

ROW: dict[str, Any] = {
    "standard": "S",
    "clause": "1",
    "source": "test",
    "valid_from": date(2020, 1, 1),
    "confidence": "decision of this project",
}
TEN = datetime(2025, 11, 24, 10, tzinfo=ZoneInfo("Asia/Shanghai"))


def item(code: str, **more: Any) -> CheckItem:
    fields: dict[str, Any] = {"row_id": f"r.{code}", "checklist": "general", "item": code, "text_zh": code}
    return CheckItem(**(ROW | fields | {"text_en": code, "answer": AnswerKind.YES_NO} | more))


def listed(code: str, templates: str = "*", types: str = "*", kinds: str = "*") -> Checklist:
    return Checklist(
        **ROW,
        row_id=f"l.{code}",
        checklist=code,
        label_zh=code,
        label_en=code,
        templates=tuple(templates.split()),
        object_types=tuple(types.split()),
        kinds=tuple(kinds.split()),
        inspectors=2,
    )


BYPASS = item("bypass", problem_on="yes", photo_on_problem=True)
READING = item("reading", answer=AnswerKind.NUMBER, unit="mg/m3", required=False)


def answers(given: dict[str, dict[str, str]], *items: CheckItem, pictured: set[str] | None = None) -> list[Any]:
    found = checked_answers(items or (BYPASS, READING), given, pictured=pictured or set())
    return [(one.item, one.value, one.note, one.problem) for one in found]


def test_answers_come_in_the_order_of_the_list_and_say_what_is_a_problem() -> None:
    given = {"reading": {"value": "12.50"}, "bypass": {"value": "yes", "note": "阀门常开"}}
    assert answers(given, pictured={"bypass"}) == [
        ("bypass", "yes", "阀门常开", True),
        ("reading", "12.50", "", False),
    ]
    assert answers({"bypass": {"value": "na"}}) == [("bypass", "na", "", False)]


@pytest.mark.parametrize(
    ("given", "pictured", "field"),
    [
        ({}, set(), "answers.bypass"),
        ({"bypass": {"value": "maybe"}}, set(), "answers.bypass"),
        ({"bypass": {"value": "yes"}}, {"bypass"}, "answers.bypass"),  # not in words
        ({"bypass": {"value": "yes", "note": "见"}}, {"reading"}, "answers.bypass"),  # no picture of it
        ({"bypass": {"value": "no"}, "reading": {"value": "much"}}, set(), "answers.reading"),
        ({"bypass": {"value": "no"}, "other": {"value": "no"}}, set(), "answers.other"),
        ({"bypass": {"value": "no", "note": "x" * 2001}}, set(), "answers.bypass.note"),
    ],
)
def test_an_answer_that_is_missing_or_wrong_is_refused_by_its_line(
    given: dict[str, dict[str, str]], pictured: set[str], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        answers(given, pictured=pictured)
    assert refused.value.field == field
    assert refused.value.remedy


def test_a_date_is_a_date() -> None:
    when = item("calibrated_on", answer=AnswerKind.DATE)
    assert answers({"calibrated_on": {"value": "2025-11-01"}}, when)[0][1] == "2025-11-01"
    with pytest.raises(InvalidInput, match="no date"):
        answers({"calibrated_on": {"value": "November"}}, when)


def test_a_list_fits_by_procedure_type_and_kind() -> None:
    lists = (listed("general"), listed("monitor", types="outlet device", kinds="frozen_value"), listed("t3", "T3"))
    codes = lambda **more: [one.checklist for one in fitting(lists, **more)]  # noqa: E731
    assert codes(template="T8C", object_type="outlet", kind="frozen_value") == ["general", "monitor"]
    assert codes(template="T3", object_type="outlet", kind="") == ["general", "t3"]
    assert codes(template="T8C", object_type="", kind="") == ["general"]


SIGNED = Signing(inspectors={"a": "C1", "b": "C2"}, signed=("a", "b", PARTY))


def test_two_inspectors_with_cards_and_all_signatures_are_enough() -> None:
    check_signing(SIGNED, least=2)
    check_signing(replace(SIGNED, signed=("a", "b"), unsigned_reason="当事人拒绝签字"), least=2)


@pytest.mark.parametrize(
    ("signing", "field"),
    [
        (Signing(inspectors={"a": "C1"}, signed=("a", PARTY)), "inspectors"),
        (Signing(inspectors={"a": "C1", "b": ""}, signed=("a", "b", PARTY)), "inspectors"),
        (replace(SIGNED, signed=("a", PARTY)), "signatures"),
        (replace(SIGNED, signed=("a", "b"), unsigned_reason=" "), "unsigned_reason"),
    ],
)
def test_a_record_lacking_a_person_or_a_signature_is_refused(signing: Signing, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_signing(signing, least=2)
    assert refused.value.field == field


def test_the_error_of_a_clock_is_taken_off_whatever_it_told() -> None:
    behind = true_time(TEN - timedelta(minutes=50), TEN - timedelta(minutes=20), TEN)
    assert (behind.at, behind.offset) == (TEN - timedelta(minutes=30), timedelta(minutes=20))
    ahead = true_time(TEN + timedelta(hours=2), TEN + timedelta(hours=3), TEN)
    assert (ahead.at, ahead.offset) == (TEN - timedelta(hours=1), timedelta(hours=-3))


def test_nothing_is_taken_after_it_was_sent() -> None:
    with pytest.raises(InvalidInput, match="after it was sent"):
        true_time(TEN + timedelta(seconds=1), TEN, TEN)


@pytest.mark.parametrize(
    ("here", "there", "metres"),
    [
        ((114.3, 30.6), (114.3, 30.6), 0),
        ((114.3, 30.6), (114.305438, 30.597584), 586),  # the offset of GCJ-02 in Wuhan (ui guide, section 8)
        ((114.3, 30.6), (114.312024, 30.603254), 1208),  # of BD-09
        ((179.9, 0.0), (-179.9, 0.0), 22239),  # across the date line
    ],
)
def test_distances_are_those_of_known_pairs(here: tuple[float, float], there: tuple[float, float], metres: int) -> None:
    assert metres_between(*here, *there) == pytest.approx(metres, abs=2)
    assert metres_between(*there, *here) == metres_between(*here, *there)
