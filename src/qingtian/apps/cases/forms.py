"""Checks of the fields that come with a step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from qingtian.apps.accounts.models import User
from qingtian.domain.errors import InvalidInput
from qingtian.domain.evidence import canonical_json
from qingtian.domain.procedures import FieldSpec, FieldType

LONGEST_TEXT = 10_000  # characters
LONGEST_LIST = 100  # lines


def checked_form(specs: tuple[FieldSpec, ...], given: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a form, each checked by its type; blank ones are left out.

    Args:
        specs: the form.
        given: what was sent.
        stored: fields of the case, for checklists.
    Raises:
        InvalidInput: for a field that the form does not have, or a value of the wrong type.
    """
    canonical_json(given)
    known = {spec.name: spec for spec in specs}
    if foreign := sorted(set(given) - set(known)):
        raise InvalidInput(
            f"this step has no field {', '.join(foreign)}",
            field=foreign[0],
            remedy=f"fields: {', '.join(known) or 'none'}",
        )
    values = {name: _checked(known[name], value, {**stored, **given}) for name, value in given.items()}
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def _checked(spec: FieldSpec, value: Any, known: Mapping[str, Any]) -> Any:
    if value is None:
        return None
    match spec.type:
        case FieldType.LIST | FieldType.CHECKLIST:
            return _lines(spec, value, known)
        case FieldType.BOOLEAN:
            return value if isinstance(value, bool) else _refuse(spec, "must be true or false")
        case _:
            return _text(spec, value)


def _text(spec: FieldSpec, value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        _refuse(spec, f"must be text of at most {LONGEST_TEXT} characters")
    text = str(value).strip()
    if text and spec.type is FieldType.DATE:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            _refuse(spec, "must be a date like 2025-12-31")
    if text and spec.type is FieldType.CHOICE and text not in {one.value for one in spec.choices}:
        _refuse(spec, f"must be one of {', '.join(one.value for one in spec.choices)}")
    if text and spec.type is FieldType.USER and not User.objects.filter(username=text, is_active=True).exists():
        _refuse(spec, f"there is no active user {text}")
    return text


def _lines(spec: FieldSpec, value: Any, known: Mapping[str, Any]) -> list[str]:
    if not isinstance(value, list) or len(value) > LONGEST_LIST or not all(isinstance(one, str) for one in value):
        _refuse(spec, f"must be a list of at most {LONGEST_LIST} lines of text")
    lines = list(dict.fromkeys(line.strip() for line in value if line.strip()))
    if spec.type is FieldType.CHECKLIST:
        options = known.get(spec.options_from) or []
        if foreign := [line for line in lines if line not in options]:
            _refuse(spec, f"not among {spec.options_from}: {'; '.join(foreign)}")
    return lines


def _refuse(spec: FieldSpec, reason: str) -> Any:
    raise InvalidInput(reason, field=spec.name, remedy=f"mend the field {spec.label_en}")
