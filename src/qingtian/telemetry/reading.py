"""Reading a frame with what the register knows of its sender (an encrypting device needs its key)."""

from __future__ import annotations

from qingtian.domain.hj212 import Decoded, decode
from qingtian.telemetry.devices import DeviceDirectory, DeviceProfile


def read_registered(raw: bytes, directory: DeviceDirectory) -> tuple[Decoded, DeviceProfile | None]:
    """The decoded frame and the profile of its device; decrypted when the profile holds the key."""
    decoded = decode(raw)
    profile = directory.get(decoded.mn.strip())
    if decoded.encrypted and profile is not None and profile.sm4_key:
        decoded = decode(raw, sm4_key=bytes.fromhex(profile.sm4_key))
    return decoded, profile
