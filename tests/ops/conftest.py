"""Folders for deployments with servers of their own (not below pytest's: see tests/telemetry/conftest.py)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qingtian.runtime.postgres import pgdata_path, stop_embedded


@pytest.fixture(scope="module")
def module_folder() -> Iterator[Path]:
    """A folder for the deployments of a module; every `*/var` in it is a data folder."""
    yield from _folder()


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """A folder for the deployments of a test."""
    yield from _folder()


def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="qt-ops-"))
    yield folder
    for data in folder.glob("*/var"):
        stop_embedded(pgdata_path(data))
    shutil.rmtree(folder, ignore_errors=True)
