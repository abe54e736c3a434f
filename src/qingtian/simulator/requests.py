"""What the host asks of a device, and the shape of what the device does about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qingtian.domain.hj212 import Decoded
from qingtian.domain.hj212.grammar import is_real_time

NEW_MN = "1002"
READY, REFUSED, BAD_PW, BAD_MN, BAD_ST, BAD_FLAG, BAD_QN, BAD_CN, BAD_CRC, UNKNOWN = 1, 2, 3, 4, 5, 6, 7, 8, 9, 100
DONE, FAILED, BAD_CONDITIONS, TIMED_OUT, BUSY, SYSTEM_FAULT, NO_DATA = 1, 2, 3, 4, 5, 6, 100
QN_RETURNS = (2, 3, 4, 5, 6, 7, 8, 9, 100)
EXE_RETURNS = (2, 3, 4, 5, 6, 100)


@dataclass(frozen=True, slots=True)
class Request:
    """A request or notice, read.

    Args:
        decoded: the frame.
        local_s: time of the device's clock when it came.
        now: counted time when it came.
    """

    decoded: Decoded
    local_s: float
    now: float

    @property
    def qn(self) -> str | None:
        """Its number."""
        return self.decoded.qn

    @property
    def cn(self) -> str:
        """Its command."""
        return self.decoded.cn

    def param(self, *names: str) -> str:
        """First value of a bare parameter in any of its spellings; empty when it is not there."""
        for name, value in self.decoded.params.items():
            if name.lower() in {one.lower() for one in names}:
                return value if isinstance(value, str) else value[0]
        return ""

    def params(self, name: str) -> list[str]:
        """Every value of a repeated parameter."""
        value = self.decoded.params.get(name, [])
        return [value] if isinstance(value, str) else list(value)

    def info(self) -> tuple[str, str] | None:
        """Code and text of the first `code-Info`."""
        for code, values in self.decoded.items.items():
            if "Info" in values:
                return code, values["Info"].removeprefix("//").removesuffix("//")
        return None


@dataclass(slots=True)
class Reply:
    """What follows a request.

    Args:
        qn_rtn: QnRtn of the 9011; another than 1 ends it.
        exe_rtn: ExeRtn of the 9012.
        areas: data areas that are sent back with the request's CN and QN before the 9012.
        uploads: (CN, data area) of frames with their own QN before the 9012.
        history: (CN, first start, last start) of the records that are sent before the 9012.
        after_s: time the order takes, s.
        then: what changes when it is done, after the 9012; nothing when it failed.
    """

    qn_rtn: int = READY
    exe_rtn: int = DONE
    areas: tuple[str, ...] = ()
    uploads: tuple[tuple[str, str], ...] = ()
    history: tuple[str, float, float] | None = None
    after_s: float = 0.0
    then: Callable[[float], None] | None = None


def refusal(decoded: Decoded, *, mn: str, password: str) -> int:
    """QnRtn by which a device refuses a frame; 1 when there is nothing against it.

    Args:
        decoded: request or notice with a right check code.
        mn: the device's number.
        password: its password.
    """
    if decoded.mn != mn and decoded.cn != NEW_MN:  # the order that gives a number may carry the new one
        return BAD_MN
    if decoded.header.get("PW", "") != password:
        return BAD_PW
    if len(decoded.st) != 2 or not decoded.st.isalnum():
        return BAD_ST
    if decoded.flag is None and "Flag" in decoded.header:
        return BAD_FLAG
    if decoded.qn is not None and (len(decoded.qn) != 17 or not is_real_time(decoded.qn)):
        return BAD_QN
    return READY
