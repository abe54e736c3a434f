"""What devices say by themselves, and which answer each frame gets."""

from __future__ import annotations

import pytest
from tests.domain.hj212.dialogues.frames import frame

from qingtian.domain.hj212.dialogues import NOTICES, SAID_WORDS, Said, answer_cn, read_notice


@pytest.mark.parametrize(
    ("cn", "answer"),
    [
        ("2011", "9014"),
        ("2021", "9014"),
        ("2051", "9014"),
        ("2081", "9014"),
        ("3020", "9014"),
        ("1013", "9013"),
        ("1001", "9013"),
        ("1014", "9013"),
        ("9021", "9014"),
        ("9015", "9013"),
        ("9011", None),
        ("9012", None),
        ("9013", None),
        ("9014", None),
    ],
)
def test_each_kind_of_frame_gets_its_answer_when_it_asks(cn: str, answer: str | None) -> None:
    assert answer_cn(frame(cn, flag=5)) == answer
    assert answer_cn(frame(cn, flag=4)) is None
    assert answer_cn(frame(cn, flag=4), ack="always") == answer
    assert answer_cn(frame(cn, flag=5), ack="never") is None


def test_a_heartbeat_gets_what_the_device_is_set_to() -> None:
    assert answer_cn(frame("9015", flag=9), heartbeat_answer="9014") == "9014"
    assert answer_cn(frame("9015", flag=8), heartbeat_answer="9014") is None


def test_a_call_for_the_clock_names_the_instrument_or_the_logger() -> None:
    one = read_notice(frame("1013", "PolId=w01018"))
    assert one is not None and (one.said, one.pol_id) == (Said.CLOCK_WANTED, "w01018")
    logger = read_notice(frame("1013"))
    assert logger is not None and logger.pol_id == ""


@pytest.mark.parametrize(
    "cp",
    [
        "i23005-Info=//A1//,i23005-SN=x;i23006-Info=//B2//",
        "i23005=A1;i23006=B2",
        "DataTime=20260101000000;i23005-SN=A1;i23006-SN=B2",
    ],
)
def test_activation_tells_the_serials(cp: str) -> None:
    one = read_notice(frame("1001", cp, flag=9))
    assert one is not None and one.said is Said.ACTIVATION
    assert one.serials == {"i23005": "A1", "i23006": "B2"}


def test_a_new_key_is_asked_for_with_the_time_of_the_old_one() -> None:
    one = read_notice(frame("1014", "SKCreateTime=20260101000000"))
    assert one is not None and (one.said, one.at) == (Said.KEY_WANTED, "20260101000000")


def test_a_restart_tells_when() -> None:
    one = read_notice(frame("2081", "DataTime=20240601090000;RestartTime=20240601085500"))
    assert one is not None and (one.said, one.at) == (Said.RESTARTED, "20240601085500")


@pytest.mark.parametrize("cn", ["2011", "2051", "9011", "9012", "3020", "1011"])
def test_data_and_answers_are_no_notices(cn: str) -> None:
    assert read_notice(frame(cn)) is None


def test_each_notice_has_words_in_both_languages() -> None:
    assert set(SAID_WORDS) == set(Said)
    assert len(NOTICES) == len(Said)
    assert all(words.zh and words.en for words in SAID_WORDS.values())
