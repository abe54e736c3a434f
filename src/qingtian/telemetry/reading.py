"""Reading a frame with what the register knows of its sender: edition, keys, check codes that are believed."""

from __future__ import annotations

from qingtian.domain.hj212 import Decoded, decode
from qingtian.telemetry.devices import DeviceDirectory, DeviceProfile


def read_registered(raw: bytes, directory: DeviceDirectory) -> tuple[Decoded, DeviceProfile | None]:
    """The frame as its device means it, and the profile of the device; None when it is not registered."""
    decoded = decode(raw)
    profile = directory.get(decoded.mn.strip())
    if profile is None:
        return decoded, None
    wire = profile.wire
    if decoded.encrypted or not decoded.crc_ok or decoded.version is not wire.edition:
        decoded = decode(raw, wire=wire)
    return decoded, profile
