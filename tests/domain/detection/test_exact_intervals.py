"""Detection rules on series made by hand: exactly which stretch is found, and what lies just beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from tests.domain.detection.rules import HOUR, MINUTE, T0, rule, samples

from qingtian.domain.detection import (
    Candidate,
    PowerPair,
    Sample,
    Thresholds,
    dilutions,
    frozen_values,
    stack_hours,
    treatment_off,
)

NAMES = {"name_zh": "氮氧化物", "name_en": "NOx"}
MOVING = [100, 120, 90, 130, 110, 95]


def spans(found: list[Candidate], step: timedelta = HOUR) -> list[tuple[int, int, int]]:
    """Start, last and end of each candidate in whole steps from T0."""
    return [tuple((at - T0) // step for at in (one.start, one.last, one.end)) for one in found]  # type: ignore[misc]


# -- frozen value ----------------------------------------------------------------------------------------------------


def marked(text: str) -> list[Sample]:
    """One sample per sign: digits are 50.<digit>; C calibration (value there, not valid); - nothing."""
    series = []
    for index, sign in enumerate(text):
        value = None if sign == "-" else Decimal("99.9") if sign == "C" else Decimal(f"50.{sign}")
        series.append(Sample(T0 + index * HOUR, value, valid=sign != "C"))
    return series


def frozen(text: str, load: list[object] | None = None, **parameters: str) -> list[tuple[int, int, int]]:
    loads = {"flow": samples(MOVING * 10 if load is None else load)}
    return spans(frozen_values(rule("frozen_value", **parameters), marked(text), loads, step=HOUR, **NAMES))


@pytest.mark.parametrize(
    ("series", "found"),
    [
        ("1234555", []),  # three hours flat
        ("12345555", [(4, 7, 8)]),  # four
        ("55551234", [(0, 3, 4)]),
        ("55556666", [(0, 3, 4), (4, 7, 8)]),  # two levels are two findings
        ("55565555", [(4, 7, 8)]),
        ("5555", [(0, 3, 4)]),
        ("55C55", [(0, 4, 5)]),  # calibration neither counts nor breaks
        ("5C5C5C5", [(0, 6, 7)]),
        ("55CC55", [(0, 5, 6)]),  # two hours without a valid value are bridged
        ("55CCC55", []),  # three are not: two flat hours on each side
        ("5555CCC5555", [(0, 3, 4), (7, 10, 11)]),
        ("55-C55", [(0, 5, 6)]),
        ("C5555C", [(1, 4, 5)]),
        ("555C6555", []),
        ("CCCCCCCC", []),
        ("--------", []),
        ("1", []),
    ],
)
def test_flat_stretches_with_calibration_in_between(series: str, found: list[tuple[int, int, int]]) -> None:
    # The digits that differ let the detector learn the resolution; one lively hour stands at the end.
    assert frozen(f"{series}CCC12") == found


@pytest.mark.parametrize(
    ("load", "found"),
    [
        ([100] * 12, []),  # nothing changed in the plant
        ([100, 102] * 6, []),  # 2 %
        ([100, 103] * 6, []),  # 2.96 %: the middle is 101.5
        ([100, 104] * 6, [(2, 5, 6)]),
        ([100, 100, 100, 100, 100, 104] + [100] * 6, [(2, 5, 6)]),  # inside the flat hours
        ([130, 70] + [100] * 4 + [150, 50] * 3, []),  # only before and after them
        ([None] * 12, []),
        ([None, None, 100, None, None, None] + [100] * 6, []),  # one value of four proves nothing
        ([None, None, 100, 120, None, None] + [100] * 6, [(2, 5, 6)]),  # half of them does
    ],
)
def test_the_load_must_move_during_the_flat_hours(load: list[object], found: list[tuple[int, int, int]]) -> None:
    assert frozen("125555CCC12", load) == found


def test_of_several_loads_the_liveliest_is_named() -> None:
    loads = {"flow": samples([100] * 4), "production power": samples([10, 20, 10, 20])}
    [one] = frozen_values(rule("frozen_value"), marked("5555"), loads, step=HOUR, **NAMES)
    assert (one.values["load"], one.values["load_spread_percent"]) == ("production power", "66.7")
    assert (one.values["value"], one.values["flat_hours"]) == ("50.5", "4")
    assert "production power" in one.explanation_en
    assert "4小时" in one.explanation_zh


@pytest.mark.parametrize(("value", "found"), [("0", 0), ("9", 0), ("10", 1), ("11", 1)])
def test_a_coarse_instrument_proves_nothing_near_its_own_step(value: str, found: int) -> None:
    # Whole units: one step is a tenth of 10, the bound of the rule.
    series = samples([value] * 6 + [30, 31])
    loads = {"flow": samples(MOVING * 2)}
    assert len(frozen_values(rule("frozen_value"), series, loads, step=HOUR, **NAMES)) == found


def test_a_negative_flat_value_is_frozen_too() -> None:
    series = samples(["-20.5"] * 5 + ["-20.4"])
    loads = {"flow": samples(MOVING)}
    assert spans(frozen_values(rule("frozen_value"), series, loads, step=HOUR, **NAMES)) == [(0, 4, 5)]


def test_ten_minute_values_need_the_same_four_hours() -> None:
    ten = 10 * MINUTE
    for count, found in ((23, []), (24, [(0, 23, 24)])):
        series = samples(["50.5"] * count + ["50.6"], step=ten)
        loads = {"flow": samples(MOVING * 6, step=ten)}
        assert spans(frozen_values(rule("frozen_value"), series, loads, step=ten, **NAMES), ten) == found


# -- dilution --------------------------------------------------------------------------------------------------------


def diluted(oxygen: list[object], flow: list[object], nox: list[object]) -> list[tuple[int, int, int]]:
    hours = stack_hours(samples(oxygen), samples(flow), samples(nox))
    return spans(dilutions(rule("dilution"), hours, **NAMES))


@pytest.mark.parametrize(
    ("oxygen", "flow", "nox", "found"),
    [
        ("8.0", "130", "46", True),  # each just reached: +2.0 points, 1.30 times, mass 1.0 times
        ("7.99", "130", "46", False),
        ("8.0", "129.9", "46", False),
        ("8.0", "130", "69.3", False),  # mass 1.5015 times: a real rise of the load
        ("8.0", "130", "69", True),  # 1.495 times
        ("8.0", "130", "23.2", True),  # 0.503 times
        ("8.0", "130", "23", False),  # 0.498 times: the plant itself went down
        ("3.0", "200", "30", False),  # more flow with less oxygen is load
        ("12", "100", "30", False),  # oxygen alone is a leak of the sampling line
    ],
)
def test_edges_of_the_three_conditions(oxygen: str, flow: str, nox: str, found: bool) -> None:
    calm = 8
    result = diluted(["6"] * calm + [oxygen] * 3, ["100"] * calm + [flow] * 3, ["60"] * calm + [nox] * 3)
    assert result == ([(calm, calm + 2, calm + 3)] if found else [])


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("......x.", []),  # one hour
        ("......xx", [(6, 7, 8)]),
        ("......xx.xx", [(6, 7, 8), (9, 10, 11)]),  # a calm hour parts them
        ("......x.x.x", []),
        ("......x-x", [(6, 8, 9)]),  # an hour without values is bridged
        ("......x--x", []),  # two are not
        ("......xx--xx", [(6, 7, 8), (10, 11, 12)]),
        (".....xxxx", [(6, 8, 9)]),  # the sixth hour makes the baseline complete, whatever it is
        ("-......xx", [(7, 8, 9)]),
        ("xxxxxxxx", []),  # what was always so is the usual state
    ],
)
def test_stretches_of_diluted_hours(pattern: str, found: list[tuple[int, int, int]]) -> None:
    states = {".": ("6", "100", "60"), "x": ("13", "200", "30"), "-": (None, None, None)}
    columns = list(zip(*(states[sign] for sign in pattern), strict=True))
    assert diluted(*map(list, columns)) == found


def test_a_dilution_of_two_days_is_held_against_the_state_before_it() -> None:
    assert diluted(["6"] * 8 + ["13"] * 48, ["100"] * 8 + ["200"] * 48, ["60"] * 8 + ["30"] * 48) == [(8, 55, 56)]


def test_one_wild_hour_does_not_move_the_baseline() -> None:
    oxygen, flow, nox = ["6"] * 8 + ["13"] * 2, ["100"] * 8 + ["200"] * 2, ["60"] * 8 + ["30"] * 2
    oxygen[3], flow[3], nox[3] = "20", "5", "900"
    assert diluted(oxygen, flow, nox) == [(8, 9, 10)]


def test_a_stack_that_stands_still_has_no_baseline() -> None:
    assert diluted(["20.9"] * 8 + ["22.9"] * 3, ["0"] * 8 + ["200"] * 3, ["0"] * 8 + ["1"] * 3) == []


# -- treatment off ---------------------------------------------------------------------------------------------------

LIMITS = Thresholds(production=Decimal(100), treatment=Decimal(10))


def pairs(text: str, step: timedelta) -> list[PowerPair]:
    """One pair per sign: n normal, x treatment off, i production idle, - nothing."""
    powers = {"n": (600, 50), "x": (600, 1), "i": (5, 1), "-": (None, None)}
    made = []
    for index, sign in enumerate(text):
        production, treatment = powers[sign]
        made.append(
            PowerPair(
                T0 + index * step,
                None if production is None else Decimal(production),
                None if treatment is None else Decimal(treatment),
            )
        )
    return made


def off(text: str, step_min: int) -> list[tuple[int, int, int]]:
    step = step_min * MINUTE
    return spans(treatment_off(rule("treatment_off"), pairs(text, step), LIMITS, step=step), step)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("n" + "x" * 14 + "n", []),
        ("n" + "x" * 15 + "n", [(1, 15, 16)]),
        ("x" * 15, [(0, 14, 15)]),
        ("x" * 14, []),
        ("x" * 14 + "i" + "x" * 14, []),  # production stopped for a minute
        ("x" * 14 + "-" + "x" * 14, [(0, 28, 29)]),
        ("x" * 7 + "-" * 10 + "x", [(0, 17, 18)]),  # ten silent minutes are bridged
        ("x" * 7 + "-" * 11 + "x" * 8, []),  # eleven are not
        ("x" * 15 + "-" * 30, [(0, 14, 15)]),  # silence afterwards does not lengthen it
        ("-" * 15, []),
        ("x" * 15 + "n" + "x" * 15, [(0, 14, 15), (16, 30, 31)]),
    ],
)
def test_fourteen_and_fifteen_minutes_of_minute_values(text: str, found: list[tuple[int, int, int]]) -> None:
    assert off(text, 1) == found


@pytest.mark.parametrize(("text", "found"), [("nxxn", []), ("nxxxn", [(1, 3, 4)]), ("x-x-x", [(0, 4, 5)]), ("x", [])])
def test_five_minute_values(text: str, found: list[tuple[int, int, int]]) -> None:
    assert off(text, 5) == found


def test_a_value_on_its_threshold_counts_neither_as_running_nor_as_off() -> None:
    def at(production: str, treatment: str) -> list[PowerPair]:
        return [PowerPair(T0 + n * MINUTE, Decimal(production), Decimal(treatment)) for n in range(20)]

    def count(production: str, treatment: str) -> int:
        return len(treatment_off(rule("treatment_off"), at(production, treatment), LIMITS, step=MINUTE))

    assert count("100", "9.9") == 0
    assert count("100.1", "10") == 0
    assert count("100.1", "9.9") == 1


@pytest.mark.parametrize(("minutes", "severity"), [(15, 3), (119, 3), (120, 4), (600, 4)])
def test_two_hours_make_it_severe(minutes: int, severity: int) -> None:
    [one] = treatment_off(rule("treatment_off"), pairs("x" * minutes, MINUTE), LIMITS, step=MINUTE)
    assert (one.severity, one.values["minutes"]) == (severity, str(minutes))
    assert f"{minutes} min" in one.explanation_en


def test_an_end_across_midnight_keeps_its_date() -> None:
    start = datetime(2025, 12, 31, 23, 50, tzinfo=T0.tzinfo)
    late = [replace(one, start=start + (one.start - T0)) for one in pairs("x" * 20, MINUTE)]
    [one] = treatment_off(rule("treatment_off"), late, LIMITS, step=MINUTE)
    assert (one.start, one.end) == (start, datetime(2026, 1, 1, 0, 10, tzinfo=T0.tzinfo))
