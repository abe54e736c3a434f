"""A storm: 5,000 findings in a minute reach one officer as a bundle, nothing is lost, silence brings in the next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.apps.city import NOW, account, actor, found, outlet, register
from tests.apps.notices.scene import reached
from tests.duties.memory_store import MemoryStore

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.models import Finding
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.record import record, writing
from qingtian.apps.journal.verify import verify_journal
from qingtian.apps.notices.actions.deliver import make_bundles
from qingtian.apps.notices.actions.read_notices import acknowledge
from qingtian.apps.notices.models import Delivery, Notice, Outgoing, Receipt
from qingtian.apps.notices.queries import waiting
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.actions.relate_objects import relate_objects
from qingtian.apps.registry.models import ObjectType, RegistryObject, RelationKind
from qingtian.apps.rosters.actions.keep_roster import RosterDraft, RotationDraft, add_rotation, set_up_roster
from qingtian.duties.duty import DutyContext
from qingtian.duties.escalate import escalate
from qingtian.duties.tell_findings import tell_findings

pytestmark = pytest.mark.django_db
STORM, MINUTE = 5000, timedelta(minutes=1)


def room() -> User:
    """One officer on duty round the clock, a dispatcher, a supervisor."""
    duty = reached("duty", Role.HANDLER)
    reached("dispatch", Role.DISPATCHER)
    account("boss", Role.SUPERVISOR)
    keeper, start = actor(Role.SUPERVISOR, name="keeper"), NOW - timedelta(days=2)
    set_up_roster(keeper, start, RosterDraft(code="room", name_zh="值班室", name_en="duty room"))
    from datetime import time

    shift = RotationDraft(
        name_zh="全天", name_en="day", starts=time(0), minutes=1440, members=("duty",), first=start.date()
    )
    add_rotation(keeper, start, "room", shift)
    return duty


def storm(count: int) -> None:
    """So many findings within a minute. The first is raised by its verb; the others are its rows with its event."""
    first = found(outlet(), severity=3)
    event = Event.objects.get(type="finding.raised")
    rows = []
    for n in range(2, count + 1):
        row = Finding.objects.get(pk=first.pk) if n == 2 else rows[-1]
        fields = {field.attname: getattr(row, field.attname) for field in Finding._meta.concrete_fields}
        fields |= {"id": None, "number": f"F-2025-{n:06d}", "about": f"part {n}"}
        fields["raised_at"] = NOW + timedelta(milliseconds=n * 11)
        rows.append(Finding(**fields))
    with writing():
        Finding.objects.bulk_create(rows, batch_size=1000)
        for row in rows:
            record(SYSTEM_ACTOR, row.raised_at, "finding.raised", row, {"number": row.number, "like": event.object_id})


def context(minutes: int, state: dict[str, object] | None = None) -> DutyContext:
    at = NOW + minutes * MINUTE
    return DutyContext(at, at - MINUTE, MemoryStore(), state or {})


def test_a_storm_reaches_one_officer_as_a_bundle_and_silence_brings_in_the_next() -> None:
    duty = room()
    storm(STORM)
    with CaptureQueriesContext(connection) as cost:
        report = tell_findings(context(1))
    assert report.notes == [f"{STORM} findings told"]
    assert len(cost) < 60, "the number of queries grows with the findings"

    # Nothing is lost: every finding has its line in the inbox, each once.
    numbers = set(Finding.objects.values_list("number", flat=True))
    assert len(numbers) == STORM
    lines = Receipt.objects.filter(user=duty)
    assert set(lines.values_list("notice__subject_number", flat=True)) == numbers
    assert lines.count() == Notice.objects.count() == STORM
    again = tell_findings(context(2, report.state))
    assert (again.notes, again.state) == ([], report.state)

    # One word goes out, with everything in it.
    made = make_bundles(NOW + 3 * MINUTE)
    assert [(row.user, row.channel, row.count) for row in made] == [(duty, "email", STORM)]
    assert f"{STORM} 条提醒" in made[0].subject
    assert f"另有 {STORM - 10} 条" in made[0].text
    assert len(made[0].text) < 2000
    assert not Outgoing.objects.filter(delivery=None).exists()
    assert waiting(actor_of(duty)).unanswered == STORM

    # Silence: to the minute, all of it, again as one word.
    assert escalate(context(10)).notes == []
    assert escalate(context(11)).notes == [f"0 settled, {STORM} escalated to {STORM} inbox lines, 0 at the end"]
    assert Receipt.objects.filter(user__username="dispatch", step=1).count() == STORM
    assert [(row.user.username, row.count) for row in make_bundles(NOW + 12 * MINUTE)] == [("dispatch", STORM)]  # type: ignore[union-attr]

    # One answer for all of it ends it; the supervisor is never woken.
    dispatcher = actor_of(User.objects.get(username="dispatch"))
    assert acknowledge(dispatcher, NOW + 20 * MINUTE) == STORM
    for minute in range(30, 120, 10):
        assert escalate(context(minute)).notes == []
    assert not Receipt.objects.filter(user__username="boss").exists()
    assert Delivery.objects.count() == 2
    assert waiting(actor_of(duty)).unanswered == 0
    assert verify_journal().intact


def test_a_finding_that_comes_back_is_told_again_after_its_notice_was_answered() -> None:
    duty, stack = room(), outlet()
    finding = found(stack, severity=2)
    first = tell_findings(context(1))
    assert acknowledge(actor_of(duty), NOW + MINUTE) == 1
    with writing():
        record(SYSTEM_ACTOR, NOW + 2 * MINUTE, "finding.reopened", finding, {})
    second = tell_findings(context(3, first.state))
    assert second.notes == ["1 findings told"]
    assert Notice.objects.count() == 2
    with writing():
        record(SYSTEM_ACTOR, NOW + 4 * MINUTE, "finding.reopened", finding, {})
    tell_findings(context(5, second.state))
    assert Notice.objects.count() == 2  # the second stands: counted there
    assert Notice.objects.latest("id").times == 2


def test_the_first_run_tells_of_the_last_hour_not_of_years() -> None:
    room()
    stack = outlet()
    found(stack, at=NOW - timedelta(hours=3))
    report = tell_findings(context(0))
    assert (report.notes, Notice.objects.count()) == ([], 0)
    assert report.state == {"seq": Event.objects.latest("seq").seq}
    found(stack, at=NOW, about="another")
    assert tell_findings(context(1, report.state)).notes == ["1 findings told"]


def test_the_keepers_of_the_grid_are_told_beside_who_is_on_duty() -> None:
    duty, stack = room(), outlet()
    RegistryObject.objects.filter(pk=stack.pk).update(lon=114.45, lat=30.65)
    ring = [[114.4, 30.6], [114.5, 30.6], [114.5, 30.7], [114.4, 30.7], [114.4, 30.6]]
    area = {"type": "Polygon", "coordinates": [ring]}
    keeper, grid = register(
        ObjectDraft(ObjectType.ORGANISATION, "STREET-1", "某街道", region_code="420107"),
        ObjectDraft(ObjectType.GRID, "G-1", "一号网格", region_code="420107", geometry=area),
    )
    relate_objects(SYSTEM_ACTOR, NOW - timedelta(days=9), keeper.pk, grid.pk, RelationKind.SERVES)
    account("street", Role.INSPECTOR, org="STREET-1")
    account("elsewhere", Role.INSPECTOR, org="STREET-2")
    found(stack, severity=3)
    tell_findings(context(1))
    told = dict(Receipt.objects.values_list("user__username", "reason"))
    assert told == {duty.username: "on_duty", "street": "role"}
