"""Values of the instruments: real distribution and memory, under the limit unless planted, marked as the standard says."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from statistics import mean

import pytest

from qingtian.demo.city import City
from qingtian.demo.events import HOUR, EventBook, EventClass, PlantedEvent, owner
from qingtian.demo.plan import POWER_CODE, CityPlan, OutletPlan
from qingtian.demo.signals import AIR_O2, FLOW, OXYGEN, Block, MeterSignal, OutletSignal, PlantLoad, Reading, merge

EPOCH = City().epoch
Make = Callable[..., OutletSignal]


def outlet_of(plan: CityPlan, use: str, number: int = 0) -> OutletPlan:
    return [outlet for outlet in plan.outlets if outlet.use.code == use][number]


def signal_of(plan: CityPlan, outlet: OutletPlan, *events: PlantedEvent) -> OutletSignal:
    enterprise = next(one for one in plan.enterprises if one.code == owner(outlet))
    book = EventBook(plan, EPOCH, events, planting=False)
    return OutletSignal(plan.seed, outlet, PlantLoad(plan.seed, enterprise), book)


def event_at(
    outlet: OutletPlan, kind: EventClass, level: float, *, hours: int = 4, parameter: str = "a21002"
) -> PlantedEvent:
    start = EPOCH + 30 * HOUR
    return PlantedEvent(
        kind, outlet.code, owner(outlet), outlet.device.mn, parameter, start, start + hours * HOUR, level
    )


def hours(signal: OutletSignal, count: int) -> list[Block]:
    return [merge(signal.hour(index)) for index in range(count)]


def test_unplanted_values_stay_under_the_limit(plan: CityPlan) -> None:
    for use in ("coal_unit", "gas_boiler", "kiln", "incinerator", "voc", "effluent"):
        outlet = outlet_of(plan, use)
        for block in hours(signal_of(plan, outlet), 400):
            if block.mark != "N":
                continue
            for code, limit in outlet.limits.items():
                reading = block.readings[code]
                judged = reading.mean if reading.converted is None else reading.converted
                assert 0 < judged < float(limit.limit), (use, code)


def test_the_median_lies_where_real_plants_have_it(plan: CityPlan) -> None:
    outlet = outlet_of(plan, "coal_unit", 5)
    limit = float(outlet.limits["a21002"].limit)
    values = sorted(b.readings["a21002"].converted or 0 for b in hours(signal_of(plan, outlet), 1500) if b.mark == "N")
    assert 0.40 * limit < values[len(values) // 2] < 0.62 * limit


def test_hours_remember_as_the_real_ones_do(plan: CityPlan) -> None:
    signal = signal_of(plan, outlet_of(plan, "coal_unit", 3))
    values = [block.readings["a21002"].converted or 0.0 for block in hours(signal, 3000) if block.mark == "N"]
    centre = mean(values)
    variance = mean((value - centre) ** 2 for value in values)
    lag = mean((a - centre) * (b - centre) for a, b in itertools.pairwise(values)) / variance
    assert lag == pytest.approx(0.88, abs=0.06)  # 0.90 of the source, less the change of load


def test_the_same_seed_gives_the_same_values_and_hours_can_be_skipped(plan: CityPlan) -> None:
    outlet = outlet_of(plan, "kiln")
    first, second = signal_of(plan, outlet), signal_of(plan, outlet)
    wanted = [first.hour(index) for index in range(60)][50:]
    assert [second.hour(index) for index in range(50, 60)] == wanted


def test_hours_are_not_given_twice(plan: CityPlan) -> None:
    signal = signal_of(plan, outlet_of(plan, "kiln"))
    signal.hour(5)
    with pytest.raises(ValueError, match="passed already"):
        signal.hour(5)


def test_conversion_follows_the_formula(plan: CityPlan) -> None:
    outlet = outlet_of(plan, "gas_boiler", 7)
    for block in hours(signal_of(plan, outlet), 48):
        if block.mark != "N":
            continue
        reading, oxygen = block.readings["a21002"], block.readings[OXYGEN].mean
        expected = reading.mean * (AIR_O2 - float(outlet.reference_o2)) / (AIR_O2 - oxygen)
        assert reading.converted == pytest.approx(expected, rel=0.02)


def test_an_exceedance_lies_over_the_limit_in_each_of_its_hours_and_only_there(plan: CityPlan) -> None:
    outlet = outlet_of(plan, "coal_unit")
    blocks = hours(signal_of(plan, outlet, event_at(outlet, EventClass.EXCEEDANCE, 1.5)), 40)
    limit = float(outlet.limits["a21002"].limit)
    over = [i for i, b in enumerate(blocks) if b.mark == "N" and (b.readings["a21002"].converted or 0) > limit]
    assert over == [30, 31, 32, 33]
    assert all((b.readings["a21026"].converted or 0) < float(outlet.limits["a21026"].limit) for b in blocks)


def test_a_frozen_channel_does_not_move_while_flow_does(plan: CityPlan) -> None:
    outlet = outlet_of(plan, "coal_unit")
    signal = signal_of(plan, outlet, event_at(outlet, EventClass.FROZEN, 0.5, hours=8))
    blocks = [block for index in range(40) for block in signal.hour(index) if 30 <= index < 38 and block.mark == "N"]
    values = {(b.readings["a21002"].low, b.readings["a21002"].mean, b.readings["a21002"].high) for b in blocks}
    assert len(values) == 1
    assert len(set(next(iter(values)))) == 1
    assert len({block.readings[FLOW].mean for block in blocks}) == len(blocks)
    assert len({block.readings["a21026"].mean for block in blocks}) == len(blocks)


def test_dilution_raises_oxygen_and_flow_and_leaves_the_judged_value(plan: CityPlan) -> None:
    outlet = outlet_of(plan, "coal_unit")
    plain = hours(signal_of(plan, outlet), 36)[30:34]
    thin = hours(signal_of(plan, outlet, event_at(outlet, EventClass.DILUTION, 1.8)), 36)[30:34]
    for before, after in zip(plain, thin, strict=True):
        assert after.readings[OXYGEN].mean - before.readings[OXYGEN].mean > 4
        assert after.readings[FLOW].mean == pytest.approx(1.8 * before.readings[FLOW].mean)
        assert after.readings["a21002"].converted == pytest.approx(before.readings["a21002"].converted)
        assert after.readings["a21002"].mean < 0.65 * before.readings["a21002"].mean


def test_calibration_happens_every_night_and_is_marked(plan: CityPlan) -> None:
    signal = signal_of(plan, outlet_of(plan, "coal_unit", 2))
    marked = [block.start for index in range(24 * 6) for block in signal.hour(index) if block.mark == "C"]
    assert {moment.date() for moment in marked} == {(EPOCH + day * 24 * HOUR).date() for day in range(6)}
    assert all(moment.hour < 5 for moment in marked)


def test_faults_are_marked_with_zeros_and_do_not_last(plan: CityPlan) -> None:
    found = 0
    for number in range(6):
        signal = signal_of(plan, outlet_of(plan, "gas_boiler", number + 40))
        for index in range(500):
            for block in signal.hour(index):
                if block.mark == "D":
                    found += 1
                    assert {reading.mean for reading in block.readings.values()} == {0.0}
    assert 0 < found < 6 * 500 * 6 * 0.03


def test_a_plant_in_shifts_marks_its_nights_as_stopped(plan: CityPlan) -> None:
    outlet = next(o for e in plan.enterprises if e.industry.code == "food" for o in e.outlets)
    signal = signal_of(plan, outlet)
    marks = [merge(signal.hour(index)).mark for index in range(24)]
    assert marks[2] == marks[3] == "F"
    assert marks[10] in ("N", "D", "M")


def block(mark: str, value: float, minutes: int = 10) -> Block:
    return Block(EPOCH, minutes * 60, {"x": Reading(value, value - 1, value + 1)}, mark)


def test_a_period_is_normal_from_three_quarters_of_normal_values_on() -> None:
    five = merge([block("N", 10.0)] * 5 + [block("C", 100.0)])
    assert (five.mark, five.readings["x"].mean, five.seconds) == ("N", 10.0, 3600)
    four = merge([block("N", 10.0)] * 4 + [block("C", 100.0)] * 2)
    assert (four.mark, four.readings["x"].mean) == ("C", 40.0)


def test_the_most_frequent_mark_names_an_abnormal_period() -> None:
    assert merge([block("D", 0.0)] * 3 + [block("C", 0.0), block("N", 1.0), block("N", 1.0)]).mark == "D"


def test_a_merged_period_keeps_the_extremes() -> None:
    whole = merge([block("N", 5.0), block("N", 9.0)])
    assert (whole.readings["x"].low, whole.readings["x"].high, whole.readings["x"].converted) == (4.0, 10.0, None)


def meter_signals(plan: CityPlan, industry: str, *events: PlantedEvent) -> dict[str, MeterSignal]:
    enterprise = next(one for one in plan.enterprises if one.industry.code == industry)
    book, load = EventBook(plan, EPOCH, events, planting=False), PlantLoad(plan.seed, enterprise)
    return {meter.tag: MeterSignal(plan.seed, meter, load, book) for meter in enterprise.meters}


def running(plan: CityPlan, industry: str, *events: PlantedEvent) -> list[tuple[bool, bool]]:
    enterprise = next(one for one in plan.enterprises if one.industry.code == industry)
    limits = {meter.tag: meter.threshold_kw for meter in enterprise.meters}
    signals = meter_signals(plan, industry, *events)
    found = []
    for index in range(7 * 24):
        pair = {tag: signal.hour(index, POWER_CODE) for tag, signal in signals.items()}
        for one, other in zip(pair["production"], pair["treatment"], strict=True):
            found.append(
                (
                    one.readings[POWER_CODE].mean > limits["production"],
                    other.readings[POWER_CODE].mean > limits["treatment"],
                )
            )
    return found


@pytest.mark.parametrize("industry", ["coating", "steel"])
def test_without_an_event_treatment_runs_whenever_production_does(plan: CityPlan, industry: str) -> None:
    states = running(plan, industry)
    assert (True, False) not in states
    assert (True, True) in states
    if industry == "coating":
        assert (False, False) in states  # both rest at night: no event
        assert (False, True) in states  # treatment runs on after production


def test_treatment_off_shows_as_production_without_treatment(plan: CityPlan) -> None:
    enterprise = next(one for one in plan.enterprises if one.industry.code == "steel")
    meter = next(one for one in enterprise.meters if one.tag == "treatment")
    start = EPOCH + 10 * HOUR
    event = PlantedEvent(
        EventClass.TREATMENT_OFF,
        meter.code,
        enterprise.code,
        meter.device.mn,
        "",
        start,
        start + timedelta(hours=2),
        0.0,
    )
    states = running(plan, "steel", event)
    assert [i for i, state in enumerate(states) if state == (True, False)] == list(range(120, 144))
