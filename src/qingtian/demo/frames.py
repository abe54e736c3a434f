"""HJ 212 frames of the simulated devices: 2011 real time, 2051 minutes, 2061 hours."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from qingtian.demo.plan import PASSWORD, DevicePlan
from qingtian.demo.signals import Block, Reading
from qingtian.domain.hj212 import build_frame

DECIMALS = {"w21011": 3, "a00000": 3}  # the others have two
TOTALS = {"a00000", "w00000"}
FLOWS = ("a00000", "w00000")
NO_TOTAL = {"a19001", "a01012", "w01001", "power_kw"}
MG_TO_KG = 1e-6
L_TO_M3 = 1e-3


class FrameKind(StrEnum):
    """Cycles that the fleet sends."""

    REALTIME = "realtime"
    MINUTE = "minute"
    HOUR = "hour"


COMMAND = {FrameKind.REALTIME: "2011", FrameKind.MINUTE: "2051", FrameKind.HOUR: "2061"}


def qn_of(moment: datetime) -> str:
    """QN of a moment of the device's clock: yyyyMMddHHmmssSSS.

    >>> qn_of(datetime(2025, 11, 22, 1, 2, 3, 45000))
    '20251122010203045'
    """
    return f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"


def frame_of(device: DevicePlan, kind: FrameKind, block: Block, data_time: datetime, sent: datetime) -> bytes:
    """One frame.

    Args:
        data_time: start of the period, or the instant of a real-time value, by the device's clock.
        sent: the moment of sending by the device's clock (QN).
    """
    flag = (4 if device.edition == 2017 else 0) | (kind is not FrameKind.REALTIME)
    return build_frame(
        qn=qn_of(sent),
        st=device.st,
        cn=COMMAND[kind],
        pw=PASSWORD,
        mn=device.mn,
        flag=flag,
        cp=f"DataTime={data_time:%Y%m%d%H%M%S};" + ";".join(_items(device, kind, block)),
    )


def _items(device: DevicePlan, kind: FrameKind, block: Block) -> list[str]:
    flow = next((block.readings[code].mean for code in FLOWS if code in block.readings), 0.0)
    items = []
    for code, reading in block.readings.items():
        name = device.wire(code)
        if kind is FrameKind.REALTIME:
            items.append(_realtime(name, code, reading, block.mark))
        else:
            items.append(_period(name, code, reading, block, flow))
    return items


def _realtime(name: str, code: str, reading: Reading, mark: str) -> str:
    converted = "" if reading.converted is None else f",{name}-ZsRtd={_text(code, reading.converted)}"
    return f"{name}-Rtd={_text(code, reading.mean)}{converted},{name}-Flag={mark}"


def _period(name: str, code: str, reading: Reading, block: Block, flow: float) -> str:
    parts = []
    if code not in NO_TOTAL:
        parts.append(f"{name}-Cou={total(code, reading.mean, flow, block.seconds):.3f}")
    parts.append(f"{name}-Min={_text(code, reading.low)}")
    parts.append(f"{name}-Avg={_text(code, reading.mean)}")
    parts.append(f"{name}-Max={_text(code, reading.high)}")
    if reading.converted is not None:
        parts.append(f"{name}-ZsAvg={_text(code, reading.converted)}")
    parts.append(f"{name}-Flag={block.mark}")
    return ",".join(parts)


def total(code: str, mean: float, flow: float, seconds: int) -> float:
    """Cou: volume in m3 for flows, mass in kg for pollutants (HJ 212-2017 appendix D).

    Args:
        mean: mg/m3 or mg/L for a pollutant; m3/s or L/s for a flow.
        flow: m3/s (air) or L/s (water).
    >>> total("a21002", 50.0, 100.0, 3600), total("w00000", 10.0, 10.0, 3600)
    (18.0, 36.0)
    """
    if code in TOTALS:
        return mean * seconds * (L_TO_M3 if code == "w00000" else 1.0)
    return mean * flow * seconds * MG_TO_KG  # mg/m3 x m3/s, and mg/L x L/s alike, are mg/s


def _text(code: str, value: float) -> str:
    return f"{max(0.0, value):.{DECIMALS.get(code, 2)}f}"
