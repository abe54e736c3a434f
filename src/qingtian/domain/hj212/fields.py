"""Fields of commands: what may stand in the data area of a command, in which form and range."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212.grammar import is_real_time


class Form(StrEnum):
    """How a field is written."""

    TIME = "time"  # yyyyMMddHHmmss
    TIME_MS = "time_ms"  # yyyyMMddHHmmssSSS, or without SSS
    CLOCK = "clock"  # HHmmss
    CLOCK_HM = "clock_hm"  # HHmm
    WHOLE = "whole"
    NUMBER = "number"
    CODE = "code"  # pollutant, facility or information code
    WORD = "word"  # any text without separators
    TEXT = "text"  # any text; written between // when it holds separators
    PASSWORD = "password"  # noqa: S105  a word, no secret
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a data area.

    Args:
        name: name as the standard spells it; of an `attribute` the part behind the code.
        zh: Chinese name.
        en: English name.
        form: how it is written.
        unit: unit of the value; empty = none.
        low: smallest value.
        high: largest value.
        choices: the only values, where there are few.
        required: the command means nothing without it.
        repeated: may come several times: a list.
        attribute: written `code-name=value`, for as many codes as wanted.
        secret: never shown or kept in clear.
        also: other spellings that are read.
    """

    name: str
    zh: str
    en: str
    form: Form
    unit: str = ""
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()
    required: bool = True
    repeated: bool = False
    attribute: bool = False
    secret: bool = False
    also: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every name under which it is read."""
        return (self.name, *self.also)

    def check(self, value: str, *, name: str | None = None) -> None:
        """Refuse a value that the field cannot hold.

        Args:
            value: text as it would be sent.
            name: field to name in the error; its own name by default.
        Raises:
            InvalidInput: names the field, the range and the remedy; never repeats a secret.
        """
        pattern, wanted = _FORMS[self.form]
        if not pattern.fullmatch(value) or (self.form in _TIMES and not is_real_time(value)):
            shown = "the value" if self.secret else repr(value[:40])
            raise InvalidInput(f"{shown} is not {wanted}", field=name or self.name, remedy=f"give {wanted}")
        if self.choices and value not in self.choices:
            allowed = ", ".join(self.choices)
            raise InvalidInput(f"{value} is not allowed", field=name or self.name, remedy=f"one of {allowed}")
        low, high = self.low, self.high
        if (low is not None and int(value) < low) or (high is not None and int(value) > high):
            bounds = f"{low}..{high}" if high is not None else f"{low} or more"
            raise InvalidInput(
                f"{value} is not within {bounds}", field=name or self.name, remedy=f"give {bounds} {self.unit}".rstrip()
            )


_TIMES = frozenset({Form.TIME, Form.TIME_MS})
_FORMS: Mapping[Form, tuple[re.Pattern[str], str]] = {
    Form.TIME: (re.compile(r"\d{14}", re.ASCII), "a time yyyyMMddHHmmss that exists"),
    Form.TIME_MS: (re.compile(r"\d{14}(?:\d{3})?", re.ASCII), "a time yyyyMMddHHmmssSSS that exists"),
    Form.CLOCK: (re.compile(r"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d", re.ASCII), "a time of day HHmmss"),
    Form.CLOCK_HM: (re.compile(r"(?:[01]\d|2[0-3])[0-5]\d", re.ASCII), "a time of day HHmm"),
    Form.WHOLE: (re.compile(r"\d{1,9}", re.ASCII), "a whole number"),
    Form.NUMBER: (re.compile(r"-?\d{1,15}(?:\.\d{1,15})?", re.ASCII), "a decimal number"),
    Form.CODE: (re.compile(r"[0-9A-Za-z_]{1,24}", re.ASCII), "a code of letters and digits"),
    Form.WORD: (re.compile(r"[^;,=&#/\x00-\x1f]{1,64}"), "text without ; , = & # and /"),
    Form.TEXT: (re.compile(r"(?:(?!//)[^\x00-\x08\x0b\x0c\x0e-\x1f])*"), "text without //"),
    Form.PASSWORD: (re.compile(r"[0-9A-Za-z_]{1,6}", re.ASCII), "1 to 6 letters and digits"),
    Form.KEY: (re.compile(r"[0-9A-Fa-f]{32}", re.ASCII), "32 hex digits"),
}
