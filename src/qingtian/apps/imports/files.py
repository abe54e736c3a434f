"""Uploaded files, named by their SHA-256 and kept as long as the import: the original of every value."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from qingtian.domain.errors import InvalidInput, Unavailable
from qingtian.runtime.durability import sync_folder
from qingtian.runtime.settings import get_settings

CHUNK = 1 << 20  # bytes
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is on the disk.

    Args:
        sha256: its name.
        size: bytes.
        path: where it lies.
    """

    sha256: str
    size: int
    path: Path


def imports_path(data_dir: Path) -> Path:
    """Folder of the uploaded files."""
    return data_dir / "imports"


def file_of(sha256: str) -> Path:
    """Where the file of a hash lies in this deployment."""
    return imports_path(get_settings().data_dir) / sha256[:2] / sha256


def keep_file(content: BinaryIO) -> Kept:
    """Store a file durably; the same bytes again change nothing.

    Raises:
        InvalidInput: it is empty or too large.
        Unavailable: the disk refuses.
    """
    settings = get_settings()
    folder = imports_path(settings.data_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                sha256, size = _copy(content, file, settings.import_max_mb * MIB)
                file.flush()
                os.fsync(file.fileno())
            return Kept(sha256, size, _place(Path(name), sha256))
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(
            f"the file cannot be stored: {error}", field="data_dir", remedy="free space or mend the rights"
        ) from error


def _copy(content: BinaryIO, file: BinaryIO, most: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := content.read(CHUNK):
        size += len(chunk)
        if size > most:
            raise InvalidInput(
                f"the file is larger than {most // MIB} MiB",
                field="file",
                remedy="split it, or raise import_max_mb",
            )
        digest.update(chunk)
        file.write(chunk)
    if not size:
        raise InvalidInput("the file is empty", field="file", remedy="send the original file")
    return digest.hexdigest(), size


def _place(fresh: Path, sha256: str) -> Path:
    target = file_of(sha256)
    target.parent.mkdir(exist_ok=True, mode=0o700)
    fresh.chmod(0o400)
    os.replace(fresh, target)
    for folder in (target.parent, target.parent.parent):
        sync_folder(folder)
    return target
