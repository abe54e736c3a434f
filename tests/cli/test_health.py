"""`qingtian health`: on a deployment that runs, on one that does not, and without its database."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.ops.house import House

from qingtian.interfaces.health.words import PARTS
from qingtian.runtime.clock import real_now
from qingtian.runtime.postgres import pgdata_path
from qingtian.runtime.supervisor import free_port
from qingtian.telemetry.counters import counters_path, write_counters


@pytest.fixture
def house() -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="qt-health-"))
    yield House(folder)
    shutil.rmtree(folder, ignore_errors=True)


def rows(house: House, code: int) -> dict[str, dict[str, str]]:
    lines = house.command("health", "--json", code=code).stdout.splitlines()
    return {row["code"]: row for row in map(json.loads, lines)}


def test_a_deployment_that_never_ran_is_told_without_starting_anything(house: House) -> None:
    found = rows(house, 1)
    assert list(found) == list(PARTS)
    assert found["gateway"]["state"] == found["worker"]["state"] == "never"
    assert found["database"]["state"] == "lost" and found["duties"]["state"] == "unknown"
    assert not pgdata_path(house.data).exists()


def test_the_words_come_in_both_languages_with_the_remedy(house: House) -> None:
    said = house.command("health", "--lang", "zh", code=1).stdout
    assert "WARNING 接收网关: 尚未启动\n          -> 运行 qingtian up" in said
    assert "ERROR   Database: the database has not answered" in house.command("health", code=1).stdout


def test_without_its_server_the_rest_is_still_told(house: House) -> None:
    house.environment["QINGTIAN_DATABASE_URL"] = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    counters = {"at": real_now().isoformat(), "state": "listening", "connections": 2, "port": 9212}
    write_counters(counters_path(house.data, "gateway"), counters)
    found = rows(house, 1)
    assert found["database"]["state"] == "lost"
    assert found["gateway"]["text_en"] == "acknowledging; 2 connections, port 9212"
