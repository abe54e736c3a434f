"""How often one address, account or key may ask: a bucket each, in the memory of each web process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal

from qingtian.interfaces.api.errors import TooManyAttempts
from qingtian.runtime.settings import get_settings

Kind = Literal["address", "account", "key"]
MINUTE_S = 60.0
MAX_BUCKETS = 20_000  # beyond this the full ones are forgotten: they restrict nobody


class Buckets:
    """Token buckets: each fills up in a minute and may be emptied at once.

    Args:
        now: seconds of a clock that never goes back.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._held: dict[tuple[str, str], tuple[float, float]] = {}  # tokens left, when they were counted

    def wait_s(self, kind: str, name: str, per_minute: int) -> int:
        """Take a token; seconds until there is one, 0 when it was taken."""
        if per_minute <= 0:
            return 0
        with self._lock:
            now = self._now()
            if len(self._held) > MAX_BUCKETS:
                self._forget_full(now)
            left, then = self._held.get((kind, name), (float(per_minute), now))
            left = min(float(per_minute), left + (now - then) * per_minute / MINUTE_S)
            taken = left >= 1
            self._held[kind, name] = (left - 1 if taken else left, now)
        return 0 if taken else max(1, int((1 - left) * MINUTE_S / per_minute) + 1)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()

    def _forget_full(self, now: float) -> None:
        self._held = {key: held for key, held in self._held.items() if now - held[1] < MINUTE_S}


buckets = Buckets()


def check_rate(kind: Kind, name: str) -> None:
    """Count a request.

    Raises:
        TooManyAttempts: says how long to wait.
    """
    per_minute = getattr(get_settings(), f"rate_per_{kind}")
    if wait := buckets.wait_s(kind, name, per_minute):
        raise TooManyAttempts(
            f"more than {per_minute} requests a minute of one {kind}",
            field="Authorization" if kind == "key" else "session",
            remedy=f"wait {wait} s; ask for what changed instead of everything",
            wait_s=wait,
        )
