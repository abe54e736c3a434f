"""Files of evidence, named by their SHA-256: written once, durable before anybody hears of them."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from qingtian.domain.errors import InvalidInput, Unavailable
from qingtian.runtime.settings import get_settings

CHUNK = 1024 * 1024  # bytes
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored file.

    Args:
        sha256: hex digest of the bytes, and its name.
        size: bytes.
    """

    sha256: str
    size: int


class ContentStore:
    """Files under one folder, each named by its hash.

    Args:
        folder: where they are kept.
        max_bytes: largest file that is accepted.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self.folder = folder
        self.max_bytes = max_bytes

    def path_of(self, sha256: str) -> Path:
        """Where the file of a hash is, or would be."""
        return self.folder / sha256[:2] / sha256

    def put(self, content: BinaryIO) -> Stored:
        """Store a file; the same bytes again change nothing.

        The bytes are on the disk (file and folder synced) when this returns.

        Raises:
            InvalidInput: the file is empty or too large.
            Unavailable: the disk refuses.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self.folder, prefix=".new-")
        except OSError as error:
            raise _disk_refuses(error) from error
        try:
            with os.fdopen(handle, "wb") as file:
                stored = self._copy(content, file)
                file.flush()
                os.fsync(file.fileno())
            self._place(Path(name), stored.sha256)
        except OSError as error:
            raise _disk_refuses(error) from error
        finally:
            Path(name).unlink(missing_ok=True)
        return stored

    def digest(self, sha256: str) -> str | None:
        """SHA-256 of the bytes that are stored under a hash now; None when there is no such file."""
        try:
            with self.path_of(sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None

    def _copy(self, content: BinaryIO, file: BinaryIO) -> Stored:
        digest, size = hashlib.sha256(), 0
        while chunk := content.read(CHUNK):
            size += len(chunk)
            if size > self.max_bytes:
                raise InvalidInput(
                    f"the file is larger than {self.max_bytes // MIB} MiB", field="file", remedy="split or shorten it"
                )
            digest.update(chunk)
            file.write(chunk)
        if size == 0:
            raise InvalidInput("the file is empty", field="file", remedy="send the original file")
        return Stored(digest.hexdigest(), size)

    def _place(self, temporary: Path, sha256: str) -> None:
        target = self.path_of(sha256)
        target.parent.mkdir(exist_ok=True, mode=0o700)
        temporary.chmod(0o400)
        os.replace(temporary, target)
        for folder in (target.parent, self.folder):
            _sync_folder(folder)


def content_store() -> ContentStore:
    """The store of this deployment."""
    settings = get_settings()
    return ContentStore(settings.data_dir / "evidence", max_bytes=settings.evidence_max_mb * MIB)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _disk_refuses(error: OSError) -> Unavailable:
    return Unavailable(f"evidence cannot be stored: {error}", field="data_dir", remedy="free space or mend the rights")
