"""Nobody takes files away while a backup copies them."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from qingtian.domain.errors import Conflict
from qingtian.runtime.holding import hold, may_change

HOLDER = """
import sys, time
from pathlib import Path
from qingtian.runtime.holding import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_changes_wait_for_a_backup_and_not_for_each_other(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with may_change(lake) as first, may_change(lake) as second:
        assert first and second
    with hold(lake), may_change(lake) as free:
        assert not free
    with may_change(lake) as free:
        assert free


def test_a_backup_waits_for_a_change_under_way(tmp_path: Path) -> None:
    lake, ended = tmp_path / "lake", threading.Event()

    def change() -> None:
        with may_change(lake) as free:
            assert free
            begun.set()
            time.sleep(0.3)
            ended.set()

    begun = threading.Event()
    thread = threading.Thread(target=change)
    thread.start()
    begun.wait(5)
    with hold(lake, wait_s=10):
        assert ended.is_set()
    thread.join()


def test_a_change_that_does_not_end_is_named(tmp_path: Path) -> None:
    with (
        may_change(tmp_path / "lake"),
        pytest.raises(Conflict, match="changes or backs up") as caught,
        hold(tmp_path / "lake", wait_s=0.1),
    ):
        pass
    assert caught.value.remedy


def test_a_killed_backup_holds_nothing(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(lake)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    with may_change(lake) as free:
        assert not free
    process.kill()
    process.communicate()
    with may_change(lake) as free:
        assert free


def test_other_folders_are_not_concerned(tmp_path: Path) -> None:
    with hold(tmp_path / "lake"), may_change(tmp_path / "spool") as free:
        assert free
