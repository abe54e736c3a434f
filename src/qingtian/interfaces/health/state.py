"""From what was measured to the state of each part; pure, so that every state can be tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from qingtian.interfaces.health.words import ENDS, PARTS, STATES, Said
from qingtian.runtime.backup.record import BackupRecord, is_late
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.disk_forecast import Forecast
from qingtian.runtime.health import Level
from qingtian.runtime.settings import Settings
from qingtian.runtime.space import MIB, Space
from qingtian.runtime.timekeeping import jump_time

REPORTS_WITHIN_S = 30.0  # gateway and worker write their counters every second
LAG_WARNING = 64 * MIB  # about one segment of raw frames
STALLED_S = 5.0
SOON_DAYS = 30
JUMP_TOLD = timedelta(days=1)
LATE_BY = timedelta(minutes=10)  # besides two intervals
ORDER = (Level.OK, Level.WARNING, Level.ERROR)

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DutyLook:
    """A duty and what is known of it; city time."""

    name: str
    zh: str
    en: str
    every: timedelta
    last_run_at: datetime | None
    failures: int = 0
    error: str = ""
    seconds: float | None = None

    def late(self, now: datetime) -> bool:
        """Whether it should have run by now."""
        return self.last_run_at is not None and now - self.last_run_at > 2 * self.every + LATE_BY


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that was measured at one moment.

    Args:
        now: machine time.
        city: city time.
        gateway: its counters.
        worker: its counters.
        ages: seconds since each process reported; None when it never did.
        database: version, embedded and answer time; None while it does not answer.
        lost_s: seconds since it does not.
        duties: None while the database does not tell.
        late_streams: the same.
        speed: of replayed city time; None for real time.
        mqtt: counters of the intake from a broker.
    """

    settings: Settings
    now: datetime
    city: datetime
    gateway: Mapping[str, Any]
    worker: Mapping[str, Any]
    ages: Mapping[str, float | None]
    space: Space
    forecast: Forecast
    backup: BackupRecord
    database: Mapping[str, Any] | None
    lost_s: float = 0.0
    duties: Sequence[DutyLook] | None = None
    late_streams: int | None = None
    speed: float | None = None
    mqtt: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Item:
    """A part, its state and the facts that its line shows."""

    code: str
    state: str
    facts: Facts = field(default_factory=dict)

    @property
    def said(self) -> Said:
        """The words of the state."""
        return STATES[self.code, self.state]

    @property
    def level(self) -> Level:
        """How bad it is."""
        return self.said.level

    def line(self, lang: str) -> str:
        """The state in one line."""
        return str(getattr(self.said, lang)).format(**self.facts)


def items(look: Look) -> list[Item]:
    """Each part, in the order of the page."""
    return [Item(code, *LOOKS[code](look)) for code in PARTS]


def worst(found: Sequence[Item]) -> Level:
    """The worst level."""
    return max((item.level for item in found), key=ORDER.index, default=Level.OK)


def acknowledging(found: Sequence[Item]) -> bool:
    """Whether devices are acknowledged now, as far as is known."""
    return next((item.state for item in found if item.code == "gateway"), "never") == "ok"


def _process(look: Look, name: str, counters: Mapping[str, Any]) -> tuple[str, Facts] | None:
    age = look.ages.get(name)
    if age is None:
        return "never", {}
    if counters.get("state") == "stopped":
        return "stopped", {}
    return ("silent", {"age_s": round(age)}) if age > REPORTS_WITHIN_S else None


def _gateway(look: Look) -> tuple[str, Facts]:
    gateway = look.gateway
    if (down := _process(look, "gateway", gateway)) is not None:
        return down
    if _clock(look)[0] == "doubt":
        return "refusing_clock", {}
    if gateway.get("spool_error"):
        full = look.space.free < look.space.reserve or "full" in str(gateway["spool_error"])
        return ("refusing_disk" if full else "refusing_spool"), {}
    if look.space.free < look.space.reserve:
        return "refusing_disk", {}
    return "ok", {"connections": int(gateway.get("connections") or 0), "port": gateway.get("port", "")}


def _disk(look: Look) -> tuple[str, Facts]:
    space = look.space
    return space.room.value, {"free_mb": space.free // MIB, "reserve_mb": space.reserve // MIB}


def _forecast(look: Look) -> tuple[str, Facts]:
    found = look.forecast
    if found.per_day is None:
        return "measuring", {"samples": found.samples}
    if found.days is None:
        return "steady", {}
    facts = {"days": round(found.days), "per_day_mb": round(found.per_day / MIB, 1)}
    return ("soon" if found.days < SOON_DAYS else "far"), facts


def _speed(look: Look) -> tuple[str, Facts]:
    if _process(look, "gateway", look.gateway) is not None:
        return "unknown", {}
    running, slowest = (float(look.gateway.get(name) or 0) for name in ("sync_running_s", "sync_slowest_s"))
    facts = {"running_s": round(running), "slowest_ms": round(slowest * 1000)}
    if running > STALLED_S:
        return "stalled", facts
    return ("slow" if slowest * 1000 > look.settings.slow_disk_ms else "ok"), facts


def _worker(look: Look) -> tuple[str, Facts]:
    if (down := _process(look, "worker", look.worker)) is not None:
        return down
    error = str(look.worker.get("last_error") or "")
    return ("standing", {"error": error[:200]}) if error else ("ok", {})


def _backlog(look: Look) -> tuple[str, Facts]:
    lag = int(look.worker.get("lag_bytes") or 0)
    facts = {"lag_kb": lag // 1024, "lag_s": round(float(look.worker.get("lag_seconds") or 0))}
    return ("growing" if lag > LAG_WARNING else "ok"), facts


def _mqtt(look: Look) -> tuple[str, Facts]:
    if not look.settings.mqtt_url:
        return "off", {}
    if _process(look, "worker", look.worker) is not None or not look.mqtt.get("connected"):
        return "lost", {"error": str(look.mqtt.get("last_error") or "")[:200]}
    return "ok", {name: int(look.mqtt.get(name) or 0) for name in ("messages", "values", "refused")}


def _database(look: Look) -> tuple[str, Facts]:
    found = look.database
    if found is None:
        return "lost", {"lost_s": round(look.lost_s)}
    version = int(found["version"])
    zh, en = ("内置", "embedded") if found["embedded"] else ("自有服务器", "own server")
    facts = {"version": f"{version // 10000}.{version % 10000}", "kind_zh": zh, "kind_en": en}
    return ("ok" if version >= 150000 else "old"), facts | {"answer_ms": round(float(found["seconds"]) * 1000)}


def _clock(look: Look) -> tuple[str, Facts]:
    if look.speed is not None:
        return "replayed", {"speed": f"{look.speed:g}"}
    told = _told_of_clock(look)
    if told.get("reason"):
        return "doubt", {"seconds": round(float((told.get("doubt") or {}).get("seconds") or 0))}
    last = told.get("last")
    if last and timedelta(0) <= look.now - jump_time(last) < JUMP_TOLD:
        zh, en = ENDS.get(str(last.get("end", "")), ENDS[""])
        at = f"{jump_time(last).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        return "jumped", {"at": at, "seconds": round(float(last["seconds"])), "end_zh": zh, "end_en": en}
    return "ok", {}


def _told_of_clock(look: Look) -> Mapping[str, Any]:
    """What the gateway says, or the worker when the gateway does not run."""
    for name, counters in (("gateway", look.gateway), ("worker", look.worker)):
        if _process(look, name, counters) is None and isinstance(counters.get("clock"), dict):
            return dict(counters["clock"])
    return {}


def _backup(look: Look) -> tuple[str, Facts]:
    record = look.backup
    age = record.age(look.now)
    facts = {
        "age_h": 0 if age is None else round(age / timedelta(hours=1), 1),
        "size_mb": round(record.bytes / MIB, 1),
        "error": record.error[:200],
    }
    if record.running:
        return "running", facts
    if record.error:
        return "failed", facts
    if look.settings.backup_folder is None:
        return ("off" if age is None else "manual"), facts
    if age is None:
        return "never", facts
    return ("late" if is_late(look.settings, record, look.now) else "ok"), facts


def _duties(look: Look) -> tuple[str, Facts]:
    if look.duties is None:
        return "unknown", {}
    failing = [duty for duty in look.duties if duty.failures]
    late = [duty for duty in look.duties if duty.late(look.city)]
    named = failing or late
    facts: Facts = {"count": len(look.duties), "late": len(late), "failing": len(failing)}
    facts |= {f"names_{lang}": ", ".join(getattr(duty, lang) for duty in named[:3]) for lang in ("zh", "en")}
    if failing:
        return "failing", facts
    if late:
        return "late", facts
    return ("ok" if any(duty.last_run_at for duty in look.duties) else "never"), facts


def _silence(look: Look) -> tuple[str, Facts]:
    if look.late_streams is None:
        return "unknown", {}
    down = _process(look, "gateway", look.gateway) is not None
    facts = {"late": look.late_streams, "devices": 0 if down else int(look.gateway.get("devices") or 0)}
    return ("some" if look.late_streams else "ok"), facts


LOOKS: Mapping[str, Callable[[Look], tuple[str, Facts]]] = {
    "gateway": _gateway,
    "disk": _disk,
    "disk_forecast": _forecast,
    "disk_speed": _speed,
    "worker": _worker,
    "backlog": _backlog,
    "mqtt": _mqtt,
    "database": _database,
    "clock": _clock,
    "backup": _backup,
    "duties": _duties,
    "silence": _silence,
}
