"""What one backup holds: facts of the deployment and its files by hash; the text names its own hash first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from qingtian.domain.errors import InvalidInput

FORMAT = 1
HEAD = "qingtian-backup"
DUMP = "database.dump"
DATA = "data/"  # files of the data folder
CONFIGURATION = "configuration/"  # files that the settings name


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a backup.

    Args:
        path: where it belongs: `data/...`, `configuration/...` or the dump.
        size: bytes.
        sha256: hash of the bytes, hex; also the name of the object that holds them.
        mode: rights as in `chmod`.
        mtime_ns: last change when it was read, ns.
        inode: number of the file then; with size and time it tells an unchanged file.
        origin: absolute path it came from, for files outside the data folder.
    """

    path: str
    size: int
    sha256: str
    mode: int = 0o600
    mtime_ns: int = 0
    inode: int = 0
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One backup.

    Args:
        name: its name, the moment in UTC.
        made_at: machine time when the database snapshot was taken, aware.
        version: release of Qingtian.
        postgres: version number of the server, as `server_version_num`.
        migrations: `app.name` of every applied migration.
        tables: rows per table in the snapshot.
        heads: newest hash per chain in the snapshot.
        secret_check: keyed hash that tells whether a `secret_key` is the one of the deployment.
        data_dir: data folder of the deployment.
        files: every file, the dump first.
        new_bytes: bytes that this backup added to its folder.
        seconds: how long it took.
    """

    name: str
    made_at: datetime
    version: str
    postgres: int
    migrations: tuple[str, ...]
    tables: Mapping[str, int]
    heads: Mapping[str, str]
    secret_check: str
    data_dir: str
    files: tuple[FileEntry, ...] = field(default=(), repr=False)
    new_bytes: int = 0
    seconds: float = 0.0

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.files)

    def under(self, prefix: str) -> list[FileEntry]:
        """Files whose path begins so."""
        return [entry for entry in self.files if entry.path.startswith(prefix)]


def write_manifest(manifest: Manifest) -> bytes:
    """The manifest as its file holds it."""
    values = asdict(manifest) | {"made_at": manifest.made_at.isoformat(), "format": FORMAT}
    body = json.dumps(values, ensure_ascii=False, sort_keys=True, indent=1).encode()
    return f"{HEAD} {FORMAT} {hashlib.sha256(body).hexdigest()}\n".encode() + body


def read_manifest(data: bytes, name: str) -> Manifest:
    """A manifest back from its file.

    Args:
        data: bytes of the file.
        name: name of the backup, for errors.
    Raises:
        InvalidInput: it is another format, or was changed.
    """
    head, _, body = data.partition(b"\n")
    words = head.decode("ascii", "replace").split()
    if len(words) != 3 or words[0] != HEAD:
        raise InvalidInput(f"{name} is no manifest of a backup", field="manifest", remedy="take another backup")
    if words[1] != str(FORMAT):
        raise InvalidInput(
            f"the backup {name} has format {words[1]}, this release reads format {FORMAT}",
            field="format",
            remedy="restore it with the release that made it, or a newer one",
        )
    if hashlib.sha256(body).hexdigest() != words[2]:
        raise InvalidInput(f"the manifest of {name} was changed", field="manifest", remedy="take another backup")
    return _manifest(json.loads(body))


def _manifest(values: dict[str, Any]) -> Manifest:
    values = {key: value for key, value in values.items() if key != "format"}
    values["made_at"] = datetime.fromisoformat(values["made_at"])
    values["migrations"] = tuple(values["migrations"])
    values["files"] = tuple(FileEntry(**entry) for entry in values["files"])
    return Manifest(**values)
