"""Checks of the fields that come with a step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.models import User
from qingtian.apps.cases.handover import organisation
from qingtian.apps.cases.models import Case
from qingtian.domain.errors import InvalidInput
from qingtian.domain.evidence import canonical_json
from qingtian.domain.procedures import FieldSpec, FieldType

LONGEST_TEXT = 10_000  # characters
LONGEST_LIST = 100  # lines
LONGEST_NUMBER = 40  # characters


def checked_form(
    specs: tuple[FieldSpec, ...], given: Mapping[str, Any], stored: Mapping[str, Any], actor: Actor | None = None
) -> dict[str, Any]:
    """The fields of a form, each checked by its type; blank ones are left out.

    Args:
        specs: the form.
        given: what was sent.
        stored: fields of the case, for checklists.
        actor: whoever fills it in; another case that it names must be visible to them.
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
    values = {name: _checked(known[name], value, {**stored, **given}, actor) for name, value in given.items()}
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def _checked(spec: FieldSpec, value: Any, known: Mapping[str, Any], actor: Actor | None) -> Any:
    if value is None:
        return None
    match spec.type:
        case FieldType.LIST | FieldType.CHECKLIST | FieldType.CHOICES | FieldType.USERS:
            return _lines(spec, value, known)
        case FieldType.BOOLEAN:
            return value if isinstance(value, bool) else _refuse(spec, "must be true or false")
        case FieldType.DECIMAL:
            return _decimal(spec, value)
        case _:
            return _text(spec, value, actor)


def _text(spec: FieldSpec, value: Any, actor: Actor | None) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        _refuse(spec, f"must be text of at most {LONGEST_TEXT} characters")
    text = str(value).strip()
    if text:
        _fits(spec, text, actor)
    return text


def _fits(spec: FieldSpec, text: str, actor: Actor | None) -> None:
    match spec.type:
        case FieldType.DATE:
            try:
                if date.fromisoformat(text).isoformat() != text:
                    raise ValueError(text)
            except ValueError:
                _refuse(spec, "must be a date like 2025-12-31")
        case FieldType.CHOICE if text not in {one.value for one in spec.choices}:
            _refuse(spec, f"must be one of {', '.join(one.value for one in spec.choices)}")
        case FieldType.USER if not _users([text]):
            _refuse(spec, f"there is no active user {text}")
        case FieldType.ORG:
            organisation(text)
        case FieldType.CASE:
            cases = Case.objects.all() if actor is None else Case.objects.visible_to(actor)
            if not cases.filter(number=text).exists():
                _refuse(spec, f"there is no case {text}")


def _decimal(spec: FieldSpec, value: Any) -> str:
    try:
        number = Decimal(str(value).strip()) if isinstance(value, str | int) and not isinstance(value, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or number < 0 or len(str(value)) > LONGEST_NUMBER:
        _refuse(spec, "must be a number that is not negative, as text like 1234.50")
    return format(number, "f")


def _lines(spec: FieldSpec, value: Any, known: Mapping[str, Any]) -> list[str]:
    if not isinstance(value, list) or len(value) > LONGEST_LIST or not all(isinstance(one, str) for one in value):
        _refuse(spec, f"must be a list of at most {LONGEST_LIST} lines of text")
    lines = list(dict.fromkeys(line.strip() for line in value if line.strip()))
    if spec.type is FieldType.CHECKLIST:
        options = known.get(spec.options_from) or []
        if foreign := [line for line in lines if line not in options]:
            _refuse(spec, f"not among {spec.options_from}: {'; '.join(foreign)}")
    if spec.type is FieldType.CHOICES:
        choices = [one.value for one in spec.choices]
        if foreign := [line for line in lines if line not in choices]:
            _refuse(spec, f"not among {', '.join(choices)}: {'; '.join(foreign)}")
    if spec.type is FieldType.USERS and (foreign := sorted(set(lines) - _users(lines))):
        _refuse(spec, f"there is no active user {', '.join(foreign)}")
    return lines


def _users(names: list[str]) -> set[str]:
    return set(User.objects.filter(username__in=names, is_active=True).values_list("username", flat=True))


def _refuse(spec: FieldSpec, reason: str) -> Any:
    raise InvalidInput(reason, field=spec.name, remedy=f"mend the field {spec.label_en}")
