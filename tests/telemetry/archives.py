"""Archives of real frames for tests of the spool."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from qingtian.domain.hj212 import build_upload
from qingtian.telemetry.spool import SpoolRecord, SpoolWriter, read_all
from qingtian.telemetry.store.port import SpoolPosition

AT = datetime(2025, 11, 24, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
MNS = ("QT420100000000000000000A", "QT420100000000000000000B", "QT420100000000000000000C")


def frame(mn: str, minute: int, value: str = "12.5") -> bytes:
    """A real-time frame of a minute after 10:00."""
    stamp = f"20251124{10 + minute // 60:02d}{minute % 60:02d}00"
    items = {"a21026": {"Rtd": value, "Flag": "N"}, "a34013": {"Rtd": f"{minute}.25", "Flag": "N"}}
    return build_upload(
        mn=mn, st="31", cn="2011", qn=f"{stamp}000", data_time=stamp, items=items, flag=5, pw="123456"
    ).rstrip()


def fill(folder: Path, raws: Sequence[bytes], *, segment_bytes: int = 2000, start: int = 0) -> list[SpoolPosition]:
    """Store frames, a minute apart, in segments of a few frames; the last segment stays open to a writer."""
    writer = SpoolWriter(folder, segment_bytes=segment_bytes)
    try:
        return [
            writer.append_and_wait(raw, received_at=AT + timedelta(minutes=start + number), peer="10.0.0.1:1")
            for number, raw in enumerate(raws)
        ]
    finally:
        writer.close()


def fleet(count: int, start: int = 0) -> list[bytes]:
    """Frames of three devices in turns, one a minute."""
    return [frame(MNS[number % 3], number) for number in range(start, start + count)]


def everything(folder: Path) -> list[SpoolRecord]:
    """Every record, oldest first."""
    return list(read_all(folder))
