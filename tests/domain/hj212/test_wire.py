"""The settings of a device: their defaults, their ranges, and how plain values become settings."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import (
    AckPolicy,
    CrcProfile,
    Edition,
    HeartbeatAnswer,
    PasswordPolicy,
    Sm4Form,
    WireSettings,
    wire_settings,
)
from qingtian.domain.hj212.wire import SETTING_NAMES

KEY = "0123456789abcdeffedcba9876543210"


def test_the_defaults_are_a_device_of_2017_that_keeps_to_the_standard() -> None:
    wire = WireSettings()
    assert (wire.edition, wire.crc, wire.ack) == (Edition.E2017, CrcProfile.STANDARD, AckPolicy.ON_REQUEST)
    assert wire.password_policy is PasswordPolicy.ANSWER, "a wrong PW is answered, or the device resends for ever"
    assert wire.heartbeat_answer is HeartbeatAnswer.NOTICE
    assert (wire.utc_offset_minutes, wire.overtime_s, wire.resends) == (480, 10, 3)
    assert wire.sentinel_numbers == {Decimal(-99), Decimal(-999), Decimal(-9999)}
    assert (wire.read_keys, wire.keep_parts_s) == ((), 30.0)


def test_every_setting_can_be_given_as_a_plain_value() -> None:
    names = {one.name for one in dataclasses.fields(WireSettings) if one.init}
    assert names == set(SETTING_NAMES) - {"units"}


def test_plain_values_become_settings_and_other_attributes_are_left_alone() -> None:
    wire = wire_settings({
        "edition": 2025, "sm4_key": KEY.upper(), "sm4_form": "raw", "units": {"a21026": "ug/m3"}, "aliases": ["a-1"],
        "minute_interval_s": 60, "overtime_s": "5", "password": None,
    })  # fmt: skip
    assert (wire.edition, wire.sm4_key.hex(), wire.sm4_form) == (Edition.E2025, KEY, Sm4Form.RAW)
    assert (wire.unit_map, wire.aliases, wire.overtime_s, wire.password) == ({"a21026": "ug/m3"}, ("a-1",), 5, "")
    assert wire.read_keys == (bytes.fromhex(KEY),)


def test_keys_under_change_open_frames_too_the_current_one_first() -> None:
    wire = wire_settings({"sm4_key": KEY, "sm4_keys_also": ["00" * 16]})
    assert wire.read_keys == (bytes.fromhex(KEY), bytes(16))
    assert wire_settings({"sm4_keys_also": ["00" * 16]}).read_keys == (bytes(16),)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"edition": "unknown"}, "edition"),
        ({"edition": 2011}, "edition"),
        ({"crc": "both"}, "crc"),
        ({"utc_offset_minutes": 841}, "utc_offset_minutes"),
        ({"utc_offset_minutes": -721}, "utc_offset_minutes"),
        ({"overtime_s": 100}, "overtime_s"),
        ({"resends": 0}, "resends"),
        ({"resends": "3.5"}, "resends"),
        ({"password": "12 34"}, "password"),
        ({"password": "x" * 33}, "password"),
        ({"passwords_also": ["a", "b;"]}, "passwords_also[1]"),
        ({"sm4_key": "00"}, "sm4_key"),
        ({"sm4_keys_also": ["zz" * 16]}, "sm4_keys_also[0]"),
        ({"sentinels": ["NaN"]}, "sentinels[0]"),
        ({"sentinels": [-99]}, "sentinels[0]"),
        ({"aliases": ["x" * 33]}, "aliases[0]"),
        ({"code_map": "SO2"}, "code_map"),
        ({"unit_map": {"a": None}}, "unit_map.a"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name_with_a_remedy(values: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        wire_settings(values)
    assert refused.value.field == field
    assert refused.value.remedy


@pytest.mark.parametrize("values", [{"password": "secret word;"}, {"sm4_key": "secret"}, {"sm4_keys_also": ["secret"]}])
def test_a_wrong_secret_is_not_repeated(values: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as refused:
        wire_settings(values)
    assert "secret" not in str(refused.value)


def test_secrets_do_not_show_in_the_text_of_the_settings() -> None:
    shown = repr(wire_settings({"password": "654321", "passwords_also": ["777777"], "sm4_key": KEY}))
    assert not any(secret in shown for secret in ("654321", "777777", KEY, repr(bytes.fromhex(KEY))))


@pytest.mark.parametrize(
    ("edition", "flags"),
    [(Edition.E2005, (0, 1, 2, 3)), (Edition.E2017, (4, 5, 6, 7)), (Edition.E2025, (8, 9, 10, 11))],
)
def test_flag_has_the_edition_in_its_high_bits(edition: Edition, flags: tuple[int, ...]) -> None:
    wire = WireSettings(edition=edition)
    assert tuple(wire.flag(ack=ack, split=split) for split in (False, True) for ack in (False, True)) == flags


@pytest.mark.parametrize(
    ("values", "right"),
    [
        ({}, ()),
        ({"passwords_also": ["1"]}, ()),
        ({"password": "123456"}, ("123456",)),
        ({"password": "123456", "passwords_also": ["654321"]}, ("123456", "654321")),
        ({"password": "123456", "password_policy": "ignore"}, ()),
        ({"password": "123456", "password_policy": "reject"}, ("123456",)),
    ],
)
def test_which_passwords_are_right(values: dict[str, object], right: tuple[str, ...]) -> None:
    assert wire_settings(values).right_passwords == right
