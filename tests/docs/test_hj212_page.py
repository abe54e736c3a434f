"""The HJ 212 page against the codec: settings with their values and ranges, warnings, bounds."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from qingtian.domain.hj212 import (
    AckPolicy,
    CrcProfile,
    Edition,
    HeartbeatAnswer,
    PasswordPolicy,
    Sm4Form,
    SplitBuffer,
    WireSettings,
)
from qingtian.domain.hj212 import __all__ as exported
from qingtian.domain.hj212.framing import MAX_ENDS, MAX_SEGMENT
from qingtian.domain.hj212.wire import OVERTIME_RANGE, SETTING_NAMES, UTC_OFFSETS

PAGE = (Path(__file__).parents[2] / "docs" / "hj212.md").read_text("utf-8")
SETTINGS = PAGE.split("## Settings of a device")[1].split("## Commands")[0]
ROWS = re.findall(r"^\| (`[^|]+) \| ([^|]+) \|", SETTINGS, re.MULTILINE)
VALUES = {tuple(re.findall(r"`(\w+)`", names)): told for names, told in ROWS}


def test_every_setting_of_the_register_is_told() -> None:
    named = {name for names in VALUES for name in names}
    assert named == set(SETTING_NAMES) - {"unit_map"} | {"medium"}


def test_words_and_defaults_are_those_of_the_codec() -> None:
    default = WireSettings()
    words = {
        "edition": (default.edition, [one for one in Edition if one is not Edition.UNKNOWN]),
        "crc": (default.crc, CrcProfile),
        "ack": (default.ack, AckPolicy),
        "password_policy": (default.password_policy, PasswordPolicy),
        "heartbeat_answer": (default.heartbeat_answer, HeartbeatAnswer),
        "sm4_form": (default.sm4_form, Sm4Form),
    }
    for name, (first, kinds) in words.items():
        told = re.findall(r"`(\w+)`", VALUES[(name,)])
        assert told[0] == first.value
        assert set(told) == {one.value for one in kinds}, name
    assert VALUES[("utc_offset_minutes",)] == f"`{default.utc_offset_minutes}`, {UTC_OFFSETS[0]} to {UTC_OFFSETS[1]}"
    assert VALUES[("overtime_s", "resends")] == (
        f"`{default.overtime_s}`, `{default.resends}`; {OVERTIME_RANGE[0]} to {OVERTIME_RANGE[1]}"
    )
    assert tuple(re.findall(r'"(-\d+)"', VALUES[("sentinels",)])) == default.sentinels


def test_every_function_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`((?:build|split|find|host|read|decode|stream|encode|wire|modbus)\w*)(?:\(|`)", PAGE))
    named -= {"split_flag_without_pnum", "host", "wire", "modbus_too"}
    assert named <= set(exported), named - set(exported)


def test_the_bounds_are_those_of_the_code() -> None:
    assert MAX_ENDS == 4 and "At most four ends" in PAGE
    assert f"at most {MAX_SEGMENT} + 8 bytes" in PAGE
    most = inspect.signature(SplitBuffer).parameters["most_parts"].default
    assert f"At most {most:,} parts" in PAGE
