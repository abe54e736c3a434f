"""What is special in the dialogues of 2005 and 2025, and which edition knows which command."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.simulator.hand import REQUEST_QN, Hand, quiet, read, returned, spoken

from qingtian.domain.hj212 import Edition
from qingtian.domain.hj212.catalogue import host_commands
from qingtian.domain.hj212.command import Kind
from qingtian.domain.hj212.wire import Sm4Form
from qingtian.simulator import built_in_profile, simulated_device
from qingtian.simulator.commands import find

E05, E17, E25 = Edition.E2005, Edition.E2017, Edition.E2025


# ---- 2005 -------------------------------------------------------------------------------------------------------


def test_a_2005_device_answers_with_the_qn_inside_cp_and_uploads_without_one() -> None:
    hand = Hand(quiet(edition=E05, realtime=True, ack=False, realtime_ack=False))
    (upload,) = read(b"".join(hand.raw))
    assert upload.qn is None
    assert upload.version is E05
    assert "02" in upload.items  # codes of that edition
    ready, value, done = hand.ask("1061")
    assert [one.qn for one in (ready, done)] == [None, None]
    assert ready.params == {"QN": REQUEST_QN, "QnRtn": "1"}
    assert done.params == {"QN": REQUEST_QN, "ExeRtn": "1"}
    assert (value.qn, value.params["QN"], value.params["RtdInterval"]) == (None, REQUEST_QN, "60")
    assert (ready.flag, done.flag) == (0, None)


def test_a_2005_device_tells_once_that_a_value_went_over_its_limit() -> None:
    hand = Hand(quiet(edition=E05, realtime=True))
    hand.ask("1022", "02-LowValue=0.0,02-UpValue=0.1")
    hand.device.acknowledge_all(hand.now)
    later = []
    for _ in range(4):
        later += hand.wait(60)
        hand.device.acknowledge_all(hand.now)
    alarms = [one for one in later if one.cn == "2072"]
    assert len({one.cp for one in alarms}) == 1
    assert "02-Ala=" in alarms[0].cp
    assert "02-AlarmType=1" in alarms[0].cp


def test_a_2005_upload_that_asks_for_an_answer_has_a_number() -> None:
    (upload,) = read(b"".join(Hand(quiet(edition=E05, realtime=True)).raw))
    assert (upload.flag, upload.qn) == (1, "20240601080000000")


def test_a_2005_upload_is_answered_without_any_qn() -> None:
    hand = Hand(quiet(edition=E05, realtime=True, send_qn=False))
    assert len(hand.device.outbox.waiting) == 1
    hand.ask("9014", qn=None, st="91", flag=0)
    assert hand.device.outbox.waiting == {}


@pytest.mark.parametrize(
    ("set_cn", "value", "read_cn", "asked", "shown"),
    [
        ("1022", "02-LowValue=1.1,02-UpValue=9.9", "1021", "PolId=02", "02-LowValue=1.1,02-UpValue=9.9"),
        ("1032", "AlarmTarget=13800000000", "1031", "", "AlarmTarget=13800000000"),
        ("1042", "ReportTime=0130", "1041", "", "ReportTime=0130"),
    ],
)
def test_the_parameters_of_2005_are_set_and_read(set_cn: str, value: str, read_cn: str, asked: str, shown: str) -> None:
    hand = Hand(quiet(edition=E05))
    assert returned(hand.ask(set_cn, value)[-1]) == 1
    assert hand.ask(read_cn, asked, qn="20240601085857224")[1].cp == f"QN=20240601085857224;{shown}"
    assert returned(Hand(quiet()).ask(set_cn, value)[0]) == 8  # removed in 2017


def test_the_daily_report_time_of_2005_moves_the_daily_record() -> None:
    hand = Hand(quiet(edition=E05, profile="noise", periods=True))
    hand.ask("1042", "ReportTime=0130")
    hand.device.acknowledge_all(hand.now)
    days = [one for one in hand.wait(17 * 3600) if one.cn == "2031"]
    assert not days  # 01:00 at night
    assert [one.data_time for one in hand.wait(3600) if one.cn == "2031"][:1] == ["20240601000000"]


def test_numbers_that_changed_their_meaning_follow_the_edition() -> None:
    assert returned(Hand(quiet(edition=E05)).ask("1001", "WarnTime=5")[-1]) == 1
    assert returned(Hand(quiet(edition=E25)).ask("1001", "WarnTime=5")[0]) == 8
    assert returned(Hand(quiet(edition=E05)).ask("3014", "PolId=02,CTime=04,CTime=10")[-1]) == 1
    assert returned(Hand(quiet(edition=E25)).ask("3014", "PolId=a21026")[0]) == 8


def test_an_alarm_record_of_2005_needs_a_limit() -> None:
    hand = Hand(quiet(edition=E05))
    span = "BeginTime=20240601000000,EndTime=20240601080000"
    assert returned(hand.ask("2071", span)[-1]) == 100
    hand.ask("1022", "02-UpValue=9.9", qn="20240601085857224")
    alarm = hand.ask("2071", span, qn="20240601085857225")[1]
    assert "02-AlarmType=1" in alarm.cp


# ---- 2025 -------------------------------------------------------------------------------------------------------


def test_activation_gives_the_number_and_starts_the_reports() -> None:
    hand = Hand(simulated_device(built_in_profile("noise"), edition=E25, activate=True, realtime=True))
    (asking,) = read(b"".join(hand.raw))
    assert asking.cn == "1001"
    assert {"i23005", "i23006", "i23007", "i23008"} <= set(asking.items)
    hand.ack(asking, "9013")
    assert hand.wait(50) == []
    ready, done, *_ = hand.ask("1002", "i23005-Info=6970000000001ABCDEFG1234")
    assert (returned(ready), returned(done)) == (1, 1)
    assert hand.device.writer.mn == "6970000000001ABCDEFG1234"
    (first, *_) = hand.wait(61)
    assert (first.cn, first.mn) == ("2011", "6970000000001ABCDEFG1234")
    assert hand.wait(120)
    assert "1001" not in spoken(read(b"".join(hand.raw[3:])))


def test_the_number_may_stand_in_the_header() -> None:
    hand = Hand(simulated_device(built_in_profile("noise"), edition=E25, activate=True))
    assert returned(hand.ask("1002", mn="6970000000001ABCDEFG9999")[-1]) == 1
    assert hand.device.writer.mn == "6970000000001ABCDEFG9999"


def test_a_backfilled_record_of_2025_says_so_and_none_of_2017_does() -> None:
    for edition, late in ((E25, True), (E17, False)):
        hand = Hand(quiet(edition=edition, profile="noise"))
        record = hand.ask("2061", "BeginTime=20240601070000;EndTime=20240601070000")[1]
        assert record.backfill is late
        hand.device.speak("2061", hand.now)
        assert hand.heard()[0].backfill is False


@pytest.mark.parametrize("form", ["raw", "text"])
def test_sm4_covers_the_data_and_a_new_key_is_taken_after_the_9012(form: str) -> None:
    hand = Hand(quiet(edition=E25, profile="noise", encrypted=True, sm4_form=Sm4Form(form), rekey_s=100.0))
    old, new = hand.device.writer.key, bytes(range(16))
    hand.device.speak("2061", hand.now)
    (frame,) = hand.collect()
    assert b"Leq-Data" not in frame.split(b"CP=&&")[1][:64]
    assert read(frame)[0].fault == "sm4_key_missing"
    (shown,) = read(frame, old)
    assert shown.ok
    assert shown.encrypted
    assert "Leq" in shown.items
    asking = next(one for one in hand.wait(100.5) if one.cn == "1014")
    assert "SKCreateTime" in asking.params
    answers = hand.ask("1014", f"SKCreateTime=20240601085857223;NewSK={new.hex()}")
    assert [returned(one) for one in answers] == [1, 1]
    assert hand.device.writer.key == new
    hand.device.outbox.waiting.clear()
    hand.device.speak("2061", hand.now)
    assert hand.heard()[0].encrypted


def test_a_new_key_that_is_no_key_is_refused() -> None:
    hand = Hand(quiet(edition=E25, encrypted=True))
    old = hand.device.writer.key
    assert returned(hand.ask("1014", "SKCreateTime=20240601085857223;NewSK=12")[0]) == 2
    assert hand.device.writer.key == old


def test_a_check_with_a_standard_sample_brings_its_result() -> None:
    hand = Hand(quiet(edition=E25))
    ready, result, done = hand.ask("3024", "PolId=a21026")
    assert spoken([ready, result, done]) == ["9011", "2062", "9012"]
    assert {"Check", "StandardValue"} <= set(result.items["a21026"])
    told = hand.ask("3022", "PolId=a21026", qn="20240601085857224")
    assert returned(told[-1]) == 3  # a stack has no sampler


@pytest.mark.parametrize("cn", ["2013", "2062", "2111", "2052"])
def test_the_new_records_of_2025_are_there(cn: str) -> None:
    profile = replace(built_in_profile("noise" if cn == "2052" else "flue_gas"), furnace=True)
    hand = Hand(simulated_device(profile, edition=E25, realtime=False, periods=False))
    if cn == "2111":
        hand.device.speak(cn, hand.now)
        assert "a01901" in hand.heard()[0].items
        return
    replies = hand.ask(cn, "BeginTime=20240531000000;EndTime=20240531230000")
    assert replies[1].cn == cn
    assert replies[1].items


def test_real_time_data_of_the_past_are_given_in_2025() -> None:
    hand = Hand(quiet(edition=E25, profile="power"))
    replies = hand.ask("2011", "BeginTime=20240601064500;EndTime=20240601064700")
    assert [one.data_time for one in replies[1:]] == ["20240601064500", "20240601064600", "20240601064700"]
    assert {one.st for one in replies[1:]} == {"44"}  # electricity monitoring has its own system code


@pytest.mark.parametrize("edition", [E05, E17, E25])
def test_every_command_that_a_host_can_send_is_known(edition: Edition) -> None:
    for command in host_commands(edition):
        if command.down in (Kind.REQUEST, Kind.NOTICE):
            known = find(edition, command.cn)
            assert known is not None, f"{edition} {command.cn} {command.en}"
            assert known.notice is (command.down is Kind.NOTICE), command.cn


@pytest.mark.parametrize("edition", [E05, E17, E25])
def test_no_command_of_another_edition_is_accepted(edition: Edition) -> None:
    allowed = {one.cn for one in host_commands(edition)}
    for number in range(1000, 4000):
        assert (find(edition, str(number)) is None) or str(number) in allowed
