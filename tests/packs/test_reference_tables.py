"""The national packs say what the reference tables say, row by row: figure, source, confidence and dates."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qingtian.packs import evaluation, load_packs
from qingtian.packs.loader import NATIONAL

REFERENCE = Path(__file__).parents[1] / "data" / "standards"
PACKS = load_packs()
NOT_STATED = "not stated"  # what a pack row says where the reference names no source
Rows = list[dict[str, str]]


def reference(name: str) -> Rows:
    with (REFERENCE / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def facts(name: str) -> Any:
    return json.loads((REFERENCE / name).read_text("utf-8"), parse_float=Decimal)


def own(name: str) -> Rows:
    with (NATIONAL / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def sourced(row: dict[str, str], other: dict[str, str]) -> bool:
    """Whether a pack row names the source and the confidence of a reference row."""
    source = other["source"] or NOT_STATED
    return (row["source"] == source or row["source"].startswith(source)) and row["confidence"] == other["confidence"]


def same(limit: str, other: str) -> bool:
    return Decimal(limit) == Decimal(other)


def lines(rows: Iterable[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    return Counter(rows)


def test_breakpoints_of_the_index() -> None:
    wanted = lines(
        (
            row["standard"],
            row["item"],
            row["averaging_period"],
            row["class"].removeprefix("IAQI="),
            Decimal(row["limit"]),
            row["unit"],
            row["effective_from"],
            row["effective_to"],
            row["source"],
            row["confidence"],
        )
        for row in reference("aqi_breakpoints.csv")
    )
    found = lines(
        (
            row["standard"],
            row["item"],
            row["period"],
            row["index"],
            Decimal(row["concentration"]),
            row["unit"],
            row["valid_from"],
            row["valid_to"],
            row["source"],
            row["confidence"],
        )
        for row in own("aqi_breakpoints.csv")
    )
    assert found == wanted


def test_limits_of_ambient_air() -> None:
    columns = ("item", "unit", "op", "confidence", "standard")
    wanted = lines(
        (
            *(row[name] for name in columns),
            Decimal(row["limit"]),
            row["averaging_period"],
            row["class"],
            row["effective_from"],
            row["effective_to"],
            row["source"] or NOT_STATED,
        )
        for row in reference("gb3095_limits.csv")
    )
    found = lines(
        (
            *(row[name] for name in columns),
            Decimal(row["limit"]),
            row["period"],
            row["category"],
            row["valid_from"],
            row["valid_to"],
            row["source"],
        )
        for row in own("air_limits.csv")
    )
    assert found == wanted


def test_categories_of_the_index_and_their_colours() -> None:
    told = facts("aqi_categories.json")
    for edition, (low, high) in told["aqi_range"].items():
        rows = [row for row in own("aqi_categories.csv") if row["standard"] == edition]
        wanted = [
            (
                str(low if one is told["categories"][0] else one["min"]),
                str(one["max"]),
                one["level"],
                one["name"],
                one["colour"],
                one["hex"],
                " ".join(str(part) for part in one["rgb"]),
            )
            for one in told["categories"]
        ]
        assert [
            (row["minimum"], row["maximum"], row["level"], row["name_zh"], row["colour_zh"], row["hex"], row["rgb"])
            for row in rows
        ] == wanted
        assert {row["confidence"] for row in rows} == {told["confidence"]}
        assert rows[-1]["maximum"] == str(high)


PERIODS = {"annual": "year", "month": "month", "24h": "day", "8h": "8h", "1h": "hour", "quarter": "quarter"}


def test_data_validity_of_ambient_air() -> None:
    rows = own("data_validity.csv")
    for told in reference("air_data_validity.csv"):
        period = PERIODS.get(told["averaging_period"], "day")
        found = [
            row
            for row in rows
            if row["applies_to"] == "air_station"
            and row["items"].split() == told["item"].split(",")
            and row["period"] == period
            and row["minimum"] == told["limit"]
        ]
        assert len(found) == 1, told
        assert sourced(found[0], told)
        february = re.search(r"(\d+) in February", told["unit"])
        assert found[0]["minimum_february"] == (february.group(1) if february else "")


CYCLES = {"1h": "hour", "24h": "day", "mean of samples": "samples", "any single value": "single"}
CYCLES |= {"5 min mean": "5min", "5 samples of 10 min": "samples", "": "any"}
# Reference rows that hold two figures, or a test that the pack writes as two rows.
SPLIT = {"20 / 10": ("20", "10"), "6-9": ("6", "9")}


def test_emission_limits() -> None:
    rows = own("emission_limits.csv")
    matched: set[str] = set()
    for told in reference("emission_limits.csv"):
        item, _, condition = told["item"].partition(" (")
        for limit in SPLIT.get(told["limit"], (told["limit"],)):
            found = [
                row
                for row in rows
                if row["standard"] == told["standard"]
                and row["item"] in (item, told["item"])
                and row["period"] == CYCLES[told["averaging_period"]]
                and same(row["limit"], limit)
                and sourced(row, told)
                and row["row_id"] not in matched
                and (row["category"] == told["class"] or limit != told["limit"] or not told["class"])
                and (row["condition"] in condition.rstrip(")") or condition.rstrip(")") in row["condition"])
            ]
            assert found, told
            matched.add(found[0]["row_id"])
            if told["effective_from"]:
                assert found[0]["valid_from"] == told["effective_from"], told
            assert found[0]["valid_to"] == told["effective_to"], told
    # The reference says of GB 18918 in a note "pH 6-9 for all"; the pack has a row for each side.
    beside = {"gb18918-2002.all.ph.low", "gb18918-2002.all.ph.high"}
    assert {row["row_id"] for row in rows} - matched == beside
    assert [row["limit"] for row in rows if row["row_id"] in beside] == ["6", "9"]


LEFT_OUT = {"GB 28662-2012"}  # its date of effect is not known: no row may judge from a guessed day


def test_reference_oxygen() -> None:
    wanted = lines(
        (row["standard"], row["class"], Decimal(row["limit"]), row["source"] or NOT_STATED, row["confidence"])
        for row in reference("reference_oxygen.csv")
        if row["standard"] not in LEFT_OUT
    )
    found = lines(
        (row["standard"], row["category"], Decimal(row["reference_o2"]), row["source"], row["confidence"])
        for row in own("reference_oxygen.csv")
    )
    assert found == wanted


def test_noise_limits() -> None:
    places = {"LAeq": "ambient", "boundary LAeq": "boundary"}
    wanted = lines(
        (
            row["standard"],
            places[row["item"]],
            row["averaging_period"].split()[0],
            row["class"],
            row["limit"],
            row["unit"],
            row["effective_from"],
            row["source"] or NOT_STATED,
            row["confidence"],
        )
        for row in reference("noise.csv")
    )
    found = lines(
        (
            row["standard"],
            row["place"],
            row["period"],
            row["zone"],
            row["limit"],
            row["unit"],
            row["valid_from"],
            row["source"],
            row["confidence"],
        )
        for row in own("noise_limits.csv")
    )
    assert found == wanted
    for told in reference("noise.csv"):
        excess = re.findall(r"\+(\d+) dB|at most (\d+) dB", told["note"])
        bursts = {one for pair in excess for one in pair if one}
        night = [
            row
            for row in own("noise_limits.csv")
            if (row["standard"], row["zone"], row["period"]) == (told["standard"], told["class"], "night")
        ]
        assert {cell for row in night for cell in (row["burst"], row["burst_frequent"]) if cell} == bursts


def farmland(text: str) -> tuple[str, str, str, str]:
    level, use, acidity = (*text.split("; "), "")[:3]
    if use == "optional items":
        return level, "all", "", ""
    bounds = {
        "pH<=5.5": ("", "5.5"),
        "5.5<pH<=6.5": ("5.5", "6.5"),
        "6.5<pH<=7.5": ("6.5", "7.5"),
        "pH>7.5": ("7.5", ""),
    }
    return level, use, *bounds[acidity]


def test_soil_of_farmland() -> None:
    rows = [row for row in own("soil_limits.csv") if row["land"] == "farmland"]
    reference_rows = reference("soil_farmland_gb15618.csv")
    wanted = lines(
        (*farmland(row["class"]), Decimal(row["limit"]), row["unit"], row["effective_from"], row["confidence"])
        for row in reference_rows
    )
    found = lines(
        (
            row["level"],
            row["use"],
            row["ph_above"],
            row["ph_to"],
            Decimal(row["limit"]),
            row["unit"],
            row["valid_from"],
            row["confidence"],
        )
        for row in rows
    )
    assert found == wanted
    names = {name for row in rows for name in (row["item"], row["name_zh"], *row["aliases"].split(";"))}
    assert {row["item"] for row in reference_rows} <= names


def test_soil_of_construction_land() -> None:
    rows = [row for row in own("soil_limits.csv") if row["land"] == "construction"]
    left = {row["row_id"]: row for row in rows}
    for told in reference("soil_construction_gb36600.csv"):
        level, _, land = told["class"].partition(", land ")
        found = [
            row
            for row in left.values()
            if told["item"] in (row["item"], row["name_zh"], *row["aliases"].split(";"))
            and (row["level"], row["use"]) == (level, land)
            and same(row["limit"], told["limit"])
            and (row["unit"], row["valid_from"]) == (told["unit"], told["effective_from"])
            and sourced(row, told)
        ]
        assert len(found) == 1, told
        del left[found[0]["row_id"]]
    assert left == {}


def test_surface_water() -> None:
    rows = own("surface_water_limits.csv")
    matched: set[str] = set()
    for told in reference("surface_water_gb3838.csv"):
        item, _, body = told["item"].partition(" (")
        water = {"": "", "river)": "river", "lake/reservoir)": "lake"}[body]
        category = "I" if told["class"] == "I-V" else told["class"]
        low, _, high = told["limit"].partition("-")
        found = [
            row
            for row in rows
            if (row["item"], row["category"], row["measure"]) == (item, category, "")
            and row["water_body"] in (water, "")
            and same(row["limit"], low)
            and row["upper"] == high
            and sourced(row, told)
            and row["valid_from"] == told["effective_from"]
        ]
        assert len(found) == 1, told
        matched.add(found[0]["row_id"])
    # Class I of oxygen may also be met by saturation: one more row than the reference, which says it in a note.
    assert {row["row_id"] for row in rows} - matched == {"gb3838-2002.do.i.saturation"}


ROMAN = {"Ⅰ": "I", "Ⅱ": "II", "Ⅲ": "III", "Ⅳ": "IV", "Ⅴ": "V"}
SIGNS = {"一": "1", "二": "2", "三": "3", "四": "4", "六": "6"}


def chinese(name: str) -> set[str]:
    """Ways to write a name that the reference spells with numerals in words."""
    digits = "".join(SIGNS.get(part, part) for part in re.split("(-)", name))
    letters = re.sub(r"-([ab]|2-乙基己基)-", r"(\1)", name)
    return {name, letters, digits, re.sub(r"(\d)-(?=\d)", r"\1,", digits)}


def test_groundwater() -> None:
    rows = own("groundwater_limits.csv")
    left = {row["row_id"] for row in rows}
    unnamed = []
    for told in reference("groundwater_gbt14848.csv"):
        if told["op"] in ("text", "not detected"):
            continue
        category = ROMAN.get(told["class"], told["class"])
        numbers = re.findall(r"[0-9.]+", told["limit"])
        names = chinese(told["item"])
        found = [
            row
            for row in rows
            if names & {row["item"], row["name_zh"], *row["aliases"].split(";")}
            and row["category"] == category
            and row["row_id"] in left
            and same(row["limit"], numbers[0])
        ]
        if not found:
            unnamed.append((told["item"], told["class"], told["limit"]))
            continue
        assert sourced(found[0], told) or "memory" in found[0]["confidence"], told
        left.discard(found[0]["row_id"])
    assert unnamed == []
    # What is left: absent-or-present items and the second half of a two-sided range.
    assert {row["op"] for row in rows if row["row_id"] in left} <= {"absent", ">", "[]", "[)", "(]"}


def test_tax_equivalents_and_rates() -> None:
    groups = {"air": "air", "water class 1": "water_1", "water class 2": "water_2"}
    rows = own("tax_equivalents.csv")
    told_rows = [row for row in reference("env_tax_equivalents.csv") if row["class"] != "rate"]
    for told in told_rows:
        found = [
            row
            for row in rows
            if told["item"] in (row["item"], *row["aliases"].split(";"))
            and row["medium"] == told["class"].split()[0]
            and same(row["kg_per_equivalent"], told["limit"])
            and sourced(row, told)
        ]
        assert len(found) == 1, told
        if told["class"] in groups:
            assert found[0]["group"] == groups[told["class"]]
    assert len(told_rows) == len(rows)
    rates = lines((row["low"], row["high"], row["unit"], row["confidence"]) for row in own("tax_rates.csv"))
    wanted = []
    for told in reference("env_tax_equivalents.csv"):
        if told["class"] == "rate":
            low, _, high = told["limit"].partition("-")
            wanted.append((low, high or low, told["unit"], told["confidence"]))
    assert rates == lines(wanted)


# -- tables that the reference keeps as JSON ---------------------------------------------------------------------------


def test_percentiles_and_bases_of_hj_663() -> None:
    told = facts("hj663_evaluation.json")
    rows = PACKS.of(evaluation.AIR_STATISTICS)
    for edition in ("HJ 663-2013", "HJ 663-2026"):
        found = {
            f"{row.item}_MDA8" if row.of == "daily_max_8h" else row.item: row.percent
            for row in rows
            if row.standard == edition and row.use == "compliance" and row.statistic == "percentile"
        }
        assert found == {name: told["percentiles"][name] for name in found}
        assert len(found) == 6
        used = {row.item: row.statistic for row in rows if row.standard == edition and row.use == "composite"}
        assert used == {item: "percentile" if item in ("CO", "O3") else "mean" for item in used}
    for index, rule in zip(told["composite_index"], PACKS.composite, strict=True):
        assert {part.item: part.weight for part in rule.parts} == index["weights"]
        assert {part.item: part.base for part in rule.parts} == index["S"]


def test_places_of_air_figures() -> None:
    told = facts("hj663_evaluation.json")
    rows = {(row.standard[-4:], row.figure, row.item): row.digits for row in PACKS.of(evaluation.AIR_PLACES)}
    names = {"raw hour/day": "period_value", "statistics (month/quarter/year, percentiles)": "statistic"}
    names |= {"compliance values": "compliance_value", "AQI report input": "index_input"}
    for label, figure in names.items():
        wanted = told["rounding_2026"][label]
        assert (rows["2026", figure, "CO"], rows["2026", figure, "all"]) == (wanted["CO"], wanted["others"])
    assert rows["2026", "multiple", "all"] == told["rounding_2026"]["exceedance_multiple"]
    assert rows["2026", "rate_percent", "all"] == told["rounding_2026"]["compliance_rate_percent"]
    assert rows["2013", "composite_index", "all"] == told["rounding_2013"]["composite_index"]
    assert rows["2013", "statistic", "CO"] == told["rounding_2013"]["CO"]
    assert rows["2013", "statistic", "all"] == told["rounding_2013"]["others"]


def test_validity_and_substitution_of_emissions() -> None:
    told = facts("emission_data_validity.json")
    rules = {row.row_id: row for row in PACKS.validity}
    assert rules["validity.cems.hour"].minimum == told["CEMS"]["hour_min_minutes"]
    assert rules["validity.cems.day"].minimum == told["CEMS"]["day_min_hours"]
    month = rules["validity.cems.month"]
    assert (month.minimum, month.minimum_february) == (
        told["CEMS"]["month_min_days"],
        told["CEMS"]["month_min_days_feb"],
    )
    rows = PACKS.of(evaluation.SUBSTITUTION)
    assert len(rows) == len(told["HJ75_missing"]["table"])
    for row, line in zip(rows, told["HJ75_missing"]["table"], strict=True):
        assert str(row.valid_hours) in line["substitute"]
        assert str(row.capture_from) in line["quarter_capture"]
        assert line["invalid_hours"] in ("any", f"<={row.hours_to}", f">{row.hours_above}")
        assert row.confidence == told["HJ75_missing"]["confidence"]
    assert min(row.capture_from for row in rows) == told["HJ75_missing"]["quarter_capture_target_percent"]


def test_marking_rules_and_incineration() -> None:
    told = facts("emission_data_validity.json")
    rows = PACKS.of(evaluation.MARKING)
    assert [row.valid_from.isoformat() for row in rows] == [one["from"] for one in told["marking"]]
    assert set(rows[-1].industries) == {name.replace(" ", "-") for name in told["marking"][-1]["industries"]}
    [rule] = PACKS.of(evaluation.INCINERATION)
    text = told["waste_incineration"]["rule"]
    assert f"below {rule.furnace_below} degC more than {rule.low_means_allowed} times" in text
    assert f"daily mean of {', '.join(rule.items)} decides" in text
    assert rule.valid_from.isoformat() in text
    assert rule.unverified


def test_evaluation_of_surface_water() -> None:
    told = facts("surface_water_evaluation.json")
    [rule] = PACKS.media.water_rules
    assert rule.items == told["class_items"]
    assert "water temperature" in rule.excluded
    sections = [row for row in PACKS.media.statuses if row.scope == "section"]
    assert [row.status_zh for row in sections] == [one["status"] for one in told["section_status"]]
    assert [[str(name) for name in row.classes] for row in sections] == [
        one["classes"] for one in told["section_status"]
    ]
    basins = [row for row in PACKS.media.statuses if row.scope == "basin"]
    # In another order: the pack asks the rows one by one and takes the first that holds.
    assert sorted(row.status_zh for row in basins) == sorted(one["status"] for one in told["basin_status"])
    [trophic] = PACKS.media.trophic
    for part in trophic.parts:
        assert str(abs(part.slope)) in told["TLI"]["formulas"][part.item]
        assert str(part.offset) in told["TLI"]["formulas"][part.item]
        assert Decimal(str(told["TLI"]["r"][part.item])) == part.r
        squares = sum(other.r**2 for other in trophic.parts)
        assert round(part.r**2 / squares, 3) == round(Decimal(str(told["TLI"]["weights"][part.item])), 3)


@pytest.mark.parametrize("name", sorted(path.name for path in REFERENCE.glob("*.csv")))
def test_each_table_of_the_reference_is_compared(name: str) -> None:
    assert f'"{name}"' in Path(__file__).read_text("utf-8")
