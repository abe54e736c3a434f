"""Who may take files away: nobody while a backup copies a folder.

A lock file beside the folder, so that it works between processes and goes with a killed one.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from qingtian.domain.errors import Conflict

WAIT_S = 120.0
POLL_S = 0.05


def hold_path(folder: Path) -> Path:
    """Lock file of a folder.

    >>> hold_path(Path("/srv/lake")).as_posix()
    '/srv/lake.hold.lock'
    """
    return folder.parent / f"{folder.name}.hold.lock"


@contextmanager
def hold(folder: Path, *, wait_s: float = WAIT_S) -> Iterator[None]:
    """Keep every file of a folder where it is; waits for a change that is under way.

    Args:
        folder: the folder.
        wait_s: longest wait, s.
    Raises:
        Conflict: somebody is still changing it, or another backup holds it.
    """
    with hold_file(hold_path(folder), wait_s=wait_s):
        yield


@contextmanager
def hold_file(path: Path, *, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold a lock file alone, as `hold` does.

    Raises:
        Conflict: somebody else holds it for too long.
    """
    with _opened(path) as lock:
        deadline = time.monotonic() + wait_s
        while not _taken(lock, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise Conflict(
                    f"another process changes or backs up what {path} guards",
                    field="data_dir",
                    remedy="wait until it has ended, then try again",
                )
            time.sleep(POLL_S)
        yield


@contextmanager
def may_change(folder: Path) -> Iterator[bool]:
    """Whether files of a folder may be merged, packed or removed now; it stays so within the block.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name, hold(Path(name) / "lake"):
    ...     with may_change(Path(name) / "lake") as free:
    ...         free
    False
    """
    with _opened(hold_path(folder)) as lock:
        yield _taken(lock, fcntl.LOCK_SH)


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as lock:
        yield lock


def _taken(lock: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
