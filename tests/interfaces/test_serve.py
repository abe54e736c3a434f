"""`qingtian serve` as a process."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from qingtian.runtime.postgres import pgdata_path, stop_embedded

RUNNING = re.compile(r"running on http://127\.0\.0\.1:(\d+)")


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """A fresh deployment; not under pytest's folder, which another run may lock for the database's own user."""
    folder = Path(tempfile.mkdtemp(prefix="qt-serve-"))
    yield os.environ | {"QINGTIAN_DATA_DIR": str(folder / "var"), "QINGTIAN_MODE": "dev", "NO_COLOR": "1"}
    stop_embedded(pgdata_path(folder / "var"))
    shutil.rmtree(folder, ignore_errors=True)


def qingtian(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qingtian", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.slow
def test_serve_asks_for_a_migration_then_serves_and_stops_cleanly(environment: dict[str, str], tmp_path: Path) -> None:
    early = qingtian(environment, "serve", "--port", "0")
    assert early.returncode == 2
    assert "qingtian migrate" in early.stderr

    assert qingtian(environment, "migrate").returncode == 0
    log = tmp_path / "serve.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "qingtian", "serve", "--port", "0"], env=environment, stdout=file, stderr=file
        )
    try:
        port = wait_for_port(log, process)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/meta", timeout=20) as answer:
            assert json.load(answer)["mode"] == "dev"
            assert "server" not in {name.lower() for name in answer.headers}
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(30)

    assert code in (0, -signal.SIGTERM)
    assert "Traceback" not in log.read_text()


def wait_for_port(log: Path, process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := RUNNING.search(log.read_text()):
            return int(found.group(1))
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(log.read_text())
