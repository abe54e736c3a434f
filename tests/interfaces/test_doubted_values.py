"""Causes of doubt on the API: series, stations, outlets, coverage and CSV; in both languages, with the rule behind them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from django.test import Client
from tests.interfaces import city

from qingtian.domain.quality import Cause, Doubt, causes_of, pack_doubts
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.packs import load_packs
from qingtian.packs import quality as quality_pack
from qingtian.telemetry.store import Cycle
from qingtian.telemetry.store.ducklake import DuckLakeStore

SPAN = "start=2025-11-24T00:00:00%2B08:00&end=2025-11-24T10:00:00%2B08:00"
SLIP_ROW = "q.unit_slip.every.flue_gas.any.thousandfold"
SLIP = Doubt(
    Cause.UNIT_SLIP, SLIP_ROW,
    {"value": "80000", "unit": "mg/m3", "factor": "1000", "mended": "80", "usual": "79"},
)  # fmt: skip
RANGE = Doubt(
    Cause.OUT_OF_RANGE, "q.range.a34004.ambient.any",
    {"value": "5000", "low": "-10", "high": "1000", "unit": "ug/m3", "sound": "40", "sound_at": "2025-11-24T08:00:00"},
)  # fmt: skip


def doubt(site: str, pollutant: str, value: str, found: Doubt) -> None:
    """Correct the newest hour of a series by a doubted value."""
    store = telemetry_store()
    (held,) = [one for one in store.latest([site], Cycle.HOUR) if one.pollutant == pollutant]
    number = type(held.value)(value)
    changes = {"value": number, "frame_hash": "doubted", "qc": causes_of([found]), "qc_facts": pack_doubts([found])}
    store.append([replace(held, **changes)])


@pytest.fixture
def doubted(town: city.Town, own_store: DuckLakeStore) -> city.Town:
    doubt("O-1-01", "a21002", "80000", SLIP)
    doubt(city.BAD_STATION, "a34004", "5000", RANGE)
    return town


@pytest.mark.usefixtures("doubted")
def test_a_point_tells_cause_figures_remedy_and_rule_in_both_languages(duty: Client) -> None:
    found = duty.get(f"/api/v1/series?site=O-1-01&pollutant=a21002&{SPAN}").json()

    (mark,) = found["points"][-1]["qc"]
    assert (mark["cause"], mark["label_zh"], mark["label_en"]) == ("unit_slip", "单位错误", "Wrong unit")
    assert mark["text_zh"] == "NOx报80000mg/m3，约为合理值80的1000倍：疑似单位不一致。"
    assert mark["text_en"].startswith("NOx reports 80000 mg/m3, about 1000 times the plausible 80")
    assert (mark["rule_row"], mark["excluded"]) == (SLIP_ROW, False)
    assert mark["confidence"] == "decision of this project"
    assert mark["facts"]["usual"] == "79"
    assert found["points"][-1]["value"] == "80000"  # never changed
    assert (found["points"][-1]["mark"], found["points"][-1]["valid"]) == ("N", True)
    assert [one["qc"] for one in found["points"][:-1]] == [[]] * 9
    assert (found["coverage"]["doubted"], found["coverage"]["excluded"]) == (1, 0)


@pytest.mark.usefixtures("doubted")
def test_station_and_outlet_values_carry_their_causes(duty: Client) -> None:
    station = duty.get(f"/api/v1/stations/{city.BAD_STATION}").json()
    outlet = duty.get("/api/v1/outlets/O-1-01").json()

    causes = {one["pollutant"]: [mark["cause"] for mark in one["qc"]] for one in station["values"]}
    assert causes["a34004"] == ["out_of_range"]
    assert sum(map(len, causes.values())) == 1
    (mark,) = next(one for one in station["values"] if one["pollutant"] == "a34004")["qc"]
    assert "sound" not in mark["facts"]  # memory of the check, no figure of this value
    hours = [one for one in outlet["values"] if one["cycle"] == "hour"]
    assert [[mark["cause"] for mark in one["qc"]] for one in hours] == [["unit_slip"]]


@pytest.mark.usefixtures("doubted")
@pytest.mark.parametrize(
    ("address", "cause"),
    [(f"series/export.csv?site=O-1-01&pollutant=a21002&{SPAN}", "unit_slip"), ("stations/export.csv", "out_of_range")],
)
def test_exports_name_cause_and_reason(duty: Client, address: str, cause: str) -> None:
    text = duty.get(f"/api/v1/{address}").content.decode("utf-8-sig")

    rows = list(csv.DictReader(line for line in io.StringIO(text, newline="") if not line.startswith("# ")))
    told = [row for row in rows if row["qc"]]
    assert [row["qc"] for row in told] == [cause]
    assert "疑似" in told[0]["qc_reason"] or "超出" in told[0]["qc_reason"]
    assert all(row["qc_reason"] == "" for row in rows if not row["qc"])


@pytest.mark.usefixtures("doubted")
def test_coverage_shows_what_a_pack_row_excludes(duty: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    packs = load_packs().trying("q.cause.unit-slip", {"excludes": "yes"})
    monkeypatch.setattr(quality_pack, "load_packs", lambda: packs)

    found = duty.get(f"/api/v1/series?site=O-1-01&pollutant=a21002&{SPAN}").json()

    assert (found["points"][-1]["value"], found["points"][-1]["valid"]) == ("80000", False)
    assert found["points"][-1]["qc"][0]["excluded"] is True
    assert (found["coverage"]["valid"], found["coverage"]["excluded"]) == (8, 1)


@pytest.mark.usefixtures("own_store")
def test_a_cause_without_figures_is_still_told(duty: Client, town: city.Town) -> None:
    store = telemetry_store()
    (held,) = [one for one in store.latest(["O-1-01"], Cycle.HOUR) if one.pollutant == "a21002"]
    store.append([replace(held, value=held.value + 1, frame_hash="rolled", qc=("jump", "of_a_later_release"))])

    found = duty.get(f"/api/v1/series?site=O-1-01&pollutant=a21002&{SPAN}").json()

    (mark,) = found["points"][-1]["qc"]
    assert (mark["cause"], mark["text_en"], mark["facts"]) == ("jump", "Among the values of this mean: Jump.", {})
