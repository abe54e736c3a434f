"""Conditions as the cells of a sheet, so that any editor of tables will do.

`-` or nothing: any value; `absent`: no value; numbers `> 75`, `<= 10`, `10..25`, `(10..25]`, several and `absent`
joined by `;`; words `a | b`, `not a | b`; `true`, `false`.
"""

from __future__ import annotations

import re
from decimal import Decimal

from qingtian.domain.decisions.conditions import Absent, AnyValue, Condition, Interval, Members, Ranges
from qingtian.domain.decisions.table import DecisionInput, InputKind
from qingtian.domain.errors import ConfigurationError
from qingtian.domain.standards.numbers import plain

_NUMBER = r"[-+]?[0-9]+(?:\.[0-9]+)?"
_COMPARED = re.compile(rf"(<=|>=|<|>|=)?\s*({_NUMBER})")
_BAND = re.compile(rf"([\[(]?)\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*([\])]?)")
ABSENT, ANY = "absent", "-"


def read_cell(text: str, given: DecisionInput, *, where: str) -> Condition:
    """A condition from its cell.

    Args:
        where: row and column, for messages.
    Raises:
        ConfigurationError: names the cell, the reason and the remedy.
    """
    cell = text.strip()
    if cell in ("", ANY):
        return AnyValue()
    if cell == ABSENT:
        if not given.optional:
            raise _fault(where, "is never absent, for it is not optional", "mark the input as optional")
        return Absent()
    match given.kind:
        case InputKind.NUMBER:
            return _ranges(cell, given, where)
        case InputKind.TRUTH:
            if cell not in ("true", "false"):
                raise _fault(where, f"{cell!r} is neither true nor false", "write true, false or -")
            return Members((cell == "true",))
        case InputKind.TEXT:
            return _members(cell, given, where)


def show_cell(condition: Condition) -> str:
    """The cell of a condition; reads back as the same condition."""
    match condition:
        case AnyValue():
            return ANY
        case Absent():
            return ABSENT
        case Ranges(intervals=intervals, absent=absent):
            return "; ".join([*([ABSENT] if absent else []), *(_show_interval(one) for one in intervals)])
        case Members(values=values, negated=negated):
            words = " | ".join(str(one).lower() if isinstance(one, bool) else one for one in values)
            return f"not {words}" if negated else words


def _ranges(cell: str, given: DecisionInput, where: str) -> Ranges:
    parts = [part.strip() for part in cell.split(";")]
    absent = ABSENT in parts
    if absent and not given.optional:
        raise _fault(where, "is never absent, for it is not optional", "mark the input as optional")
    return Ranges(tuple(_interval(part, given, where) for part in parts if part != ABSENT), absent)


def _interval(text: str, given: DecisionInput, where: str) -> Interval:
    found = _read_interval(text.strip(), where)
    if found.empty:
        raise _fault(where, f"no number lies in {text.strip()!r}", "swap its ends")
    return found


def _read_interval(text: str, where: str) -> Interval:
    if match := _COMPARED.fullmatch(text):
        sign, number = match.group(1) or "=", Decimal(match.group(2))
        if sign == "=":
            return Interval(number, number)
        if sign in ("<", "<="):
            return Interval(None, number, high_open=sign == "<")
        return Interval(number, None, low_open=sign == ">")
    if match := _BAND.fullmatch(text):
        left, low, high, right = match.groups()
        return Interval(Decimal(low), Decimal(high), left == "(", right == ")")
    raise _fault(where, f"{text!r} is no range", "write > 75, <= 10, 10..25 or (10..25]")


def _members(cell: str, given: DecisionInput, where: str) -> Members:
    negated = cell.startswith("not ")
    words = tuple(one.strip() for one in cell.removeprefix("not ").split("|"))
    known = [one.value for one in given.choices]
    for word in words:
        if not word or (known and word not in known):
            raise _fault(where, f"{word!r} is not known", f"use {', '.join(known) or 'words joined by |'}")
    return Members(words, negated)


def _show_interval(one: Interval) -> str:
    if one.low is None and one.high is None:
        raise ConfigurationError("a range without ends is no range", field="cell", remedy="write -")
    if one.low is None and one.high is not None:
        return f"{'<' if one.high_open else '<='} {plain(one.high)}"
    if one.high is None and one.low is not None:
        return f"{'>' if one.low_open else '>='} {plain(one.low)}"
    assert one.low is not None and one.high is not None  # noqa: S101  the other cases are above
    if one.low == one.high:
        return f"= {plain(one.low)}"
    body = f"{plain(one.low)}..{plain(one.high)}"
    if not one.low_open and not one.high_open:
        return body
    return f"{'(' if one.low_open else '['}{body}{')' if one.high_open else ']'}"


def _fault(where: str, why: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(f"{where}: {why}", field=where, remedy=remedy)
