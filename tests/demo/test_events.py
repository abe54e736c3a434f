"""Planted events: several of each in any three days, never two at one place, the same for the same seed."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from datetime import datetime, timedelta

import pytest

from qingtian.demo.city import City
from qingtian.demo.events import (
    BUCKET_HOURS,
    EXPECTED_KIND,
    HOUR,
    HOURS,
    EventBook,
    EventClass,
    PlantedEvent,
    candidates,
    truth_lines,
)
from qingtian.demo.plan import CityPlan
from qingtian.demo.shapes import LoadShape

EPOCH = City().epoch


@pytest.fixture(scope="module")
def fortnight(plan: CityPlan) -> list[PlantedEvent]:
    return EventBook(plan, EPOCH).between(EPOCH, EPOCH + 14 * 24 * HOUR)


def test_every_three_days_hold_several_events_of_each_class(fortnight: list[PlantedEvent]) -> None:
    for offset in range(0, 11 * 24, 7):
        begin = EPOCH + offset * HOUR
        end = begin + BUCKET_HOURS * HOUR
        counted = Counter(event.kind for event in fortnight if event.start < end and event.end > begin)
        assert all(counted[kind] >= 2 for kind in EventClass), (offset, counted)


def test_events_of_one_place_never_meet(fortnight: list[PlantedEvent]) -> None:
    by_site: dict[str, list[PlantedEvent]] = {}
    for event in fortnight:
        by_site.setdefault(event.site, []).append(event)
    for events in by_site.values():
        for before, after in itertools.pairwise(events):
            assert before.end <= after.start


def test_meters_and_outlets_of_one_enterprise_are_not_used_in_the_same_bucket(fortnight: list[PlantedEvent]) -> None:
    def bucket(event: PlantedEvent) -> int:
        return int((event.start - EPOCH) / (BUCKET_HOURS * HOUR))

    meters = {(bucket(one), one.enterprise) for one in fortnight if one.kind is EventClass.TREATMENT_OFF}
    outlets = {(bucket(one), one.enterprise) for one in fortnight if one.kind is not EventClass.TREATMENT_OFF}
    assert meters and not meters & outlets


def test_durations_and_levels_are_in_their_ranges(fortnight: list[PlantedEvent]) -> None:
    for event in fortnight:
        shortest, longest = HOURS[event.kind]
        hours = (event.end - event.start) / HOUR
        low = shortest - 0.5 if event.kind is EventClass.TREATMENT_OFF else shortest
        assert low <= hours <= longest, event
        if event.kind is EventClass.EXCEEDANCE:
            assert 1.2 <= event.level <= 1.9
        if event.kind is EventClass.CLOCK_ERROR:
            assert 8 <= abs(event.level) <= 45


def test_exceedances_are_planted_only_where_an_hourly_limit_judges(
    plan: CityPlan, fortnight: list[PlantedEvent]
) -> None:
    outlets = {outlet.code: outlet for outlet in plan.outlets}
    for event in fortnight:
        if event.kind is EventClass.EXCEEDANCE:
            assert outlets[event.site].limits[event.parameter].cycle == "hour"
        if event.kind is EventClass.DILUTION:
            assert outlets[event.site].use.oxygen > 0


def test_treatment_is_off_only_while_the_plant_produces(plan: CityPlan, fortnight: list[PlantedEvent]) -> None:
    enterprises = {one.code: one for one in plan.enterprises}
    off = [event for event in fortnight if event.kind is EventClass.TREATMENT_OFF]
    assert len(off) >= 15
    for event in off:
        enterprise = enterprises[event.enterprise]
        shape = LoadShape(enterprise.industry.load, works_sunday=enterprise.works_sunday)
        quarters = int((event.end - event.start).total_seconds() // 900)
        assert min(shape.at(event.start + index * timedelta(minutes=15)) for index in range(quarters)) >= 0.3
        assert event.site == f"M-{event.enterprise[2:]}-T"


def test_the_same_seed_plants_the_same_and_another_does_not(plan: CityPlan) -> None:
    def lines(seed: int) -> str:
        events = EventBook(CityPlan(seed, plan.enterprises), EPOCH).between(EPOCH, EPOCH + 72 * HOUR)
        return truth_lines(events)

    assert lines(212) == lines(212)
    assert lines(212) != lines(213)


def test_what_was_asked_first_does_not_change_what_is_planted(plan: CityPlan) -> None:
    late_first = EventBook(plan, EPOCH)
    late_first.between(EPOCH + 200 * HOUR, EPOCH + 300 * HOUR)
    fresh = EventBook(plan, EPOCH)
    span = (EPOCH, EPOCH + 300 * HOUR)
    assert late_first.between(*span) == fresh.between(*span)


def test_nothing_else_is_planted_where_the_tour_plays(plan: CityPlan) -> None:
    book = City().book(plan)
    scripted = {event.enterprise for event in book.scripted}
    events = book.between(EPOCH, EPOCH + 20 * 24 * HOUR)
    assert {event.script for event in events if event.script} == {"first", "hero", "relapse"}
    assert all(event.script for event in events if event.enterprise in scripted)


def test_without_planting_only_the_script_remains(plan: CityPlan) -> None:
    book = EventBook(plan, EPOCH, City().book(plan).scripted, planting=False)
    assert {event.script for event in book.between(EPOCH, EPOCH + 400 * HOUR)} == {"first", "hero", "relapse"}


def test_events_of_a_site_are_those_that_overlap(fortnight: list[PlantedEvent], plan: CityPlan) -> None:
    book = EventBook(plan, EPOCH)
    event = fortnight[5]
    assert book.at_site(event.site, event.start, event.start + HOUR) == [event]
    assert event not in book.at_site(event.site, event.end, event.end + HOUR)
    assert book.at_site("O-000-00", event.start, event.end) == []


def test_the_truth_file_names_everything_that_a_comparison_needs(fortnight: list[PlantedEvent]) -> None:
    lines = [json.loads(line) for line in truth_lines(fortnight).splitlines()]
    assert len(lines) == len(fortnight)
    assert [line["start"] for line in lines] == sorted(line["start"] for line in lines)
    for line in lines:
        assert line["expected_kind"] == EXPECTED_KIND[EventClass(line["class"])]
        assert line["simulated"] is True
        assert datetime.fromisoformat(line["start"]).utcoffset() == timedelta(hours=8)
        assert set(line) >= {"id", "class", "site", "parameter", "start", "end", "expected_kind", "enterprise", "mn"}


@pytest.mark.parametrize("kind", list(EventClass))
def test_every_class_has_places_or_meters(plan: CityPlan, kind: EventClass) -> None:
    assert len(candidates(plan, kind)) > 20


def test_an_event_covers_its_start_and_not_its_end(fortnight: list[PlantedEvent]) -> None:
    event = fortnight[0]
    assert event.covers(event.start) and not event.covers(event.end)
