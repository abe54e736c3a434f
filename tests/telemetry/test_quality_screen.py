"""The causes of a row depend on the rows that were stored before it: not on batches, restarts, repeats or memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.duties.memory_store import MemoryStore
from tests.telemetry.rows import HOUR, T0

from qingtian.telemetry.ingest import quality as screening
from qingtian.telemetry.ingest.quality import QualityScreen
from qingtian.telemetry.store.port import Cycle, Observation, Origin

PM25, PM10, SO2, NO2, O3, CO = "a34004", "a34002", "a21026", "a21004", "a05024", "a21005"
NOX, OXYGEN = "a21002", "a19001"
Told = dict[tuple[str, str, int], tuple[tuple[str, ...], str]]


def hour(code: str, value: object, at: int, *, site: str = "S1", arrived: int | None = None, **more) -> Observation:
    start = T0 + at * HOUR
    fields = {
        "unit": {CO: "mg/m3", NOX: "mg/m3", OXYGEN: "%"}.get(code, "ug/m3"),
        "mark": "N",
        "frame_hash": f"{site}{at}{arrived}{more.pop('frame', '')}",
        "period_s": 3600,
    }
    received = T0 + (at if arrived is None else arrived) * HOUR + timedelta(minutes=70)
    number = None if value is None else Decimal(str(value))
    return Observation(site, code, Cycle.HOUR, start, number, received_at=received, **fields | more)


def medium_of(site: str) -> str:
    return "flue_gas" if site.startswith("DA") else "ambient"


def told(store: MemoryStore, sites: Sequence[str] = ("S1", "S2", "DA1")) -> Told:
    """Causes and figures of every version of every row."""
    rows = store.window(Cycle.HOUR, T0 - 400 * HOUR, T0 + 400 * HOUR, sites=list(sites))
    every = {(one.site, one.pollutant, one.period_start) for one in rows}
    return {
        (site, code, one.version * 1000 + int((start - T0) / HOUR)): (one.qc, one.qc_facts)
        for site, code, start in every
        for one in store.versions(site, code, Cycle.HOUR, start)
    }


def ingest(batches: Sequence[Sequence[Observation]], *, restarts: bool = False) -> MemoryStore:
    store, screen = MemoryStore(), QualityScreen(medium_of)
    for batch in batches:
        if restarts:
            screen = QualityScreen(medium_of)
        store.append(batch, screen=screen)
    return store


def causes(store: MemoryStore, code: str, site: str = "S1") -> list[tuple[str, ...]]:
    return [one.qc for one in store.series(site, code, Cycle.HOUR, T0 - 99 * HOUR, T0 + 400 * HOUR)]


def test_a_run_is_seen_across_batches_and_restarts():
    rows = [hour(PM25, 35, at) for at in range(10)]
    whole = ingest([rows])
    assert causes(whole, PM25) == [()] * 8 + [("persistence",)] * 2
    single = [[row] for row in rows]
    assert told(ingest(single)) == told(ingest(single, restarts=True)) == told(whole)


def test_a_correction_has_the_causes_of_its_own_value_and_the_old_version_keeps_its_own():
    store = ingest([[hour(PM25, 35, at) for at in range(3)], [hour(PM25, 5000, 3)], [hour(PM25, 36, 3, arrived=9)]])
    both = store.versions("S1", PM25, Cycle.HOUR, T0 + 3 * HOUR)
    assert [(one.version, one.value, one.qc) for one in both] == [(1, 5000, ("out_of_range",)), (2, 36, ())]


def test_a_late_hour_is_looked_at_with_the_hours_before_its_period_not_before_its_arrival():
    rows = [hour(PM25, value, at) for at, value in ((0, 20), (1, 21), (3, 600), (4, 21))]
    store = ingest([rows, [hour(PM25, 540, 2, arrived=5)]])
    late = store.series("S1", PM25, Cycle.HOUR, T0 + 2 * HOUR, T0 + 3 * HOUR)
    assert late[0].qc == ("jump",)  # 21 -> 540: the 600 that came later is not known to it
    assert '"before":"21"' in late[0].qc_facts


def test_after_a_late_hour_the_next_hour_sees_it():
    rows = [hour(PM25, 35, at) for at in range(9) if at not in (3, 4, 5)]  # a gap of three hours breaks the run
    store = ingest([rows, [hour(PM25, 35, at, arrived=9) for at in (3, 4, 5)], [hour(PM25, 35, 9)]])
    assert causes(store, PM25)[-1] == ("persistence",)


def test_a_repeat_changes_no_cause_and_no_memory():
    rows = [hour(PM25, 35, at) for at in range(9)]
    store, screen = MemoryStore(), QualityScreen(medium_of)
    for _ in range(3):
        store.append(rows, screen=screen)
    store.append([hour(PM25, 35, 9)], screen=screen)
    assert causes(store, PM25) == [()] * 8 + [("persistence",)] * 2


def test_values_of_one_hour_in_two_frames_are_compared_whatever_the_batches():
    frames = [[hour(PM10, 37, 0, frame="a")], [hour(PM25, 38, 0, frame="b")]]
    for store in (ingest(frames), ingest(frames, restarts=True), ingest([[*frames[0], *frames[1]]])):
        assert causes(store, PM25) == [("pm25_above_pm10",)]
        assert causes(store, PM10) == [()]


def test_origins_do_not_mix():
    rows = [hour(PM25, 35, at) for at in range(12)]
    imported = [replace(row, origin=Origin.import_, value=Decimal(35 + n % 2)) for n, row in enumerate(rows)]
    store = ingest([imported, rows], restarts=True)
    assert causes(store, PM25)[-1] == ("persistence",)
    own = store.window(Cycle.HOUR, T0, T0 + 20 * HOUR, origin=Origin.import_)
    assert {one.qc for one in own} == {()}


def test_memory_is_bounded_and_forgotten_lines_are_read_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(screening, "MOST_LINES", 1)
    rows = [[hour(PM25, 35, at, site=site)] for at in range(10) for site in ("S1", "S2")]
    store, screen = MemoryStore(), QualityScreen(medium_of)
    for batch in rows:
        store.append(batch, screen=screen)
    assert len(screen._live) == 1
    assert causes(store, PM25, "S2") == [()] * 8 + [("persistence",)] * 2


def test_value_and_mark_are_never_touched():
    rows = [hour(PM25, value, at) for at, value in enumerate((20, 5000, -3, 0, 35000))]
    rows += [hour(CO, 800, 5, mark="")]
    store = ingest([rows])
    held = store.window(Cycle.HOUR, T0, T0 + 20 * HOUR)
    assert sorted((one.pollutant, one.value, one.mark) for one in held) == sorted(
        (one.pollutant, one.value, one.mark) for one in rows
    )
    assert any(one.qc for one in held)


VALUES = st.sampled_from(["35", "35", "36", "700", "0.035", "36000", "-2", "0", "5", None])
MARKS = st.sampled_from(["N", "N", "N", "N", "D"])
SENT = st.tuples(st.integers(0, 14), st.sampled_from([PM25, PM10, SO2]), VALUES, MARKS)
STACK = st.tuples(st.integers(0, 10), st.sampled_from(["60.00", "61.50"]), st.sampled_from(["64.29", "66", "90"]))


@settings(max_examples=150, deadline=None)
@given(sent=st.lists(SENT, max_size=45), stack=st.lists(STACK, max_size=10), cuts=st.sets(st.integers(1, 60)))
def test_any_order_and_any_batches_give_the_same_causes(sent, stack, cuts):
    """Late, corrected, repeated and marked hours, cut into batches anywhere, with a restart at every cut."""
    rows = [
        hour(code, value, at, arrived=20 + n, frame=value, mark=mark) for n, (at, code, value, mark) in enumerate(sent)
    ]
    for n, (at, nox, converted) in enumerate(stack):
        frame = {"site": "DA1", "arrived": 70 + n, "frame": "x"}
        rows.append(hour(NOX, nox, at, converted=Decimal(converted), **frame))
        rows.append(hour(OXYGEN, "7", at, **frame))
    edges = [0, *sorted(cut for cut in cuts if cut < len(rows)), len(rows)]
    batches = [rows[a:b] for a, b in pairwise(edges)]
    one_by_one = told(ingest([[row] for row in rows], restarts=True))
    groups: list[list[Observation]] = []
    for row in rows:  # what came in one frame stays together
        if groups and groups[-1][0].frame_hash == row.frame_hash:
            groups[-1].append(row)
        else:
            groups.append([row])
    expected = told(ingest(groups, restarts=True))
    assert told(ingest([rows])) == expected
    assert told(ingest(groups)) == expected
    assert one_by_one.keys() == expected.keys()
    if all(any(batch[-1] is group[-1] for group in groups) for batch in batches if batch):
        assert told(ingest(batches)) == told(ingest(batches, restarts=True)) == expected
