"""Look at a deployment and say what is wrong and how to mend it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from qingtian.domain.errors import QingtianError
from qingtian.runtime.clock import SHANGHAI, clock_path, read_replay_state, real_now
from qingtian.runtime.postgres import ensure_postgres
from qingtian.runtime.settings import DEVELOPMENT_SECRET, Mode, Settings, config_path

MIB = 1024 * 1024


class Level(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    Args:
        name: stable name of the check.
        level: ok, warning or error.
        detail: what was found.
        remedy: how to mend it; empty when ok.
    """

    name: str
    level: Level
    detail: str
    remedy: str = ""


def check_configuration(settings: Settings) -> Check:
    """The configuration is read and safe for its mode."""
    source = config_path() if config_path().exists() else "environment and defaults"
    if settings.mode is not Mode.PRODUCTION and settings.secret_key == DEVELOPMENT_SECRET:
        return Check("configuration", Level.OK, f"{settings.mode} mode from {source}; development secret in use")
    return Check("configuration", Level.OK, f"{settings.mode} mode from {source}")


def check_storage(settings: Settings) -> Check:
    """The data folder can be written and synced."""
    probe = settings.data_dir / ".check"
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with probe.open("wb") as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
        probe.unlink()
    except OSError as error:
        return Check("storage", Level.ERROR, f"cannot write {settings.data_dir}: {error}", "mend rights or data_dir")
    return Check("storage", Level.OK, f"{settings.data_dir} can be written")


def check_disk(settings: Settings) -> Check:
    """Enough space is left; the gateway stops acknowledging below the reserve."""
    free_mb = shutil.disk_usage(_existing(settings.data_dir)).free // MIB
    detail = f"{free_mb} MiB free, reserve {settings.disk_reserve_mb} MiB"
    if free_mb < settings.disk_reserve_mb:
        return Check("disk", Level.ERROR, detail, "free space, or move data_dir to a larger disk")
    if free_mb < 4 * settings.disk_reserve_mb:
        return Check("disk", Level.WARNING, detail, "plan for more space")
    return Check("disk", Level.OK, detail)


def check_database(settings: Settings) -> Check:
    """PostgreSQL answers and is new enough."""
    import psycopg

    try:
        with psycopg.connect(ensure_postgres(settings), connect_timeout=5) as connection:
            version = connection.info.server_version
    except (QingtianError, psycopg.Error) as error:
        return Check("database", Level.ERROR, str(error), "see docs/operators.md, section Database")
    kind = "own server" if settings.database_url else "embedded"
    if version < 150000:
        return Check("database", Level.ERROR, f"PostgreSQL {version // 10000} is too old", "use version 15 or newer")
    return Check("database", Level.OK, f"PostgreSQL {version // 10000}.{version % 10000} ({kind})")


def check_clock(settings: Settings) -> Check:
    """The machine's clock is plausible; a replayed city names its clock."""
    now = real_now()
    built = max(path.stat().st_mtime for path in Path(__file__).parent.glob("*.py"))
    if now.timestamp() < built - 86400:
        return Check("clock", Level.ERROR, f"the machine says {now:%Y-%m-%d %H:%M}", "set the clock (NTP)")
    path = clock_path(settings.data_dir)
    if path.exists():
        try:
            state = read_replay_state(path)
        except QingtianError as error:
            return Check("clock", Level.ERROR, str(error), "qingtian demo --reset")
        city = state.city_time(now)
        return Check("clock", Level.OK, f"replayed city time {city:%Y-%m-%d %H:%M} at {state.speed:g}x")
    return Check("clock", Level.OK, f"{now.astimezone(SHANGHAI):%Y-%m-%d %H:%M} Asia/Shanghai")


def check_fonts(settings: Settings) -> Check:
    """A Chinese font is there for reports (pages use the fonts of the reader's machine)."""
    if shutil.which("fc-list") is None:
        return Check("fonts", Level.WARNING, "fontconfig is not installed", "apt install fontconfig fonts-noto-cjk")
    listed = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False)
    families = sorted({line.split(",")[0].strip() for line in listed.stdout.splitlines() if line.strip()})
    if not families:
        return Check("fonts", Level.WARNING, "no Chinese font: reports cannot be printed", "apt install fonts-noto-cjk")
    return Check("fonts", Level.OK, families[0])


def check_lake(settings: Settings) -> Check:
    """The telemetry extensions are on this machine and load without a download."""
    import duckdb
    import duckdb_extension_ducklake
    import duckdb_extension_postgres_scanner

    versions = {
        duckdb.__version__,
        *(
            module.__name__.rsplit("_", 1)[-1]
            for module in (duckdb_extension_ducklake, duckdb_extension_postgres_scanner)
            if not list(Path(str(module.__file__)).parent.rglob("*.duckdb_extension"))
        ),
    }
    missing = versions - {duckdb.__version__}
    if missing:
        return Check(
            "lake", Level.ERROR, f"extension files missing: {', '.join(sorted(missing))}", "reinstall qingtian"
        )
    return Check("lake", Level.OK, f"DuckDB {duckdb.__version__} with ducklake and postgres_scanner")


def check_web_bundle(settings: Settings) -> Check:
    """The pages are part of this installation."""
    dist = Path(__file__).parent.parent / "web" / "dist"
    if not (dist / "index.html").exists():
        return Check("web", Level.WARNING, "the web bundle is not built", "make ui")
    return Check("web", Level.OK, "web bundle present")


CHECKS: tuple[Callable[[Settings], Check], ...] = (
    check_configuration,
    check_storage,
    check_disk,
    check_database,
    check_lake,
    check_clock,
    check_fonts,
    check_web_bundle,
)


def run_checks(settings: Settings) -> list[Check]:
    """Every check of a deployment, in order."""
    return [check(settings) for check in CHECKS]


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
