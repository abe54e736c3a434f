"""Pictures of real encoders with real metadata: nothing of their maker is left, and every pixel stays."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from qingtian.domain.errors import InvalidInput
from qingtian.domain.evidence.photos import without_metadata

SECRET = b"SECRET-OF-THE-MAKER"
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}


def picture() -> Image.Image:
    drawn = Image.new("RGB", (48, 32))
    drawn.putdata([(x * 5 % 256, y * 7 % 256, (x + y) % 256) for y in range(32) for x in range(48)])
    return drawn


def file_of(kind: str, *, orientation: int | None = None, **more: object) -> bytes:
    """A picture with a place, a device, a description and a comment in it."""
    exif = Image.Exif()
    exif[0x010E], exif[0x010F], exif[0x9286] = "SECRET-OF-THE-MAKER", "SECRET-OF-THE-MAKER phone", SECRET
    if orientation:
        exif[0x0112] = orientation
    exif.get_ifd(0x8825).update({1: "N", 2: (30.0, 36.0, 1.5), 3: "E", 4: (114.0, 18.0, 2.5), 29: "2025:11:24"})
    out = io.BytesIO()
    comment = {"comment": SECRET} if kind == "JPEG" else {}
    picture().save(out, kind, exif=exif, icc_profile=b"\0" * 40 + SECRET * 10, **comment, **more)
    return out.getvalue()


def pixels(content: bytes) -> bytes:
    return Image.open(io.BytesIO(content)).convert("RGB").tobytes()


@pytest.mark.parametrize("media_type", FORMATS)
def test_nothing_of_the_maker_is_left_and_no_pixel_changes(media_type: str) -> None:
    before = file_of(FORMATS[media_type])
    assert SECRET in before

    after = without_metadata(before, media_type)

    assert SECRET not in after
    assert b"Exif" not in after
    assert not dict(Image.open(io.BytesIO(after)).getexif())
    assert pixels(after) == pixels(before)


@pytest.mark.parametrize("more", [{"progressive": True}, {"subsampling": 0}, {"restart_marker_blocks": 2}])
def test_every_way_to_code_a_jpeg_is_kept_whole(more: dict[str, object]) -> None:
    before = file_of("JPEG", **more)
    assert pixels(without_metadata(before, "image/jpeg")) == pixels(before)


def test_a_cmyk_jpeg_keeps_what_says_how_its_colours_are_coded() -> None:
    out = io.BytesIO()
    picture().convert("CMYK").save(out, "JPEG")
    assert pixels(without_metadata(out.getvalue(), "image/jpeg")) == pixels(out.getvalue())


@pytest.mark.parametrize("orientation", range(2, 9))
def test_of_exif_only_the_orientation_stays(orientation: int) -> None:
    after = without_metadata(file_of("JPEG", orientation=orientation), "image/jpeg")

    assert dict(Image.open(io.BytesIO(after)).getexif()) == {0x0112: orientation}
    assert SECRET not in after


def test_a_film_behind_a_photo_is_cut_off() -> None:
    # Phones put a short film with sound and place behind the end of the picture.
    before = file_of("JPEG")
    assert without_metadata(before + b"ftypmp42" + SECRET, "image/jpeg") == without_metadata(before, "image/jpeg")
    png = file_of("PNG")
    assert without_metadata(png + SECRET, "image/png") == without_metadata(png, "image/png")
    webp = file_of("WEBP")
    assert without_metadata(webp + SECRET, "image/webp") == without_metadata(webp, "image/webp")


def test_what_was_cleaned_stays_as_it_is() -> None:
    for media_type, kind in FORMATS.items():
        once = without_metadata(file_of(kind, orientation=6), media_type)
        assert without_metadata(once, media_type) == once


def test_words_in_a_png_are_taken_out() -> None:
    before = file_of("PNG")
    words = b"tEXtAuthor\0" + SECRET
    chunk = struct.pack(">I", len(words) - 4) + words + struct.pack(">I", zlib.crc32(words))
    spoken = before[:33] + chunk + before[33:]  # after IHDR
    assert SECRET not in without_metadata(spoken, "image/png")


@pytest.mark.parametrize("media_type", FORMATS)
def test_a_picture_that_is_cut_off_is_refused_and_says_so(media_type: str) -> None:
    whole = file_of(FORMATS[media_type])
    for end in range(4, len(whole) - 1, 37):
        with pytest.raises(InvalidInput) as refused:
            without_metadata(whole[:end], media_type)
        assert refused.value.field == "photo"
        assert refused.value.remedy


@pytest.mark.parametrize("media_type", [*FORMATS, "image/gif", "text/html"])
def test_something_else_is_refused(media_type: str) -> None:
    with pytest.raises(InvalidInput):
        without_metadata(b"<html>no picture</html>", media_type)


@given(content=st.binary(max_size=400), media_type=st.sampled_from(sorted(FORMATS)))
def test_any_bytes_are_cleaned_or_refused_and_never_break_it(content: bytes, media_type: str) -> None:
    heads = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n", "image/webp": b"RIFF"}
    for given_bytes in (content, heads[media_type] + content):
        try:
            without_metadata(given_bytes, media_type)
        except InvalidInput:
            continue
