"""One server: the whole contract on a PostgreSQL of its own, reached by TCP and a password."""

from __future__ import annotations

import psycopg
import pytest
from tests.telemetry.conftest import emptied
from tests.telemetry.rows import T0, row
from tests.telemetry.store_contract import StoreContract
from tests.telemetry.store_contract_expiry import ExpiryContract
from tests.telemetry.store_contract_figures import FigureContract
from tests.telemetry.store_contract_periods import PeriodContract
from tests.telemetry.store_contract_quality import QualityContract
from tests.telemetry.store_contract_rollup import RollUpContract
from tests.telemetry.store_contract_times import StoreTimesContract
from tests.telemetry.store_contract_withdraw import WithdrawContract

from qingtian.telemetry.store.ducklake import DuckLakeStore


class TestOneServerKeepsTheContract(
    StoreContract,
    StoreTimesContract,
    QualityContract,
    RollUpContract,
    PeriodContract,
    FigureContract,
    ExpiryContract,
    WithdrawContract,
):
    """Every test of the contract, the server's database instead of the embedded one."""

    @pytest.fixture
    def store(self, server_store: DuckLakeStore) -> DuckLakeStore:
        return emptied(server_store)


def test_the_store_lives_in_the_database_of_the_server(server_store: DuckLakeStore) -> None:
    """So that the contract above cannot pass on the embedded one by mistake."""
    store = emptied(server_store)
    store.append([row(1, T0)])
    with psycopg.connect(store._url) as connection:
        assert connection.info.host == "127.0.0.1"
        assert connection.execute("SELECT count(*) FROM telemetry.latest").fetchone() == (1,)
        assert connection.execute("SELECT inet_server_addr()").fetchone() != (None,)
