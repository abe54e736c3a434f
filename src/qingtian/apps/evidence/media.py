"""Which files can be evidence, told by their first bytes and not by their name."""

from __future__ import annotations

from collections.abc import Mapping

from qingtian.domain.errors import InvalidInput

HEAD = 512  # bytes that are looked at
ZIP, TEXT = b"PK\x03\x04", b""
EBML = b"\x1a\x45\xdf\xa3"  # Matroska and WebM
BOX = b"ftyp"  # ISO base media: it follows the length of the first box

# Media type -> what the file must begin with; empty = UTF-8 text without control characters.
ALLOWED: Mapping[str, tuple[bytes, ...]] = {
    "application/pdf": (b"%PDF-",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/webp": (b"RIFF",),
    "video/mp4": (BOX,),  # at byte 4
    "video/quicktime": (BOX,),  # at byte 4
    "video/3gpp": (BOX,),  # at byte 4
    "video/webm": (EBML,),
    "audio/mpeg": (b"ID3", b"\xff\xfb", b"\xff\xf3"),
    "audio/mp4": (BOX,),  # at byte 4
    "audio/x-m4a": (BOX,),  # at byte 4
    "audio/webm": (EBML,),
    "audio/ogg": (b"OggS",),
    "text/plain": (TEXT,),
    "text/csv": (TEXT,),
    "application/json": (TEXT,),
    "application/zip": (ZIP,),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (ZIP,),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (ZIP,),
}


def check_media_type(media_type: str, head: bytes) -> str:
    """The media type without parameters, if it is allowed and the content looks like it.

    Args:
        media_type: as declared, e.g. `text/csv; charset=utf-8`.
        head: the first bytes of the file.
    Raises:
        InvalidInput: the type is not accepted, or the content is something else.

    >>> check_media_type("Application/PDF", b"%PDF-1.7")
    'application/pdf'
    """
    plain = media_type.split(";", maxsplit=1)[0].strip().lower()
    if plain not in ALLOWED:
        raise InvalidInput(
            f"files of type {plain or 'unknown'} are not accepted",
            field="file",
            remedy=f"accepted: {', '.join(ALLOWED)}",
        )
    if not any(_begins(plain, head, magic) for magic in ALLOWED[plain]):
        raise InvalidInput(f"the content is not {plain}", field="file", remedy="send the original file")
    return plain


def _begins(media_type: str, head: bytes, magic: bytes) -> bool:
    if magic == TEXT:
        return _is_text(head)
    if magic == BOX:
        return head[4:8] == magic
    if media_type == "image/webp":
        return head.startswith(magic) and head[8:12] == b"WEBP"
    return head.startswith(magic)


def _is_text(head: bytes) -> bool:
    # The head may end inside a character; what comes before it must decode.
    text = head.decode("utf-8", errors="replace")
    return "\ufffd" not in text[:-1] and not any(ord(one) < 32 and one not in "\t\r\n" for one in text)
