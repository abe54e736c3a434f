"""Kill gateway, worker and PostgreSQL with `kill -9` in turns under load: nothing acknowledged is lost, none doubled.

`python -m bench.telemetry.kill_all [--kills 1000] [--slice 50] [--minutes M] [--journal FILE] [--seed N]`. The kills
are done in slices, each on a fresh house; every slice that ended is a line of the journal. Called again with the same
journal it goes on where it was, so that a thousand kills need no quiet hour: `--minutes 5` now and `--minutes 5` later
add up. The suite does the same with twelve (tests/telemetry/test_kill9.py), whose house and fleet are used here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.telemetry import test_kill9 as suite

from qingtian.runtime.postgres import pgdata_path, stop_embedded

KILLS, SLICE = 1000, 50
SHARES = {"gateway": 5, "worker": 4, "database": 1}
JOURNAL = Path("build/kills.jsonl")


@dataclass(slots=True)
class Slice:
    """What some kills showed.

    Args:
        seed: of the moments and their order.
        kills: by victim.
        acked: frames that devices heard an acknowledgement of.
        lost: of these, frames that the store does not have.
        doubled: frames with more rows than values.
        changed: values that a repeated frame changed.
        seconds: wall.
        slices: how many slices this sums up.
    """

    seed: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    acked: int = 0
    lost: int = 0
    doubled: int = 0
    changed: int = 0
    seconds: float = 0.0
    slices: int = 1

    @property
    def count(self) -> int:
        """Kills of all victims."""
        return sum(self.kills.values())

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled or changed."""
        return not (self.lost or self.doubled or self.changed)


def sum_up(slices: Sequence[Slice]) -> Slice:
    """All slices together."""
    total = Slice(slices=len(slices))
    kills: Counter[str] = Counter()
    for one in slices:
        kills.update(one.kills)
        for name in ("acked", "lost", "doubled", "changed", "seconds"):
            setattr(total, name, getattr(total, name) + getattr(one, name))
    total.kills = dict(kills)
    return total


def read_journal(path: Path) -> list[Slice]:
    """The slices that ended; a line that was cut belongs to one that did not."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            found.append(Slice(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return found


def note(path: Path, done: Slice) -> None:
    """Add a slice, durable before this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(done)) + "\n")
        file.flush()
        os.fsync(file.fileno())


def shares(kills: int) -> dict[str, int]:
    """How often each victim is killed; at least once each.

    >>> shares(50)
    {'gateway': 25, 'worker': 20, 'database': 5}
    """
    return {name: max(1, kills * share // sum(SHARES.values())) for name, share in SHARES.items()}


def run_slice(kills: int, seed: int) -> Slice:
    """One slice on a fresh house; the house of one that lost something stays on the disk to be looked into."""
    suite.VICTIMS = shares(kills)
    home = Path(tempfile.mkdtemp(prefix="qt-kills-"))
    house = suite.House(home)
    done: Slice | None = None
    try:
        house.prepare()
        for name in ("gateway", "worker"):
            house.start(name)
        started = time.perf_counter()
        devices = asyncio.run(suite.run_fleet(house, random.Random(seed)))
        suite.wait_for_ingest(house)
        house.stop()
        acked, lost, doubled, versions = suite.counted(house, devices)
        seconds = round(time.perf_counter() - started, 1)
        done = Slice(seed, dict(house.kills), acked, len(lost), len(doubled), versions, seconds)
        return done
    finally:
        for process in house.processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()
        stop_embedded(pgdata_path(home))
        if done is not None and done.sound:
            shutil.rmtree(home, ignore_errors=True)
        else:
            print(f"  the house is kept: {home}")


def show(what: str, done: Slice) -> None:
    """Print a slice or the sum."""
    kinds = ", ".join(f"{name} {count}" for name, count in sorted(done.kills.items()))
    print(f"  {what}: {done.count} kills ({kinds}) in {done.seconds:.0f} s, {done.acked:,} frames acknowledged")
    print(f"    lost: {done.lost}; doubled: {done.doubled}; values changed by a repeat: {done.changed}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Kill, count, write down, sum up; any loss ends with an error."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=KILLS, help="in all, those of the journal included")
    parser.add_argument("--slice", type=int, default=SLICE, help="kills on one house")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no further slice after so long")
    parser.add_argument("--journal", type=Path, default=JOURNAL)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    told = parser.parse_args(arguments)
    done, began = read_journal(told.journal), time.monotonic()
    if done:
        show(f"before ({len(done)} slices)", sum_up(done))
    while sum_up(done).count < told.kills and (time.monotonic() - began) < told.minutes * 60:
        one = run_slice(min(told.slice, told.kills - sum_up(done).count), told.seed + len(done))
        note(told.journal, one)
        done.append(one)
        show(f"slice {len(done)} (seed {one.seed})", one)
        if not one.sound:
            break
    total = sum_up(done)
    show(f"in all ({total.slices} slices, {told.journal})", total)
    if not total.sound:
        sys.exit(1)


if __name__ == "__main__":
    main()
