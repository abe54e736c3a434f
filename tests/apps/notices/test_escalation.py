"""Silence, with injected time: who is brought in when, what ends it, what is settled by itself."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from tests.apps.city import NOW, actor, found, outlet
from tests.apps.notices.scene import officer, post, reached
from tests.duties.memory_store import MemoryStore

from qingtian.apps.accounts.actor import Actor, actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.actions.confirm_finding import confirm_finding
from qingtian.apps.journal.models import Event
from qingtian.apps.notices.actions.escalate_notices import escalate_notices
from qingtian.apps.notices.actions.read_notices import acknowledge, mark_read
from qingtian.apps.notices.actions.settle_notices import settle_notices
from qingtian.apps.notices.models import Notice, Outgoing, Receipt
from qingtian.apps.notices.people import Recipients
from qingtian.apps.notices.queries import waiting
from qingtian.apps.rosters.actions.keep_roster import RosterDraft, RotationDraft, add_rotation, set_up_roster
from qingtian.domain.errors import NotVisible
from qingtian.duties.duty import DutyContext
from qingtian.duties.escalate import escalate

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
PLACE = Recipients(region_code="420107")


@pytest.fixture
def house() -> dict[str, User]:
    """Somebody on duty, a dispatcher, a supervisor."""
    people = {
        "duty": reached("duty", phone="13800000001"),
        "dispatch": reached("dispatch", Role.DISPATCHER),
        "boss": reached("boss", Role.SUPERVISOR, channels=[]),
    }
    keeper = actor(Role.SUPERVISOR, name="keeper")
    set_up_roster(keeper, NOW - timedelta(days=9), RosterDraft(code="room", name_zh="值班室", name_en="duty room"))
    draft = RotationDraft(
        name_zh="全天",
        name_en="all day",
        starts=time(8),
        minutes=1440,
        members=("duty",),
        first=(NOW - timedelta(days=9)).date(),
    )
    add_rotation(keeper, NOW - timedelta(days=9), "room", draft)
    return people


def who(name: str) -> Actor:
    return actor_of(User.objects.get(username=name))


def got(notice: Notice) -> dict[str, tuple[int, str]]:
    return {row.user.username: (row.step, row.reason) for row in notice.receipts.select_related("user")}


def severe(at: datetime = NOW, **more: object) -> Notice:
    return post(at=at, **({"kind": "finding_severe", "severity": 4, "to": PLACE} | more))  # type: ignore[arg-type]


def run_until(minutes: int, start: int = 0) -> list[tuple[int, int]]:
    """Minutes at which something was escalated, and to how many lines."""
    found_at = []
    for minute in range(start, minutes + 1):
        done = escalate_notices(NOW + minute * MINUTE)
        if done.notices:
            found_at.append((minute, done.told))
    return found_at


def test_silence_brings_in_the_next_to_the_minute(house: dict[str, User]) -> None:
    notice = severe()
    assert got(notice) == {"duty": (0, "on_duty")}
    assert run_until(60) == [(10, 1), (30, 1)]  # 10 min after the notice, 20 min after that
    assert got(notice) == {"duty": (0, "on_duty"), "dispatch": (1, "escalated"), "boss": (2, "escalated")}
    notice.refresh_from_db()
    assert (notice.step, notice.next_step_at, notice.closed_at) == (2, None, None)
    assert [event.payload["steps"] for event in Event.objects.filter(type="notice.escalated").order_by("seq")] == [
        {"severe.1": 1},
        {"severe.2": 1},
    ]


def test_escalation_uses_every_address_whatever_somebody_chose(house: dict[str, User]) -> None:
    notice = severe()
    run_until(60)
    ways = {(row.user.username, row.channel) for row in Outgoing.objects.filter(notice=notice).select_related("user")}  # type: ignore[union-attr]
    # At first only what `duty` chose; the supervisor chose nothing and gets e-mail when silence brings them in.
    assert ways == {("duty", "email"), ("dispatch", "email"), ("boss", "email")}


def test_an_answer_of_anybody_ends_it(house: dict[str, User]) -> None:
    notice = severe()
    run_until(15)
    assert acknowledge(who("dispatch"), NOW + 16 * MINUTE, [notice.pk]) == 1
    assert run_until(600, 16) == []
    notice.refresh_from_db()
    assert (notice.closed_by, notice.closed_why) == ("dispatch", "acknowledged")
    assert waiting(who("duty")).unanswered == 0
    event = Event.objects.get(type="notice.acknowledged")
    assert (event.actor, event.payload["count"]) == ("dispatch", 1)
    assert acknowledge(who("duty"), NOW + 17 * MINUTE, [notice.pk]) == 0  # too late, and no second event
    assert Event.objects.filter(type="notice.acknowledged").count() == 1


def test_reading_is_no_answer(house: dict[str, User]) -> None:
    severe()
    assert waiting(who("duty")).unread == 1
    assert mark_read(who("duty"), NOW) == 1
    assert waiting(who("duty")).unread == 0
    assert waiting(who("duty")).unanswered == 1
    assert run_until(10) == [(10, 1)]


def test_nobody_answers_for_another(house: dict[str, User]) -> None:
    notice = severe()
    with pytest.raises(NotVisible):
        acknowledge(who("boss"), NOW, [notice.pk])
    assert acknowledge(who("boss"), NOW) == 0  # all of an empty inbox
    notice.refresh_from_db()
    assert notice.closed_at is None


def test_mild_notices_stop_early(house: dict[str, User]) -> None:
    one = severe(kind="finding_raised", severity=1)
    two = severe(kind="finding_raised", severity=2)
    three = severe(kind="finding_raised", severity=3)
    run_until(600)
    assert [set(got(one)), set(got(two)), set(got(three))] == [
        {"duty"},
        {"duty", "dispatch"},
        {"duty", "dispatch", "boss"},
    ]


def test_kinds_without_an_answer_are_never_escalated(house: dict[str, User]) -> None:
    notice = post("duty")
    assert notice.next_step_at is None
    assert run_until(600) == []
    assert waiting(who("duty")).unanswered == 0


def test_nobody_on_duty_means_the_next_step_at_once() -> None:
    officer("boss", Role.SUPERVISOR)
    notice = severe()
    assert got(notice) == {}
    assert run_until(5) == [(0, 0), (1, 1)]  # no roster, no dispatcher; then the supervisor
    assert got(notice) == {"boss": (2, "escalated")}


def test_who_is_on_duty_when_it_is_escalated_counts_not_who_was(house: dict[str, User]) -> None:
    severe(at=NOW)
    User.objects.filter(username="dispatch").update(is_active=False)
    assert run_until(60) == [(10, 0), (11, 1)]
    assert set(Receipt.objects.values_list("user__username", flat=True)) == {"duty", "boss"}


def test_what_is_dealt_with_is_settled_not_escalated(house: dict[str, User]) -> None:
    finding = found(outlet(), severity=4)
    notice = severe(subject=("finding", finding.number, f"/desk/alarms/{finding.pk}"))
    confirm_finding(who("dispatch"), NOW + 3 * MINUTE, finding.pk)
    at = NOW + 10 * MINUTE
    report = escalate(DutyContext(at, at - MINUTE, MemoryStore()))
    assert report.notes == ["1 settled, 0 escalated to 0 inbox lines, 0 at the end"]
    notice.refresh_from_db()
    assert notice.closed_why == "settled"
    assert set(got(notice)) == {"duty"}


def test_settling_closes_every_open_notice_about_it_once(house: dict[str, User]) -> None:
    severe(subject=("case", "C-1", ""))
    severe(subject=("case", "C-1", ""))
    other = severe(subject=("case", "C-2", ""))
    assert settle_notices(NOW, "case", ["C-1"], by="dispatch") == 2
    assert settle_notices(NOW, "case", ["C-1"], by="dispatch") == 0
    other.refresh_from_db()
    assert other.closed_at is None
