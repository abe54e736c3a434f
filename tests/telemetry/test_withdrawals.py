"""The embedded engine on imports that are taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.telemetry.rows import DAY, T0
from tests.telemetry.store_contract_expiry import ExpiryContract
from tests.telemetry.store_contract_withdraw import A, B, WithdrawContract, imported, shown

from qingtian.domain.errors import NotPermitted
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.port import AppendResult, Cycle


class TestDuckLakeKeepsTheContractOnWithdrawals(WithdrawContract, ExpiryContract):
    """Every test of the contract on DuckLake."""

    @pytest.fixture
    def store(self, empty_store: DuckLakeStore) -> DuckLakeStore:
        return empty_store


@pytest.fixture
def reader(database_url: str, tmp_path: Path) -> Iterator[DuckLakeStore]:
    one = DuckLakeStore(database_url, tmp_path / "lake", read_only=True)
    yield one
    one.close()


@pytest.fixture
def writer(database_url: str, tmp_path: Path) -> Iterator[DuckLakeStore]:
    one = DuckLakeStore(database_url, tmp_path / "lake")
    yield one
    one.close()


def test_other_processes_see_a_withdrawal_at_once(writer: DuckLakeStore, reader: DuckLakeStore) -> None:
    writer.append([imported(1)])
    assert shown(reader) == [1]
    writer.withdraw(A, T0 + DAY)
    assert shown(reader) == []
    with pytest.raises(NotPermitted):
        reader.withdraw(B, T0 + DAY)


def test_a_withdrawal_outlives_a_rebuild_of_latest(
    writer: DuckLakeStore, database_url: str, reader: DuckLakeStore
) -> None:
    writer.append([imported(1), imported(2, B)])
    writer.withdraw(B, T0 + DAY)
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP TABLE telemetry.latest, telemetry.state, telemetry.last_seen")
    writer.close()
    again = DuckLakeStore(database_url, reader._folder)
    again.append([imported(5, site="S2")])
    assert [(one.site, one.value) for one in again.latest()] == [("S1", 1), ("S2", 5)]
    again.close()


def test_another_writer_counts_on_above_withdrawn_versions(
    writer: DuckLakeStore, database_url: str, reader: DuckLakeStore
) -> None:
    """Its idea of the newest period must not forget the rows that are hidden."""
    other = DuckLakeStore(database_url, reader._folder)
    other.append([imported(1)])
    writer.append([imported(2, B)])
    writer.withdraw(A, T0 + DAY)
    writer.withdraw(B, T0 + DAY)
    assert other.append([imported(3, "import:C")]) == AppendResult(new=1)
    assert [one.version for one in other.versions("S1", "a21026", Cycle.DAY, T0)] == [1, 2, 3]
    other.close()
