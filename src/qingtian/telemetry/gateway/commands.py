"""The port between the gateway and whoever orders commands: what is to be sent, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from qingtian.domain.hj212.dialogues import Notice, Phase, Reason, Span


@dataclass(frozen=True, slots=True)
class Ordered:
    """A command that is this gateway's to send.

    Args:
        key: number by which the port knows it.
        mn: number that it is sent to.
        device: registered number of the device: the same, but for one that gets its number by this command (1002).
        cn: command.
        qn: request number, kept by the port, so that a resend after a restart has the same.
        params: parameters in clear.
        st: system code of the frame.
        notice: the device answers 9013.
        span: asked data time of a history request.
        also: further numbers that may answer.
        any_qn: data under the same number belong to it whatever their QN is.
        result_s: time-out of what follows 9011, s.
        secret: it gives a password or key: the register is read again before it is sent.
        attempts: how often an earlier process sent it.
        accepted: 9011 came to an earlier process.
    """

    key: int
    mn: str
    device: str
    cn: str
    qn: str
    params: Mapping[str, Any] = field(repr=False)
    st: str
    notice: bool = False
    span: Span | None = None
    also: tuple[str, ...] = ()
    any_qn: bool = False
    result_s: float | None = None
    secret: bool = False
    attempts: int = 0
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What happened: one frame of a dialogue, or a message of a device.

    Args:
        serial: unique; the same report twice counts once.
        key: the command; None for a message that answers none.
        happening: what it was, see `Happening` and `Said`.
        phase: state of the command after it.
        text: the frame with its secrets masked; empty where no frame went or came.
        logged: the frame gets a line of its own.
    """

    serial: str
    key: int | None
    mn: str
    happening: str
    at: datetime
    from_device: bool
    phase: Phase | None = None
    reason: Reason = Reason.NONE
    code: int | None = None
    attempts: int = 0
    parts: int = 0
    cn: str = ""
    qn: str = ""
    frame_hash: str = ""
    text: str = ""
    note: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    notice: Notice | None = None
    logged: bool = True


class CommandPort(Protocol):
    """Where commands come from and outcomes go; may block and may raise: only the driver's thread calls it."""

    def resume(self) -> Sequence[Ordered]:
        """Commands that an earlier process of this gateway sent and that have not ended."""
        ...

    def take(self, ready: Callable[[str], bool], limit: int) -> Sequence[Ordered]:
        """Claim waiting commands, at most one per device, live before history, of devices that are ready."""
        ...

    def report(self, reports: Sequence[Report]) -> None:
        """Keep what happened, in order; a repeated report changes nothing."""
        ...

    def close(self) -> None:
        """Give what the driver's thread holds free; it is about to end."""
        ...


class Connections(Protocol):
    """The live connections by device number."""

    def has(self, mn: str) -> bool:
        """Whether a device is connected; callable from any thread."""
        ...

    def spelled(self, mn: str) -> str:
        """The number as the device itself writes it, where that is an alias."""
        ...

    def send(self, mn: str, data: bytes) -> bool:
        """Write to the newest connection of a device; False when there is none."""
        ...
