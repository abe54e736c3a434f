"""What is known of the last backups of a deployment: a small file that health page, metrics and schedule read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from qingtian.runtime.processes import process_exists
from qingtian.runtime.settings import Settings

GRACE = 1.5  # a backup is late when it is older than so many intervals


@dataclass(frozen=True, slots=True)
class BackupRecord:
    """The last backup that succeeded and the last try.

    Args:
        name: name of the last good backup; empty = there was none.
        made_at: machine time of its snapshot.
        folder: where it lies.
        bytes: size of all its files.
        new_bytes: what it added.
        seconds: how long it took.
        tried_at: machine time of the last try.
        error: why the last try failed; empty when it did not.
        running: process id of a backup under way; 0 = none.
    """

    name: str = ""
    made_at: datetime | None = None
    folder: str = ""
    bytes: int = 0
    new_bytes: int = 0
    seconds: float = 0.0
    tried_at: datetime | None = None
    error: str = ""
    running: int = 0

    def age(self, now: datetime) -> timedelta | None:
        """Time since the last good backup; None when there is none."""
        return None if self.made_at is None else max(now - self.made_at, timedelta(0))


def record_path(data_dir: Path) -> Path:
    """Where the record lies."""
    return data_dir / "run" / "backup.json"


def read_record(data_dir: Path) -> BackupRecord:
    """The record as last written; an empty one when there is none."""
    try:
        values = json.loads(record_path(data_dir).read_text("utf-8"))
        for name in ("made_at", "tried_at"):
            values[name] = datetime.fromisoformat(values[name]) if values.get(name) else None
        record = BackupRecord(**values)
    except (OSError, ValueError, TypeError, AttributeError):
        return BackupRecord()
    return record if process_exists(record.running) else replace(record, running=0)


def write_record(data_dir: Path, record: BackupRecord) -> None:
    """Replace the record as a whole."""
    values: Mapping[str, object] = asdict(record) | {
        "made_at": record.made_at and record.made_at.isoformat(),
        "tried_at": record.tried_at and record.tried_at.isoformat(),
    }
    path = record_path(data_dir)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".json.new")
    fresh.write_text(json.dumps(values, ensure_ascii=False), "utf-8")
    os.replace(fresh, path)


def is_due(settings: Settings, record: BackupRecord, now: datetime) -> bool:
    """Whether the schedule wants a backup now; after a failure it is tried again within an hour.

    Args:
        settings: names folder and interval.
        record: what is known of the last ones.
        now: machine time, aware.
    """
    if settings.backup_folder is None or record.running:
        return False
    every = timedelta(hours=settings.backup_every_h)
    if record.error and record.tried_at is not None and timedelta(0) <= now - record.tried_at < min(every, RETRY):
        return False
    age = record.age(now)
    return age is None or age >= every or (record.made_at is not None and record.made_at > now)


RETRY = timedelta(hours=1)


def is_late(settings: Settings, record: BackupRecord, now: datetime) -> bool:
    """Whether the schedule was missed."""
    age = record.age(now)
    return settings.backup_folder is not None and (
        age is None or age > timedelta(hours=settings.backup_every_h) * GRACE
    )
