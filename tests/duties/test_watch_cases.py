"""From late data to a relapse: the duties around cases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.apps.cases.many_ways import complaint, go, of_org, town
from tests.apps.cases.walking import DISPATCHER, PLAN, opened, written_off
from tests.apps.city import NOW, SHANGHAI, account, outlet
from tests.duties.scene import HOUR, MINUTE, findings, hour

from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import timeline

pytestmark = pytest.mark.django_db


def test_a_relapse_in_the_data_opens_a_case_by_itself_once(run, store):
    account("approve", Role.APPROVER)
    stack = outlet()
    begin = NOW - 2 * HOUR
    store.append([hour(stack, begin, 150), hour(stack, begin + HOUR, 80)])
    run("judge_emission_hours", NOW + 10 * MINUTE)
    (first,) = findings("exceedance")
    watched = written_off(open_case(DISPATCHER, NOW + 10 * MINUTE, first.pk))
    assert watched.state == "watching"
    again = (
        (watched.written_off_at + timedelta(days=30)).astimezone(SHANGHAI).replace(minute=0, second=0, microsecond=0)
    )
    store.append([hour(stack, again, 140)])
    run("judge_emission_hours", again + HOUR + 10 * MINUTE)
    report = run("watch_rebounds", again + HOUR + 10 * MINUTE)
    relapse = Case.objects.exclude(pk=watched.pk).get()
    assert (relapse.rebound_of, relapse.severity) == (watched, watched.severity + 1)
    assert report.notes == [f"relapse {relapse.number} of {watched.number}"]
    watched.refresh_from_db()
    assert watched.state == "rebounded"
    assert run("watch_rebounds", again + 2 * HOUR).notes == []
    assert Case.objects.count() == 2


def test_a_watch_without_a_relapse_ends_in_a_stable_case(run, store):
    account("approve", Role.APPROVER)
    watched = written_off(opened(outlet()))
    assert run("watch_rebounds", watched.written_off_at + timedelta(days=365)).notes == []
    report = run("watch_rebounds", watched.written_off_at + timedelta(days=366))
    assert report.notes == [f"stable {watched.number}"]


def test_clocks_warn_and_breach_once_each_through_the_duty(run, store):
    case = move_case(DISPATCHER, NOW, opened(outlet()).pk, "planned", fields=PLAN)  # due on 31 December
    notes = [run("watch_overdue", NOW + timedelta(days=days)).notes for days in (19, 20, 30, 36, 38, 39)]
    assert notes == [
        ["1 warnings, 0 breaches"],
        [],
        ["1 warnings, 0 breaches"],
        ["1 warnings, 0 breaches"],
        ["0 warnings, 1 breaches"],
        [],
    ]
    (breach,) = [event for event in timeline(case) if event.type == "case.clock_breached"]
    assert breach.payload["escalate_to"] == "supervisor"


def test_silence_of_an_asked_organisation_is_told_by_the_duty_once(run, store):
    town()
    case = go(complaint(), (of_org("A", Role.WINDOW), "hand_over", {"transfer_to": "B"}))
    late = NOW + timedelta(days=8)
    assert run("watch_overdue", NOW + timedelta(days=7)).notes == []
    report = run("watch_overdue", late)
    assert report.notes[0] == f"{case.number} is taken_silently by the end of a period"
    case.refresh_from_db()
    assert (case.org, case.asked_org) == ("B", "")
    assert not [note for note in run("watch_overdue", late).notes if case.number in note]


def test_the_last_day_of_a_watch_is_left_to_the_relapses(run, store):
    account("approve", Role.APPROVER)
    watched = written_off(opened(outlet()))
    run("watch_overdue", watched.written_off_at + timedelta(days=366))
    watched.refresh_from_db()
    assert watched.state == "watching"  # only the duty that opens relapses first may settle it
