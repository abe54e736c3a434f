"""What a frame itself gives reason to doubt: placeholders, texts, two values, wrong clocks; and which limits hold for it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from tests.telemetry.rows import HOUR, MINUTE
from tests.telemetry.test_ingest import MN, NOW, PROFILE, City, part, raw_cp, upload

from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.ingest.mapping import medium_by_system
from qingtian.telemetry.store.ducklake import DuckLakeStore
from qingtian.telemetry.store.port import Cycle


@pytest.fixture
def city(empty_store: DuckLakeStore, tmp_path: Path):
    one = City(tmp_path, empty_store)
    yield one
    one.spool.close()


def take(city: City, *frames: bytes):
    for frame in frames:
        city.receive(frame)
    city.loop.drain()
    return {one.pollutant: one for one in city.rows()}


@pytest.mark.parametrize(
    ("text", "causes"),
    [("-9999", ("sentinel",)), ("-99.0", ("sentinel",)), ("NaN", ("unreadable",)), ("--", ("unreadable",)), ("", ())],
)
def test_a_placeholder_and_a_text_are_told_apart(city: City, text: str, causes: tuple[str, ...]) -> None:
    row = take(city, upload(NOW - 2 * MINUTE, {"a21026": {"Avg": text, "Flag": "N"}}))["a21026"]
    assert (row.value, row.mark, row.qc, row.valid) == (None, "N", causes, False)
    if causes:
        assert json.loads(row.qc_facts)[causes[0]]["text"] == text


def test_sentinels_are_those_of_the_device(city: City) -> None:
    city.directory = StaticDirectory({MN: DeviceProfile(MN, "DA001", sentinels=("7777",))})
    city.restarted()
    frame = upload(NOW - 2 * MINUTE, {"a21026": {"Avg": "7777", "Flag": "N"}, "a34013": {"Avg": "-9999", "Flag": "N"}})
    rows = take(city, frame)
    assert (rows["a21026"].value, rows["a21026"].qc) == (None, ("sentinel",))
    assert rows["a34013"].value == -9999
    assert "sentinel" not in rows["a34013"].qc


def test_two_values_under_one_code_are_told(city: City) -> None:
    at = f"{NOW - 2 * MINUTE:%Y%m%d%H%M%S}"
    row = take(city, raw_cp(f"DataTime={at};a21026-Avg=10,a21026-Flag=N;a21026-Avg=99,a21026-Flag=N"))["a21026"]
    assert (row.value, row.mark, row.qc) == (10, "D", ("conflicting_values",))


def test_a_wrong_clock_is_told_on_every_value_of_the_frame(city: City) -> None:
    late = f"{NOW - 20 * MINUTE:%Y%m%d%H%M%S}"
    items = {"a21026": {"Avg": "10", "Flag": "N"}, "a34013": {"Avg": "3", "Flag": "N"}}
    rows = take(city, upload(NOW - 21 * MINUTE, items, qn=f"{late}000"))
    assert {one.qc for one in rows.values()} == {("clock_error",)}
    assert json.loads(rows["a21026"].qc_facts)["clock_error"]["minutes"] == "-20.0"
    assert all(one.valid for one in rows.values())


def test_what_came_of_a_record_in_parts_is_kept_and_told_incomplete(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, steady = f"{NOW - 2 * MINUTE:%Y%m%d%H%M%S}", [1000.0]
    monkeypatch.setattr("qingtian.telemetry.ingest.loop.time.monotonic", lambda: steady[0])
    assert take(city, part(1, f"DataTime={at};a21026-Avg=10,a21026-Flag=N", of=3)) == {}
    steady[0] += 31.0
    row = take(city)["a21026"]
    assert (row.value, row.mark, row.qc, row.valid) == (10, "N", ("record_incomplete",), True)
    assert json.loads(row.qc_facts)["record_incomplete"]["parts"] == "3"


def test_the_time_of_the_sample_is_kept_and_the_same_sample_told(city: City) -> None:
    def cod(at, sampled):
        items = {"w01018": {"Avg": "30.5", "SampleTime": f"{sampled:%Y%m%d%H%M%S}", "Flag": "N"}}
        return upload(at, items, qn=f"{NOW:%Y%m%d%H%M%S}000", st="32")

    start, sampled = NOW - 30 * MINUTE, NOW - 40 * MINUTE
    take(city, cod(start, sampled), cod(start + 10 * MINUTE, sampled), cod(start + 20 * MINUTE, NOW - 15 * MINUTE))
    rows = city.rows()
    assert [one.sampled_at for one in rows] == [sampled, sampled, NOW - 15 * MINUTE]
    assert [one.qc for one in rows] == [(), ("stale_sample",), ()]


def test_the_register_says_which_limits_hold_and_st_where_it_does_not(city: City) -> None:
    frame = upload(NOW - 2 * MINUTE, {"a21026": {"Avg": "3", "Flag": "N"}}, st="22")  # 3 mg/m3: much for a street
    assert take(city, frame)["a21026"].qc == ("out_of_range",)
    city.directory = StaticDirectory({MN: DeviceProfile(MN, "DA002", units=PROFILE.units, medium="flue_gas")})
    city.restarted()
    city.receive(upload(NOW - MINUTE, {"a21026": {"Avg": "3", "Flag": "N"}}, st="22"))
    city.loop.drain()
    assert [one.qc for one in city.rows() if one.site == "DA002"] == [()]
    assert [medium_by_system(one) for one in ("22", "31", "32", "21", "91", "")] == [
        "ambient", "flue_gas", "waste_water", "surface_water", "", ""
    ]  # fmt: skip


def test_causes_survive_a_restart_between_frames(city: City) -> None:
    def nox(n: int) -> bytes:
        at = NOW - 6 * HOUR + n * 10 * MINUTE
        return upload(at, {"a21002": {"Avg": "45.31", "Flag": "N"}}, qn=f"{NOW:%Y%m%d%H%M%S}000")

    ten = DeviceProfile(MN, "DA001", units={"a21002": "mg/m3"}, minute_interval_s=600, medium="flue_gas")
    city.directory = StaticDirectory({MN: ten})
    for n in range(30):  # five hours at two decimals: four prove nothing
        city.receive(nox(n))
        if n % 8 == 7 or n == 29:
            city.loop.drain()
            city.restarted()
    told = [bool(one.qc) for one in city.rows(Cycle.MINUTE)]
    assert told == [False] * 24 + [True] * 6
    assert timedelta(minutes=10) * 24 == 4 * HOUR
