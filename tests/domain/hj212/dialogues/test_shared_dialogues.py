"""The dialogues of the shared reference, step by step, byte by byte."""

from __future__ import annotations

from typing import Any

import pytest
from tests.domain.hj212.frames import row

from qingtian.domain.hj212 import build_data_ack, decode
from qingtian.domain.hj212.dialogues import Order, Phase, Span, Step, answer_cn, qn_return
from qingtian.domain.hj212.dialogues.exchange import begin, on_frame


def steps(name: str) -> list[dict[str, Any]]:
    return row(name)["expect"]["steps"]


def order_of(text: str) -> Order:
    """The command that the host's frame is."""
    asked = decode(text.encode())
    span = Span(str(asked.params["BeginTime"]), str(asked.params["EndTime"])) if "BeginTime" in asked.params else None
    return Order(1, asked.mn, asked.cn, str(asked.qn), text.encode(), span=span)


@pytest.mark.parametrize(("name", "flag"), [("dl-upload-ack17", 4), ("dl-upload-ack25", 8)])
def test_an_upload_is_answered_with_the_bytes_of_the_reference(name: str, flag: int) -> None:
    sent, expected = steps(name)
    upload = decode(sent["device"].encode())
    assert answer_cn(upload) == "9014"
    assert build_data_ack(upload) == expected["host"].encode()
    assert decode(build_data_ack(upload)).flag == flag


def test_the_history_dialogue_of_the_reference_succeeds() -> None:
    listed = steps("dl-history")
    step: Step | None = begin(order_of(listed[0]["host"]), 0.0)
    assert step is not None and step.send == listed[0]["host"].encode()
    answers = []
    for one in listed[1:]:
        if "host" in one:
            assert answers.pop() == one["host"].encode()
            continue
        heard = decode(one["device"].encode())
        step = on_frame(step.dialogue, heard, 1.0)
        assert step is not None
        if answer_cn(heard) is not None:
            answers.append(build_data_ack(heard))
    assert (step.dialogue.phase, step.dialogue.parts) == (Phase.DONE, 1)
    assert not answers


def test_the_refused_request_of_the_reference_is_over_at_once() -> None:
    listed = steps("dl-refused")
    step = on_frame(begin(order_of(listed[0]["host"]), 0.0).dialogue, decode(listed[1]["device"].encode()), 1.0)
    assert step is not None
    assert (step.dialogue.phase, step.dialogue.code, step.dialogue.open) == (Phase.REFUSED, 3, False)
    assert qn_return(3).en == "password wrong"
    assert listed[2]["host_state"].startswith("failed: PW error")


def test_every_dialogue_of_the_reference_is_walked_here() -> None:
    from tests.domain.hj212.frames import rows

    walked = {"dl-upload-ack17", "dl-upload-ack25", "dl-history", "dl-refused"}
    assert {one["id"] for one in rows() if one["kind"] == "dialogue"} == walked
