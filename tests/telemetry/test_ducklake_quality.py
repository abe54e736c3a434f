"""The embedded engine keeps causes of doubt, and takes over a lake that was made before there were any."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest
from tests.duties.memory_store import MemoryStore
from tests.telemetry.rows import DAY, HOUR, MINUTE, T0, minutes, row
from tests.telemetry.store_contract import values
from tests.telemetry.store_contract_quality import JUMP, Marker, QualityContract

from qingtian.domain.errors import Unavailable
from qingtian.telemetry.ingest.quality import QualityScreen, medium_of_station
from qingtian.telemetry.store import lake
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.port import AppendResult, Cycle, SpoolPosition
from qingtian.telemetry.store.rows import to_arrow

Opener = Callable[..., DuckLakeStore]
# Tables as commit 9b1cef1 (release of issue 2) made them.
OLD_LAKE = (
    """CREATE TABLE IF NOT EXISTS lake.main.observation (
        day DATE, site VARCHAR, pollutant VARCHAR, cycle VARCHAR, period_start TIMESTAMPTZ,
        value DECIMAL(20,6), minimum DECIMAL(20,6), maximum DECIMAL(20,6), total DECIMAL(20,6),
        converted DECIMAL(20,6), unit VARCHAR, mark VARCHAR, origin VARCHAR, simulated BOOLEAN,
        frame_hash VARCHAR, segment VARCHAR, frame_offset BIGINT, received_at TIMESTAMPTZ,
        version INTEGER, period_s INTEGER)""",
    "ALTER TABLE lake.main.observation SET PARTITIONED BY (day)",
    "CREATE TABLE IF NOT EXISTS lake.main.progress (segment VARCHAR, frame_offset BIGINT, seq BIGINT)",
    "CALL lake.set_option('target_file_size', '64MB')",
)
OLD_SIDE = """
CREATE SCHEMA IF NOT EXISTS telemetry;
CREATE TABLE IF NOT EXISTS telemetry.latest (
    site text, pollutant text, cycle text, period_start timestamptz NOT NULL,
    value numeric(20,6), minimum numeric(20,6), maximum numeric(20,6), total numeric(20,6), converted numeric(20,6),
    unit text NOT NULL, mark text NOT NULL, origin text, simulated boolean NOT NULL, frame_hash text NOT NULL,
    segment text NOT NULL, frame_offset bigint NOT NULL, received_at timestamptz NOT NULL,
    version integer NOT NULL, period_s integer NOT NULL,
    PRIMARY KEY (site, pollutant, cycle, origin));
CREATE TABLE IF NOT EXISTS telemetry.state (
    one boolean PRIMARY KEY DEFAULT true CHECK (one), epoch bigint NOT NULL, snapshot bigint NOT NULL);
INSERT INTO telemetry.state (epoch, snapshot) VALUES (3, 4) ON CONFLICT DO NOTHING;
"""
NEW = ("sampled_at", "qc", "qc_facts", "have", "due")


@pytest.fixture
def open_lake(database_url: str, tmp_path: Path) -> Iterator[Opener]:
    opened: list[DuckLakeStore] = []

    def open_one(**options: bool) -> DuckLakeStore:
        opened.append(DuckLakeStore(database_url, tmp_path / "lake", **options))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def old_lake(database_url: str, tmp_path: Path) -> None:
    """A lake of the release before: one batch in files, one small one in the catalogue, a position."""
    folder = tmp_path / "lake"
    folder.mkdir()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(OLD_SIDE)
    old = lake.connect()
    lake.attach(old, database_url, folder, read_only=False)
    for statement in OLD_LAKE:
        old.execute(statement)
    for rows in (minutes(list(range(600))), minutes([7, 8], site="S2")):
        table = to_arrow(rows).drop_columns(list(NEW))
        old.register("new_rows", table)
        old.execute(f"INSERT INTO lake.main.observation SELECT {', '.join(table.column_names)} FROM new_rows")
    old.execute("INSERT INTO lake.main.progress VALUES ('000000000004', 77, 1)")
    old.close()


class TestDuckLakeKeepsTheContractOnQuality(QualityContract):
    """Every test of the contract on DuckLake."""

    @pytest.fixture
    def store(self, empty_store: DuckLakeStore) -> DuckLakeStore:
        return empty_store


@pytest.mark.usefixtures("old_lake")
def test_a_lake_of_the_release_before_is_taken_over_in_place(open_lake: Opener) -> None:
    store = open_lake()
    assert store.progress() == SpoolPosition("000000000004", 77)
    held = store.window(Cycle.MINUTE, T0, T0 + DAY)
    assert len(held) == 602
    assert {(one.qc, one.qc_facts, one.sampled_at) for one in held} == {((), "", None)}
    assert all(one.valid for one in held)
    assert store.append(minutes([0, 1, 2])) == AppendResult(duplicate=3)
    assert {one.site: (one.value, one.qc) for one in store.latest()} == {"S1": (599, ()), "S2": (8, ())}
    fresh = [row(-5, T0 + MINUTE, received_at=T0 + HOUR, frame_hash="c", **JUMP), row(9, T0 + DAY, **JUMP)]
    assert store.append(fresh) == AppendResult(new=1, corrected=1)
    store.compact()
    versions = store.versions("S1", "a21026", Cycle.MINUTE, T0 + MINUTE)
    assert [(one.value, one.qc) for one in versions] == [(1, ()), (-5, ("jump",))]
    assert store.append(minutes([7, 8], site="S2")) == AppendResult(duplicate=2)
    assert len(store.window(Cycle.MINUTE, T0, T0 + 2 * DAY)) == 603
    store.roll_up_hours(T0, T0 + HOUR)
    assert store.window(Cycle.HOUR, T0, T0 + HOUR)[0].qc == ("jump",)


@pytest.mark.usefixtures("old_lake")
def test_a_reader_may_be_the_first_to_open_an_old_lake(open_lake: Opener) -> None:
    reader = open_lake(read_only=True)
    assert len(reader.window(Cycle.MINUTE, T0, T0 + DAY)) == 602
    assert open_lake().append([row(1, T0 + DAY, **JUMP)]) == AppendResult(new=1)
    assert [one.qc for one in reader.window(Cycle.MINUTE, T0 + DAY, T0 + 2 * DAY)] == [("jump",)]


@pytest.mark.usefixtures("old_lake")
def test_the_upgrade_happens_once(open_lake: Opener, database_url: str) -> None:
    def snapshots() -> int:
        with psycopg.connect(database_url) as connection:
            return connection.execute("SELECT count(*) FROM lake.ducklake_snapshot").fetchone()[0]

    open_lake().close()
    after = snapshots()
    open_lake().close()
    open_lake(read_only=True).close()
    assert snapshots() == after


def test_a_batch_that_is_refused_makes_the_screen_forget(open_lake: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    store, screen = open_lake(), Marker()

    def refuse(*_: object) -> None:
        raise duckdb.Error("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(store, "_insert", refuse)
        with pytest.raises(Unavailable):
            store.append([row(1)], screen=screen)
    assert (screen.forgot, store.latest()) == (1, [])
    assert store.append([row(1)], screen=screen) == AppendResult(new=1)
    assert screen.forgot == 1


def test_another_writer_is_told_to_the_screen(open_lake: Opener) -> None:
    store, other, screen = open_lake(), open_lake(), Marker()
    store.append([row(1)], screen=screen)
    store.append([row(2, T0 + MINUTE)], screen=screen)
    known = len(screen.reconciled)
    other.append([row(3, T0 + 2 * MINUTE)])
    store.append([row(4, T0 + 3 * MINUTE)], screen=screen)
    assert len(screen.reconciled) == known + 1
    assert screen.reconciled[-1]["S1", "a21026", "minute", "device"] == T0 + 2 * MINUTE
    assert values(store.window(Cycle.MINUTE, T0, T0 + HOUR)) == [1, 2, 3, 4]


def test_the_state_made_from_the_lake_is_the_state_of_having_seen_every_row(open_lake: Opener) -> None:
    """Late, corrected and repeated hours, restarts in between: the same causes as in memory without any restart."""
    rng, rows = random.Random(7), []
    for n in range(150):
        at, code = max(0, n // 3 - rng.choice([0, 0, 0, 1, 6])), ("a34004", "a34002", "a21026")[n % 3]
        value = rng.choice(["35", "35", "35", "36", "700", "0.035", "-2", "0"])
        start = T0 + at * HOUR
        changes = {
            "pollutant": code,
            "cycle": Cycle.HOUR,
            "unit": "ug/m3",
            "period_s": 3600,
            "frame_hash": f"{at}{value}",
        }
        rows.append(row(value, start, received_at=start + (n + 70) * MINUTE, **changes))
    store, memory, kept = open_lake(), MemoryStore(), QualityScreen(medium_of_station)
    for first in range(0, len(rows), 10):
        store.append(rows[first : first + 10], screen=QualityScreen(medium_of_station))
        memory.append(rows[first : first + 10], screen=kept)
    ends = (Cycle.HOUR, T0 - DAY, T0 + 9 * DAY)
    assert [(one.qc, one.qc_facts) for one in store.window(*ends)] == [
        (one.qc, one.qc_facts) for one in memory.window(*ends)
    ]
    assert len({cause for one in store.window(*ends) for cause in one.qc}) >= 4
