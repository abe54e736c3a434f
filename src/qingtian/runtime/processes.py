"""Processes of this machine, by number."""

from __future__ import annotations

import os


def process_exists(pid: int) -> bool:
    """Whether a number is in use, by any program: also by one that has ended and that nobody has buried yet.

    Args:
        pid: of a process; zero and less are none.

    >>> process_exists(os.getpid()), process_exists(0)
    (True, False)
    """
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
