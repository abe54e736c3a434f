"""Fixtures of the app tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.apps.city import account, outlet

from qingtian.apps.accounts.roles import Role
from qingtian.apps.evidence import content_store as stores
from qingtian.apps.evidence.storage.local import LocalStore
from qingtian.apps.registry.models import RegistryObject


@pytest.fixture
def stack(db: None) -> RegistryObject:
    """The air outlet of a registered enterprise."""
    return outlet()


@pytest.fixture
def approver_account(db: None) -> None:
    """The account behind the acceptor of the walks."""
    account("approve", Role.APPROVER)


@pytest.fixture(autouse=True)
def evidence_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Evidence files of a test go to its own folder."""
    folder = tmp_path / "evidence"
    monkeypatch.setattr(stores, "override", LocalStore(folder, max_bytes=64 * 1024))
    return folder
