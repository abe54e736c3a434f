"""What happened to a command, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from qingtian.apps.devices.models import DeviceCommand, DeviceExchange
from qingtian.apps.devices.states import Direction
from qingtian.domain.hj212.dialogues import (
    PHASE_WORDS,
    REASON_WORDS,
    SAID_WORDS,
    Happening,
    Phase,
    Reason,
    Said,
    Words,
    exe_return,
    qn_return,
)
from qingtian.domain.hj212.dialogues.meanings import QN_REMEDIES

HAPPENING_WORDS: Mapping[Happening, Words] = {
    Happening.SENT: Words("发送命令", "command sent"),
    Happening.RESENT: Words("超时重发（相同 QN）", "sent again after the time-out, same QN"),
    Happening.ACCEPTED: Words("设备应答：准备执行", "the device answers: ready"),
    Happening.DATA: Words("设备返回数据", "the device sends data"),
    Happening.DONE: Words("设备返回：执行成功", "the device reports: done"),
    Happening.REFUSED: Words("设备拒绝", "the device refuses"),
    Happening.FAILED: Words("未能完成", "not carried out"),
    Happening.TIMED_OUT: Words("重发次数用尽", "no answer after the last resend"),
    Happening.DUPLICATE: Words("重复应答，已忽略", "repeated answer, ignored"),
    Happening.LATE: Words("命令结束后才到的应答", "an answer after the command had ended"),
    Happening.FOREIGN: Words("其他请求的应答，已忽略", "an answer to another request, ignored"),
}
_OFFLINE = Words("设备不在线，报文未送出", "the device was not connected: the frame did not go out")


def state_words(state: str) -> Words:
    """Words of a state."""
    return PHASE_WORDS[Phase(state)]


def outcome_words(command: DeviceCommand) -> Words:
    """How a command ended, with the meaning of the device's code; empty before its end."""
    reason = Reason(command.end_reason)
    said = REASON_WORDS[reason]
    if reason is Reason.QN_RETURN:
        meaning = qn_return(command.code)
    elif reason is Reason.EXE_RETURN:
        meaning = exe_return(command.code)
    else:
        return said
    return Words(f"{said.zh}：{meaning.zh}", f"{said.en}: {meaning.en}")


_REMEDIES: Mapping[Reason, Words] = {
    Reason.LINK_UNUSABLE: Words(
        "检查设备网络与供电；确认其支持该命令，再重新下达",
        "look at the device's network and power and whether it knows the command, then order again",
    ),
    Reason.NO_RESULT: Words(
        "先读取设备当前值，确认命令是否已生效", "read the device first: it may have carried the command out"
    ),
    Reason.TOO_LONG: Words("缩短时间范围后重试", "ask for a shorter stretch of time"),
    Reason.UNREADABLE: Words("查看原始报文，联系设备厂家", "look at the raw frame and ask the maker of the device"),
    Reason.CANNOT_BUILD: Words("核对设备登记信息与参数", "check the register of the device and the parameters"),
    Reason.EXPIRED: Words("设备上线后重新下达", "order again when the device is connected"),
}


def remedy_words(command: DeviceCommand) -> Words:
    """What to do about a command that did not succeed; empty when there is nothing to do."""
    reason = Reason(command.end_reason)
    if reason is Reason.QN_RETURN and command.code is not None and command.code in QN_REMEDIES:
        return QN_REMEDIES[command.code]
    return _REMEDIES.get(reason, Words("", ""))


def exchange_words(row: DeviceExchange) -> Words:
    """What one frame was."""
    if row.happening in set(Said):
        return SAID_WORDS[Said(row.happening)]
    happening = Happening(row.happening)
    said = HAPPENING_WORDS[happening]
    if row.direction == Direction.HOST and row.detail.get("offline"):
        return Words(f"{said.zh}；{_OFFLINE.zh}", f"{said.en}; {_OFFLINE.en}")
    if row.code is None or happening in (Happening.DONE, Happening.ACCEPTED):
        return said
    meaning = exe_return(row.code) if row.cn == "9012" else qn_return(row.code)
    return Words(f"{said.zh}：{meaning.zh}", f"{said.en}: {meaning.en}")
