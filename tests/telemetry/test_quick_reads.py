"""Narrow reads find their files by themselves: the answers are those of DuckLake, and what is unusual is left to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from tests.telemetry.rows import DAY, HOUR, MINUTE, T0, minutes, row

from qingtian.telemetry.store import queries, quick
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.port import Cycle, Origin
from qingtian.telemetry.store.rows import from_row

SPAN = (T0 - DAY, T0 + 3 * DAY)


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[DuckLakeStore]:
    """Files of two days, rows in the catalogue, corrections, two origins; a lake that nothing was deleted from."""
    one = DuckLakeStore(database_url, tmp_path / "lake")
    one.append([*minutes(list(range(400))), *minutes(list(range(400)), T0 + DAY, site="S2")])
    one.append([row(-1, T0 + 5 * MINUTE, received_at=T0 + HOUR), row(3, T0 + DAY, simulated=True, qc=("jump",))])
    one.append([row(9, T0 + 500 * MINUTE, origin=Origin.import_, segment="import:1")])
    one.append([row("0.000001", T0 + 501 * MINUTE, site="站点'1", minimum=Decimal("-5.5"))])
    yield one
    one.close()


def by_ducklake(store: DuckLakeStore, sites: list[str]) -> list[object]:
    where = queries.window_where(Cycle.MINUTE, *SPAN, sites=sites, pollutants=None, as_of=None)
    store._hidden().leave_out(where)
    return [from_row(one) for one in store._read(queries.select_current(where), where.values)]


@pytest.fixture
def used(store: DuckLakeStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[bool]]]:
    """Which reads went the quick way to the end."""
    ways: list[bool] = []
    read, narrow = store._read, store._narrow

    def noted(*asked: object) -> object:
        ways.append(True)
        return narrow(*asked)

    def by_planner(sql: str, *more: object, **tables: object) -> object:
        if "QUALIFY" in sql:
            ways[len(ways) - 1 :] = [False]
        return read(sql, *more, **tables)

    monkeypatch.setattr(store, "_narrow", noted)
    monkeypatch.setattr(store, "_read", by_planner)
    yield lambda: ways


def test_the_answers_are_those_of_ducklake(store: DuckLakeStore, used: Callable[[], list[bool]]) -> None:
    for sites in (["S1"], ["S2"], ["站点'1"], ["S1", "S2", "站点'1", "none"], ["none"]):
        found = store.window(Cycle.MINUTE, *SPAN, sites=sites)
        assert used()[-1] is True
        assert found == by_ducklake(store, sites)
    assert len(store.window(Cycle.MINUTE, *SPAN, sites=["S1"])) == 402


def test_they_stay_so_after_compaction_and_withdrawal(store: DuckLakeStore, used: Callable[[], list[bool]]) -> None:
    store.compact()
    store.append([row(77, T0 + 600 * MINUTE)])
    store.withdraw("import:1", T0 + 2 * DAY)
    used().clear()
    found = store.window(Cycle.MINUTE, *SPAN, sites=["S1"])
    assert used()[0] is True
    assert found == by_ducklake(store, ["S1"])
    assert [one.value for one in found][-2:] == [77, 3]
    before = store.window(Cycle.MINUTE, *SPAN, sites=["S1"], as_of=T0 + DAY)
    assert 9 in [one.value for one in before]


def test_struck_out_rows_are_left_to_ducklake(store: DuckLakeStore, used: Callable[[], list[bool]]) -> None:
    store._lake.cursor().execute(f"DELETE FROM {queries.TABLE} WHERE site = 'S1' AND value = 7")
    found = store.window(Cycle.MINUTE, *SPAN, sites=["S1"])
    assert used() == [False]
    assert len(found) == 401
    assert 7 not in [one.value for one in found]


def test_wide_reads_do_not_ask_for_files(store: DuckLakeStore, used: Callable[[], list[bool]]) -> None:
    many = [f"S{number}" for number in range(quick.MOST_SITES + 1)]
    assert len(store.window(Cycle.MINUTE, *SPAN, sites=many)) == 802
    assert used() == [False]
    assert len(store.window(Cycle.MINUTE, *SPAN)) == 803


def test_a_file_that_is_gone_is_no_reason_to_fail(
    store: DuckLakeStore, monkeypatch: pytest.MonkeyPatch, used: Callable[[], list[bool]]
) -> None:
    source = store._narrow(*SPAN, ["S1"])
    assert source is not None
    lost = replace(source, table=source.table.replace(".parquet", "-gone.parquet"))
    monkeypatch.setattr(quick, "narrow_source", lambda *_: lost)
    assert len(store.window(Cycle.MINUTE, *SPAN, sites=["S1"])) == 402


def test_only_the_days_of_the_span_are_opened(store: DuckLakeStore) -> None:
    def files(start: object, end: object) -> int:
        source = store._narrow(start, end, ["S1"])
        assert source is not None
        return source.table.count(".parquet")

    midnight = T0.replace(hour=0)
    assert files(midnight, midnight + DAY) == 1
    assert files(midnight, midnight + DAY + MINUTE) == 2
    assert files(midnight - 9 * DAY, midnight - 8 * DAY) == 0
    assert store.series("S1", "a21026", Cycle.MINUTE, midnight - 9 * DAY, midnight - 8 * DAY) == []


def test_a_lake_in_a_folder_with_a_quote_is_read(database_url: str, tmp_path: Path) -> None:
    one = DuckLakeStore(database_url, tmp_path / "o'clock")
    one.append(minutes(list(range(300))))
    assert len(one.series("S1", "a21026", Cycle.MINUTE, T0, T0 + DAY)) == 300
    one.close()
