"""What devices say by themselves besides data: what it means and what the host answers.

1013 asks for the clock to be set; 1001 (2025) tells the hardware serials and asks for a device number; 1014 (2025) asks
for a new key; 2081 tells when the logger restarted; 9015 is a heartbeat, 9021 a login of some vendors. Notices are
answered 9013 with the same QN, heartbeats get what the device is set to, uploads 9014.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from qingtian.domain.hj212.dialogues.meanings import Words
from qingtian.domain.hj212.model import Decoded

DATA_ANSWER, NOTICE_ANSWER = "9014", "9013"
HEARTBEAT, LOGIN = "9015", "9021"
NEVER_ANSWERED = frozenset({"9011", "9012", "9013", "9014"})
SERIAL_CODES = ("i23005", "i23006", "i23007", "i23008")  # hardware serials of 2025, uploaded by 1001


class Said(StrEnum):
    """What a device's own message means."""

    CLOCK_WANTED = "clock_wanted"
    ACTIVATION = "activation"
    KEY_WANTED = "key_wanted"
    RESTARTED = "restarted"
    HEARTBEAT = "heartbeat"
    LOGIN = "login"


_SAID: Mapping[str, Said] = {
    "1013": Said.CLOCK_WANTED,
    "1001": Said.ACTIVATION,
    "1014": Said.KEY_WANTED,
    "2081": Said.RESTARTED,
    HEARTBEAT: Said.HEARTBEAT,
    LOGIN: Said.LOGIN,
}
NOTICES = frozenset(_SAID)
_BY_NOTICE = frozenset({"1013", "1001", "1014"})  # answered 9013; 2081 and 9021 are uploads and get 9014

SAID_WORDS: Mapping[Said, Words] = {
    Said.CLOCK_WANTED: Words("设备请求校时", "the device asks for its clock to be set"),
    Said.ACTIVATION: Words("设备请求激活并上报硬件序列号", "the device asks for activation and tells its serials"),
    Said.KEY_WANTED: Words("设备请求新密钥", "the device asks for a new key"),
    Said.RESTARTED: Words("数采仪重新开机", "the logger restarted"),
    Said.HEARTBEAT: Words("心跳", "heartbeat"),
    Said.LOGIN: Words("设备登录", "the device logs in"),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """A message of a device.

    Args:
        said: what it means.
        pol_id: instrument that 1013 is about; empty for the logger.
        serials: hardware serial per code of 1001.
        at: time that 1014 (SKCreateTime) or 2081 (RestartTime) tells, as sent.
    """

    said: Said
    pol_id: str = ""
    serials: Mapping[str, str] | None = None
    at: str = ""


def read_notice(decoded: Decoded) -> Notice | None:
    """What a frame tells besides data; None for data and answers."""
    said = _SAID.get(decoded.cn)
    if said is None:
        return None
    if said is Said.ACTIVATION:
        return Notice(said, serials=_serials(decoded))
    times = {Said.KEY_WANTED: "SKCreateTime", Said.RESTARTED: "RestartTime"}
    return Notice(said, pol_id=_one(decoded, "PolId"), at=_one(decoded, times[said]) if said in times else "")


def answer_cn(decoded: Decoded, *, ack: str = "on_request", heartbeat_answer: str = NOTICE_ANSWER) -> str | None:
    """Command of the answer that an accepted, stored frame gets; None for none.

    Args:
        ack: `on_request` (bit 0 of Flag), `always` or `never`.
        heartbeat_answer: 9013 or 9014; sources of 2025 disagree.
    """
    if decoded.cn in NEVER_ANSWERED or ack == "never":
        return None
    if ack != "always" and not decoded.ack_requested:
        return None
    if decoded.cn == HEARTBEAT:
        return heartbeat_answer
    return NOTICE_ANSWER if decoded.cn in _BY_NOTICE else DATA_ANSWER


def _serials(decoded: Decoded) -> dict[str, str]:
    found: dict[str, str] = {}
    for code in SERIAL_CODES:
        item = decoded.items.get(code)
        text = next(iter(item.values()), "") if item else _one(decoded, code)
        if text:
            found[code] = text.strip("/")
    return found


def _one(decoded: Decoded, name: str) -> str:
    value = decoded.params.get(name, "")
    return value if isinstance(value, str) else value[0]
