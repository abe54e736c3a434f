"""From stored frames to observations: meaning of times, marks, numbers; batches; restarts; frames that cannot be used."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.fleet import frame_hash
from tests.telemetry.rows import DAY, HOUR, MINUTE

from qingtian.domain.errors import Unavailable
from qingtian.domain.hj212 import build_frame, build_upload
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.ingest import IngestLoop
from qingtian.telemetry.ingest.times import parse_time
from qingtian.telemetry.spool import SpoolWriter, Verdict
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.port import AppendResult, Cycle, Observation, Origin, SpoolPosition
from qingtian.telemetry.values import number

MN = "010000A8900016F000169DC0"
NOW = datetime(2025, 11, 22, 9, 0, tzinfo=SHANGHAI)
PROFILE = DeviceProfile(
    MN,
    "DA001",
    simulated=True,
    units={"a21026": "mg/m3", "flow": "m3/s"},
    code_map={"S101": "flow"},
    minute_interval_s=60,
    realtime_interval_s=30,
)
UNITS = {"a34013": "mg/m3", "w01018": "mg/L"}


class City:
    """A spool, a store and an ingest loop."""

    def __init__(self, folder: Path, store: DuckLakeStore) -> None:
        self.folder, self.store = folder / "spool", store
        self.spool = SpoolWriter(self.folder)
        self.directory = StaticDirectory({MN: PROFILE})
        self.published: list[tuple[list[str], datetime]] = []
        self.loop = self.restarted()

    def restarted(self, store: Any = None, **options: Any) -> IngestLoop:
        self.loop = IngestLoop(
            store or self.store,
            self.folder,
            self.directory,
            publish=self._publish,
            unit_of=lambda code: UNITS.get(code, ""),
            **options,
        )
        return self.loop

    def receive(self, frame: bytes, at: datetime = NOW, verdict: Verdict = Verdict.ACCEPTED) -> SpoolPosition:
        return self.spool.append_and_wait(frame.rstrip(b"\r\n"), received_at=at, verdict=verdict, reason="why")

    def rows(self, cycle: Cycle = Cycle.MINUTE) -> list[Observation]:
        return self.store.window(cycle, NOW - 10 * DAY, NOW + 10 * DAY)

    def _publish(self, sites: Sequence[str], at: datetime) -> None:
        self.published.append((list(sites), at))


@pytest.fixture
def city(empty_store: DuckLakeStore, tmp_path: Path) -> Iterator[City]:
    one = City(tmp_path, empty_store)
    yield one
    one.spool.close()


def upload(at: datetime | str, items: dict[str, dict[str, str]], *, cn: str = "2051", **changes: Any) -> bytes:
    text = at if isinstance(at, str) else f"{at:%Y%m%d%H%M%S}"
    fields = {"mn": MN, "st": "31", "qn": "20251122090000000", "flag": 5, "pw": "123456"}
    return build_upload(cn=cn, data_time=text, items=items, **(fields | changes))  # type: ignore[arg-type]


def raw_cp(cp: str, *, cn: str = "2051", **changes: Any) -> bytes:
    fields = {"qn": "20251122090000000", "st": "31", "cn": cn, "pw": "123456", "mn": MN, "flag": 5}
    return build_frame(cp=cp, **(fields | changes))  # type: ignore[arg-type]


SO2 = {"a21026": {"Min": "10.1", "Avg": "12.5", "Max": "14", "ZsAvg": "15.25", "Cou": "0.75", "Flag": "N"}}


def test_a_minute_frame_becomes_rows_with_their_provenance(city: City) -> None:
    at = NOW - 2 * MINUTE
    frame = upload(at, SO2)
    position = city.receive(frame)
    assert city.loop.drain() == 1
    (row,) = city.rows()
    assert row == Observation(
        "DA001",
        "a21026",
        Cycle.MINUTE,
        at,
        Decimal("12.500000"),
        Decimal("10.100000"),
        Decimal("14.000000"),
        Decimal("0.750000"),
        Decimal("15.250000"),
        "mg/m3",
        "N",
        Origin.DEVICE,
        True,
        frame_hash(frame),
        position.segment,
        position.offset,
        received_at=NOW,
        period_s=60,
    )
    assert city.published == [(["DA001"], NOW)]


@pytest.mark.parametrize(
    ("cn", "attribute", "cycle", "period_s"),
    [
        ("2011", "Rtd", Cycle.REALTIME, 30),
        ("2051", "Avg", Cycle.MINUTE, 60),
        ("2061", "Avg", Cycle.HOUR, 3600),
        ("2031", "Avg", Cycle.DAY, 86400),
    ],
)
def test_the_command_gives_the_cycle(city: City, cn: str, attribute: str, cycle: Cycle, period_s: int) -> None:
    at = NOW - DAY
    city.receive(upload(at, {"a34013": {attribute: "7", f"Zs{attribute}": "8", "Flag": "N"}}, cn=cn))
    city.loop.drain()
    (row,) = city.rows(cycle)
    assert (row.period_start, row.value, row.converted, row.period_s, row.unit) == (at, 7, 8, period_s, "mg/m3")


def test_the_time_of_the_data_is_the_start_of_the_period_in_city_time(city: City) -> None:
    city.receive(upload("20251122080000", SO2, cn="2061"))
    city.loop.drain()
    (row,) = city.rows(Cycle.HOUR)
    assert row.period_start.isoformat() == "2025-11-22T08:00:00+08:00"


def test_other_commands_carry_no_observations(city: City) -> None:
    for cn in ("2021", "3020", "9015", "9012"):
        city.receive(raw_cp("DataTime=20251122085900;SB001-RS=1", cn=cn))
    assert city.loop.drain() == 4
    assert city.rows() == []
    assert city.store.quarantined(NOW - DAY) == []


def test_private_codes_are_mapped_and_units_come_from_the_profile_first(city: City) -> None:
    items = {"S101": {"Avg": "3", "Flag": "N"}, "w01018": {"Avg": "4", "Flag": "N"}, "x9": {"Avg": "5"}}
    city.receive(upload(NOW - MINUTE, items))
    city.loop.drain()
    assert {row.pollutant: (row.unit, row.mark) for row in city.rows()} == {
        "flow": ("m3/s", "N"),
        "w01018": ("mg/L", "N"),
        "x9": ("", ""),
    }


@pytest.mark.parametrize("text", ["", "NaN", "--", "-99", "-9999.00", "1e99", "12,5", "123456789012345"])
def test_what_is_no_number_is_no_value(text: str) -> None:
    assert number(text) is None


@given(st.decimals(min_value=Decimal("-1e13"), max_value=Decimal("1e13"), allow_nan=False, places=6))
def test_numbers_come_through_exactly(value: Decimal) -> None:
    if value not in (Decimal(-99), Decimal(-999), Decimal(-9999)):
        assert number(f"{value:f}") == value


def test_an_unmarked_value_is_kept_and_is_not_valid(city: City) -> None:
    city.receive(upload(NOW - MINUTE, {"a21026": {"Avg": "5"}}))
    city.loop.drain()
    (row,) = city.rows()
    assert (row.value, row.mark, row.valid) == (5, "", False)


def test_a_code_with_two_values_in_one_frame_is_kept_unusable(city: City) -> None:
    city.receive(raw_cp("DataTime=20251122085900;a21026-Avg=5,a21026-Flag=N;a21026-Avg=6;a34013-Avg=1,a34013-Flag=N"))
    city.loop.drain()
    rows = {row.pollutant: row for row in city.rows()}
    assert (rows["a21026"].value, rows["a21026"].valid) == (5, False)
    assert rows["a34013"].valid


@pytest.mark.parametrize(
    "text", ["", "20251322080000", "20251122250000", "2025112208", "00000000000000", "20240230000000"]
)
def test_impossible_times_are_quarantined_with_the_reason(city: City, text: str) -> None:
    position = city.receive(raw_cp(f"DataTime={text};a21026-Avg=5,a21026-Flag=N"))
    city.loop.drain()
    assert city.rows() == []
    (held,) = city.store.quarantined(NOW)
    assert (held.mn, held.reason) == (MN, "impossible_time")
    assert (held.segment, held.frame_offset) == (position.segment, position.offset)
    assert parse_time(text) is None


def test_milliseconds_of_a_time_are_cut_off(city: City) -> None:
    city.receive(raw_cp("DataTime=20251122085900123;a21026-Avg=5,a21026-Flag=N"))
    city.loop.drain()
    assert [row.period_start for row in city.rows()] == [NOW - MINUTE]


def test_more_than_an_hour_in_the_future_is_quarantined_with_its_clock_error(city: City) -> None:
    ahead = NOW + HOUR + timedelta(seconds=1)
    city.receive(upload(ahead, SO2))
    city.loop.drain()
    assert city.rows() == []
    (held,) = city.store.quarantined(NOW)
    assert held.reason == "future_time"
    (skew,) = city.store.clock_skews(NOW)
    assert (skew.site, skew.mn, skew.quarantined) == ("DA001", MN, True)
    assert skew.data_time == ahead
    assert skew.skew_s == 3600 + 1  # QN was right, the time of the data was not


@pytest.mark.parametrize(
    ("cn", "sent", "skew_s"),
    [
        ("2011", timedelta(minutes=5), None),
        ("2011", timedelta(minutes=-5), None),
        ("2011", timedelta(minutes=5, seconds=1), 301),
        ("2061", timedelta(minutes=40), 2400),
        ("2051", timedelta(minutes=-20), -1200),
    ],
)
def test_the_time_of_sending_shows_a_clock_that_is_off(
    city: City, cn: str, sent: timedelta, skew_s: int | None
) -> None:
    attribute = "Rtd" if cn == "2011" else "Avg"
    frame = upload(NOW - DAY, {"a21026": {attribute: "1", "Flag": "N"}}, cn=cn, qn=f"{NOW + sent:%Y%m%d%H%M%S}000")
    city.receive(frame)  # back-filled data of yesterday: only QN counts
    city.loop.drain()
    assert [skew.skew_s for skew in city.store.clock_skews(NOW)] == ([] if skew_s is None else [skew_s])
    assert len(city.store.latest()) == 1


@pytest.mark.parametrize(
    ("cn", "off", "skew_s"),
    [
        ("2011", timedelta(minutes=5), None),
        ("2011", timedelta(minutes=5, seconds=1), 301),
        ("2011", timedelta(minutes=-5), None),
        ("2011", timedelta(minutes=-20), -1200),
        ("2051", timedelta(minutes=-6), None),  # a minute ends a minute later and may be sent a little late
        ("2051", timedelta(minutes=10), 660),
        ("2051", timedelta(minutes=-30), -1740),
        ("2061", timedelta(hours=-1), None),
        ("2061", timedelta(minutes=-30), 1800),  # an hour that has not ended cannot be reported
        ("2061", timedelta(hours=-9), None),  # an hour may rightly come late
    ],
)
def test_without_a_time_of_sending_the_time_of_the_data_shows_it(
    city: City, cn: str, off: timedelta, skew_s: int | None
) -> None:
    attribute = "Rtd" if cn == "2011" else "Avg"
    city.receive(upload(NOW + off, {"a21026": {attribute: "1", "Flag": "N"}}, cn=cn, qn=None))
    city.loop.drain()
    assert [skew.skew_s for skew in city.store.clock_skews(NOW)] == ([] if skew_s is None else [skew_s])
    assert len(city.store.latest()) == 1


def test_a_frame_marked_as_back_fill_proves_no_clock_error(city: City) -> None:
    frame = raw_cp("DataTime=20251120080000;a21026-Avg=5,a21026-Flag=N", qn=None).decode()
    from qingtian.domain.hj212 import wrap_segment

    segment = frame[6:-6].replace(";CP=", ";RF=1;CP=")
    city.receive(wrap_segment(segment.encode()))
    city.loop.drain()
    assert len(city.rows()) == 1
    assert city.store.clock_skews(NOW - DAY) == []


def test_rejected_frames_go_to_quarantine_with_the_gateways_reason(city: City) -> None:
    city.receive(upload(NOW, SO2, mn="88888888"), verdict=Verdict.UNKNOWN_DEVICE)
    city.receive(b"##0010garbage", verdict=Verdict.MALFORMED)
    city.loop.drain()
    held = city.store.quarantined(NOW)
    assert [(one.mn, one.reason, one.detail) for one in held] == [
        ("88888888", "unknown_device", "why"),
        ("", "cannot_be_read", "why"),
    ]
    assert city.rows() == []


def test_a_device_that_left_the_register_is_quarantined(city: City) -> None:
    city.receive(upload(NOW, SO2, mn="GONE"))
    city.loop.drain()
    assert [one.reason for one in city.store.quarantined(NOW)] == ["unknown_device"]


class Growing(StaticDirectory):
    """A register in which a device is written after the loop has read it, as when the gateway looked later than it."""

    def __init__(self) -> None:
        super().__init__({})
        self.reads = 0
        self.written: dict[str, DeviceProfile] = {}

    def refresh(self) -> bool:
        self.reads += 1
        self._profiles = dict(self.written)
        return True


def test_a_device_registered_since_the_last_look_at_the_register_loses_no_frame(city: City) -> None:
    register = city.directory = Growing()
    asked: list[int] = []

    def shared() -> frozenset[str]:
        asked.append(register.reads)
        return frozenset()

    loop = city.restarted(shared=shared)
    city.receive(upload(NOW, SO2, mn="88888888"), verdict=Verdict.UNKNOWN_DEVICE)
    loop.drain()  # from now on the register is not read again for a while
    register.written = {MN: PROFILE}
    for minute in range(3):
        city.receive(upload(NOW - minute * MINUTE, SO2))
    loop.drain()
    assert [row.period_start for row in city.rows()] == [NOW - 2 * MINUTE, NOW - MINUTE, NOW]
    assert [one.mn for one in city.store.quarantined(NOW)] == ["88888888"]
    assert asked == [1, 2]  # whoever reads the register knows anew which sites others write, too


def test_devices_that_left_the_register_cost_one_look_at_it_a_batch(city: City) -> None:
    register = city.directory = Growing()
    loop = city.restarted()
    for gone in range(20):
        city.receive(upload(NOW, SO2, mn=f"GONE{gone:04d}"))
    loop.drain()
    assert len(city.store.quarantined(NOW)) == 20
    assert register.reads <= 2  # the usual one at the start of a batch, and one for the first that is missing
    city.receive(upload(NOW, SO2, mn="88888888"), verdict=Verdict.UNKNOWN_DEVICE)
    loop.drain()
    assert register.reads <= 2  # what the gateway refused is no reason to look


def test_duplicates_corrections_and_late_frames(city: City) -> None:
    first, late = NOW - 2 * MINUTE, NOW - HOUR
    for frame in (upload(first, SO2), upload(first, SO2), upload(late, SO2), upload(first, SO2)):
        city.receive(frame)
    city.receive(upload(first, {"a21026": {"Avg": "99", "Flag": "N"}}), NOW + MINUTE)
    city.loop.drain()
    assert [(row.period_start, row.value, row.version) for row in city.rows()] == [
        (late, Decimal("12.5"), 1),
        (first, 99, 2),
    ]
    counters = city.loop.counters
    assert (counters.frames, counters.new, counters.duplicate, counters.corrected) == (5, 2, 2, 1)


def test_the_loop_goes_on_where_the_store_says(city: City) -> None:
    for number_ in range(5):
        city.receive(upload(NOW - number_ * MINUTE, SO2))
    assert city.restarted(batch_frames=2).step() == 2
    again = city.restarted(batch_frames=2)
    assert again.position == city.store.progress()
    assert again.drain() == 3
    assert city.restarted().drain() == 0
    assert len(city.rows()) == 5


class FlakyStore:
    """Hands everything to a store, but fails as told."""

    def __init__(self, store: DuckLakeStore, failures: list[Exception], after_commit: bool = False) -> None:
        self._store, self.failures, self.after_commit = store, failures, after_commit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def append(self, batch: Sequence[Observation], **options: Any) -> AppendResult:
        if self.failures and self.after_commit:
            self._store.append(batch, **options)
        if self.failures:
            raise self.failures.pop(0)
        return self._store.append(batch, **options)


@pytest.mark.parametrize("after_commit", [False, True])
def test_a_batch_is_tried_again_when_the_database_was_away(city: City, after_commit: bool) -> None:
    flaky = FlakyStore(city.store, [Unavailable("away"), Unavailable("away")], after_commit)
    loop = city.restarted(store=flaky)
    city.receive(upload(NOW, SO2))
    for _ in range(2):
        with pytest.raises(Unavailable):
            loop.step()
    assert loop.step() == 1
    assert [row.version for row in city.rows()] == [1]


def test_the_running_loop_waits_for_the_database_and_then_catches_up(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qingtian.telemetry.ingest.loop.RETRY_S", 0.01)
    monkeypatch.setattr("qingtian.telemetry.ingest.loop.POLL_S", 0.01)
    loop = city.restarted(store=FlakyStore(city.store, [Unavailable("away")] * 3))
    stop = threading.Event()
    thread = threading.Thread(target=loop.run, args=(stop,))
    thread.start()
    position = city.receive(upload(NOW, SO2))
    after = SpoolPosition(position.segment, position.offset + 1)
    assert loop.wait_until(after, timeout_s=20)
    assert not loop.wait_until(SpoolPosition("999999999999", 0), timeout_s=0.05)
    stop.set()
    thread.join(10)
    assert len(city.rows()) == 1
    assert loop.lag_bytes() == 0
    assert loop.counters.last_error == ""


def test_one_frame_that_the_engine_refuses_does_not_stop_the_others(city: City) -> None:
    class Picky(FlakyStore):
        def append(self, batch: Sequence[Observation], **options: Any) -> AppendResult:
            if any(row.value == 666 for row in batch):
                raise OverflowError("no such number")
            return self._store.append(batch, **options)

    loop = city.restarted(store=Picky(city.store, []))
    for value in ("1", "666", "3"):
        city.receive(upload(NOW - int(value) * MINUTE, {"a21026": {"Avg": value, "Flag": "N"}}))
    assert loop.drain() == 3
    assert sorted(row.value for row in city.rows() if row.value) == [1, 3]
    (held,) = city.store.quarantined(NOW)
    assert (held.reason, held.detail) == ("refused_by_store", "no such number")
    assert city.restarted().drain() == 0


@given(st.binary(max_size=300))
def test_no_bytes_stop_the_reading(raw: bytes) -> None:
    from qingtian.telemetry.reading import read_registered

    decoded, profile = read_registered(raw, StaticDirectory({}))
    assert profile is None
    assert decoded.mn is not None


# -- split records ----------------------------------------------------------------------------------------------------


def part(number_: int, cp: str, *, of: int = 2, qn: str = "20251122090000531") -> bytes:
    return raw_cp(cp, flag=7, pnum=of, pno=number_, qn=qn)


def test_parts_that_are_whole_stand_for_themselves(city: City) -> None:
    first = part(1, "DataTime=20251122085900;a21026-Avg=1,a21026-Flag=N")
    second = part(2, "DataTime=20251122085900;a34013-Avg=2,a34013-Flag=N", qn="20251122090000532")
    city.receive(first)
    city.loop.drain()
    assert city.rows() == []
    city.receive(second)
    city.loop.drain()
    assert {row.pollutant: row.frame_hash for row in city.rows()} == {
        "a21026": frame_hash(first),
        "a34013": frame_hash(second),
    }


def test_a_text_that_was_cut_between_parts_is_joined_before_it_is_read(city: City) -> None:
    city.receive(part(1, "DataTime=20251122085900;a21026-Avg=1"))
    city.receive(part(2, "2.5,a21026-Flag=N"))
    city.loop.drain()
    (row,) = city.rows()
    assert (row.value, row.mark) == (Decimal("12.5"), "N")


def test_waiting_parts_are_read_again_after_a_restart(city: City) -> None:
    city.receive(upload(NOW - HOUR, SO2))
    first = city.receive(part(1, "DataTime=20251122085900;a21026-Avg=1"))
    city.receive(upload(NOW - 2 * HOUR, SO2))
    city.loop.drain()
    assert city.store.progress() == first
    city.restarted()
    city.receive(part(2, "2.5,a21026-Flag=N"))
    city.loop.drain()
    assert {row.value for row in city.rows()} == {Decimal("12.5")}
    assert len(city.rows()) == 3
    assert city.store.progress() == city.loop.position


def test_parts_without_their_rest_are_not_waited_for_for_ever(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = part(1, "DataTime=20251122085800;a21026-Avg=1,a21026-Flag=N", of=3)
    cut = part(2, "2.5,a21026-Flag=N", qn="20251122090000999")
    city.receive(whole)
    city.loop.drain()
    city.receive(cut)
    city.loop.drain()
    assert city.rows() == []
    monkeypatch.setattr("time.monotonic", lambda: 1e9)
    city.loop.step()
    assert [row.value for row in city.rows()] == [1]
    assert [one.reason for one in city.store.quarantined(NOW)] == ["incomplete_split"]
    assert city.store.progress() == city.loop.position


@pytest.mark.parametrize(("medium", "unit"), [("ambient", "ug/m3"), ("flue_gas", "mg/m3"), ("", "mg/m3")])
def test_without_a_stated_unit_what_is_measured_decides(
    empty_store: DuckLakeStore, tmp_path: Path, medium: str, unit: str
) -> None:
    spool = SpoolWriter(tmp_path / "spool")
    directory = StaticDirectory({MN: replace(PROFILE, units={}, code_map={}, medium=medium)})
    frame = build_upload(
        mn=MN,
        st="22",
        cn="2061",
        qn="20251122090000000",
        data_time="20251122080000",
        items={"a21026": {"Avg": "12", "Flag": "N"}},
        flag=5,
        pw="123456",
    )
    spool.append_and_wait(frame.rstrip(b"\r\n"), received_at=NOW, verdict=Verdict.ACCEPTED, reason="")
    IngestLoop(empty_store, tmp_path / "spool", directory).drain()
    spool.close()
    [row] = empty_store.window(Cycle.HOUR, NOW - DAY, NOW + DAY)
    assert (row.value, row.unit) == (Decimal(12), unit)
