"""How much faster two hosts are than one: `python -m bench.cluster.run [--frames 200000] [--devices 2000]`.

Each host is a network namespace whose processes are pinned to ONE core, so that two hosts on two cores are a fair pair.
The frames are made beforehand into files, and the senders let the kernel copy them. A host runs a gateway, a forwarder
and its shards; the first one NATS and PostgreSQL as well. Every device has sent two frames before; then time runs from
the first byte until the last value is in the store. Needs root, `ip`, `taskset`, `nats-server`, and two cores that
nobody else uses.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any

from tests.cluster.servers import Host, Network

from bench.telemetry.end_to_end import CODES, STEP_S, frame, postgres_seconds
from qingtian.runtime.postgres import ensure_embedded, stop_embedded
from qingtian.telemetry.counters import read_counters

FRAMES, DEVICES, SHARDS = 100_000, 4_000, 2
LINES = 1  # several would run ahead of each other by what the kernel buffers, and so of the time of the city
WARM = 2  # frames of each device before the measurement: what is new to the store takes another way
PORT = 9212
PATIENCE_S = 900.0


Files = Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Load:
    """What a gateway gets: a file for each of its connections, with how many frames it holds.

    Args:
        warm: sent before the measurement.
        files: sent in it.
    """

    warm: Files
    files: Files


def load_of(folder: Path, gateway: int, frames: int, devices: int) -> Load:
    """Make the frames of a gateway."""
    each = devices // LINES
    rounds = frames // (LINES * each)
    warm, files = [], []
    for line in range(LINES):
        names = [f"QT{gateway * devices + line * each + number:05d}" for number in range(each)]
        path = folder / f"gateway{gateway}-line{line}"
        warm.append(_written(path.with_suffix(".warm"), names, range(WARM)))
        files.append(_written(path.with_suffix(".bin"), names, range(WARM, WARM + rounds)))
    return Load(warm, files)


def _written(path: Path, names: Sequence[str], rounds: range) -> tuple[str, int]:
    with path.open("wb") as file:
        for number in rounds:
            file.write(b"".join(frame(mn, number) for mn in names))
    return str(path), len(rounds) * len(names)


@dataclass
class House:
    """Everything of one arrangement, and how far each part of it is.

    Args:
        network: the hosts.
        folder: of this arrangement.
        load: of each gateway.
        devices: of each gateway.
    """

    network: Network
    folder: Path
    load: Sequence[Load]
    devices: int
    parts: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        """All frames that are measured."""
        return sum(count for one in self.load for _, count in one.files)

    @property
    def warm(self) -> int:
        """All frames that came before."""
        return sum(count for one in self.load for _, count in one.warm)

    def start(self, part: str, role: str, host: int, **given: Any) -> None:
        """Start a part on a host, pinned to the host's core."""
        common = {
            "devices": self.devices * 2,
            "own": self.devices,
            "shards": SHARDS,
            "nats": f"nats://{self._address(0)}:4222",
        }
        told = json.dumps(common | given)
        command = (sys.executable, "-m", "bench.cluster.part", role, str(self._status(part)), told)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        self.parts[part] = self._host(host).start("taskset", "-c", str(host), *command, env=environment)

    def start_nats(self) -> None:
        """One NATS server on the first host."""
        config = self.folder / "nats.conf"
        store = f'jetstream {{ store_dir: "{self.folder / "nats"}", max_file_store: 8GB }}'
        config.write_text(f'server_name: "n0"\nhost: "{self._address(0)}"\nport: 4222\n{store}\n')
        self.parts["nats"] = self._host(0).start("taskset", "-c", "0", "nats-server", "-c", str(config))

    def wait(self, names: Sequence[str]) -> None:
        """Until parts are ready."""
        until(lambda: all(self.told(name).get("ready") for name in names), f"not ready: {names}")

    def told(self, name: str) -> dict[str, Any]:
        """What a part says."""
        return read_counters(self._status(name))

    def sum_of(self, names: Sequence[str], figure: str) -> int:
        """A figure of some parts together."""
        return sum(int(self.told(name).get(figure, 0)) for name in names)

    def cpu(self) -> dict[str, float]:
        """CPU of every part since its start, s."""
        spent = {name: float(self.told(name)["cpu"]) for name in self.parts if name != "nats"}
        spent["postgres"] = postgres_seconds(self.folder / "postgres")
        return spent | ({"nats": _cpu(self.parts["nats"].pid)} if "nats" in self.parts else {})

    def stop(self) -> None:
        """kill -9 of every part."""
        for process in self.parts.values():
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _address(self, host: int) -> str:
        return self._host(host).address

    def _host(self, host: int) -> Host:
        return self.network.hosts[host]

    def _status(self, name: str) -> Path:
        return self.folder / "status" / f"{name}.json"


def measure(house: House, url: str, *, cluster: bool) -> dict[str, Any]:
    """One arrangement: a gateway for each lot of files, each on its own host."""
    hosts, lake, network = len(house.load), str(house.folder / "lake"), house.network.hosts
    ingest = []
    if cluster:
        house.start_nats()
    for host in range(hosts):
        spool = str(house.folder / f"gateway{host}")
        house.start(f"gateway{host}", "gateway", host, folder=spool, address=network[host].address, port=PORT)
        if cluster:
            house.start(f"forward{host}", "forward", host, folder=spool, name=f"gw-{host}")
        else:
            house.start("worker", "worker", host, folder=spool, url=url, lake=lake)
            ingest.append("worker")
    for shard in range(SHARDS if cluster else 0):
        place = str(house.folder / "shards" / f"{shard + 1:03d}")
        house.start(f"shard{shard}", "shard", shard % hosts, folder=place, shard=shard, url=url, lake=lake)
        ingest.append(f"shard{shard}")
    house.wait([name for name in house.parts if name != "nats"])
    go = house.folder / "go"
    for host, load in enumerate(house.load):
        given = {"warm": load.warm, "files": load.files, "go": str(go)}
        house.start(f"senders{host}", "senders", host, address=network[host].address, port=PORT, **given)
    house.wait([f"senders{host}" for host in range(hosts)])
    until(lambda: house.sum_of(ingest, "frames") >= house.warm, "the first frames were not stored")
    time.sleep(1)  # what is written for them besides
    before, express, rows = house.cpu(), house.sum_of(ingest, "express"), house.sum_of(ingest, "rows")
    started = time.time()
    go.touch()
    until(lambda: house.sum_of(ingest, "frames") >= house.warm + house.frames, "not everything was stored")
    wall = time.time() - started
    time.sleep(0.5)  # the last figures
    ended = [f"senders{host}" for host in range(hosts)]
    until(lambda: all(house.told(name).get("ended") for name in ended), "the senders did not end")
    acked = max(float(house.told(name)["ended"]) for name in ended) - started
    rows, express = house.sum_of(ingest, "rows") - rows, house.sum_of(ingest, "express") - express
    assert rows == house.frames * len(CODES), f"{rows} rows of {house.frames} frames"
    cpu = {name: (value - before[name]) / house.frames * 1e6 for name, value in house.cpu().items()}
    told = {"rate": house.frames / wall, "wall": wall, "acked": acked, "express": express / house.frames}
    return told | {"cpu": cpu, "skews": house.sum_of(ingest, "skews")}


def run(hosts: int, load: Sequence[Load], devices: int, *, cluster: bool) -> dict[str, Any]:
    """One arrangement in a folder and a network of its own; PostgreSQL runs on the core of the first host."""
    folder = Path(tempfile.mkdtemp(prefix="qt-hosts-"))
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {0})
    url = ensure_embedded(folder / "postgres")
    os.sched_setaffinity(0, everywhere)
    network = Network.build(hosts)
    house = House(network, folder, load[:hosts], devices)
    try:
        return measure(house, url, cluster=cluster)
    finally:
        house.stop()
        network.remove()
        stop_embedded(folder / "postgres")
        rmtree(folder, ignore_errors=True)


def _cpu(group: int) -> float:
    """CPU of the processes of a group, s."""
    ticks = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text("utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def until(condition: Any, what: str) -> None:
    """Wait."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.05)


def show(what: str, told: dict[str, Any]) -> None:
    """Print one arrangement."""
    parts = ", ".join(f"{name} {value:.0f}" for name, value in told["cpu"].items())
    print(
        f"  {what}: {told['rate']:,.0f} frames/s stored ({told['wall']:.1f} s; acknowledged in {told['acked']:.1f} s)"
    )
    print(f"    CPU per frame, us: {parts}; together {sum(told['cpu'].values()):.0f}; {told['express']:.0%} as columns")
    if told["skews"]:
        print(f"    {told['skews']} frames seemed to have a wrong clock: the load was uneven, the figures count little")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> None:
    """One machine, one host of a cluster, two hosts; medians of several rounds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=FRAMES, help="of each gateway")
    parser.add_argument("--devices", type=int, default=DEVICES, help="of each gateway")
    parser.add_argument("--rounds", type=int, default=3)
    told = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="qt-load-"))
    try:
        load = [load_of(folder, gateway, told.frames, told.devices) for gateway in range(2)]
        span = timedelta(seconds=STEP_S * told.frames / told.devices)
        print(f"  {told.frames:,} frames of {told.devices:,} devices for each gateway, {span} of data")
        ratios = []
        for _ in range(told.rounds):
            alone = run(1, load, told.devices, cluster=False)
            show("one machine, no cluster", alone)
            one = run(1, load, told.devices, cluster=True)
            show("one host of a cluster", one)
            two = run(2, load, told.devices, cluster=True)
            show("two hosts", two)
            ratios.append((two["rate"] / one["rate"], two["rate"] / alone["rate"]))
        ratios.sort()
        first, second = ratios[len(ratios) // 2]
        print(f"  median of {told.rounds}: two hosts take {first:.2f} x one host, {second:.2f} x one machine")
    finally:
        rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
