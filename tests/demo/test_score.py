"""Matching findings with planted events, and what precision, recall and delay come of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.demo.events import EXPECTED_KIND, HOUR, EventClass, PlantedEvent
from qingtian.demo.score import SETTLING, TOLERANCE, FoundProblem, answers, compare
from qingtian.runtime.clock import SHANGHAI

START = datetime(2025, 11, 18, 10, tzinfo=SHANGHAI)
END = START + 48 * HOUR


def planted(
    kind: EventClass = EventClass.EXCEEDANCE, *, site: str = "O-001-01", hours: float = 4, **more: Any
) -> PlantedEvent:
    fields: dict[str, Any] = {
        "enterprise": "E-001",
        "mn": "MN",
        "parameter": "a21002" if kind in (EventClass.EXCEEDANCE, EventClass.FROZEN) else "",
        "start": START,
        "end": START + hours * HOUR,
        "level": 1.5,
    }
    return PlantedEvent(kind=kind, site=site, **fields | more)


def found(kind: str = "exceedance", *, site: str = "O-001-01", **more: Any) -> FoundProblem:
    fields: dict[str, Any] = {
        "number": "F-2025-000001",
        "enterprise": "E-001",
        "parameter": "a21002" if kind in ("exceedance", "frozen_value") else "",
        "first": START,
        "last": START + 3 * HOUR,
        "raised_at": START + timedelta(minutes=70),
    }
    return FoundProblem(kind=kind, site=site, **fields | more)


def test_same_place_kind_pollutant_and_time_answer_an_event() -> None:
    assert answers(found(), planted())


@pytest.mark.parametrize(
    "problem",
    [
        found(site="O-001-02"),
        found(parameter="a21026"),
        found(kind="late_stream"),
        found(first=START + 6 * HOUR, last=START + 7 * HOUR),
        found(first=START - 5 * HOUR, last=START - 2 * HOUR),
    ],
    ids=["other outlet", "other pollutant", "other kind", "too late", "too early"],
)
def test_anything_else_does_not(problem: FoundProblem) -> None:
    assert not answers(problem, planted())


def test_treatment_off_is_matched_by_enterprise() -> None:
    event = planted(EventClass.TREATMENT_OFF, site="M-001-T")
    assert answers(found("treatment_off", site="M-001-P"), event)
    assert not answers(found("treatment_off", site="M-001-T", enterprise="E-002"), event)


@pytest.mark.parametrize("kind", list(EventClass))
def test_tolerance_is_applied_at_both_ends(kind: EventClass) -> None:
    event, tolerance = planted(kind, parameter=""), TOLERANCE[kind]
    expected = EXPECTED_KIND[kind]
    second = timedelta(seconds=1)
    early, late = event.start - tolerance, event.end + tolerance
    assert answers(found(expected, parameter="", first=early - HOUR, last=early), event)
    assert not answers(found(expected, parameter="", first=early - HOUR, last=early - second), event)
    assert answers(found(expected, parameter="", first=late, last=late + HOUR), event)
    assert not answers(found(expected, parameter="", first=late + second, last=late + HOUR), event)


def test_a_run_that_finds_everything_is_perfect() -> None:
    events = [planted(kind, site=f"O-{number:03d}-01", parameter="") for number, kind in enumerate(EventClass)]
    problems = [found(EXPECTED_KIND[event.kind], site=event.site, parameter="") for event in events]
    score = compare(problems, events, END)
    assert (score.precision, score.recall, score.shortfalls()) == (1.0, 1.0, [])


def test_a_missed_event_and_a_wrong_finding_are_named() -> None:
    score = compare([found(site="O-009-01")], [planted()], END)
    one = score.classes[EventClass.EXCEEDANCE]
    assert (one.planted, one.found, one.findings, one.right) == (1, 0, 1, 0)
    assert one.missed == [planted().event_id]
    assert one.wrong[0].startswith("F-2025-000001 O-009-01")
    assert (one.recall, one.precision) == (0.0, 0.0)


def test_the_delay_is_that_of_the_first_finding() -> None:
    problems = [found(), found(number="F-2", raised_at=START + 5 * HOUR, first=START + HOUR)]
    one = compare(problems, [planted()], END).classes[EventClass.EXCEEDANCE]
    assert (one.found, one.right, one.delays_min) == (1, 2, [70.0])


def test_an_event_that_ends_too_near_the_end_is_neither_asked_for_nor_held_against_the_city() -> None:
    late = planted(start=END - 4 * HOUR, end=END - HOUR)
    problem = found(first=END - 3 * HOUR, last=END - 2 * HOUR)
    one = compare([problem], [late], END).classes[EventClass.EXCEEDANCE]
    assert (one.planted, one.findings, one.right, one.precision) == (0, 1, 1, 1.0)
    just = planted(end=END - SETTLING)
    assert compare([], [just], END).classes[EventClass.EXCEEDANCE].planted == 1


def test_findings_about_real_air_are_not_scored() -> None:
    score = compare([found("air_pollution", site="1325A", parameter="aqi")], [], END)
    assert score.precision is None and score.recall is None


def test_targets_that_are_missed_are_said() -> None:
    events = [planted(kind, parameter="") for kind in EventClass]
    lines = compare([found(parameter=""), found("dilution", site="X")], events, END).shortfalls()
    assert {line.split(" is ")[0] for line in lines} == {"recall of upload_gap", "recall of treatment_off", "precision"}


def test_a_class_without_events_misses_its_target() -> None:
    assert any("treatment_off is -" in line for line in compare([], [], END).shortfalls())


def test_table_and_json_tell_the_same() -> None:
    score = compare([found(), found(site="O-2")], [planted()], END)
    values = score.as_json()
    assert values["precision"] == 0.5
    assert values["classes"]["exceedance"]["delay_median_min"] == 70.0
    assert values["classes"]["upload_gap"]["recall"] is None
    table = score.table()
    assert "exceedance" in table and "0.50" in table and "70 (max 70)" in table
    assert len(table.splitlines()) == 2 + len(EventClass) + 1


EVENTS = st.lists(
    st.builds(
        planted,
        st.sampled_from(list(EventClass)),
        site=st.sampled_from(["O-1", "O-2", "O-3"]),
        hours=st.floats(1, 12),
    ),
    max_size=8,
)
PROBLEMS = st.lists(
    st.builds(
        found,
        st.sampled_from(sorted({*EXPECTED_KIND.values(), "air_pollution"})),
        site=st.sampled_from(["O-1", "O-2", "O-3", "O-4"]),
    ),
    max_size=8,
)


@given(problems=PROBLEMS, events=EVENTS)
def test_shares_are_shares_and_counts_add_up(problems: list[FoundProblem], events: list[PlantedEvent]) -> None:
    score = compare(problems, events, END)
    for one in score.classes.values():
        assert 0 <= one.found <= one.planted and 0 <= one.right <= one.findings
        assert len(one.missed) == one.planted - one.found
        assert len(one.wrong) == one.findings - one.right
        assert len(one.delays_min) == one.found
    assert sum(one.planted for one in score.classes.values()) == len(events)
    assert sum(one.findings for one in score.classes.values()) == sum(p.kind != "air_pollution" for p in problems)


@given(problems=PROBLEMS, events=EVENTS)
def test_one_more_right_finding_never_lowers_recall(problems: list[FoundProblem], events: list[PlantedEvent]) -> None:
    if not events:
        return
    extra = found(EXPECTED_KIND[events[0].kind], site=events[0].site, parameter=events[0].parameter)
    before, after = compare(problems, events, END), compare([*problems, extra], events, END)
    assert (after.recall or 0) >= (before.recall or 0)
