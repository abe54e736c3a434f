"""Frames of a device that answers commands."""

from __future__ import annotations

from qingtian.domain.hj212 import Decoded, build_frame, decode
from qingtian.domain.hj212.dialogues import Kind, Order, Span, Timing

MN = "010000A8900016F000169DC0"
QN = "20240601085857001"
TIMING = Timing(overtime_s=10.0, resends=3, longest_s=300.0)
SPAN = Span("20240601080000", "20240601100000")


def order(cn: str = "1062", **more: object) -> Order:
    """A command of which the bytes do not matter."""
    fields: dict[str, object] = {"key": 1, "mn": MN, "cn": cn, "qn": QN, "frame": b"##the same bytes", "timing": TIMING}
    return Order(**(fields | more))  # type: ignore[arg-type]


def history(**more: object) -> Order:
    """A request for hours."""
    return order("2061", span=SPAN, **more)


def notice(**more: object) -> Order:
    """A command that is answered by 9013."""
    return order("2012", kind=Kind.NOTICE, **more)


def frame(cn: str, cp: str = "", *, qn: str | None = QN, mn: str = MN, flag: int | None = 4, st: str = "91") -> Decoded:
    """A frame of the device."""
    return decode(build_frame(qn=qn, st=st, cn=cn, pw="123456", mn=mn, flag=flag, cp=cp))


def ready(code: int | str = 1, **more: object) -> Decoded:
    """9011."""
    return frame("9011", f"QnRtn={code}", **more)  # type: ignore[arg-type]


def result(code: int | str = 1, **more: object) -> Decoded:
    """9012."""
    return frame("9012", f"ExeRtn={code}", **more)  # type: ignore[arg-type]


def hour(stamp: str, *, qn: str = "20240601085857534", mn: str = MN) -> Decoded:
    """An hour record with its own QN."""
    return frame("2061", f"DataTime={stamp};w01018-Avg=20.1,w01018-Flag=N", qn=qn, mn=mn, flag=5, st="32")
