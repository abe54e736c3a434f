"""What is looked at on a visit, and whether the answers are whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.numbers import exact
from qingtian.domain.standards.provenance import RuleRow

ANY = "*"
YES, NO, NOT_APPLICABLE = "yes", "no", "na"
LONGEST = 2000  # characters of one answer or note


class AnswerKind(StrEnum):
    """What an item asks for."""

    YES_NO = "yes_no"  # yes, no, or na: does not apply here
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist(RuleRow):
    """A list of things to look at.

    Args:
        templates, object_types, kinds: procedures, types of object, kinds of finding that it is for; `*` any.
        inspectors: how many inspectors with cards a visit by it needs.
    """

    checklist: str
    label_zh: str
    label_en: str
    templates: tuple[str, ...]
    object_types: tuple[str, ...]
    kinds: tuple[str, ...]
    inspectors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckItem(RuleRow):
    """One line of a checklist.

    Args:
        unit: of a number.
        problem_on: the answer that is a problem; empty where none is.
        photo_on_problem: whether a problem needs a picture of it.
    """

    checklist: str
    item: str
    text_zh: str
    text_en: str
    answer: AnswerKind
    unit: str = ""
    problem_on: str = ""
    photo_on_problem: bool = False
    required: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found on one line.

    Args:
        item: code of the line.
        note: what was seen, in words.
        problem: whether it is a problem.
    """

    item: str
    value: str
    note: str = ""
    problem: bool = False


def fitting(lists: Iterable[Checklist], *, template: str, object_type: str, kind: str) -> tuple[Checklist, ...]:
    """The checklists for a visit, in the order of the pack.

    Args:
        template: code of the procedure.
        object_type: type of what is visited, or empty.
        kind: kind of the finding that the case arises from, or empty.
    """
    return tuple(
        one
        for one in lists
        if _meets(one.templates, template) and _meets(one.object_types, object_type) and _meets(one.kinds, kind)
    )


def checked_answers(
    items: Sequence[CheckItem], given: Mapping[str, Mapping[str, Any]], *, pictured: Collection[str]
) -> tuple[Answer, ...]:
    """The answers in the order of the list, each checked by its kind; lines that may be left out may be missing.

    Args:
        given: by code of the line: `value` and `note`.
        pictured: lines of which there is a picture, a video or a sound.
    Raises:
        InvalidInput: a line that is not on the list, one without an answer, a wrong value, a problem without words
            or without a picture; names the line.
    """
    known = {one.item for one in items}
    if foreign := sorted(set(given) - known):
        raise InvalidInput(
            f"the checklist has no line {foreign[0]}", field=f"answers.{foreign[0]}", remedy="take the list along again"
        )
    found = (_checked(one, given.get(one.item, {}), pictured) for one in items)
    return tuple(one for one in found if one is not None)


def _checked(item: CheckItem, given: Mapping[str, Any], pictured: Collection[str]) -> Answer | None:
    value, note = _words(item, given, "value"), _words(item, given, "note")
    if not value:
        if item.required:
            raise InvalidInput(f"{item.text_en}: no answer", field=f"answers.{item.item}", remedy="answer this line")
        return Answer(item.item, "", note) if note else None
    problem = bool(item.problem_on) and _value(item, value) == item.problem_on
    if problem and not note:
        raise InvalidInput(
            f"{item.text_en}: the problem is not described", field=f"answers.{item.item}", remedy="say what was seen"
        )
    if problem and item.photo_on_problem and item.item not in pictured:
        raise InvalidInput(
            f"{item.text_en}: there is no picture of the problem", field=f"answers.{item.item}", remedy="take one"
        )
    return Answer(item.item, _value(item, value), note, problem)


def _words(item: CheckItem, given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST:
        raise InvalidInput(
            f"{name} is a text of at most {LONGEST} characters",
            field=f"answers.{item.item}.{name}",
            remedy="shorten it",
        )
    return value.strip()


def _value(item: CheckItem, value: str) -> str:
    field = f"answers.{item.item}"
    match item.answer:
        case AnswerKind.YES_NO:
            if value not in (YES, NO, NOT_APPLICABLE):
                raise InvalidInput(f"{value} is no answer", field=field, remedy="yes, no or na")
        case AnswerKind.NUMBER:
            number: Decimal = exact(value, field=field)
            return str(number)
        case AnswerKind.DATE:
            try:
                date.fromisoformat(value)
            except ValueError as error:
                raise InvalidInput(f"{value} is no date", field=field, remedy="write YYYY-MM-DD") from error
        case AnswerKind.TEXT:
            pass
    return value


def _meets(wanted: tuple[str, ...], value: str) -> bool:
    return ANY in wanted or value in wanted
