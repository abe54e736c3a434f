"""What a file claims to be is checked against what it is; sizes hold to the byte."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.apps.evidence.media import ALLOWED, HEAD, check_media_type
from qingtian.apps.evidence.storage.local import LocalStore
from qingtian.apps.evidence.storage.port import Stored
from qingtian.domain.errors import InvalidInput

SAMPLES: dict[str, bytes] = {
    "pdf": b"%PDF-1.7\n\xe2\xe3",
    "jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "webp": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
    "wav": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "mp4": b"\x00\x00\x00\x20ftypisom",
    "webm": b"\x1a\x45\xdf\xa3\x9fB\x86\x81",
    "ogg": b"OggS\x00\x02",
    "mp3 with tag": b"ID3\x04\x00",
    "mp3": b"\xff\xfb\x90\x00",
    "zip": b"PK\x03\x04\x14\x00",
    "empty zip": b"PK\x05\x06\x00\x00",
    "text": "时间,数值\r\n08:00,1\r\n".encode(),
    "text with mark": b"\xef\xbb\xbfa,b\n",
    "text in GBK": "排放口编号,时间".encode("gbk"),
    "text in UTF-16": "时间".encode("utf-16"),
    "nothing": b"",
    "zeros": bytes(16),
    "program": b"MZ\x90\x00\x03",
    "elf": b"\x7fELF\x02\x01\x01\x00",
    "gif": b"GIF89a\x01\x00\x01\x00",
    "html": b"<html><script>alert(1)</script>",
}
OFFICE = "application/vnd.openxmlformats-officedocument"
TEXTS = {"text", "text with mark", "html", "nothing"}
FITS: dict[str, set[str]] = {
    "application/pdf": {"pdf"},
    "image/jpeg": {"jpeg"},
    "image/png": {"png"},
    "image/webp": {"webp"},
    "video/mp4": {"mp4"},
    "video/quicktime": {"mp4"},
    "video/3gpp": {"mp4"},
    "video/webm": {"webm"},
    "audio/mpeg": {"mp3 with tag", "mp3"},
    "audio/mp4": {"mp4"},
    "audio/x-m4a": {"mp4"},
    "audio/webm": {"webm"},
    "audio/ogg": {"ogg"},
    "text/plain": TEXTS,
    "text/csv": TEXTS,
    "application/json": TEXTS,
    "application/zip": {"zip"},
    f"{OFFICE}.wordprocessingml.document": {"zip"},
    f"{OFFICE}.spreadsheetml.sheet": {"zip"},
}


def test_the_table_below_speaks_of_every_accepted_type() -> None:
    assert set(FITS) == set(ALLOWED)


@pytest.mark.parametrize("media_type", sorted(FITS))
@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_each_content_passes_as_what_it_is_and_as_nothing_else(media_type: str, sample: str) -> None:
    # Text has no signature: pictures and PDF with bytes outside UTF-8 are none, plain ones may pass.
    if sample in FITS[media_type]:
        assert check_media_type(media_type, SAMPLES[sample]) == media_type
        return
    with pytest.raises(InvalidInput) as error:
        check_media_type(media_type, SAMPLES[sample])
    assert (error.value.field, bool(error.value.remedy)) == ("file", True)


@pytest.mark.parametrize(
    "media_type",
    [
        "",
        ";",
        "text/html",
        "image/svg+xml",
        "application/x-msdownload",
        "application/octet-stream",
        "image/gif",
        "text",
    ],
)
def test_other_types_are_refused_with_the_accepted_ones(media_type: str) -> None:
    with pytest.raises(InvalidInput) as error:
        check_media_type(media_type, b"anything")
    assert all(one in str(error.value.remedy) for one in ALLOWED)


@pytest.mark.parametrize("written", ["Text/CSV", " text/csv ", "text/csv;charset=gbk", "text/csv; header=present; x=y"])
def test_a_type_is_read_without_case_blanks_and_parameters(written: str) -> None:
    assert check_media_type(written, b"a,b") == "text/csv"


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffd"), max_size=600))
def test_any_text_is_text_even_when_its_head_ends_inside_a_character(text: str) -> None:
    assert check_media_type("text/plain", text.encode()[:HEAD]) == "text/plain"


@given(st.binary(max_size=80), st.sampled_from([*range(9), 11, 12, *range(14, 32)]), st.binary(max_size=80))
def test_a_control_character_anywhere_makes_it_no_text(before: bytes, control: int, after: bytes) -> None:
    with pytest.raises(InvalidInput):
        check_media_type("text/plain", before + bytes([control]) + after)


@pytest.mark.parametrize("size", [1, 4095, 4096])
def test_a_file_up_to_the_limit_is_stored(tmp_path: Path, size: int) -> None:
    store = LocalStore(tmp_path / "e", max_bytes=4096)
    assert store.put(io.BytesIO(b"x" * size)).size == size


@pytest.mark.parametrize("size", [4097, 5000, 3 * 1024 * 1024])
def test_a_file_over_the_limit_leaves_nothing(tmp_path: Path, size: int) -> None:
    store = LocalStore(tmp_path / "e", max_bytes=4096)
    with pytest.raises(InvalidInput, match="larger than") as error:
        store.put(io.BytesIO(b"x" * size))
    assert error.value.field == "file"
    assert list((tmp_path / "e").iterdir()) == []


class Slow(io.RawIOBase):
    """A stream that gives a few bytes at a time, like an upload over a bad line."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, size: int = -1) -> bytes:
        """At most seven bytes."""
        piece, self._content = self._content[:7], self._content[7:]
        return piece


def test_a_file_that_comes_in_drops_is_the_same_file(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "e", max_bytes=4096)
    content = bytes(range(256)) * 4
    assert store.put(Slow(content)) == store.put(io.BytesIO(content))  # type: ignore[arg-type]


def test_a_stream_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    class Broken(Slow):
        def read(self, size: int = -1) -> bytes:
            if len(self._content) < 500:
                raise RuntimeError("the line is cut")
            return super().read(size)

    store = LocalStore(tmp_path / "e", max_bytes=4096)
    with pytest.raises(RuntimeError, match="line is cut"):
        store.put(Broken(bytes(1000)))  # type: ignore[arg-type]
    assert list((tmp_path / "e").iterdir()) == []


def test_files_are_private_and_cannot_be_written_again(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "e", max_bytes=4096)
    stored = store.put(io.BytesIO(b"secret"))
    path = store.path_of(stored.sha256)
    assert [entry.stat().st_mode & 0o777 for entry in (path, path.parent, store.folder)] == [0o400, 0o700, 0o700]
    assert store.put(io.BytesIO(b"secret")) == Stored(stored.sha256, 6, stored.sm3)
    assert store.digest("0" * 64) is None
