"""The supervisor at its edges: back-off over several crashes, start and stop order, impatience, stubborn children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qingtian.domain.errors import Conflict
from qingtian.runtime import supervisor as module
from qingtian.runtime.supervisor import ChildSpec, Supervisor, answers, free_port, port_is_free, qingtian_argv

SLEEPER = "import time\nwhile 1: time.sleep(60)"
STUBBORN = "import signal,sys,time\nsignal.signal(15,signal.SIG_IGN)\nprint('deaf',flush=True)\nwhile 1: time.sleep(60)"


class Hands:
    """A clock that is moved by hand; sleeping moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.now += seconds


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    clock = Hands()
    monkeypatch.setattr(module, "time", clock)
    return clock


def python(name: str, code: str, *arguments: str) -> ChildSpec:
    return ChildSpec(name, [sys.executable, "-c", code, *arguments])


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(path: Path, text: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists() or text not in path.read_text("utf-8"):
        assert time.monotonic() < deadline, f"{text!r} never came"
        time.sleep(0.02)


class Crashing:
    """A supervisor of one child that ends at once, looked after step by step."""

    def __init__(self, folder: Path) -> None:
        self.said: list[str] = []
        self.supervisor = Supervisor(folder, [python("a", "raise SystemExit(3)")], say=self.said.append)
        (self.child,) = self.supervisor._children

    def crash(self) -> None:
        """Let the child end and be noticed."""
        assert self.child.process is not None
        self.child.process.wait(30)
        self.supervisor._look_after(self.child)

    def delays(self) -> list[float]:
        """Waiting times that the terminal was told."""
        return [float(line.split(" in ")[1].removesuffix(" s")) for line in self.said]


@pytest.fixture
def crashing(tmp_path: Path, hands: Hands) -> Iterator[Crashing]:
    made = Crashing(tmp_path)
    made.supervisor.start()
    yield made
    made.supervisor.stop()


def test_each_further_crash_waits_twice_as_long_up_to_half_a_minute(crashing: Crashing, hands: Hands) -> None:
    for _ in range(9):
        crashing.crash()
        restart_at = crashing.child.restart_at
        assert restart_at is not None
        hands.now = restart_at
        crashing.supervisor._look_after(crashing.child)
    assert crashing.delays() == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert all(line.startswith("a ended with code 3; starting it again") for line in crashing.said)


def test_nothing_is_started_before_its_time(crashing: Crashing, hands: Hands) -> None:
    crashing.crash()
    crashing.crash()
    first = crashing.child.process
    hands.now += 0.4
    crashing.supervisor._look_after(crashing.child)
    assert crashing.child.process is first
    hands.now += 0.1
    crashing.supervisor._look_after(crashing.child)
    assert crashing.child.process is not first
    assert len(crashing.said) == 1


def test_a_child_that_ran_well_for_a_while_starts_with_a_short_wait_again(crashing: Crashing, hands: Hands) -> None:
    for stay in (0, 0, 29.9, 30.1, 0):
        hands.now += stay
        crashing.crash()
        assert crashing.child.restart_at is not None
        hands.now = crashing.child.restart_at
        crashing.supervisor._look_after(crashing.child)
    assert crashing.delays() == [0.5, 1, 2, 0.5, 1]


def test_one_that_crashes_does_not_disturb_the_other(tmp_path: Path, hands: Hands) -> None:
    supervisor = Supervisor(
        tmp_path, [python("good", SLEEPER), python("bad", "raise SystemExit(1)")], say=lambda _: None
    )
    supervisor.start()
    try:
        good = supervisor.pid_of("good")
        bad = supervisor._children[1]
        assert bad.process is not None
        bad.process.wait(30)
        for child in supervisor._children * 3:
            supervisor._look_after(child)
        assert supervisor.pid_of("good") == good
        assert supervisor.pid_of("bad") is None
        assert supervisor.pid_of("nobody") is None
    finally:
        supervisor.stop()


NOTING = """
import signal, sys, time
def note(word):
    with open(sys.argv[1], "a") as file: file.write(f"{word} {sys.argv[2]}\\n")
def end(*_):
    note("stop"); sys.exit(0)
signal.signal(15, end)
note("start")
import socket
server = socket.create_server(("127.0.0.1", int(sys.argv[3])))
while 1: time.sleep(60)
"""


def test_children_start_in_order_and_stop_in_reverse(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    specs = []
    for name in ("a", "b", "c"):
        port = free_port()
        argv = [sys.executable, "-c", NOTING, str(diary), name, str(port)]
        specs.append(ChildSpec(name, argv, port=("127.0.0.1", port), ready_timeout_s=30))
    supervisor = Supervisor(tmp_path / "run", specs)
    supervisor.start()
    supervisor.stop()
    assert diary.read_text("utf-8").split("\n")[:-1] == ["start a", "start b", "start c", "stop c", "stop b", "stop a"]


def test_a_child_that_does_not_listen_is_killed_after_the_grace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STOP_GRACE_S", 0.2)
    supervisor = Supervisor(tmp_path, [python("deaf", STUBBORN)])
    supervisor.start()
    wait_for(tmp_path / "deaf.log", "deaf")
    process = supervisor._children[0].process
    supervisor.stop()
    assert process is not None and process.returncode == -signal.SIGKILL


def test_stopping_before_the_start_starts_nothing(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, [python("a", SLEEPER)])
    supervisor.request_stop()
    supervisor.start()
    assert supervisor.pid_of("a") is None
    supervisor.stop()
    supervisor.stop()


def test_the_folder_is_free_again_after_a_start_that_failed(tmp_path: Path) -> None:
    first = Supervisor(tmp_path, [])
    first.start()
    second = Supervisor(tmp_path, [])
    with pytest.raises(Conflict):
        second.start()
    second.stop()
    with pytest.raises(Conflict):
        Supervisor(tmp_path, []).start()
    first.stop()
    third = Supervisor(tmp_path, [])
    third.start()
    third.stop()


def test_who_only_claimed_a_folder_holds_it_and_can_start_in_it(tmp_path: Path) -> None:
    first = Supervisor(tmp_path, [python("a", SLEEPER)])
    first.claim()
    with pytest.raises(Conflict) as error:
        Supervisor(tmp_path, []).claim()
    assert (error.value.field, bool(error.value.remedy)) == ("data_dir", True)
    first.claim()
    first.start()
    assert first.pid_of("a") is not None
    first.stop()


def test_who_was_refused_a_folder_takes_no_pid_file_away_when_it_stops(tmp_path: Path) -> None:
    first = Supervisor(tmp_path, [python("a", SLEEPER)])
    first.start()
    second = Supervisor(tmp_path, [python("a", SLEEPER)])
    with pytest.raises(Conflict):
        second.start()
    second.stop()
    assert (tmp_path / "a.pid").read_text("utf-8") == str(first.pid_of("a"))
    first.stop()
    assert not (tmp_path / "a.pid").exists()


@pytest.mark.parametrize("content", ["", "soon", "-5", "999999999", "0"])
def test_a_pid_file_that_names_no_process_of_ours_harms_nobody(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.pid").write_text(content, "utf-8")
    supervisor = Supervisor(tmp_path, [python("a", SLEEPER)])
    supervisor.start()
    assert supervisor.pid_of("a") is not None
    supervisor.stop()


def test_a_stranger_who_got_the_number_of_an_old_child_lives_on(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", SLEEPER], cwd="/")
    try:
        (tmp_path / "a.pid").write_text(str(stranger.pid), "utf-8")
        if b"qingtian" not in Path(f"/proc/{stranger.pid}/cmdline").read_bytes():
            module._end_orphan(tmp_path / "a.pid")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


IMPATIENT = """
import sys
from pathlib import Path
from qingtian.runtime.supervisor import ChildSpec, Supervisor, stop_on_signals
folder = Path(sys.argv[1])
supervisor = Supervisor(folder, [ChildSpec("deaf", [sys.executable, "-c", sys.argv[2]])])
stop_on_signals(supervisor)
try:
    supervisor.start()
    print("up", flush=True)
    supervisor.run()
finally:
    supervisor.stop()
print("stopped", flush=True)
"""


def impatient(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", IMPATIENT, str(folder), STUBBORN],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_second_ctrl_c_kills_the_child_that_keeps_it_waiting_and_leaves_no_orphan(tmp_path: Path) -> None:
    process = impatient(tmp_path)
    wait_for(tmp_path / "deaf.log", "deaf")
    child = int((tmp_path / "deaf.pid").read_text("utf-8"))
    process.send_signal(signal.SIGINT)
    time.sleep(0.7)
    assert alive(child) and process.poll() is None
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=10)  # far less than the grace of 15 s
        assert not alive(child)
    finally:
        process.kill()
        if alive(child):
            os.kill(child, signal.SIGKILL)
    assert (process.returncode, out.split()[-1], err) == (0, "stopped", "")
    assert not (tmp_path / "deaf.pid").exists()


def test_who_was_killed_with_a_second_sigterm_is_cleaned_up_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = [sys.executable, "-c", STUBBORN, "qingtian"]
    orphan = subprocess.Popen(spec, stdout=subprocess.PIPE)
    assert orphan.stdout is not None and orphan.stdout.readline() == b"deaf\n"
    orphan.stdout.close()
    (tmp_path / "a.pid").write_text(str(orphan.pid), "utf-8")
    monkeypatch.setattr(module, "STOP_GRACE_S", 0.3)
    reaper = threading.Thread(target=orphan.wait)
    reaper.start()
    module._end_orphan(tmp_path / "a.pid")
    reaper.join(20)
    assert orphan.returncode == -signal.SIGKILL


def test_a_port_in_use_is_neither_free_nor_silent() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert answers("127.0.0.1", port)
        assert not port_is_free("127.0.0.1", port)
    assert port_is_free("127.0.0.1", free_port())
    assert qingtian_argv("serve", "--port", "0")[1:] == ["-m", "qingtian", "serve", "--port", "0"]


CHATTY = "import sys,time\nwhile 1:\n    print('line ' * 200, flush=True)\n    time.sleep(0.001)"


def test_a_log_that_grows_too_long_begins_anew_while_its_process_goes_on(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, [python("chatty", CHATTY)], say=lambda _: None)
    supervisor.start()
    try:
        (child,) = supervisor._children
        log, old = tmp_path / "chatty.log", tmp_path / "chatty.log.1"
        wait_for(log, "line")
        assert not child.trim_log()
        deadline = time.monotonic() + 30
        while log.stat().st_size < 50_000:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert child.trim_log(50_000 - 1)
        assert old.stat().st_size >= 50_000
        assert log.stat().st_size < old.stat().st_size
        wait_for(log, "line")  # the same process writes on, at the new end: no hole of zeros
        assert b"\0" not in log.read_bytes()
    finally:
        supervisor.stop()


def test_logs_are_looked_at_now_and_then(tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(module._Child, "trim_log", lambda self, most=0: looked.append(self.spec.name))
    supervisor = Supervisor(tmp_path, [python("a", SLEEPER), python("b", SLEEPER)], say=lambda _: None)
    for seconds, wanted in ((module.LOG_LOOK_S - 1, []), (1, ["a", "b"]), (5, ["a", "b"]), (30, ["a", "b"] * 2)):
        hands.now += seconds
        supervisor._trim_logs()
        assert looked == wanted
