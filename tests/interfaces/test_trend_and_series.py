"""The city's trend and the series: what counts, what is left out, and which limit is drawn."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.interfaces import city
from tests.interfaces.standing import Standing

from qingtian.interfaces.api.filters import SeriesQuery
from qingtian.interfaces.api.present.series import LONGEST, span_of
from qingtian.interfaces.api.present.trend import _point
from qingtian.telemetry.store import Cycle

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def series(client: Client, **query: object) -> dict[str, Any]:
    answer = client.get(f"/api/v1/series?{urlencode({'site': 'O-1-01', 'pollutant': 'a21002'} | query)}")
    assert answer.status_code == 200, answer.content
    return answer.json()


@given(st.lists(st.integers(0, 500), max_size=24), st.integers(0, 24))
def test_a_point_of_the_trend_is_the_mean_of_what_is_there_when_enough_is(values: list[int], least: int) -> None:
    rows = {city.LAST_HOUR - back * HOUR: [Decimal(value)] for back, value in enumerate(values)}

    point = _point(rows, city.LAST_HOUR, 1, least)

    if not values or len(values) < least:
        assert point.value is None
    else:
        assert abs(Decimal(str(point.value)) - Decimal(sum(values)) / len(values)) <= Decimal("0.5")
    assert Decimal(point.coverage) == round(Decimal(len(values)) / 24, 2)


@given(st.lists(st.integers(0, 500), min_size=24, max_size=60))
def test_only_the_last_24_hours_count(values: list[int]) -> None:
    rows = {city.LAST_HOUR - back * HOUR: [Decimal(value)] for back, value in enumerate(values)}
    recent = dict(list(rows.items())[:24])

    assert _point(rows, city.LAST_HOUR, 1, 20) == _point(recent, city.LAST_HOUR, 1, 20)


def test_the_periods_of_a_series_begin_at_the_start_and_end_before_the_end(officer: Client) -> None:
    found = series(officer, start="2025-11-24T05:00:00+08:00", end="2025-11-24T08:00:00+08:00")

    assert [one["t"][11:16] for one in found["points"]] == ["05:00", "06:00", "07:00"]


@pytest.mark.parametrize("offset", ["+08:00", "+00:00", "-05:00"])
def test_the_offset_of_the_question_does_not_move_the_answer(officer: Client, offset: str) -> None:
    shift = {"+08:00": 0, "+00:00": -8, "-05:00": -13}[offset]
    start, end = (moment + timedelta(hours=shift) for moment in (city.LAST_HOUR - 3 * HOUR, city.LAST_HOUR))

    found = series(
        officer,
        start=start.replace(tzinfo=None).isoformat() + offset,
        end=end.replace(tzinfo=None).isoformat() + offset,
    )

    assert [one["t"] for one in found["points"]] == [
        "2025-11-24T06:00:00+08:00",
        "2025-11-24T07:00:00+08:00",
        "2025-11-24T08:00:00+08:00",
    ]


def test_the_points_are_in_order_and_each_period_is_there_once(officer: Client) -> None:
    times = [one["t"] for one in series(officer, start="2025-11-20T00:00:00+08:00")["points"]]

    assert times == sorted(set(times))
    assert len(times) == city.HOURS_KEPT


def test_a_marked_hour_is_shown_and_does_not_count(officer: Client) -> None:
    found = series(officer)

    marked = [one for one in found["points"] if not one["valid"]]
    assert [(one["mark"], one["value"]) for one in marked] == [("D", "10")]
    assert found["coverage"]["present"] - found["coverage"]["valid"] == len(marked)


def test_as_of_shows_what_was_known_then(officer: Client) -> None:
    # The hour of 09:00 arrived at 10:02.
    assert series(officer, as_of="2025-11-24T10:01:00+08:00")["points"][-1]["t"] == "2025-11-24T08:00:00+08:00"
    assert series(officer, as_of="2025-11-24T10:02:00+08:00")["points"][-1]["t"] == "2025-11-24T09:00:00+08:00"
    assert series(officer, as_of="1999-01-01T00:00:00+08:00")["points"] == []


@pytest.mark.parametrize("cycle", list(Cycle))
def test_each_cycle_has_a_longest_span_and_names_the_way_out(officer: Client, cycle: Cycle) -> None:
    end = city.NOW
    for days, status in ((LONGEST[cycle].days, 200), (LONGEST[cycle].days + 1, 422)):
        query = {
            "site": "O-1-01",
            "pollutant": "a21002",
            "cycle": cycle.value,
            "start": (end - timedelta(days=days)).isoformat(),
            "end": end.isoformat(),
        }
        answer = officer.get(f"/api/v1/series?{urlencode(query)}")
        assert answer.status_code == status
        if status == 422:
            assert answer.json()["error"]["field"] == "start"
            assert answer.json()["error"]["remedy"] == "ask for it in parts"


@given(st.integers(1, 24 * 400), st.booleans())
def test_a_span_that_is_left_out_is_the_day_before_the_end(hours: int, given_start: bool) -> None:
    start = city.NOW - hours * HOUR if given_start else None

    span = span_of(SeriesQuery(site="x", pollutant="y", start=start), city.NOW)

    assert span.end == city.NOW
    assert span.start == (start or city.NOW - timedelta(days=1))


def test_a_pollutant_that_is_not_measured_there_has_no_points_and_no_made_up_unit(officer: Client) -> None:
    found = series(officer, pollutant="w01018")

    assert found["points"] == []
    assert found["coverage"]["present"] == 0


def test_a_station_is_public_and_an_outlet_is_not(standing: Standing) -> None:
    citizen = standing.client("citizen")

    assert series(citizen, site=city.BAD_STATION, pollutant="a34004")["points"]
    hidden = citizen.get("/api/v1/series?site=O-1-01&pollutant=a21002")
    never = citizen.get("/api/v1/series?site=O-9-09&pollutant=a21002")
    assert hidden.status_code == never.status_code == 404
    assert hidden.json()["error"]["field"] == never.json()["error"]["field"] == "site"
