"""One frame to its observations, without any database: every cycle, every attribute, codes, units, marks, clocks."""

from __future__ import annotations

import hashlib
import itertools
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.hj212 import build_frame, decode
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.devices import DeviceProfile
from qingtian.telemetry.ingest.mapping import Mapped, map_frame
from qingtian.telemetry.ingest.times import clock_skew, in_future, parse_time
from qingtian.telemetry.spool import SpoolRecord, Verdict
from qingtian.telemetry.store.port import Cycle, Observation, Origin, SpoolPosition

MN = "010000A8900016F000169DC0"
NOW = datetime(2025, 11, 22, 9, 0, tzinfo=SHANGHAI)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PROFILE = DeviceProfile(
    MN,
    "DA001",
    units={"a21026": "mg/m3", "S02": "mg/L", "level": "m"},
    code_map={"S01": "a21026", "S02": "w01018", "S03": "level"},
    minute_interval_s=300,
    realtime_interval_s=30,
)
UNITS = {"a21026": "from the table", "w01018": "from the table", "a34013": "mg/m3"}
COMMANDS = {"2011": Cycle.REALTIME, "2051": Cycle.MINUTE, "2061": Cycle.HOUR, "2031": Cycle.DAY}
LENGTH = {Cycle.REALTIME: 30, Cycle.MINUTE: 300, Cycle.HOUR: 3600, Cycle.DAY: 86400}


def frame(cp: str, cn: str = "2051", qn: str | None = f"{NOW:%Y%m%d%H%M%S}000") -> bytes:
    return build_frame(qn=qn, st="31", cn=cn, pw="123456", mn=MN, flag=5, cp=cp).rstrip()


def mapped(raw: bytes, at: datetime = NOW, profile: DeviceProfile = PROFILE) -> Mapped:
    record = SpoolRecord(
        SpoolPosition("000000000007", 420), 900, at, Verdict.ACCEPTED, "", "", hashlib.sha256(raw).hexdigest(), raw
    )
    return map_frame(decode(raw), record, profile, lambda code: UNITS.get(code, ""))


def rows(items: str, cn: str = "2051", **options: Any) -> dict[str, Observation]:
    found = mapped(frame(f"DataTime=20251122085500;{items}", cn), **options)
    assert found.quarantined is None
    return {row.pollutant: row for row in found.rows}


# -- cycles and attributes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cn", "cycle"), COMMANDS.items())
def test_each_command_reads_its_own_attributes(cn: str, cycle: Cycle) -> None:
    items = (
        "a34013-Rtd=1,a34013-ZsRtd=2,a34013-Avg=3,a34013-ZsAvg=4,a34013-Min=5,a34013-Max=6,a34013-Cou=7,a34013-Flag=N"
    )
    row = rows(items, cn)["a34013"]
    value, converted = (1, 2) if cycle is Cycle.REALTIME else (3, 4)
    assert (row.value, row.converted) == (value, converted)
    assert (row.minimum, row.maximum, row.total) == (5, 6, 7)
    assert (row.cycle, row.period_s, row.origin) == (cycle, LENGTH[cycle], Origin.DEVICE)
    assert row.period_start == datetime(2025, 11, 22, 8, 55, tzinfo=SHANGHAI)
    assert (row.segment, row.frame_offset, row.received_at) == ("000000000007", 420, NOW)


@pytest.mark.parametrize(
    "present", [c for n in (1, 2) for c in itertools.combinations(["Avg", "ZsAvg", "Min", "Max", "Cou"], n)]
)
def test_an_item_with_any_figure_is_a_row_and_what_is_absent_stays_absent(present: tuple[str, ...]) -> None:
    items = ",".join(f"a34013-{name}=8" for name in present)
    row = rows(items)["a34013"]
    held = {
        "Avg": row.value,
        "ZsAvg": row.converted,
        "Min": row.minimum,
        "Max": row.maximum,
        "Cou": row.total,
    }
    assert held == {name: (8 if name in present else None) for name in held}


def test_an_item_without_a_figure_of_its_cycle_is_no_row() -> None:
    assert rows("a34013-Info=door open,a21026-Avg=1,a21026-Flag=N").keys() == {"a21026"}
    assert rows("a34013-Rtd=1", "2051") == {}
    assert rows("a34013-Avg=1", "2011") == {}
    assert rows("a34013-SampleTime=20251122080000", "2061") == {}


def test_a_mark_alone_is_a_row_without_a_value() -> None:
    row = rows("a34013-Flag=F")["a34013"]
    assert (row.value, row.mark, row.valid) == (None, "F", False)


@pytest.mark.parametrize("cn", ["2021", "2041", "3019", "9014", "1011", "1062"])
def test_other_commands_give_neither_rows_nor_quarantine(cn: str) -> None:
    found = mapped(frame("DataTime=20251122085500;a34013-Avg=1,a34013-Flag=N", cn))
    assert found == Mapped()


# -- marks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flag", "mark", "valid"),
    [("N", "N", True), ("n", "N", True), (" N", "N", True), ("", "", False), ("D", "D", False), ("d", "D", False)]
    + [(mark, mark, False) for mark in "FMSCTBXZ0"],
)
def test_marks_are_read_in_any_case_and_only_n_is_valid(flag: str, mark: str, valid: bool) -> None:
    row = rows(f"a34013-Avg=1,a34013-Flag={flag}")["a34013"]
    assert (row.mark, row.valid) == (mark, valid)


# -- codes and units -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "registered", "unit"),
    [
        ("a21026", "a21026", "mg/m3"),  # the profile before the table
        ("S01", "a21026", "mg/m3"),  # mapped: the unit of the registered code
        ("S02", "w01018", "mg/L"),  # mapped: the profile names the unit under the sent code
        ("S03", "level", "m"),
        ("a34013", "a34013", "mg/m3"),  # the table
        ("S99", "S99", ""),  # neither: kept under its own name, without a unit
    ],
)
def test_codes_are_mapped_and_units_found(sent: str, registered: str, unit: str) -> None:
    [row] = rows(f"{sent}-Avg=1,{sent}-Flag=N").values()
    assert (row.pollutant, row.unit) == (registered, unit)


def test_a_sentinel_is_null_only_for_the_device_that_uses_it() -> None:
    own = DeviceProfile(MN, "DA001", sentinels=("-1",))
    text = "a01001-Avg=-1.0,a01001-Flag=N;a01002-Avg=-9999,a01002-Flag=N"
    assert [row.value for row in rows(text, profile=own).values()] == [None, Decimal(-9999)]
    assert [row.value for row in rows(text).values()] == [Decimal("-1.0"), None]


def test_a_device_on_another_zone_is_stored_on_city_time_and_shows_no_skew() -> None:
    utc = DeviceProfile(MN, "DA001", utc_offset_minutes=0)
    found = mapped(frame("DataTime=20251122005500;a21026-Avg=1", qn="20251122010000000"), profile=utc)
    assert [row.period_start for row in found.rows] == [datetime(2025, 11, 22, 8, 55, tzinfo=SHANGHAI)]
    assert found.skew is None


def test_a_device_without_a_map_keeps_its_codes() -> None:
    plain = DeviceProfile(MN, "DA002", simulated=True)
    [row] = rows("S01-Avg=1", profile=plain).values()
    assert (row.pollutant, row.unit, row.site, row.simulated, row.period_s) == ("S01", "", "DA002", True, 600)


@given(st.dictionaries(st.from_regex(r"\A[aw][0-9]{5}\Z"), st.decimals(0, 9999, places=3), min_size=1, max_size=8))
def test_every_item_of_a_frame_becomes_one_row_with_its_exact_value(items: dict[str, Decimal]) -> None:
    text = ";".join(f"{code}-Avg={value},{code}-Flag=N" for code, value in items.items())
    found = rows(text, profile=DeviceProfile(MN, "DA001"))
    assert {code: row.value for code, row in found.items()} == items
    assert len({row.frame_hash for row in found.values()}) == 1


# -- times -----------------------------------------------------------------------------------------------------------


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(lambda at: at.replace(microsecond=0)))  # noqa: DTZ001
def test_a_time_is_read_as_city_time_with_and_without_milliseconds(at: datetime) -> None:
    written = f"{at:%Y%m%d%H%M%S}"
    expected = at.replace(tzinfo=SHANGHAI)
    assert parse_time(written) == parse_time(f"{written}123") == parse_time(f" {written} ") == expected


@given(st.text("0123456789", min_size=14, max_size=14))
def test_fourteen_digits_are_a_time_exactly_when_the_calendar_has_it(digits: str) -> None:
    parts = [int(digits[a:b]) for a, b in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))]
    try:
        real = datetime(*parts).year >= 2000  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        real = False
    assert (parse_time(digits) is not None) == real


@pytest.mark.parametrize(
    "text", ["", "2025112208", "20251122085500.0", "２０２５１１２２０８５５００", "2025-11-22 08:55", "1" * 15]
)
def test_other_lengths_and_digits_are_no_time(text: str) -> None:
    assert parse_time(text) is None


@pytest.mark.parametrize("cn", list(COMMANDS))
@pytest.mark.parametrize(("ahead", "refused"), [(HOUR, False), (HOUR + SECOND, True), (DAY, True), (-365 * DAY, False)])
def test_an_hour_ahead_is_the_last_that_is_taken(cn: str, ahead: timedelta, refused: bool) -> None:
    found = mapped(frame(f"DataTime={NOW + ahead:%Y%m%d%H%M%S};a34013-Avg=1,a34013-Rtd=1", cn))
    assert in_future(NOW + ahead, NOW) is refused
    assert (found.rows == ()) is refused
    assert (found.quarantined is not None) is refused
    if found.quarantined is not None:
        assert (found.quarantined.reason, found.quarantined.mn) == ("future_time", MN)
        assert found.skew is not None
        assert found.skew.quarantined
        assert found.skew.skew_s == int(ahead.total_seconds())


def test_the_arrival_may_be_kept_in_any_zone() -> None:
    from datetime import UTC

    found = mapped(frame("DataTime=20260101000000;a34013-Avg=1"), at=datetime(2025, 12, 31, 16, 0, tzinfo=UTC))
    [row] = found.rows
    assert row.period_start.isoformat() == row.received_at.isoformat() == "2026-01-01T00:00:00+08:00"


# -- clocks ----------------------------------------------------------------------------------------------------------


@given(st.sampled_from(list(LENGTH)), st.integers(-100_000, 100_000), st.integers(-100_000, 100_000), st.booleans())
def test_with_a_time_of_sending_only_that_counts(cycle: Cycle, sent_s: int, data_s: int, back_filled: bool) -> None:
    found = clock_skew(
        cycle,
        NOW + data_s * SECOND,
        LENGTH[cycle] * SECOND,
        NOW,
        sent_at=NOW + sent_s * SECOND,
        back_filled=back_filled,
    )
    assert found == (sent_s * SECOND if abs(sent_s) > 300 else timedelta(0))


@given(st.sampled_from(list(LENGTH)), st.integers(-100_000, 100_000), st.booleans())
def test_without_it_the_end_of_the_period_must_do(cycle: Cycle, data_s: int, back_filled: bool) -> None:
    length = LENGTH[cycle]
    found = clock_skew(cycle, NOW + data_s * SECOND, length * SECOND, NOW, sent_at=None, back_filled=back_filled)
    end = data_s if cycle is Cycle.REALTIME else data_s + length
    ahead = end > 300
    behind = cycle in (Cycle.REALTIME, Cycle.MINUTE) and not back_filled and -end > 300 + length
    assert found == (end * SECOND if ahead or behind else timedelta(0))


@pytest.mark.parametrize(
    ("off_s", "skew"), [(0, None), (300, None), (301, 301), (-300, None), (-301, -301), (7200, 7200)]
)
def test_the_skew_of_a_frame_names_device_site_and_both_times(off_s: int, skew: int | None) -> None:
    sent = f"{NOW + off_s * SECOND:%Y%m%d%H%M%S}000"
    found = mapped(frame("DataTime=20251122085500;a34013-Avg=1", qn=sent)).skew
    assert (None if found is None else found.skew_s) == skew
    if found is not None:
        assert (found.mn, found.site, found.received_at) == (MN, "DA001", NOW)
        assert found.data_time == datetime(2025, 11, 22, 8, 55, tzinfo=SHANGHAI)
        assert not found.quarantined


@pytest.mark.parametrize("qn", ["", "2025112209", "00000000000000000", "20251399000000000"])
def test_a_time_of_sending_that_is_none_does_not_count(qn: str) -> None:
    assert mapped(frame("DataTime=20251122085500;a34013-Avg=1", qn=qn)).skew is None
