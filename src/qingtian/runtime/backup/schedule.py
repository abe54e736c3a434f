"""Scheduled backups: a process of low priority whenever the last good one is too old."""

from __future__ import annotations

import logging
import os
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress

from qingtian.runtime.backup.record import is_due, read_record
from qingtian.runtime.clock import real_now
from qingtian.runtime.settings import Settings
from qingtian.runtime.supervisor import qingtian_argv

NICENESS = 10
POLL_S = 1.0
END_S = 20.0
_log = logging.getLogger(__name__)


def back_up_when_due(settings: Settings, stop: threading.Event, argv: Sequence[str] = ()) -> int | None:
    """Make a backup if one is due, and wait for its end.

    Args:
        settings: the deployment.
        stop: ends a backup under way; nothing is kept of it.
        argv: another command, for tests.
    Returns:
        exit code of the backup; None when none was due.
    """
    if not is_due(settings, read_record(settings.data_dir), real_now()):
        return None
    command = argv or qingtian_argv("backup", "--keep", str(settings.backup_keep))
    process = subprocess.Popen(
        list(command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    with suppress(OSError):  # devices come first
        os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
    said = _waited(process, stop)
    if process.returncode and not stop.is_set():
        _log.error("the scheduled backup failed (code %d): %s", process.returncode, said[-1000:].strip())
    return process.returncode


def _waited(process: subprocess.Popen[bytes], stop: threading.Event) -> str:
    while True:
        try:
            _, said = process.communicate(timeout=POLL_S)
        except subprocess.TimeoutExpired:
            if not stop.is_set():
                continue
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                _, said = process.communicate(timeout=END_S)
                return said.decode("utf-8", "replace")
            process.kill()
            process.communicate()
            return ""
        return said.decode("utf-8", "replace")
