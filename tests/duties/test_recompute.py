"""Stored periods judged again: by changed permits, as known on a date, by the rules of a date, with another row."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from tests.duties.scene import (
    CLEAN_AIR,
    DAY,
    HOUR,
    MINUTE,
    NOX,
    SPECIAL_NOX,
    T0,
    air,
    findings,
    hour,
    hours,
    limit,
    outlet,
    station,
)

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.journal.models import Event
from qingtian.apps.judgements.actions.ask_recomputation import (
    Asked,
    ask_recomputation,
    cancel_recomputation,
    resume_recomputation,
)
from qingtian.apps.judgements.models import Judgement, Recomputation, RecomputedAnswer
from qingtian.apps.judgements.recomputation import Carrier
from qingtian.apps.judgements.recomputed import answers, told
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.revisions import add_revision
from qingtian.domain.errors import Conflict, InvalidInput, NotVisible
from qingtian.duties.recompute import carry_out
from qingtian.packs import load_packs

FIRST = T0.date()
LATER = T0 + 3 * DAY


def asked(**more: object) -> Asked:
    return Asked(FIRST, FIRST, **more)  # type: ignore[arg-type]


def recompute(store, question: Asked, at: datetime = LATER) -> Recomputation:
    return carry_out(ask_recomputation(SYSTEM_ACTOR, at, question), store, at)


def new_limit(site: RegistryObject, value: str, **more: object) -> None:
    site.attributes = {**site.attributes, "permit_limits": [limit(value=value) | more]}
    site.save()
    add_revision(site, LATER - HOUR)


def judged(**more: object) -> list[Judgement]:
    return list(Judgement.objects.current().filter(**more).order_by("period_start", "item"))


def test_a_changed_permit_judges_old_hours_by_it_and_keeps_the_former_answers(run, store):
    stack = outlet()
    store.append(hours(stack, T0, [60, 90, 70]))
    run("judge_emission_hours", T0 + 4 * HOUR)
    assert findings() == []
    new_limit(stack, "80")
    done = recompute(store, asked())
    assert (done.mode, done.state, done.days_done) == ("adopt", "done", 1)
    assert done.counts["judged"] == 3 + 0
    assert (done.counts["within>exceeds"], done.counts["figure"], done.counts["raised"]) == (1, 2, 1)
    assert [(row.verdict, row.limit, row.version) for row in judged()] == [
        ("within", 80, 2),
        ("exceeds", 80, 2),
        ("within", 80, 2),
    ]
    assert Judgement.objects.filter(version=1, limit=100).count() == 3
    [finding] = findings()
    assert finding.first_seen == T0 + HOUR


def test_the_same_again_changes_nothing(run, store):
    stack = outlet()
    store.append(hours(stack, T0, [60, 90]))
    run("judge_emission_hours", T0 + 4 * HOUR)
    new_limit(stack, "80")
    recompute(store, asked())
    count = Judgement.objects.count()
    again = recompute(store, asked(), LATER + HOUR)
    assert (again.counts["same"], again.counts["judged"]) == (2, 2)
    assert Judgement.objects.count() == count
    assert again.answers.count() == 0


def test_a_loosened_permit_withdraws_what_it_no_longer_supports_and_names_findings_and_cases(run, store):
    stack = outlet()
    store.append(hours(stack, T0, [130, 140, 60]))
    run("judge_emission_hours", T0 + 4 * HOUR)
    new_limit(stack, "150")
    done = recompute(store, asked())
    assert done.counts["exceeds>within"] == 2
    assert done.counts["withdrawn"] == 1
    [touched] = told(done)["findings"]
    assert (touched["periods"], touched["no_longer_over"], touched["parameter"]) == (2, 2, NOX)
    [finding] = findings()
    assert finding.status == "dismissed"


def test_a_dry_run_tells_the_same_and_changes_nothing(run, store):
    stack = outlet()
    store.append(hours(stack, T0, [130, 140, 60]))
    run("judge_emission_hours", T0 + 4 * HOUR)
    new_limit(stack, "150")
    before = (Judgement.objects.count(), findings()[0].status)
    done = recompute(store, asked(dry_run=True))
    assert (done.mode, done.counts["exceeds>within"]) == ("dry_run", 2)
    assert [touched["no_longer_over"] for touched in told(done)["findings"]] == [2]
    assert (Judgement.objects.count(), findings()[0].status) == before
    changed = list(answers(done, turned=True))
    assert [(row.was, row.verdict, row.limit_was, row.limit) for row in changed] == [
        ("exceeds", "within", 100, 150)
    ] * 2


def test_as_known_on_a_date_only_what_had_arrived_and_been_registered_counts(run, store):
    stack = outlet()
    add_revision(stack, T0 - DAY)
    store.append(hours(stack, T0, [130]))
    run("judge_emission_hours", T0 + 2 * HOUR)
    store.append([hour(stack, T0, 70, received_at=T0 + DAY, frame_hash="corrected")])
    run("judge_emission_hours", T0 + DAY + HOUR)
    new_limit(stack, "60")
    assert [row.verdict for row in judged()] == ["within"]
    done = recompute(store, asked(as_known=T0 + 12 * HOUR))
    assert done.mode == "beside"
    [answer] = done.answers.all()
    # What was known at noon: the value before its correction and the permit before its change.
    assert (answer.was, answer.verdict, answer.value, answer.limit) == ("within", "exceeds", 130, 100)
    assert [(row.verdict, row.version) for row in judged()] == [("within", 2)]


def test_the_same_fixed_question_is_answered_once(run, store):
    stack = outlet()
    add_revision(stack, T0 - DAY)
    store.append(hours(stack, T0, [130]))
    first = recompute(store, asked(as_known=T0 + 12 * HOUR))
    again = ask_recomputation(SYSTEM_ACTOR, LATER + DAY, asked(as_known=T0 + 12 * HOUR))
    assert again.pk == first.pk
    assert Recomputation.objects.count() == 1


def test_an_object_that_was_not_registered_yet_is_not_judged(run, store):
    stack = outlet()
    add_revision(stack, T0 + DAY)
    store.append(hours(stack, T0, [130]))
    assert recompute(store, asked(as_known=T0 + 12 * HOUR)).counts["judged"] == 0


def test_by_the_rules_of_a_date_air_is_judged_by_another_edition_beside_the_current_one(run, store):
    site = station()
    values = CLEAN_AIR | {"pm25": 74, "pm10": 120}
    for number in range(24):
        store.append(air(site, T0 + number * HOUR, **values))
    run("judge_air_hours", T0 + DAY + 2 * HOUR)
    assert {row.standard for row in judged(question="air_index")} == {"HJ 633-2012"}
    done = recompute(store, asked(rules_on=date(2026, 5, 1)))
    hourly = done.answers.filter(question="air_index")
    assert {row.standard for row in hourly} == {"HJ 633-2026"}
    assert [row.index for row in hourly] == [113] * 24
    assert {(row.was, row.verdict) for row in hourly} == {("within", "exceeds")}
    assert {row.standard for row in judged(question="air_index")} == {"HJ 633-2012"}
    assert findings() == []
    # The day of the station was not judged before: such an answer is told as a first one.
    assert done.counts["first"] == done.answers.filter(was="").count() > 0


def test_what_would_change_if_a_row_were_another(run, store):
    stack = outlet(limits=[limit(value="500", rule_row=SPECIAL_NOX)])
    store.append(hours(stack, T0, [60, 90, 120]))
    run("judge_emission_hours", T0 + 4 * HOUR)
    assert [row.verdict for row in judged()] == ["within", "within", "exceeds"]
    done = recompute(store, asked(row_id=SPECIAL_NOX, cells={"limit": "80"}))
    assert (done.mode, done.counts["within>exceeds"]) == ("try_row", 1)
    assert [row.limit for row in done.answers.all()] == [80, 80, 80]
    assert [row.verdict for row in judged()] == ["within", "within", "exceeds"]
    assert load_packs().emission_limit(SPECIAL_NOX).limit == 100
    raised = recompute(store, asked(row_id=SPECIAL_NOX, cells={"limit": "200"}))
    assert raised.counts["exceeds>within"] == 1
    assert [touched["no_longer_over"] for touched in told(raised)["findings"]] == [1]
    assert findings()[0].status == "new"


def test_a_detection_rule_may_be_tried_too(run, store):
    site = station()
    store.append(air(site, T0, **CLEAN_AIR | {"pm25": 60}))
    run("judge_air_hours", T0 + 3 * HOUR)
    done = recompute(store, asked(row_id="det-air-pollution-1", cells={"parameters.above_index": "80"}))
    assert done.answers.filter(question="air_index", was="within", verdict="exceeds").count() == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"row_id": "no.such.row", "cells": {"limit": "1"}}, "row_id"),
        ({"row_id": SPECIAL_NOX, "cells": {"limit": "many"}}, "cells.limit"),
        ({"row_id": SPECIAL_NOX, "cells": {"limt": "80"}}, "cells.limt"),
        ({"row_id": SPECIAL_NOX, "cells": {"limit": "-1"}}, "cells.limit"),
        ({"row_id": SPECIAL_NOX}, "cells"),
        ({"cells": {"limit": "80"}}, "cells"),
        ({"as_known": LATER + DAY}, "as_known"),
        ({"as_known": datetime(2025, 11, 25)}, "as_known"),  # noqa: DTZ001 - a time without its offset
    ],
)
def test_a_question_that_cannot_be_answered_names_its_field(db, more, field):
    with pytest.raises(InvalidInput) as caught:
        ask_recomputation(SYSTEM_ACTOR, LATER, asked(**more))
    assert caught.value.field == field
    assert caught.value.remedy
    assert Recomputation.objects.count() == 0


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (FIRST, FIRST - DAY, "last_day"),
        (FIRST, FIRST + 2000 * DAY, "last_day"),
        ((LATER + 2 * DAY).date(), (LATER + 3 * DAY).date(), "first_day"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(db, first, last, field):
    with pytest.raises(InvalidInput) as caught:
        ask_recomputation(SYSTEM_ACTOR, LATER, Asked(first, last))
    assert caught.value.field == field


def test_a_run_that_is_cancelled_stops_after_its_day_and_goes_on_where_it_was(run, store):
    stack = outlet()
    for number in range(4):
        store.append(hours(stack, T0 + number * DAY, [130]))
    at = T0 + 5 * DAY
    one = ask_recomputation(SYSTEM_ACTOR, at, Asked(FIRST, FIRST + 3 * DAY))

    def stop(now: Recomputation) -> None:
        if now.days_done == 2:
            cancel_recomputation(SYSTEM_ACTOR, at, now.number)

    stopped = carry_out(one, store, at, progress=stop)
    assert (stopped.state, stopped.days_done, stopped.counts["judged"]) == ("cancelled", 2, 2)
    assert Judgement.objects.filter(question="emission_limit").count() == 2
    with pytest.raises(Conflict):
        cancel_recomputation(SYSTEM_ACTOR, at, one.number)
    done = carry_out(resume_recomputation(SYSTEM_ACTOR, at, one.number), store, at)
    assert (done.state, done.days_done, done.counts["judged"]) == ("done", 4, 4)
    with pytest.raises(Conflict):
        resume_recomputation(SYSTEM_ACTOR, at, one.number)


def test_the_duty_goes_on_with_what_was_asked_for(run, store):
    stack = outlet()
    store.append(hours(stack, T0, [130]))
    one = ask_recomputation(SYSTEM_ACTOR, LATER, asked())
    report = run("recompute", LATER)
    one.refresh_from_db()
    assert one.state == "done"
    assert report.notes == [f"{one.number}: 1 of 1 days, done"]
    assert run("recompute", LATER + MINUTE).notes == []


def test_one_question_is_open_once(db):
    one = ask_recomputation(SYSTEM_ACTOR, LATER, asked())
    assert ask_recomputation(SYSTEM_ACTOR, LATER, asked()).pk == one.pk
    assert ask_recomputation(SYSTEM_ACTOR, LATER, asked(dry_run=True)).pk != one.pk


def test_packs_that_changed_since_end_the_run_with_the_reason(run, store, monkeypatch):
    one = ask_recomputation(SYSTEM_ACTOR, LATER, asked())
    monkeypatch.setitem(vars(load_packs()), "fingerprint", "another")
    done = carry_out(one, store, LATER)
    assert (done.state, "packs changed" in done.error) == ("failed", True)
    assert Event.objects.filter(type="recomputation.failed").count() == 1
    with pytest.raises(Conflict, match="packs changed"):
        resume_recomputation(SYSTEM_ACTOR, LATER, one.number)


def test_asking_and_ending_are_events(run, store):
    done = recompute(store, asked())
    types = list(
        Event.objects.filter(object_type="recomputation", object_id=str(done.pk)).values_list("type", flat=True)
    )
    assert sorted(types) == ["recomputation.asked", "recomputation.done"]


def test_an_unknown_number_is_told(db):
    with pytest.raises(NotVisible):
        cancel_recomputation(SYSTEM_ACTOR, LATER, "R-2025-999999")


def test_hours_that_are_not_over_yet_and_the_open_day_are_left_alone(run, store):
    stack = outlet()
    store.append(hours(stack, T0, [130] * 6))
    done = recompute(store, asked(), T0 + 3 * HOUR)
    assert done.counts["judged"] == 3


def test_a_day_done_twice_counts_once(run, store):
    # A process that was killed after the transaction of a day: the day is not judged a second time.
    stack = outlet()
    store.append(hours(stack, T0, [130]))
    one = ask_recomputation(SYSTEM_ACTOR, LATER, asked())
    stale = Recomputation.objects.get(pk=one.pk)
    carry_out(one, store, LATER)
    assert carry_out(stale, store, LATER).counts["judged"] == 1
    assert RecomputedAnswer.objects.count() == 1


def test_late_corrections_are_kept_apart_by_version(run, store):
    stack = outlet()
    store.append(hours(stack, T0, [130]))
    run("judge_emission_hours", T0 + 2 * HOUR)
    store.append([replace(hour(stack, T0, 90, frame_hash="late"), received_at=T0 + 2 * DAY)])
    done = recompute(store, asked())
    assert done.counts["exceeds>within"] == 1
    assert [row.inputs["version"] for row in judged()] == [2]


def test_the_worker_leaves_alone_what_a_command_carries_out(run, store):
    stack = outlet()
    store.append(hours(stack, T0, [130]))
    one = ask_recomputation(SYSTEM_ACTOR, LATER, asked(), carrier=Carrier.COMMAND)
    assert run("recompute", LATER).notes == []
    with pytest.raises(Conflict, match="carried out by the command") as caught:
        ask_recomputation(SYSTEM_ACTOR, LATER, asked())
    assert one.number in (caught.value.remedy or "")
    cancel_recomputation(SYSTEM_ACTOR, LATER, one.number)
    resume_recomputation(SYSTEM_ACTOR, LATER, one.number)
    assert run("recompute", LATER + MINUTE).notes == [f"{one.number}: 1 of 1 days, done"]
