"""Looks after the embedded PostgreSQL: asks it over a real connection, starts it again in growing pauses."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from qingtian.domain.errors import Unavailable

PROBE_EVERY_S = 2.0
PROBE_TIMEOUT_S = 3
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
CALM_S = 60.0  # so long without a failure, and the pauses begin small again
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Backoff:
    """Pauses between attempts: they double up to a limit, and begin again after a calm time.

    Args:
        first_s, longest_s: shortest and longest pause, s.
        calm_s: time without a failure after which the next pause is the shortest again, s.

    >>> pauses = Backoff(1, 4, calm_s=10)
    >>> [pauses.failed(at) for at in (0, 1, 2, 3)], pauses.failed(100)
    ([1, 2, 4, 4], 1)
    """

    first_s: float = FIRST_PAUSE_S
    longest_s: float = LONGEST_PAUSE_S
    calm_s: float = CALM_S
    _next_s: float = 0.0
    _failed_at: float = float("-inf")

    def failed(self, now: float) -> float:
        """How long to wait after one more failure.

        Args:
            now: a clock that never goes back, s.
        """
        calm = now - self._failed_at > self.calm_s
        pause = self.first_s if calm or not self._next_s else self._next_s
        self._failed_at = now
        self._next_s = min(pause * 2, self.longest_s)
        return pause


@dataclass(slots=True)
class WatchState:
    """What the watch knows.

    Args:
        answers: whether the last question was answered.
        probes, lost, restarts: questions, times it was found gone, and started again.
        pause_s: pause before the next attempt; 0 while it answers.
        last_error: of the last failure.
    """

    answers: bool = True
    probes: int = 0
    lost: int = 0
    restarts: int = 0
    pause_s: float = 0.0
    last_error: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For the counter file."""
        return {name: getattr(self, name) for name in self.__slots__}


class PostgresWatch:
    """Asks every few seconds; a server that is gone is started, one that is recovering is waited for.

    Args:
        url: address of the database.
        start: one attempt to start it; raises where it fails. None for an own server: it is watched, not started.
        every_s: pause between questions, s.
        backoff: pauses between attempts.
        clock: a clock that never goes back, s.
    """

    def __init__(
        self,
        url: str,
        start: Callable[[], object] | None,
        *,
        every_s: float = PROBE_EVERY_S,
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url, self._start, self._every_s, self._clock = url, start, every_s, clock
        self._backoff = backoff or Backoff()
        self.state = WatchState()

    def run(self, stop: threading.Event) -> None:
        """Look after it until told to stop."""
        while not stop.wait(self.step()):
            pass

    def step(self) -> float:
        """Ask once, and start it where it is gone; returns the seconds to wait."""
        state = self.state
        state.probes += 1
        error, recovering = probe(self._url)
        if not error:
            state.answers, state.pause_s = True, 0.0
            return self._every_s
        if state.answers:
            state.lost += 1
            _log.error("PostgreSQL does not answer: %s", error)
        state.answers, state.last_error = False, error
        if not recovering and self._start is not None:
            try:
                self._start()
            except Unavailable as failure:
                state.last_error = str(failure)
            else:
                state.restarts += 1
                state.answers = not probe(self._url)[0]
                _log.warning("PostgreSQL was started again (%d times by now)", state.restarts)
        # One that dies as soon as it is up is not started in a circle: only a calm time makes the pauses short again.
        state.pause_s = self._backoff.failed(self._clock())
        return state.pause_s


def probe(url: str) -> tuple[str, bool]:
    """Ask a server over a new connection; returns the error (empty when it answered), and whether it is recovering."""
    try:
        with psycopg.connect(url, connect_timeout=PROBE_TIMEOUT_S, autocommit=True) as connection:
            connection.execute(f"SET statement_timeout = {PROBE_TIMEOUT_S * 1000}")
            connection.execute("SELECT 1").fetchone()
    except psycopg.Error as error:
        text = str(error).strip()
        return text or repr(error), "starting up" in text or "in recovery mode" in text or "shutting down" in text
    return "", False
