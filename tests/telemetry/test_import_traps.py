"""Station files as they really come: cut, marked, blank, doubled, across midnight and the year's end."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.importers.national_air import COLUMNS, ImportedAir, read_national_air
from qingtian.telemetry.values import number

HEADER = "time,station,aqi,pm25,pm10,so2,no2,o3,co"
LINE = "2018-11-24 08:00:00,1325A,50,10,20,3,4,5,0.6"
HOUR = timedelta(hours=1)


def made(*lines: str, header: str = HEADER) -> ImportedAir:
    return read_national_air([header, *lines])


def values(result: ImportedAir) -> dict[str, str]:
    return {row.pollutant: str(row.value) for row in result.observations}


# -- the form of the file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cells", range(1, 9))
def test_a_line_that_was_cut_is_refused_by_its_number_and_first_absent_column(cells: int) -> None:
    cut = ",".join(LINE.split(",")[:cells])
    with pytest.raises(InvalidInput) as refused:
        made(LINE, cut)
    assert refused.value.field == HEADER.split(",")[cells]
    assert "line 3 ends before" in refused.value.message
    assert refused.value.remedy


def test_a_file_cut_inside_its_last_number_cannot_be_told_and_one_cut_before_it_can() -> None:
    assert values(made(LINE[:-2]))["a21005"] == "0"  # "0.6" became "0": no reader can know
    with pytest.raises(InvalidInput, match="line 2 ends before co"):
        made(LINE[: LINE.rindex(",")])


def test_cells_beyond_the_header_are_refused_and_a_trailing_comma_is_not() -> None:
    with pytest.raises(InvalidInput, match="line 2 has more cells than the header"):
        made(f"{LINE},7")
    assert made(f"{LINE},").observations == made(LINE).observations
    assert made(f"{LINE}, ,").observations == made(LINE).observations


@pytest.mark.parametrize("mark", ["\ufeff", " ", "\ufeff "])
def test_a_byte_order_mark_and_blanks_are_no_part_of_a_column(mark: str) -> None:
    assert made(LINE, header=f"{mark}{HEADER}").observations == made(LINE).observations
    spaced = HEADER.replace(",", " , ")
    assert made(LINE, header=spaced).observations == made(LINE).observations


def test_windows_line_ends_change_nothing() -> None:
    plain = read_national_air(io.StringIO(f"{HEADER}\n{LINE}\n"))
    windows = read_national_air(io.StringIO(f"{HEADER}\r\n{LINE}\r\n", newline=""))
    assert windows.observations == plain.observations


def test_blank_lines_are_skipped_and_do_not_shift_the_numbers() -> None:
    with pytest.raises(InvalidInput, match="line 5"):
        read_national_air([f"{HEADER}\n", "\n", f"{LINE}\n", "\n", LINE.replace("50", "x") + "\n"])


@pytest.mark.parametrize("lines", [[], [""], ["\n"], ["time;station;aqi"], ["<html>"]])
def test_what_is_no_station_file_is_refused_by_its_first_missing_column(lines: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_national_air(lines)
    assert refused.value.field == "time"


@pytest.mark.parametrize("column", ["time", "station", *COLUMNS])
def test_each_column_is_needed(column: str) -> None:
    names, cells = HEADER.split(","), LINE.split(",")
    place = names.index(column)
    del names[place], cells[place]
    with pytest.raises(InvalidInput) as refused:
        made(",".join(cells), header=",".join(names))
    assert refused.value.field == column


def test_a_header_alone_holds_nothing() -> None:
    result = made()
    assert (result.observations, result.report.rows, result.report.empty_stations) == ([], 0, [])


@given(st.permutations(HEADER.split(",")), st.lists(st.text("abc", min_size=1, max_size=4), unique=True, max_size=3))
def test_columns_are_found_by_name_in_any_order_and_others_are_ignored(order: list[str], others: list[str]) -> None:
    cells = dict(zip(HEADER.split(","), LINE.split(","), strict=True)) | {f"x{name}": "9" for name in others}
    names = [*order[:4], *(f"x{name}" for name in others), *order[4:]]
    assert made(",".join(cells[name] for name in names), header=",".join(names)).observations == made(LINE).observations


@pytest.mark.parametrize("station", ["", "  "])
def test_a_row_without_a_station_is_refused(station: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        made(LINE.replace("1325A", station))
    assert refused.value.field == "station"


# -- times -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stamp", "start"),
    [
        ("2018-11-25 00:00:00", "2018-11-24T23:00:00+08:00"),
        ("2019-01-01 00:00:00", "2018-12-31T23:00:00+08:00"),
        ("2019-01-01 01:00:00", "2019-01-01T00:00:00+08:00"),
        ("2020-03-01 00:00:00", "2020-02-29T23:00:00+08:00"),
        ("2018-11-24T08:00:00+08:00", "2018-11-24T07:00:00+08:00"),
        ("2018-11-24T00:00:00+00:00", "2018-11-24T07:00:00+08:00"),
        ("2018-11-24 08:00", "2018-11-24T07:00:00+08:00"),
        (" 2018-11-24 08:00:00 ", "2018-11-24T07:00:00+08:00"),
    ],
)
def test_a_stamp_becomes_the_start_of_its_hour_in_city_time(stamp: str, start: str) -> None:
    rows = made(LINE.replace("2018-11-24 08:00:00", stamp)).observations
    assert {row.period_start.isoformat() for row in rows} == {start}
    assert all(row.received_at == row.period_start + HOUR * 1.5 for row in rows)


@pytest.mark.parametrize(
    "stamp",
    [
        "2018-11-24 24:00:00",
        "2018-02-30 01:00:00",
        "24.11.2018 08:00",
        "08:00",
        "",
        "2018-11-24 08:00:01",
        "1543017600",
    ],
)
def test_a_time_that_is_none_is_refused(stamp: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        made(LINE.replace("2018-11-24 08:00:00", stamp))
    assert refused.value.field == "time"


@given(st.integers(-520, 520))
def test_a_shift_by_weeks_moves_every_time_alike_and_no_value(weeks: int) -> None:
    shift = timedelta(weeks=weeks)
    plain = made(LINE).observations
    moved = read_national_air([HEADER, LINE], shift=shift).observations
    for one, other in zip(plain, moved, strict=True):
        assert other.period_start - one.period_start == other.received_at - one.received_at == shift
        assert (other.value, other.frame_hash, other.site) == (one.value, one.frame_hash, one.site)
        assert other.period_start.weekday() == one.period_start.weekday()


# -- values ----------------------------------------------------------------------------------------------------------


@given(st.fixed_dictionaries({name: st.none() | st.decimals(0, 9999, places=2) for name in HEADER.split(",")[2:]}))
def test_every_cell_comes_back_exactly_or_stays_a_gap(cells: dict[str, Decimal | None]) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER.split(","))
    row = ["" if cells[name] is None else str(cells[name]) for name in HEADER.split(",")[2:]]
    writer.writerow(["2018-11-24 08:00:00", "A", *row])
    result = read_national_air(out.getvalue().splitlines())
    found = {row.pollutant: row.value for row in result.observations}
    assert found == {COLUMNS[name][0]: cell for name, cell in cells.items() if cell is not None}
    assert result.report.empty_cells == sum(cell is None for cell in cells.values())
    assert result.report.observations == len(found)
    assert result.report.empty_stations == ([] if found else ["A"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.50", "12.50"),
        (" 7 ", "7"),
        ("+3", "3"),
        ("1.2E+1", "12"),
        ("-0.00", "0.00"),
        ("0", "0"),
        ("-99", None),
        ("-999.0", None),
        ("-9999", None),
        ("", None),
        ("  ", None),
        ("--", None),
        ("NaN", None),
        ("Infinity", None),
        ("1e20", None),
        ("99999999999999.9", "99999999999999.9"),
        ("100000000000000", None),
        ("12,5", None),
        ("0x1F", None),
        ("十二", None),
        (None, None),
    ],
)
def test_numbers_as_files_and_loggers_write_them(text: str | None, value: str | None) -> None:
    found = number(text)
    assert found == (None if value is None else Decimal(value))


def test_two_rows_of_one_hour_are_both_handed_over_in_their_order() -> None:
    # Which one counts is the store's decision: the later one is a correction.
    rows = made(LINE, LINE.replace(",10,", ",11,")).observations
    assert [row.value for row in rows if row.pollutant == "a34004"] == [10, 11]
    assert len({row.frame_hash for row in rows}) == 2


def test_the_same_row_has_the_same_hash_wherever_it_stands() -> None:
    extra = "," + HEADER.split(",", 1)[1] + ",time,more"
    reordered = extra.removeprefix(",")
    cells = LINE.split(",")
    moved = ",".join([*cells[1:], cells[0], "9"])
    [one] = {row.frame_hash for row in made(LINE).observations}
    [other] = {row.frame_hash for row in made(moved, header=reordered).observations}
    assert one == other
    changed = {row.frame_hash for row in made(LINE.replace("0.6", "0.7")).observations}
    assert changed != {one}


@pytest.mark.parametrize(("rows", "refused"), [(23, False), (24, True)])
def test_a_displaced_column_is_proved_by_a_day_of_rows(rows: int, refused: bool) -> None:
    lines = [f"2018-11-24 {hour:02d}:00:00,A,77,40,60,77,9,30,0.5" for hour in range(rows)]
    if refused:
        with pytest.raises(InvalidInput) as caught:
            made(*lines)
        assert caught.value.field == "so2"
    else:
        assert made(*lines).report.rows == rows


def test_half_of_the_rows_alike_prove_no_displacement() -> None:
    lines = [f"2018-11-24 {hour:02d}:00:00,A,{77 if hour % 2 else 78},40,60,77,9,30,0.5" for hour in range(24)]
    assert made(*lines).report.rows == 24


def test_wanted_stations_alone_are_judged_and_counted() -> None:
    good = [f"2018-11-24 {hour:02d}:00:00,A,77,40,60,7,9,30,0.5" for hour in range(24)]
    shifted = [f"2018-11-24 {hour:02d}:00:00,B,77,40,60,77,9,30,0.5" for hour in range(24)]
    result = read_national_air([HEADER, *good, *shifted], stations=["A", "C"])
    assert result.report.rows == 24
    assert {row.site for row in result.observations} == {"A"}


def test_a_given_arrival_holds_for_every_row() -> None:
    at = datetime(2025, 11, 22, tzinfo=SHANGHAI)
    rows = read_national_air([HEADER, LINE, LINE.replace("08:00", "09:00")], received_at=at).observations
    assert {row.received_at for row in rows} == {at}
