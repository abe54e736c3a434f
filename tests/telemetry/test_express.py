"""The express way and the way of objects decide alike: the same spool gives the same rows, causes, newest values, everything."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.telemetry.conftest import new_database

from qingtian.domain.hj212 import build_upload
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.ingest.loop import IngestLoop
from qingtian.telemetry.spool import SpoolWriter
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.port import Cycle, Observation
from qingtian.telemetry.store.rows import READ_COLUMNS

AT = datetime(2025, 11, 22, 8, 0, tzinfo=SHANGHAI)
STACK = ("a21026", "a21002", "a34013", "a19001")
AIR = ("a34004", "a34002", "a21026", "a21004", "a05024", "a21005")
EVERYTHING = f"SELECT {READ_COLUMNS} FROM lake.main.observation ORDER BY ALL"


@dataclass
class City:
    """Two stores that get the same frames: one by both ways, one by the way of objects alone."""

    folder: Path
    stores: list[DuckLakeStore]
    profiles: dict[str, DeviceProfile]
    loops: list[IngestLoop] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, batch_frames: int = 16_000) -> None:
        """New processes."""
        directory = StaticDirectory(self.profiles)
        self.loops = [IngestLoop(store, self.folder, directory, batch_frames=batch_frames) for store in self.stores]
        self.loops[1]._frames = None

    def receive(self, frames: Sequence[tuple[bytes, datetime]]) -> None:
        writer = SpoolWriter(self.folder, segment_bytes=20_000)
        for raw, at in frames:
            writer.append(raw.rstrip(), received_at=at, peer="10.0.0.1:1", done=lambda _place, _error: None)
        writer.close()

    def drain(self) -> None:
        for loop in self.loops:
            loop.drain()

    def check(self) -> int:
        """Both stores hold the same; returns how many frames went as columns."""
        everything = [store._read(EVERYTHING, []) for store in self.stores]
        assert everything[0] == everything[1]
        assert [plain(row) for row in self.stores[0].latest()] == [plain(row) for row in self.stores[1].latest()]
        assert self.stores[0].last_seen() == self.stores[1].last_seen()
        counts = [loop.counters for loop in self.loops]
        for name in ("frames", "rows", "new", "duplicate", "corrected", "quarantined", "skews"):
            assert getattr(counts[0], name) == getattr(counts[1], name), name
        assert counts[1].express == 0
        return counts[0].express


def plain(row: Observation) -> tuple[object, ...]:
    return (row.site, row.pollutant, row.cycle, row.period_start, row.value, row.version, row.received_at, row.qc)


@pytest.fixture(scope="module")
def two_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[DuckLakeStore]]:
    with new_database() as one, new_database() as other:
        stores = [DuckLakeStore(url, tmp_path_factory.mktemp("lake")) for url in (one, other)]
        yield stores
        for store in stores:
            store.close()


@pytest.fixture
def city(two_stores: list[DuckLakeStore], tmp_path: Path) -> City:
    for store in two_stores:
        store.settle()
        store._lake.cursor().execute("DELETE FROM lake.main.observation; DELETE FROM lake.main.progress")
        with store._side.connection() as connection:
            connection.execute("TRUNCATE telemetry.latest, telemetry.last_seen, telemetry.quarantine")
            connection.execute("TRUNCATE telemetry.clock_skew")
            connection.execute("UPDATE telemetry.state SET epoch = epoch + 1, snapshot = -1")
    profiles = {
        f"MN{number:022d}": DeviceProfile(
            f"MN{number:022d}",
            f"DA{number:03d}",
            password="123456",
            medium="ambient" if number % 3 == 2 else "flue_gas",
            minute_interval_s=60,
        )
        for number in range(6)
    }
    return City(tmp_path / "spool", two_stores, profiles)


def frame(mn: str, minute: float, figures: dict[str, str], *, cn: str = "2051", **attributes: str) -> bytes:
    at = AT + timedelta(minutes=minute)
    main = "Avg" if cn == "2051" else "Rtd"
    items = {code: {main: value, **attributes, "Flag": "N"} for code, value in figures.items()}
    return build_upload(
        mn=mn, st="31", cn=cn, qn=f"{at:%Y%m%d%H%M%S}000", data_time=f"{at:%Y%m%d%H%M%S}", items=items, flag=5, pw="1"
    )


def arrived(minute: float) -> datetime:
    return AT + timedelta(minutes=minute, seconds=3)


def steady(city: City, minutes: range, codes: Sequence[str] = STACK) -> list[tuple[bytes, datetime]]:
    return [
        (
            frame(mn, minute, {code: f"{12 + place + (minute % 3) / 10:.2f}" for place, code in enumerate(codes)}),
            arrived(minute),
        )
        for minute in minutes
        for mn in city.profiles
    ]


def test_calm_frames_of_known_devices_go_as_columns_and_are_the_same_rows(city: City) -> None:
    city.receive(steady(city, range(2)))
    city.drain()
    city.receive(steady(city, range(2, 9)))
    city.drain()
    assert city.check() >= 6 * 7
    (row, *_) = city.stores[0].series("DA000", "a21002", Cycle.MINUTE, AT + timedelta(minutes=8), arrived(8))
    assert (row.value, row.unit, row.mark, row.version, row.period_s) == (Decimal("13.2"), "mg/m3", "N", 1, 60)


TROUBLES = ("jump", "frozen", "zero", "negative", "repeat", "late", "corrected", "future", "skewed", "text", "mark",
            "extremes", "unit", "shape", "sentinel", "shift", "above", "cou", "range")  # fmt: skip


def walk(chooser: random.Random, city: City, minutes: int) -> list[tuple[bytes, datetime]]:
    """Frames of a fleet as it is: mostly calm, with every trouble that quality control and ingest know."""
    values: dict[tuple[str, str], float] = {}
    frames: list[tuple[bytes, datetime]] = []
    for minute in range(minutes):
        for number, mn in enumerate(city.profiles):
            codes = AIR if number % 3 == 2 else STACK
            for place, code in enumerate(codes):
                held = values.get((mn, code), 8.0 if code == "a19001" else 20.0 + 9 * place)
                values[mn, code] = max(0.5, held * (1 + chooser.uniform(-0.03, 0.03)))
            figures = {code: f"{values[mn, code]:.{chooser.choice([1, 2, 3])}f}" for code in codes}
            if "a34004" in figures:
                figures["a34004"], figures["a34002"] = "20.5", f"{values[mn, 'a34002'] + 5:.1f}"
            trouble = chooser.choice(TROUBLES) if chooser.random() < 0.25 else ""
            frames += troubled(chooser, mn, minute, figures, trouble, frames)
    return frames


def troubled(
    chooser: random.Random,
    mn: str,
    minute: int,
    figures: dict[str, str],
    trouble: str,
    before: list[tuple[bytes, datetime]],
) -> list[tuple[bytes, datetime]]:
    code, at = chooser.choice(list(figures)), arrived(minute)
    changed = {
        "jump": f"{float(figures[code]) * 30:.1f}",
        "zero": "0.0",
        "negative": "-3.5",
        "text": chooser.choice(["", "--", "NaN", "1e3", "+4.0", "00012.5", "1.1234567", "123456789.5"]),
        "sentinel": "-9999",
        "unit": f"{float(figures[code]) * 1000:.1f}",
        "range": "99999.0",
    }
    if trouble in changed:
        return [(frame(mn, minute, figures | {code: changed[trouble]}), at)]
    if trouble == "frozen":
        return [(frame(mn, minute + part / 10, dict.fromkeys(figures, "7.7")), at) for part in range(3)]
    if trouble == "repeat" and before:
        raw, _ = chooser.choice(before[-20:])
        return [(raw, at), (frame(mn, minute, figures), at)]
    if trouble == "late":
        return [(frame(mn, minute, figures), at), (frame(mn, minute - 0.5, figures), at)]
    if trouble == "corrected":
        return [(frame(mn, minute, figures), at), (frame(mn, minute, figures | {code: "5.5"}), at)]
    if trouble == "future":
        return [(frame(mn, minute + 90, figures), at)]
    if trouble == "skewed":
        return [(frame(mn, minute, figures), at + timedelta(minutes=7))]
    if trouble == "mark":
        return [(frame(mn, minute, figures).replace(b"Flag=N", b"Flag=D", 1), at)]
    if trouble == "extremes":
        return [(frame(mn, minute, figures, Min=chooser.choice(["1.0", "99.0"]), Max="98.0"), at)]
    if trouble == "shape":
        return [(frame(mn, minute, {code: figures[code]}), at), (frame(mn, minute, {"a99999": "1.0"}, cn="2011"), at)]
    if trouble == "shift":
        values = list(figures.values())
        return [(frame(mn, minute, dict(zip(figures, [*values[1:], values[0]], strict=True))), at)]
    if trouble == "above" and "a34004" in figures:
        return [(frame(mn, minute, figures | {"a34004": "900.5"}), at)]
    if trouble == "cou":
        return [(frame(mn, minute, figures, Cou="3.5"), at)]
    return [(frame(mn, minute, figures), at)]


@pytest.mark.parametrize("seed", range(2))
def test_whatever_a_fleet_sends_both_ways_store_the_same(city: City, seed: int) -> None:
    chooser = random.Random(seed)
    frames = walk(chooser, city, 20)
    place = 0
    while place < len(frames):
        step = chooser.choice([3, 12, 40, 60])
        city.receive(frames[place : place + step])
        if chooser.random() < 0.15:
            city.restart(batch_frames=chooser.choice([3, 50, 16_000]))
            for loop in city.loops:
                loop.counters.__init__()  # type: ignore[misc]
        city.drain()
        place += step
    everything = [store._read(EVERYTHING, []) for store in city.stores]
    assert everything[0] == everything[1]
    assert [plain(row) for row in city.stores[0].latest()] == [plain(row) for row in city.stores[1].latest()]
    assert city.stores[0].last_seen() == city.stores[1].last_seen()
    doubted = [row for row in everything[0] if any(isinstance(cell, str) and "{" in cell for cell in row)]
    assert doubted, "the walk meets quality control"


def test_much_of_a_troubled_fleet_goes_as_columns(city: City) -> None:
    chooser = random.Random(7)
    frames = walk(chooser, city, 15)
    for start in range(0, len(frames), 7):
        city.receive(frames[start : start + 7])
        city.drain()
    assert city.loops[0].counters.express > len(frames) // 5


def test_what_another_writer_stored_meanwhile_is_not_doubled(city: City) -> None:
    city.receive(steady(city, range(3)))
    city.drain()
    ahead = steady(city, range(3, 4))
    for store in city.stores:  # a readmission, an import: it knows the frames before the spool gives them
        other = City(city.folder.parent / f"other{id(store)}", [store, store], city.profiles)
        other.receive(ahead)
        other.loops[0]._position = None
        other.loops[0].drain()
        store._lake.cursor().execute("DELETE FROM lake.main.progress")
    for loop in city.loops:
        loop._position = loop._position
    city.receive([*ahead, *steady(city, range(4, 6))])
    city.drain()
    city.check()
    counters = city.loops[0].counters
    assert counters.duplicate == len(ahead) * len(STACK)
    assert all(version == 1 for (version,) in city.stores[0]._read("SELECT version FROM lake.main.observation", []))


def test_newest_values_that_waited_are_there_after_a_crash(city: City, two_stores: list[DuckLakeStore]) -> None:
    city.receive(steady(city, range(3)))
    city.drain()
    store = two_stores[0]
    store._ahead.due = lambda _now: False  # type: ignore[method-assign]
    store_settle, store.settle = store.settle, lambda: None  # type: ignore[method-assign]
    try:
        city.receive(steady(city, range(3, 6)))
        city.drain()
        assert store._ahead.waits
        stale = {row.period_start for row in store.latest() if row.site == "DA000"}
        assert stale == {AT + timedelta(minutes=2)}
        reopened = DuckLakeStore(store._url, store._folder)  # the process died; another one writes next
        reopened.append((), progress=city.loops[0].position)
        fresh = {row.period_start for row in reopened.latest() if row.site == "DA000"}
        assert fresh == {AT + timedelta(minutes=5)}
        reopened.close()
    finally:
        del store._ahead.due, store.settle  # type: ignore[attr-defined]
        assert store_settle is not None
    city.receive(steady(city, range(6, 8)))
    city.drain()
    city.check()
