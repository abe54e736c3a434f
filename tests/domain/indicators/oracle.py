"""A second, naive reading of the language for tests: plain Python on lists, None for what is missing."""

from __future__ import annotations

import statistics
from fractions import Fraction

from qingtian.domain.indicators.syntax import (
    Aggregate,
    Among,
    Binary,
    Call,
    Choice,
    Function,
    Number,
    Ref,
    Text,
    Truth,
    Unary,
)


class Lost(Exception):
    """There is no value."""


def oracle(node, singles, rows, row=None):
    """The value of a tree; raises Lost where there is none."""
    again = lambda one: oracle(one, singles, rows, row)  # noqa: E731
    if isinstance(node, Number):
        return Fraction(node.value)
    if isinstance(node, Text | Truth):
        return node.value
    if isinstance(node, Ref):
        found = row[node.name] if row is not None and node.name in row else singles[node.name]
        if found is None:
            raise Lost
        return found if isinstance(found, bool | str) else Fraction(found)
    if isinstance(node, Unary):
        return not again(node.operand) if node.op == "not" else -again(node.operand)
    if isinstance(node, Among):
        return (again(node.operand) in [member.value for member in node.members]) != node.negated
    if isinstance(node, Choice):
        return again(node.then) if again(node.condition) else again(node.otherwise)
    if isinstance(node, Binary):
        return _binary(node, again)
    if isinstance(node, Call):
        args = [again(one) for one in node.args]
        return {
            Function.RATIO: lambda: _divide(*args),
            Function.ABS: lambda: abs(args[0]),
            Function.GREATEST: lambda: max(args),
        }[node.function]()
    return _aggregate(node, singles, rows)


def _binary(node, again):
    if node.op in ("and", "or"):
        decisive = node.op == "or"
        sides = []
        for one in (node.left, node.right):
            try:
                sides.append(again(one))
            except Lost:
                sides.append(None)
        if decisive in sides:
            return decisive
        if None in sides:
            raise Lost
        return not decisive
    left, right = again(node.left), again(node.right)
    return {
        "+": lambda: left + right,
        "-": lambda: left - right,
        "*": lambda: left * right,
        "/": lambda: _divide(left, right),
        "<": lambda: left < right,
        "<=": lambda: left <= right,
        ">": lambda: left > right,
        ">=": lambda: left >= right,
        "=": lambda: left == right,
        "!=": lambda: left != right,
    }[node.op]()


def _divide(left, right):
    if right == 0:
        raise Lost
    return left / right


def _aggregate(node: Aggregate, singles, rows):
    taken, dropped, lost = [], 0, 0
    for row in rows:
        try:
            if node.where is not None and not oracle(node.where, singles, rows, row):
                dropped += 1
                continue
            taken.append(True if node.value is None else oracle(node.value, singles, rows, row))
        except Lost:
            lost += 1
    if lost and lost == len(rows):
        raise Lost
    kind = node.statistic.value
    if kind in ("count", "distinct", "sum"):
        return Fraction(
            {"count": len(taken), "distinct": len(set(taken))}.get(kind, sum(taken) if kind == "sum" else 0)
        )
    if kind == "share":
        return _divide(Fraction(len(taken)), Fraction(len(taken) + dropped))
    if not taken:
        raise Lost
    if kind == "percentile":
        place = (len(taken) - 1) * Fraction(node.args[0].value) / 100
        low = int(place)
        ordered = sorted(taken)
        return ordered[low] + (ordered[min(low + 1, len(taken) - 1)] - ordered[low]) * (place - low)
    return {
        "mean": lambda: sum(taken) / len(taken),
        "min": lambda: min(taken),
        "max": lambda: max(taken),
        "median": lambda: statistics.median(taken),
    }[kind]()
