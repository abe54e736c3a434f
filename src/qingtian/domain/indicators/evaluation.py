"""Exact evaluation in fractions: missing values stay missing and are listed, nothing is rounded on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from qingtian.domain.errors import InvalidInput
from qingtian.domain.indicators.shapes import Field, MissingRule, Schema, Sort, TableShape
from qingtian.domain.indicators.syntax import (
    Aggregate,
    Among,
    Binary,
    Call,
    Choice,
    Function,
    Node,
    Number,
    PeriodName,
    Ref,
    Statistic,
    Text,
    Truth,
    Unary,
)
from qingtian.domain.indicators.units import unit
from qingtian.domain.indicators.values import Inputs, Missing, Plain, Reason, Row, Single, Table, Value
from qingtian.domain.standards.numbers import exact
from qingtian.domain.standards.statistics import percentile

MAX_BITS = 8192  # of a numerator; a chain of products of long numbers ends here
_COMPARE: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


@dataclass(frozen=True, slots=True)
class Use:
    """What one table function read.

    Args:
        rows: of the table.
        used: rows that the statistic was taken of.
        filtered: rows that the condition left out.
        excluded: rows that lack a value, with the field.
        replaced: rows whose missing value counted as zero.
        expected: how many rows there should be.
    """

    statistic: str
    table: str
    period: PeriodName
    at: int
    rows: int
    used: int
    filtered: int
    excluded: tuple[tuple[str, str], ...]
    replaced: tuple[str, ...] = ()
    expected: int | None = None
    note: str = ""

    @property
    def coverage(self) -> Fraction | None:
        """Rows that could be judged, of those that should be there; None where there should be none."""
        whole = max(self.rows, self.expected or 0)
        return Fraction(self.rows - len(self.excluded), whole) if whole else None


@dataclass(frozen=True, slots=True)
class Read:
    """A single value that was read, as given."""

    name: str
    period: PeriodName
    value: Plain
    unit: str
    note: str = ""


@dataclass(slots=True)
class Trace:
    """What a computation touched."""

    uses: list[Use] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)


def evaluate(node: Node, schema: Schema, inputs: Inputs) -> tuple[Value, Trace]:
    """The exact value in base units, and what it was computed from.

    Args:
        node: a tree that `check` has passed against this schema.
    Raises:
        InvalidInput: an input of another kind than its schema says, or numbers too long to be exact with.
    """
    machine = _Machine(schema, inputs)
    value = machine.of(node, None)
    return value, machine.trace


class _Machine:
    def __init__(self, schema: Schema, inputs: Inputs) -> None:
        self.schema = schema
        self.inputs = inputs
        self.trace = Trace()
        self.known: dict[int, Value] = {}

    def of(self, node: Node, row: _RowView | None) -> Value:  # noqa: PLR0911  one answer per kind of node
        match node:
            case Number(value=value, unit=text):
                return unit(text).base(Fraction(value))
            case Text(value=text):
                return text
            case Truth(value=truth):
                return truth
            case Ref():
                return self.ref(node, row)
            case Unary():
                return self.unary(node, row)
            case Binary():
                return self.binary(node, row)
            case Among():
                return self.among(node, row)
            case Choice():
                return self.choice(node, row)
            case Call():
                return self.call(node, row)
            case Aggregate():
                if id(node) not in self.known:
                    self.known[id(node)] = self.aggregate(node)
                return self.known[id(node)]

    def unary(self, node: Unary, row: _RowView | None) -> Value:
        found = self.of(node.operand, row)
        if isinstance(found, Missing):
            return found
        return not found if node.op == "not" else -_number(found)

    def among(self, node: Among, row: _RowView | None) -> Value:
        found = self.of(node.operand, row)
        if isinstance(found, Missing):
            return found
        return any(found == self.of(one, None) for one in node.members) is not node.negated

    def choice(self, node: Choice, row: _RowView | None) -> Value:
        decided = self.of(node.condition, row)
        if isinstance(decided, Missing):
            return decided
        return self.of(node.then if decided else node.otherwise, row)

    def ref(self, node: Ref, row: _RowView | None) -> Value:
        if row is not None and row.has(node):
            return row.value(node)
        return self.single(node)

    def single(self, node: Ref) -> Value:
        shape = self.schema[node.name]
        assert isinstance(shape, Field)  # noqa: S101  the checker has seen to it
        given = self.inputs.singles.get((node.name, node.period), Single(None))
        value = given.value
        note = given.note or self.inputs.why_missing.get(node.name, "")
        read = Read(node.name, node.period, value, shape.unit.symbol, note)
        if read not in self.trace.reads:
            self.trace.reads.append(read)
        if value is None and shape.missing is MissingRule.ZERO and shape.sort is Sort.NUMBER:
            return Fraction(0)
        if value is None:
            reason = Reason.BLOCKED if shape.missing is MissingRule.BLOCK else Reason.NO_DATA
            return self.lost(reason, _label(node.name, node.period), node.at)
        return _given(value, shape, node.name)

    def binary(self, node: Binary, row: _RowView | None) -> Value:
        left = self.of(node.left, row)
        if node.op in ("and", "or"):
            return self.logic(node, left, row)
        right = self.of(node.right, row)
        if isinstance(left, Missing) or isinstance(right, Missing):
            return left if isinstance(left, Missing) else right
        if node.op in ("=", "!="):
            return (left == right) is (node.op == "=")
        one, other = _number(left), _number(right)
        if node.op in _COMPARE:
            return _COMPARE[node.op](one, other)
        return self.arithmetic(node, one, other)

    def logic(self, node: Binary, left: Value, row: _RowView | None) -> Value:
        """False and anything is false, true or anything is true, also beside a missing value."""
        decisive = node.op == "or"
        if left is decisive:
            return decisive
        right = self.of(node.right, row)
        if right is decisive:
            return decisive
        return left if isinstance(left, Missing) else right

    def arithmetic(self, node: Binary, left: Fraction, right: Fraction) -> Value:
        match node.op:
            case "+":
                return _bounded(left + right)
            case "-":
                return _bounded(left - right)
            case "*":
                return _bounded(left * right)
            case _:
                return self.quotient(left, right, node.at)

    def quotient(self, left: Fraction, right: Fraction, at: int) -> Value:
        return _bounded(left / right) if right else self.lost(Reason.DIVISION_BY_ZERO, "/", at)

    def call(self, node: Call, row: _RowView | None) -> Value:
        found = [self.of(one, row) for one in node.args]
        if node.function is Function.MISSING:
            return isinstance(found[0], Missing)
        for one in found:
            if isinstance(one, Missing):
                return one
        return self.of_numbers(node, [_number(one) for one in found])

    def of_numbers(self, node: Call, numbers: list[Fraction]) -> Value:
        match node.function:
            case Function.RATIO:
                return self.quotient(numbers[0], numbers[1], node.at)
            case Function.ABS:
                return abs(numbers[0])
            case Function.LEAST:
                return min(numbers)
            case Function.GREATEST:
                return max(numbers)
            case _:
                value, low, high = numbers
                return min(max(value, low), high) if low <= high else self.lost(Reason.BAD_CLIP, "clip", node.at)

    def aggregate(self, node: Aggregate) -> Value:
        shape = self.schema[node.table]
        assert isinstance(shape, TableShape)  # noqa: S101  the checker has seen to it
        table = self.inputs.tables.get((node.table, node.period))
        if table is None:
            note = self.inputs.why_missing.get(node.table, "")
            self.trace.uses.append(Use(node.statistic, node.table, node.period, node.at, 0, 0, 0, (), note=note))
            return self.lost(Reason.NO_DATA, _label(node.table, node.period), node.at)
        scan = _Scan(self, node, shape)
        values = list(scan.values(table))
        self.trace.uses.append(scan.use(table, len(values)))
        if scan.blocked:
            return self.lost(Reason.BLOCKED, scan.blocked, node.at)
        if scan.excluded and len(scan.excluded) == len(table.rows):
            return self.lost(Reason.ALL_EXCLUDED, _label(node.table, node.period), node.at)
        return self.statistic(node, values, scan)

    def statistic(self, node: Aggregate, values: list[Value], scan: _Scan) -> Value:
        if node.statistic is Statistic.COUNT:
            return Fraction(len(values))
        if node.statistic is Statistic.DISTINCT:
            return Fraction(len(set(values)))
        if node.statistic is Statistic.SUM:
            return _bounded(sum((_number(one) for one in values), Fraction(0)))
        whole = len(values) + (scan.filtered if node.statistic is Statistic.SHARE else 0)
        if not whole:
            return self.lost(Reason.NO_ROWS, _label(node.table, node.period), node.at)
        if node.statistic is Statistic.SHARE:
            return Fraction(len(values), whole)
        return _statistic(node, [_number(one) for one in values])

    def lost(self, reason: Reason, what: str, at: int) -> Missing:
        found = Missing(reason, what, at)
        if found not in self.trace.missing:
            self.trace.missing.append(found)
        return found


class _RowView:
    """The fields of one row as an expression sees them; notes which of them counted as zero."""

    def __init__(self, row: Row, shape: TableShape) -> None:
        self.row, self.shape = row, shape
        self.zeroed: list[str] = []

    def has(self, node: Ref) -> bool:
        return node.period is PeriodName.THIS and node.name in self.shape.fields

    def value(self, node: Ref) -> Value:
        field_ = self.shape.fields[node.name]
        given = self.row.values.get(node.name)
        if given is not None:
            return _given(given, field_, f"{self.row.id}.{node.name}")
        if field_.missing is MissingRule.ZERO and field_.sort is Sort.NUMBER:
            self.zeroed.append(node.name)
            return Fraction(0)
        blocked = field_.missing is MissingRule.BLOCK
        return Missing(Reason.BLOCKED if blocked else Reason.NO_DATA, node.name, node.at)


class _Scan:
    """One pass over the rows of a table for one statistic."""

    def __init__(self, machine: _Machine, node: Aggregate, shape: TableShape) -> None:
        self.machine, self.node, self.shape = machine, node, shape
        self.excluded: list[tuple[str, str]] = []
        self.replaced: list[str] = []
        self.filtered = 0
        self.blocked = ""

    def values(self, table: Table) -> Iterator[Value]:
        for row in table.rows:
            view = _RowView(row, self.shape)
            kept = True if self.node.where is None else self.machine.of(self.node.where, view)
            value: Value = True
            if kept is True and self.node.value is not None:
                value = self.machine.of(self.node.value, view)
            lost = kept if isinstance(kept, Missing) else value if isinstance(value, Missing) else None
            if lost is not None:
                self.exclude(row, lost)
            elif kept is not True:
                self.filtered += 1
            else:
                yield value
            if view.zeroed:
                self.replaced.append(row.id)

    def exclude(self, row: Row, lost: Missing) -> None:
        self.excluded.append((row.id, lost.what))
        if lost.reason is Reason.BLOCKED:
            self.blocked = self.blocked or f"{row.id}.{lost.what}"

    def use(self, table: Table, used: int) -> Use:
        return Use(
            self.node.statistic,
            self.node.table,
            self.node.period,
            self.node.at,
            len(table.rows),
            used,
            self.filtered,
            tuple(self.excluded),
            tuple(self.replaced),
            table.expected,
            table.note,
        )


def _statistic(node: Aggregate, numbers: Sequence[Fraction]) -> Fraction:
    match node.statistic:
        case Statistic.MEAN:
            return _bounded(sum(numbers, Fraction(0)) / len(numbers))
        case Statistic.MIN:
            return min(numbers)
        case Statistic.MAX:
            return max(numbers)
        case Statistic.MEDIAN:
            ordered, half = sorted(numbers), len(numbers) // 2
            return ordered[half] if len(numbers) % 2 else (ordered[half - 1] + ordered[half]) / 2
        case _:
            (wanted,) = node.args
            assert isinstance(wanted, Number)  # noqa: S101  the checker has seen to it
            return percentile(numbers, wanted.value)


def _given(value: Plain, shape: Field, name: str) -> Value:
    if shape.sort is Sort.TRUTH and isinstance(value, bool):
        return value
    if shape.sort is Sort.TEXT and isinstance(value, str):
        return value
    if shape.sort is Sort.NUMBER and isinstance(value, Decimal):
        return shape.unit.base(Fraction(exact(value, field=name)))
    raise InvalidInput(
        f"{value!r} is no {shape.sort}",
        field=name,
        remedy="give a decimal, a text, or true and false",
        wanted=shape.sort,
    )


def _number(value: Value) -> Fraction:
    assert isinstance(value, Fraction)  # noqa: S101  the checker has seen to it
    return value


def _bounded(value: Fraction) -> Fraction:
    if value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS:
        raise InvalidInput("the numbers grow too long", field="formula", remedy="round the inputs to what was measured")
    return value


def _label(name: str, period: PeriodName) -> str:
    return name if period is PeriodName.THIS else f"{name} of {period}"
