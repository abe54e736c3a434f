"""Written records as evidence: which fields a kind has, and the check of what was filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.numbers import exact
from qingtian.domain.standards.provenance import RuleRow

LONGEST_TEXT = 4000  # characters


class RecordType(StrEnum):
    """What a field of a record takes."""

    TEXT = "text"
    DATE = "date"
    MOMENT = "moment"  # with an offset
    DECIMAL = "decimal"
    CHOICE = "choice"
    POSITION = "position"  # of an earlier item of the same chain
    HASH = "hash"  # SHA-256, hex


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordField(RuleRow):
    """A field of a kind of record.

    Args:
        kind: kind of evidence.
        field: name in the record.
        choices: words that a choice takes.
    """

    kind: str
    field: str
    type: RecordType
    required: bool
    label_zh: str
    label_en: str
    choices: tuple[str, ...] = ()


def checked_record(fields: Sequence[RecordField], given: Mapping[str, Any]) -> dict[str, Any]:
    """A record with every field checked by its type; blank ones are left out.

    Raises:
        InvalidInput: a field that the kind does not have, one that is missing, or a wrong value; names the field.
    """
    known = {one.field: one for one in fields}
    if foreign := sorted(set(given) - set(known)):
        raise InvalidInput(
            f"such a record has no field {foreign[0]}", field=foreign[0], remedy=f"fields: {', '.join(known)}"
        )
    found = {one.field: _checked(one, given.get(one.field)) for one in fields}
    return {name: value for name, value in found.items() if value is not None}


def _checked(spec: RecordField, value: Any) -> Any:
    value = value.strip() if isinstance(value, str) else value
    if value is None or value == "":
        if spec.required:
            raise InvalidInput(f"{spec.label_en} is missing", field=spec.field, remedy="fill it in")
        return None
    if spec.type is RecordType.POSITION:
        return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else _refuse(spec)
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        return _refuse(spec)
    return _READERS[spec.type](spec, value)


def _text(_: RecordField, value: str) -> str:
    return value


def _date(spec: RecordField, value: str) -> Any:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        return _refuse(spec)


def _moment(spec: RecordField, value: str) -> Any:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return _refuse(spec)
    return moment.isoformat() if moment.tzinfo is not None else _refuse(spec)


def _decimal(spec: RecordField, value: str) -> Decimal:
    return exact(value, field=spec.field)


def _choice(spec: RecordField, value: str) -> Any:
    return value if value in spec.choices else _refuse(spec)


def _hash(spec: RecordField, value: str) -> Any:
    whole = len(value) == 64 and set(value) <= set("0123456789abcdef")
    return value if whole else _refuse(spec)


_WANTED = {
    RecordType.TEXT: f"text of at most {LONGEST_TEXT} characters",
    RecordType.DATE: "a date like 2025-12-31",
    RecordType.MOMENT: "a time with an offset like 2025-12-31T08:00:00+08:00",
    RecordType.DECIMAL: "a number as text",
    RecordType.POSITION: "the position of an item",
    RecordType.HASH: "a SHA-256 of 64 hex digits",
}


def _refuse(spec: RecordField) -> Any:
    wanted = _WANTED.get(spec.type) or f"one of {', '.join(spec.choices)}"
    raise InvalidInput(f"{spec.label_en} must be {wanted}", field=spec.field, remedy="mend it")


_READERS = {
    RecordType.TEXT: _text,
    RecordType.DATE: _date,
    RecordType.MOMENT: _moment,
    RecordType.DECIMAL: _decimal,
    RecordType.CHOICE: _choice,
    RecordType.HASH: _hash,
}
