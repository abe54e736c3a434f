"""`qingtian backup` and `qingtian restore` as an operator types them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.ops.house import House

from qingtian.runtime.backup import Repository
from qingtian.runtime.backup.record import read_record
from qingtian.runtime.postgres import pgdata_path, stop_embedded

SECRET = "a-secret-of-forty-characters-or-somewhat-more"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="qt-ops-"))
    (folder / "qingtian.toml").write_text(f'secret_key = "{SECRET}"\ngateway_port = 9999\n', "utf-8")
    made = House(folder, config=str(folder / "qingtian.toml"))
    made.prepare(2)
    yield made
    for data in (made.data, folder / "new" / "var"):
        stop_embedded(pgdata_path(data))
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def backups(house: House) -> Path:
    """Three backups, the oldest thinned out."""
    folder = house.data.parent / "backups"
    first = house.command("backup", str(folder))
    assert first.stdout.startswith("backup 20") and "on the disk of the data" in first.stderr
    house.command("backup", str(folder))
    told = json.loads(house.command("backup", str(folder), "--keep", "2", "--json").stdout)
    assert len(told["removed"]) == 1 and told["same_disk"] is True
    return folder


def test_the_list_shows_what_is_kept(house: House, backups: Path) -> None:
    lines = house.command("backup", str(backups), "--list").stdout.splitlines()
    names = [line.split()[0] for line in lines]
    assert names == Repository(backups).names() and len(names) == 2
    rows = [json.loads(line) for line in house.command("backup", str(backups), "--list", "--json").stdout.splitlines()]
    assert [row["name"] for row in rows] == names
    assert all(row["files"] == 27 for row in rows), rows  # dump, configuration, evidence
    assert all(row["bytes"] > row["new_bytes"] >= 0 for row in rows), rows  # the same dump again takes no room


def test_the_record_tells_the_last_one(house: House, backups: Path) -> None:
    record = read_record(house.data)
    assert record.name == Repository(backups).names()[-1]
    assert (record.error, record.running, record.folder) == ("", 0, str(backups))
    assert record.made_at == Repository(backups).manifest().made_at


def test_a_failure_is_one_line_and_is_remembered(house: House, backups: Path) -> None:
    failed = house.command("backup", str(house.data / "backups"), code=2)
    (line,) = [line for line in failed.stderr.splitlines() if line.startswith("error ")]
    assert "lies in the data folder" in line and "(" in line and "Traceback" not in failed.stderr
    record = read_record(house.data)
    assert "lies in the data folder" in record.error
    assert record.name == Repository(backups).names()[-1]  # the last good one stays known
    nowhere = house.command("backup", code=2)
    assert "backup_folder" in nowhere.stderr


def test_verify_reads_every_byte(house: House, backups: Path) -> None:
    assert "is whole" in house.command("backup", str(backups), "--verify").stdout
    repository = Repository(backups)
    manifest = repository.manifest()
    path = repository.object_path(manifest.files[0].sha256)
    content = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        found = house.command("backup", str(backups), "--verify", code=1).stdout
        told = json.loads(house.command("backup", str(backups), "--verify", "--json", code=1).stdout)
    finally:
        path.write_bytes(content)
    assert "database.dump: its bytes were changed" in found and "DAMAGED in 1 files" in found
    assert len(told["problems"]) == 1


def test_a_drill_compares_and_leaves_nothing_behind(house: House, backups: Path, tmp_path: Path) -> None:
    house.environment["QINGTIAN_DRILL_DIR"] = "/tmp"
    before = set(Path("/tmp").glob("qt-drill-*"))
    told = json.loads(house.command("restore", str(backups), "--drill", "--json").stdout)
    assert (told["differences"], told["same_secret"], told["migrations_applied"]) == ([], True, 0)
    assert told["tables"]["public.registry_registryobject"] == 4
    assert set(Path("/tmp").glob("qt-drill-*")) == before


def test_a_restore_with_another_secret_says_what_stays_closed_and_where_it_lies(house: House, backups: Path) -> None:
    other = House(house.data.parent / "new", secret_key="another-secret-of-forty-characters-or-more")
    done = other.command("restore", str(backups))
    assert "is back in" in done.stdout and "secret_key is not the one" in done.stderr
    kept = other.data / "restored-configuration" / "0000-qingtian.toml"
    assert SECRET in kept.read_text("utf-8") and str(kept.parent) in done.stderr
    refused = other.command("restore", str(backups), code=2)
    assert "not empty" in refused.stderr and "Traceback" not in refused.stderr


def test_a_cancelled_backup_keeps_nothing_and_frees_its_locks(house: House, backups: Path) -> None:
    names = Repository(backups).names()
    (house.data / "big").mkdir(exist_ok=True)
    large = house.data / "big" / "file"
    with large.open("wb") as file:
        file.truncate(3 << 30)  # sparse: long enough to be cancelled, no room on the disk here
    process = subprocess.Popen(
        [sys.executable, "-m", "qingtian", "backup", str(backups)],
        env=house.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not any(path.stat().st_size > 1 << 20 for path in _under_way(backups)):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.02)
        assert read_record(house.data).running == process.pid
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
        large.unlink()
    assert process.returncode == 130 and "cancelled" in said and "Traceback" not in said
    assert not list(_under_way(backups)) and Repository(backups).names() == names
    assert read_record(house.data).error == "it was cancelled"
    house.command("backup", str(backups))
    assert read_record(house.data).error == ""


def _under_way(backups: Path) -> list[Path]:
    return [path for path in (backups / "objects").glob(".new-*") if os.path.exists(path)]
