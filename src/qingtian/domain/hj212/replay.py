"""A dialogue on paper: what the host answers, what it would have sent, and how the command ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212.building import build_data_ack, build_notice_ack
from qingtian.domain.hj212.catalogue import command_of
from qingtian.domain.hj212.command import Kind
from qingtian.domain.hj212.commanding import build_command
from qingtian.domain.hj212.decoding import decode
from qingtian.domain.hj212.dialogues import PHASE_WORDS, answer_cn, qn_return
from qingtian.domain.hj212.dialogues.exchange import Dialogue, Order, Span, Step, begin, on_frame
from qingtian.domain.hj212.dialogues.states import Reason
from qingtian.domain.hj212.model import Decoded, Edition
from qingtian.domain.hj212.wire import WireSettings

STEP_S = 1.0  # a step of a dialogue on paper takes no time worth the name


def replay(steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Play a dialogue through: frames of the device and orders of the host go in, the host's own frames come out.

    Args:
        steps: `{"device": frame}` and `{"host": frame}` in their order. Orders among the host's frames are built anew,
            answers are not looked at: the host makes its own.
    Returns:
        `steps` with the host's frames as this host writes them; `state`, `state_zh`, `state_en` after an order.
    Raises:
        InvalidInput: a frame cannot be read, or an order not be built; names the step.
    """
    told: list[dict[str, str]] = []
    dialogue: Dialogue | None = None
    for number, step in enumerate(steps):
        if "device" in step:
            decoded = _read(step["device"], f"steps[{number}].device")
            told.append({"device": step["device"]})
            moved = on_frame(dialogue, decoded, number * STEP_S) if dialogue is not None else None
            dialogue = moved.dialogue if moved is not None else dialogue
            answer = _answer(decoded)
            told += [{"host": answer.decode()}] if answer is not None else []
        elif "host" in step:
            decoded = _read(step["host"], f"steps[{number}].host")
            if not decoded.cn.startswith("9"):
                begun = _order(decoded, number * STEP_S)
                dialogue = begun.dialogue
                told.append({"host": (begun.send or b"").decode()})
    return {"steps": told, **({} if dialogue is None else _state(dialogue))}


def _read(frame: Any, name: str) -> Decoded:
    decoded = decode(frame.encode()) if isinstance(frame, str) else None
    if decoded is None or not decoded.ok:
        raise InvalidInput("is no frame with a right check code", field=name, remedy="give the whole frame as text")
    return decoded


def _answer(decoded: Decoded) -> bytes | None:
    number = answer_cn(decoded)
    if number is None:
        return None
    return build_notice_ack(decoded) if number == "9013" else build_data_ack(decoded)


def _order(decoded: Decoded, now_s: float) -> Step:
    edition = decoded.version if decoded.version is not Edition.UNKNOWN else Edition.E2017
    wire = WireSettings(edition=edition, password=decoded.header.get("PW", ""))
    command, qn = command_of(edition, decoded.cn), decoded.qn or ""
    params = {**decoded.params} | {
        f"{code}-{name}": value for code, named in decoded.items.items() for name, value in named.items()
    }
    frame = build_command(wire, mn=decoded.mn, st=decoded.st, cn=decoded.cn, qn=qn, params=params)
    span = Span(str(params["BeginTime"]), str(params["EndTime"])) if command.history else None
    order = Order(
        0, decoded.mn, decoded.cn, qn, frame, command.down or Kind.REQUEST, span=span, loose_qn=edition is Edition.E2005
    )
    return begin(order, now_s)


def _state(dialogue: Dialogue) -> dict[str, Any]:
    words = PHASE_WORDS[dialogue.phase]
    zh, en = words.zh, words.en
    if dialogue.reason is Reason.QN_RETURN:
        why = qn_return(dialogue.code)
        zh, en = f"{zh}：{why.zh}", f"{en}: {why.en}"
    return {"state": dialogue.phase.value, "state_zh": zh, "state_en": en}
