"""Evidence in a folder of this machine (or of a mounted one)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from qingtian.apps.evidence.storage.port import Stored, copied, digest_in
from qingtian.domain.errors import Unavailable
from qingtian.runtime.durability import sync_folder

HASH_LENGTH = 64


class LocalStore:
    """Files under one folder, each named by its hash.

    Args:
        folder: where they are kept.
        max_bytes: largest file that is accepted.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self.folder = folder
        self.max_bytes = max_bytes

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.folder)

    def path_of(self, sha256: str) -> Path:
        """Where the file of a hash is, or would be."""
        return self.folder / sha256[:2] / sha256

    def put(self, content: BinaryIO) -> Stored:
        """Store a file; bytes and folders are synced when this returns.

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
                stored = copied(content, file, self.max_bytes)
                file.flush()
                os.fsync(file.fileno())
            self._place(Path(name), stored.sha256)
        except OSError as error:
            raise _disk_refuses(error) from error
        finally:
            Path(name).unlink(missing_ok=True)
        return stored

    def open(self, sha256: str) -> BinaryIO:
        """The file of a hash."""
        return self.path_of(sha256).open("rb")

    def digest(self, sha256: str) -> str | None:
        """SHA-256 of the bytes that are stored under a hash now; None when there is no such file."""
        return digest_in(self, sha256)

    def list(self) -> Iterator[tuple[str, int]]:
        """Every file with its size."""
        for path in sorted(self.folder.glob("[0-9a-f][0-9a-f]/*")):
            if len(path.name) == HASH_LENGTH:
                yield path.name, path.stat().st_size

    def _place(self, temporary: Path, sha256: str) -> None:
        target = self.path_of(sha256)
        target.parent.mkdir(exist_ok=True, mode=0o700)
        temporary.chmod(0o400)
        os.replace(temporary, target)
        for folder in (target.parent, self.folder):
            sync_folder(folder)


def _disk_refuses(error: OSError) -> Unavailable:
    return Unavailable(f"evidence cannot be stored: {error}", field="data_dir", remedy="free space or mend the rights")
