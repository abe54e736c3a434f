"""Frames out of a byte stream: by length first, by check code where the length lies, never by line.

Rules (protocol notes, section 9):

- a frame begins at `##` and four digits; what stands before is garbage and is counted;
- the first end whose check code fits wins: the declared one, or `&&` + 1 to 4 hex digits before CR, LF or the next
  `##dddd`. Ends are tried in the order of the stream, so the way the bytes are cut into reads changes nothing;
- no frame takes in a whole frame that ends where it ends itself: that one counts, the outer was cut off;
- a frame is given up when the stream shows a boundary (CR, LF or `##dddd`) at or behind its declared end and no check
  code fitted before it. Scanning goes on just behind its `##`, so a good frame that follows a truncated one survives;
- `flush` settles what is pending: at the end of the connection, or after some idle seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212.cipher import looks_encrypted
from qingtian.domain.hj212.crc import CODES, VALUES, crc16, fits_modbus
from qingtian.domain.hj212.model import Foreign, FrameEvent, FrameOk, Garbage, Rejected, Rejection
from qingtian.domain.hj212.wire import CrcProfile, WireSettings

MAX_SEGMENT = 9999  # four digits
MAX_ENDS = 4  # ends tried per frame besides the declared one; bounds the work that hostile bytes can cause
PATIENCE = 16  # heads rejected in a row after which only the first end of each is tried: those bytes are hostile
_BEYOND = 8  # bytes behind a segment that may belong to its frame: check code, CR LF
Believes: TypeAlias = Callable[[bytes, str], bool]

_HEAD = re.compile(rb"##(\d{4})")
_HEAD_BEGUN = re.compile(rb"#(?:#\d{0,3})?\Z")
_END = re.compile(rb"&&([0-9A-Fa-f]{1,4})(?=[\r\n]|##\d{4})")
_LAST_END = re.compile(rb"&&([0-9A-Fa-f]{1,4})(?=[\r\n]|##\d{4}|\Z)")
_BOUNDARY = re.compile(rb"[\r\n]|##\d{4}")
_CRC = re.compile(rb"[0-9A-Fa-f]{4}")
_MN = re.compile(rb"(?:\A|[;,])\s*MN\s*=\s*([0-9A-Za-z_-]{1,32})", re.IGNORECASE)
_HTTP = re.compile(rb"(?:GET|POST|PUT|HEAD|PRI|PATCH|TRACE|DELETE|OPTIONS|CONNECT) ")
_HTTP_LONGEST = 8


class Framer:
    """Cuts one connection's bytes into frames; holds at most one unfinished frame.

    Args:
        max_segment: longest data segment that is waited for, bytes; a longer frame is rejected as oversize.
        max_ends: ends tried per frame besides the declared one.
        believes: asked about a segment of the declared length whose check code does not fit (segment, code as sent);
            True makes it a frame all the same, see `modbus_believer`.

    >>> framer = Framer()
    >>> framer.feed(b"noise##0070QN=20170516010101001;ST=22;CN=2012;PW=12")
    [Garbage(n=5)]
    >>> [event] = framer.feed(b"3456;MN=ABCDEFG1234567;CP=&&&&FCC1\\r\\n")
    >>> event.offset, event.raw[-8:]
    (5, b'&&&&FCC1')
    """

    __slots__ = (
        "_believes",
        "_buffer",
        "_doubted",
        "_fresh",
        "_line_end",
        "_max_ends",
        "_max_segment",
        "_offset",
        "foreign",
    )

    def __init__(
        self, *, max_segment: int = MAX_SEGMENT, max_ends: int = MAX_ENDS, believes: Believes | None = None
    ) -> None:
        if not 1 <= max_segment <= MAX_SEGMENT:
            raise InvalidInput(
                f"{max_segment} is not within 1..{MAX_SEGMENT}", field="max_segment", remedy=f"give 1..{MAX_SEGMENT}"
            )
        self._max_segment, self._max_ends, self._believes = max_segment, max_ends, believes
        self._buffer = b""
        self._doubted = 0  # heads rejected since the last frame
        self._offset = 0  # stream place of the first byte of the buffer
        self._line_end = b""  # bytes of CR LF still to swallow behind a frame
        self._fresh = True  # nothing recognised yet: the peer may speak another protocol
        self.foreign: str | None = None

    @property
    def pending(self) -> int:
        """Bytes that wait for more."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[FrameEvent]:
        """Take what one read gave; returns what it completes, in the order of the stream."""
        if self.foreign is not None:
            return []
        self._buffer += data
        return self._run(final=False)

    def flush(self) -> list[FrameEvent]:
        """Settle what is pending, as nothing more comes; the framer can be fed again."""
        return [] if self.foreign is not None else self._run(final=True)

    def _run(self, *, final: bool) -> list[FrameEvent]:
        events: list[FrameEvent] = []
        if self._fresh and self._other_protocol(events, final=final):
            return events
        at = 0
        while True:
            at = self._plain_frames(self._swallow_line_end(at), events)
            head = _HEAD.search(self._buffer, at)
            stop = head.start() if head else self._garbage_end(at, final=final)
            if stop > at:
                events.append(Garbage(stop - at))
            at = stop
            if head is None:
                break
            taken = self._take(at, int(head[1]), final=final)
            if taken is None:
                break
            event, at = taken
            events.append(event)
        self._buffer = self._buffer[at:]
        self._offset += at
        return events

    def _plain_frames(self, at: int, events: list[FrameEvent]) -> int:
        """Take frames that are beyond doubt, and return the place behind them: the way of nearly every frame.

        The check code fits at the declared length, and nothing in the segment looks like an end or another head.
        """
        buffer, offset, longest = self._buffer, self._offset, self._max_segment
        while buffer[at : at + 2] == b"##":
            start, digits = at + 6, buffer[at + 2 : at + 6]
            if len(digits) < 4 or not digits.isdigit():
                break
            end = start + int(digits)
            segment, code = buffer[start:end], CODES.get(buffer[end : end + 4])
            if code is None or b"\n" in segment or b"\r" in segment or b"##" in segment or len(segment) > longest:
                break
            if crc16(segment) != code:
                break
            events.append(FrameOk(buffer[at : end + 4], offset + at))
            self._doubted = 0
            at = end + 4
            if buffer[at : at + 2] == b"\r\n":
                at, self._line_end = at + 2, b""
            else:
                self._line_end = b"\r\n"
                at = self._swallow_line_end(at)
        return at

    def _other_protocol(self, events: list[FrameEvent], *, final: bool) -> bool:
        """Recognise TLS and HTTP by their first bytes; True when the bytes must wait or are foreign."""
        start = self._buffer[:_HTTP_LONGEST]
        if start[:2] == b"\x16\x03":
            self.foreign = "tls"
        elif _HTTP.match(start):
            self.foreign = "http"
        elif not final and (
            start in (b"", b"\x16") or (len(start) < _HTTP_LONGEST and start.isalpha() and start.isupper())
        ):
            return True
        self._fresh = False
        if self.foreign is None:
            return False
        self._buffer = b""
        events.append(Foreign(self.foreign))
        return True

    def _swallow_line_end(self, at: int) -> int:
        while self._line_end and at < len(self._buffer):
            byte = self._buffer[at : at + 1]
            if byte not in (b"\r", b"\n") or byte not in self._line_end:
                self._line_end = b""
                break
            self._line_end = b"\n" if byte == b"\r" else b""
            at += 1
        return at

    def _garbage_end(self, at: int, *, final: bool) -> int:
        begun = None if final else _HEAD_BEGUN.search(self._buffer, at)
        return begun.start() if begun else len(self._buffer)

    def _take(self, at: int, declared: int, *, final: bool) -> tuple[FrameEvent, int] | None:
        """The frame at a head, or its rejection, and where scanning goes on; None when more bytes are needed."""
        start = at + 6
        boundary, settled = self._boundary(start, start + declared, final=final)
        end = self._find_end(start, start + declared, boundary, final=final)
        if end is not None:
            self._line_end, self._doubted = b"\r\n", 0
            return FrameOk(self._buffer[at:end], self._offset + at), end
        if not settled:
            return None
        inner = _HEAD.search(self._buffer, at + 2, boundary)
        stop = inner.start() if inner else boundary
        self._line_end, self._doubted = b"\r\n", self._doubted + 1
        return Rejected(self._buffer[at:stop], self._reason(start, declared, boundary), self._offset + at), stop

    def _reason(self, start: int, declared: int, boundary: int) -> Rejection:
        if declared > self._max_segment and boundary - start >= min(declared + 4, self._max_segment + _BEYOND):
            return Rejection.OVERSIZE
        return Rejection.INCOMPLETE if start + declared + 4 > boundary else Rejection.CRC_MISMATCH

    def _boundary(self, start: int, declared_end: int, *, final: bool) -> tuple[int, bool]:
        """Where the search for an end stops, and whether the stream has shown that place already."""
        reach = start + self._max_segment + _BEYOND
        found = _BOUNDARY.search(self._buffer, declared_end)
        if found and found.start() <= reach:
            return found.start(), True
        if len(self._buffer) >= reach:
            return reach, True
        return len(self._buffer), final

    def _find_end(self, start: int, declared_end: int, boundary: int, *, final: bool) -> int | None:
        """Place behind the first check code that fits; the declared end is tried in its turn."""
        buffer, declared_tried = self._buffer, False
        most = self._max_ends if self._doubted < PATIENCE else 1
        for tried, end in enumerate((_LAST_END if final else _END).finditer(buffer, start), start=1):
            if end.end() > boundary or end.start(1) - start > self._max_segment:
                break
            if not declared_tried and end.start(1) >= declared_end:
                declared_tried = True
                if self._declared_is_end(start, declared_end):
                    return declared_end + 4
            if tried > most:
                break
            if self._fits_at(start, end) and not self._inner_fits(start, end.start(1)):
                return end.end()
        if not declared_tried and self._declared_is_end(start, declared_end):
            return declared_end + 4
        return None

    def _fits_at(self, start: int, end: re.Match[bytes]) -> bool:
        code = int(end[1], 16)
        return code in VALUES and crc16(self._buffer[start : end.start(1)]) == code

    def _declared_is_end(self, start: int, declared_end: int) -> bool:
        """The check code fits at the declared end, and not by chance over the pieces of two frames.

        A cut off frame and the whole one behind it may look like one frame, once in 256 times: it would end where the
        whole one ends, or inside it. A log text that holds whole frames ends behind them.
        """
        if not self._declared_fits(start, declared_end):
            return False
        if self._buffer.find(b"##", start, declared_end) < 0:
            return True
        closed = self._buffer[declared_end - 2 : declared_end] == b"&&"
        return closed and not self._inner_fits(start, declared_end)

    def _inner_fits(self, start: int, segment_end: int) -> bool:
        """A frame of the right length ends here: the outer one was truncated and its check code fits by chance."""
        return any(
            head.end() + int(head[1]) == segment_end and self._declared_fits(head.end(), segment_end)
            for head in _HEAD.finditer(self._buffer, start, segment_end)
        )

    def _declared_fits(self, start: int, declared_end: int) -> bool:
        if declared_end - start > self._max_segment:
            return False
        given = _CRC.fullmatch(self._buffer, declared_end, declared_end + 4)
        if given is None:
            return False
        segment = self._buffer[start:declared_end]
        if crc16(segment) == int(given[0], 16) or (segment.endswith(b"&&") and looks_encrypted(segment)):
            return True
        return self._believes is not None and self._believes(segment, given[0].decode())


def modbus_believer(wire_of: Callable[[str], WireSettings | None]) -> Believes:
    """What a framer believes besides the standard: CRC-16/MODBUS of devices that are registered to send it.

    Args:
        wire_of: settings of a device by its MN as sent; None when it is not registered.

    >>> believes = modbus_believer({"ABCDEFG1234567": WireSettings(crc=CrcProfile.MODBUS_TOO)}.get)
    >>> believes(b"QN=20170516010101001;ST=22;CN=2012;PW=123456;MN=ABCDEFG1234567;CP=&&&&", "B388")
    True
    """

    def believes(segment: bytes, given: str) -> bool:
        named = _MN.search(segment[: segment.find(b"&&")])
        wire = wire_of(named[1].decode()) if named else None
        return wire is not None and wire.crc is CrcProfile.MODBUS_TOO and fits_modbus(segment, given)

    return believes
