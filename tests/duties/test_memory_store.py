"""The store that the duties are tested with keeps the contract of the engines."""

from __future__ import annotations

import pytest
from tests.duties.memory_store import MemoryStore
from tests.telemetry.store_contract import StoreContract
from tests.telemetry.store_contract_expiry import ExpiryContract
from tests.telemetry.store_contract_figures import FigureContract
from tests.telemetry.store_contract_periods import PeriodContract
from tests.telemetry.store_contract_withdraw import WithdrawContract


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


class TestMemoryStoreKeepsTheContract(StoreContract, PeriodContract, FigureContract, ExpiryContract, WithdrawContract):
    """Every test of the contract."""
