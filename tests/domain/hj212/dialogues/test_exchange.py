"""One command from the first byte to its end: every path of the standard's exchange."""

from __future__ import annotations

import pytest
from tests.domain.hj212.dialogues.frames import MN, QN, frame, history, hour, notice, order, ready, result

from qingtian.domain.hj212.dialogues import Happening, Phase, Reason, Timing
from qingtian.domain.hj212.dialogues.exchange import Dialogue, Step, begin, on_frame, on_time, resume


def start(what=None) -> Dialogue:
    return begin(what or order(), 0.0).dialogue


def after(dialogue: Dialogue, *frames, at: float = 1.0) -> Step:
    step = None
    for one in frames:
        step = on_frame(dialogue, one, at)
        assert step is not None
        dialogue = step.dialogue
    assert step is not None
    return step


def test_a_request_goes_out_once_and_waits_for_its_time_out() -> None:
    step = begin(order(), 100.0)
    assert (step.send, step.happening) == (b"##the same bytes", Happening.SENT)
    assert (step.dialogue.phase, step.dialogue.attempts, step.dialogue.deadline_s) == (Phase.SENT, 1, 110.0)


def test_a_request_is_accepted_and_then_done() -> None:
    accepted = after(start(), ready(), at=3.0)
    assert (accepted.dialogue.phase, accepted.dialogue.deadline_s) == (Phase.ACCEPTED, 13.0)
    done = after(accepted.dialogue, result())
    assert (done.dialogue.phase, done.dialogue.reason, done.dialogue.code) == (Phase.DONE, Reason.EXECUTED, 1)
    assert done.send is None


@pytest.mark.parametrize("code", [2, 3, 4, 5, 6, 7, 8, 9, 100])
def test_a_refusal_ends_the_request_and_is_never_sent_again(code: int) -> None:
    step = after(start(), ready(code))
    assert (step.dialogue.phase, step.dialogue.reason, step.dialogue.code) == (Phase.REFUSED, Reason.QN_RETURN, code)
    assert not step.dialogue.open


@pytest.mark.parametrize("code", [2, 3, 4, 5, 6, 100])
def test_a_bad_result_is_a_failure_with_its_code(code: int) -> None:
    step = after(start(), ready(), result(code))
    assert (step.dialogue.phase, step.dialogue.reason, step.dialogue.code) == (Phase.FAILED, Reason.EXE_RETURN, code)


@pytest.mark.parametrize("text", ["", "x", "99999"])
def test_a_result_that_cannot_be_read_is_no_success(text: str) -> None:
    step = after(start(), ready(), result(text))
    assert (step.dialogue.phase, step.dialogue.reason, step.dialogue.code) == (Phase.FAILED, Reason.UNREADABLE, None)


def test_an_answer_without_a_readable_code_counts_as_an_answer() -> None:
    assert after(start(), ready("x")).dialogue.phase is Phase.ACCEPTED


def test_without_an_answer_the_same_bytes_go_out_three_times_more_and_then_the_link_is_unusable() -> None:
    dialogue, sent = start(), [b"##the same bytes"]
    for number in (1, 2, 3):
        step = on_time(dialogue, number * 10.0)
        assert step.happening is Happening.RESENT
        assert step.send is not None
        sent.append(step.send)
        dialogue = step.dialogue
    end = on_time(dialogue, 40.0)
    assert (end.dialogue.phase, end.dialogue.reason, end.send) == (Phase.TIMED_OUT, Reason.LINK_UNUSABLE, None)
    assert sent == [b"##the same bytes"] * 4
    assert end.dialogue.attempts == 4


def test_no_resend_at_all_where_the_device_is_set_so() -> None:
    dialogue = start(order(timing=Timing(5.0, 0)))
    assert on_time(dialogue, 5.0).dialogue.phase is Phase.TIMED_OUT


def test_after_the_answer_silence_is_a_failure_without_resend() -> None:
    step = on_time(after(start(), ready()).dialogue, 20.0)
    assert (step.dialogue.phase, step.dialogue.reason, step.send) == (Phase.FAILED, Reason.NO_RESULT, None)


def test_a_lost_first_answer_does_not_matter_when_the_result_comes() -> None:
    assert after(start(), result()).dialogue.phase is Phase.DONE


def test_a_lost_first_answer_does_not_matter_when_data_come() -> None:
    step = after(start(history()), hour("20240601080000"))
    assert (step.dialogue.phase, step.dialogue.parts) == (Phase.RECEIVING, 1)
    assert on_time(step.dialogue, 20.0).send is None


def test_the_second_answer_to_a_resend_changes_nothing() -> None:
    accepted = after(start(), ready()).dialogue
    step = after(accepted, ready(7), at=9.0)  # "QN wrong": it has this one already
    assert step.happening is Happening.DUPLICATE
    assert step.dialogue == accepted


def test_each_data_part_starts_the_timer_again() -> None:
    dialogue = after(start(history()), ready(), at=1.0).dialogue
    for number in range(5):
        step = on_frame(dialogue, hour(f"202406010{8 + number % 2}0000"), 5.0 + number * 9)
        assert step is not None
        dialogue = step.dialogue
        assert dialogue.deadline_s == 15.0 + number * 9
    assert (dialogue.phase, dialogue.parts) == (Phase.RECEIVING, 5)
    assert after(dialogue, result()).dialogue.phase is Phase.DONE


def test_parts_that_never_end_are_ended() -> None:
    dialogue, now = after(start(history()), ready()).dialogue, 0.0
    while dialogue.open:
        now += 9.0
        step = on_time(dialogue, now) if now >= dialogue.deadline_s else on_frame(dialogue, hour("20240601090000"), now)
        assert step is not None
        dialogue = step.dialogue
    assert (dialogue.reason, now) == (Reason.TOO_LONG, 306.0)


@pytest.mark.parametrize("stamp", ["20240601075959", "20240601100001", "20230601090000", "2024060109"])
def test_history_outside_of_the_asked_time_is_not_the_answer(stamp: str) -> None:
    assert on_frame(start(history()), hour(stamp), 1.0) is None


@pytest.mark.parametrize("stamp", ["20240601080000", "20240601100000", "20240601090000000"])
def test_history_belongs_by_data_time_with_both_ends(stamp: str) -> None:
    step = on_frame(start(history()), hour(stamp), 1.0)
    assert step is not None and step.happening is Happening.DATA


def test_data_of_another_kind_or_without_time_do_not_belong() -> None:
    asked = start(history())
    assert on_frame(asked, frame("2051", "DataTime=20240601090000;a21026-Avg=1"), 1.0) is None
    assert on_frame(asked, frame("2061", "a21026-Avg=1"), 1.0) is None


def test_a_read_belongs_by_its_number() -> None:
    asked = start(order("1061"))
    assert on_frame(asked, frame("1061", "RtdInterval=30", qn="20240601085857999"), 1.0) is None
    step = on_frame(asked, frame("1061", "RtdInterval=30"), 1.0)
    assert step is not None and step.dialogue.phase is Phase.RECEIVING


def test_live_data_do_not_answer_the_order_to_start_them() -> None:
    assert on_frame(start(order("2011")), frame("2011", "DataTime=20240601090000;a21026-Rtd=1", qn="1"), 1.0) is None


@pytest.mark.parametrize("answer", [ready, result])
def test_an_answer_to_another_number_is_foreign(answer) -> None:
    asked = start()
    step = on_frame(asked, answer(qn="20240601085857002"), 1.0)
    assert step is not None
    assert (step.happening, step.dialogue) == (Happening.FOREIGN, asked)


def test_devices_of_2005_name_the_number_in_the_data_area() -> None:
    told = frame("9012", f"QN={QN};ExeRtn=1", qn=None)
    assert after(start(), told).dialogue.phase is Phase.DONE
    other = frame("9012", "QN=20240601085857009;ExeRtn=1", qn=None)
    step = on_frame(start(), other, 1.0)
    assert step is not None and step.happening is Happening.FOREIGN


def test_an_answer_with_an_own_header_number_is_matched_by_the_one_inside() -> None:
    told = frame("9012", f"QN={QN};ExeRtn=1", qn="20240601085900000")
    assert after(start(), told).dialogue.phase is Phase.DONE


def test_an_answer_without_any_number_counts_only_where_the_device_is_known_for_it() -> None:
    nameless = frame("9011", "QnRtn=1", qn=None, flag=None)
    step = on_frame(start(), nameless, 1.0)
    assert step is not None and step.happening is Happening.FOREIGN
    assert after(start(order(loose_qn=True)), nameless).dialogue.phase is Phase.ACCEPTED


def test_a_notice_is_done_by_9013() -> None:
    step = after(start(notice()), frame("9013"))
    assert (step.dialogue.phase, step.dialogue.reason) == (Phase.DONE, Reason.EXECUTED)


def test_a_device_that_takes_a_notice_for_a_request_is_understood() -> None:
    assert after(start(notice()), ready(), result()).dialogue.phase is Phase.DONE


def test_9013_does_not_end_a_request() -> None:
    step = on_frame(start(), frame("9013"), 1.0)
    assert step is not None and step.happening is Happening.FOREIGN


def test_what_comes_after_the_end_is_late_and_changes_nothing() -> None:
    dialogue = start(order(timing=Timing(1.0, 0)))
    ended = on_time(dialogue, 1.0).dialogue
    for one in (ready(), result(), result(2)):
        step = on_frame(ended, one, 50.0)
        assert step is not None
        assert (step.happening, step.dialogue) == (Happening.LATE, ended)


def test_a_command_of_a_killed_process_goes_out_again_with_the_same_number() -> None:
    step = resume(order(), 500.0, attempts=1, accepted=False)
    assert (step.happening, step.send, step.dialogue.attempts) == (Happening.RESENT, b"##the same bytes", 2)
    assert step.dialogue.order.qn == QN


def test_a_command_that_was_sent_often_enough_ends_when_it_is_taken_up() -> None:
    step = resume(order(), 500.0, attempts=4, accepted=False)
    assert (step.dialogue.phase, step.send) == (Phase.TIMED_OUT, None)


def test_an_accepted_command_is_never_sent_again_after_a_restart() -> None:
    step = resume(order(), 500.0, attempts=1, accepted=True)
    assert (step.dialogue.phase, step.send, step.dialogue.deadline_s) == (Phase.ACCEPTED, None, 510.0)
    assert on_time(step.dialogue, 510.0).dialogue.reason is Reason.NO_RESULT


def test_the_bytes_of_a_command_do_not_show_in_a_log() -> None:
    secret = order(frame=b"NewPW=654321")
    assert "654321" not in repr(begin(secret, 0.0))
    assert MN in repr(begin(secret, 0.0))


def test_a_calibration_is_given_the_time_that_it_takes() -> None:
    slow = order("3011", timing=Timing(10.0, 3, 3600.0, result_s=300.0))
    sent = start(slow)
    assert sent.deadline_s == 10.0
    accepted = after(sent, ready(), at=2.0).dialogue
    assert accepted.deadline_s == 302.0
    assert after(accepted, result(), at=290.0).dialogue.phase is Phase.DONE
    assert resume(slow, 500.0, attempts=1, accepted=True).dialogue.deadline_s == 800.0


def test_logs_with_numbers_of_their_own_belong_to_the_read_that_asked_for_them() -> None:
    log = frame("3020", "DataTime=20240601090000;i11001-Info=//x//", qn="20240601090001000")
    assert on_frame(start(order("3020")), log, 1.0) is None
    step = on_frame(start(order("3020", any_qn=True)), log, 1.0)
    assert step is not None and step.happening is Happening.DATA
