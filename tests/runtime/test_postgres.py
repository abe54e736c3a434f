"""The embedded database: up in seconds, private, back after a kill."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from qingtian.domain.errors import Unavailable
from qingtian.runtime.postgres import ensure_embedded, ensure_postgres, stop_embedded
from qingtian.runtime.postgres_pid import drop_remains, pid_lines, server_pid, server_runs
from qingtian.runtime.settings import load_settings


@pytest.fixture
def pgdata() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="qt-pg-"))
    yield folder / "postgres"
    stop_embedded(folder / "postgres")
    shutil.rmtree(folder, ignore_errors=True)


def test_it_starts_keeps_data_over_a_stop_and_is_private(pgdata: Path) -> None:
    url = ensure_embedded(pgdata)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (x int)")
        version = connection.info.server_version
    assert version >= 180000
    assert pgdata.stat().st_mode & 0o077 == 0
    stop_embedded(pgdata)
    with psycopg.connect(ensure_embedded(pgdata)) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_it_comes_back_after_kill_9(pgdata: Path) -> None:
    url = ensure_embedded(pgdata)
    pid = server_pid(pgdata)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    with psycopg.connect(ensure_embedded(pgdata)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert url == ensure_embedded(pgdata)


LOCKS = ("postmaster.pid", ".s.PGSQL.5432.lock")


def cut_short(pgdata: Path) -> None:
    """The server is killed before it has written its state: the last of eight lines is not there."""
    (pgdata / "postmaster.pid").write_text("\n".join(pid_lines(pgdata)[:7]) + "\n", "utf-8")


def emptied(pgdata: Path) -> None:
    """Killed between making the files and writing them, or the machine lost power then."""
    for name in LOCKS:
        (pgdata / name).write_text("", "utf-8")


def filled_with_zeros(pgdata: Path) -> None:
    """What some file systems make of a file that was not yet on the disk when the power went."""
    for name in LOCKS:
        (pgdata / name).write_bytes(bytes(64) + b"\xff")


def reused(pgdata: Path) -> None:
    """The machine has started again, and the number belongs to another program (here: to this one)."""
    for name in LOCKS:
        lines = (pgdata / name).read_text("utf-8").splitlines()
        (pgdata / name).write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n", "utf-8")


def users_cut_short(pgdata: Path) -> None:
    """The package's list of users was being written on a full disk."""
    (pgdata / ".handle_pids.json").write_text("", "utf-8")


@pytest.mark.parametrize("leave", [cut_short, emptied, filled_with_zeros, reused, users_cut_short])
def test_it_comes_back_over_what_a_killed_server_leaves(pgdata: Path, leave: Callable[[Path], None]) -> None:
    with psycopg.connect(ensure_embedded(pgdata), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS x")
    kill_server(pgdata)
    leave(pgdata)
    assert not server_runs(pgdata)
    with psycopg.connect(ensure_embedded(pgdata)) as connection:
        assert connection.execute("SELECT x FROM kept").fetchone() == (7,)


def test_it_comes_up_when_it_is_killed_twice_while_it_starts(pgdata: Path) -> None:
    ensure_embedded(pgdata)
    kill_server(pgdata)
    (pgdata / "postmaster.pid").unlink()
    killed: list[int] = []

    def kill_two() -> None:
        deadline = time.monotonic() + 30
        while len(killed) < 2 and time.monotonic() < deadline:
            pid = server_pid(pgdata)
            if pid is not None and pid not in killed:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
            time.sleep(0.001)

    killer = threading.Thread(target=kill_two)
    killer.start()
    ensure_embedded(pgdata)
    killer.join()
    with psycopg.connect(ensure_embedded(pgdata)) as connection:  # the last kill may have come after the start
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert len(killed) == 2


def test_a_first_start_that_is_killed_does_not_spoil_the_folder(pgdata: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from qingtian.runtime.postgres import ensure_embedded\n"
        "ensure_embedded(Path(sys.argv[1]))"
    )
    started = subprocess.Popen([sys.executable, "-c", code, str(pgdata)], start_new_session=True)
    making = pgdata.with_name("postgres.new")
    deadline = time.monotonic() + 60
    while not (making / "PG_VERSION").exists():
        assert time.monotonic() < deadline
        time.sleep(0.001)
    os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    with psycopg.connect(ensure_embedded(pgdata)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not making.exists()


def test_a_volume_of_its_own_is_filled_in_place(pgdata: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pgdata.mkdir()
    inode = pgdata.stat().st_ino
    monkeypatch.setattr(Path, "is_mount", lambda path: path == pgdata)
    with psycopg.connect(ensure_embedded(pgdata)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert pgdata.stat().st_ino == inode


def test_a_server_that_works_keeps_its_pid_file(pgdata: Path) -> None:
    ensure_embedded(pgdata)
    whole = (pgdata / "postmaster.pid").read_text("utf-8")
    emptied(pgdata)  # as it is for a moment when another process starts the server
    assert drop_remains(pgdata, pgdata) == []
    assert (pgdata / "postmaster.pid").exists()
    (pgdata / "postmaster.pid").write_text(whole, "utf-8")


def test_another_programs_number_is_not_told_to_stop(pgdata: Path) -> None:
    ensure_embedded(pgdata)
    kill_server(pgdata)
    with subprocess.Popen(["sleep", "60"]) as other:
        lines = [str(other.pid), *pid_lines(pgdata)[1:]]
        (pgdata / "postmaster.pid").write_text("\n".join(lines), "utf-8")
        stop_embedded(pgdata)
        assert other.poll() is None
        other.kill()


def kill_server(pgdata: Path) -> None:
    pid = server_pid(pgdata)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while server_runs(pgdata):  # its children hold the socket until they see that it is gone
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_long_path_puts_the_socket_elsewhere_but_never_in_the_open(pgdata: Path) -> None:
    deep = pgdata.parent / ("d" * 90) / "postgres"
    for _ in range(2):
        url = ensure_embedded(deep)
        folder = Path(str(psycopg.conninfo.conninfo_to_dict(url)["host"]))
        assert folder != deep
        assert folder.stat().st_mode & 0o077 == 0
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        stop_embedded(deep)


def test_stopping_twice_is_harmless(pgdata: Path) -> None:
    stop_embedded(pgdata)
    ensure_embedded(pgdata)
    stop_embedded(pgdata)
    stop_embedded(pgdata)


def test_a_server_that_does_not_answer_is_named() -> None:
    settings = load_settings(database_url="postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Unavailable) as caught:
        ensure_postgres(settings)
    assert caught.value.field == "database_url"
    assert caught.value.remedy
