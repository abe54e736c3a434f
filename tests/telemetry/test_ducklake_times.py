"""The embedded engine on times, versions and late arrivals."""

from __future__ import annotations

import pytest
from tests.telemetry.store_contract_times import StoreTimesContract

from qingtian.telemetry.store.ducklake import DuckLakeStore


class TestDuckLakeKeepsTheContractOnTimes(StoreTimesContract):
    """Every test of the contract on DuckLake."""

    @pytest.fixture
    def store(self, empty_store: DuckLakeStore) -> DuckLakeStore:
        return empty_store
