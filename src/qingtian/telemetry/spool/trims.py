"""What the retention policy dropped: one line per segment in `trimmed.jsonl`, written before anything goes."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qingtian.runtime.durability import sync_folder
from qingtian.telemetry.spool.format import Ending

TRIMMED = "trimmed.jsonl"


@dataclass(frozen=True, slots=True)
class Trim:
    """What became of one segment.

    Args:
        segment: its name.
        records: frames that it held.
        kept: frames that were kept, since evidence rests on them.
        bytes: length before compression.
        sha256: of the whole segment, hex.
        first_at, last_at: arrival of its first and last frame, ISO 8601; empty without frames.
        trimmed_at: when, city time, ISO 8601.
        keep_days: the policy.
        ending: how it ended, as the hash chain states it.
    """

    segment: str
    records: int
    kept: int
    bytes: int
    sha256: str
    first_at: str
    last_at: str
    trimmed_at: str
    keep_days: int
    ending: Ending


def trimmed(folder: Path) -> dict[str, Trim]:
    """Every trimmed segment by name; the last line of a segment counts."""
    try:
        lines = (folder / TRIMMED).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    found = {}
    for line in lines:
        try:
            trim = _read(json.loads(line))
        except (ValueError, TypeError, KeyError):
            continue  # a line that was cut: its segment was not touched yet
        found[trim.segment] = trim
    return found


def note_trims(folder: Path, trims: list[Trim]) -> None:
    """Add lines, durable before this returns."""
    text = "".join(json.dumps(_plain(one)) + "\n" for one in trims)
    path = folder / TRIMMED
    lead = "" if _ends_with_newline(path) else "\n"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        os.write(handle, (lead + text).encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    sync_folder(folder)


def ending_to_json(ending: Ending) -> dict[str, Any]:
    """An ending as plain values."""
    return asdict(ending) | {"head": ending.head.hex(), "rest": ending.rest.hex()}


def ending_from_json(values: dict[str, Any]) -> Ending:
    """The ending back."""
    return Ending(**values | {name: bytes.fromhex(values[name]) for name in ("head", "rest")})


def _ends_with_newline(path: Path) -> bool:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return True
    return not data or data.endswith(b"\n")


def _plain(trim: Trim) -> dict[str, Any]:
    return asdict(trim) | {"ending": ending_to_json(trim.ending)}


def _read(values: dict[str, Any]) -> Trim:
    return Trim(**values | {"ending": ending_from_json(values["ending"])})
