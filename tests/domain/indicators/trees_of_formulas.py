"""Hypothesis strategies: random syntax trees, with and without a type, and random rows to compute them on."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from qingtian.domain.indicators.shapes import Field, Sort, TableShape
from qingtian.domain.indicators.syntax import (
    KEYWORDS,
    Aggregate,
    Among,
    Binary,
    Call,
    Choice,
    Function,
    Number,
    PeriodName,
    Ref,
    Statistic,
    Text,
    Truth,
    Unary,
)
from qingtian.domain.indicators.units import SYMBOLS

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name not in KEYWORDS)
PLAIN = st.decimals(min_value=0, max_value=10**6, places=3)
UNITS = st.sampled_from(["", *(symbol for symbol in SYMBOLS if symbol), "mg/m3", "t/a", "kg/h"])
TEXTS = st.text(alphabet=st.characters(blacklist_characters='"\n', blacklist_categories=("Cs",)), max_size=6)
PERIODS = st.sampled_from(list(PeriodName))
COUNTS = {
    Function.RATIO: 2,
    Function.ABS: 1,
    Function.LEAST: 3,
    Function.GREATEST: 2,
    Function.CLIP: 3,
    Function.MISSING: 1,
}


def _members():
    number = st.builds(Number, PLAIN | PLAIN.map(lambda value: -value if value else value), UNITS)
    return st.lists(number | st.builds(Text, TEXTS), min_size=1, max_size=3).map(tuple)


def _calls(below):
    return st.sampled_from(list(COUNTS)).flatmap(
        lambda one: st.tuples(*[below] * COUNTS[one]).map(lambda args: Call(one, args))
    )


def _aggregates(below):
    statistics = [one for one in Statistic if one not in (Statistic.SHARE, Statistic.PERCENTILE)]
    where = st.none() | below
    plain = st.builds(Aggregate, st.sampled_from(statistics), NAMES, PERIODS, below, where)
    count = st.builds(Aggregate, st.just(Statistic.COUNT), NAMES, PERIODS, st.none(), where)
    share = st.builds(Aggregate, st.just(Statistic.SHARE), NAMES, PERIODS, st.none(), below)
    percentile = st.builds(Aggregate, st.just(Statistic.PERCENTILE), NAMES, PERIODS, below, where, st.tuples(below))
    return plain | count | share | percentile


def _above(below):
    operators = st.sampled_from(["+", "-", "*", "/", "<", "<=", ">", ">=", "=", "!=", "and", "or"])
    return (
        st.builds(Unary, st.sampled_from(["-", "not"]), below)
        | st.builds(Binary, operators, below, below)
        | st.builds(Among, below, _members(), st.booleans())
        | st.builds(Choice, below, below, below)
        | _calls(below)
        | _aggregates(below)
    )


TREES = st.recursive(
    st.builds(Number, PLAIN, UNITS)
    | st.builds(Text, TEXTS)
    | st.builds(Truth, st.booleans())
    | st.builds(Ref, NAMES, PERIODS),
    _above,
    max_leaves=25,
)

# A small world whose formulas are well typed: two numbers, one table.
SCHEMA = {
    "a": Field(),
    "b": Field(),
    "days": TableShape({"x": Field(), "y": Field(), "kind": Field(Sort.TEXT), "good": Field(Sort.TRUTH)}),
}
SMALL = st.decimals(min_value=-50, max_value=50, places=2)


def _hidden(make):
    """A strategy with a short name: hypothesis refuses to print a very long one."""

    @st.composite
    def drawn(draw):
        return draw(make())

    return drawn()


def numbers(row: bool = False):
    """Trees of numbers; inside of a row also its fields."""
    leaves = st.builds(Number, st.decimals(min_value=0, max_value=20, places=1)) | st.sampled_from([Ref("a"), Ref("b")])
    leaves = leaves | (st.sampled_from([Ref("x"), Ref("y")]) if row else _hidden(tables))
    return st.recursive(leaves, lambda below: _arithmetic(below, row), max_leaves=6)


def _arithmetic(below, row):
    return (
        st.builds(Binary, st.sampled_from(["+", "-", "*", "/"]), below, below)
        | st.builds(Unary, st.just("-"), below)
        | st.builds(Choice, _hidden(lambda: truths(_hidden(lambda: below), row)), below, below)
        | st.builds(lambda one, other: Call(Function.GREATEST, (one, other)), below, below)
        | st.builds(lambda one, other: Call(Function.RATIO, (one, other)), below, below)
        | st.builds(lambda one: Call(Function.ABS, (one,)), below)
    )


def truths(below, row):
    """Trees that are true or false."""
    compared = st.builds(Binary, st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), below, below)
    leaves = compared | st.builds(Truth, st.booleans())
    if row:
        members = st.lists(st.sampled_from("pqr").map(Text), min_size=1, max_size=2).map(tuple)
        leaves = leaves | st.just(Ref("good")) | st.builds(Among, st.just(Ref("kind")), members, st.booleans())
    return st.recursive(
        leaves,
        lambda one: st.builds(Binary, st.sampled_from(["and", "or"]), one, one) | st.builds(Unary, st.just("not"), one),
        max_leaves=4,
    )


def tables():
    """Statistics of the table."""
    cell = st.sampled_from([Ref("x"), Ref("y"), Binary("+", Ref("x"), Ref("y"))])
    where = st.none() | truths(st.sampled_from([Ref("x"), Ref("y"), Number(Decimal(1)), Ref("a")]), True)
    kinds = st.sampled_from(
        [
            Statistic.SUM,
            Statistic.MEAN,
            Statistic.MIN,
            Statistic.MAX,
            Statistic.MEDIAN,
            Statistic.DISTINCT,
            Statistic.COUNT,
        ]
    )
    # Divided by one, a share is a plain number: differences of shares would be percentage points.
    share = st.builds(
        lambda condition: Call(
            Function.RATIO, (Aggregate(Statistic.SHARE, "days", where=condition), Number(Decimal(1)))
        ),
        where.filter(lambda one: one is not None),
    )
    percentile = st.builds(
        lambda value, p: Aggregate(Statistic.PERCENTILE, "days", value=value, args=(Number(Decimal(p)),)),
        cell,
        st.integers(0, 100),
    )
    return st.builds(Aggregate, kinds, st.just("days"), st.just(PeriodName.THIS), cell, where) | share | percentile


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "x": st.none() | SMALL,
            "y": SMALL,
            "kind": st.none() | st.sampled_from("pqr"),
            "good": st.none() | st.booleans(),
        }
    ),
    max_size=6,
)
