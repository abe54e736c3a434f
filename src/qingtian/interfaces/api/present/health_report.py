"""The health page: each part in words, processes, disk, backups, duties, versions."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from qingtian import __version__
from qingtian.interfaces.api.present.health import check_out, kept
from qingtian.interfaces.api.schemas.health import (
    BackupOut,
    DiskOut,
    DiskPartOut,
    DiskSampleOut,
    DutyOut,
    HealthItemOut,
    HealthReportOut,
    ProcessOut,
)
from qingtian.interfaces.health.gathering import look
from qingtian.interfaces.health.state import REPORTS_WITHIN_S, DutyLook, Item, Look, items, worst
from qingtian.interfaces.health.words import INSTALLED, PARTS
from qingtian.runtime.backup.record import BackupRecord
from qingtian.runtime.disk_forecast import Sample, read_samples
from qingtian.runtime.settings import Settings, get_settings
from qingtian.runtime.space import MIB

MOST_SAMPLES = 120
_started = time.monotonic()


def report() -> HealthReportOut:
    """Everything that the page shows, measured now."""
    settings = get_settings()
    now = look(settings)
    found = items(now)
    return HealthReportOut(
        status=worst(found).value,
        now=now.city,
        machine_now=now.now,
        items=[_item(item) for item in found],
        installed=[check_out(check, detailed=True) for check in kept.checks() if check.name in INSTALLED],
        processes=_processes(now),
        disk=_disk(now, read_samples(settings.data_dir)),
        backup=_backup(settings, now.backup),
        duties=None if now.duties is None else [_duty(duty, now) for duty in now.duties],
        versions=_versions(now),
    )


def _item(item: Item) -> HealthItemOut:
    part = PARTS[item.code]
    return HealthItemOut(
        code=item.code,
        state=item.state,
        level=item.level.value,
        title_zh=part.zh,
        title_en=part.en,
        text_zh=item.line("zh"),
        text_en=item.line("en"),
        meaning_zh=part.meaning_zh,
        meaning_en=part.meaning_en,
        remedy_zh=item.said.remedy_zh,
        remedy_en=item.said.remedy_en,
    )


def _processes(now: Look) -> list[ProcessOut]:
    found = [_process(name, getattr(now, name), now.ages.get(name)) for name in ("gateway", "worker")]
    web = ProcessOut(
        name="web",
        pid=os.getpid(),
        state="running",
        reported_s=0,
        up_s=round(time.monotonic() - _started),
        memory_mb=memory_mb(os.getpid()),
    )
    return [*found, web]


def _process(name: str, counters: Mapping[str, Any], age: float | None) -> ProcessOut:
    state = "running"
    if age is None:
        state = "never"
    elif counters.get("state") == "stopped":
        state = "stopped"
    elif age > REPORTS_WITHIN_S:
        state = "silent"
    pid = int(counters["pid"]) if counters.get("pid") else None
    alive = pid if state == "running" else None
    return ProcessOut(
        name=name,
        pid=alive,
        state=state,
        reported_s=None if age is None else round(age),
        up_s=up_s(alive),
        memory_mb=memory_mb(alive),
    )


def memory_mb(pid: int | None) -> float | None:
    """Resident memory of a process of this machine, MiB."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return round(pages * os.sysconf("SC_PAGE_SIZE") / MIB, 1)


def up_s(pid: int | None) -> int | None:
    """Seconds since a process of this machine started."""
    try:
        ticks = int(Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(") ", 1)[1].split()[19])
    except (OSError, ValueError, IndexError):
        return None
    return round(time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))


def _disk(now: Look, samples: Sequence[Sample]) -> DiskOut:
    found, step = now.forecast, max(1, -(-len(samples) // MOST_SAMPLES))
    used = samples[-1].used if samples else {}
    return DiskOut(
        free_mb=now.space.free // MIB,
        total_mb=now.space.total // MIB,
        reserve_mb=now.space.reserve // MIB,
        days=None if found.days is None else round(found.days, 1),
        per_day_mb=None if found.per_day is None else round(found.per_day / MIB, 2),
        since=found.since,
        parts=[
            DiskPartOut(
                name=name,
                used_mb=round(size / MIB, 1),
                per_day_mb=round(found.parts[name] / MIB, 2) if name in found.parts else None,
            )
            for name, size in used.items()
        ],
        samples=[DiskSampleOut(at=one.at, free_mb=one.free // MIB) for one in samples[::step]],
    )


def _backup(settings: Settings, record: BackupRecord) -> BackupOut:
    every = timedelta(hours=settings.backup_every_h)
    scheduled = settings.backup_folder is not None
    return BackupOut(
        scheduled=scheduled,
        every_h=settings.backup_every_h,
        keep=settings.backup_keep,
        folder=record.folder or str(settings.backup_folder or ""),
        name=record.name,
        made_at=record.made_at,
        size_mb=round(record.bytes / MIB, 1),
        new_mb=round(record.new_bytes / MIB, 1),
        seconds=record.seconds,
        tried_at=record.tried_at,
        error=record.error,
        running=bool(record.running),
        next_at=record.made_at + every if scheduled and record.made_at else None,
    )


def _duty(duty: DutyLook, now: Look) -> DutyOut:
    return DutyOut(
        name=duty.name,
        label_zh=duty.zh,
        label_en=duty.en,
        every_min=round(duty.every / timedelta(minutes=1)),
        last_run_at=duty.last_run_at,
        seconds=duty.seconds,
        late=duty.late(now.city),
        failures=duty.failures,
        error=duty.error[:500],
    )


def _versions(now: Look) -> dict[str, str]:
    import django
    import duckdb

    found = {
        "qingtian": __version__,
        "python": platform.python_version(),
        "django": django.get_version(),
        "duckdb": str(duckdb.__version__),
        "system": f"{platform.system()} {platform.release()}",
    }
    if now.database is not None:
        version = int(now.database["version"])
        found["postgresql"] = f"{version // 10000}.{version % 10000}"
    return found
