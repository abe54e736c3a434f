"""Real station hours on their way: shifted by weeks, half an hour late, gaps kept, nothing twice."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from qingtian.demo.events import HOUR
from qingtian.demo.lockstep import deliver
from qingtian.demo.scenario import Replay, Scenario
from qingtian.demo.sources import station_hours
from qingtian.demo.stations import DELAY, StationFeed
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import AppendResult, Cycle, Observation

REPLAY = Replay()


@pytest.fixture(scope="module")
def window() -> list[tuple[str, datetime]]:
    feed = StationFeed(REPLAY, REPLAY.first, REPLAY.end)
    return [(hour.station, hour.stamp) for hour in feed.until(REPLAY.end)]


def test_the_haze_window_is_almost_complete(window: list[tuple[str, datetime]]) -> None:
    counted = Counter(station for station, _ in window)
    assert len(counted) == 10
    assert all(200 <= count <= 9 * 24 for count in counted.values())


def test_gaps_of_the_source_are_gaps_of_the_city(window: list[tuple[str, datetime]]) -> None:
    have = set(window)
    first, last = REPLAY.to_original(REPLAY.first) - DELAY, REPLAY.to_original(REPLAY.end) - DELAY
    published = {
        (row["station"], REPLAY.to_city(at))
        for row in station_hours()
        if first <= (at := datetime.fromisoformat(row["time"]).replace(tzinfo=SHANGHAI)) < last
        and any(row[name] for name in ("aqi", "pm25", "pm10", "so2", "no2", "o3", "co"))
    }
    assert have == published
    possible = 10 * 9 * 24
    assert len(have) < possible


def test_an_hour_arrives_half_an_hour_after_its_end_and_only_once() -> None:
    feed = StationFeed(REPLAY, REPLAY.first + 3 * HOUR, REPLAY.end)
    arrival = feed.next_arrival
    assert arrival is not None and arrival.minute == 30
    assert feed.until(arrival - timedelta(seconds=1)) == []
    hours = feed.until(arrival)
    assert {hour.stamp for hour in hours} == {arrival - DELAY}
    assert feed.until(arrival) == []


def test_a_feed_that_begins_later_gives_the_same_rest() -> None:
    whole = StationFeed(REPLAY, REPLAY.first, REPLAY.end)
    cut = REPLAY.first + 50 * HOUR
    whole.until(cut)
    rest = StationFeed(REPLAY, cut + timedelta(microseconds=1), REPLAY.end)
    assert rest.until(REPLAY.end) == whole.until(REPLAY.end)
    assert whole.next_arrival is None


def test_the_ozone_window_holds_its_maximum() -> None:
    replay = Replay(Scenario.OZONE)
    feed = StationFeed(replay, replay.first, replay.end)
    assert max(int(hour.values["o3"]) for hour in feed.until(replay.end) if hour.values["o3"]) == 334


class Taking:
    """A store that remembers what it was given."""

    def __init__(self) -> None:
        self.rows: list[Observation] = []

    def append(self, batch: list[Observation], **_: Any) -> AppendResult:
        self.rows.extend(batch)
        return AppendResult(new=len(batch))


def test_delivery_goes_through_the_importer_and_keeps_the_published_values() -> None:
    feed = StationFeed(REPLAY, REPLAY.first + 10 * HOUR, REPLAY.first + 11 * HOUR)
    hours = feed.until(REPLAY.end)
    store = Taking()
    assert deliver(store, hours) == len(store.rows) > 50  # type: ignore[arg-type]
    first = hours[0]
    row = next(one for one in store.rows if (one.site, one.pollutant) == (first.station, "a34004"))
    assert row.value == Decimal(first.values["pm25"])
    assert row.period_start == first.stamp - HOUR
    assert row.received_at == first.arrives_at
    assert (row.cycle, row.simulated) == (Cycle.HOUR, False)


def test_nothing_to_deliver_asks_the_store_for_nothing() -> None:
    assert deliver(None, []) == 0  # type: ignore[arg-type]
