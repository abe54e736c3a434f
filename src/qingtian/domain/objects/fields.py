"""Values of the fields of an object: read from a cell of a file, checked against the row of the pack."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as made
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from qingtian.domain.errors import InvalidInput
from qingtian.domain.objects.credit_code import check_credit_code
from qingtian.domain.objects.types import FieldKind, ObjectField

LIST_MARKS = re.compile(r"[;；、\n]")
DAY_FORM = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(?::00)?)?")
FLAGS: Mapping[str, bool] = {
    **dict.fromkeys(("是", "有", "yes", "y", "true", "1", "√"), True),
    **dict.fromkeys(("否", "无", "no", "n", "false", "0", "×"), False),
}


class FaultCode(StrEnum):
    """What can be wrong with a value."""

    MISSING = "missing"
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    NOT_A_DAY = "not_a_day"
    NOT_A_CHOICE = "not_a_choice"
    NOT_A_FLAG = "not_a_flag"
    NOT_A_LIST = "not_a_list"
    NOT_TEXT = "not_text"
    WRONG_FORM = "wrong_form"
    WRONG_CREDIT_CODE = "wrong_credit_code"
    UNKNOWN = "unknown"  # names an object that is not registered
    TAKEN = "taken"  # another object carries it
    TWICE = "twice"  # the same file has it in another row
    NOT_PERMITTED = "not_permitted"
    BROKEN_RULE = "broken_rule"  # the rule of the type; the reason says which


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong value.

    Args:
        field: name of the field.
        code: what is wrong.
        value: as given.
        reason: one English sentence.
        remedy: what to give instead.
        params: figures for the translated sentence.
    """

    field: str
    code: FaultCode
    value: str
    reason: str
    remedy: str
    params: Mapping[str, str] = made(default_factory=dict)

    def as_error(self) -> InvalidInput:
        """The fault as the error of a write."""
        return InvalidInput(
            self.reason, field=f"attributes.{self.field}", remedy=self.remedy, fault=self.code.value, **self.params
        )


class FieldFault(Exception):
    """A cell that cannot be read as its field."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


def read_cell(spec: ObjectField, text: str) -> Any:
    """The value that a cell of a file gives, in the form in which the register keeps it.

    Full-width characters count as their plain ones; a choice may be given by value or by either label.

    Args:
        text: what stands in the cell; blank gives None.
    Returns:
        Text, int, bool, a list of texts, an ISO date or a decimal as text; None for a blank cell.
    Raises:
        FieldFault: it is none of what the field takes.

    >>> from datetime import date
    >>> row = dict(row_id="r", standard="S", clause="1", source="", valid_from=date(2020, 1, 1), confidence="memory")
    >>> area = ObjectField(**row, type="t", name="area", order=1, label_zh="", label_en="", kind=FieldKind.DECIMAL)
    >>> read_cell(area, " １４９．５０ ")
    '149.50'
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        return None
    value = _READERS[spec.kind](spec, plain)
    for fault in _faults_of(spec, value):
        raise FieldFault(fault)
    return value


def check_fields(specs: Iterable[ObjectField], attributes: Mapping[str, Any]) -> list[Fault]:
    """Everything that is wrong with the attributes of an object; fields that no row names are free.

    Args:
        specs: the fields of its type.
        attributes: as the register would keep them.
    """
    return [fault for spec in specs for fault in _faults_of(spec, attributes.get(spec.name))]


def _faults_of(spec: ObjectField, value: Any) -> Iterator[Fault]:
    if value in (None, "", []):
        if spec.required:
            yield _fault(spec, FaultCode.MISSING, "", "is needed", _wanted(spec))
        return
    yield from _CHECKS[spec.kind](spec, value)


def _fault(spec: ObjectField, code: FaultCode, value: Any, reason: str, remedy: str, **params: str) -> Fault:
    shown = value if isinstance(value, str) else repr(value)
    words = f"{spec.label_en} {reason}" if code is FaultCode.MISSING else f"{spec.label_en} {shown[:60]!r} {reason}"
    return Fault(spec.name, code, shown, words, remedy, params)


def _wanted(spec: ObjectField) -> str:
    if spec.kind is FieldKind.CHOICE:
        return f"one of {', '.join(one.value for one in spec.choices)}"
    forms = {
        FieldKind.DATE: "a day such as 2026-03-02",
        FieldKind.INTEGER: "a whole number",
        FieldKind.DECIMAL: "a number",
        FieldKind.FLAG: "yes or no",
        FieldKind.LIST: "a list",
    }
    return f"give {forms.get(spec.kind, 'a text')}" + (f" in {spec.unit}" if spec.unit else "")


# -- reading ----------------------------------------------------------------------------------------------------------


def _read_text(spec: ObjectField, text: str) -> str:
    return text


def _read_code(spec: ObjectField, text: str) -> str:
    return text.upper().replace(" ", "")


def _read_integer(spec: ObjectField, text: str) -> int:
    number = _number(spec, text)
    if number != number.to_integral_value():
        raise FieldFault(_fault(spec, FaultCode.NOT_WHOLE, text, "is no whole number", _wanted(spec)))
    return int(number)


def _read_decimal(spec: ObjectField, text: str) -> str:
    return format(_number(spec, text), "f")


def _number(spec: ObjectField, text: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise FieldFault(_fault(spec, FaultCode.NOT_A_NUMBER, text, "is no number", _wanted(spec)))
    return number


def _read_day(spec: ObjectField, text: str) -> str:
    found = DAY_FORM.fullmatch(text)
    try:
        if found:
            return date(*(int(part) for part in found.groups())).isoformat()
    except ValueError:
        pass
    raise FieldFault(_fault(spec, FaultCode.NOT_A_DAY, text, "is no day", _wanted(spec)))


def _read_choice(spec: ObjectField, text: str) -> str:
    wanted = text.casefold()
    for one in spec.choices:
        if wanted in {_plain(one.value), _plain(one.label_zh), _plain(one.label_en)}:
            return one.value
    raise FieldFault(_not_a_choice(spec, text))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _not_a_choice(spec: ObjectField, value: Any) -> Fault:
    known = ", ".join(f"{one.value} ({one.label_zh})" for one in spec.choices)
    return _fault(spec, FaultCode.NOT_A_CHOICE, value, "is none of the choices", f"one of {known}", choices=known)


def _read_flag(spec: ObjectField, text: str) -> bool:
    if text.casefold() not in FLAGS:
        raise FieldFault(_fault(spec, FaultCode.NOT_A_FLAG, text, "is neither yes nor no", _wanted(spec)))
    return FLAGS[text.casefold()]


def _read_list(spec: ObjectField, text: str) -> list[str]:
    return [part.strip() for part in LIST_MARKS.split(text) if part.strip()]


def _refuse_structure(spec: ObjectField, text: str) -> Any:
    raise FieldFault(
        _fault(spec, FaultCode.WRONG_FORM, text, "does not fit into a cell", "leave it blank and edit the object")
    )


_READERS: Mapping[FieldKind, Callable[[ObjectField, str], Any]] = {
    FieldKind.TEXT: _read_text,
    FieldKind.INTEGER: _read_integer,
    FieldKind.DECIMAL: _read_decimal,
    FieldKind.DATE: _read_day,
    FieldKind.CHOICE: _read_choice,
    FieldKind.FLAG: _read_flag,
    FieldKind.LIST: _read_list,
    FieldKind.CREDIT_CODE: _read_code,
    FieldKind.STRUCTURE: _refuse_structure,
}

# -- checking ---------------------------------------------------------------------------------------------------------


def _check_text(spec: ObjectField, value: Any) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield _fault(spec, FaultCode.NOT_TEXT, value, "is no text", _wanted(spec))
    elif spec.pattern and not re.fullmatch(spec.pattern, value):
        form = spec.pattern
        yield _fault(spec, FaultCode.WRONG_FORM, value, "has another form", f"give the form {form}", form=form)


def _check_integer(spec: ObjectField, value: Any) -> Iterator[Fault]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield _fault(spec, FaultCode.NOT_WHOLE, value, "is no whole number", _wanted(spec))
        return
    yield from _within(spec, value, Decimal(value))


def _check_decimal(spec: ObjectField, value: Any) -> Iterator[Fault]:
    try:
        number = Decimal(value) if isinstance(value, str | int) and not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        yield _fault(spec, FaultCode.NOT_A_NUMBER, value, "is no number", _wanted(spec))
        return
    yield from _within(spec, value, number)


def _within(spec: ObjectField, value: Any, number: Decimal) -> Iterator[Fault]:
    if spec.minimum is not None and number < spec.minimum:
        least = f"{spec.minimum} {spec.unit}".strip()
        yield _fault(spec, FaultCode.TOO_SMALL, value, f"is below {least}", f"give at least {least}", bound=least)
    if spec.maximum is not None and number > spec.maximum:
        most = f"{spec.maximum} {spec.unit}".strip()
        yield _fault(spec, FaultCode.TOO_LARGE, value, f"is above {most}", f"give at most {most}", bound=most)


def _check_day(spec: ObjectField, value: Any) -> Iterator[Fault]:
    try:
        good = isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        good = False
    if not good:
        yield _fault(spec, FaultCode.NOT_A_DAY, value, "is no day", _wanted(spec))


def _check_choice(spec: ObjectField, value: Any) -> Iterator[Fault]:
    if value not in {one.value for one in spec.choices}:
        yield _not_a_choice(spec, value)


def _check_flag(spec: ObjectField, value: Any) -> Iterator[Fault]:
    if not isinstance(value, bool):
        yield _fault(spec, FaultCode.NOT_A_FLAG, value, "is neither yes nor no", _wanted(spec))


def _check_list(spec: ObjectField, value: Any) -> Iterator[Fault]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        yield _fault(spec, FaultCode.NOT_A_LIST, value, "is no list of texts", _wanted(spec))


def _check_credit_code(spec: ObjectField, value: Any) -> Iterator[Fault]:
    try:
        check_credit_code(str(value))
    except InvalidInput as error:
        remedy = error.remedy or "compare with the business licence"
        yield Fault(spec.name, FaultCode.WRONG_CREDIT_CODE, str(value), error.message, remedy)


def _check_nothing(spec: ObjectField, value: Any) -> Iterator[Fault]:
    return iter(())


_CHECKS: Mapping[FieldKind, Callable[[ObjectField, Any], Iterator[Fault]]] = {
    FieldKind.TEXT: _check_text,
    FieldKind.INTEGER: _check_integer,
    FieldKind.DECIMAL: _check_decimal,
    FieldKind.DATE: _check_day,
    FieldKind.CHOICE: _check_choice,
    FieldKind.FLAG: _check_flag,
    FieldKind.LIST: _check_list,
    FieldKind.CREDIT_CODE: _check_credit_code,
    FieldKind.STRUCTURE: _check_nothing,
}
