"""A host by hand: writes frames to a device and reads what it says, in virtual time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qingtian.domain.hj212 import Decoded, Edition, FrameOk, Framer, build_frame, decode
from qingtian.simulator import Device, DeviceSettings, TimeBase, built_in_profile, simulated_device
from qingtian.simulator.timing import read_stamp, stamp

MORNING = 1_717_200_000.0  # 2024-06-01 08:00:00 in Beijing
REQUEST_QN = "20240601085857223"
FLAGS = {Edition.E2005: 3, Edition.E2017: 5, Edition.E2025: 9}


def quiet(**changes: Any) -> DeviceSettings:
    """A device that says nothing by itself."""
    given: dict[str, Any] = {"realtime": False, "periods": False, "action_s": 0.5} | changes
    profile = built_in_profile(given.pop("profile", "flue_gas"))
    return simulated_device(profile, **given)


def impatient(settings: DeviceSettings, *, overtime_s: int = 2, resends: int = 2) -> DeviceSettings:
    """The same device with short time-outs."""
    return replace(settings, wire=replace(settings.wire, overtime_s=overtime_s, resends=resends))


class Hand:
    """One device on the hand's line.

    Args:
        settings: the device.
        speed: simulated seconds per second.
    """

    def __init__(self, settings: DeviceSettings, *, speed: float = 1.0, line: bool = True) -> None:
        self.now = 0.0
        self.device = Device(settings, TimeBase(MORNING, 0.0, speed), 0.0)
        self.raw: list[bytes] = []
        if line:
            self.device.connect(0.0)
            self.collect()

    @property
    def edition(self) -> Edition:
        return self.device.edition

    def collect(self) -> list[bytes]:
        """What the device wrote since the last time."""
        fresh = self.device.take()
        self.raw += fresh
        return fresh

    def heard(self) -> list[Decoded]:
        """The same, read."""
        return read(b"".join(self.collect()), self.device.writer.key)

    def wait(self, seconds: float) -> list[Decoded]:
        """Let time pass, timer by timer."""
        return read(b"".join(self.wait_raw(seconds)), self.device.writer.key)

    def wait_raw(self, seconds: float) -> list[bytes]:
        """The same, as bytes."""
        end, found = self.now + seconds, []
        steps = 0
        while self.device.next_at <= end:
            steps += 1
            assert steps < 100_000, "the device never comes to rest"
            self.now = max(self.now, self.device.next_at)
            self.device.advance(self.now)
            found += self.collect()
        self.now = end
        self.device.advance(end)
        return found + self.collect()

    def send(self, frame: bytes) -> list[Decoded]:
        """Write to the device."""
        self.device.receive(frame, self.now)
        return self.heard()

    def frame(self, cn: str, cp: str = "", *, qn: str | None = REQUEST_QN, **changes: Any) -> bytes:
        """A request as a host writes it."""
        fields: dict[str, Any] = {
            "qn": qn,
            "st": self.device.writer.st,
            "cn": cn,
            "pw": self.device.password,
            "mn": self.device.writer.mn,
            "flag": FLAGS[self.edition],
            "cp": cp,
        }
        return build_frame(**(fields | changes))

    def ask(self, cn: str, cp: str = "", **changes: Any) -> list[Decoded]:
        """Request and everything that comes at once."""
        return self.send(self.frame(cn, cp, **changes))

    def ack(self, upload: Decoded, cn: str = "9014") -> list[Decoded]:
        """Answer an upload."""
        return self.ask(cn, qn=upload.qn, st="91", flag=FLAGS[self.edition] & ~1)

    def clock(self) -> str:
        """What the device's clock shows."""
        return stamp(self.device.clock.local(self.now))


def read(data: bytes, key: bytes = b"") -> list[Decoded]:
    """Frames of a stream."""
    framer = Framer()
    events = [*framer.feed(data), *framer.flush()]
    return [decode(one.raw, sm4_key=key or None) for one in events if isinstance(one, FrameOk)]


def spoken(frames: list[Decoded]) -> list[str]:
    """Commands of frames."""
    return [one.cn for one in frames]


def returned(frame: Decoded) -> int:
    """QnRtn or ExeRtn of an answer."""
    value = frame.params.get("QnRtn") or frame.params["ExeRtn"]
    assert isinstance(value, str)
    return int(value)


def at(text: str) -> float:
    """Wall clock seconds of yyyyMMddHHmmss."""
    return read_stamp(text)
