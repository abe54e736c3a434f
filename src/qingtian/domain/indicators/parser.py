"""A recursive-descent parser: `formula := or`, each level one method, errors at the very token."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from qingtian.domain.indicators.faults import FormulaSyntaxError, UnknownUnit, Words
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
    children,
)
from qingtian.domain.indicators.tokens import Kind, Token, tokens
from qingtian.domain.indicators.units import unit

MAX_DEPTH = 32  # of parentheses and functions in each other
MAX_TREE = 120  # of nodes above each other; a sum of 120 terms is that deep
MAX_MEMBERS = 200
COMPARISONS = ("<", "<=", ">", ">=", "=", "!=")
ARGUMENTS = {
    Function.RATIO: (2, 2),
    Function.ABS: (1, 1),
    Function.LEAST: (2, 8),
    Function.GREATEST: (2, 8),
    Function.CLIP: (3, 3),
    Function.MISSING: (1, 1),
}
_FUNCTIONS = {one.value: one for one in Function}
_STATISTICS = {one.value: one for one in Statistic}
_PERIODS = {one.value: one for one in PeriodName}


def parse(text: str) -> Node:
    """The syntax tree of a formula.

    Raises:
        FormulaSyntaxError: names line, column, what was found, what was expected, and a remedy.

    >>> parse("ratio(count(days where aqi <= 100), count(days.aqi))").function.value
    'ratio'
    """
    return _Parser(text).formula()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.index = 0
        self.depth = 0

    def formula(self) -> Node:
        node = self.expression()
        if self.now.kind is not Kind.END:
            raise self.unexpected("an operator", "the end of the formula")
        self.refuse_tall(node)
        return node

    def refuse_tall(self, node: Node) -> None:
        row: list[Node] = [node]
        for _ in range(MAX_TREE):
            row = [below for one in row for below in children(one)]
            if not row:
                return
        raise FormulaSyntaxError(
            Words(f"运算超过 {MAX_TREE} 层", f"more than {MAX_TREE} operations rest on each other"),
            text=self.text,
            at=row[0].at,
            remedy=Words("拆成几个指标", "split it into several indicators"),
        )

    @property
    def now(self) -> Token:
        return self.tokens[self.index]

    def take(self) -> Token:
        token = self.now
        if token.kind is not Kind.END:
            self.index += 1
        return token

    def sign(self, sign: str) -> Token:
        if not self.now.is_sign(sign):
            raise self.unexpected(repr(sign))
        return self.take()

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fault(
                Words(f"嵌套超过 {MAX_DEPTH} 层", f"nested deeper than {MAX_DEPTH} levels"),
                Words("拆成几个指标", "split it into several indicators"),
            )
        node = self.chain(self.conjunction, "or")
        self.depth -= 1
        return node

    def conjunction(self) -> Node:
        return self.chain(self.negation, "and")

    def chain(self, below: Callable[[], Node], word: str) -> Node:
        left = below()
        while self.now.is_word(word):
            at = self.take().at
            left = Binary(word, left, below(), at)
        return left

    def negation(self) -> Node:
        marks = []
        while self.now.is_word("not"):
            marks.append(self.take().at)
            self.bounded(len(marks))
        node = self.comparison()
        for at in reversed(marks):
            node = Unary("not", node, at)
        return node

    def comparison(self) -> Node:
        left = self.sum()
        if self.now.is_sign(*COMPARISONS):
            token = self.take()
            node: Node = Binary(token.value, left, self.sum(), token.at)
        elif self.now.is_word("in") or (self.now.is_word("not") and self.tokens[self.index + 1].is_word("in")):
            node = self.among(left)
        else:
            return left
        if self.now.is_sign(*COMPARISONS) or self.now.is_word("in"):
            raise self.fault(
                Words("比较不能连写", "comparisons do not chain"),
                Words("写成 a < b and b < c", "write a < b and b < c"),
            )
        return node

    def among(self, operand: Node) -> Node:
        negated = self.now.is_word("not")
        if negated:
            self.take()
        at = self.take().at
        self.sign("{")
        members = [self.member()]
        while self.now.is_sign(","):
            self.take()
            members.append(self.member())
            if len(members) > MAX_MEMBERS:
                raise self.fault(
                    Words(f"集合超过 {MAX_MEMBERS} 项", f"a set of more than {MAX_MEMBERS} members"),
                    Words("在数据里加一个字段来区分", "tell the rows apart by a field of the data"),
                )
        self.sign("}")
        return Among(operand, tuple(members), negated, at)

    def member(self) -> Number | Text:
        if self.now.kind is Kind.TEXT:
            token = self.take()
            return Text(token.value, token.at)
        minus = self.now.is_sign("-")
        if minus:
            self.take()
        if self.now.kind is not Kind.NUMBER:
            raise self.unexpected("a number", "a text in quotes")
        number = self.number()
        return Number(-number.value, number.unit, number.at) if minus and number.value else number

    def sum(self) -> Node:
        return self.operators(self.product, "+", "-")

    def product(self) -> Node:
        return self.operators(self.signed, "*", "/")

    def operators(self, below: Callable[[], Node], *signs: str) -> Node:
        left = below()
        while self.now.is_sign(*signs):
            token = self.take()
            left = Binary(token.value, left, below(), token.at)
        return left

    def signed(self) -> Node:
        marks = []
        while self.now.is_sign("-"):
            marks.append(self.take().at)
            self.bounded(len(marks))
        node = self.primary()
        for at in reversed(marks):
            node = Unary("-", node, at)
        return node

    def primary(self) -> Node:
        token = self.now
        if token.kind is Kind.NUMBER:
            return self.number()
        if token.kind is Kind.TEXT:
            self.take()
            return Text(token.value, token.at)
        if token.is_word("true", "false"):
            self.take()
            return Truth(token.value == "true", token.at)
        if token.is_word("if"):
            return self.choice()
        if token.is_sign("("):
            self.take()
            node = self.expression()
            self.sign(")")
            return node
        if token.kind is Kind.NAME:
            return self.named()
        raise self.unexpected("a number", "a text in quotes", "a name", "a function", "'('")

    def number(self) -> Number:
        token = self.take()
        text = ""
        if self.now.is_sign("%"):
            self.take()
            text = "%"
        elif self.now.kind is Kind.UNIT:
            text = self.unit_text()
        return Number(Decimal(token.value), text, token.at)

    def unit_text(self) -> str:
        token = self.take()
        try:
            return unit(token.value).symbol
        except UnknownUnit as error:
            raise FormulaSyntaxError(
                Words(f"没有单位 {token.value!r}", error.message),
                text=self.text,
                at=token.at,
                remedy=Words("见 docs/indicators.md 的单位表", error.remedy or "see docs/indicators.md"),
            ) from error

    def choice(self) -> Node:
        at = self.take().at
        self.sign("(")
        condition = self.expression()
        self.sign(",")
        then = self.expression()
        self.sign(",")
        otherwise = self.expression()
        self.sign(")")
        return Choice(condition, then, otherwise, at)

    def named(self) -> Node:
        token = self.take()
        if not self.now.is_sign("("):
            if self.now.is_sign("."):
                raise self.fault(
                    Words("字段只能放在统计函数里", "a field stands only inside of a table function"),
                    Words(f"写成 sum({token.value}.字段)", f"write sum({token.value}.field)"),
                )
            return Ref(token.value, self.period(), token.at)
        if token.value in _STATISTICS:
            return self.aggregate(token, _STATISTICS[token.value])
        if token.value in _FUNCTIONS:
            return self.call(token, _FUNCTIONS[token.value])
        known = sorted({*_FUNCTIONS, *_STATISTICS, "if"})
        raise FormulaSyntaxError(
            Words(f"没有函数 {token.value}", f"there is no function {token.value}"),
            text=self.text,
            at=token.at,
            remedy=Words(f"可用：{'、'.join(known)}", f"use {', '.join(known)}"),
            expected=tuple(known),
        )

    def call(self, token: Token, function: Function) -> Node:
        args = self.arguments()
        low, high = ARGUMENTS[function]
        if not low <= len(args) <= high:
            wanted = str(low) if low == high else f"{low}..{high}"
            raise FormulaSyntaxError(
                Words(
                    f"{function} 要 {wanted} 个参数，给了 {len(args)} 个",
                    f"{function} takes {wanted} argument(s), not {len(args)}",
                ),
                text=self.text,
                at=token.at,
                remedy=Words("改正参数个数", "mend the number of arguments"),
            )
        return Call(function, tuple(args), token.at)

    def arguments(self) -> list[Node]:
        self.sign("(")
        args = [self.expression()]
        while self.now.is_sign(","):
            self.take()
            args.append(self.expression())
        self.sign(")")
        return args

    def aggregate(self, token: Token, statistic: Statistic) -> Node:
        self.sign("(")
        if self.now.kind is not Kind.NAME:
            raise self.unexpected("the name of a table")
        table = self.take().value
        value: Node | None = None
        if self.now.is_sign("."):
            self.take()
            if self.now.kind is not Kind.NAME:
                raise self.unexpected("the name of a field")
            field = self.take()
            value = Ref(field.value, PeriodName.THIS, field.at)
        period = self.period()
        if value is None and self.now.is_sign(":"):
            self.take()
            value = self.expression()
        where = None
        if self.now.is_word("where"):
            self.take()
            where = self.expression()
        args = []
        while self.now.is_sign(","):
            self.take()
            args.append(self.expression())
        if not self.now.is_sign(")"):
            raise self.unexpected("')'", "'where'", "','", "'of'")
        self.take()
        self.refuse_shape(token, statistic, value, where, args)
        return Aggregate(statistic, table, period, value, where, tuple(args), token.at)

    def refuse_shape(
        self, token: Token, statistic: Statistic, value: Node | None, where: Node | None, args: list[Node]
    ) -> None:
        example = {
            Statistic.COUNT: "count(days where valid)",
            Statistic.SHARE: "share(days where good)",
            Statistic.PERCENTILE: "percentile(days.value, 95)",
        }.get(statistic, f"{statistic}(days.value)")
        bare = statistic in (Statistic.COUNT, Statistic.SHARE)
        wrong = (
            (value is None and not bare)
            or (statistic is Statistic.SHARE and (value is not None or where is None))
            or len(args) != (statistic is Statistic.PERCENTILE)
        )
        if wrong:
            raise FormulaSyntaxError(
                Words(f"{statistic} 的写法不对", f"{statistic} is not written like this"),
                text=self.text,
                at=token.at,
                remedy=Words(f"例如 {example}", f"write it like {example}"),
                expected=(example,),
            )

    def period(self) -> PeriodName:
        if not self.now.is_word("of"):
            return PeriodName.THIS
        self.take()
        if self.now.value not in _PERIODS:
            raise self.unexpected(*_PERIODS)
        return _PERIODS[self.take().value]

    def bounded(self, count: int) -> None:
        if count > MAX_DEPTH:
            raise self.fault(
                Words("符号重复太多", "too many signs in a row"), Words("删去多余的", "remove the idle ones")
            )

    def unexpected(self, *expected: str) -> FormulaSyntaxError:
        token = self.now
        wanted = " or ".join(expected)
        return FormulaSyntaxError(
            Words(f"遇到 {token.shown_zh}，应为 {' 或 '.join(expected)}", f"found {token.shown}, expected {wanted}"),
            text=self.text,
            at=token.at,
            remedy=Words(f"在此处写 {' 或 '.join(expected)}", f"write {wanted} here"),
            expected=expected,
        )

    def fault(self, why: Words, remedy: Words) -> FormulaSyntaxError:
        return FormulaSyntaxError(why, text=self.text, at=self.now.at, remedy=remedy)
