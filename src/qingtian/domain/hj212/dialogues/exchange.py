"""The host's side of one command: request, notice, read, history (HJ 212-2017 6.4 and 6.5; protocol reference 5).

Request: 9011 with QnRtn, then data if any, then 9012 with ExeRtn. No 9011 in time: the same bytes with the same QN
again, up to ReCount times, then the link is unusable. 9011 came but neither data nor 9012 in time: failed, no resend;
each data part restarts that timer. Notice: the device answers 9013. Times are seconds of any steady clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from qingtian.domain.hj212.command import Kind
from qingtian.domain.hj212.dialogues.meanings import EXE_DONE, QN_READY, read_code
from qingtian.domain.hj212.dialogues.states import IN_FLIGHT, Happening, Phase, Reason
from qingtian.domain.hj212.grammar import is_real_time
from qingtian.domain.hj212.model import Decoded

REQUEST_ANSWER, RESULT, NOTICE_ANSWER = "9011", "9012", "9013"
ANSWERS = frozenset({REQUEST_ANSWER, RESULT, NOTICE_ANSWER})
_STAMP = 14  # yyyyMMddHHmmss


@dataclass(frozen=True, slots=True)
class Timing:
    """How long to wait.

    Args:
        overtime_s: time-out of one step, s (OverTime; 10 s in HJ 212-2017, 5 s on ADSL).
        resends: how often the same bytes go out again (ReCount; 3).
        longest_s: a dialogue that goes on for longer is ended, s.
        result_s: time-out of what follows 9011, s; None: the same. A calibration takes its time.
    """

    overtime_s: float = 10.0
    resends: int = 3
    longest_s: float = 3600.0
    result_s: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of data time, both ends included, as 14 digits."""

    begin: str
    end: str

    def holds(self, stamp: str | None) -> bool:
        """Whether a DataTime (milliseconds are cut off) lies in it.

        >>> Span("20240601080000", "20240601100000").holds("20240601100000000")
        True
        """
        return stamp is not None and is_real_time(stamp) and self.begin <= stamp[:_STAMP] <= self.end


@dataclass(frozen=True, slots=True)
class Order:
    """A command that is ready to go out.

    Args:
        key: number by which the caller knows it.
        mn: device number that it is sent to.
        cn: command.
        qn: request number; names the dialogue.
        frame: the bytes; a resend sends the same.
        kind: request or notice of the catalogue.
        span: for history, the asked data time; data then belong by it and not by QN.
        also: other spellings of the device number in answers (aliases; the new number of 1002).
        loose_qn: answers without any QN count (devices of 2005 leave it out).
        any_qn: data under the same number belong to it whatever their QN is (logs of 3020 have their own).
    """

    key: int
    mn: str
    cn: str
    qn: str
    frame: bytes = field(repr=False)
    kind: Kind = Kind.REQUEST
    timing: Timing = Timing()
    span: Span | None = None
    also: tuple[str, ...] = ()
    loose_qn: bool = False
    any_qn: bool = False


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One command under way or ended.

    Args:
        attempts: how often the bytes went out.
        deadline_s: when the present step times out.
        parts: data frames that came.
        code: QnRtn or ExeRtn of the end.
    """

    order: Order
    phase: Phase
    attempts: int
    started_s: float
    deadline_s: float
    parts: int = 0
    reason: Reason = Reason.NONE
    code: int | None = None

    @property
    def open(self) -> bool:
        """Whether something is still waited for."""
        return self.phase in IN_FLIGHT


@dataclass(frozen=True, slots=True)
class Step:
    """What one input did.

    Args:
        dialogue: the command after it.
        happening: what it was.
        send: bytes to send now.
    """

    dialogue: Dialogue
    happening: Happening
    send: bytes | None = field(default=None, repr=False)


def begin(order: Order, now_s: float) -> Step:
    """Send a command for the first time."""
    deadline = now_s + order.timing.overtime_s
    return Step(Dialogue(order, Phase.SENT, 1, now_s, deadline), Happening.SENT, order.frame)


def resume(order: Order, now_s: float, *, attempts: int, accepted: bool) -> Step:
    """Take up a command that an earlier process sent.

    Args:
        attempts: how often that process sent it.
        accepted: 9011 came already: it is waited for one more time-out and never sent again.
    """
    if accepted:
        taken_up = Dialogue(order, Phase.ACCEPTED, attempts, now_s, now_s)
        return Step(replace(taken_up, deadline_s=_deadline(taken_up, now_s)), Happening.ACCEPTED)
    return on_time(Dialogue(order, Phase.SENT, attempts, now_s, now_s), now_s)


def on_time(dialogue: Dialogue, now_s: float) -> Step:
    """The time-out of the present step."""
    order, timing = dialogue.order, dialogue.order.timing
    if now_s - dialogue.started_s >= timing.longest_s:
        return _end(dialogue, Phase.FAILED, Reason.TOO_LONG)
    if dialogue.phase is not Phase.SENT:
        return _end(dialogue, Phase.FAILED, Reason.NO_RESULT)
    if dialogue.attempts > timing.resends:
        return _end(dialogue, Phase.TIMED_OUT, Reason.LINK_UNUSABLE)
    again = replace(dialogue, attempts=dialogue.attempts + 1, deadline_s=_deadline(dialogue, now_s))
    return Step(again, Happening.RESENT, order.frame)


def on_frame(dialogue: Dialogue, decoded: Decoded, now_s: float) -> Step | None:
    """A frame of the device; None when it has nothing to do with the command."""
    if decoded.cn in ANSWERS:
        return _on_answer(dialogue, decoded, now_s)
    if not dialogue.open or not belongs(dialogue.order, decoded):
        return None
    more = replace(dialogue, phase=Phase.RECEIVING, parts=dialogue.parts + 1)
    return Step(replace(more, deadline_s=_deadline(more, now_s)), Happening.DATA)


def belongs(order: Order, decoded: Decoded) -> bool:
    """Whether a data frame answers a command: history by data time, reads by command, the rest by QN."""
    if decoded.cn != order.cn:
        return False
    if order.span is not None:
        return order.span.holds(decoded.data_time)
    return order.any_qn or decoded.qn == order.qn or (order.loose_qn and not decoded.qn)


def answered_qn(decoded: Decoded) -> str | None:
    """QN that an answer names: in the header, or, as devices of 2005 do, in the data area."""
    inside = decoded.params.get("QN")
    if isinstance(inside, list):
        inside = inside[0]
    return inside or decoded.qn or None


def answers_order(order: Order, decoded: Decoded) -> bool:
    """Whether an answer frame names the QN of a command.

    The QN in the data area comes first: where a device of 2005 puts one there, that of the header is its own.
    """
    named = answered_qn(decoded)
    if named is None:
        return order.loose_qn
    return order.qn in (named, decoded.qn)


def _on_answer(dialogue: Dialogue, decoded: Decoded, now_s: float) -> Step | None:
    if not answers_order(dialogue.order, decoded):
        return Step(dialogue, Happening.FOREIGN)
    if not dialogue.open:
        return Step(dialogue, Happening.LATE)
    if decoded.cn == RESULT:
        return _on_result(dialogue, read_code(decoded.params.get("ExeRtn")))
    if decoded.cn == REQUEST_ANSWER:
        return _on_request_answer(dialogue, decoded, now_s)
    if dialogue.order.kind is Kind.NOTICE:
        return _end(dialogue, Phase.DONE, Reason.EXECUTED)
    return Step(dialogue, Happening.FOREIGN)


def _on_request_answer(dialogue: Dialogue, decoded: Decoded, now_s: float) -> Step:
    # A device may answer the resend of what it carries out already with a complaint: the first answer counts.
    if dialogue.phase is not Phase.SENT:
        return Step(dialogue, Happening.DUPLICATE)
    code = read_code(decoded.params.get("QnRtn"))
    if code is not None and code != QN_READY:
        return _end(dialogue, Phase.REFUSED, Reason.QN_RETURN, code)
    accepted = replace(dialogue, phase=Phase.ACCEPTED)
    return Step(replace(accepted, deadline_s=_deadline(accepted, now_s)), Happening.ACCEPTED)


def _on_result(dialogue: Dialogue, code: int | None) -> Step:
    if code == EXE_DONE:
        return _end(dialogue, Phase.DONE, Reason.EXECUTED, code)
    return _end(dialogue, Phase.FAILED, Reason.UNREADABLE if code is None else Reason.EXE_RETURN, code)


_HAPPENING = {
    Phase.DONE: Happening.DONE,
    Phase.REFUSED: Happening.REFUSED,
    Phase.FAILED: Happening.FAILED,
    Phase.TIMED_OUT: Happening.TIMED_OUT,
}


def _end(dialogue: Dialogue, phase: Phase, reason: Reason, code: int | None = None) -> Step:
    return Step(replace(dialogue, phase=phase, reason=reason, code=code), _HAPPENING[phase])


def _deadline(dialogue: Dialogue, now_s: float) -> float:
    timing = dialogue.order.timing
    wait_s = timing.overtime_s
    if dialogue.phase is not Phase.SENT and timing.result_s is not None:
        wait_s = timing.result_s
    return min(now_s + wait_s, dialogue.started_s + timing.longest_s)
