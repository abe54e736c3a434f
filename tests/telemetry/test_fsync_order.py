"""The order of the system calls themselves: bytes and names are on the disk before anybody is told so.

`strace` watches real processes. Without it (another system) the same order is held by `test_spool.py` with a disk of our own.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CALLS = "openat,write,pwrite64,pwritev,writev,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,mkdir,sendto,sendmsg"
STORE = """
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.port import Cycle, Observation, SpoolPosition
at = datetime(2025, 1, 1, tzinfo=UTC)
store = DuckLakeStore(sys.argv[1], Path(sys.argv[2]))
for batch in range(3):
    rows = [
        Observation(f"S{number}", "a21026", Cycle.MINUTE, at + timedelta(days=batch, minutes=minute), Decimal(minute),
                    mark="N", frame_hash=f"{batch}-{number}-{minute}", received_at=at)
        for number in range(30) for minute in range(20)
    ]
    store.append(rows, progress=SpoolPosition("000000000001", batch))
store.append(rows[:3] and [rows[0].__class__("S-small", "a21026", Cycle.MINUTE, at, Decimal(1), received_at=at)])
store.compact()
store.close()
"""
SPOOL = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from qingtian.telemetry.spool.packing import pack_closed
from qingtian.telemetry.spool.writer import SpoolWriter
writer = SpoolWriter(Path(sys.argv[1]), segment_bytes=2000)
for number in range(12):
    writer.append_and_wait(b"frame %d" % number * 40, received_at=datetime(2025, 1, 1, tzinfo=UTC))
    sys.stdout.write(f"ACK {number}\\n")
    sys.stdout.flush()
writer.close()
pack_closed(Path(sys.argv[1]))
"""


@dataclass(frozen=True)
class Call:
    """One system call that succeeded."""

    name: str
    path: str  # of its file descriptor, or its first path
    text: str


def watched(tmp_path: Path, script: str, *arguments: str) -> list[Call]:
    """The calls of a process, in their order."""
    log = tmp_path / "calls"
    done = subprocess.run(
        [
            "strace",
            "-f",
            "-y",
            "-s",
            "400",
            "-e",
            f"trace={CALLS}",
            "-o",
            str(log),
            sys.executable,
            "-c",
            script,
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    calls: list[Call] = []
    begun: dict[str, str] = {}
    for line in log.read_text("utf-8", "replace").splitlines():
        pid, _, rest = line.partition(" ")
        rest = rest.lstrip()
        if rest.endswith("<unfinished ...>"):
            begun[pid] = rest.removesuffix("<unfinished ...>").rstrip()
            if not rest.startswith(("fsync", "fdatasync")):  # a write counts from its begin, a sync from its end
                calls += called(begun[pid] + ") = 0")
            continue
        if rest.startswith("<..."):
            start = begun.pop(pid, "")
            if start.startswith(("fsync", "fdatasync")):
                calls += called(start + rest.partition("resumed>")[2])
            continue
        calls += called(rest)
    return calls


def called(text: str) -> list[Call]:
    match = re.match(r"(\w+)\((.*)\)\s*= (-?\d+)", text)
    if match is None or match[3].startswith("-"):
        return []
    found = re.search(r"<(/[^>]*)>", match[2]) if not match[1].startswith(("rename", "unlink", "mkdir")) else None
    path = found[1] if found else next(iter(re.findall(r'"([^"]*)"', match[2])), "")
    return [Call(match[1], path, match[2])]


def last(calls: list[Call], wanted: Callable[[Call], bool], before: int) -> int:
    """Place of the last call of a kind before another one; -1 without any."""
    return max((place for place, call in enumerate(calls[:before]) if wanted(call)), default=-1)


def is_write(call: Call, path: str) -> bool:
    return call.name in {"write", "pwrite64", "pwritev", "writev"} and call.path == path


def is_sync(call: Call, path: str) -> bool:
    return call.name in {"fsync", "fdatasync"} and call.path == path


def parquet_files(calls: list[Call]) -> list[str]:
    return sorted(
        {call.path for call in calls if call.name in {"write", "pwrite64"} and call.path.endswith(".parquet")}
    )


def commits(calls: list[Call]) -> list[int]:
    """Where the catalogue of the lake was told to commit."""
    return [
        place
        for place, call in enumerate(calls)
        if call.name in {"sendto", "sendmsg", "write"}
        and re.search(r"(?<![A-Z])COMMIT(?![A-Z])", call.text)
        and ".parquet" not in call.path
    ]


def test_parquet_files_and_their_folders_are_synced_before_the_catalogue_commits(
    tmp_path: Path, database_url: str
) -> None:
    folder = tmp_path / "lake"
    calls = watched(tmp_path, STORE, database_url, str(folder))
    files, committed = parquet_files(calls), commits(calls)
    assert len(files) >= 4, "three batches and a compaction write files of their own"
    assert committed
    for path in files:
        written = last(calls, lambda call, path=path: is_write(call, path), len(calls))  # type: ignore[misc]
        told = next((place for place in committed if place > written), None)
        assert told is not None, f"{path} was written and no commit followed"
        synced = last(calls, lambda call, path=path: is_sync(call, path), told)  # type: ignore[misc]
        assert synced > written, f"{path} was not synced before the commit that names it"
        for parent in (Path(path).parent, *list(Path(path).parents)[1:4]):
            if not parent.is_relative_to(folder):
                break
            named = last(calls, lambda call, parent=parent: is_sync(call, str(parent)), told)  # type: ignore[misc]
            assert named > written, f"the folder {parent} of {path} was not synced before the commit"


def test_a_frame_is_told_durable_only_after_its_segment_is_synced(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    calls = watched(tmp_path, SPOOL, str(folder))
    told = [place for place, call in enumerate(calls) if call.name == "write" and "ACK " in call.text]
    assert len(told) == 12
    segments = sorted({call.path for call in calls if call.path.endswith(".seg") and call.name == "write"})
    assert len(segments) >= 3
    for place in told:
        written = last(calls, lambda call: call.name == "write" and call.path in segments, place)
        synced = last(calls, lambda call, path=calls[written].path: is_sync(call, path), place)  # type: ignore[misc]
        assert written < synced < place
    for path in segments:  # the name, too
        born = next(place for place, call in enumerate(calls) if is_write(call, path))
        heard = next(place for place in told if place > born)
        assert born < last(calls, lambda call: is_sync(call, str(folder)), heard)


def test_the_written_segment_goes_only_when_the_compressed_one_and_its_index_are_durable(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    calls = watched(tmp_path, SPOOL, str(folder))
    gone = [place for place, call in enumerate(calls) if call.name.startswith("unlink") and call.text.count('.seg"')]
    assert len(gone) >= 2
    for place in gone:
        name = re.search(r"(\d{12})\.seg", calls[place].text)
        assert name is not None
        for suffix in (".segz", ".idx"):
            target = str(folder / f"{name[1]}{suffix}")
            renamed = last(calls, lambda call, t=target: call.name.startswith("rename") and t + '"' in call.text, place)  # type: ignore[misc]
            written = last(calls, lambda call, t=target: is_write(call, t + ".new"), renamed)  # type: ignore[misc]
            synced = last(calls, lambda call, t=target: is_sync(call, t + ".new"), renamed)  # type: ignore[misc]
            named = last(calls, lambda call: is_sync(call, str(folder)), place)
            assert 0 <= written < synced < renamed < named < place, suffix
