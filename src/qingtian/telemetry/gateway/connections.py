"""Which device is reachable over which connection, and devices that speak from two addresses at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from qingtian.telemetry.gateway.hooks import Line

DOUBLE_WITHIN = timedelta(hours=1)  # turns that lie farther apart are reconnects, not two devices under one number
DOUBLE_TURNS = 2  # A, B, A: the first line was not replaced, it speaks on
MOST_DOUBLES = 1000


@dataclass(slots=True)
class Double:
    """One MN heard from two addresses in turns.

    Args:
        mn: the number.
        first_at: when the second address was first heard.
        turns: moments at which the address changed, newest last.
        data_times: newest DataTime per address, as sent.
    """

    mn: str
    first_at: datetime
    turns: deque[datetime] = field(default_factory=lambda: deque(maxlen=DOUBLE_TURNS))
    data_times: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def alarming(self, now: datetime) -> bool:
        """Whether both addresses are in use now: a copied configuration, or somebody else under this number."""
        return len(self.turns) == DOUBLE_TURNS and now - self.turns[0] <= DOUBLE_WITHIN


class Connections:
    """Live connections by MN; the newest one is where a valid frame of the device came last.

    Args:
        now: city time.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._newest: dict[str, Line] = {}
        self._older: dict[str, dict[Line, None]] = {}
        self._doubles: dict[str, Double] = {}
        self._spelling: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._newest)

    def newest(self, mn: str) -> Line | None:
        """The connection over which the device spoke last."""
        return self._newest.get(mn)

    def all_of(self, mn: str) -> list[Line]:
        """Every live connection of a device, the newest last."""
        newest = self._newest.get(mn)
        return [] if newest is None else [*self._older.get(mn, ()), newest]

    def has(self, mn: str) -> bool:
        """Whether a device is connected; from any thread."""
        return mn in self._newest

    def spelled(self, mn: str) -> str:
        """The number as the device itself writes it, where that is an alias."""
        return self._spelling.get(mn, mn)

    def send(self, mn: str, data: bytes) -> bool:
        """Write to the newest live connection of a device, else to an older one; False when there is none."""
        return any(line.send(data) for line in reversed(self.all_of(mn)))

    def bind(self, mn: str, line: Line, *, sent_as: str = "", data_time: str = "") -> None:
        """A valid frame of a device came over a connection.

        Args:
            mn: its registered number.
            line: the connection.
            sent_as: the number as sent.
            data_time: DataTime as sent.
        """
        newest = self._newest.get(mn)
        if newest is line:
            return
        if sent_as and sent_as != mn:
            self._spelling[mn] = sent_as
        else:
            self._spelling.pop(mn, None)
        self._newest[mn] = line
        if newest is None:
            return
        older = self._older.setdefault(mn, {})
        older.pop(line, None)
        older[newest] = None
        if address_of(newest) != address_of(line):
            self._turned(mn, line, data_time)

    def unbind(self, mn: str, line: Line) -> None:
        """A connection that carried a device is gone."""
        older = self._older.get(mn, {})
        older.pop(line, None)
        if self._newest.get(mn) is line:
            if older:
                self._newest[mn] = older.popitem()[0]
            else:
                del self._newest[mn]
                self._spelling.pop(mn, None)
        if not older:
            self._older.pop(mn, None)

    def doubles(self) -> Iterator[Double]:
        """Numbers that are in use at two addresses now."""
        now = self._now()
        return (double for double in list(self._doubles.values()) if double.alarming(now))

    def _turned(self, mn: str, line: Line, data_time: str) -> None:
        now = self._now()
        double = self._doubles.get(mn)
        if double is None or not double.turns or now - double.turns[-1] > DOUBLE_WITHIN:
            if double is None and len(self._doubles) >= MOST_DOUBLES:
                self._doubles.pop(next(iter(self._doubles)))
            double = self._doubles[mn] = Double(mn, now)
        double.turns.append(now)
        double.count += 1
        double.data_times[address_of(line)] = data_time


def address_of(line: Line) -> str:
    """The address of a connection without its port.

    >>> class Fixed:
    ...     peer = "10.0.0.7:5021"
    >>> address_of(Fixed())
    '10.0.0.7'
    """
    return line.peer.rpartition(":")[0]
