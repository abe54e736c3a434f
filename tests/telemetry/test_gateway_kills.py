"""Thirty-eight random `kill -9` of the gateway under load; `python -m bench.telemetry.kills` does two hundred."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import pytest
from bench.telemetry.kills import DEVICES, kill_again_and_again, lost_in_spool, wrong_in_store

from qingtian.telemetry.store.ducklake import DuckLakeStore

KILLS = 38  # with the twelve of test_kill9.py: fifty


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_no_acknowledged_frame_is_lost_and_no_value_doubled_by_kills(
    tmp_path: Path, empty_store: DuckLakeStore
) -> None:
    seed = int(os.environ.get("QINGTIAN_KILL_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {seed} (QINGTIAN_KILL_SEED={seed} repeats the choices)")
    outcome = asyncio.run(kill_again_and_again(tmp_path, KILLS, random.Random(seed)))

    assert outcome.kills == KILLS
    assert len(outcome.acked) > KILLS * DEVICES / 2
    assert outcome.resent > 0
    assert lost_in_spool(tmp_path, outcome) == []
    assert wrong_in_store(tmp_path, empty_store, outcome) == ([], {}, 0)
