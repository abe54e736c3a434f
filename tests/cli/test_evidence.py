"""`qingtian evidence`: what it says of chains that are whole and of one that is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.apps.cases.walking import opened
from tests.apps.city import outlet
from tests.apps.evidence.test_evidence import PDF, attach

from qingtian.apps.evidence import content_store as stores
from qingtian.apps.evidence.custody import log_of
from qingtian.apps.evidence.storage.local import LocalStore
from qingtian.apps.evidence.subjects import of_case
from qingtian.cli import evidence
from qingtian.domain.errors import InvalidInput

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalStore:
    found = LocalStore(tmp_path / "evidence", max_bytes=64 * 1024)
    monkeypatch.setattr(stores, "override", found)
    monkeypatch.setattr("qingtian.cli.django.setup_django", lambda: None)
    return found


def test_it_checks_everything_and_names_what_is_broken(store: LocalStore) -> None:
    case = opened(outlet())
    attach(case)
    second = attach(case, PDF + b"2")
    whole = CliRunner().invoke(evidence.command, ["verify"])
    assert (whole.exit_code, whole.output) == (0, "1 chains, 0 daily roots: intact\n")
    path = store.path_of(second.sha256)
    path.chmod(0o600)
    path.write_bytes(b"forged")
    broken = CliRunner().invoke(evidence.command, ["verify"])
    assert (broken.exit_code, broken.output.splitlines()[0]) == (1, f"{case.number} item 1: file_changed")


def test_it_moves_files_to_another_store(store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = opened(outlet())
    item = attach(case)
    other = LocalStore(tmp_path / "other", max_bytes=64 * 1024)
    monkeypatch.setattr(stores, "store_named", lambda name: {"local": store, "s3": other}[name])
    done = CliRunner().invoke(evidence.command, ["move", "--to", "s3"])
    assert done.exit_code == 0, done.output
    assert "1 files, 1 copied" in done.output and other.digest(item.sha256) == item.sha256
    assert [one.act for one in log_of(of_case(case.pk))] == ["moved"]


def test_a_move_needs_two_stores(store: LocalStore) -> None:
    done = CliRunner().invoke(evidence.command, ["move", "--to", "local"])
    assert isinstance(done.exception, InvalidInput) and done.exception.field == "to"
