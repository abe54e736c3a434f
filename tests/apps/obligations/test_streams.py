"""The expected-reporting calendar: both rates of E-O2 beside each other, hour by hour from what was judged."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.apps.city import HOUR, NOW, SHANGHAI, judge, outlet
from tests.apps.obligations.scene import DAY

from qingtian.apps.findings.models import MaintenanceWindow
from qingtian.apps.findings.states import WindowState
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.obligations.streams import Stream, hours_due, streams, within
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.indicators.periods import Period

pytestmark = pytest.mark.django_db
SEPTEMBER = Period(date(2025, 9, 1), date(2025, 9, 30))
FIRST = datetime(2025, 9, 1, tzinfo=SHANGHAI)


def window(obj: RegistryObject, start: datetime, hours: int, kind: str = "shutdown", state: str = "approved") -> None:
    MaintenanceWindow.objects.create(
        number=f"W-{obj.pk}-{start:%d%H}",
        object=obj,
        kind=kind,
        starts_at=start,
        ends_at=start + hours * HOUR,
        reason="检修",
        state=WindowState(state),
        announced_at=start - DAY,
        announced_by="plant",
    )


def judged(obj: RegistryObject, hours: list[datetime], verdict: str = "within", item: str = "a21002") -> None:
    Judgement.objects.bulk_create(
        Judgement(
            object=obj,
            question="emission_limit",
            standard="GB 13223-2011",
            rule_row="test",
            item=item,
            cycle="hour",
            period_start=start,
            verdict=verdict,
            known_at=start + HOUR + timedelta(minutes=5),
            computed_at=start + 2 * HOUR,
            content_hash="0" * 64,
        )
        for start in hours
    )


def september(obj: RegistryObject) -> Stream:
    [found] = streams([obj], SEPTEMBER, NOW)
    return found


def test_e_o2_both_rates_of_a_month_with_an_approved_shutdown() -> None:
    stack = outlet()
    window(stack, FIRST + 100 * HOUR, 36)
    off = set(range(100, 136)) | set(range(300, 336))  # the shutdown, and 36 hours that were just lost
    judged(stack, [FIRST + n * HOUR for n in range(720) if n not in off])

    total = september(stack).total

    assert (total.due_h, total.shutdown_h, total.received_h) == (720, 36, 648)
    assert (str(total.running.percent), str(total.raw.percent)) == ("94.7", "90.0")


@pytest.mark.parametrize(
    ("kind", "state"), [("maintenance", "approved"), ("shutdown", "announced"), ("shutdown", "refused")]
)
def test_only_an_approved_shutdown_excuses(kind: str, state: str) -> None:
    stack = outlet()
    window(stack, FIRST, 48, kind, state)
    assert september(stack).total.shutdown_h == 0


def test_a_shutdown_of_the_enterprise_covers_its_outlet_and_cuts_no_hour() -> None:
    stack = outlet()
    assert stack.parent is not None
    window(stack.parent, FIRST + timedelta(minutes=30), 3)
    assert september(stack).total.shutdown_h == 2


def test_hours_received_in_a_shutdown_count_on_neither_side() -> None:
    stack = outlet()
    window(stack, FIRST, 24)
    judged(stack, [FIRST + n * HOUR for n in range(48)])
    total = september(stack).total
    assert (total.received_h, total.received_in_shutdown_h) == (48, 24)
    assert (total.running.part, total.running.whole) == (24, 696)


def test_only_valid_hours_count_and_each_once() -> None:
    stack = outlet()
    judged(stack, [FIRST, FIRST + HOUR])
    judged(stack, [FIRST + 2 * HOUR], "invalid")
    judge(stack, FIRST + 3 * HOUR, "insufficient")
    assert september(stack).total.received_h == 2


def test_a_silent_outlet_is_there_with_nothing() -> None:
    found = september(outlet())
    assert (found.item, found.total.received_h, found.total.due_h) == ("a21002", 0, 720)
    assert found.delays is None


def test_nothing_is_due_before_the_registration_and_after_now() -> None:
    stack = outlet()
    stack.recorded_at = FIRST + timedelta(hours=10, minutes=20)
    [found] = streams([stack], SEPTEMBER, FIRST + timedelta(hours=20, minutes=30))
    assert [one.hours.due_h for one in found.days[:2]] == [9, 0]


def test_delays_are_those_of_the_first_version() -> None:
    stack = outlet()
    judged(stack, [FIRST + n * HOUR for n in range(100)])
    assert september(stack).delays == (5.0, 5.0)


def test_the_number_of_queries_does_not_grow_with_the_sites() -> None:
    one, two = outlet(), outlet("E-2")
    for stack in (one, two):
        window(stack, FIRST, 24)
        judged(stack, [FIRST, FIRST + HOUR])
    counts = []
    for sites in ([one], [one, two]):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            streams(sites, SEPTEMBER, NOW)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 5


def test_hours_of_a_day() -> None:
    day = date(2025, 9, 1)
    assert len(hours_due(day, FIRST - DAY, NOW)) == 24
    assert hours_due(day, FIRST + DAY, NOW) == []
    assert within(FIRST, [(FIRST, FIRST + HOUR)]) and not within(FIRST, [(FIRST, FIRST + HOUR / 2)])
