"""What can be wrong with a formula: where it is, what was expected there, what to do; in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qingtian.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence in both languages."""

    zh: str
    en: str


class FormulaError(InvalidInput):
    """A formula cannot be read, or does not fit its inputs or its unit.

    Args:
        why: the reason.
        text: the whole formula.
        at: offset of the fault in it.
        remedy: what to do about it.
        expected: what could have stood there.
    """

    code: ClassVar[str] = "formula"

    def __init__(self, why: Words, *, text: str, at: int, remedy: Words, expected: tuple[str, ...] = ()) -> None:
        line, column = place(text, at)
        excerpt = text.split("\n")[line - 1]
        super().__init__(
            f"line {line}, column {column}: {why.en}",
            field="formula",
            remedy=remedy.en,
            line=line,
            column=column,
            excerpt=excerpt,
            caret=" " * (column - 1) + "^",
            expected=list(expected),
            message_zh=f"第 {line} 行第 {column} 列：{why.zh}",
            remedy_zh=remedy.zh,
        )
        self.line, self.column = line, column
        self.expected = expected

    def shown(self) -> str:
        """The line of the formula with a mark under the fault, for a terminal."""
        return f"{self.params['excerpt']}\n{self.params['caret']}"


class FormulaSyntaxError(FormulaError):
    """A text that is no formula."""

    code = "formula_syntax"


class FormulaTypeError(FormulaError):
    """A formula whose parts do not fit: a wrong kind of value, an unknown name."""

    code = "formula_type"


class FormulaUnitError(FormulaError):
    """A formula that mixes units, or percent with percentage points."""

    code = "formula_unit"


class UnknownUnit(InvalidInput):
    """A unit that the platform does not know."""

    code = "unknown_unit"


class DependencyCycle(InvalidInput):
    """Indicators that rest on each other in a ring."""

    code = "indicator_cycle"


def place(text: str, at: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1.

    >>> place("a +\\nb", 4)
    (2, 1)
    """
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1
