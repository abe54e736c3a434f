"""The commands of an operator, one after the other, as real processes on one fresh deployment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from qingtian.runtime.clock import clock_path
from qingtian.runtime.postgres import ensure_embedded, pgdata_path, stop_embedded
from qingtian.telemetry.spool import SpoolWriter, spool_path

PASSWORD = "corn-lantern-forty-two"


class Deployment:
    """A data folder and the command line that works on it."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "var"

    def run(self, *arguments: str, answers: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        """One command."""
        return subprocess.run(
            [sys.executable, "-m", "qingtian", *arguments],
            env={**os.environ, "QINGTIAN_DATA_DIR": str(self.data), "QINGTIAN_MODE": "dev", **env},
            input=answers,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """What the database holds."""
        with psycopg.connect(ensure_embedded(pgdata_path(self.data))) as connection:
            return connection.execute(sql).fetchall()  # type: ignore[call-overload,no-any-return]


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    folder = Path(tempfile.mkdtemp(prefix="qt-ops-"))
    made = Deployment(folder)
    migrated = made.run("migrate")
    assert (migrated.returncode, migrated.stdout.splitlines()[-1]) == (0, "database is up to date"), migrated.stderr
    yield made
    stop_embedded(pgdata_path(made.data))
    shutil.rmtree(folder, ignore_errors=True)


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    """The error of a command, which is one line and no traceback."""
    assert result.returncode == 2, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("error ")]
    return line


def test_migrating_again_changes_nothing(deployment: Deployment) -> None:
    before = deployment.rows("SELECT count(*) FROM django_migrations")
    assert "No migrations to apply" in deployment.run("migrate").stdout
    assert deployment.rows("SELECT count(*) FROM django_migrations") == before


def test_an_account_is_made_listed_changed_and_told_in_the_journal(deployment: Deployment) -> None:
    made = deployment.run(
        *("user", "create", "wang", "--role", "handler:420107", "--role", "enterprise_user::E-1"),
        *("--display-name", "王五"),
        answers=f"{PASSWORD}\n{PASSWORD}\n",
    )
    assert made.returncode == 0 and "created wang" in made.stdout, made.stderr
    assert PASSWORD not in made.stdout + made.stderr
    listed = deployment.run("user", "list").stdout.split()
    assert listed == ["wang", "handler:420107,", "enterprise_user:E-1"]
    changed = deployment.run("user", "set", "wang", "--inactive")
    assert changed.returncode == 0, changed.stderr
    assert "(inactive)" in deployment.run("user", "list").stdout
    events = deployment.rows("SELECT type, actor, payload::text FROM journal_event ORDER BY seq")
    assert [(type_, who) for type_, who, _ in events] == [("user.created", "system"), ("user.changed", "system")]
    assert not any(PASSWORD in str(payload) for *_, payload in events)
    ((stored,),) = deployment.rows("SELECT password FROM accounts_user")
    assert PASSWORD not in str(stored) and len(str(stored)) > 50


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("user", "create", "li", "--role", "king", "--password", PASSWORD), "no role king"),
        (("user", "create", "li", "--role", "inspector", "--password", PASSWORD), "card_number"),
        (("user", "create", "li", "--role", "handler", "--password", "short"), "password"),
        (("user", "create", "system", "--role", "handler", "--password", PASSWORD), "username"),
        (("user", "set", "ghost", "--inactive"), "no user ghost"),
    ],
)
def test_a_refused_account_is_one_line_with_its_remedy(
    deployment: Deployment, arguments: tuple[str, ...], said: str
) -> None:
    before = deployment.rows("SELECT count(*) FROM accounts_user")
    line = one_line(deployment.run(*arguments))
    assert said in line and "(" in line
    assert deployment.rows("SELECT count(*) FROM accounts_user") == before


def test_the_archive_is_shown_verified_and_its_damage_named(deployment: Deployment) -> None:
    empty = deployment.run("spool", "verify")
    assert (empty.returncode, empty.stdout) == (
        0,
        "0 segments (0 compressed, 0 trimmed), 0 frames, 0 bytes of frames\n",
    )
    writer = SpoolWriter(spool_path(deployment.data))
    at = datetime(2025, 11, 22, tzinfo=UTC)
    places = [writer.append_and_wait(b"frame %d" % number, received_at=at) for number in range(3)]
    writer.close()
    counted, chained = deployment.run("spool", "verify").stdout.splitlines()
    assert counted == "1 segments (0 compressed, 0 trimmed), 3 frames, 21 bytes of frames"
    assert chained.startswith("4 links of the hash chain hold; head ")
    shown = json.loads(deployment.run("spool", "show", f"{places[1].segment}:{places[1].offset}").stdout)
    assert (shown["frame"], datetime.fromisoformat(shown["received_at"])) == ("frame 1", at)
    assert json.loads(deployment.run("spool", "show", shown["sha256"]).stdout) == shown
    assert "PLACE" in one_line(deployment.run("spool", "show", "nowhere"))
    (segment,) = [path for path in spool_path(deployment.data).rglob("*") if places[0].segment in path.name]
    content = bytearray(segment.read_bytes())
    content[content.index(b"frame 1")] ^= 1
    segment.chmod(0o600)
    segment.write_bytes(content)
    broken = deployment.run("spool", "verify")
    assert broken.returncode == 1
    assert f"DAMAGED: segment {places[1].segment} offset {places[1].offset}" in broken.stdout
    assert "restore the segments" in broken.stderr


def test_a_check_leaves_a_running_database_alone_and_names_a_broken_clock(deployment: Deployment) -> None:
    pid_file = pgdata_path(deployment.data) / "postmaster.pid"
    before = pid_file.read_text("utf-8").split()[0]
    clock_path(deployment.data).write_text("{", "utf-8")
    try:
        result = deployment.run("check", "--json")
    finally:
        clock_path(deployment.data).unlink()
    checks = {row["name"]: row for row in map(json.loads, result.stdout.splitlines())}
    assert result.returncode == 1
    assert {name for name, row in checks.items() if row["level"] == "error"} == {"clock"}
    assert checks["clock"]["remedy"] and "clock.json" in checks["clock"]["detail"]
    assert checks["database"]["level"] == "ok" and "embedded" in checks["database"]["detail"]
    assert all(row["remedy"] for row in checks.values() if row["level"] != "ok")
    assert pid_file.read_text("utf-8").split()[0] == before


def test_a_database_of_another_version_is_not_served(deployment: Deployment) -> None:
    app = "evidence"
    with psycopg.connect(ensure_embedded(pgdata_path(deployment.data)), autocommit=True) as connection:
        newest = "SELECT max(name) FROM django_migrations WHERE app = %s"
        (name,) = connection.execute(newest, [app]).fetchone() or ("",)
        connection.execute("DELETE FROM django_migrations WHERE app = %s AND name = %s", [app, name])
        try:
            line = one_line(deployment.run("serve", "--port", "0"))
        finally:
            connection.execute("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", [app, name])
    assert "lacks 1 migration" in line and "qingtian migrate" in line


def test_the_packs_need_no_database(tmp_path: Path) -> None:
    bare = Deployment(tmp_path)
    result = bare.run("packs", "list", "--json", "--match", "HJ 633-2012")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert rows and all(row["source"] and row["clause"] for row in rows)
    assert bare.run("packs", "check").returncode == 0
    assert not bare.data.exists()
