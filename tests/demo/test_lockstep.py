"""Lock-step: real gateway, real TCP, real spool and ingest; time moves only when everything is in the store."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from qingtian.demo.city import City
from qingtian.demo.events import HOUR
from qingtian.demo.lockstep import WINDOW, LockStep
from qingtian.demo.plan import PASSWORD, POWER_CODE, CityPlan
from qingtian.demo.stream import CityStream, Pace
from qingtian.runtime.settings import Settings, load_settings
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.spool import read_all, spool_path
from qingtian.telemetry.spool.format import Verdict
from qingtian.telemetry.store.port import AppendResult, Cycle, Observation, Origin, SpoolPosition

CITY = City(keep=12, scripted=False)
PACE = Pace(10, 5, 0)


class Memory:
    """A store in memory: what was appended, and how far the spool is taken in."""

    def __init__(self) -> None:
        self.rows: list[Observation] = []
        self.position: SpoolPosition | None = None

    def append(self, batch: Sequence[Observation], *, progress: SpoolPosition | None = None, **_: Any) -> AppendResult:
        self.rows.extend(batch)
        self.position = progress or self.position
        return AppendResult(new=len(batch))

    def progress(self) -> SpoolPosition | None:
        return self.position


def profiles(plan: CityPlan) -> dict[str, DeviceProfile]:
    return {
        device.mn: DeviceProfile(
            device.mn,
            device.site,
            device.edition,
            PASSWORD,
            simulated=True,
            units={POWER_CODE: "kW"} if device.st == "51" else {},
            code_map=device.code_map(),
        )
        for device in plan.devices
    }


class Run:
    """A finished lock-step run."""

    def __init__(self, settings: Settings, hours: float, every: timedelta) -> None:
        self.store, self.settled, self.order = Memory(), [], []
        self.rows_at: list[int] = []
        self.settings = settings
        self.steps = LockStep(
            settings,
            CITY,
            self.store,  # type: ignore[arg-type]
            StaticDirectory(profiles(CITY.plan())),
            duties=self._duties,
            pace=lambda _hour: PACE,
            every=every,
            before=[lambda _: self.order.append("before")],
            hooks=[lambda _: self.order.append("after")],
        )
        self.end = CITY.epoch + timedelta(hours=hours)
        self.counters = self.steps.run(self.end)

    def _duties(self, now: datetime) -> None:
        self.settled.append(now)
        self.order.append("duties")
        self.rows_at.append(len(self.store.rows))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="qt-lockstep-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    settings = load_settings(data_dir=folder, gateway_port=0, commit_delay_ms=0, disk_reserve_mb=1)
    return Run(settings, 3.5, timedelta(minutes=20))


def due(run: Run) -> list[Any]:
    stream = CityStream(CITY.book())
    return [one for index in range(4) for one in stream.hour(index, PACE) if one.at < run.end]


def test_every_frame_of_the_fleet_went_over_tcp_and_into_the_spool(run: Run) -> None:
    expected = due(run)
    assert run.counters.sent == sum(one.copies for one in expected) > 1000
    assert run.counters.acked == len(expected)
    archived = [record.raw for record in read_all(spool_path(run.settings.data_dir))]
    assert sorted(archived) == sorted(one.frame.removesuffix(b"\r\n") for one in expected for _ in range(one.copies))


def test_no_frame_was_refused(run: Run) -> None:
    assert {record.verdict for record in read_all(spool_path(run.settings.data_dir))} == {Verdict.ACCEPTED}


def test_arrivals_carry_city_time_to_the_window(run: Run) -> None:
    # A frame whose window ends at T is stamped T: never before it was sent, at most one window after.
    by_frame = {one.frame.removesuffix(b"\r\n"): one.at for one in due(run)}
    for record in read_all(spool_path(run.settings.data_dir)):
        lag = record.received_at - by_frame[record.raw]
        assert timedelta(0) <= lag <= WINDOW


def test_duties_run_on_their_grid_and_at_the_end_after_the_people_and_before_the_hooks(run: Run) -> None:
    grid = [CITY.epoch + index * timedelta(minutes=20) for index in range(1, 11)]
    assert run.settled == [*grid, run.end]
    assert run.order == ["before", "duties", "after"] * 11


def test_when_duties_run_everything_sent_before_is_in_the_store(run: Run) -> None:
    assert run.rows_at == sorted(run.rows_at)
    for moment, count in zip(run.settled, run.rows_at, strict=True):
        known = run.store.rows[:count]
        minutes = {row.period_start for row in known if row.cycle is Cycle.MINUTE and row.origin is Origin.DEVICE}
        if minutes:
            assert max(minutes) >= moment - timedelta(minutes=25)
        assert max(row.received_at for row in known) <= moment


def test_stations_arrive_through_the_importer(run: Run) -> None:
    imported = [row for row in run.store.rows if row.origin is Origin.import_]
    assert {row.pollutant for row in imported} >= {"a34004", "aqi"}
    assert all(not row.simulated and row.received_at == row.period_start + 1.5 * HOUR for row in imported)
    assert len({row.site for row in imported}) >= 9


def test_wire_codes_are_mapped_to_registered_ones(run: Run) -> None:
    sent = {row.pollutant for row in run.store.rows if row.origin is Origin.DEVICE}
    assert {"a21002", "a00000", "power_kw"} <= sent
    assert not {"03", "ele01"} & sent
    assert {row.unit for row in run.store.rows if row.pollutant == "power_kw"} == {"kW"}
    assert all(row.simulated for row in run.store.rows if row.origin is Origin.DEVICE)
