"""What is filled in when a duty is done, checked against the fields of its template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from qingtian.domain.errors import InvalidInput
from qingtian.domain.obligations import FormField, ObligationTemplate
from qingtian.domain.standards.numbers import exact, plain
from qingtian.runtime.clock import SHANGHAI

LONGEST_TEXT = 2000
MOST_PERSONS = 5000
LONGEST_PERSON = 64


def checked_fields(template: ObligationTemplate, given: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """The fields of a proof as they are kept.

    Raises:
        InvalidInput: an unknown field, one that is missing, or one of the wrong kind, by name.
    """
    known = {one.name: one for one in template.proof.fields}
    for name in given:
        if name not in known:
            remedy = f"use {', '.join(known)}" if known else "this duty has no fields"
            raise InvalidInput(f"{template.code} has no field {name}", field=f"fields.{name}", remedy=remedy)
    kept: dict[str, Any] = {}
    for name, one in known.items():
        value = given.get(name)
        if value in (None, "", []):
            if one.required:
                raise InvalidInput(f"{one.label_en} is missing", field=f"fields.{name}", remedy="fill it in")
            continue
        kept[name] = KINDS[one.kind](one, value, at)
    return kept


def _text(one: FormField, value: Any, at: datetime) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise _wrong(one, f"give a text of at most {LONGEST_TEXT} characters")
    return value.strip()


def _number(one: FormField, value: Any, at: datetime) -> str:
    found = exact(value, field=f"fields.{one.name}")
    if found < 0:
        raise _wrong(one, "give a number from 0")
    return plain(found)


def _date(one: FormField, value: Any, at: datetime) -> str:
    try:
        found = date.fromisoformat(str(value))
    except ValueError as error:
        raise _wrong(one, "give YYYY-MM-DD") from error
    if found > at.astimezone(SHANGHAI).date():
        raise _wrong(one, "give a day that is not in the future")
    return found.isoformat()


def _moment(one: FormField, value: Any, at: datetime) -> str:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise _wrong(one, "give a time such as 2025-11-24T10:30:00+08:00") from error
    if found.tzinfo is None or found > at:
        raise _wrong(one, "give a time with its offset that is not in the future")
    return found.astimezone(SHANGHAI).isoformat(timespec="seconds")


def _persons(one: FormField, value: Any, at: datetime) -> list[str]:
    fits = isinstance(value, list | tuple) and len(value) <= MOST_PERSONS
    names = [str(person).strip() for person in value] if fits else []
    if not fits or any(not name or len(name) > LONGEST_PERSON for name in names):
        raise _wrong(one, f"give a list of at most {MOST_PERSONS} staff numbers or names")
    if len(set(names)) != len(names):
        raise _wrong(one, "name each person once")
    return names


def _url(one: FormField, value: Any, at: datetime) -> str:
    text = _text(one, value, at)
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise _wrong(one, "give an address that begins with https:// or http://")
    return text


KINDS: Mapping[str, Callable[[FormField, Any, datetime], Any]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "moment": _moment,
    "persons": _persons,
    "url": _url,
}


def told_in_journal(template: ObligationTemplate, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as the journal may hold them: of lists of persons only their number."""
    private = {one.name for one in template.proof.fields if one.kind == "persons"}
    return {name: len(value) if name in private else value for name, value in fields.items()}


def _wrong(one: FormField, remedy: str) -> InvalidInput:
    return InvalidInput(f"{one.label_en} is no {one.kind}", field=f"fields.{one.name}", remedy=remedy)
