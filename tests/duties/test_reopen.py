"""Old rows that come late, and imports that are taken back, open what was judged by them."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from tests.duties.scene import (
    CLEAN_AIR,
    DAY,
    HOUR,
    MINUTE,
    T0,
    air,
    findings,
    hour,
    hours,
    outlet,
    register,
    station,
)

from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.states import Question, Verdict
from qingtian.duties import reopen as duty
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.store.port import Cycle, Origin

LATER = T0 + 40 * DAY  # far beyond the seven days that judging looks back by itself


def verdicts(question=Question.EMISSION_LIMIT):
    rows = Judgement.objects.current().filter(question=question).order_by("period_start")
    return [(row.period_start, row.verdict, row.version) for row in rows]


def imported(stack, start, values, segment="import:1"):
    return hours(stack, start, values, origin=Origin.import_, segment=segment)


def test_rows_that_come_weeks_late_are_rolled_up_and_judged(run, store):
    stack = outlet()
    run("reopen", LATER)
    store.append(hours(stack, T0, [140] + [80] * 23, received_at=LATER + MINUTE))
    run("judge_emission_hours", LATER + 10 * MINUTE)
    assert verdicts() == []
    report = run("reopen", LATER + 20 * MINUTE)
    assert report.notes == ["1 days judged again, 0 left"]
    assert [one[:2] for one in verdicts()[:2]] == [(T0, "exceeds"), (T0 + HOUR, "within")]
    assert [(one.object, one.first_seen) for one in findings()] == [(stack, T0)]
    assert [(row.value, row.have) for row in store.window(Cycle.DAY, T0, T0 + DAY)] == [(82.5, 24)]
    assert run("reopen", LATER + 25 * MINUTE).judged == 0


def test_rows_within_the_reach_of_judging_are_left_to_it(run, store):
    stack = outlet()
    run("reopen", LATER)
    store.append([hour(stack, LATER - 2 * DAY, 140, received_at=LATER + MINUTE)])
    assert run("reopen", LATER + 20 * MINUTE).notes == []


def test_a_withdrawn_import_takes_its_answers_and_findings_back(run, store):
    stack = outlet()
    store.append(imported(stack, T0, [140, 150] + [80] * 22))
    run("judge_emission_hours", T0 + DAY + 10 * MINUTE)
    run("roll_up_periods", T0 + DAY + 24 * MINUTE)
    (finding,) = findings()
    store.withdraw("import:1", LATER)
    report = run("reopen", LATER + 5 * MINUTE)
    assert {verdict for _, verdict, _ in verdicts()} == {Verdict.INSUFFICIENT}
    assert report.withdrawn == 1
    finding.refresh_from_db()
    assert finding.status == "dismissed"
    assert [(row.value, row.mark, row.have) for row in store.window(Cycle.DAY, T0, T0 + DAY)] == [(None, "D", 0)]
    before = Judgement.objects.known_on(LATER).filter(period_start=T0)
    assert [row.verdict for row in before] == ["exceeds"]
    said = Judgement.objects.current().filter(period_start=T0).get().inputs["reason"]
    assert (said["code"], bool(said["zh"]), bool(said["en"])) == ("withdrawn", True, True)


def test_what_stays_is_judged_by_the_rows_below(run, store):
    stack = outlet()
    store.append(imported(stack, T0, [80] * 24, "import:0"))
    store.append(imported(stack, T0, [140], "import:1"))
    run("judge_emission_hours", T0 + DAY + 10 * MINUTE)
    store.withdraw("import:1", LATER)
    run("reopen", LATER + 5 * MINUTE)
    assert verdicts()[0] == (T0, "within", 2)
    assert [one.status for one in findings()] == ["dismissed"]


def test_the_index_of_station_and_city_follows_a_withdrawal(run, store):
    place, city = station(), register("region", get_settings().city_code)
    for number in range(24):
        start = T0 + number * HOUR
        store.append([replace(row, segment="import:air") for row in air(place, start, **CLEAN_AIR)])
    run("judge_air_hours", T0 + DAY + 32 * MINUTE)
    run("judge_air_days", T0 + 2 * DAY + 38 * MINUTE)
    asked = Judgement.objects.current().filter(question=Question.AIR_DAY)
    assert {row.object for row in asked} == {place, city}
    segments = {row.segment for row in store.window(Cycle.HOUR, T0, T0 + DAY)}
    assert segments == {"import:air"}
    assert store.withdraw("import:air", LATER)
    run("reopen", LATER + 5 * MINUTE)
    asked = Judgement.objects.current().filter(question__in=[Question.AIR_DAY, Question.AIR_INDEX])
    assert {row.verdict for row in asked} == {Verdict.INSUFFICIENT}


def test_a_long_import_is_worked_off_in_slices(run, store, monkeypatch: pytest.MonkeyPatch):
    stack = outlet()
    run("reopen", LATER)
    store.append(hours(stack, T0, [80] * 24 * 5, received_at=LATER + MINUTE))
    monkeypatch.setattr(duty, "SLICE_S", 2.5)
    ticks = itertools.count()
    monkeypatch.setattr(duty.time, "monotonic", lambda: float(next(ticks)))
    notes = [run("reopen", LATER + number * 5 * MINUTE).notes for number in range(1, 5)]
    assert notes == [
        ["2 days judged again, 3 left"],
        ["2 days judged again, 1 left"],
        ["1 days judged again, 0 left"],
        [],
    ]
    assert len(verdicts()) == 120
