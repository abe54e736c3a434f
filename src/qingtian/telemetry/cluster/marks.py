"""Small facts that must survive a crash: written beside, synced, renamed, and the folder synced."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qingtian.domain.errors import ConfigurationError
from qingtian.runtime.durability import sync_folder


def write_mark(path: Path, values: Mapping[str, Any]) -> None:
    """Replace a mark; afterwards it is on the disk, or the old one still is."""
    beside = path.with_suffix(".new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
    try:
        os.write(handle, json.dumps(dict(values)).encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    beside.replace(path)
    sync_folder(path.parent)


def read_mark(path: Path) -> dict[str, Any]:
    """A mark; empty when none was written.

    Raises:
        ConfigurationError: the file is damaged.
    """
    try:
        values = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ConfigurationError(
            f"{path} is damaged: {error}", field="data_dir", remedy="restore it; without it frames are sent again"
        ) from error
    return dict(values)
