"""From text to tokens; every token knows where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from qingtian.domain.indicators.faults import FormulaSyntaxError, Words
from qingtian.domain.indicators.syntax import KEYWORDS

MAX_CHARACTERS = 4000
MAX_TOKENS = 1200
MAX_NUMBER = 40  # digits of a number


class Kind(StrEnum):
    """Kinds of tokens."""

    NUMBER = "number"
    TEXT = "text"
    UNIT = "unit"
    NAME = "name"
    WORD = "word"  # a keyword
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its kind, its value without quotes or brackets, its offset."""

    kind: Kind
    value: str
    at: int

    def is_sign(self, *signs: str) -> bool:
        """Whether it is one of these signs."""
        return self.kind is Kind.SIGN and self.value in signs

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these keywords."""
        return self.kind is Kind.WORD and self.value in words

    @property
    def shown(self) -> str:
        """The token as a message names it."""
        return "the end" if self.kind is Kind.END else repr(self.value)

    @property
    def shown_zh(self) -> str:
        """The token as a Chinese message names it."""
        return "结尾" if self.kind is Kind.END else repr(self.value)


_PATTERN = re.compile(
    r"""(?P<space>[ \t\r\n]+|\#[^\n]*)
    |(?P<number>[0-9]+(?:\.[0-9]+)?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |"(?P<text>[^"\n]*)"
    |\[(?P<unit>[^\[\]\n]*)\]
    |(?P<sign><=|>=|!=|[-+*/<>=(){},.:%])""",
    re.VERBOSE,
)
# What an input method for Chinese writes instead of the sign that is meant.
_WIDE = dict(
    zip("（），．：＋－＊／＜＞＝｛｝［］％“”＂×÷−≤≥≠", [*'(),.:+-*/<>={}[]%"""*/-', "<=", ">=", "!="], strict=True)
)
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


def tokens(text: str) -> tuple[Token, ...]:
    """Every token of a formula; the last one is the end.

    Raises:
        FormulaSyntaxError: a character that no formula has, a text or unit without its end, or too much of all.
    """
    if len(text) > MAX_CHARACTERS:
        raise _too_long(text, MAX_CHARACTERS, f"the formula has {len(text)} characters", f"公式有 {len(text)} 个字符")
    found = tuple(_scan(text))
    if len(found) > MAX_TOKENS:
        raise _too_long(
            text, found[MAX_TOKENS].at, f"the formula has {len(found)} parts", f"公式有 {len(found)} 个成分"
        )
    return (*found, Token(Kind.END, "", len(text)))


def _scan(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        match = _PATTERN.match(text, at)
        if match is None:
            raise _stray(text, at)
        kind = str(match.lastgroup)
        if kind == "name":
            name = match.group()
            yield Token(Kind.WORD if name in KEYWORDS else Kind.NAME, name, at)
        elif kind != "space":
            _refuse_joined(text, match, kind)
            yield Token(Kind(kind), match.group(kind), at)
        at = match.end()


def _refuse_joined(text: str, match: re.Match[str], kind: str) -> None:
    if kind != "number":
        return
    if len(match.group()) > MAX_NUMBER:
        raise FormulaSyntaxError(
            Words(f"数字超过 {MAX_NUMBER} 位", f"the number has more than {MAX_NUMBER} digits"),
            text=text,
            at=match.start(),
            remedy=Words("写短一些", "write a shorter one"),
        )
    following = text[match.end() : match.end() + 1]
    if following and (following.isalnum() or following in "_."):
        raise FormulaSyntaxError(
            Words(f"数字后面不能紧跟 {following!r}", f"a number is followed by {following!r}"),
            text=text,
            at=match.end(),
            remedy=Words("单位写在方括号里：75 [ug/m3]", "write the unit in brackets: 75 [ug/m3]"),
            expected=("a unit in brackets", "an operator"),
        )


def _stray(text: str, at: int) -> FormulaSyntaxError:
    char = text[at]
    if char in _WIDE:
        plain = _WIDE[char]
        return FormulaSyntaxError(
            Words(f"全角字符 {char!r}", f"the full-width character {char!r}"),
            text=text,
            at=at,
            remedy=Words(f"改写为半角 {plain}", f"write {plain} instead"),
            expected=(plain,),
        )
    if char in '"[':
        end = '"' if char == '"' else "]"
        return FormulaSyntaxError(
            Words(f"{char} 没有对应的 {end}", f"{char} is not closed on its line"),
            text=text,
            at=at,
            remedy=Words(f"补上 {end}", f"add {end}"),
            expected=(end,),
        )
    return FormulaSyntaxError(
        Words(f"公式里不能有 {char!r}", f"no formula has {char!r}"),
        text=text,
        at=at,
        remedy=Words("删去它；名称只用字母、数字和下划线", "remove it; names are letters, digits and underscores"),
    )


def _too_long(text: str, at: int, en: str, zh: str) -> FormulaSyntaxError:
    return FormulaSyntaxError(
        Words(f"{zh}，太长", f"{en}, which is too much"),
        text=text[: MAX_CHARACTERS + 1],
        at=min(at, MAX_CHARACTERS),
        remedy=Words("拆成几个指标", "split it into several indicators"),
    )
