"""Records in several frames: whole parts with their own QN, or one text cut in the middle."""

from __future__ import annotations

from tests.simulator.hand import Hand, quiet

from qingtian.domain.hj212 import Edition, SplitBuffer, wrap_segment
from qingtian.simulator.settings import Split

E05, E17, E25 = Edition.E2005, Edition.E2017, Edition.E2025


def test_whole_parts_have_their_own_qn_and_are_answered_alone() -> None:
    hand = Hand(quiet(split_bytes=400))
    hand.device.speak("2051", hand.now)
    parts = hand.heard()
    assert len(parts) > 2
    assert [one.pno for one in parts] == list(range(1, len(parts) + 1))
    assert {one.pnum for one in parts} == {len(parts)}
    assert {one.flag for one in parts} == {7}
    assert len({one.data_time for one in parts}) == 1
    assert len({one.qn for one in parts}) == len(parts)
    hand.ack(parts[0])
    assert {one.qn for one in hand.wait(10)} == {one.qn for one in parts[1:]}


def test_a_cut_text_has_one_qn_and_joins_to_the_whole() -> None:
    whole = Hand(quiet(split_bytes=9000))
    whole.device.speak("2051", 0.0)
    hand = Hand(quiet(split=Split.CUT, split_bytes=400))
    hand.device.speak("2051", 0.0)
    parts = hand.heard()
    assert len({one.qn for one in parts}) == 1
    assert [one.data_time is None for one in parts] == [False] + [True] * (len(parts) - 1)
    buffer = SplitBuffer()
    merged = [buffer.add(one, 0.0) for one in parts][-1]
    assert merged is not None
    assert merged.items == whole.heard()[0].items
    for part in parts:
        hand.ack(part)
    assert hand.device.outbox.waiting == {}


def test_a_frame_for_somebody_else_is_not_taken_for_an_answer() -> None:
    hand = Hand(quiet(realtime=True))
    hand.send(wrap_segment(b"QN=20200101000000000;ST=91;CN=9014;PW=123456;MN=X;Flag=4;CP=&&&&"))
    assert len(hand.device.outbox.waiting) == 1
