"""Reckoning on Dask workers of other hosts gives what one process gives, to the last digit, also when a worker dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.cluster.servers import Network
from tests.telemetry.rows import T0, row

from qingtian.domain.errors import Unavailable
from qingtian.telemetry.cluster.spread import DaskSpread, HereSpread, StoreAddress, spread_percentiles, spread_roll_up
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.port import Cycle, Observation

pytestmark = pytest.mark.timeout(180)
SITES = [f"S{number:02d}" for number in range(12)]
HOURS = 48
START = T0.replace(hour=0, minute=0)
END = START + timedelta(days=2)
FRACTIONS = (Decimal("0.5"), Decimal("0.9"), Decimal("0.98"))


@pytest.fixture(scope="module")
def hosts() -> Iterator[Network]:
    network = Network.build(3)
    yield network
    network.remove()


def rows() -> list[Observation]:
    """Hours of twelve sites, some marked invalid, with awkward digits."""
    return [
        row(
            f"{(number * 37 + hour * 11) % 997}.{(number * 7 + hour) % 1000:03d}",
            START + timedelta(hours=hour),
            site=site,
            cycle=Cycle.HOUR,
            mark="D" if (number + hour) % 17 == 0 else "N",
        )
        for number, site in enumerate(SITES)
        for hour in range(HOURS)
    ]


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[DuckLakeStore]:
    opened = DuckLakeStore(database_url, tmp_path / "lake")
    opened.append(rows())
    yield opened
    opened.close()


class Workers:
    """A scheduler on the first host, a worker on each other one."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.address = f"tcp://{network.hosts[0].address}:8786"
        self.processes: list[subprocess.Popen[bytes]] = []
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        dask = (sys.executable, "-m", "distributed.cli")
        for number, host in enumerate(network.hosts):
            command = (
                (*dask[:2], "distributed.cli.dask_scheduler")
                if not number
                else (*dask[:2], "distributed.cli.dask_worker")
            )
            if not number:
                arguments = ("--host", host.address, "--port", "8786", "--no-dashboard", "--no-show")
            else:
                arguments = (self.address, "--host", host.address, "--nthreads", "1", "--no-dashboard", "--no-nanny")
            self.processes.append(host.start(*command, *arguments, env=environment))

    def kill(self, number: int) -> None:
        """kill -9."""
        os.killpg(self.processes[number].pid, signal.SIGKILL)
        self.processes[number].wait()

    def stop(self) -> None:
        """Stop them all."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.fixture
def workers(hosts: Network) -> Iterator[Workers]:
    started = Workers(hosts)
    yield started
    started.stop()


@pytest.fixture
def spread(workers: Workers, database_url: str, tmp_path: Path) -> Iterator[DaskSpread]:
    deadline = time.monotonic() + 60
    while True:
        try:
            made = DaskSpread(workers.address, StoreAddress(database_url, str(tmp_path / "lake")))
            break
        except Unavailable:
            assert time.monotonic() < deadline
    while len(made._client.scheduler_info(n_workers=-1)["workers"]) < 2:
        assert time.monotonic() < deadline, "the workers did not come"
        time.sleep(0.1)
    yield made
    made.close()


def test_percentiles_of_the_workers_are_those_of_one_process(store: DuckLakeStore, spread: DaskSpread) -> None:
    asked = {"fractions": FRACTIONS, "sites": SITES}
    here = spread_percentiles(HereSpread(store), Cycle.HOUR, START, END, **asked)  # type: ignore[arg-type]
    assert len(here) == len(SITES)
    assert spread_percentiles(spread, Cycle.HOUR, START, END, **asked) == here  # type: ignore[arg-type]


def test_days_that_the_workers_roll_up_are_those_of_one_process(
    store: DuckLakeStore, spread: DaskSpread, tmp_path: Path
) -> None:
    media = dict.fromkeys(SITES, "air_station")
    done = spread_roll_up(spread, Cycle.DAY, START, END, sites=SITES, media=media)
    assert done.new == len(SITES) * 2
    by_workers = store.window(Cycle.DAY, START, END, sites=SITES)
    again = spread_roll_up(HereSpread(store), Cycle.DAY, START, END, sites=SITES, media=media)
    assert (again.new, again.duplicate) == (0, len(SITES) * 2)  # one process makes the very same rows
    assert store.window(Cycle.DAY, START, END, sites=SITES) == by_workers


def test_a_worker_that_dies_has_its_slices_done_by_another(
    store: DuckLakeStore, spread: DaskSpread, workers: Workers
) -> None:
    here = spread_percentiles(HereSpread(store), Cycle.HOUR, START, END, fractions=FRACTIONS, sites=SITES)
    workers.kill(2)
    assert spread_percentiles(spread, Cycle.HOUR, START, END, fractions=FRACTIONS, sites=SITES) == here


def test_a_scheduler_that_is_away_is_told_with_the_remedy(database_url: str, tmp_path: Path, hosts: Network) -> None:
    with pytest.raises(Unavailable, match="does not answer") as refused:
        DaskSpread(f"tcp://{hosts.hosts[0].address}:9999", StoreAddress(database_url, str(tmp_path)))
    assert refused.value.field == "dask_scheduler"
