"""A store and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from tests.duties.memory_store import MemoryStore

from qingtian.duties.duty import DutyReport
from qingtian.duties.registry import duty
from qingtian.duties.runner import run_duty

Run = Callable[[str, datetime], DutyReport]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def run(db: None, store: MemoryStore) -> Run:
    """Run one duty at a moment; a failure is the test's failure."""

    def run_one(name: str, now: datetime) -> DutyReport:
        report = run_duty(duty(name), now, store, strict=True, force=True)
        assert report is not None
        return report

    return run_one
