"""Failed sign-ins, counted in memory: whoever guesses must wait."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable

WINDOW_S = 300.0
PER_ACCOUNT = 5  # failures of one name from one address
PER_ADDRESS = 30  # failures of one address with any names
WRITTEN_DOWN = 60  # refusals that the journal takes in a window, from all addresses together
MAX_KEYS = 10_000  # beyond this the oldest half is forgotten, so that memory stays bounded


class Attempts:
    """A sliding window of failures.

    Args:
        now: seconds of a clock that never goes back.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._failures: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def wait_s(self, username: str, address: str) -> int:
        """Seconds until another attempt is allowed; 0 when it is allowed now."""
        with self._lock:
            return max(self._wait(key, limit) for key, limit in _keys(username, address))

    def failed(self, username: str, address: str) -> None:
        """Remember a failure."""
        with self._lock:
            if len(self._failures) > MAX_KEYS:
                for key in list(self._failures)[: MAX_KEYS // 2]:
                    del self._failures[key]
            for key, _ in _keys(username, address):
                self._failures[key].append(self._now())

    def succeeded(self, username: str, address: str) -> None:
        """Forget the failures of this name from this address; those of the address stay."""
        with self._lock:
            self._failures.pop(_keys(username, address)[0][0], None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._failures.clear()

    def _wait(self, key: tuple[str, str], limit: int) -> int:
        times = self._failures.get(key)
        if not times:
            return 0
        while times and times[0] <= self._now() - WINDOW_S:
            times.popleft()
        if len(times) < limit:
            return 0
        return max(1, int(times[-limit] + WINDOW_S - self._now()) + 1)


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


def _keys(username: str, address: str) -> tuple[tuple[tuple[str, str], int], ...]:
    return (((username.casefold(), address), PER_ACCOUNT), (("", address), PER_ADDRESS))


attempts = Attempts()
refusals = Allowance()
