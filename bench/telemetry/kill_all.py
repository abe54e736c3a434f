"""Kill gateway, worker and PostgreSQL with `kill -9` in turns under load: nothing acknowledged is lost, none doubled.

`python -m bench.telemetry.kill_all [count] [seed]`; 1,000 by default (hours on a busy machine). The suite does the same
with twelve (tests/telemetry/test_kill9.py), whose house and fleet are used here.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.telemetry import test_kill9 as suite

from qingtian.runtime.postgres import pgdata_path, stop_embedded

KILLS = 1000
SHARES = {"gateway": 5, "worker": 4, "database": 1}


def main() -> None:
    """Kill, count, print; any loss ends with an error."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**6)
    suite.VICTIMS = {name: max(1, kills * share // sum(SHARES.values())) for name, share in SHARES.items()}
    home = Path(tempfile.mkdtemp(prefix="qt-kills-"))
    house = suite.House(home)
    try:
        house.prepare()
        for name in ("gateway", "worker"):
            house.start(name)
        started = time.perf_counter()
        devices = asyncio.run(suite.run_fleet(house, random.Random(seed)))
        suite.wait_for_ingest(house)
        house.stop()
        acked, lost, doubled, versions = suite.counted(house, devices)
        seconds = time.perf_counter() - started
        print(f"  {dict(house.kills)} kills in {seconds:.0f} s (seed {seed}): {acked:,} acknowledged")
        print(f"  not in the store: {len(lost)}; doubled: {len(doubled)}; values changed by a repeat: {versions}")
        if lost or doubled or versions:
            sys.exit(1)
    finally:
        for process in house.processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()
        stop_embedded(pgdata_path(home))
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
