"""Injected trouble: what can go wrong, how often, and the seeded pipe that does it to the bytes."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212.crc import crc16, crc16_modbus
from qingtian.simulator.chance import uniform

GARBAGE = (b"#heartbeat\r\n", b"AT+CSQ\r\n", b"\x00\xff\x7e\x01", b"###", b"+CREG: 0,1\r\n", b"##12")
SENTINELS = ("-9999", "-99", "--", "NaN", "")
HOLD_S = 1.0  # frames that share one write wait at most so long
REORDER_S = 0.5
HALF_PAUSE_S = 0.25


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong; all off by default.

    Args:
        loss: share of written frames that never leave.
        deaf: share of received frames that the device does not hear.
        delay: mean of an exponential delay, s.
        duplicate: share of frames written twice.
        reorder: share of frames that let the next ones pass.
        wrong_crc: share with a random check code.
        modbus_crc: share with CRC-16/MODBUS.
        short_crc: share without the leading zeros of the check code.
        lower_crc: share with the check code in lower case.
        wrong_length: share with a length field that is a few bytes off.
        half: share of frames that come in two writes with a pause.
        cut: share of frames of which only the first part comes.
        together: share of frames that wait for the next one and share its write.
        garbage: share of frames with noise before them.
        no_crlf: share without CR LF.
        gbk: share of frames whose Chinese text is in GBK.
        wrong_pw: share of devices whose password is not the registered one.
        unit_slip: share of devices that send CO (a21005) in ug/m3 instead of mg/m3.
        frozen: share of devices whose first channel stands still.
        column_shift: share of devices whose values are shifted by one channel.
        exceed: share of devices whose pollutants are far above the usual.
        swap_pm: share of devices with PM2.5 and PM10 exchanged.
        sentinel: share of values that are sentinels (-9999, --, NaN, empty).
        clock_offset: largest wrong setting of the clock at the start, s (each device its own, either way).
        clock_drift: largest gain or loss of the clock, s per day.
        refuse: share of requests refused with a random QnRtn.
        qn_rtn: every request is answered with this QnRtn; 0 = off.
        fail: share of requests that end with a random ExeRtn.
        exe_rtn: every request ends with this ExeRtn; 0 = off.
        no_answer: share of requests that get no 9011.
        silent: share of requests after whose 9011 nothing comes.
        outage_every: every so many seconds the line is away (then comes the back-fill burst), s.
        outage_for: how long, s.
        power_fail: share of outages in which the device itself is off: no measurements, 2081 at the restart.
        storm: every so many seconds all devices hang up and call again at once, s.
    """

    loss: float = 0.0
    deaf: float = 0.0
    delay: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    wrong_crc: float = 0.0
    modbus_crc: float = 0.0
    short_crc: float = 0.0
    lower_crc: float = 0.0
    wrong_length: float = 0.0
    half: float = 0.0
    cut: float = 0.0
    together: float = 0.0
    garbage: float = 0.0
    no_crlf: float = 0.0
    gbk: float = 0.0
    wrong_pw: float = 0.0
    unit_slip: float = 0.0
    frozen: float = 0.0
    column_shift: float = 0.0
    exceed: float = 0.0
    swap_pm: float = 0.0
    sentinel: float = 0.0
    clock_offset: float = 0.0
    clock_drift: float = 0.0
    refuse: float = 0.0
    qn_rtn: int = 0
    fail: float = 0.0
    exe_rtn: int = 0
    no_answer: float = 0.0
    silent: float = 0.0
    outage_every: float = 0.0
    outage_for: float = 30.0
    power_fail: float = 0.0
    storm: float = 0.0

    @property
    def on_the_wire(self) -> bool:
        """Whether frames need the pipe."""
        return any(getattr(self, name) for name in WIRE)

    def device_has(self, name: str, seed: int, mn: str) -> bool:
        """Whether a device belongs to the share that has a fault for good."""
        share = float(getattr(self, name))
        return share > 0 and uniform(seed, mn, "trouble", name) < share


NAMES = tuple(one.name for one in fields(Trouble))
WIRE = NAMES[: NAMES.index("wrong_pw")]
_ABSOLUTE = {"delay", "clock_offset", "clock_drift", "qn_rtn", "exe_rtn", "outage_every", "outage_for", "storm"}
NO_TROUBLE = Trouble()


def read_trouble(given: Mapping[str, str]) -> Trouble:
    """Trouble from names and numbers as the command line and profiles have them.

    Raises:
        InvalidInput: an unknown name or a number out of range.

    >>> read_trouble({"wrong_crc": "0.01"}).wrong_crc
    0.01
    """
    values: dict[str, float | int] = {}
    for name, text in given.items():
        key = name.strip().replace("-", "_")
        if key not in NAMES:
            raise InvalidInput(f"there is no trouble {name!r}", field="trouble", remedy=f"one of {', '.join(NAMES)}")
        values[key] = _number(key, str(text).strip())
    return replace(NO_TROUBLE, **values)  # type: ignore[arg-type]


def read_options(options: Iterable[str]) -> dict[str, str]:
    """`name=number` options as a table.

    >>> read_options(["loss=0.1", "storm=30"])
    {'loss': '0.1', 'storm': '30'}
    """
    found = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals:
            raise InvalidInput(f"{option!r} has no number", field="trouble", remedy="write name=number, as loss=0.01")
        found[name] = value
    return found


def _number(key: str, text: str) -> float | int:
    try:
        value = int(text) if key in ("qn_rtn", "exe_rtn") else float(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is no number", field=f"trouble.{key}", remedy="write name=number") from error
    most = float("inf") if key in _ABSOLUTE else 1.0
    if not 0 <= value <= most:
        raise InvalidInput(
            f"{text} is out of range",
            field=f"trouble.{key}",
            remedy="give 0 or more" if key in _ABSOLUTE else "give a share from 0 to 1",
        )
    return value


@dataclass(slots=True)
class Pipe:
    """What happens to frames between the device and the wire.

    Args:
        trouble: how often what.
        rng: source of chance.
        done: counts by name.
    """

    trouble: Trouble
    rng: random.Random
    done: Counter[str]
    _queue: list[tuple[float, int, tuple[bytes, ...]]] = field(default_factory=list)
    _rest: bytes = b""
    _rest_at: float = 0.0
    _held: bytes = b""
    _held_until: float = 0.0
    _number: int = 0

    def push(self, frame: bytes, now: float) -> None:
        """Take a frame that the device writes."""
        if self._hits("loss"):
            return
        self._late(self._bend(frame), now)
        if self._hits("duplicate"):
            self._put(now, frame)

    def due(self, now: float) -> list[bytes]:
        """Writes whose time has come."""
        found = []
        if self._rest and self._rest_at <= now:
            found.append(self._rest)
            self._rest = b""
        while not self._rest and self._queue and self._queue[0][0] <= now:
            piece, *rest = heapq.heappop(self._queue)[2]
            found.append(piece)
            if rest:  # the other half follows later, and nothing comes between
                self._rest, self._rest_at = rest[0], now + HALF_PAUSE_S
        if self._held and not self._rest and (found or self._held_until <= now):
            found = [self._held + b"".join(found)]
            self._held = b""
        return found

    @property
    def next_at(self) -> float:
        """When the next write is due."""
        if self._rest:
            return self._rest_at
        first = self._queue[0][0] if self._queue else float("inf")
        return min(first, self._held_until) if self._held else first

    def clear(self) -> None:
        """The line broke: what was under way is gone."""
        self._queue.clear()
        self._held = self._rest = b""

    def _put(self, at: float, *pieces: bytes) -> None:
        self._number += 1
        heapq.heappush(self._queue, (at, self._number, pieces))

    def _hits(self, name: str) -> bool:
        share = getattr(self.trouble, name)
        if not share or self.rng.random() >= share:
            return False
        self.done[name] += 1
        return True

    def _bend(self, frame: bytes) -> bytes:
        """The frame with another check code, length, encoding or end."""
        trouble = self.trouble
        if trouble.gbk and not frame.isascii() and self._hits("gbk"):
            frame = in_gbk(frame)
        if self._hits("wrong_crc"):
            frame = with_crc(frame, _other_than(crc_text(frame), self.rng))
        elif self._hits("modbus_crc"):
            frame = with_crc(frame, b"%04X" % crc16_modbus(segment_of(frame)))
        elif trouble.short_crc and crc_text(frame).startswith(b"0") and self._hits("short_crc"):
            frame = with_crc(frame, crc_text(frame).lstrip(b"0") or b"0")
        elif trouble.lower_crc and not crc_text(frame).isdigit() and self._hits("lower_crc"):
            frame = with_crc(frame, crc_text(frame).lower())
        if self._hits("wrong_length"):
            frame = b"##%04d%b" % (max(0, int(frame[2:6]) + self.rng.choice((-5, -3, 4, 7))), frame[6:])
        if self._hits("no_crlf"):
            frame = frame.removesuffix(b"\r\n")
        if self._hits("garbage"):
            frame = self.rng.choice(GARBAGE) + frame
        if self._hits("cut"):
            frame = frame[: self.rng.randrange(8, max(9, len(frame) - 6))]
        return frame

    def _late(self, frame: bytes, now: float) -> None:
        at = now
        if self.trouble.delay:
            self.done["delay"] += 1
            at += self.rng.expovariate(1.0 / self.trouble.delay)
        if self._hits("reorder"):
            at += REORDER_S
        if self._hits("half"):
            middle = self.rng.randrange(1, len(frame))
            self._put(at, frame[:middle], frame[middle:])
        elif self._hits("together"):
            self._held, self._held_until = self._held + frame, now + HOLD_S
        else:
            self._put(at, frame)


def segment_of(frame: bytes) -> bytes:
    """Data segment of a frame as the standard writes it.

    >>> segment_of(b"##0004A=B;7E40\\r\\n")
    b'A=B;'
    """
    return frame[6 : 6 + int(frame[2:6])]


def crc_text(frame: bytes) -> bytes:
    """The four digits of the check code."""
    end = 6 + int(frame[2:6])
    return frame[end : end + 4]


def with_crc(frame: bytes, text: bytes) -> bytes:
    """The frame with another check code."""
    end = 6 + int(frame[2:6])
    return frame[:end] + text + frame[end + 4 :]


def in_gbk(frame: bytes) -> bytes:
    """The frame with its text in GBK instead of UTF-8; length and check code fit the new bytes."""
    try:
        segment = segment_of(frame).decode("utf-8").encode("gb18030")
    except UnicodeDecodeError:  # ciphertext
        return frame
    return b"##%04d%b%04X\r\n" % (len(segment), segment, crc16(segment))


def _other_than(right: bytes, rng: random.Random) -> bytes:
    while True:
        wrong = b"%04X" % rng.randrange(1 << 16)
        if wrong != right:
            return wrong
