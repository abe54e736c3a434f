"""Both axes of an alarm are kept as intervals without gaps; the fields of the finding are the open ones."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from itertools import pairwise
from random import Random

import pytest
from django.db import connection
from tests.apps.city import HOUR, NOW, actor, found

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.actions.confirm_finding import confirm_finding
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.apps.findings.models import AlarmInterval, Finding
from qingtian.apps.findings.states import Axis, Status
from qingtian.apps.registry.models import RegistryObject

pytestmark = pytest.mark.django_db
INSPECTOR = actor(Role.INSPECTOR, name="inspect")
WINDOW = timedelta(hours=6)


def told(finding: Finding, axis: Axis) -> list[tuple[str, object, object]]:
    return [(one.state, one.starts_at, one.ends_at) for one in finding.intervals.filter(axis=axis).order_by("id")]


def test_a_finding_that_ends_comes_back_and_is_seen_twice_tells_all_of_it(stack: RegistryObject) -> None:
    finding = found(stack)
    confirm_finding(INSPECTOR, NOW, finding.pk)
    end_finding(SYSTEM_ACTOR, NOW + HOUR, finding.pk, ended_at=NOW)
    found(stack, at=NOW + 3 * HOUR, window=WINDOW)
    confirm_finding(INSPECTOR, NOW + 4 * HOUR, finding.pk)
    assert told(finding, Axis.ACTIVITY) == [
        ("ongoing", NOW - HOUR, NOW),
        ("ended", NOW, NOW + 2 * HOUR),
        ("ongoing", NOW + 2 * HOUR, None),
    ]
    assert told(finding, Axis.CONFIRMATION) == [
        ("unconfirmed", NOW, NOW),
        ("confirmed", NOW, NOW + 3 * HOUR),
        ("unconfirmed", NOW + 3 * HOUR, NOW + 4 * HOUR),
        ("confirmed", NOW + 4 * HOUR, None),
    ]
    assert finding.intervals.filter(axis=Axis.CONFIRMATION).last().by == "inspect"


def test_a_late_hit_stretches_the_first_interval_back(stack: RegistryObject) -> None:
    finding = found(stack)
    found(stack, at=NOW - 5 * HOUR)
    assert told(finding, Axis.ACTIVITY) == [("ongoing", NOW - 6 * HOUR, None)]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_there_is_no_gap_and_the_open_interval_is_the_state(stack: RegistryObject, seed: int) -> None:
    dice, at = Random(seed), NOW
    finding = found(stack)
    for _ in range(14):
        at += dice.randint(0, 4) * HOUR
        finding.refresh_from_db()
        act = dice.choice(["hit", "late_hit", "end", "confirm", "dismiss"])
        if act in ("hit", "late_hit"):
            found(stack, at=at - (dice.randint(1, 9) * HOUR if act == "late_hit" else timedelta(0)), window=WINDOW)
        elif act == "end":
            end_finding(SYSTEM_ACTOR, at, finding.pk, ended_at=max(finding.first_seen, at - HOUR))
        elif act == "confirm":
            confirm_finding(INSPECTOR, at, finding.pk)
        elif finding.status in (Status.NEW, Status.TRIAGED):
            dismiss_finding(INSPECTOR, at, finding.pk, reason="false_alarm")
    for one in Finding.objects.all():
        for axis, state in ((Axis.ACTIVITY, one.activity), (Axis.CONFIRMATION, one.confirmation)):
            rows = told(one, axis)
            assert [end for _, _, end in rows[:-1]] == [start for _, start, _ in rows[1:]]
            assert (rows[-1][0], rows[-1][2]) == (state, None)
            assert all(before[0] != after[0] for before, after in pairwise(rows))


def test_the_findings_of_an_earlier_release_get_the_history_that_their_columns_tell(stack: RegistryObject) -> None:
    plain, seen, over, both = (found(stack, about=str(number)) for number in range(4))
    for one in (seen, both):
        confirm_finding(INSPECTOR, NOW + HOUR, one.pk)
    for one in (over, both):
        end_finding(SYSTEM_ACTOR, NOW + 2 * HOUR, one.pk, ended_at=NOW)
    findings = (plain, seen, over, both)
    written = {(one.pk, axis): told(one, axis) for one in findings for axis in (Axis.ACTIVITY, Axis.CONFIRMATION)}
    AlarmInterval.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(import_module("qingtian.apps.findings.migrations.0006_intervals").HISTORY)
    rows = AlarmInterval.objects.order_by("starts_at", "id")
    filled: dict[tuple[int, str], list[tuple[str, object, object]]] = {}
    for row in rows:
        filled.setdefault((row.finding_id, row.axis), []).append((row.state, row.starts_at, row.ends_at))
    assert filled == written
