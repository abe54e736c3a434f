"""States of a command and what happens to it: closed lists, with words."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from qingtian.domain.hj212.dialogues.meanings import Words


class Phase(StrEnum):
    """Where a command stands."""

    QUEUED = "queued"
    SENT = "sent"
    ACCEPTED = "accepted"
    RECEIVING = "receiving"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


IN_FLIGHT = frozenset({Phase.SENT, Phase.ACCEPTED, Phase.RECEIVING})
FINAL = frozenset({Phase.DONE, Phase.REFUSED, Phase.FAILED, Phase.TIMED_OUT, Phase.EXPIRED, Phase.CANCELLED})


class Reason(StrEnum):
    """Why a command ended as it did."""

    NONE = ""
    EXECUTED = "executed"
    QN_RETURN = "qn_return"
    EXE_RETURN = "exe_return"
    LINK_UNUSABLE = "link_unusable"
    NO_RESULT = "no_result"
    TOO_LONG = "too_long"
    UNREADABLE = "unreadable_answer"
    CANNOT_BUILD = "cannot_build"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Happening(StrEnum):
    """What one step of a dialogue was."""

    SENT = "sent"
    RESENT = "resent"
    ACCEPTED = "accepted"
    DATA = "data"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    DUPLICATE = "duplicate"
    LATE = "late"
    FOREIGN = "foreign"


PHASE_WORDS: Mapping[Phase, Words] = {
    Phase.QUEUED: Words("等待发送", "waiting"),
    Phase.SENT: Words("已发送，等待应答", "sent, waiting for the answer"),
    Phase.ACCEPTED: Words("设备已接受", "accepted by the device"),
    Phase.RECEIVING: Words("正在接收数据", "receiving data"),
    Phase.DONE: Words("已完成", "done"),
    Phase.REFUSED: Words("设备拒绝", "refused by the device"),
    Phase.FAILED: Words("执行失败", "failed"),
    Phase.TIMED_OUT: Words("无应答", "no answer"),
    Phase.EXPIRED: Words("已过期", "expired"),
    Phase.CANCELLED: Words("已取消", "cancelled"),
}
REASON_WORDS: Mapping[Reason, Words] = {
    Reason.NONE: Words("", ""),
    Reason.EXECUTED: Words("执行成功", "done"),
    Reason.QN_RETURN: Words("设备拒绝执行", "the device refused"),
    Reason.EXE_RETURN: Words("设备报告执行失败", "the device reports a failure"),
    Reason.LINK_UNUSABLE: Words(
        "重发次数用尽仍无应答，通信链路不可用", "no answer after the last resend: the link is unusable"
    ),
    Reason.NO_RESULT: Words(
        "设备已应答，但超时未返回数据或执行结果", "the device accepted, then sent neither data nor a result in time"
    ),
    Reason.TOO_LONG: Words("持续时间超过上限", "it went on for longer than allowed"),
    Reason.UNREADABLE: Words("执行结果无法读取", "the result cannot be read"),
    Reason.CANNOT_BUILD: Words("命令报文无法生成", "the frame of the command cannot be written"),
    Reason.EXPIRED: Words("有效期内设备未上线或未轮到", "the device was not reached before it expired"),
    Reason.CANCELLED: Words("已取消", "cancelled"),
}
