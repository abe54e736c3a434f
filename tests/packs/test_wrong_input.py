"""Wrong input to every kind of question and every public entry of the standards: a typed error that names the field."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from qingtian.domain.errors import InvalidInput
from qingtian.domain.legaltime import DeadlineRule, Mode, Pause, deadline, deadline_hours
from qingtian.domain.standards import (
    AppliedLimit,
    Comparison,
    MeasuredPeriod,
    Report,
    air_index,
    composite_index,
    energy_mean,
    exact,
    iaqi,
    judge_emission,
    percentile,
    round_gb8170,
    stricter,
    to_reference_oxygen,
)
from qingtian.domain.standards.black_odour import black_odour
from qingtian.domain.standards.quality import WaterClass, item_class, limits_of, worst_class
from qingtian.domain.standards.surface_water import basin_status, section
from qingtian.domain.standards.water_index import trophic_state, water_index
from qingtian.packs import load_packs
from qingtian.packs.questions import KINDS, answer

PACKS = load_packs()
MEDIA = PACKS.media
VECTORS = Path(__file__).parents[1] / "data" / "standards" / "vectors.jsonl"
Path_ = tuple[str | int, ...]
# Kinds that the shared vectors do not ask: one input that is in order.
MORE: dict[str, dict[str, Any]] = {
    "black_odour": {"transparency": 18, "DO": Decimal("3.1"), "ORP": 80, "NH3-N": 4},
    "cwqi": {"COD": 15, "DO": 6, "pH": 7},
    "groundwater_class": {"Fe": Decimal("0.2"), "Mn": Decimal("0.05")},
    "noise": {"zone": "2", "period": "night", "level": 49},
    "soil_construction": {"item": "Pb", "value": 300, "class": "1"},
}
# Where a number below zero means something: an exponent, a potential, any number that is to be rounded or sorted.
NEGATIVE_IS_LAWFUL = {
    ("round_gb8170", "x"),
    ("round_gb8170", "digits"),
    ("percentile", "x"),
    ("leq", "LAeq_equal_length_periods"),
    ("black_odour", "ORP"),
    ("noise", "level"),  # decibels are a ratio
    ("aqi", "c"),  # counts as missing, as HJ 633 has no index for it
    ("reference_o2", "o2"),  # makes the hour invalid
}
NO_NUMBERS = (Decimal("NaN"), Decimal("Infinity"), Decimal("-Infinity"), "abc", "1,5", "0x1F", True, [], {})


def _bases() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = dict(MORE)
    for line in VECTORS.read_text("utf-8").splitlines():
        row = json.loads(line, parse_float=Decimal)
        found.setdefault(row["kind"], row["input"])
    return {kind: given for kind, given in found.items() if kind in KINDS}


BASES = _bases()


def leaves(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from leaves(one, (*path, name))
    elif isinstance(value, list):
        for number, one in list(enumerate(value))[:2]:  # one item of a list is like another
            yield from leaves(one, (*path, number))
    else:
        yield path, value


def put(given: dict[str, Any], path: Path_, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(given)
    place: Any = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return changed


NUMBERS = [
    (kind, path) for kind, given in sorted(BASES.items()) for path, leaf in leaves(given) if not isinstance(leaf, str)
]
TEXTS = [(kind, path) for kind, given in sorted(BASES.items()) for path, leaf in leaves(given) if isinstance(leaf, str)]


def refused(kind: str, given: dict[str, Any]) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        answer(PACKS, kind, given)
    assert caught.value.field
    assert caught.value.remedy
    assert caught.value.message
    return caught.value


def named(error: InvalidInput, path: Path_) -> bool:
    return any(str(part) in (error.field or "") for part in path) or str(path[0]).startswith(error.field or "-")


def test_each_kind_of_question_is_asked_here() -> None:
    assert set(BASES) == set(KINDS), "give the new kind one input that is in order, in MORE"
    for kind, given in BASES.items():
        answer(PACKS, kind, given)


@pytest.mark.parametrize(("kind", "path"), NUMBERS, ids=str)
def test_what_is_no_number_is_refused_by_name(kind: str, path: Path_) -> None:
    for bad in NO_NUMBERS:
        error = refused(kind, put(BASES[kind], path, bad))
        assert named(error, path), (error.field, bad)


@pytest.mark.parametrize(("kind", "path"), NUMBERS, ids=str)
def test_a_negative_number_is_refused_unless_it_means_something(kind: str, path: Path_) -> None:
    given = put(BASES[kind], path, Decimal("-0.5") if not isinstance(path[-1], int) else -5)
    if (kind, path[0]) in NEGATIVE_IS_LAWFUL and path[-1] != "digits":
        answer(PACKS, kind, given)
        return
    assert named(refused(kind, given), path)


@pytest.mark.parametrize(("kind", "path"), TEXTS, ids=str)
def test_a_word_that_nobody_knows_is_refused_by_name(kind: str, path: Path_) -> None:
    if BASES[kind][str(path[0])] is None:
        return
    for bad in ("no such word", "", 5, None, ["list"]):
        try:
            answer(PACKS, kind, put(BASES[kind], path, bad))
        except InvalidInput as error:
            assert error.field and error.remedy
        else:
            # A number may stand as text, and a value may be missing; a word of a closed list may not.
            # An unknown class of land is judged as the stricter first one, as the standard says.
            assert bad in (5, None) or path[0] in ("c", "x") or (path[0], bad) == ("class", ""), (kind, path, bad)


@pytest.mark.parametrize("kind", sorted(BASES))
@pytest.mark.parametrize("given", [None, [], "text", 5, Decimal("NaN"), True])
def test_an_input_that_is_no_object_is_refused(kind: str, given: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        answer(PACKS, kind, given)
    assert caught.value.field == "input"


@pytest.mark.parametrize("kind", sorted(BASES))
def test_nothing_at_all_is_refused(kind: str) -> None:
    assert refused(kind, {}).field


@pytest.mark.parametrize("kind", ["", "AQI", "aqi ", None, 5, ["aqi"]])
def test_a_kind_that_is_not_there_is_named_with_those_that_are(kind: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        answer(PACKS, kind, {})
    assert (caught.value.field, caught.value.code) == ("kind", "kind_not_built")
    assert "aqi" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"standard": "HJ 633-2040"}, "standard"),
        ({"standard": "GB 3095-2012"}, "standard"),
        ({"date": "2012-01-01"}, "on"),
        ({"date": "2026-13-01"}, "date"),
        ({"date": "tomorrow"}, "date"),
        ({"date": 20260301}, "date"),
    ],
)
@pytest.mark.parametrize("kind", ["aqi", "iaqi"])
def test_an_edition_that_is_not_there_yet_or_any_more_is_refused(kind: str, more: dict[str, Any], field: str) -> None:
    given = {name: one for name, one in BASES[kind].items() if name not in ("standard", "date")}
    assert refused(kind, given | more).field == field


@pytest.mark.parametrize("kind", ["water_class_item", "groundwater_class", "soil_farmland", "noise", "tax_equivalents"])
def test_a_day_before_the_first_edition_is_refused(kind: str) -> None:
    assert refused(kind, BASES[kind] | {"date": "1990-01-01"})


# -- public entries -----------------------------------------------------------------------------------------------------

D = Decimal
ON = date(2025, 11, 24)
TABLES = PACKS.aqi_tables(ON)
LIMIT = AppliedLimit("NOx", "hour", D(100), "mg/m3", Comparison.AT_MOST, "GB 13223-2011", "table 2")
MARK = PACKS.data_mark("N", ON)
WATER = MEDIA.surface_water()
CALENDAR = PACKS.calendar()
ENTRIES: list[tuple[str, Callable[[], object], str]] = [
    ("exact: text", lambda: exact("abc", field="value"), "value"),
    ("exact: NaN", lambda: exact(float("nan"), field="value"), "value"),
    ("exact: infinite text", lambda: exact("1e999999999", field="value"), "value"),
    ("exact: boolean", lambda: exact(True, field="value"), "value"),
    ("exact: nothing", lambda: exact(None, field="value"), "value"),
    ("iaqi: unknown item", lambda: iaqi(TABLES, "VOC", "24h", D(1)), "item"),
    ("iaqi: unknown period", lambda: iaqi(TABLES, "SO2", "year", D(1)), "period"),
    ("air_index: nothing known", lambda: air_index(TABLES, Report.DAILY, {"VOC": D(1)}), "VOC"),
    ("aqi_edition: future", lambda: PACKS.aqi_edition("HJ 633-2040"), "standard"),
    ("aqi_tables: before the first", lambda: PACKS.aqi_tables(date(2012, 1, 1)), "on"),
    ("composite: missing item", lambda: composite_index({"SO2": D(1)}, PACKS.composite[0]), "NO2"),
    ("composite: negative", lambda: composite_index(_six(D(-1)), PACKS.composite[0]), "SO2"),
    ("composite: before the first", lambda: PACKS.composite_rule(date(2001, 1, 1)), "on"),
    ("percentile: empty", lambda: percentile([], D(95)), "x"),
    ("percentile: 101", lambda: percentile([D(1)], D(101)), "p"),
    ("energy mean: empty", lambda: energy_mean([]), "LAeq"),
    ("reference oxygen of air", lambda: to_reference_oxygen(D(1), D(10), D(21)), "ref"),
    ("stricter: none", lambda: stricter([]), "limits"),
    ("stricter: two units", lambda: stricter([LIMIT, _limit(unit="ug/m3")]), "limits"),
    ("emission: unit differs", lambda: judge_emission(MeasuredPeriod(D(1), "ppm", MARK), LIMIT), "unit"),
    ("emission: unit missing", lambda: judge_emission(MeasuredPeriod(D(1), "", MARK), LIMIT), "unit"),
    ("emission limit: no such row", lambda: PACKS.emission_limit("nothing"), "row_id"),
    ("emission limit: another kind", lambda: PACKS.emission_limit("mark.n"), "row_id"),
    ("validity: no rule", lambda: PACKS.validity_rule("cems", "decade", ON), "period"),
    ("mark: before the first", lambda: PACKS.data_mark("N", date(1999, 1, 1)), "on"),
    ("pollutant: unknown", lambda: PACKS.pollutant("zz9"), "pollutant"),
    ("pollutant: unknown symbol", lambda: PACKS.pollutant_by_symbol("XX"), "symbol"),
    ("water: unknown item", lambda: limits_of(WATER.limits, "gold"), "gold"),
    ("water: body not given", lambda: limits_of(WATER.limits, "TP"), "TP"),
    ("water: negative", lambda: _item("COD", D(-1)), "COD"),
    ("water: no item", lambda: worst_class([]), "input"),
    ("section: empty", lambda: section(WATER, {}), "input"),
    ("section: unknown item", lambda: section(WATER, {"gold": D(1)}), "gold"),
    ("basin: too few counts", lambda: basin_status(WATER, [1, 2]), "counts"),
    ("basin: negative", lambda: basin_status(WATER, [5, -1, 0, 0, 0, 0]), "counts"),
    ("trophic: nothing", lambda: trophic_state(MEDIA.trophic_rule(), {}), ""),
    ("trophic: zero", lambda: trophic_state(MEDIA.trophic_rule(), {"TP": D(0)}), "TP"),
    ("cwqi: nothing", lambda: water_index(MEDIA.water_index_rule(), WATER, {}), ""),
    ("black odour: no scope", lambda: MEDIA.black_odour("suburban"), "scope"),
    ("black odour: negative", lambda: black_odour(MEDIA.black_odour("urban"), {"DO": D(-1)}), "DO"),
    ("soil: no land", lambda: MEDIA.soil_limits("moon"), "land"),
    ("noise: no zone", lambda: MEDIA.noise_limit("9", "day"), "zone"),
    ("tax: no scope", lambda: MEDIA.tax_rate("sound"), "scope"),
    ("deadline: no length", lambda: DeadlineRule(0), "n"),
    ("deadline: too long", lambda: DeadlineRule(999999), "n"),
    ("deadline: promise of nothing", lambda: DeadlineRule(5).promised(D(0)), "ratio"),
    ("deadline: promise beyond the law", lambda: DeadlineRule(5).promised(D("1.1")), "ratio"),
    ("deadline: pause ends before", lambda: Pause(date(2026, 3, 2), date(2026, 3, 1)), "pauses"),
    ("deadline: hours by days", lambda: deadline(DeadlineRule(5, Mode.HOURS), ON, CALENDAR), "mode"),
    ("deadline: days by hours", lambda: deadline_hours(DeadlineRule(5, Mode.WORKING), _moment()), "mode"),
]


def _six(value: Decimal) -> dict[str, Decimal]:
    return dict.fromkeys(("SO2", "NO2", "PM10", "PM2.5", "CO", "O3"), value)


def _limit(**more: Any) -> AppliedLimit:
    fields = {"item": "NOx", "period": "hour", "limit": D(100), "unit": "mg/m3", "op": Comparison.AT_MOST}
    return AppliedLimit(**fields | {"standard": "S", "clause": "1"} | more)


def _item(name: str, value: Decimal) -> object:
    return item_class(limits_of(WATER.limits, name), value, worst=WaterClass.WORSE)


def _moment() -> Any:
    from datetime import UTC, datetime

    return datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(("call", "field"), [one[1:] for one in ENTRIES], ids=[one[0] for one in ENTRIES])
def test_a_public_entry_refuses_what_is_wrong_by_field(call: Callable[[], object], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        call()
    assert field in (caught.value.field or "")
    assert caught.value.field
    assert caught.value.remedy


def test_rounding_takes_exact_numbers_only() -> None:
    assert round_gb8170(D("1.225"), 2) == D("1.22")
    for bad in (D("NaN"), D("Infinity")):
        with pytest.raises(InvalidInput) as caught:
            round_gb8170(bad, 2)
        assert caught.value.field


def test_numbers_that_are_exact_stay_exact() -> None:
    assert exact("0.1", field="x") == D("0.1")
    assert percentile([D(1), D(2)], D(50)) == Fraction(3, 2)
