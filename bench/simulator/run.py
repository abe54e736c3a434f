"""A crowd of simulated devices against a real gateway, each in a process of its own.

`qingtian simulate --devices 20000 --realtime 30s`: who is connected, what both processes need, how long an answer
takes. Where the system allows fewer open files than that, as many devices as it allows. The baseline is the same with
500 devices: the answer of one device must not wait for the others.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

CROWD, FEW = 20_000, 500
OTHER_FILES = 100
SECONDS = 50
PAGE_MIB = 4096 / 2**20


def main() -> None:
    """Run both and print."""
    many = min(CROWD, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - OTHER_FILES)
    few, crowd = measure(FEW, 12), measure(many, SECONDS)
    for devices, found in ((FEW, few), (many, crowd)):
        print(
            f"{devices} devices, one frame per 30 s: connected {found['most_connected']}, "
            f"{found['frames_per_s']} frames/s, acknowledged {found['acked']} of {found['sent']} "
            f"(gateway stored {found['stored']}), resent {found['resent']}, "
            f"answer p50 {found['rtt_p50_ms']} ms p95 {found['rtt_p95_ms']} ms; "
            f"RSS simulator {found['simulator_mib']:.0f} MiB, gateway {found['gateway_mib']:.0f} MiB"
        )


def measure(devices: int, seconds: int) -> dict[str, Any]:
    """One run; the report of the simulator with the memory of both processes at its end."""
    with tempfile.TemporaryDirectory() as folder:
        host = subprocess.Popen(
            [sys.executable, "-m", "bench.simulator.host", str(devices), folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert host.stdout is not None
        port = host.stdout.readline().strip()
        simulator = subprocess.Popen(
            [sys.executable, "-c", "from qingtian.cli.main import cli; cli()", "simulate", "--port", port, "--devices",
             str(devices), "--realtime", "30s", "--duration", f"{seconds}s", "--report", "json", "--quiet",
             "--no-announce"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        most = {"simulator_mib": 0.0, "gateway_mib": 0.0}
        watching = Thread(target=_watch, args=(simulator, host, most))
        watching.start()
        output, _ = simulator.communicate()
        watching.join()
        stored, _ = host.communicate()
        return json.loads(output) | most | {"stored": int(stored)}


def _watch(simulator: subprocess.Popen[str], host: subprocess.Popen[str], most: dict[str, float]) -> None:
    while simulator.poll() is None:
        for name, process in (("simulator_mib", simulator), ("gateway_mib", host)):
            most[name] = max(most[name], resident(process.pid))
        sleep(0.5)


def resident(pid: int) -> float:
    """Resident memory of a process, MiB."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * PAGE_MIB
    except (OSError, IndexError):
        return 0.0


if __name__ == "__main__":
    main()
