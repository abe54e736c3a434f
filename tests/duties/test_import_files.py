"""Imports carried out: dry run, import, progress, cancel, kill and resume, withdrawal; nothing lost, nothing doubled."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.apps.city import account
from tests.duties.memory_store import MemoryStore
from tests.duties.scene import station
from tests.telemetry.importing import known, lines_of, simple

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor
from qingtian.apps.accounts.roles import Role
from qingtian.apps.imports.actions.run_import import (
    cancel_import,
    check_import,
    resume_import,
    start_import,
    withdraw_import,
)
from qingtian.apps.imports.actions.upload_file import upload_file
from qingtian.apps.imports.models import DataImport, ImportIssue
from qingtian.apps.imports.queries import repeated_by
from qingtian.apps.imports.states import Carrier, ImportState
from qingtian.apps.journal.models import Event
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, Unavailable
from qingtian.duties import import_files
from qingtian.duties.import_files import Pace, Stores, carry_imports, carry_out
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.importers.mapping import FileMapping
from qingtian.telemetry.store.port import AppendResult, Cycle, Observation, Origin

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 5, 10, tzinfo=SHANGHAI)
START = datetime(2025, 12, 1, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)
FIRST = datetime(2015, 1, 1, tzinfo=SHANGHAI)


class Killed(BaseException):
    """The process is gone."""


class FallibleStore(MemoryStore):
    """A store behind which the process can die, before or after a batch is stored."""

    def __init__(self) -> None:
        super().__init__()
        self.die_after: int | None = None
        self.appends = 0

    def append(self, batch, **more: Any) -> AppendResult:
        result = super().append(batch, **more)
        self.appends += 1
        if self.die_after is not None and self.appends >= self.die_after:
            raise Killed
        return result


@pytest.fixture
def store() -> FallibleStore:
    return FallibleStore()


def no_forecasts() -> Any:
    raise AssertionError("no forecast is imported here")


def pace(batch: int = 20_000, **more: Any) -> Pace:
    return Pace(lambda: NOW, batch=batch, **more)


def stores(store: MemoryStore) -> Stores:
    return Stores(store, no_forecasts)  # type: ignore[arg-type]


def file_text(hours: int, *, site: str = "S1", value: Callable[[int], str] = str, start: datetime = START) -> bytes:
    lines = ["time,site,pm25"]
    lines += [f"{(start + n * HOUR).strftime('%Y-%m-%d %H:%M')},{site},{value(n)}" for n in range(hours)]
    return "\n".join(lines).encode()


def uploaded(content: bytes, who: Actor = SYSTEM_ACTOR, name: str = "air.csv") -> DataImport:
    return upload_file(who, NOW, io.BytesIO(content), name)


def checked(store: MemoryStore, content: bytes, mapping: FileMapping | None = None, **more: Any) -> DataImport:
    row = uploaded(content, **more)
    who = more.get("who", SYSTEM_ACTOR)
    return carry_out(check_import(who, NOW, row.number, mapping or simple()), stores(store), pace())


def imported(store: MemoryStore, content: bytes, mapping: FileMapping | None = None, **more: Any) -> DataImport:
    row = checked(store, content, mapping, **more)
    return carry_out(start_import(more.get("who", SYSTEM_ACTOR), NOW, row.number), stores(store), pace())


def held(store: MemoryStore, site: str = "S1") -> list[Observation]:
    return store.window(Cycle.HOUR, START - 30 * HOUR, NOW, sites=[site])


# -- the whole way -----------------------------------------------------------------------------------------------------


def test_a_dry_run_stores_nothing_and_tells_everything(store: FallibleStore) -> None:
    station("S1")
    row = checked(store, file_text(48, value=lambda n: "x" if n == 3 else "" if n == 4 else str(n)))
    assert row.state == ImportState.CHECKED
    assert (row.trial["rows"], row.trial["values"], row.trial["row_errors"]) == (48, 46, 1)
    assert row.trial["causes"]["not_a_number"] == 1
    assert (row.trial["first"], row.trial["last"]) == (START.isoformat(), (START + 47 * HOUR).isoformat())
    assert (row.rows_done, row.rows_total) == (48, 48)
    assert held(store) == []
    [issue] = ImportIssue.objects.filter(of=row)
    assert (issue.line, issue.cause, issue.field, issue.text, issue.site) == (5, "not_a_number", "pm25", "x", "S1")


def test_an_import_stores_each_value_with_its_row_as_provenance(store: FallibleStore) -> None:
    station("S1")
    row = imported(store, file_text(48))
    rows = held(store)
    assert row.state == ImportState.DONE
    assert row.counts == {"new": 48, "corrected": 0, "duplicate": 0}
    assert [one.value for one in rows] == [Decimal(n) for n in range(48)]
    assert {one.segment for one in rows} == {f"import:{row.number}"}
    assert [one.frame_offset for one in rows] == list(range(2, 50))
    assert len({one.frame_hash for one in rows}) == 48
    assert {one.received_at for one in rows} == {NOW}
    assert {one.origin for one in rows} == {Origin.import_}
    types = list(Event.objects.filter(object_type="dataimport").order_by("seq").values_list("type", flat=True))
    assert types == [
        "import.uploaded",
        "import.check_asked",
        "import.checked",
        "import.started",
        "import.finished",
    ]


def test_real_station_hours_go_the_whole_way_with_their_doubts_counted(store: FallibleStore) -> None:
    station("1325A"), station("1334A")
    header, rows = lines_of("wuhan_stations.csv")
    rows[100][header.index("pm25")], rows[100][header.index("pm10")] = "200", "90"
    text = "\n".join(",".join(one) for one in [header, *rows]).encode()
    row = imported(store, text, known("national_air_stations"))
    assert row.state == ImportState.DONE
    assert row.counts["new"] == row.report["values"] == row.trial["values"]
    marked = [
        cause
        for site in ("1325A", "1334A")
        for one in store.window(Cycle.HOUR, FIRST, NOW, sites=[site])
        for cause in one.qc
    ]
    assert row.doubts == Counter(marked)
    assert row.doubts["pm25_above_pm10"] >= row.report["causes"]["pm25_above_pm10"] == 1
    assert row.report["row_errors"] == 0
    assert set(row.report["sites"]) == {"1325A", "1334A"}


def test_the_same_file_again_changes_nothing_and_says_so(store: FallibleStore) -> None:
    station("S1")
    imported(store, file_text(30))
    again = imported(store, file_text(30))
    assert again.counts == {"new": 0, "corrected": 0, "duplicate": 30}
    assert len(held(store)) == 30


def test_other_values_for_the_same_hours_are_corrections_and_both_are_kept(store: FallibleStore) -> None:
    station("S1")
    imported(store, file_text(10))
    row = imported(store, file_text(10, value=lambda n: str(n + 100)))
    assert row.counts == {"new": 0, "corrected": 10, "duplicate": 0}
    assert [one.value for one in held(store)] == [Decimal(n + 100) for n in range(10)]
    assert len(store.versions("S1", "a34004", Cycle.HOUR, START)) == 2


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_a_file_that_proves_wrong_as_mapped_cannot_be_started(store: FallibleStore) -> None:
    station("S1")
    lines = ["time,station,aqi,pm25,pm10,so2,no2,o3,co"]
    lines += [f"2025-12-01 {hour:02d}:00:00,S1,77,40,60,77,9,30,0.5" for hour in range(24)]
    spec = known("national_air_stations", ozone_day_column="")
    row = checked(store, "\n".join(lines).encode(), spec)
    assert row.trial["refused"] == ["columns_shifted"]
    with pytest.raises(Conflict, match="shifted by one") as refused:
        start_import(SYSTEM_ACTOR, NOW, row.number)
    assert refused.value.remedy
    assert held(store) == []


def test_unknown_sites_and_sites_of_others_are_row_errors(store: FallibleStore) -> None:
    for site, region in (("S1", "420107"), ("S2", "420106")):
        RegistryObject.objects.filter(pk=station(site).pk).update(region_code=region)
    steward = account("steward", Role.DATA_STEWARD, region="420107")
    text = file_text(3) + b"\n" + file_text(3, site="S2").split(b"\n", 1)[1]
    text += b"\n" + file_text(3, site="S9").split(b"\n", 1)[1]
    row = imported(store, text, who=steward)
    assert row.counts["new"] == 3
    assert row.report["causes"] == {"site_out_of_scope": 3, "unknown_site": 3}
    assert {one.site for one in held(store, "S2")} == set()
    assert row.issues.filter(phase="import").count() == 6


def test_who_may_not_import_or_withdraw_is_refused(store: FallibleStore) -> None:
    handler, inspector = account("h", Role.HANDLER), account("i", Role.INSPECTOR)
    with pytest.raises(NotPermitted):
        uploaded(file_text(1), handler)
    row = uploaded(file_text(1), inspector)
    with pytest.raises(NotPermitted):
        withdraw_import(inspector, NOW, row.number, "wrong")


def test_a_lost_account_ends_the_import_with_its_reason(store: FallibleStore) -> None:
    station("S1")
    row = checked(store, file_text(5), who=account("gone", Role.DATA_STEWARD))
    start_import(SYSTEM_ACTOR, NOW, row.number)
    DataImport.objects.filter(pk=row.pk).update(asked_by="nobody")
    done = carry_out(row, stores(store), pace())
    assert done.state == ImportState.FAILED
    assert "nobody is gone" in done.error


def test_steps_out_of_order_are_refused(store: FallibleStore) -> None:
    station("S1")
    row = uploaded(file_text(2))
    for step in (start_import, cancel_import, resume_import):
        with pytest.raises(Conflict) as refused:
            step(SYSTEM_ACTOR, NOW, row.number)
        assert "check" in (refused.value.remedy or "")
    with pytest.raises(InvalidInput):
        withdraw_import(SYSTEM_ACTOR, NOW, row.number, " ")


def test_a_mapping_that_names_a_missing_column_is_refused_before_anything_runs(store: FallibleStore) -> None:
    row = uploaded(b"time,site,pm10\n2025-12-01 00:00,S1,3")
    with pytest.raises(InvalidInput, match="no column 'pm25'"):
        check_import(SYSTEM_ACTOR, NOW, row.number, simple())
    row.refresh_from_db()
    assert row.state == ImportState.UPLOADED


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"\n\n", b"\xd0\xcf\x11\xe0old workbook"])
def test_what_is_no_table_is_refused_at_the_door(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        uploaded(content)
    assert DataImport.objects.count() == 0


# -- stop, kill, resume ------------------------------------------------------------------------------------------------


def test_a_cancelled_import_stops_after_its_batch_and_goes_on_where_it_was(store: FallibleStore) -> None:
    station("S1")
    row = checked(store, file_text(100))
    start_import(SYSTEM_ACTOR, NOW, row.number)
    seen: list[int] = []

    def stop(at: DataImport) -> None:
        seen.append(at.rows_done)
        if len(seen) == 2:
            cancel_import(SYSTEM_ACTOR, NOW, row.number)

    done = carry_out(row, stores(store), pace(20, progress=stop))
    assert (done.state, done.line_done) == (ImportState.CANCELLED, 41)
    assert seen == [20, 40]
    assert len(held(store)) == 40
    resume_import(SYSTEM_ACTOR, NOW, row.number)
    done = carry_out(row, stores(store), pace(20))
    assert (done.state, done.counts) == (ImportState.DONE, {"new": 100, "corrected": 0, "duplicate": 0})
    assert done.report["values"] == 100


@pytest.mark.parametrize("deaths", [(1,), (3,), (1, 1, 2), (2, 2, 2, 2)])
@pytest.mark.parametrize("batch", [7, 25, 1000])
def test_an_import_that_is_killed_loses_nothing_and_counts_nothing_twice(
    store: FallibleStore, deaths: tuple[int, ...], batch: int
) -> None:
    station("S1")
    text = file_text(100, value=lambda n: "bad" if n % 10 == 9 else str(n))
    row = checked(store, text)
    start_import(SYSTEM_ACTOR, NOW, row.number)
    for death in deaths:
        store.appends, store.die_after = 0, death
        with suppress(Killed):
            carry_out(row, stores(store), pace(batch))
    store.die_after = None
    done = carry_out(row, stores(store), pace(batch))
    assert done.state == ImportState.DONE
    assert done.counts == {"new": 90, "corrected": 0, "duplicate": 0}
    assert [one.version for one in held(store)] == [1] * 90
    assert (done.report["rows"], done.report["row_errors"]) == (100, 10)
    assert done.issues.filter(phase="import").count() == 10


def test_a_kill_among_corrections_and_repeats_counts_each_kind(store: FallibleStore) -> None:
    station("S1")
    imported(store, file_text(30))
    text = file_text(60, value=lambda n: str(n + 500) if 10 <= n < 20 else str(n))
    row = checked(store, text)
    start_import(SYSTEM_ACTOR, NOW, row.number)
    store.appends, store.die_after = 0, 1
    with pytest.raises(Killed):
        carry_out(row, stores(store), pace(40))
    store.die_after = None
    done = carry_out(row, stores(store), pace(40))
    assert done.counts == {"new": 30, "corrected": 10, "duplicate": 20}


def test_a_site_registered_between_kill_and_resume_takes_part_from_there(store: FallibleStore) -> None:
    station("S1")
    text = file_text(20) + b"\n" + file_text(20, site="S2").split(b"\n", 1)[1]
    row = checked(store, text)
    start_import(SYSTEM_ACTOR, NOW, row.number)
    store.appends, store.die_after = 0, 1
    with pytest.raises(Killed):
        carry_out(row, stores(store), pace(15))
    store.die_after = None
    station("S2")
    done = carry_out(row, stores(store), pace(15))
    assert done.state == ImportState.DONE
    assert len(held(store)) == len(held(store, "S2")) == 20


def test_an_interrupted_dry_run_begins_again_and_lists_each_error_once(store: FallibleStore, monkeypatch) -> None:
    station("S1")
    row = uploaded(file_text(40, value=lambda n: "bad" if n % 2 else str(n)))
    check_import(SYSTEM_ACTOR, NOW, row.number, simple())
    real, calls = import_files.keep.keep_check, []

    def dying(*args: Any) -> bool:
        calls.append(args)
        if len(calls) == 2:
            raise Killed
        return real(*args)

    monkeypatch.setattr(import_files.keep, "keep_check", dying)
    with pytest.raises(Killed):
        carry_out(row, stores(store), pace(10))
    done = carry_out(row, stores(store), pace(10))
    assert done.state == ImportState.CHECKED
    assert done.issues.count() == done.trial["row_errors"] == 20


def test_the_worker_leaves_what_a_command_carries_and_goes_on_by_slices(store: FallibleStore) -> None:
    station("S1")
    mine = checked(store, file_text(50))
    start_import(SYSTEM_ACTOR, NOW, mine.number)
    theirs = checked(store, file_text(50, start=START + 100 * HOUR))
    start_import(SYSTEM_ACTOR, NOW, theirs.number, carrier=Carrier.COMMAND)
    assert carry_imports(stores(store), pace(10, until=0.0)) == 0
    assert carry_imports(stores(store), pace(10)) == 1
    mine.refresh_from_db(), theirs.refresh_from_db()
    assert (mine.state, theirs.state) == (ImportState.DONE, ImportState.IMPORTING)
    assert carry_imports(stores(store), pace(10)) == 0


def test_a_store_that_is_away_makes_the_import_wait_and_not_fail(store: FallibleStore, monkeypatch) -> None:
    station("S1")
    row = checked(store, file_text(10))
    start_import(SYSTEM_ACTOR, NOW, row.number)

    def away(*_: Any, **__: Any) -> AppendResult:
        raise Unavailable("the lake is away", remedy="wait")

    with monkeypatch.context() as patch:
        patch.setattr(store, "append", away)
        assert carry_out(row, stores(store), pace()).state == ImportState.IMPORTING
    assert carry_out(row, stores(store), pace()).counts["new"] == 10


# -- withdrawal --------------------------------------------------------------------------------------------------------


def test_a_withdrawn_import_hides_its_values_and_says_how_many(store: FallibleStore) -> None:
    station("S1")
    row = imported(store, file_text(24))
    withdraw_import(SYSTEM_ACTOR, NOW + HOUR, row.number, "wrong station")
    done = carry_out(row, stores(store), pace())
    assert (done.state, done.withdraw_reason, done.withdrawn_by) == (ImportState.WITHDRAWN, "wrong station", "system")
    assert done.hidden["values"] == 24
    assert held(store) == []
    with pytest.raises(Conflict):
        withdraw_import(SYSTEM_ACTOR, NOW, row.number, "again")


def test_a_withdrawal_that_was_killed_before_it_was_noted_still_tells_its_values(store: FallibleStore) -> None:
    station("S1")
    row = imported(store, file_text(24))
    withdraw_import(SYSTEM_ACTOR, NOW + HOUR, row.number, "wrong station")
    store.withdraw(row.segment, NOW + HOUR)
    assert carry_out(row, stores(store), pace()).hidden["values"] == 24


def test_what_was_corrected_shows_again_and_the_file_can_be_imported_anew(store: FallibleStore) -> None:
    station("S1")
    imported(store, file_text(5))
    wrong = imported(store, file_text(5, value=lambda n: str(n + 900)))
    withdraw_import(SYSTEM_ACTOR, NOW + HOUR, wrong.number, "wrong unit")
    carry_out(wrong, stores(store), pace())
    assert [one.value for one in held(store)] == [Decimal(n) for n in range(5)]
    again = imported(store, file_text(5, value=lambda n: str(n + 900)))
    assert again.counts["corrected"] == 5


def test_later_imports_that_had_repeated_the_values_are_named(store: FallibleStore) -> None:
    station("S1")
    first = imported(store, file_text(24))
    second = imported(store, file_text(48))
    imported(store, file_text(5, start=START + 200 * HOUR))
    assert [one.number for one in repeated_by(first)] == [second.number]
    assert repeated_by(second) == []


def test_a_cancelled_import_can_be_withdrawn(store: FallibleStore) -> None:
    station("S1")
    row = checked(store, file_text(100))
    start_import(SYSTEM_ACTOR, NOW, row.number)
    carry_out(row, stores(store), pace(20, progress=lambda at: cancel_import(SYSTEM_ACTOR, NOW, at.number)))
    withdraw_import(SYSTEM_ACTOR, NOW, row.number, "half of it is enough")
    assert carry_out(row, stores(store), pace()).hidden["values"] == 20
    assert held(store) == []


def test_values_of_a_simulated_site_are_labelled_simulated(store: FallibleStore) -> None:
    RegistryObject.objects.filter(pk=station("S1").pk).update(simulated=True)
    imported(store, file_text(3))
    assert all(one.simulated for one in held(store))
