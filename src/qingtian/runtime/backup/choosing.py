"""Which files belong to a backup: everything in the data folder but the database itself and what a start makes anew."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qingtian.runtime.backup.manifest import CONFIGURATION, DATA
from qingtian.runtime.settings import Settings, config_path

LEFT_OUT = frozenset({"postgres", "run", "lost+found"})  # the dump holds the first; the second is of this run only
SPILL = "lake/spill"
MARK = "durable"  # of an archive; before its segments: the end that it names must lie within what is copied of them
ARCHIVE_LOCK = "archive.lock"  # who packs, thins or trims an archive holds it
NAMED_FILES = (
    *("gateway_tls_certificate", "gateway_tls_key", "gateway_tls_client_ca"),
    "regions_file",
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A file to back up.

    Args:
        path: its place in the backup.
        source: where it lies.
        origin: absolute path, for files outside the data folder.
    """

    path: str
    source: Path
    origin: str = ""


def data_files(data_dir: Path) -> list[Chosen]:
    """Files of the data folder, in the order in which they are read."""
    found = [Chosen(f"{DATA}{name}", data_dir / name) for name in _walk(data_dir, "")]
    return sorted(found, key=lambda one: (not is_mark(one.path), one.path))


def is_mark(path: str) -> bool:
    """Whether a file of a backup is the mark of an archive of raw frames or messages.

    >>> is_mark("data/spool/durable"), is_mark("data/evidence/ab/durable")
    (True, False)
    """
    parts = path.split("/")
    return f"{parts[0]}/" == DATA and len(parts) == 3 and parts[2] == MARK


def archives(data_dir: Path) -> list[Path]:
    """Folders of raw frames or messages: `spool`, and others of the same form."""
    return sorted(path.parent for path in data_dir.glob(f"*/{MARK}"))


def configuration_files(settings: Settings) -> list[Chosen]:
    """The configuration file and what the settings name: keys, certificates, regional packs, districts."""
    sources = [config_path()]
    sources += [path for name in NAMED_FILES if (path := getattr(settings, name)) is not None]
    for folder in settings.pack_folders:
        sources += [folder / name for name in _walk(folder, "")] if folder.is_dir() else []
    files = [source.absolute() for source in sources if source.is_file()]
    return [
        Chosen(f"{CONFIGURATION}{number:04d}-{source.name}", source, str(source)) for number, source in enumerate(files)
    ]


def _walk(folder: Path, below: str) -> Iterator[str]:
    with os.scandir(folder / below) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        name = f"{below}{entry.name}"
        if _left_out(name, entry.name):
            continue
        if entry.is_dir(follow_symlinks=not below):  # a part of the data folder may lie on another disk
            yield from _walk(folder, f"{name}/")
        elif entry.is_file():
            yield name


def _left_out(name: str, last: str) -> bool:
    if name in LEFT_OUT or name == SPILL:
        return True
    return last.startswith(".") or last.endswith((".lock", ".new", ".tmp"))
