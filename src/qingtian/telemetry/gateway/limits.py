"""Limits: a line that sends too fast is read more slowly. Nothing is dropped for its rate, so nothing is lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from qingtian.runtime.settings import Settings

BURST_S = 10.0  # seconds' worth of the rate that may come at once, after as long a rest
STRANGER_BURST_S = 10.0
LONGEST_HOLD_S = 5.0  # then the line is looked at again
MOST_ADDRESSES = 1000  # addresses counted; a flood of them must not fill the memory


class Limit(StrEnum):
    """What can be hit."""

    CONNECTION_FRAMES = "connection_frames_per_s"
    CONNECTION_BYTES = "connection_bytes_per_s"
    DEVICE_FRAMES = "device_frames_per_s"
    STRANGER_FRAMES = "stranger_frames_per_s"
    DEVICES_PER_CONNECTION = "devices_per_connection"
    CONNECTIONS = "connections"
    CONNECTIONS_PER_ADDRESS = "connections_per_address"
    SEGMENT = "segment"
    SLOW_FRAME = "slow_frame"
    IDLE = "idle"
    UNREAD_ANSWERS = "unread_answers"


class Bucket:
    """A token bucket that may go into debt: what came is taken, and the debt is waited for.

    Args:
        rate: tokens per second; 0 = no limit.
        burst_s: seconds' worth that a rested bucket holds.

    >>> bucket = Bucket(10, burst_s=1)
    >>> bucket.take(10, now=0.0), bucket.take(5, now=0.0), bucket.take(0, now=1.0)
    (0.0, 0.5, 0.0)
    """

    __slots__ = ("_at", "_full", "_level", "_rate")

    def __init__(self, rate: float, burst_s: float = BURST_S) -> None:
        self._rate = rate
        self._full = self._level = rate * burst_s
        self._at = 0.0

    def take(self, count: float, now: float) -> float:
        """Take tokens; returns the seconds until the debt is paid, 0 when there is none."""
        rate = self._rate
        if not rate:
            return 0.0
        level = self._level + (now - self._at) * rate
        self._at = now
        self._level = level = min(level, self._full) - count
        return 0.0 if level >= 0 else -level / rate


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a gateway; 0 = none.

    Args:
        connection_frames: frames per second and connection.
        connection_bytes: bytes per second and connection.
        device_frames: frames per second and MN.
        stranger_frames: frames per second and address of devices that are not registered.
        devices: MN per connection.
        connections: connections in all.
        per_address: connections per address.
        segment: bytes of a data segment.
        frame_s: seconds within which a frame that was begun must be finished.
    """

    connection_frames: float = 0
    connection_bytes: float = 0
    device_frames: float = 0
    stranger_frames: float = 0
    devices: int = 0
    connections: int = 20000
    per_address: int = 0
    segment: int = 9999
    frame_s: float = 60.0

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """As the settings say."""
        return cls(
            connection_frames=settings.gateway_connection_frames,
            connection_bytes=settings.gateway_connection_kb * 1024,
            device_frames=settings.gateway_device_frames,
            stranger_frames=settings.gateway_stranger_frames,
            devices=settings.gateway_devices_per_connection,
            connections=settings.max_connections,
            per_address=settings.gateway_connections_per_address,
            segment=settings.gateway_max_segment,
            frame_s=settings.gateway_frame_timeout_s,
        )


@dataclass(slots=True)
class Addresses:
    """What is known per address: open connections, and how fast unregistered devices send from there."""

    stranger_frames: float
    connections: Counter[str] = field(default_factory=Counter)
    strangers: dict[str, Bucket] = field(default_factory=dict)

    def stranger(self, address: str, now: float) -> float:
        """One more frame of an unregistered device; returns the seconds to wait before the next."""
        bucket = self.strangers.get(address)
        if bucket is None:
            if len(self.strangers) >= MOST_ADDRESSES:
                self.strangers.pop(next(iter(self.strangers)))
            bucket = self.strangers[address] = Bucket(self.stranger_frames, STRANGER_BURST_S)
        return bucket.take(1, now)

    def left(self, address: str) -> None:
        """A connection from there ended."""
        self.connections[address] -= 1
        if self.connections[address] <= 0:
            del self.connections[address]
