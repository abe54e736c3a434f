"""Real NATS servers in network namespaces of their own: a bridge, a host each, links that can be cut."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

SUBNET = "10.212"
NATS = shutil.which("nats-server") or "/usr/sbin/nats-server"  # Debian puts it where not every PATH looks
NETWORKS = 180


def run(*command: str) -> None:
    """One command that must succeed."""
    subprocess.run(command, check=True, capture_output=True, text=True)


@dataclass
class Host:
    """A host of the test network.

    Args:
        namespace: its network namespace.
        address: its address on the bridge.
        link: end of its cable at the bridge.
    """

    namespace: str
    address: str
    link: str

    def start(self, *command: str, **options: object) -> subprocess.Popen[bytes]:
        """Start a program on this host."""
        return subprocess.Popen(
            ("ip", "netns", "exec", self.namespace, *command),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **options,  # type: ignore[call-overload]
        )

    def cut(self) -> None:
        """Pull the cable."""
        run("ip", "link", "set", self.link, "down")

    def mend(self) -> None:
        """Plug the cable in again."""
        run("ip", "link", "set", self.link, "up")


@dataclass
class Network:
    """A bridge with hosts; the bridge itself has an address, so that the test can reach them all."""

    number: int
    hosts: list[Host] = field(default_factory=list)

    @classmethod
    def build(cls, hosts: int) -> Network:
        """A new network; needs root, as CI has."""
        network = cls(_free_number())
        bridge = f"qtbr{network.number}"
        run("ip", "addr", "add", f"{SUBNET}.{network.number}.254/24", "dev", bridge)
        run("ip", "link", "set", bridge, "up")
        for number in range(1, hosts + 1):
            network.hosts.append(network._host(number, bridge))
        return network

    def _host(self, number: int, bridge: str) -> Host:
        name = f"qt{self.number}h{number}"
        host = Host(name, f"{SUBNET}.{self.number}.{number}", f"qt{self.number}b{number}")
        run("ip", "netns", "add", name)
        run("ip", "link", "add", host.link, "type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "link", "set", host.link, "master", bridge, "up")
        run("ip", "-n", name, "addr", "add", f"{host.address}/24", "dev", "eth0")
        run("ip", "-n", name, "link", "set", "eth0", "up")
        run("ip", "-n", name, "link", "set", "lo", "up")
        return host

    def remove(self) -> None:
        """Take everything down."""
        for host in self.hosts:
            subprocess.run(("ip", "link", "del", host.link), check=False, capture_output=True)
            subprocess.run(("ip", "netns", "del", host.namespace), check=False, capture_output=True)
        subprocess.run(("ip", "link", "del", f"qtbr{self.number}"), check=False, capture_output=True)


def _free_number() -> int:
    """Take the bridge of a number that nobody has: a run that was killed leaves its own behind."""
    for step in range(NETWORKS):
        number = (os.getpid() + step) % NETWORKS + 20
        command = ("ip", "link", "add", f"qtbr{number}", "type", "bridge")
        made = subprocess.run(command, check=False, capture_output=True, text=True)
        if made.returncode == 0:
            return number
        assert "File exists" in made.stderr, f"{' '.join(command)}: {made.stderr}"
    raise AssertionError(f"all of {NETWORKS} bridges are there: delete those of killed runs (ip link del qtbr...)")


@dataclass
class Servers:
    """Three NATS servers with JetStream, one on each host."""

    network: Network
    folder: Path
    processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @classmethod
    def start(cls, hosts: int = 3) -> Servers:
        """Start them and wait until they have a leader."""
        servers = cls(Network.build(hosts), Path(tempfile.mkdtemp(prefix="qt-nats-")))
        try:
            for number in range(hosts):
                servers.start_one(number)
            servers.wait()
        except BaseException:
            servers.stop()
            raise
        return servers

    @property
    def urls(self) -> tuple[str, ...]:
        """Addresses for clients."""
        return tuple(f"nats://{host.address}:4222" for host in self.network.hosts)

    def start_one(self, number: int) -> None:
        """Start one server on what it had kept."""
        host = self.network.hosts[number]
        routes = ",".join(f"nats://{other.address}:6222" for other in self.network.hosts)
        config = self.folder / f"{number}.conf"
        config.write_text(
            f'server_name: "n{number}"\nhost: "{host.address}"\nport: 4222\n'
            f'jetstream {{ store_dir: "{self.folder / str(number)}", max_file_store: 2GB }}\n'
            f'cluster {{ name: "qt", host: "{host.address}", port: 6222, routes: [{routes}] }}\n'
        )
        self.processes[number] = host.start(NATS, "-c", str(config), "-l", str(self.folder / f"{number}.log"))

    def kill(self, number: int) -> None:
        """kill -9."""
        process = self.processes.pop(number)
        with contextlib.suppress(ProcessLookupError):  # it ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def wait(self, seconds: float = 20) -> None:
        """Wait until every running server answers."""
        deadline = time.monotonic() + seconds
        for number in self.processes:
            while not _answers(self.network.hosts[number].address):
                assert time.monotonic() < deadline, f"a NATS server did not come up: {self._log(number)}"
                time.sleep(0.05)

    def _log(self, number: int) -> str:
        log = self.folder / f"{number}.log"
        ended = self.processes[number].poll()
        return f"exit code {ended}, " + (log.read_text("utf-8")[-2000:] if log.exists() else f"{NATS} wrote no log")

    def stop(self) -> None:
        """Stop everything and remove the network."""
        for number in list(self.processes):
            self.kill(number)
        self.network.remove()
        shutil.rmtree(self.folder, ignore_errors=True)


def _answers(address: str) -> bool:
    try:
        with socket.create_connection((address, 4222), timeout=0.5) as connection:
            return connection.recv(4) == b"INFO"
    except OSError:
        return False
