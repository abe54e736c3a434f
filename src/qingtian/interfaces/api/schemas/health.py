"""How the deployment is."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from qingtian.interfaces.api.schemas.base import CityTime, Schema


class CheckOut(Schema):
    """One thing looked at."""

    name: str
    level: str = Field(description="ok, warning or error")
    detail: str = Field(description="empty for visitors who are not signed in")
    remedy: str


class NoticeOut(Schema):
    """What everybody should know now: shown above every page while it lasts."""

    code: str = Field(description="part and state, such as gateway.refusing_disk")
    level: str
    text_zh: str
    text_en: str
    remedy_zh: str
    remedy_en: str


class HealthOut(Schema):
    """Everything looked at; the worst level is the status."""

    status: str
    now: CityTime
    acknowledging: bool = Field(description="whether devices get answers now")
    notices: list[NoticeOut]
    checks: list[CheckOut]


class HealthItemOut(Schema):
    """A part of the deployment in words."""

    code: str
    state: str
    level: str
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    meaning_zh: str
    meaning_en: str
    remedy_zh: str
    remedy_en: str


class ProcessOut(Schema):
    """A process of the deployment."""

    name: str
    pid: int | None
    state: str = Field(description="running, stopped, silent or never")
    reported_s: int | None = Field(description="seconds since it reported")
    up_s: int | None = Field(description="seconds since it started, on this machine")
    memory_mb: float | None = Field(description="resident memory, MiB")


class DiskSampleOut(Schema):
    """The disk at one moment."""

    at: datetime
    free_mb: int


class DiskPartOut(Schema):
    """A part of the data folder."""

    name: str
    used_mb: float
    per_day_mb: float | None = Field(description="growth; null while it is being measured")


class DiskOut(Schema):
    """Room and growth."""

    free_mb: int
    total_mb: int
    reserve_mb: int
    days: float | None = Field(description="days until devices are refused; null while unknown or not shrinking")
    per_day_mb: float | None
    since: datetime | None
    parts: list[DiskPartOut]
    samples: list[DiskSampleOut]


class BackupOut(Schema):
    """The last backups."""

    scheduled: bool
    every_h: int
    keep: int
    folder: str
    name: str
    made_at: datetime | None
    size_mb: float
    new_mb: float
    seconds: float
    tried_at: datetime | None
    error: str
    running: bool
    next_at: datetime | None


class DutyOut(Schema):
    """A duty and its last run."""

    name: str
    label_zh: str
    label_en: str
    every_min: int
    last_run_at: CityTime | None
    seconds: float | None
    late: bool
    failures: int
    error: str


class HealthReportOut(Schema):
    """The health page."""

    status: str
    now: CityTime
    machine_now: datetime
    items: list[HealthItemOut]
    installed: list[CheckOut]
    processes: list[ProcessOut]
    disk: DiskOut
    backup: BackupOut
    duties: list[DutyOut] | None = Field(description="null while the database does not answer")
    versions: dict[str, str]
