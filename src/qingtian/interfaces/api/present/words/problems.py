"""What can be wrong with a frame or a device: reason in words and what to do, in both languages.

Reasons of refusal are those of `telemetry.rejects.reasons`; here they get a title and a severity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from qingtian.interfaces.api.present.words.say import Said
from qingtian.telemetry.rejects.reasons import WORDS, Group, RejectReason

Severity = Literal["info", "warning", "danger"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of problem.

    Args:
        title: in a few words.
        text: what it means.
        remedy: what to do.
    """

    severity: Severity
    title: Said
    text: Said
    remedy: Said

    def told(self, text: Said) -> Problem:
        """The same kind with the facts of one case."""
        return Problem(self.severity, self.title, text, self.remedy)


TITLES: Mapping[Group, tuple[Severity, Said]] = {
    Group.CHECK_CODE: ("danger", Said("校验码错误", "Wrong check code")),
    Group.LINE: ("warning", Said("线路或包长问题", "Line or length")),
    Group.FORM: ("danger", Said("报文格式错误", "Malformed frame")),
    Group.IDENTITY: ("warning", Said("设备未登记", "Device is not registered")),
    Group.SECURITY: ("danger", Said("安全问题", "Security matter")),
    Group.CLOCK: ("danger", Said("设备时钟错误", "Wrong clock")),
    Group.HOST: ("danger", Said("平台没有收下", "Refused by the host")),
}
OWN_TITLES: Mapping[RejectReason, Said] = {
    RejectReason.PASSWORD_ANSWERED: Said("密码错误", "Wrong password"),
    RejectReason.PASSWORD_REJECTED: Said("密码错误", "Wrong password"),
    RejectReason.KEY_MISSING: Said("加密数据没有密钥", "Encrypted, and no key is known"),
    RejectReason.KEY_WRONG: Said("密钥不对", "Wrong key"),
    RejectReason.IMPOSSIBLE_TIME: Said("数据时间无法使用", "Unusable data time"),
    RejectReason.FUTURE_TIME: Said("设备时钟超前", "Clock far ahead"),
    RejectReason.DEFAULT_MN: Said("出厂默认 MN", "Factory MN"),
    RejectReason.INCOMPLETE_SPLIT: Said("拆包不完整", "Incomplete split record"),
}
_CLOCK_REMEDY = Said(
    "下达“设置现场机时间”命令（1012）；若再次漂移，请检查数采仪的电池和对时设置。",
    "Order the command Set clock (1012); if it drifts again, look at the logger's battery and time source.",
)
CLOCK_AHEAD = Problem(
    "warning",
    Said("设备时钟偏快", "Clock is ahead"),
    Said("设备的时间比城市时间快 {minutes} 分钟。", "The device's clock is {minutes} min ahead of the city's."),
    _CLOCK_REMEDY,
)
CLOCK_BEHIND = Problem(
    "warning",
    Said("设备时钟偏慢", "Clock is behind"),
    Said("设备的时间比城市时间慢 {minutes} 分钟。", "The device's clock is {minutes} min behind the city's."),
    _CLOCK_REMEDY,
)
WARNINGS: Mapping[str, Said] = {
    "short_crc": Said("校验码少于四位，已在左边补零", "the check code has fewer than four digits; padded on the left"),
    "crc16_modbus_believed": Said(
        "校验码是 CRC-16/MODBUS，登记允许", "the check code is CRC-16/MODBUS, as the register allows"
    ),
    "edition_differs": Said("Flag 的版本与登记不同，以登记为准", "Flag tells another edition than the register"),
    "length_mismatch": Said(
        "声明的长度与实际不符；校验码对得上，按实际长度读取",
        "the declared length differs from the real one; the check code fits, so the real one is read",
    ),
    "mn_unusable": Said("MN 缺失或不可用", "MN is missing or unusable"),
    "cn_unusable": Said("CN 缺失或不是四位数字", "CN is missing or is not four digits"),
    "flag_unreadable": Said("Flag 不是 0 到 255 的数", "Flag is no number from 0 to 255"),
    "split_flag_without_pnum": Said("标志说拆包，却没有包号", "the flag says split, but there are no part numbers"),
    "missing_semicolon_before_cp": Said("CP 前少了分号", "the semicolon before CP is missing"),
    "cp_not_closed": Said("数据区没有以 && 结尾", "the data area is not closed by &&"),
    "cp_missing": Said("没有数据区", "there is no data area"),
    "comma_in_header": Said("头部用了逗号分隔", "commas separate the header"),
    "conflicting_item": Said(
        "同一因子出现两次且数值不同，不能用于统计", "a code came twice with different values: unfit for statistics"
    ),
    "unreadable_item": Said("数据区有读不出的项", "an item of the data area cannot be read"),
    "sm4_key_missing": Said("加密数据没有密钥", "encrypted, and no key is known"),
    "sm4_key_wrong": Said("密钥不对", "the key is wrong"),
    "not_a_frame": Said("不是一个 HJ 212 包", "this is no HJ 212 frame"),
}


def refusal(reason: RejectReason) -> Problem:
    """A reason of refusal as a problem.

    >>> refusal(RejectReason.PASSWORD_REJECTED).title.en
    'Wrong password'
    """
    said = WORDS[reason]
    severity, title = TITLES[said.group]
    return Problem(
        severity, OWN_TITLES.get(reason, title), Said(said.zh, said.en), Said(said.remedy_zh, said.remedy_en)
    )
