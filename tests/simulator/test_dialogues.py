"""Every dialogue of section 5 of the protocol notes: a hand-written host against the pure device."""

from __future__ import annotations

import pytest
from tests.simulator.hand import REQUEST_QN, Hand, impatient, quiet, read, returned, spoken

from qingtian.domain.hj212 import Edition
from qingtian.simulator.trouble import Trouble

E05, E17, E25 = Edition.E2005, Edition.E2017, Edition.E2025


def test_an_upload_that_asks_for_an_answer_is_done_when_the_answer_comes() -> None:
    hand = Hand(quiet(realtime=True))
    hand.wait(5)
    (upload,) = read(b"".join(hand.raw))  # at 08:00:00 sharp
    assert (upload.cn, upload.flag, upload.ack_requested) == ("2011", 5, True)
    assert upload.data_time == "20240601080000"
    assert hand.ack(upload) == []
    assert hand.device.outbox.waiting == {}
    assert hand.device.stats.acked == 1


def test_no_answer_in_time_brings_the_same_bytes_again_and_then_a_new_line() -> None:
    hand = Hand(impatient(quiet(), overtime_s=2, resends=2))
    hand.device.speak("2061", 0.0)
    (first, *_) = hand.collect()
    again = hand.wait_raw(4.5)
    assert again[: len(again) // 2] == again[len(again) // 2 :]
    assert first in again
    assert not hand.device.hang_up
    assert hand.wait_raw(2.0) == []
    assert hand.device.hang_up  # ReCount is used up: the link is unusable
    hand.device.disconnect(hand.now)
    hand.device.connect(hand.now)
    late = hand.wait(0.1)
    assert spoken(late) == ["2061", "2061"]
    assert late[0].data_time == read(first)[0].data_time
    assert late[0].qn != read(first)[0].qn  # a new sending, from the memory


def test_an_upload_under_way_is_sent_again_with_the_same_bytes_on_the_next_line() -> None:
    hand = Hand(quiet(profile="noise"))
    hand.device.speak("2061", 0.0)
    (frame,) = hand.collect()
    hand.device.disconnect(1.0)
    hand.device.connect(2.0)
    assert hand.collect() == [frame]


def test_without_the_ack_bit_nothing_is_waited_for() -> None:
    hand = Hand(quiet(profile="noise", ack=False))
    hand.device.speak("2061", 0.0)
    (frame,) = hand.heard()
    assert frame.flag == 4
    assert hand.wait(60) == []


@pytest.mark.parametrize(
    ("cn", "cp", "answer"),
    [
        ("1011", "", "SystemTime=20240601080000"),
        ("1011", "PolId=a21026", "PolId=a21026;SystemTime=20240601080000"),
        ("1061", "", "RtdInterval=60"),
        ("1063", "", "MinInterval=10"),
        ("3017", "PolId=a21026", "PolId=a21026;CstartTime=000000;Ctime=2"),
        ("3018", "PolId=a21026", "PolId=a21026;Stime=40"),
        ("3020", "PolId=a21026;InfoId=i12001", "DataTime=20240601080000;PolId=a21026;i12001-Info=0"),
        ("3020", "PolId=a21026;InfoId=i13004", "DataTime=20240601080000;PolId=a21026;i13004-Info=165.0"),
    ],
)
def test_reading_brings_9011_the_value_with_the_same_qn_and_9012(cn: str, cp: str, answer: str) -> None:
    hand = Hand(quiet())
    ready, value, done = hand.ask(cn, cp)
    assert (spoken([ready, value, done]), returned(ready), returned(done)) == (["9011", cn, "9012"], 1, 1)
    assert {ready.qn, value.qn, done.qn} == {REQUEST_QN}
    assert (value.cp, value.flag, ready.st, done.st) == (answer, 4, "91", "91")


def test_setting_the_clock_moves_it_and_the_next_data_time() -> None:
    hand = Hand(quiet(clock_offset_s=1800.0, realtime=True))
    assert hand.clock() == "20240601083000"
    ready, done = hand.ask("1012", "SystemTime=20240601080000")
    assert (returned(ready), returned(done)) == (1, 1)
    assert hand.clock() == "20240601080000"
    times = [one.data_time for one in hand.wait(61) if one.cn == "2011"]
    assert "20240601080100" in times


def test_an_impossible_time_is_refused_and_changes_nothing() -> None:
    hand = Hand(quiet())
    (refused,) = hand.ask("1012", "SystemTime=20241301000000")
    assert returned(refused) == 2
    assert hand.clock() == "20240601080000"


def test_a_device_that_runs_faster_than_time_cannot_follow_a_clock() -> None:
    hand = Hand(quiet(), speed=60.0)
    _, done = hand.ask("1012", "SystemTime=20240601090000")
    assert returned(done) == 3


def test_the_device_asks_for_the_time_until_9013_comes() -> None:
    hand = Hand(quiet(clock_check_s=100.0))
    (notice,) = hand.wait(100.5)
    assert (notice.cn, notice.ack_requested) == ("1013", True)
    assert spoken(hand.wait(10)) == ["1013"]
    hand.ack(notice, "9013")
    assert hand.wait(20) == []


def test_timeouts_are_set_by_1000_and_used() -> None:
    hand = Hand(quiet(profile="noise"))
    hand.ask("1000", "OverTime=3;ReCount=1")
    hand.device.speak("2061", hand.now)
    assert len(hand.collect()) == 1
    assert spoken(hand.wait(3.1)) == ["2061"]
    assert hand.wait(2) == []
    hand.wait(1.1)
    assert hand.device.hang_up


@pytest.mark.parametrize(("cp", "why"), [("OverTime=0;ReCount=3", "low"), ("OverTime=5", "missing"), ("x=1", "none")])
def test_parameters_out_of_range_are_refused(cp: str, why: str) -> None:
    hand = Hand(quiet())
    (refused,) = hand.ask("1000", cp)
    assert returned(refused) == 2, why


def test_the_real_time_interval_is_set_and_read_and_kept_while_stopped() -> None:
    hand = Hand(quiet(realtime=True))
    hand.ask("1062", "RtdInterval=30")
    assert hand.ask("1061", qn="20240601085857224")[1].params["RtdInterval"] == "30"
    times = [one.data_time for one in hand.wait(91)]
    assert [one for one in dict.fromkeys(times) if one][-3:] == ["20240601080030", "20240601080100", "20240601080130"]
    (answer,) = hand.ask("2012", qn="20240601085857225")
    assert (answer.cn, answer.qn) == ("9013", "20240601085857225")
    hand.device.acknowledge_all(hand.now)
    assert hand.wait(120) == []
    replies = hand.ask("2011", qn="20240601085857226")
    assert spoken(replies) == ["9011", "2011", "9012"]
    assert replies[1].qn != replies[0].qn
    assert "2011" in spoken(hand.wait(31))


def test_the_minute_interval_is_set_by_1064_and_other_steps_are_refused() -> None:
    hand = Hand(quiet(profile="noise", periods=True))
    assert [returned(one) for one in hand.ask("1064", "MinInterval=5")] == [1, 1]
    assert [returned(one) for one in hand.ask("1064", "MinInterval=7", qn="20240601085857224")] == [2]
    frames = {one.data_time for one in hand.wait(901) if one.cn == "2051"}
    assert {"20240601080000", "20240601080500", "20240601081000"} <= frames


def test_facility_state_is_started_and_stopped() -> None:
    hand = Hand(quiet())
    ready, state, done = hand.ask("2021")
    assert spoken([ready, state, done]) == ["9011", "2021", "9012"]
    assert state.items == {"SB1": {"RS": "1"}, "SB2": {"RS": "1"}}
    assert "2021" in spoken(hand.wait(61))
    hand.device.acknowledge_all(hand.now)
    assert spoken(hand.ask("2022", qn="20240601085857224")) == ["9013"]
    assert hand.wait(120) == []


def test_a_device_without_facilities_says_so() -> None:
    assert returned(Hand(quiet(profile="noise")).ask("2021")[-1]) == 3
    assert (
        returned(Hand(quiet(profile="noise")).ask("2041", "BeginTime=20240530000000;EndTime=20240531000000")[-1]) == 100
    )


@pytest.mark.parametrize(
    ("cn", "begin", "end", "starts"),
    [
        ("2061", "20240601050000", "20240601070000", ["20240601050000", "20240601060000", "20240601070000"]),
        ("2061", "20240601063000", "20240601073000", ["20240601070000"]),  # DataTime is the start of a period
        ("2051", "20240601073000", "20240601074000", ["20240601073000", "20240601074000"]),
        ("2031", "20240530000000", "20240531000000", ["20240530000000", "20240531000000"]),
        ("2041", "20240531000000", "20240531000000", ["20240531000000"]),
    ],
)
def test_history_brings_one_frame_a_record_with_its_own_qn_and_9012_when_all_are_answered(
    cn: str, begin: str, end: str, starts: list[str]
) -> None:
    hand = Hand(quiet(profile="waste_water", history_ack=True))
    ready, *records = hand.ask(cn, f"BeginTime={begin};EndTime={end}")
    assert returned(ready) == 1
    assert list(dict.fromkeys(one.data_time for one in records)) == starts
    assert {one.cn for one in records} == {cn}
    assert len({one.qn for one in records}) == len(records)
    assert REQUEST_QN not in {one.qn for one in records}
    answers = [answer for record in records for answer in hand.ack(record)]
    (done,) = answers
    assert (done.cn, done.qn, returned(done)) == ("9012", REQUEST_QN, 1)


def test_a_long_history_keeps_a_window_under_way_and_loses_nothing() -> None:
    hand = Hand(quiet(profile="noise", window=4))
    todo = hand.ask("2061", "BeginTime=20240530000000;EndTime=20240531230000")[1:]
    assert len(todo) == 4
    seen = []
    while todo:
        record = todo.pop(0)
        if record.cn == "2061":
            seen.append(record.data_time)
            todo += hand.ack(record)
            assert len(hand.device.outbox.waiting) <= 4
        else:
            assert (record.cn, returned(record)) == ("9012", 1)
    assert len(seen) == len(set(seen)) == 48


def test_history_without_answers_is_paced_and_ends_by_itself() -> None:
    hand = Hand(quiet(profile="noise", history_ack=False, window=4))
    first = hand.ask("2061", "BeginTime=20240531000000;EndTime=20240531230000")
    assert len(first) == 5
    rest = hand.wait(1.0)
    assert {one.flag for one in rest} == {4}
    assert (rest[-1].cn, returned(rest[-1])) == ("9012", 1)
    assert len(first) + len(rest) == 26


def test_a_record_that_the_host_never_answers_ends_the_history_with_a_link_timeout() -> None:
    hand = Hand(impatient(quiet(profile="noise"), overtime_s=1, resends=1))
    hand.ask("2061", "BeginTime=20240601070000;EndTime=20240601070000")
    *_, done = hand.wait(5)
    assert (done.cn, returned(done)) == ("9012", 4)


@pytest.mark.parametrize(
    ("begin", "end"),
    [("20240101000000", "20240102000000"), ("20240601080000", "20240601080000"), ("20250101000000", "20250102000000")],
)
def test_history_outside_the_memory_has_no_data(begin: str, end: str) -> None:
    assert returned(Hand(quiet()).ask("2061", f"BeginTime={begin},EndTime={end}")[-1]) == 100


def test_a_second_history_is_refused_as_busy_and_the_first_goes_on() -> None:
    hand = Hand(quiet(profile="noise"))
    _, record = hand.ask("2061", "BeginTime=20240601070000;EndTime=20240601070000")
    ready, busy = hand.ask("2061", "BeginTime=20240601060000;EndTime=20240601060000", qn="20240601085857224")
    assert (returned(ready), returned(busy)) == (1, 5)
    assert returned(hand.ack(record)[-1]) == 1


def test_a_record_asked_for_later_is_the_record_that_was_sent() -> None:
    hand = Hand(quiet(profile="flue_gas", periods=True))
    live = {(one.cn, one.data_time, one.pno): one.items for one in hand.wait(3601) if one.cn in ("2051", "2061")}
    hand.device.acknowledge_all(hand.now)
    hand.device.outbox.backlog.clear()
    hand.heard()
    asked = hand.ask("2061", "BeginTime=20240601080000;EndTime=20240601080000")
    records = {(one.cn, one.data_time, one.pno): one.items for one in asked if one.cn == "2061"}
    assert records
    assert all(live[key] == items for key, items in records.items())


def test_calibration_marks_the_values_and_is_in_the_log() -> None:
    hand = Hand(quiet(realtime=True, calibration_s=300.0))
    (ready,) = hand.ask("3011", "PolId=a21026")
    assert returned(ready) == 1
    later = hand.wait(61)
    assert returned(next(one for one in later if one.cn == "9012")) == 1
    value = next(one for one in later if one.cn == "2011" and one.data_time == "20240601080100")
    assert value.items["a21026"]["Flag"] == "C"
    log = hand.ask("3020", "InfoId=i11001;BeginTime=20240601000000;EndTime=20240602000000", qn="20240601085857224")
    assert "校准开始" in str(log[1].items["i11001"]["Info"])
    hand.device.acknowledge_all(hand.now)
    after = [one for one in hand.wait(400) if one.cn == "2011"][-1]
    assert after.items["a21026"]["Flag"] == "N"


def test_an_unknown_instrument_cannot_be_calibrated() -> None:
    assert returned(Hand(quiet()).ask("3011", "PolId=w01018")[-1]) == 3


@pytest.mark.parametrize("cn", ["3012", "3013", "3014"])
def test_orders_take_some_time_between_9011_and_9012(cn: str) -> None:
    hand = Hand(quiet(profile="waste_water", action_s=2.0))
    (ready,) = hand.ask(cn, "PolId=w01018")
    assert hand.wait(1.9) == []
    (done,) = hand.wait(0.2)
    assert (returned(ready), done.cn, returned(done)) == (1, "9012", 1)


def test_a_sample_is_retained_in_the_next_bottle() -> None:
    hand = Hand(quiet(profile="waste_water"))
    hand.ask("3015")
    told = hand.wait(1)
    assert told[0].cp == "DataTime=20240601080000;VaseNo=1"
    assert returned(Hand(quiet(profile="noise")).ask("3015")[-1]) == 3


def test_the_sampling_cycle_and_a_parameter_are_set_and_read_back() -> None:
    hand = Hand(quiet(profile="waste_water"))
    assert returned(hand.ask("3016", "PolId=w01018;CstartTime=010000;CTime=4")[-1]) == 1
    assert "CstartTime=010000;Ctime=4" in hand.ask("3017", "PolId=w01018", qn="20240601085857224")[1].cp
    done = hand.ask("3021", "PolId=w01018;InfoId=i13004;i13004-Info=168.0", qn="20240601085857225")[-1]
    assert returned(done) == 1
    told = hand.ask("3020", "PolId=w01018;InfoId=i13004", qn="20240601085857226")[1]
    assert told.items["i13004"]["Info"] == "168.0"


def test_the_serial_number_says_that_it_is_simulated() -> None:
    told = Hand(quiet()).ask("3019", "PolId=a21026")[1]
    assert told.items["a21026"]["SN"].startswith("SIM")
    assert len(told.items["a21026"]["SN"]) == 24


def test_the_password_changes_after_the_9012() -> None:
    hand = Hand(quiet())
    old = hand.device.password
    answers = hand.ask("1072", "NewPW=654321")
    assert {one.header["PW"] for one in answers} == {old}
    assert returned(hand.ask("1061", pw=old, qn="20240601085857224")[0]) == 3
    assert spoken(hand.ask("1061", qn="20240601085857225")) == ["9011", "1061", "9012"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"pw": "999999"}, 3),
        ({"mn": "010000A8900016F000169DC0"}, 4),
        ({"st": "3"}, 5),
        ({"flag": 300}, 6),
        ({"qn": "20241301085857223"}, 7),
        ({"cn": "8888"}, 8),
    ],
)
def test_a_wrong_request_is_refused_with_its_code(changes: dict[str, object], code: int) -> None:
    hand = Hand(quiet())
    cn = str(changes.pop("cn", "1061"))
    (refused,) = hand.ask(cn, **changes)
    assert (refused.cn, returned(refused)) == ("9011", code)


def test_a_request_with_a_wrong_check_code_is_told_9() -> None:
    hand = Hand(quiet())
    frame = hand.frame("1061")
    broken = frame[:-6] + (b"0000" if frame[-6:-2] != b"0000" else b"0001") + b"\r\n"
    (refused,) = hand.send(broken)
    assert (refused.cn, returned(refused)) == ("9011", 9)


def test_a_repeated_request_is_answered_again_but_done_once() -> None:
    hand = Hand(quiet(profile="waste_water", action_s=0.0))
    first = hand.ask("3015")
    again = hand.ask("3015")
    assert [one.cp for one in first] == [one.cp for one in again]
    assert "VaseNo=2" in hand.ask("3015", qn="20240601085857224")[1].cp


def test_a_restart_is_told_by_2081_and_leaves_a_hole() -> None:
    trouble = Trouble(outage_every=600.0, outage_for=1200.0, power_fail=1.0)
    hand = Hand(quiet(profile="noise", periods=True, trouble=trouble))
    hand.wait(600)
    assert hand.device.hang_up
    hand.device.disconnect(hand.now)
    hand.wait(1200)
    hand.device.connect(hand.now)
    (told, *_) = hand.heard()
    assert told.cn == "2081"
    assert told.params["RestartTime"] == "20240601083000"
    held = hand.ask("2051", "BeginTime=20240601080000;EndTime=20240601082000")
    assert [one.data_time for one in held if one.cn == "2051"] == ["20240601080000"]


def test_an_outage_fills_the_backlog_and_the_next_line_empties_it_in_a_window() -> None:
    hand = Hand(quiet(profile="noise", periods=True, window=3), line=False)
    hand.wait(3600)
    assert len(hand.device.outbox.backlog) == 7  # six times ten minutes and an hour
    hand.device.connect(hand.now)
    burst = hand.wait(0.1)
    assert len(burst) == 3
    while burst:
        burst += hand.ack(burst.pop(0))
    assert not hand.device.outbox.backlog
    assert hand.device.stats.backfilled == 7


def test_a_heartbeat_and_a_login_are_answered_by_either_answer() -> None:
    hand = Hand(quiet(login=True, heartbeat_s=30.0))
    (login,) = read(b"".join(hand.raw))
    assert login.cn == "9021"
    hand.ack(login)
    (beat,) = hand.wait(30)
    assert beat.cn == "9015"
    hand.ack(beat, "9013")
    assert hand.device.outbox.waiting == {}


@pytest.mark.parametrize(("name", "text"), [("3015", "VaseNo=1"), ("3019", "w00000-SN=SIM")])
def test_a_retained_sample_and_a_serial_number_are_told_by_the_device_itself(name: str, text: str) -> None:
    hand = Hand(quiet(profile="waste_water"))
    hand.device.speak(name, hand.now)
    (told,) = hand.heard()
    assert (told.cn, told.ack_requested) == (name, True)
    assert text in told.cp
