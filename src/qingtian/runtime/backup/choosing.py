"""Which files belong to a backup: everything in the data folder but the database itself and what a start makes anew."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from qingtian.runtime.backup.manifest import CONFIGURATION, DATA
from qingtian.runtime.settings import Settings, config_path

LEFT_OUT = frozenset({"postgres", "run", "lost+found"})  # the dump holds the first; the second is of this run only
SPILL = "lake/spill"
SHARDS = "shards"  # of a cluster, each a folder of its own
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


def moved_folders(settings: Settings) -> dict[str, Path]:
    """Parts of the data folder that the settings put elsewhere, by the name that they have in a backup."""
    wanted = {"lake": settings.lake_folder, SHARDS: settings.shards_folder}
    return {name: folder for name, folder in wanted.items() if folder is not None}


def data_files(data_dir: Path, moved: Mapping[str, Path] | None = None) -> list[Chosen]:
    """Files of the data folder, in the order in which they are read.

    Args:
        data_dir: the data folder.
        moved: folders outside of it that stand in for some inside.
    """
    places = moved or {}
    found = [Chosen(f"{DATA}{name}", data_dir / name) for name in _walk(data_dir, "", without=frozenset(places))]
    for top, folder in places.items():
        if folder.is_dir():
            found += [Chosen(f"{DATA}{top}/{name}", folder / name) for name in _walk(folder, "", top=f"{top}/")]
    return sorted(found, key=lambda one: (not is_mark(one.path), one.path))


def is_mark(path: str) -> bool:
    """Whether a file of a backup is the mark of an archive of raw frames or messages.

    >>> is_mark("data/spool/durable"), is_mark("data/evidence/ab/durable")
    (True, False)
    >>> is_mark("data/shards/004/durable")
    True
    """
    parts = path.split("/")
    depth = 4 if parts[1:2] == [SHARDS] else 3
    return f"{parts[0]}/" == DATA and len(parts) == depth and parts[-1] == MARK


def archives(data_dir: Path, shards: Path | None = None) -> list[Path]:
    """Folders of raw frames or messages: `spool`, others of the same form, and those of shards in a cluster."""
    folders = [path.parent for path in data_dir.glob(f"*/{MARK}")]
    return sorted([*folders, *(path.parent for path in (shards or data_dir / SHARDS).glob(f"*/{MARK}"))])


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


def _walk(folder: Path, below: str, *, top: str = "", without: frozenset[str] = frozenset()) -> Iterator[str]:
    with os.scandir(folder / below) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        name = f"{below}{entry.name}"
        if _left_out(f"{top}{name}", entry.name) or name in without:
            continue
        if entry.is_dir(follow_symlinks=not below):  # a part of the data folder may lie on another disk
            yield from _walk(folder, f"{name}/", top=top)
        elif entry.is_file():
            yield name


def _left_out(name: str, last: str) -> bool:
    if name in LEFT_OUT or name == SPILL:
        return True
    return last.startswith(".") or last.endswith((".lock", ".new", ".tmp"))
