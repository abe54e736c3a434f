"""Processes of one deployment begin together: gateway, worker and web all ask for the database at once."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import rmtree

import psycopg

from qingtian.runtime.postgres import pgdata_path, stop_embedded


def test_two_processes_that_begin_together_share_one_database() -> None:
    folder = Path(tempfile.mkdtemp(prefix="qt-two-"))
    code = (
        "import sys; from pathlib import Path\n"
        "from qingtian.runtime.postgres import ensure_embedded\n"
        "print(ensure_embedded(Path(sys.argv[1])))"
    )
    try:
        processes = [
            subprocess.Popen([sys.executable, "-c", code, str(pgdata_path(folder))], stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        addresses = [process.communicate(timeout=150)[0].strip() for process in processes]
        assert [process.returncode for process in processes] == [0, 0]
        assert addresses[0] == addresses[1]
        with psycopg.connect(addresses[0]) as found:
            assert found.execute("SELECT count(*) FROM pg_database WHERE datname = 'qingtian'").fetchone() == (1,)
    finally:
        stop_embedded(pgdata_path(folder))
        rmtree(folder, ignore_errors=True)
