"""Meanings in both languages, masked secrets, values read back, numbers of requests, the first contact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.hj212.dialogues.frames import frame

from qingtian.domain.hj212 import build_frame
from qingtian.domain.hj212.dialogues import (
    FINAL,
    IN_FLIGHT,
    MASK,
    PHASE_WORDS,
    REASON_WORDS,
    Phase,
    QnClock,
    Reason,
    Wanted,
    exe_return,
    first_contact,
    mask_frame,
    mask_text,
    mask_values,
    merge_values,
    qn_return,
    read_values,
    stamp,
)
from qingtian.domain.hj212.dialogues.meanings import EXE_RETURNS, QN_REMEDIES, QN_RETURNS, read_code

AT = datetime(2024, 6, 1, 0, 58, 57, 223000, tzinfo=UTC)


def test_the_codes_are_those_of_the_standard() -> None:
    assert set(QN_RETURNS) == {1, 2, 3, 4, 5, 6, 7, 8, 9, 100}
    assert set(EXE_RETURNS) == {1, 2, 3, 4, 5, 6, 100}
    assert set(QN_REMEDIES) <= set(QN_RETURNS)


@pytest.mark.parametrize("table", [QN_RETURNS, EXE_RETURNS, PHASE_WORDS, QN_REMEDIES])
def test_each_code_and_state_has_words_in_both_languages(table) -> None:
    assert all(words.zh and words.en for words in table.values())


def test_states_and_reasons_are_complete() -> None:
    assert set(PHASE_WORDS) == set(Phase)
    assert set(REASON_WORDS) == set(Reason)
    assert IN_FLIGHT | FINAL | {Phase.QUEUED} == set(Phase)
    assert not IN_FLIGHT & FINAL


def test_unknown_and_missing_codes_are_said_to_be_so() -> None:
    assert qn_return(77).en == "QnRtn 77, not in the standard"
    assert exe_return(None).zh == "应答中没有可读的 ExeRtn"


@given(st.text(max_size=8))
def test_a_code_is_a_number_or_nothing(text: str) -> None:
    code = read_code(text)
    assert code is None or str(code) == text.lstrip("0") or int(text) == code


def test_no_secret_of_a_frame_is_shown() -> None:
    raw = build_frame(
        qn="1", st="32", cn="1072", pw="hunter2", mn="A1", flag=5, cp="NewPW=geheim;NewSK=00ff;SKCreateTime=1"
    )
    shown = mask_frame(raw)
    assert not any(secret in shown for secret in ("hunter2", "geheim", "00ff"))
    assert shown.count(MASK) == 3
    assert "SKCreateTime=1" in shown and "MN=A1" in shown


def test_the_password_of_2005_is_hidden_in_the_data_area_too() -> None:
    assert mask_text("CN=1072;PW=a;CP=&&PW=b&&") == f"CN=1072;PW={MASK};CP=&&PW={MASK}&&"


@given(st.binary(max_size=80))
def test_ciphertext_is_never_shown(area: bytes) -> None:
    shown = mask_frame(b"##0099CN=1014;PW=s3cret;CP=&&" + area + b"&&ABCD", encrypted=True)
    assert shown == f"##0099CN=1014;PW={MASK};CP=&&(SM4)&&ABCD"


def test_values_keep_their_names_and_lose_their_secrets() -> None:
    assert mask_values({"newpw": "x", "CTime": ["04", "10"]}) == {"newpw": MASK, "CTime": ["04", "10"]}


def test_a_read_clock_tells_how_far_it_is_off() -> None:
    told = read_values(frame("1011", "PolId=w01018;SystemTime=20240601085902"), AT)
    assert told["clock_offset_s"] == 5
    assert told["params"]["PolId"] == "w01018"
    assert "clock_offset_s" not in read_values(frame("1011", "SystemTime=20241301000000"), AT)


def test_a_device_in_another_zone_is_not_off() -> None:
    assert read_values(frame("1011", "SystemTime=20240601005857"), AT, 0)["clock_offset_s"] == 0


def test_a_long_log_is_cut_and_a_log_with_a_password_is_masked() -> None:
    told = read_values(frame("3020", f"i11001-Info=//set PW=654321; {'x' * 800}//"), AT)
    text = told["items"]["i11001"]["Info"]
    assert MASK in text and "654321" not in text and len(text) <= 1000


def test_parts_of_one_answer_come_together() -> None:
    first = read_values(frame("3019", "w01018-SN=1"), AT)
    second = read_values(frame("3019", "w21003-SN=2"), AT)
    assert merge_values(first, second)["items"] == {"w01018": {"SN": "1"}, "w21003": {"SN": "2"}}


@given(st.lists(st.integers(0, 5), min_size=2, max_size=60))
def test_no_request_number_comes_twice(steps: list[int]) -> None:
    clock, at, drawn = QnClock(), AT, []
    for step in steps:
        at += timedelta(milliseconds=step)
        drawn.append(clock.draw(at))
    assert len(set(drawn)) == len(drawn)
    assert drawn == sorted(drawn)


def test_a_request_number_is_the_time_of_the_device() -> None:
    assert QnClock().draw(AT) == "20240601085857223"
    assert QnClock().draw(AT, 0) == "20240601005857223"
    assert stamp(AT) == "20240601085857"


def test_a_clock_that_was_set_back_an_hour_starts_anew() -> None:
    clock = QnClock()
    clock.draw(AT)
    assert clock.draw(AT - timedelta(hours=1)) == "20240601075857223"


def test_the_first_contact_follows_the_standard() -> None:
    wanted = Wanted(overtime_s=5, resends=2, realtime_interval_s=30, minute_interval_s=300, realtime=False, state=True)
    assert list(first_contact(wanted)) == [
        ("1012", {}),
        ("1000", {"OverTime": "5", "ReCount": "2"}),
        ("1062", {"RtdInterval": "30"}),
        ("1064", {"MinInterval": "5"}),
        ("2012", {}),
        ("2021", {}),
    ]


@pytest.mark.parametrize(("name", "value"), [("minute_interval_s", 90), ("minute_interval_s", 7 * 60)])
def test_an_interval_that_the_standard_does_not_know_is_not_set(name: str, value: int) -> None:
    assert "1064" not in dict(first_contact(Wanted(**{name: value})))
    assert "1062" not in dict(first_contact(Wanted(realtime_interval_s=10)))
    assert "1064" not in dict(first_contact(Wanted(minutes_settable=False)))
