"""The storage port: files named by their SHA-256, written once, durable before anybody hears of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from qingtian.domain.errors import InvalidInput
from qingtian.domain.evidence import Digests, digests_of

CHUNK = 1024 * 1024  # bytes
MIB = 1024 * 1024
IN_MEMORY = 8 * MIB  # what a fetched file may take before it goes to disk


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored file.

    Args:
        sha256: hex digest of the bytes, and its name.
        size: bytes.
        sm3: hex digest by GB/T 32905; empty where only the name is known.
    """

    sha256: str
    size: int
    sm3: str = ""


class ContentStore(Protocol):
    """A store of files by hash."""

    max_bytes: int  # largest file that is accepted

    @property
    def place(self) -> str:
        """Where it is, for people and for the custody log."""
        ...

    def put(self, content: BinaryIO) -> Stored:
        """Store a file; the same bytes again change nothing. Durable when this returns.

        Raises:
            InvalidInput: the file is empty or too large.
            Unavailable: the store refuses.
        """
        ...

    def open(self, sha256: str) -> BinaryIO:
        """The bytes that are stored under a hash now, unchecked.

        Raises:
            FileNotFoundError: there is no such file.
            Unavailable: the store does not answer.
        """
        ...

    def digest(self, sha256: str) -> str | None:
        """SHA-256 of the bytes that are stored under a hash now; None when there is no such file."""
        ...

    def list(self) -> Iterator[tuple[str, int]]:
        """Every stored file: (sha256, size)."""
        ...


def digest_in(store: ContentStore, sha256: str) -> str | None:
    """SHA-256 of the bytes that are stored under a hash now; None when there is no such file."""
    found = digests_in(store, sha256)
    return found.sha256 if found else None


def digests_in(store: ContentStore, sha256: str) -> Digests | None:
    """Both digests of the bytes that are stored under a hash now; None when there is no such file."""
    try:
        with store.open(sha256) as file:
            return digests_of(iter(lambda: file.read(CHUNK), b""))
    except FileNotFoundError:
        return None


def copied(content: BinaryIO, target: BinaryIO, max_bytes: int) -> Stored:
    """Copy a file and take its digests on the way.

    Raises:
        InvalidInput: the file is empty or too large.
    """

    def pieces() -> Iterator[bytes]:
        size = 0
        while chunk := content.read(CHUNK):
            size += len(chunk)
            if size > max_bytes:
                raise InvalidInput(
                    f"the file is larger than {max_bytes // MIB} MiB", field="file", remedy="split or shorten it"
                )
            target.write(chunk)
            yield chunk

    found = digests_of(pieces())
    if found.size == 0:
        raise InvalidInput("the file is empty", field="file", remedy="send the original file")
    return Stored(found.sha256, found.size, found.sm3)


def passing() -> BinaryIO:
    """A file for bytes on their way: in memory while small."""
    return tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # type: ignore[return-value]
