"""A gateway process for the simulator's crowd: `python -m bench.simulator.host DEVICES FOLDER`; prints its port."""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path

from qingtian.domain.hj212 import Edition
from qingtian.runtime.settings import Settings
from qingtian.simulator import built_in_profile, mn_of
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway.server import Gateway, run

PROFILE = "flue_gas"


def registered(devices: int) -> StaticDirectory:
    """The devices of `qingtian simulate --devices N --profile flue_gas`."""
    profile = built_in_profile(PROFILE)
    numbers = [mn_of(Edition.E2017, profile, number) for number in range(1, devices + 1)]
    return StaticDirectory({mn: DeviceProfile(mn, mn, password="123456") for mn in numbers})


async def serve(devices: int, folder: Path) -> None:
    """Listen until standard input ends."""
    settings = Settings(data_dir=folder, gateway_port=0, disk_reserve_mb=1, max_connections=devices + 100)
    gateway = Gateway(settings, registered(devices))
    await gateway.start()
    print(gateway.port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print(gateway.counters.accepted, flush=True)
    await gateway.stop()


if __name__ == "__main__":
    count = int(sys.argv[1])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    run(serve(count, Path(sys.argv[2])))
