"""A deployment in a folder of its own, with real processes, and what it answers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.telemetry.fleet import PASSWORD

from qingtian.runtime.postgres import pgdata_path
from qingtian.runtime.settings import Settings, load_settings
from qingtian.runtime.supervisor import free_port, qingtian_argv
from qingtian.telemetry.counters import counters_path, read_counters

PATIENCE_S = 60.0

PREPARE = """
import io
import django; django.setup()
from datetime import date
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0)
from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.evidence.content_store import content_store
from qingtian.apps.journal.record import record
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.runtime.clock import real_now
now = real_now()
for number in range({count}):
    common = dict(valid_from=date(2020, 1, 1), recorded_at=now, simulated=True)
    outlet = RegistryObject.objects.create(type=ObjectType.OUTLET, code=f"DA{{number:03d}}", name="outlet", **common)
    RegistryObject.objects.create(type=ObjectType.DEVICE, code=f"MN{{number:022d}}", name="device", parent=outlet,
        attributes={{"password": "{password}", "minute_interval_s": 60}}, **common)
for number in range(25):
    content_store().put(io.BytesIO(b"evidence %d" % number * 1000))
"""

ANSWERS = """
import hashlib, json, sys
import django; django.setup()
from datetime import datetime, timedelta
from decimal import Decimal
from qingtian.apps.evidence.content_store import content_store
from qingtian.apps.journal.verify import verify_journal
from qingtian.apps.registry.models import RegistryObject
from qingtian.runtime.clock import real_now
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.spool import read_all, spool_path, verify
from qingtian.telemetry.store import Cycle, open_store

settings = get_settings()
spool = spool_path(settings.data_dir)
as_of = datetime.fromisoformat(sys.argv[1]) if len(sys.argv) > 1 else None
end = real_now() + timedelta(days=1)
start = end - timedelta(days=30)
store = open_store(settings, read_only=True)
rows = store.window(Cycle.MINUTE, start, end, as_of=as_of)
told = {
    "frames": [record.sha256 for record in read_all(spool)],
    "spool": [(report := verify(spool)).ok, report.records, report.bytes],
    "values": {f"{row.site} {row.pollutant} {row.period_start.isoformat()}": [str(row.value), row.version,
        row.frame_hash, row.segment, row.frame_offset, row.received_at.isoformat()] for row in rows},
    "latest": sorted(f"{row.site} {row.pollutant} {row.value} {row.period_start.isoformat()}" for row in store.latest()),
    "percentile": str(store.percentile("DA000", "a21026", Cycle.MINUTE, start, end, fraction=Decimal("0.98"))),
    "progress": str(store.progress()),
    "journal": [(chain := verify_journal()).intact, chain.events, chain.head],
    "register": sorted(RegistryObject.objects.values_list("code", flat=True)),
    "evidence": {path.name: content_store().digest(path.name) for path in content_store().folder.rglob("*")
        if path.is_file()},
}
store.close()
print(json.dumps(told))
"""

CATCH_UP = """
import django; django.setup()
from qingtian.apps.devices.directory import device_directory
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.ingest.loop import IngestLoop
from qingtian.telemetry.spool import spool_path
from qingtian.telemetry.store import open_store
settings = get_settings()
store = open_store(settings)
print(IngestLoop(store, spool_path(settings.data_dir), device_directory(settings.data_dir)).drain())
store.compact()
store.close()
"""


class House:
    """A deployment and the processes that a test starts for it.

    Args:
        folder: everything of it lies below.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.data = folder / "var"
        self.port = free_port()
        self.environment = {
            **os.environ,
            "QINGTIAN_DATA_DIR": str(self.data),
            "QINGTIAN_GATEWAY_PORT": str(self.port),
            "QINGTIAN_SPOOL_SEGMENT_MB": "1",
            "QINGTIAN_DISK_RESERVE_MB": "16",
            "DJANGO_SETTINGS_MODULE": "qingtian.runtime.django_settings",
            **{f"QINGTIAN_{name.upper()}": value for name, value in settings.items()},
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def settings(self) -> Settings:
        """Its settings, for calls in this process."""
        return load_settings(data_dir=self.data, database_url=self.environment.get("QINGTIAN_DATABASE_URL", ""))

    def prepare(self, devices: int) -> None:
        """Database, register and some evidence."""
        self.script(PREPARE.format(count=devices, password=PASSWORD))

    def answers(self, as_of: str = "") -> dict[str, Any]:
        """What it answers now."""
        found: dict[str, Any] = json.loads(self.script(ANSWERS, *([as_of] if as_of else [])))
        return found

    def script(self, text: str, *arguments: str) -> str:
        """Run Python text in a process of this deployment; returns what it printed."""
        return self.run([sys.executable, "-c", text, *arguments]).stdout

    def command(self, *arguments: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run a subcommand."""
        return self.run(qingtian_argv(*arguments), code=code)

    def run(self, argv: list[str], *, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(argv, env=self.environment, capture_output=True, text=True, timeout=150, check=False)
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done

    def start(self, name: str, *, before: Sequence[str] = ()) -> None:
        """Start a process; `before` is a command that starts it in turn."""
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data.parent / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [*before, *qingtian_argv(name)], env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def stop(self) -> None:
        """End what was started, as an operator would."""
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for name, process in self.processes.items():
            code = process.wait(30)
            assert code == 0 or (name, code) == ("serve", -15), f"{name}:\n{self.log(name)}"  # uvicorn passes it on
        self.processes.clear()

    def kill(self) -> None:
        """End what still runs, without a word."""
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()

    def kill_database(self) -> None:
        pid = int((pgdata_path(self.data) / "postmaster.pid").read_text("utf-8").split()[0])
        os.kill(pid, signal.SIGKILL)

    def counters(self, name: str) -> dict[str, Any]:
        return read_counters(counters_path(self.data, name))

    def log(self, name: str) -> str:
        return (self.data.parent / f"{name}.log").read_text("utf-8", "replace")[-3000:]


def until(condition: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait for something."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come in {patience_s:.0f} s"
        time.sleep(0.05)
