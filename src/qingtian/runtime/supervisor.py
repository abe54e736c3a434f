"""Run the processes of a deployment in one terminal: start in order, restart after a crash, stop cleanly."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from qingtian.domain.errors import Conflict, Unavailable

STOP_GRACE_S = 15.0
STABLE_AFTER_S = 30.0
MAX_BACKOFF_S = 30.0
POLL_S = 0.1
MAX_LOG_BYTES = 64 * 1024 * 1024  # of each process, twice: the present one and the one before
LOG_LOOK_S = 30.0
_log = logging.getLogger(__name__)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """One process to keep running.

    Args:
        name: short name; also names its log file.
        argv: the command.
        env: variables added to the environment.
        port: (host, port) that answers when the process is ready.
        ready_timeout_s: how long that may take.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    port: tuple[str, int] | None = None
    ready_timeout_s: float = 60.0


def qingtian_argv(*arguments: str) -> list[str]:
    """The command line that runs a subcommand with this interpreter."""
    return [sys.executable, "-m", "qingtian", *arguments]


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that is free now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((host, port)) == 0


class _Child:
    """A spec and its running process."""

    def __init__(self, spec: ChildSpec, folder: Path) -> None:
        self.spec = spec
        self.pid_file = folder / f"{spec.name}.pid"
        self.log_path = folder / f"{spec.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.failures = 0
        self.restart_at: float | None = None
        self._log_file: IO[bytes] | None = None

    def start(self) -> None:
        """Start the process in a session of its own, so that Ctrl-C reaches only the supervisor."""
        if self._log_file is None:
            self._log_file = self.log_path.open("ab")
        self.process = subprocess.Popen(
            list(self.spec.argv),
            env={**os.environ, **self.spec.env},
            stdin=subprocess.DEVNULL,
            stdout=self._log_file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.pid_file.write_text(str(self.process.pid), "utf-8")
        self.started_at, self.restart_at = time.monotonic(), None

    def stop(self, grace_s: float) -> None:
        """Ask the process to end; kill it when it does not."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(grace_s)
            except subprocess.TimeoutExpired:
                _log.warning("%s did not stop in %.0f s and was killed", self.spec.name, grace_s)
                self._kill()
            except KeyboardInterrupt:  # a second Ctrl-C: do not wait for this one, but leave no orphan
                self._kill()
        if self.process is not None:  # else the file may belong to a child of another supervisor
            self.pid_file.unlink(missing_ok=True)
        if self._log_file is not None:
            self._log_file.close()
            self._log_file = None

    def _kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def trim_log(self, most: int = MAX_LOG_BYTES) -> bool:
        """Begin the log anew when it has grown too long; the old one stays as `.log.1` until the next time.

        The process goes on writing to the same file, so it is copied and emptied rather than renamed.
        """
        try:
            if self.log_path.stat().st_size <= most:
                return False
            with suppress(OSError):  # a full disk keeps no old log
                shutil.copyfile(self.log_path, self.log_path.with_suffix(".log.1"))
            os.truncate(self.log_path, 0)
        except OSError:
            return False
        return True

    def last_words(self, lines: int = 12) -> str:
        """The end of the log, for an error message."""
        with suppress(OSError):
            return "\n".join(self.log_path.read_text("utf-8", "replace").splitlines()[-lines:])
        return ""


class Supervisor:
    """Keeps the processes of one data folder running until told to stop.

    Args:
        run_dir: folder of the lock, pid and log files; one supervisor at a time may hold it.
        specs: processes in start order; they stop in reverse order.
        say: where progress lines go.
    """

    def __init__(self, run_dir: Path, specs: Sequence[ChildSpec], say: Say = print) -> None:
        self._run_dir = run_dir
        self._say = say
        run_dir.mkdir(parents=True, exist_ok=True)
        self._children = [_Child(spec, run_dir) for spec in specs]
        self._lock: IO[str] | None = None
        self._stopping = threading.Event()
        self._logs_looked = time.monotonic()

    def start(self) -> None:
        """Start every process and wait until each is ready.

        Raises:
            Conflict: if another supervisor runs on this folder.
            Unavailable: if a process ends or stays silent; shows the end of its log.
        """
        self.claim()
        for child in self._children:
            _end_orphan(child.pid_file)
        for child in self._children:
            if self._stopping.is_set():
                return
            child.start()
            self._wait_ready(child)

    def run(self) -> None:
        """Restart what crashes until `request_stop` or a signal; then stop everything."""
        try:
            while not self._stopping.wait(POLL_S):
                for child in self._children:
                    self._look_after(child)
                self._trim_logs()
        finally:
            self.stop()

    def request_stop(self, *_: object) -> None:
        """Make `run` return after stopping the processes."""
        self._stopping.set()

    def stop(self) -> None:
        """Stop every process, last started first, and give the folder free."""
        self._stopping.set()
        for child in reversed(self._children):
            child.stop(STOP_GRACE_S)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def pid_of(self, name: str) -> int | None:
        """Process id of a running child."""
        for child in self._children:
            if child.spec.name == name and child.process is not None and child.process.poll() is None:
                return child.process.pid
        return None

    def claim(self) -> None:
        """Take the folder; `start` does so too, but some work must not begin before.

        Raises:
            Conflict: if another supervisor runs on this folder.
        """
        if self._lock is not None:
            return
        lock = (self._run_dir / "supervisor.lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise Conflict(
                f"another Qingtian runs on {self._run_dir.parent}",
                field="data_dir",
                remedy="stop it, or give this one another data_dir",
            ) from error
        self._lock = lock

    def _trim_logs(self) -> None:
        now = time.monotonic()
        if now - self._logs_looked < LOG_LOOK_S:
            return
        self._logs_looked = now
        for child in self._children:
            child.trim_log()

    def _wait_ready(self, child: _Child) -> None:
        if child.spec.port is None:
            return
        deadline = time.monotonic() + child.spec.ready_timeout_s
        while not self._stopping.is_set():
            assert child.process is not None  # noqa: S101  it was started just now
            if child.process.poll() is not None:
                raise Unavailable(
                    f"{child.spec.name} ended with code {child.process.returncode} while starting:\n"
                    f"{child.last_words()}",
                    remedy=f"see {child.log_path}",
                )
            if answers(*child.spec.port):
                return
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"{child.spec.name} does not answer on port {child.spec.port[1]}",
                    remedy=f"see {child.log_path}",
                )
            time.sleep(POLL_S)

    def _look_after(self, child: _Child) -> None:
        now = time.monotonic()
        if child.restart_at is not None:
            if now >= child.restart_at:
                child.start()
            return
        if child.process is None or child.process.poll() is None:
            return
        child.failures = 1 if now - child.started_at > STABLE_AFTER_S else child.failures + 1
        delay = min(MAX_BACKOFF_S, 0.5 * 2 ** (child.failures - 1))
        child.restart_at = now + delay
        self._say(f"{child.spec.name} ended with code {child.process.returncode}; starting it again in {delay:.1f} s")


def _end_orphan(pid_file: Path) -> None:
    """End a process that an earlier supervisor left behind when it was killed."""
    try:
        pid = int(pid_file.read_text("utf-8"))
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return
    if b"qingtian" not in command:
        return
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        for _ in range(int(STOP_GRACE_S / POLL_S)):
            os.kill(pid, 0)
            time.sleep(POLL_S)
        os.kill(pid, signal.SIGKILL)


def stop_on_signals(supervisor: Supervisor) -> None:
    """Let Ctrl-C and SIGTERM stop a supervisor cleanly; a second Ctrl-C is taken as impatience."""

    def handle(number: int, frame: FrameType | None) -> None:
        supervisor.request_stop()
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)
