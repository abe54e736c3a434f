"""The ingest loop on an engine in memory: any mix of frames, any batch size, any interruption, each row exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.telemetry.fleet import minute_frame

from qingtian.domain.errors import Unavailable
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.counters import counters_path, read_counters, write_counters
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.ingest import IngestLoop
from qingtian.telemetry.spool import SpoolWriter, Verdict
from qingtian.telemetry.store.port import AppendResult, Observation, Quarantined, SpoolPosition
from qingtian.telemetry.store.rows import Key, content_of, key_of
from qingtian.telemetry.store.versions import Known, decide

NOW = datetime(2025, 11, 22, 9, 0, tzinfo=SHANGHAI)
MINUTE = timedelta(minutes=1)
DIRECTORY = StaticDirectory({mn: DeviceProfile(mn, f"site of {mn}", minute_interval_s=60) for mn in ("A", "B")})
KINDS = ("good", "repeat", "correction", "stranger", "bad crc", "future", "no data")


class MemoryStore:
    """An engine in memory that decides like every other, and fails when it is told to."""

    def __init__(self) -> None:
        self.rows: list[Observation] = []
        self.quarantine: dict[tuple[str, int, str], Quarantined] = {}
        self.position: SpoolPosition | None = None
        self.failures: list[str] = []

    def progress(self) -> SpoolPosition | None:
        return self.position

    def append(
        self,
        batch: Sequence[Observation],
        *,
        progress: SpoolPosition | None = None,
        quarantined: Sequence[Quarantined] = (),
        skews: Sequence[Any] = (),
        screen: Any = None,
    ) -> AppendResult:
        failure = self.failures.pop(0) if self.failures else ""
        if failure == "before":
            raise Unavailable("away")
        known: dict[Key, Known] = {}
        for row in self.rows:
            held = known.get(key_of(row))
            known[key_of(row)] = Known(
                content_of(row), row.version, (held.hashes if held else set()) | {row.frame_hash}
            )
        decision = decide(batch, known)
        rows = decision.rows if screen is None else screen.marked(decision.rows, self)
        self.rows += rows
        self.quarantine |= {(one.segment, one.frame_offset, one.reason): one for one in quarantined}
        self.position = progress or self.position
        if failure == "after":
            screen.forget()
            raise Unavailable("the connection broke after the commit")
        return decision.result

    def window(self, cycle: Any, start: Any, end: Any, **filters: Any) -> list[Observation]:
        newest: dict[Key, Observation] = {}
        for row in self.rows:
            if row.cycle is cycle and start <= row.period_start < end and row.site in filters["sites"]:
                newest[key_of(row)] = row
        return [newest[key] for key in sorted(newest)]

    def tails(self, cycle: Any, _origin: Any, start: Any, end: Any, **filters: Any) -> list[Observation]:
        return self.window(cycle, start, end, **filters)


def frames_of(plan: Sequence[tuple[str, str]]) -> list[tuple[bytes, Verdict]]:
    """Frames of a plan of (kind, device); a repeat or correction belongs to the newest good frame of its device."""
    made: list[tuple[bytes, Verdict]] = []
    last: dict[str, int] = {}
    for number, (kind, mn) in enumerate(plan):
        at = NOW - timedelta(days=1) + number * MINUTE
        base = last.get(mn)
        if kind == "good" or (kind in ("repeat", "correction") and base is None):
            last[mn] = number
            made.append((minute_frame(mn, at, {"a21026": f"{number}.5"}), Verdict.ACCEPTED))
        elif kind == "repeat":
            made.append(
                (minute_frame(mn, NOW - timedelta(days=1) + base * MINUTE, {"a21026": f"{base}.5"}), Verdict.ACCEPTED)
            )
        elif kind == "correction":
            made.append(
                (
                    minute_frame(mn, NOW - timedelta(days=1) + base * MINUTE, {"a21026": f"{number}.75"}),
                    Verdict.ACCEPTED,
                )
            )
        elif kind == "stranger":
            made.append((minute_frame("X", at, {"a21026": "1"}), Verdict.UNKNOWN_DEVICE))
        elif kind == "bad crc":
            made.append((minute_frame(mn, at, {"a21026": "1"}), Verdict.BAD_CRC))
        elif kind == "future":
            made.append((minute_frame(mn, NOW + timedelta(days=2), {"a21026": "1"}), Verdict.ACCEPTED))
        else:
            made.append((minute_frame(mn, at, {"a21026": "1"}, cn="3020"), Verdict.ACCEPTED))
    return made


def spooled(folder: Path, frames: Sequence[tuple[bytes, Verdict]]) -> None:
    writer = SpoolWriter(folder)
    try:
        for raw, verdict in frames:
            writer.append(raw.rstrip(), received_at=NOW, peer="", verdict=verdict, done=lambda _p, _e: None)
    finally:
        writer.close()


def shown(store: MemoryStore) -> list[tuple[str, datetime, Decimal | None, int]]:
    return [(row.site, row.period_start, row.value, row.version) for row in store.rows]


PLANS = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from("AB")), min_size=1, max_size=25)


@settings(max_examples=30, deadline=None)
@given(
    plan=PLANS,
    batch_frames=st.integers(1, 7),
    failures=st.lists(st.sampled_from(["", "before", "after"]), max_size=12),
    restarts=st.sets(st.integers(0, 30)),
)
def test_interruptions_change_nothing_in_the_end(
    plan: list[tuple[str, str]],
    batch_frames: int,
    failures: list[str],
    restarts: set[int],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("ingest")
    spooled(folder, frames_of(plan))
    smooth, rough = MemoryStore(), MemoryStore()
    IngestLoop(smooth, folder, DIRECTORY, unit_of=lambda _: "").drain()  # type: ignore[arg-type]
    rough.failures = list(failures)
    loop = IngestLoop(rough, folder, DIRECTORY, unit_of=lambda _: "", batch_frames=batch_frames)  # type: ignore[arg-type]
    for step in range(200):
        if step in restarts:
            loop = IngestLoop(rough, folder, DIRECTORY, unit_of=lambda _: "", batch_frames=batch_frames)  # type: ignore[arg-type]
        try:
            if loop.step() == 0 and not rough.failures:
                break
        except Unavailable:
            continue
    assert shown(rough) == shown(smooth)
    assert rough.quarantine == smooth.quarantine
    assert rough.position == smooth.position == loop.position


@settings(max_examples=30, deadline=None)
@given(plan=PLANS, batch_frames=st.integers(1, 7))
def test_the_counters_add_up_to_what_was_sent(
    plan: list[tuple[str, str]], batch_frames: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("counted")
    frames = frames_of(plan)
    spooled(folder, frames)
    store = MemoryStore()
    published: list[str] = []
    loop = IngestLoop(
        store,  # type: ignore[arg-type]
        folder,
        DIRECTORY,
        publish=lambda sites, _at: published.extend(sites),
        unit_of=lambda _: "",
        batch_frames=batch_frames,
    )
    assert loop.drain() == len(frames)
    counters = loop.counters
    assert counters.frames == len(frames)
    assert counters.rows == counters.new + counters.duplicate + counters.corrected
    assert counters.new == len({key_of(row) for row in store.rows})
    assert counters.new + counters.corrected == len(store.rows)
    kinds = Counter(kind for kind, _ in plan)
    assert counters.quarantined == kinds["stranger"] + kinds["bad crc"] + kinds["future"] == len(store.quarantine)
    assert counters.rows == kinds["good"] + kinds["repeat"] + kinds["correction"]
    assert counters.batches == -(-len(frames) // batch_frames)
    assert set(published) == {row.site for row in store.rows}
    assert loop.lag_bytes() == 0


def test_an_empty_spool_is_no_work(tmp_path: Path) -> None:
    store = MemoryStore()
    loop = IngestLoop(store, tmp_path / "none", DIRECTORY)  # type: ignore[arg-type]
    assert (loop.step(), loop.drain(), loop.position, loop.lag_bytes()) == (0, 0, None, None)
    spooled(tmp_path / "none", [])
    assert loop.step() == 0
    assert store.rows == []


def test_the_lag_shrinks_with_every_batch(tmp_path: Path) -> None:
    spooled(tmp_path, frames_of([("good", "A")] * 6))
    loop = IngestLoop(MemoryStore(), tmp_path, DIRECTORY, unit_of=lambda _: "", batch_frames=2)  # type: ignore[arg-type]
    lags = [loop.lag_bytes()]
    while loop.step():
        lags.append(loop.lag_bytes())
    assert len(lags) == 4
    assert lags == sorted(lags, key=lambda lag: -(lag or 0))
    assert lags[-1] == 0


def test_a_register_that_was_never_read_stops_the_first_batch_only(tmp_path: Path) -> None:
    class Away(StaticDirectory):
        answers = [False, True, False, False]

        def refresh(self) -> bool:
            return self.answers.pop(0)

    spooled(tmp_path, frames_of([("good", "A")]))
    store = MemoryStore()
    loop = IngestLoop(store, tmp_path, Away({"A": DeviceProfile("A", "DA")}), unit_of=lambda _: "")  # type: ignore[arg-type]
    with pytest.raises(Unavailable, match="register"):
        loop.step()
    assert store.position is None
    assert loop.step() == 1
    assert [row.site for row in store.rows] == ["DA"]


# -- the counter file ------------------------------------------------------------------------------------------------


@given(
    values=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
        st.integers(-(10**9), 10**9) | st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.none(),
        max_size=6,
    )
)
def test_counters_come_back_as_written(values: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = counters_path(tmp_path_factory.mktemp("counters"), "gateway")
    write_counters(path, values)
    assert read_counters(path) == values
    write_counters(path, {"frames": 1})
    assert read_counters(path) == {"frames": 1}
    assert [one.name for one in path.parent.iterdir()] == ["gateway.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"null", b"\xff\xfe", b'"text"'])
def test_a_broken_counter_file_reads_as_no_counters(tmp_path: Path, content: bytes) -> None:
    path = counters_path(tmp_path, "worker")
    assert read_counters(path) == {}
    path.parent.mkdir()
    path.write_bytes(content)
    assert read_counters(path) == {}
    write_counters(path, {"frames": 2})
    assert read_counters(path) == {"frames": 2}
