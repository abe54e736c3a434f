"""Counters of a process in a small file that every other process can read (health, metrics, screens)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def counters_path(data_dir: Path, process: str) -> Path:
    """Where a process keeps its counters."""
    return data_dir / "run" / f"{process}.json"


def write_counters(path: Path, values: Mapping[str, Any]) -> None:
    """Replace the file as a whole, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".json.new")
    fresh.write_text(json.dumps(values, ensure_ascii=False), "utf-8")
    os.replace(fresh, path)


def read_counters(path: Path) -> dict[str, Any]:
    """The counters as last written; empty when the process never ran."""
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
