"""How many refused sign-ins the journal takes; who must wait is counted in `apps/accounts/lockout`."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

WINDOW_S = 300.0
WRITTEN_DOWN = 60  # refusals that the journal takes in a window, from all addresses together


class Allowance:
    """So many in a sliding window, however many ask; counts what it leaves out.

    Args:
        most: how many a window takes.
        now: seconds of a clock that never goes back.
    """

    def __init__(self, most: int = WRITTEN_DOWN, now: Callable[[], float] = time.monotonic) -> None:
        self._most, self._now = most, now
        self._lock = threading.Lock()
        self._spent: deque[float] = deque()
        self._left_out = 0

    def spend(self) -> int | None:
        """How many were left out before this one; None when this one is left out too."""
        with self._lock:
            while self._spent and self._spent[0] <= self._now() - WINDOW_S:
                self._spent.popleft()
            if len(self._spent) >= self._most:
                self._left_out += 1
                return None
            self._spent.append(self._now())
            left_out, self._left_out = self._left_out, 0
            return left_out

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._spent.clear()
            self._left_out = 0


refusals = Allowance()
