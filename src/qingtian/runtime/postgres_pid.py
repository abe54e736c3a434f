"""The pid file of the embedded PostgreSQL: what it says, and whether that is still true.

A server that is killed leaves it behind, cut short where it was still starting; after a restart of the machine its
number may be another program's. A city must come up over any of these.
"""

from __future__ import annotations

import logging
import os
import socket
from pathlib import Path

from qingtian.runtime.processes import process_exists

_log = logging.getLogger(__name__)


def server_runs(pgdata: Path) -> bool:
    """Whether a server works on a folder: its socket takes calls, or its process is alive and named in the pid file.

    Args:
        pgdata: folder of the database.
    """
    lines = pid_lines(pgdata)
    called = len(lines) > 4 and lines[4] and _listens(Path(lines[4]) / f".s.PGSQL.{lines[3]}")
    return bool(called) or server_pid(pgdata) is not None


def server_pid(pgdata: Path) -> int | None:
    """Number of the server's process, where the pid file names one that is alive and works on this folder.

    Args:
        pgdata: folder of the database.
    """
    pid = _pid_of(pid_lines(pgdata))
    return pid if pid is not None and _serves(pid, pgdata) else None


def drop_remains(pgdata: Path, socket_folder: Path) -> list[Path]:
    """Remove a dead server's lock files where PostgreSQL would refuse to start over them; returns those removed.

    That is an empty one (killed between making and writing it), and one whose number another program has now, or a
    process that nobody has buried. All else PostgreSQL clears by itself. With or without these files PostgreSQL looks
    for processes that still share the memory of the folder, so that removing them takes no protection away.

    Args:
        pgdata: folder of the database, on which no server runs.
        socket_folder: where its socket is.
    """
    locks = [pgdata / "postmaster.pid", socket_folder / ".s.PGSQL.5432.lock"]
    blocked = [path for path in locks if path.exists() and _blocks(path, pgdata)]
    for path in blocked:
        _log.warning("removing the lock of a server that is gone: %s", path)
        path.unlink(missing_ok=True)
    return blocked


def _blocks(path: Path, pgdata: Path) -> bool:
    pid = _pid_of(_lines(path))
    if pid is None:
        return not _any_serves(pgdata)
    return process_exists(pid) and not _serves(pid, pgdata)


def pid_lines(pgdata: Path) -> list[str]:
    """Lines of the file: number, folder, start, port, socket folder, address, shared memory, state; none without it."""
    return _lines(pgdata / "postmaster.pid")


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []


def _pid_of(lines: list[str]) -> int | None:
    # PostgreSQL for one user only (repairs) writes its number as a negative one.
    word = lines[0].removeprefix("-") if lines else ""
    return int(word) if word.isdecimal() else None


def _serves(pid: int, pgdata: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return words[0].endswith(b"postgres") and os.fsencode(pgdata.resolve()) in words


def _any_serves(pgdata: Path) -> bool:
    return any(_serves(int(entry.name), pgdata) for entry in Path("/proc").iterdir() if entry.name.isdecimal())


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(1.0)
        try:
            caller.connect(str(path))
        except OSError:
            return False
    return True
