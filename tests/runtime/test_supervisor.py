"""The supervisor: starts in order, restarts after a crash, stops everything, one per folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from qingtian.domain.errors import Conflict, Unavailable
from qingtian.runtime.supervisor import ChildSpec, Supervisor, answers, free_port, port_is_free

SERVER = (
    "import socket,sys;s=socket.socket();s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1);"
    "s.bind(('127.0.0.1',int(sys.argv[1])));s.listen()\nwhile 1:s.accept()"
)


def server(name: str, port: int) -> ChildSpec:
    return ChildSpec(name, [sys.executable, "-c", SERVER, str(port)], port=("127.0.0.1", port), ready_timeout_s=20)


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def test_children_are_ready_after_start_and_gone_after_stop(tmp_path: Path) -> None:
    ports = [free_port(), free_port()]
    supervisor = Supervisor(tmp_path, [server("a", ports[0]), server("b", ports[1])])
    supervisor.start()
    assert all(answers("127.0.0.1", port) for port in ports)
    supervisor.stop()
    assert all(port_is_free("127.0.0.1", port) for port in ports)
    assert not list(tmp_path.glob("*.pid"))


def test_a_killed_child_comes_back_and_the_terminal_says_so(tmp_path: Path) -> None:
    port, said = free_port(), list[str]()
    supervisor = Supervisor(tmp_path, [server("a", port)], say=said.append)
    supervisor.start()
    runner = threading.Thread(target=supervisor.run)
    runner.start()
    try:
        first = supervisor.pid_of("a")
        assert first is not None
        os.kill(first, signal.SIGKILL)
        until(lambda: supervisor.pid_of("a") not in (None, first))
        until(lambda: answers("127.0.0.1", port))
        assert any(line.startswith("a ended with code -9") for line in said)
    finally:
        supervisor.request_stop()
        runner.join(30)
    assert not runner.is_alive()
    assert port_is_free("127.0.0.1", port)


def test_a_child_that_dies_while_starting_shows_its_last_words(tmp_path: Path) -> None:
    spec = ChildSpec("bad", [sys.executable, "-c", "raise SystemExit('no luck')"], port=("127.0.0.1", free_port()))
    supervisor = Supervisor(tmp_path, [spec])
    with pytest.raises(Unavailable, match="no luck"):
        supervisor.start()
    supervisor.stop()


def test_a_silent_child_is_reported(tmp_path: Path) -> None:
    spec = ChildSpec(
        "mute",
        [sys.executable, "-c", "import time;time.sleep(60)"],
        port=("127.0.0.1", free_port()),
        ready_timeout_s=0.5,
    )
    supervisor = Supervisor(tmp_path, [spec])
    with pytest.raises(Unavailable, match="does not answer"):
        supervisor.start()
    supervisor.stop()


def test_two_supervisors_never_share_a_folder(tmp_path: Path) -> None:
    first = Supervisor(tmp_path, [])
    first.start()
    with pytest.raises(Conflict) as caught:
        Supervisor(tmp_path, []).start()
    assert caught.value.field == "data_dir"
    first.stop()
    second = Supervisor(tmp_path, [])
    second.start()
    second.stop()


def test_what_a_killed_supervisor_left_behind_is_ended(tmp_path: Path) -> None:
    orphan = subprocess.Popen([sys.executable, "-c", "import time;time.sleep(60)", "qingtian"])
    (tmp_path / "a.pid").write_text(str(orphan.pid), "utf-8")
    port = free_port()
    supervisor = Supervisor(tmp_path, [server("a", port)])
    reaper = threading.Thread(target=orphan.wait)
    reaper.start()
    supervisor.start()
    reaper.join(20)
    assert orphan.returncode == -signal.SIGTERM
    supervisor.stop()
