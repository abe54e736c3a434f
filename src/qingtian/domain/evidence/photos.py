"""Pictures without what tells of their maker: place, time, device, name and preview are taken out, no pixel changes."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping

from qingtian.domain.errors import InvalidInput

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
# JPEG (ITU-T T.81 table B.1): second byte of the markers that matter here.
SOI, EOI, SOS, APP0, APP1, APP14, APP15, COMMENT = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xEE, 0xEF, 0xFE
STUFFED, FIRST_RESTART, LAST_RESTART, TEMPORARY = 0x00, 0xD0, 0xD7, 0x01
MARK = 0xFF
PLAIN_JFIF_BYTES = 16  # of an APP0 segment without a preview
ORIENTATION_TAG, SHORT = 0x0112, 3  # Exif 2.3 table 4
UPRIGHT, ORIENTATIONS = 1, range(1, 9)
PNG_HEAD = b"\x89PNG\r\n\x1a\n"
PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD"})
WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"})
WEBP_FLAGS_CLEARED = 0x20 | 0x08 | 0x04  # colour profile, Exif, XMP


def without_metadata(content: bytes, media_type: str) -> bytes:
    """The same picture without metadata; of Exif only the orientation stays, so that it is not shown on its side.

    Args:
        content: a whole file.
        media_type: image/jpeg, image/png or image/webp.
    Raises:
        InvalidInput: the file is none of these, or is broken.
    """
    if media_type not in CLEANERS:
        raise _wrong(f"pictures of type {media_type} are not taken", f"one of {', '.join(CLEANERS)}")
    try:
        return CLEANERS[media_type](content)
    except (struct.error, IndexError) as error:
        raise _wrong("the picture is cut off", "send the whole file") from error


def _jpeg(content: bytes) -> bytes:
    if content[:2] != bytes((MARK, SOI)):
        raise _wrong("the picture is no JPEG", "send the original file")
    kept, orientation = bytearray(content[:2]), UPRIGHT
    for code, segment, data in _segments(content):
        if code == APP1:
            orientation = _orientation(segment) or orientation
        if not _is_metadata(code, segment):
            kept += segment + data
    if orientation != UPRIGHT:
        kept[2:2] = _only_orientation(orientation)
    return bytes(kept + bytes((MARK, EOI)))


def _segments(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Marker, segment with its marker, and the picture data that follow it; what comes after the end is left out."""
    at = 2
    while True:
        while content[at] == MARK and content[at + 1] == MARK:  # fill bytes
            at += 1
        if content[at] != MARK:
            raise _wrong("the picture is broken", "send the original file")
        code = content[at + 1]
        if code == EOI:
            return
        if code == TEMPORARY or FIRST_RESTART <= code <= LAST_RESTART:
            at += 2
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        end = at + 2 + length
        if length < 2 or end > len(content):
            raise _wrong("the picture is cut off", "send the whole file")
        stop = _end_of_data(content, end) if code == SOS else end
        yield code, content[at:end], content[end:stop]
        at = stop


def _end_of_data(content: bytes, at: int) -> int:
    while True:
        at = content.find(MARK, at)
        if at < 0:
            raise _wrong("the picture is cut off", "send the whole file")
        follows = content[at + 1]
        if follows != STUFFED and not FIRST_RESTART <= follows <= LAST_RESTART:
            return at
        at += 2


def _is_metadata(code: int, segment: bytes) -> bool:
    if code == APP0:
        return not (segment[4:9] == b"JFIF\0" and len(segment) - 2 == PLAIN_JFIF_BYTES)
    if code == APP14:
        return segment[4:9] != b"Adobe"  # says how the colours are coded
    return code == COMMENT or APP0 < code <= APP15


def _orientation(segment: bytes) -> int:
    """Orientation of an Exif segment; 0 when it names none."""
    tiff = segment[10:]
    if segment[4:10] != b"Exif\0\0" or tiff[:2] not in (b"II", b"MM"):
        return 0
    order = "<" if tiff[:2] == b"II" else ">"
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for number in range(count):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * number)
            if (tag, kind) == (ORIENTATION_TAG, SHORT):
                return value if value in ORIENTATIONS else 0
    except struct.error:
        return 0
    return 0


def _only_orientation(orientation: int) -> bytes:
    entry = struct.pack(">HHIHH", ORIENTATION_TAG, SHORT, 1, orientation, 0)
    tiff = b"MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    body = b"Exif\0\0" + tiff
    return bytes((MARK, APP1)) + struct.pack(">H", len(body) + 2) + body


def _png(content: bytes) -> bytes:
    if not content.startswith(PNG_HEAD):
        raise _wrong("the picture is no PNG", "send the original file")
    kept, at = bytearray(PNG_HEAD), len(PNG_HEAD)
    while True:
        length, name = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            raise _wrong("the picture is cut off", "send the whole file")
        if name in PNG_KEPT:
            kept += content[at:end]
        if name == b"IEND":
            return bytes(kept)
        at = end


def _webp(content: bytes) -> bytes:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        raise _wrong("the picture is no WebP", "send the original file")
    (size,) = struct.unpack_from("<I", content, 4)
    if size + 8 > len(content):
        raise _wrong("the picture is cut off", "send the whole file")
    kept, at = bytearray(), 12
    while at < size + 8:
        name, length = struct.unpack_from("<4sI", content, at)
        end = at + 8 + length + length % 2
        chunk = bytearray(content[at:end])
        if name == b"VP8X":
            chunk[8] &= ~WEBP_FLAGS_CLEARED & 0xFF
        if name in WEBP_KEPT:
            kept += chunk
        at = end
    return b"RIFF" + struct.pack("<I", len(kept) + 4) + b"WEBP" + bytes(kept)


def _wrong(reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(reason, field="photo", remedy=remedy)


CLEANERS: Mapping[str, Callable[[bytes], bytes]] = {JPEG: _jpeg, PNG: _png, WEBP: _webp}
