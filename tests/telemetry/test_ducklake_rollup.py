"""The embedded engine on means of hours, days, months and years."""

from __future__ import annotations

import pytest
from tests.telemetry.store_contract_figures import FigureContract
from tests.telemetry.store_contract_periods import PeriodContract
from tests.telemetry.store_contract_rollup import RollUpContract

from qingtian.telemetry.store.ducklake import DuckLakeStore


class TestDuckLakeKeepsTheContractOnRollUps(RollUpContract, PeriodContract, FigureContract):
    """Every test of the contract on DuckLake."""

    @pytest.fixture
    def store(self, empty_store: DuckLakeStore) -> DuckLakeStore:
        return empty_store
