"""Bundles, quiet hours, the limit per hour, tries and dead letters: with injected time, nothing sent for real."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.apps.city import NOW, actor
from tests.apps.notices.scene import draft, officer, post, reached

from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.apps.notices.actions import deliver
from qingtian.apps.notices.actions.deliver import (
    claim,
    due_deliveries,
    make_bundles,
    mend_delivery,
    note_failure,
    note_sent,
)
from qingtian.apps.notices.actions.post_notice import post_notices
from qingtian.apps.notices.actions.settle_notices import settle_notices
from qingtian.apps.notices.models import Delivery, Outgoing
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NIGHT = datetime.fromisoformat("2025-11-24T23:00:00+08:00")


def bundles(at: datetime) -> list[tuple[str, int]]:
    return [(row.channel, row.count) for row in make_bundles(at)]


def test_a_word_waits_for_company_and_all_go_as_one() -> None:
    reached("duty")
    post("duty", at=NOW)
    post("duty", at=NOW + MINUTE)  # case_assigned gathers 120 s
    assert bundles(NOW + timedelta(seconds=119)) == []
    assert bundles(NOW + 2 * MINUTE) == [("email", 2)]
    assert bundles(NOW + 3 * MINUTE) == []
    assert not Outgoing.objects.filter(delivery=None).exists()


def test_each_person_and_each_way_gets_its_own() -> None:
    reached("duty", phone="13800000001", channels=["email", "sms"])
    reached("other", language="en")
    post("duty", "other", kind="case_breached")
    made = {(row.user.username, row.channel): row for row in make_bundles(NOW + HOUR)}  # type: ignore[union-attr]
    assert set(made) == {("duty", "email"), ("duty", "sms"), ("other", "email")}
    assert "案件已分派给你" in made["duty", "email"].text
    assert "a case was assigned to you" in made["other", "email"].text
    assert "\n" not in made["duty", "sms"].text


def test_who_chose_no_way_or_has_no_address_has_the_inbox_only() -> None:
    reached("quiet-one", channels=[])
    officer("no-address", email="", channels=["email"])
    officer("nothing")
    notice = post("quiet-one", "no-address", "nothing")
    assert notice.receipts.count() == 3
    assert not Outgoing.objects.exists()


def test_quiet_hours_hold_until_the_morning_and_what_is_severe_passes() -> None:
    reached("duty", quiet=(22, 7))
    post("duty", at=NIGHT)
    post("duty", at=NIGHT, subject=("case", "C-2", ""))
    assert bundles(NIGHT + HOUR) == []
    post("duty", at=NIGHT + HOUR, severity=4)
    # The severe word goes alone: what is quiet stays quiet.
    assert bundles(NIGHT + HOUR + 2 * MINUTE) == [("email", 1)]
    morning = datetime.fromisoformat("2025-11-25T07:00:00+08:00")
    assert bundles(morning - MINUTE) == []
    assert bundles(morning) == [("email", 2)]


def test_over_the_limit_per_hour_words_wait_and_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "get_settings", lambda: deliver_settings.model_copy(update={"notice_per_hour": 2}))
    reached("duty")
    sent = []
    for minute in range(0, 80, 10):
        post("duty", at=NOW + minute * MINUTE)
        sent += [(minute + 5, count) for _, count in bundles(NOW + (minute + 5) * MINUTE)]
    # two in the first hour; at 65 min the first is an hour old and all that waited goes
    assert sent == [(5, 1), (15, 1), (65, 5), (75, 1)]
    post("duty", at=NOW + 76 * MINUTE)
    assert bundles(NOW + 79 * MINUTE) == []
    post("duty", at=NOW + 77 * MINUTE, severity=4)  # severe passes the limit and takes the rest along
    assert bundles(NOW + 79 * MINUTE) == [("email", 2)]


def test_what_was_dealt_with_meanwhile_says_so_and_comes_last() -> None:
    reached("duty")
    post("duty", subject=("case", "C-1", ""), severity=4)
    post("duty", subject=("case", "C-2", ""))
    settle_notices(NOW, "case", ["C-1"])
    text = make_bundles(NOW + HOUR)[0].text
    assert text.index("C-2") < text.index("C-1")
    assert "已处理" in text.split("C-1")[1]


def test_a_simulated_matter_is_labelled_in_the_word() -> None:
    reached("duty")
    post_notices(NOW, [draft("duty", simulated=True)])
    made = make_bundles(NOW + HOUR)[0]
    assert made.simulated
    assert "模拟" in made.subject
    assert "模拟数据" in made.text


def sending() -> Delivery:
    reached("duty")
    post("duty")
    return make_bundles(NOW + HOUR)[0]


def test_one_worker_sends_and_a_killed_one_gives_it_back() -> None:
    row = sending()
    at = NOW + HOUR
    assert due_deliveries(at) == [row.pk]
    assert claim(at, row.pk) is not None
    assert claim(at, row.pk) is None  # handed over
    assert due_deliveries(at + 4 * MINUTE) == []
    assert due_deliveries(at + 5 * MINUTE) == [row.pk]  # no answer was noted: its worker is gone
    again = claim(at + 5 * MINUTE, row.pk)
    assert again is not None
    assert (again.tries, again.key) == (2, row.key)  # the receiver sees that it is the same word
    note_sent(at + 6 * MINUTE, row.pk)
    row.refresh_from_db()
    assert (row.state, row.sent_at, row.next_try_at) == ("sent", at + 6 * MINUTE, None)
    assert due_deliveries(at + 9 * HOUR) == []


def test_failures_wait_longer_each_time_and_are_given_up_at_last() -> None:
    row, at, waits = sending(), NOW + HOUR, []
    for _ in range(8):
        assert claim(at, row.pk) is not None
        note_failure(at, row.pk, "the mail server answered 451", final=False)
        row.refresh_from_db()
        if row.next_try_at is not None:
            waits.append((row.next_try_at - at) // MINUTE)
            assert claim(row.next_try_at - timedelta(seconds=1), row.pk) is None
            at = row.next_try_at
    assert waits == [1, 2, 4, 8, 16, 32, 60]
    assert (row.state, row.tries, row.last_error) == ("dead", 8, "the mail server answered 451")
    assert Event.objects.get(type="delivery.given_up").payload["tries"] == 8


def test_what_cannot_succeed_is_given_up_at_once() -> None:
    row = sending()
    claim(NOW + HOUR, row.pk)
    note_failure(NOW + HOUR, row.pk, "the address was refused with 550", final=True)
    row.refresh_from_db()
    assert (row.state, row.tries) == ("dead", 1)


def dead() -> Delivery:
    row = sending()
    claim(NOW + HOUR, row.pk)
    note_failure(NOW + HOUR, row.pk, "x", final=True)
    return row


def test_a_dead_letter_is_sent_again_or_laid_aside_with_a_reason() -> None:
    row, boss, at = dead(), actor(Role.SUPERVISOR), NOW + 2 * HOUR
    with pytest.raises(InvalidInput) as refused:
        mend_delivery(boss, at, row.pk, again=False, reason=" ")
    assert refused.value.field == "reason"
    assert mend_delivery(boss, at, row.pk, again=True).state == "retry"
    assert due_deliveries(at) == [row.pk]
    with pytest.raises(Conflict):
        mend_delivery(boss, at, row.pk, again=True)
    claim(at, row.pk)
    note_failure(at, row.pk, "x", final=True)
    assert mend_delivery(boss, at, row.pk, again=False, reason="左职").state == "laid_aside"
    assert due_deliveries(at + 9 * HOUR) == []
    assert Event.objects.filter(type="delivery.mended").count() == 2


ROLES = {Role.SUPERVISOR: "done", Role.DATA_STEWARD: "done", Role.DISPATCHER: "right", Role.AUDITOR: "right"}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
def test_every_role_tries_to_mend_and_to_read_the_log(role: Role) -> None:
    from qingtian.apps.notices.queries import delivery_log

    row = dead()
    for region, inside in (("", True), ("420100", True), ("420106", False)):
        who = actor(role, region=region, org="E-1" if role is Role.ENTERPRISE_USER else "")
        expected = ROLES.get(role, "sight") if inside else "sight"
        try:
            mend_delivery(who, NOW + HOUR, row.pk, again=True)
            came = "done"
        except NotPermitted:
            came = "right"
        except NotVisible:
            came = "sight"
        assert came == expected, (role, region)
        Delivery.objects.filter(pk=row.pk).update(state="dead")
        if role in ROLES:
            assert delivery_log(who).count() == inside
        else:
            with pytest.raises(NotPermitted):
                delivery_log(who)


deliver_settings = deliver.get_settings()
