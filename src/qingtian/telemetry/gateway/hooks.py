"""Who else listens to the frames of the gateway: the driver of dialogues."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from qingtian.domain.hj212 import Decoded


class Line(Protocol):
    """A live connection, as others may use it."""

    @property
    def peer(self) -> str:
        """Address and port."""
        ...

    @property
    def open(self) -> bool:
        """Whether bytes can still go out."""
        ...

    def send(self, data: bytes) -> bool:
        """Write bytes; False when the connection is gone. In the event loop only."""
        ...


class Lines(Protocol):
    """Live connections by device."""

    def has(self, mn: str) -> bool:
        """Whether a device is connected; from any thread."""
        ...

    def spelled(self, mn: str) -> str:
        """The number as the device itself writes it, where that is an alias."""
        ...

    def send(self, mn: str, data: bytes) -> bool:
        """Write to the newest live connection of a device; False when there is none. In the event loop only."""
        ...


class Figures(Protocol):
    """Counters that can be published."""

    def as_dict(self) -> Mapping[str, Any]:
        """Name and count."""
        ...


class FrameListener(Protocol):
    """Hears of frames after they are durable. Everything runs in the event loop and must return at once."""

    @property
    def counters(self) -> Figures:
        """What it counted."""
        ...

    def start(self, loop: asyncio.AbstractEventLoop, connections: Lines, /) -> None:
        """The gateway listens now."""
        ...

    async def stop(self) -> None:
        """The gateway is about to close its connections."""
        ...

    def wants(self, mn: str, cn: str, /) -> bool:
        """Whether a frame of this device and command is of interest; asked for every frame."""
        ...

    def on_frame(self, mn: str, decoded: Decoded, sha256: str, line: Line, /) -> None:
        """A durable frame that was wanted.

        Args:
            mn: registered MN (an alias is resolved); as sent for a device that is not registered.
            sha256: hash of the raw frame, hex.
            line: where it came from.
        """
        ...
