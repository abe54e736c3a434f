"""Frames out of a byte stream: by length first, by check code where the length lies, never by line.

Rules (protocol notes, section 9):

- a frame begins at `##` and four digits; what stands before is garbage and is counted;
- the first end whose check code fits wins: the declared one, or `&&` + 1 to 4 hex digits before CR, LF or the next
  `##dddd`. Ends are tried in the order of the stream, so the way the bytes are cut into reads changes nothing;
- a frame whose length lies never takes in a whole frame whose length is right: that one counts, the outer was cut off;
- a frame is given up when the stream shows a boundary (CR, LF or `##dddd`) at or behind its declared end and no check
  code fitted before it. Scanning goes on just behind its `##`, so a good frame that follows a truncated one survives;
- `flush` settles what is pending: at the end of the connection, or after some idle seconds.
"""

from __future__ import annotations

import re

from qingtian.domain.hj212.cipher import looks_encrypted
from qingtian.domain.hj212.crc import crc16
from qingtian.domain.hj212.model import Foreign, FrameEvent, FrameOk, Garbage, Rejected, Rejection

MAX_SEGMENT = 9999  # four digits
MAX_ENDS = 4  # ends tried per frame besides the declared one; bounds the work that hostile bytes can cause
_REACH = MAX_SEGMENT + 8

_HEAD = re.compile(rb"##(\d{4})")
_HEAD_BEGUN = re.compile(rb"#(?:#\d{0,3})?\Z")
_END = re.compile(rb"&&([0-9A-Fa-f]{1,4})(?=[\r\n]|##\d{4})")
_LAST_END = re.compile(rb"&&([0-9A-Fa-f]{1,4})(?=[\r\n]|##\d{4}|\Z)")
_BOUNDARY = re.compile(rb"[\r\n]|##\d{4}")
_CRC = re.compile(rb"[0-9A-Fa-f]{4}")
_HTTP = re.compile(rb"(?:GET|POST|PUT|HEAD|PRI|PATCH|TRACE|DELETE|OPTIONS|CONNECT) ")
_HTTP_LONGEST = 8


class Framer:
    """Cuts one connection's bytes into frames; holds at most one unfinished frame.

    >>> framer = Framer()
    >>> framer.feed(b"noise##0070QN=20170516010101001;ST=22;CN=2012;PW=12")
    [Garbage(n=5)]
    >>> [event] = framer.feed(b"3456;MN=ABCDEFG1234567;CP=&&&&FCC1\\r\\n")
    >>> event.offset, event.raw[-8:]
    (5, b'&&&&FCC1')
    """

    def __init__(self) -> None:
        self._buffer = b""
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
            at = self._swallow_line_end(at)
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
            self._line_end = b"\r\n"
            return FrameOk(self._buffer[at:end], self._offset + at), end
        if not settled:
            return None
        inner = _HEAD.search(self._buffer, at + 2, boundary)
        stop = inner.start() if inner else boundary
        self._line_end = b"\r\n"
        reason = Rejection.INCOMPLETE if start + declared + 4 > boundary else Rejection.CRC_MISMATCH
        return Rejected(self._buffer[at:stop], reason, self._offset + at), stop

    def _boundary(self, start: int, declared_end: int, *, final: bool) -> tuple[int, bool]:
        """Where the search for an end stops, and whether the stream has shown that place already."""
        reach = start + _REACH
        found = _BOUNDARY.search(self._buffer, declared_end)
        if found and found.start() <= reach:
            return found.start(), True
        if len(self._buffer) >= reach:
            return reach, True
        return len(self._buffer), final

    def _find_end(self, start: int, declared_end: int, boundary: int, *, final: bool) -> int | None:
        """Place behind the first check code that fits; the declared end is tried in its turn."""
        buffer, declared_tried = self._buffer, False
        for tried, end in enumerate((_LAST_END if final else _END).finditer(buffer, start), start=1):
            if end.end() > boundary:
                break
            if not declared_tried and end.start(1) >= declared_end:
                declared_tried = True
                if self._declared_fits(start, declared_end):
                    return declared_end + 4
            if tried > MAX_ENDS:
                break
            if crc16(buffer[start : end.start(1)]) == int(end[1], 16) and not self._inner_fits(start, end.start(1)):
                return end.end()
        if not declared_tried and self._declared_fits(start, declared_end):
            return declared_end + 4
        return None

    def _inner_fits(self, start: int, segment_end: int) -> bool:
        """A frame of the right length ends here: the outer one was truncated and its check code fits by chance."""
        return any(
            head.end() + int(head[1]) == segment_end and self._declared_fits(head.end(), segment_end)
            for head in _HEAD.finditer(self._buffer, start, segment_end)
        )

    def _declared_fits(self, start: int, declared_end: int) -> bool:
        given = _CRC.fullmatch(self._buffer[declared_end : declared_end + 4])
        if given is None:
            return False
        segment = self._buffer[start:declared_end]
        return crc16(segment) == int(given[0], 16) or (segment.endswith(b"&&") and looks_encrypted(segment))
