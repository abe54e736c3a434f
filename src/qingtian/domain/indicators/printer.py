"""A syntax tree as text, with no more parentheses than needed: `parse(show(tree)) == tree`."""

from __future__ import annotations

from qingtian.domain.indicators.syntax import (
    Aggregate,
    Among,
    Binary,
    Call,
    Choice,
    Node,
    Number,
    PeriodName,
    Ref,
    Text,
    Truth,
    Unary,
)
from qingtian.domain.standards.numbers import plain

_LEVEL = {"or": 1, "and": 2, "+": 5, "-": 5, "*": 6, "/": 6}
_NOT, _COMPARISON, _MINUS, _ATOM = 3, 4, 7, 8


def show(node: Node) -> str:  # noqa: PLR0911  one answer per kind of node
    """The canonical text of a formula.

    >>> from qingtian.domain.indicators.parser import parse
    >>> show(parse("(( a+b ))*-c"))
    '(a + b) * -c'
    """
    match node:
        case Number(value=value, unit=unit):
            return plain(value) + (f" [{unit}]" if unit else "")
        case Text(value=value):
            return f'"{value}"'
        case Truth(value=truth):
            return "true" if truth else "false"
        case Ref(name=name, period=period):
            return name + _period(period)
        case Unary(op="not", operand=operand):
            return f"not {_inside(operand, _NOT)}"
        case Unary(operand=operand):
            return f"-{_inside(operand, _MINUS)}"
        case Binary():
            return _binary(node)
        case Among(operand=operand, members=members, negated=negated):
            word = "not in" if negated else "in"
            return f"{_inside(operand, _COMPARISON + 1)} {word} {{{', '.join(show(one) for one in members)}}}"
        case Choice(condition=condition, then=then, otherwise=otherwise):
            return f"if({show(condition)}, {show(then)}, {show(otherwise)})"
        case Call(function=function, args=args):
            return f"{function}({', '.join(show(one) for one in args)})"
        case Aggregate():
            return _aggregate(node)


def _binary(node: Binary) -> str:
    level = _LEVEL.get(node.op, _COMPARISON)
    # Comparisons do not chain; the others group to the left.
    left = level + 1 if level == _COMPARISON else level
    return f"{_inside(node.left, left)} {node.op} {_inside(node.right, level + 1)}"


def _aggregate(node: Aggregate) -> str:
    source = node.table
    if isinstance(node.value, Ref) and node.value.period is PeriodName.THIS:
        source += f".{node.value.name}{_period(node.period)}"
    elif node.value is not None:
        source += f"{_period(node.period)}: {show(node.value)}"
    else:
        source += _period(node.period)
    where = f" where {show(node.where)}" if node.where is not None else ""
    rest = "".join(f", {show(one)}" for one in node.args)
    return f"{node.statistic}({source}{where}{rest})"


def _period(period: PeriodName) -> str:
    return "" if period is PeriodName.THIS else f" of {period}"


def _inside(node: Node, least: int) -> str:
    text = show(node)
    return text if _level(node) >= least else f"({text})"


def _level(node: Node) -> int:
    match node:
        case Binary(op=op):
            return _LEVEL.get(op, _COMPARISON)
        case Among():
            return _COMPARISON
        case Unary(op=op):
            return _NOT if op == "not" else _MINUS
        case _:
            return _ATOM
