"""Why a frame gives no observations: one closed list, with the words that every screen, export and log uses.

The gateway writes the code and a detail into the spool (`crc_modbus: CRC given 0759, computed 1C80`), ingest copies
both into the journal of rejects. Deviations and what each gets: protocol notes, section 9.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from qingtian.domain.hj212 import Fault
from qingtian.telemetry.spool.format import Verdict


class RejectReason(StrEnum):
    """Codes; stored in the journal of rejects, never renamed."""

    CRC_MODBUS = "crc_modbus"
    CRC_BYTE_SWAPPED = "crc_byte_swapped"
    CRC_IMPOSSIBLE = "crc_impossible"
    CRC_NOT_HEX = "crc_not_hex"
    CRC_MISSING = "crc_missing"
    CRC_WRONG = "crc_wrong"
    INCOMPLETE = "incomplete"
    OVERSIZE = "oversize"
    NOT_A_FRAME = "not_a_frame"
    MN_UNUSABLE = "mn_unusable"
    CN_UNUSABLE = "cn_unusable"
    KEY_MISSING = "sm4_key_missing"
    KEY_WRONG = "sm4_key_wrong"
    CANNOT_BE_READ = "cannot_be_read"
    UNKNOWN_DEVICE = "unknown_device"
    DEFAULT_MN = "default_mn"
    TOO_MANY_DEVICES = "too_many_devices"
    PASSWORD_ANSWERED = "password_answered"  # noqa: S105  codes, no secrets
    PASSWORD_REJECTED = "password_rejected"  # noqa: S105
    IMPOSSIBLE_TIME = "impossible_time"
    FUTURE_TIME = "future_time"
    INCOMPLETE_SPLIT = "incomplete_split"
    REFUSED_BY_STORE = "refused_by_store"


class Group(StrEnum):
    """What kind of trouble it is: whom to call."""

    CHECK_CODE = "check_code"
    LINE = "line"
    FORM = "form"
    IDENTITY = "identity"
    SECURITY = "security"
    CLOCK = "clock"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class Said:
    """A reason in words.

    Args:
        group: kind of trouble.
        zh: the reason.
        en: the reason.
        remedy_zh: what to do about it.
        remedy_en: what to do about it.
        answered: whether the device got an answer all the same (it does not send the frame again).
    """

    group: Group
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str
    answered: bool = False


WORDS: Mapping[RejectReason, Said] = {
    RejectReason.CRC_MODBUS: Said(
        Group.CHECK_CODE,
        "校验码按 CRC-16/MODBUS 计算，不是标准附录 A 的算法",
        "the check code is CRC-16/MODBUS, not the one of appendix A of the standard",
        "请厂家修改数采仪的 CRC 算法；或在设备设置中把 crc 改为 modbus_too 后重新采纳",
        "let the vendor mend the CRC of the logger, or set crc = modbus_too for this device and take the frames again",
    ),
    RejectReason.CRC_BYTE_SWAPPED: Said(
        Group.CHECK_CODE,
        "校验码高低字节颠倒",
        "the two bytes of the check code are exchanged",
        "请厂家按高字节在前输出四位十六进制校验码",
        "let the vendor write the check code high byte first, four hex digits",
    ),
    RejectReason.CRC_IMPOSSIBLE: Said(
        Group.CHECK_CODE,
        "校验码的低字节不可能由标准算法得出",
        "the standard's algorithm cannot give this low byte of the check code",
        "数采仪用了另一种 CRC 算法：请厂家按 HJ 212 附录 A 修改",
        "the logger uses another algorithm: let the vendor follow appendix A of HJ 212",
    ),
    RejectReason.CRC_NOT_HEX: Said(
        Group.CHECK_CODE,
        "校验码不是十六进制数字",
        "the check code is no hex number",
        "检查报文末尾：数据段之后应为四位十六进制校验码和回车换行",
        "look at the end of the frame: four hex digits and CR LF must follow the data segment",
    ),
    RejectReason.CRC_MISSING: Said(
        Group.CHECK_CODE,
        "报文没有校验码",
        "the frame has no check code",
        "请厂家在数据段之后加四位十六进制校验码",
        "let the vendor add four hex digits behind the data segment",
    ),
    RejectReason.CRC_WRONG: Said(
        Group.CHECK_CODE,
        "校验码与内容不符，报文在传输中可能被改动",
        "the check code does not fit the content: the frame was changed on its way, or its code is a placeholder",
        "偶发：设备会重发，无需处理；持续出现：检查线路、转发程序和字符编码",
        "now and then: the device sends again, nothing to do; all the time: look at line, forwarder and text encoding",
    ),
    RejectReason.INCOMPLETE: Said(
        Group.LINE,
        "报文没有传完",
        "the frame was cut off",
        "连接中断或过慢：检查网络和 DTU；设备重连后会重发",
        "the line broke or was too slow: look at network and modem; the device sends again after reconnecting",
    ),
    RejectReason.OVERSIZE: Said(
        Group.LINE,
        "报文超过允许长度",
        "the frame is longer than allowed",
        "请设备分包发送，或调高设置 gateway_max_segment",
        "let the device split it into parts, or raise the setting gateway_max_segment",
    ),
    RejectReason.NOT_A_FRAME: Said(
        Group.LINE,
        "不是 HJ 212 报文",
        "this is no HJ 212 frame",
        "检查设备的协议设置：报文应以 ## 和四位长度开头",
        "look at the protocol setting of the device: a frame begins with ## and four digits of length",
    ),
    RejectReason.MN_UNUSABLE: Said(
        Group.FORM,
        "没有可用的设备唯一标识 MN",
        "there is no usable MN",
        "在数采仪上填写 MN（字母、数字、下划线、连字符，1 至 32 位）",
        "set the MN in the logger (1 to 32 letters, digits, underscores and hyphens)",
    ),
    RejectReason.CN_UNUSABLE: Said(
        Group.FORM,
        "没有可用的命令编码 CN",
        "there is no usable CN",
        "请厂家按标准填写四位数字 CN",
        "let the vendor send CN as four digits",
    ),
    RejectReason.KEY_MISSING: Said(
        Group.SECURITY,
        "数据区已加密，登记中没有该设备的 SM4 密钥",
        "the data area is encrypted and the register holds no SM4 key of this device",
        "在设备设置中填写 sm4_key 后重新采纳",
        "enter sm4_key in the settings of the device and take the frames again",
    ),
    RejectReason.KEY_WRONG: Said(
        Group.SECURITY,
        "用登记的 SM4 密钥解不开数据区",
        "the registered SM4 key does not open the data area",
        "核对密钥（是否已轮换），更正后重新采纳",
        "compare the key (was it changed?), correct it and take the frames again",
    ),
    RejectReason.CANNOT_BE_READ: Said(
        Group.FORM,
        "报文无法解析",
        "the frame cannot be read",
        "查看原始报文，联系厂家；软件更正后可重新采纳",
        "look at the raw frame and talk to the vendor; it can be taken again once the cause is mended",
    ),
    RejectReason.UNKNOWN_DEVICE: Said(
        Group.IDENTITY,
        "MN 未登记",
        "the MN is not registered",
        "在“新设备”中核对并采纳，已收到的历史一并入库；或在数采仪上更正 MN",
        "compare and adopt it under new devices, its history comes along; or correct the MN in the logger",
    ),
    RejectReason.DEFAULT_MN: Said(
        Group.IDENTITY,
        "设备仍用出厂默认 MN（如 88888888），无法区分设备",
        "the device still has its factory MN (such as 88888888), so devices cannot be told apart",
        "在数采仪上设置正式的 MN；不要登记默认 MN",
        "set the real MN in the logger; do not register a factory MN",
    ),
    RejectReason.TOO_MANY_DEVICES: Said(
        Group.LINE,
        "一条连接上的设备数超过上限",
        "one connection carries more devices than allowed",
        "把设备分到几条连接，或调高设置 gateway_devices_per_connection",
        "spread the devices over several connections, or raise the setting gateway_devices_per_connection",
    ),
    RejectReason.PASSWORD_ANSWERED: Said(
        Group.SECURITY,
        "访问密码 PW 与登记不符：已应答、不入库",
        "PW differs from the register: answered, but the values are kept out of the series",
        "核对设备与登记的密码；更正登记后重新采纳。来源不明时按安全事件处理",
        "compare PW in logger and register, correct the register and take the frames again; "
        "if the sender is not known, treat it as a security matter",
        answered=True,
    ),
    RejectReason.PASSWORD_REJECTED: Said(
        Group.SECURITY,
        "访问密码 PW 与登记不符：未应答、不入库",
        "PW differs from the register: not answered, and kept out of the series",
        "核对设备与登记的密码；更正登记后重新采纳。来源不明时按安全事件处理",
        "compare PW in logger and register, correct the register and take the frames again; "
        "if the sender is not known, treat it as a security matter",
    ),
    RejectReason.IMPOSSIBLE_TIME: Said(
        Group.CLOCK,
        "DataTime 缺失或不是真实存在的时间",
        "DataTime is missing or no time that exists",
        "请厂家按 yyyyMMddHHmmss 填写数据时间",
        "let the vendor send DataTime as yyyyMMddHHmmss",
        answered=True,
    ),
    RejectReason.FUTURE_TIME: Said(
        Group.CLOCK,
        "DataTime 比到达时间晚一小时以上",
        "DataTime lies more than an hour after the arrival",
        "给设备校时（命令 1012），并核对设备设置的时区 utc_offset_minutes",
        "set the clock of the device (command 1012) and compare its utc_offset_minutes in the register",
        answered=True,
    ),
    RejectReason.INCOMPLETE_SPLIT: Said(
        Group.LINE,
        "分包没有收齐，且内容在包之间断开",
        "parts of a split record are missing, and its text was cut between them",
        "检查线路；向设备补采该时段的历史数据",
        "look at the line; ask the device for that period again",
        answered=True,
    ),
    RejectReason.REFUSED_BY_STORE: Said(
        Group.HOST,
        "存储拒绝了报文内容",
        "the store refused the content",
        "查看明细和 worker.log；更正后重新采纳",
        "look at the detail and worker.log; take the frame again once the cause is mended",
        answered=True,
    ),
}

GROUP_WORDS: Mapping[Group, tuple[str, str]] = {
    Group.CHECK_CODE: ("校验码", "check code"),
    Group.LINE: ("线路", "line"),
    Group.FORM: ("格式", "form"),
    Group.IDENTITY: ("身份", "identity"),
    Group.SECURITY: ("安全", "security"),
    Group.CLOCK: ("时钟", "clock"),
    Group.HOST: ("平台", "host"),
}

OF_CRC: Mapping[str, RejectReason] = {
    "crc16_modbus": RejectReason.CRC_MODBUS,
    "byte_swapped": RejectReason.CRC_BYTE_SWAPPED,
    "impossible_low_byte": RejectReason.CRC_IMPOSSIBLE,
    "not_hex": RejectReason.CRC_NOT_HEX,
    "missing": RejectReason.CRC_MISSING,
    "unknown": RejectReason.CRC_WRONG,
}
OF_FAULT: Mapping[Fault, RejectReason] = {
    Fault.NOT_A_FRAME: RejectReason.NOT_A_FRAME,
    Fault.KEY_MISSING: RejectReason.KEY_MISSING,
    Fault.KEY_WRONG: RejectReason.KEY_WRONG,
}
NEWCOMERS = (RejectReason.UNKNOWN_DEVICE, RejectReason.DEFAULT_MN)
_OLD: Mapping[str, RejectReason] = {  # words of archives that were written before the list was closed
    "bad_crc": RejectReason.CRC_WRONG,
    "malformed": RejectReason.CANNOT_BE_READ,
    "wrong_password": RejectReason.PASSWORD_REJECTED,
    "crc_mismatch": RejectReason.CRC_WRONG,
}
_OF_VERDICT: Mapping[Verdict, RejectReason] = {
    Verdict.BAD_CRC: RejectReason.CRC_WRONG,
    Verdict.MALFORMED: RejectReason.CANNOT_BE_READ,
    Verdict.UNKNOWN_DEVICE: RejectReason.UNKNOWN_DEVICE,
    Verdict.WRONG_PASSWORD: RejectReason.PASSWORD_REJECTED,
    Verdict.REFUSED: RejectReason.TOO_MANY_DEVICES,
}
_DEFAULT_MN = re.compile(r"8{6,}\w{0,4}|0{6,}\w{0,1}|F{6,}|f{6,}|1234567890*\w{0,4}")
_DIAGNOSIS = re.compile(r"\((\w+)\)\s*\Z")


def reason_text(reason: RejectReason, detail: str = "") -> str:
    """What the spool keeps of a reason.

    >>> reason_text(RejectReason.INCOMPLETE), reason_text(RejectReason.CRC_WRONG, "given 0001")
    ('incomplete', 'crc_wrong: given 0001')
    """
    return f"{reason.value}: {detail}" if detail else reason.value


def read_reason(verdict: Verdict, text: str) -> tuple[RejectReason, str]:
    """Reason and detail of a spool record, old spellings included.

    >>> read_reason(Verdict.BAD_CRC, "crc_modbus: CRC given 0759, computed 1C80")
    (<RejectReason.CRC_MODBUS: 'crc_modbus'>, 'CRC given 0759, computed 1C80')
    >>> read_reason(Verdict.BAD_CRC, "CRC given B388, computed FCC1 (crc16_modbus)")[0].value
    'crc_modbus'
    """
    code, _, detail = text.partition(":")
    known = known_reason(code.strip())
    if known is not None:
        return known, detail.strip()
    diagnosis = _DIAGNOSIS.search(text) if verdict is Verdict.BAD_CRC else None
    return OF_CRC.get(diagnosis[1] if diagnosis else "", _OF_VERDICT.get(verdict, RejectReason.CANNOT_BE_READ)), text


def known_reason(code: str) -> RejectReason | None:
    """The reason of a code as stored, old codes included; None for another text.

    >>> known_reason("bad_crc").value, known_reason("weather")
    ('crc_wrong', None)
    """
    try:
        return RejectReason(code)
    except ValueError:
        return _OLD.get(code)


def stored_codes(reason: RejectReason) -> tuple[str, ...]:
    """Every spelling under which a reason is stored.

    >>> stored_codes(RejectReason.CRC_WRONG)
    ('crc_wrong', 'bad_crc', 'crc_mismatch')
    """
    return (reason.value, *(code for code, known in _OLD.items() if known is reason))


def is_default_mn(mn: str) -> bool:
    """Whether an MN is one that loggers leave the factory with.

    >>> is_default_mn("88888888"), is_default_mn("8888888888888880000001"), is_default_mn("010000A8900016F000169DC0")
    (True, False, False)
    """
    return _DEFAULT_MN.fullmatch(mn) is not None
