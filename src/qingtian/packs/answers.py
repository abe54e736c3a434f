"""What a bulk question is read with and answered with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.numbers import exact

MISSING = frozenset({"", "-", "--", "—", "NA"})


class KindNotBuilt(InvalidInput):
    """A kind of question that this release cannot answer."""

    code = "kind_not_built"


@dataclass(frozen=True, slots=True)
class Answer:
    """A result in the shape of its kind, and the clause that it rests on."""

    result: Any
    clause: str


def needed(given: Mapping[str, Any], name: str) -> Any:
    """A part of the input that must be there; it may be null.

    Raises:
        InvalidInput: it is not there.
    """
    if name not in given:
        raise InvalidInput("is missing", field=name, remedy=f"give {name}")
    return given[name]


def text(given: Mapping[str, Any], name: str) -> str:
    """A part of the input that must be a text.

    Raises:
        InvalidInput: it is not there, or no text.
    """
    value = needed(given, name)
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"{value!r} is no text", field=name, remedy=f"give {name} as text")
    return value


def concentration(value: object, field: str) -> Decimal | None:
    """A value, or None for one of the ways to say that there is none.

    Raises:
        InvalidInput: no number.
    """
    if value is None or (isinstance(value, str) and value.strip() in MISSING):
        return None
    return exact(value, field=field)


def series(given: Mapping[str, Any], name: str) -> list[Decimal]:
    """A part of the input that must be a list of numbers.

    Raises:
        InvalidInput: it is not there, no list, or one of them is no number.
    """
    values = needed(given, name)
    if not isinstance(values, list):
        raise InvalidInput("is no list", field=name, remedy="give a list of numbers")
    return [exact(value, field=f"{name}.{number}") for number, value in enumerate(values)]


def day(given: Mapping[str, Any]) -> date | None:
    """The date of the data, where the input has one.

    Raises:
        InvalidInput: it is no date.
    """
    if "date" not in given:
        return None
    written = text(given, "date")
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise InvalidInput(f"{written!r} is no date", field="date", remedy="give YYYY-MM-DD") from error
