"""What the return codes of devices say (HJ 212-2017 tables of QnRtn and ExeRtn), in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

QN_READY = 1
EXE_DONE = 1
EXE_NO_DATA = 100


@dataclass(frozen=True, slots=True)
class Words:
    """A short text in both languages."""

    zh: str
    en: str


QN_RETURNS: Mapping[int, Words] = {
    1: Words("准备执行请求", "ready to carry it out"),
    2: Words("请求被拒绝", "request refused"),
    3: Words("密码错误", "password wrong"),
    4: Words("设备唯一标识(MN)错误", "MN wrong"),
    5: Words("系统编码(ST)错误", "system code ST wrong"),
    6: Words("应答标志(Flag)错误", "Flag wrong"),
    7: Words("请求编码(QN)错误", "QN wrong"),
    8: Words("命令编码(CN)错误", "command not known to the device"),
    9: Words("CRC 校验错误", "CRC wrong"),
    100: Words("未知错误", "unknown error"),
}
EXE_RETURNS: Mapping[int, Words] = {
    1: Words("执行成功", "done"),
    2: Words("执行失败，原因未知", "failed, reason unknown"),
    3: Words("命令请求条件错误", "conditions of the request wrong"),
    4: Words("通讯超时", "the device's own link timed out"),
    5: Words("系统繁忙不能执行", "device busy"),
    6: Words("系统故障", "device fault"),
    100: Words("没有数据", "no data"),
}
QN_REMEDIES: Mapping[int, Words] = {
    3: Words("核对登记的访问密码", "compare the registered password with the device"),
    4: Words("核对登记的 MN", "compare the registered MN with the device"),
    5: Words("核对系统编码 ST", "correct the system code of the device in the register"),
    6: Words("核对设备的标准版本", "correct the edition of the device in the register"),
    8: Words("该设备不支持此命令", "the device does not know this command; leave it"),
    9: Words("检查线路质量", "look at the line: bytes are damaged on the way"),
}


def qn_return(code: int | None) -> Words:
    """Meaning of a QnRtn.

    >>> qn_return(3).en
    'password wrong'
    """
    return _meaning(QN_RETURNS, code, "QnRtn")


def exe_return(code: int | None) -> Words:
    """Meaning of an ExeRtn.

    >>> exe_return(100).zh, exe_return(55).en
    ('没有数据', 'ExeRtn 55, not in the standard')
    """
    return _meaning(EXE_RETURNS, code, "ExeRtn")


def _meaning(table: Mapping[int, Words], code: int | None, name: str) -> Words:
    if code is None:
        return Words(f"应答中没有可读的 {name}", f"the answer holds no readable {name}")
    return table.get(code) or Words(f"{name} {code}，标准未定义", f"{name} {code}, not in the standard")


def read_code(text: str | list[str] | None) -> int | None:
    """A return code as sent.

    >>> read_code("1"), read_code(["100", "1"]), read_code("x"), read_code(None)
    (1, 100, None, None)
    """
    if isinstance(text, list):
        text = text[0] if text else None
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 4:
        return None
    return int(text)
