"""The folder of backups: objects named by their SHA-256, shared between backups, and one manifest a backup.

A backup exists from the moment its manifest has its name; everything the manifest names is on the disk before.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from qingtian.domain.errors import Conflict, InvalidInput, NotVisible, Unavailable
from qingtian.runtime.backup.manifest import Manifest, read_manifest, write_manifest
from qingtian.runtime.durability import sync_folder

CHUNK = 1024 * 1024
SUFFIX = ".manifest"
MARKER = "qingtian-backups"
Tell = Callable[[int], object]


def _quiet(_bytes: int) -> None:
    return None


class Repository:
    """Backups in one folder.

    Args:
        folder: where they lie; private to its owner, for it holds secrets.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.expanduser().absolute()
        self._objects = self.folder / "objects"
        self._manifests = self.folder / "backups"

    def prepare(self) -> None:
        """Make the folder ready for its first backup.

        Raises:
            InvalidInput: it holds something else.
            Unavailable: it cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            foreign = [name for name in os.listdir(self.folder) if name != "lost+found"]
            if foreign and not (self.folder / MARKER).exists():
                raise InvalidInput(
                    f"{self.folder} is not empty and holds no backups", field="DIR", remedy="give an empty folder"
                )
            for folder in (self._objects, self._manifests):
                folder.mkdir(exist_ok=True, mode=0o700)
            (self.folder / MARKER).write_text(
                "backups of Qingtian: objects by SHA-256, manifests in backups/\n", "utf-8"
            )
        except OSError as error:
            raise _refused(self.folder, error) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time adds or removes backups.

        Raises:
            Conflict: another one does.
        """
        with (self.folder / "writer.lock").open("a+", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise Conflict(
                    f"another backup writes to {self.folder}", field="DIR", remedy="wait until it has ended"
                ) from error
            self._sweep()
            yield

    def names(self) -> list[str]:
        """Names of the backups, oldest first."""
        if not self._manifests.is_dir():
            return []
        return sorted(path.name.removesuffix(SUFFIX) for path in self._manifests.glob(f"*{SUFFIX}"))

    def manifest(self, name: str = "") -> Manifest:
        """A backup by name; the newest one without a name.

        Raises:
            NotVisible: there is none.
            InvalidInput: its manifest cannot be read.
        """
        names = self.names()
        if not names or (name and name not in names):
            raise NotVisible(
                f"there is no backup {name} in {self.folder}" if name else f"{self.folder} holds no backup",
                field="DIR",
                remedy="`qingtian backup DIR --list` names what is there",
            )
        wanted = name or names[-1]
        return read_manifest((self._manifests / f"{wanted}{SUFFIX}").read_bytes(), wanted)

    def add(self, manifest: Manifest) -> None:
        """Let a backup exist: its objects are durable, now its manifest becomes so."""
        for folder in [self._objects, *(path for path in self._objects.iterdir() if path.is_dir())]:
            sync_folder(folder)
        handle, name = tempfile.mkstemp(dir=self._manifests, prefix=".new-")
        with os.fdopen(handle, "wb") as file:
            file.write(write_manifest(manifest))
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, self._manifests / f"{manifest.name}{SUFFIX}")
        sync_folder(self._manifests)

    def object_path(self, sha256: str) -> Path:
        """Where the bytes of a hash lie."""
        return self._objects / sha256[:2] / sha256

    def holds(self, sha256: str, size: int) -> bool:
        """Whether an object is there in full length (`verify` reads its bytes)."""
        try:
            return self.object_path(sha256).stat().st_size == size
        except OSError:
            return False

    def put(self, content: BinaryIO, tell: Tell = _quiet) -> tuple[str, int, bool]:
        """Store a stream; bytes that are there already take no more room.

        Args:
            content: read to its end.
            tell: hears of every chunk, bytes.
        Returns:
            SHA-256, size, whether the object is new.
        Raises:
            Unavailable: the disk of the backups refuses.
        """
        try:
            handle, name = tempfile.mkstemp(dir=self._objects, prefix=".new-")
        except OSError as error:
            raise _refused(self.folder, error) from error
        try:
            with os.fdopen(handle, "wb") as file:
                sha256, size = _copied(content, file, tell)
                if self.holds(sha256, size):
                    return sha256, size, False
                file.flush()
                os.fsync(file.fileno())
            path = self.object_path(sha256)
            path.parent.mkdir(exist_ok=True, mode=0o700)
            os.chmod(name, 0o400)
            os.replace(name, path)
        except OSError as error:
            raise _refused(self.folder, error) from error
        finally:
            Path(name).unlink(missing_ok=True)
        return sha256, size, True

    def verify(self, manifest: Manifest, tell: Tell = _quiet) -> list[str]:
        """Read every byte of a backup again.

        Args:
            manifest: the backup.
            tell: hears of every chunk, bytes.
        Returns:
            what is wrong, one line a file; empty when all is as it was.
        """
        found: list[str] = []
        for entry in manifest.files:
            path = self.object_path(entry.sha256)
            if not path.is_file():
                found.append(f"{entry.path}: its bytes are missing ({entry.sha256})")
            elif digest_of(path, tell) != entry.sha256:
                found.append(f"{entry.path}: its bytes were changed ({path})")
        return found

    def prune(self, keep: int) -> list[str]:
        """Remove all but the newest backups, and the objects that no backup names any more.

        Args:
            keep: backups that stay, at least one.
        Returns:
            names of the removed backups.
        """
        names = self.names()
        gone = names[: max(0, len(names) - max(1, keep))]
        for name in gone:
            (self._manifests / f"{name}{SUFFIX}").unlink()
        if gone:
            sync_folder(self._manifests)
            self._drop_unnamed()
        return gone

    def _drop_unnamed(self) -> None:
        named = {entry.sha256 for name in self.names() for entry in self.manifest(name).files}
        for path in self._every_object():
            if path.name not in named:
                path.unlink()

    def _every_object(self) -> Iterable[Path]:
        return [path for folder in self._objects.iterdir() if folder.is_dir() for path in folder.iterdir()]

    def _sweep(self) -> None:
        """What a killed backup left unfinished."""
        for folder in (self._objects, self._manifests):
            for path in folder.glob(".new-*"):
                path.unlink()


def digest_of(path: Path, tell: Tell = _quiet) -> str:
    """SHA-256 of a file, hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            tell(len(chunk))
    return digest.hexdigest()


def _copied(content: BinaryIO, file: BinaryIO, tell: Tell) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := content.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        file.write(chunk)
        tell(len(chunk))
    return digest.hexdigest(), size


def _refused(folder: Path, error: OSError) -> Unavailable:
    return Unavailable(
        f"{folder} cannot be written: {error}", field="DIR", remedy="free space or mend the rights there"
    )
