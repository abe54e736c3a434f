"""Runs jobs at the same moment, each in a thread with its own database connection."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

from qingtian.domain.errors import Conflict


def together(*jobs: Callable[[], object]) -> list[object]:
    """The results of the jobs; a conflict is a result too."""
    barrier = Barrier(len(jobs))

    def run(job: Callable[[], object]) -> object:
        barrier.wait(timeout=20)
        try:
            return job()
        except Conflict as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))
