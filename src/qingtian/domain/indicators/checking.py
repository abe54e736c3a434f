"""Static check of a formula: names, kinds of values, units; nothing that fails here can fail when it is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qingtian.domain.indicators.faults import FormulaError, FormulaTypeError, FormulaUnitError, Words
from qingtian.domain.indicators.shapes import Field, Schema, Sort, TableShape
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
from qingtian.domain.indicators.units import Dimension, Share, Unit, unit

_SORT_ZH = {Sort.NUMBER: "数", Sort.TEXT: "文字", Sort.TRUTH: "真假"}
_PLAIN = Dimension()


@dataclass(frozen=True, slots=True)
class Type:
    """The kind of a value, and of a number its dimension."""

    sort: Sort
    dimension: Dimension = _PLAIN

    def __str__(self) -> str:
        return f"{self.sort} in {self.dimension}" if self.sort is Sort.NUMBER else str(self.sort)


TRUTH, TEXT, PLAIN = Type(Sort.TRUTH), Type(Sort.TEXT), Type(Sort.NUMBER)


def check(text: str, node: Node, schema: Schema) -> Type:
    """The type of a formula's value.

    Args:
        text: the formula, for messages.
        schema: its inputs.
    Raises:
        FormulaTypeError: an unknown name or a wrong kind of value.
        FormulaUnitError: units that do not fit.
    """
    return _Checker(text, schema).of(node, None)


def check_result(text: str, node: Node, found: Type, wanted: Unit | None) -> None:
    """Refuse a formula whose value cannot be given in the declared unit.

    Args:
        wanted: unit of the indicator; None where the value is true or false.
    """
    checker = _Checker(text, {})
    if wanted is None:
        checker.want(node, found, Sort.TRUTH)
        return
    checker.want(node, found, Sort.NUMBER)
    if not found.dimension.fits(wanted.dimension):
        raise checker.unit_error(node, found.dimension, wanted.dimension)


class _Checker:
    def __init__(self, text: str, schema: Schema) -> None:
        self.text = text
        self.schema = schema

    def of(self, node: Node, row: Mapping[str, Field] | None) -> Type:  # noqa: PLR0911  one answer per kind of node
        match node:
            case Number(unit=text):
                return Type(Sort.NUMBER, unit(text).dimension)
            case Text():
                return TEXT
            case Truth():
                return TRUTH
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
                return self.aggregate(node)

    def ref(self, node: Ref, row: Mapping[str, Field] | None) -> Type:
        if row is not None and node.name in row and node.period is PeriodName.THIS:
            if node.name in self.schema:
                raise self.fault(
                    node,
                    Words(f"{node.name} 既是字段又是输入", f"{node.name} is both a field and an input"),
                    Words("给输入换个名称", "rename the input"),
                )
            return _type(row[node.name])
        shape = self.schema.get(node.name)
        if isinstance(shape, TableShape):
            raise self.fault(
                node,
                Words(f"{node.name} 是表，不是数", f"{node.name} is a table, not a value"),
                Words(f"写成 count({node.name}) 等统计函数", f"use a table function, like count({node.name})"),
            )
        if shape is None:
            known = sorted({*self.schema, *(row or {})})
            raise self.unknown(node, node.name, known)
        return _type(shape)

    def unary(self, node: Unary, row: Mapping[str, Field] | None) -> Type:
        found = self.of(node.operand, row)
        if node.op == "not":
            self.want(node.operand, found, Sort.TRUTH)
            return TRUTH
        self.want(node.operand, found, Sort.NUMBER)
        self.want_linear(node.operand, found)
        return found

    def binary(self, node: Binary, row: Mapping[str, Field] | None) -> Type:
        left, right = self.of(node.left, row), self.of(node.right, row)
        if node.op in ("and", "or"):
            self.want(node.left, left, Sort.TRUTH)
            self.want(node.right, right, Sort.TRUTH)
            return TRUTH
        if node.op in ("=", "!="):
            self.same(node, left, right)
            return TRUTH
        self.want(node.left, left, Sort.NUMBER)
        self.want(node.right, right, Sort.NUMBER)
        if node.op in ("<", "<=", ">", ">="):
            self.same(node, left, right)
            return TRUTH
        self.want_linear(node.left, left)
        self.want_linear(node.right, right)
        if node.op in ("*", "/"):
            return self.product(node, left.dimension, right.dimension)
        return Type(Sort.NUMBER, self.sum(node, left.dimension, right.dimension))

    def product(self, node: Binary, left: Dimension, right: Dimension) -> Type:
        if node.op == "*" and right.bare and right.share is Share.PLAIN:
            return Type(Sort.NUMBER, left)
        if node.op == "*" and left.bare and left.share is Share.PLAIN:
            return Type(Sort.NUMBER, right)
        if node.op == "/" and right.bare and right.share is Share.PLAIN:
            return Type(Sort.NUMBER, left)
        return Type(Sort.NUMBER, left.times(right, 1 if node.op == "*" else -1))

    def sum(self, node: Binary, left: Dimension, right: Dimension) -> Dimension:
        """Shares: % - % = points, % with points = %, points with points = points; % + % = %."""
        if left.exponents != right.exponents:
            raise self.unit_error(node, left, right)
        shares = (left.share, right.share)
        if shares == (Share.PERCENT, Share.PERCENT):
            return Dimension(share=Share.POINTS) if node.op == "-" else left
        if shares == (Share.PERCENT, Share.POINTS):
            return left
        if shares == (Share.POINTS, Share.PERCENT) and node.op == "+":
            return right
        if Share.POINTS in shares and shares[0] != shares[1]:
            raise self.unit_error(node, left, right)
        if left.bare and shares[0] != shares[1]:
            return _PLAIN
        return left

    def among(self, node: Among, row: Mapping[str, Field] | None) -> Type:
        found = self.of(node.operand, row)
        for member in node.members:
            self.same(member, found, self.of(member, row))
        return TRUTH

    def choice(self, node: Choice, row: Mapping[str, Field] | None) -> Type:
        self.want(node.condition, self.of(node.condition, row), Sort.TRUTH)
        then, otherwise = self.of(node.then, row), self.of(node.otherwise, row)
        self.same(node.otherwise, then, otherwise)
        return then

    def call(self, node: Call, row: Mapping[str, Field] | None) -> Type:
        found = [self.of(one, row) for one in node.args]
        if node.function is Function.MISSING:
            if not isinstance(node.args[0], Ref):
                raise self.fault(
                    node.args[0],
                    Words("missing 只能问一个输入或字段", "missing asks about one input or field"),
                    Words("写成 missing(名称)", "write missing(name)"),
                )
            return TRUTH
        for one, kind in zip(node.args, found, strict=True):
            self.want(one, kind, Sort.NUMBER)
        if node.function is Function.RATIO:
            for one, kind in zip(node.args, found, strict=True):
                self.want_linear(one, kind)
            return Type(Sort.NUMBER, found[0].dimension.times(found[1].dimension, -1))
        if node.function is Function.ABS:
            self.want_linear(node.args[0], found[0])
        for one, kind in zip(node.args[1:], found[1:], strict=True):
            self.same(one, found[0], kind)
        return found[0]

    def aggregate(self, node: Aggregate) -> Type:
        shape = self.schema.get(node.table)
        if shape is None:
            raise self.unknown(
                node, node.table, sorted(name for name, one in self.schema.items() if isinstance(one, TableShape))
            )
        if not isinstance(shape, TableShape):
            raise self.fault(
                node,
                Words(f"{node.table} 不是表", f"{node.table} is no table"),
                Words(f"直接写 {node.table}", f"write {node.table} alone"),
            )
        if node.where is not None:
            self.want(node.where, self.of(node.where, shape.fields), Sort.TRUTH)
        found = PLAIN if node.value is None else self.of(node.value, shape.fields)
        for one in node.args:
            self.percentage(one)
        if node.statistic in (Statistic.COUNT, Statistic.DISTINCT):
            return PLAIN
        if node.statistic is Statistic.SHARE:
            return Type(Sort.NUMBER, Dimension(share=Share.PERCENT))
        value = node.value if node.value is not None else node
        self.want(value, found, Sort.NUMBER)
        if node.statistic in (Statistic.SUM, Statistic.MEAN):
            self.want_linear(value, found)
        return found

    def percentage(self, node: Node) -> None:
        if not isinstance(node, Number) or node.unit not in ("", "%") or not 0 <= node.value <= 100:
            raise self.fault(
                node,
                Words("百分位要写 0 到 100 的数", "the percentile is a number from 0 to 100"),
                Words("例如 percentile(days.value, 90)", "write it like percentile(days.value, 90)"),
            )

    def same(self, node: Node, left: Type, right: Type) -> None:
        if left.sort is not right.sort:
            raise self.fault(
                node,
                Words(
                    f"{_SORT_ZH[left.sort]}不能与{_SORT_ZH[right.sort]}放在一起",
                    f"a {left.sort} does not go with a {right.sort}",
                ),
                Words("两边用同一类值", "use one kind of value on both sides"),
            )
        if left.sort is Sort.NUMBER and not left.dimension.fits(right.dimension):
            raise self.unit_error(node, left.dimension, right.dimension)

    def want(self, node: Node, found: Type, sort: Sort) -> None:
        if found.sort is not sort:
            raise self.fault(
                node,
                Words(f"这里要{_SORT_ZH[sort]}，得到{_SORT_ZH[found.sort]}", f"a {sort} is needed, not a {found.sort}"),
                Words("改写这一部分", "rewrite this part"),
            )

    def want_linear(self, node: Node, found: Type) -> None:
        if found.dimension.logarithmic:
            raise FormulaUnitError(
                Words("对数量（分贝、pH）不能直接加减或求平均", "levels (dB, pH) are not added or averaged"),
                text=self.text,
                at=node.at,
                remedy=Words("先按标准求能量平均", "take the energy mean of the standard first"),
            )

    def unknown(self, node: Node, name: str, known: list[str]) -> FormulaError:
        listed = ", ".join(known) or "nothing"
        return self.fault(
            node,
            Words(f"没有名为 {name} 的输入", f"there is no input {name}"),
            Words(f"可用：{listed}", f"use {listed}"),
        )

    def fault(self, node: Node, why: Words, remedy: Words) -> FormulaTypeError:
        return FormulaTypeError(why, text=self.text, at=node.at, remedy=remedy)

    def unit_error(self, node: Node, left: Dimension, right: Dimension) -> FormulaUnitError:
        remedy = Words("换算成同类单位", "bring both sides to one kind of unit")
        if Share.POINTS in (left.share, right.share) and left.bare and right.bare:
            remedy = Words(
                "两个百分比之差是百分点：单位写 pp；要变化率就除以基数",
                "a difference of two percentages is in percentage points: declare pp, or divide by the base for a rate",
            )
        return FormulaUnitError(
            Words(f"单位不合：{left} 与 {right}", f"the units do not fit: {left} and {right}"),
            text=self.text,
            at=node.at,
            remedy=remedy,
        )


def _type(field: Field) -> Type:
    return Type(field.sort, field.unit.dimension if field.sort is Sort.NUMBER else _PLAIN)
