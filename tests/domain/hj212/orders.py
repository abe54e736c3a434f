"""Strategies for commands: right values for every field of every command."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from qingtian.domain.hj212 import Command, Edition, Field, Form, WireSettings, host_commands
from qingtian.domain.hj212.wire import Sm4Form

EDITIONS = (Edition.E2005, Edition.E2017, Edition.E2025)
HOST_COMMANDS = [command for edition in EDITIONS for command in host_commands(edition)]
_DAYS = st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2099-12-31"))
TIMES = _DAYS.map(lambda at: f"{at:%Y%m%d%H%M%S}")
QNS = st.builds(lambda time, ms: f"{time}{ms:03d}", TIMES, st.integers(0, 999))
CODES = st.from_regex(r"\A[aw][0-9]{5}\Z") | st.sampled_from(["011", "B01", "101", "LA"])
_TEXT_LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn"), exclude_characters="/")
TEXTS = st.text(_TEXT_LETTERS, min_size=1, max_size=30)
KEYS = st.binary(min_size=16, max_size=16)


def values_of(field: Field) -> st.SearchStrategy[str]:
    """Right values of a field."""
    if field.choices:
        return st.sampled_from(field.choices)
    if field.form is Form.WHOLE:
        return st.integers(field.low or 0, field.high if field.high is not None else 999_999).map(str)
    return {
        Form.TIME: TIMES,
        Form.TIME_MS: TIMES | QNS,
        Form.CLOCK: TIMES.map(lambda time: time[8:]),
        Form.CLOCK_HM: TIMES.map(lambda time: time[8:12]),
        Form.NUMBER: st.decimals(-9999, 9999, places=2).map(str),
        Form.CODE: CODES,
        Form.WORD: st.from_regex(r"\A[0-9A-Za-z.:_-]{1,32}\Z"),
        Form.TEXT: TEXTS,
        Form.PASSWORD: st.from_regex(r"\A[0-9A-Za-z]{1,6}\Z"),
        Form.KEY: KEYS.map(bytes.hex),
    }[field.form]


@st.composite
def params_of(draw: st.DrawFn, command: Command) -> dict[str, Any]:
    """Right parameters of a host's command."""
    found: dict[str, Any] = {}
    codes = draw(st.lists(CODES, min_size=1, max_size=3, unique=True))
    attributes = [field for field in command.down_fields if field.attribute]
    for field in command.down_fields:
        if field.attribute or not (field.required or draw(st.booleans())):
            continue
        found[field.name] = (
            draw(st.lists(values_of(field), min_size=2, max_size=4)) if field.repeated else draw(values_of(field))
        )
    for code in codes if attributes else ():
        for field in attributes:
            if field.required or draw(st.booleans()):
                found[f"{code}-{field.name}"] = draw(values_of(field))
    return found


ORDERS = st.sampled_from(HOST_COMMANDS).flatmap(lambda command: st.tuples(st.just(command), params_of(command)))


def wires(edition: Edition) -> st.SearchStrategy[WireSettings]:
    """Devices of an edition, with and without password and key."""
    return st.builds(
        WireSettings,
        edition=st.just(edition),
        password=st.sampled_from(["", "123456", "BF470F88957588DE902D1A52"]),
        sm4_key=st.just(b"") | KEYS,
        sm4_form=st.sampled_from(Sm4Form),
    )
