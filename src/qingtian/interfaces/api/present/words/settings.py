"""Words of the form of a device: its settings, their values, and when to use which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qingtian.interfaces.api.present.words.say import Said


@dataclass(frozen=True, slots=True)
class SettingWords:
    """Label of a setting and one sentence of help."""

    label: Said
    help: Said


def _words(zh: str, en: str, help_zh: str, help_en: str) -> SettingWords:
    return SettingWords(Said(zh, en), Said(help_zh, help_en))


GROUPS: Mapping[str, Said] = {
    "reporting": Said("上报", "Reporting"),
    "dialect": Said("通讯方式", "Dialect"),
    "security": Said("安全", "Security"),
    "mapping": Said("编码与单位", "Codes and units"),
    "commands": Said("自动命令", "Automatic commands"),
}
SETTINGS: Mapping[str, SettingWords] = {
    "edition": _words(
        "标准版本",
        "Edition",
        "设备执行的 HJ 212 版本，以登记为准。",
        "The edition that the device follows; this has the last word.",
    ),
    "expects": _words(
        "应上报的数据",
        "What it must send",
        "勾选的数据缺失就算断线或缺数。",
        "What is ticked counts as missing when it does not come.",
    ),
    "realtime_interval_s": _words(
        "实时数据间隔",
        "Real-time interval",
        "两次实时数据（2011）相隔的秒数。",
        "Seconds between two frames of real-time data (2011).",
    ),
    "minute_interval_s": _words(
        "分钟数据间隔",
        "Minute interval",
        "分钟数据（2051）一个时段的秒数。",
        "Length of a period of minute data (2051).",
    ),
    "utc_offset_minutes": _words(
        "时区（相对 UTC）",
        "Time zone (from UTC)",
        "设备不发送时区；北京时间为 480 分钟。",
        "The device sends no zone; China Standard Time is 480 min.",
    ),
    "crc": _words(
        "校验方式",
        "Check code",
        "标准附录 A；个别设备误用 CRC-16/MODBUS，可在此放行。",
        "Appendix A of the standard; some devices use CRC-16/MODBUS by mistake and can be let in here.",
    ),
    "ack": _words(
        "数据应答", "Answer to data", "通常按设备的要求应答。", "As a rule the device says whether it wants one."
    ),
    "heartbeat_answer": _words(
        "心跳应答",
        "Answer to a heartbeat",
        "用哪个命令应答心跳包（9015）。",
        "The command that answers a heartbeat (9015).",
    ),
    "overtime_s": _words(
        "超时时间", "Time-out", "等待设备应答的秒数。", "Seconds that an answer of the device is waited for."
    ),
    "resends": _words(
        "重发次数", "Resends", "没有应答时重发的次数。", "How often a request without answer is sent again."
    ),
    "sentinels": _words(
        "缺测代码值",
        "Values that mean none",
        "这些数表示“没有值”，每行一个，例如 -9999。",
        "Numbers that mean no value, one per line, such as -9999.",
    ),
    "password": _words(
        "访问密码",
        "Password",
        "与设备的 PW 一致；留空则不核对。",
        "The PW that the device sends; when empty none is compared.",
    ),
    "password_policy": _words(
        "密码不符时",
        "When the password is wrong",
        "无论哪种，密码不符的数据都不入库（“不核对”除外）。",
        "Either way, values with a wrong password stay out, unless it is not compared.",
    ),
    "sm4_key": _words(
        "SM4 密钥",
        "SM4 key",
        "32 位十六进制；只有加密上报的 2025 版设备需要。",
        "32 hex digits; only for 2025 devices that encrypt.",
    ),
    "sm4_form": _words(
        "密文写法", "Form of ciphertext", "自动识别两种写法。", "Both forms are recognised when left on automatic."
    ),
    "units": _words(
        "单位",
        "Units",
        "与编码表不同的单位，每行一条：编码 = 单位，例如 a21005 = ug/m3。",
        "Units that differ from the code table, one per line: code = unit, such as a21005 = ug/m3.",
    ),
    "code_map": _words(
        "编码对照",
        "Code map",
        "设备自编的编码，每行一条：设备编码 = 标准编码，例如 O3 = a05024。",
        "Codes of the vendor's own, one per line: sent = registered, such as O3 = a05024.",
    ),
    "aliases": _words("其他 MN 写法", "Other spellings of the MN", "每行一个。", "One per line."),
    "auto_clock": _words(
        "自动校时",
        "Set its clock",
        "设备请求校时或时钟偏差过大时，自动下达校时命令。",
        "When it asks for the time, or its clock is off.",
    ),
    "backfill": _words(
        "自动补传",
        "Ask for missing data",
        "缺数时自动向设备要历史数据。",
        "History is asked for when periods are missing.",
    ),
    "history_realtime": _words(
        "补传实时数据", "Real-time history", "缺的实时数据也要补传。", "Missing real-time data are asked for too."
    ),
    "state_data": _words(
        "治理设施状态",
        "Facility state",
        "首次连接时让设备上传治理设施运行状态。",
        "At first contact it is told to send it.",
    ),
    "first_contact": _words(
        "首次连接初始化",
        "First contact",
        "下次连接时下达初始化命令：时钟、超时重发、间隔、启动上传。",
        "At its next connection it gets clock, time-out, intervals and start of uploads.",
    ),
}
CHOICES: Mapping[str, Mapping[str, Said]] = {
    "edition": {
        "2005": Said("HJ/T 212-2005", "HJ/T 212-2005"),
        "2017": Said("HJ 212-2017", "HJ 212-2017"),
        "2025": Said("HJ 212-2025", "HJ 212-2025"),
    },
    "expects": {
        "realtime": Said("实时", "real-time"),
        "minute": Said("分钟", "minute"),
        "hour": Said("小时", "hour"),
        "day": Said("日", "day"),
    },
    "crc": {
        "standard": Said("只接受标准算法", "the standard's only"),
        "modbus_too": Said("也接受 CRC-16/MODBUS", "CRC-16/MODBUS too"),
    },
    "ack": {
        "on_request": Said("设备要求时应答", "when asked for"),
        "always": Said("总是应答", "always"),
        "never": Said("从不应答", "never"),
    },
    "heartbeat_answer": {
        "9013": Said("9013 通知应答", "9013 answer to a notice"),
        "9014": Said("9014 数据应答", "9014 answer to data"),
    },
    "password_policy": {
        "answer": Said("应答，报安全事件", "answer, and report a security matter"),
        "reject": Said("不应答，报安全事件", "give no answer, and report a security matter"),
        "ignore": Said("不核对密码", "do not compare"),
    },
    "sm4_form": {
        "auto": Said("自动", "automatic"),
        "raw": Said("原始字节", "raw bytes"),
        "text": Said("文本 {0xE4,…}", "text {0xE4,…}"),
    },
}
MN_REMEDY = Said("1 到 32 位字母、数字、下划线或连字符", "1 to 32 letters, digits, underscores and hyphens")


def choice_word(setting: str, value: str) -> Said:
    """The word of a value of a setting; a value without one stands for itself."""
    return CHOICES.get(setting, {}).get(value, Said(value, value))
