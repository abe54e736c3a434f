"""Posting: who gets it and why, what is counted instead of told again, what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from tests.apps.city import HOUR, NOW, account
from tests.apps.notices.scene import draft, officer, post, reached

from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.apps.notices.actions.post_notice import post_notices
from qingtian.apps.notices.models import Notice, Outgoing, Receipt
from qingtian.apps.notices.people import Recipients
from qingtian.domain.errors import InvalidInput

pytestmark = pytest.mark.django_db


def got(notice: Notice) -> dict[str, str]:
    return {row.user.username: row.reason for row in notice.receipts.select_related("user")}


def test_people_by_name_get_it_and_the_journal_says_so() -> None:
    officer("duty")
    notice = post("duty", "nobody-of-that-name")
    assert got(notice) == {"duty": "named"}
    event = Event.objects.get(type="notice.posted")
    assert event.object_id == str(notice.pk)
    assert event.payload["subjects"] == [["case_assigned", "case", "C-2025-000001", 2]]


@pytest.mark.parametrize(
    ("region", "gets"),
    [("420107", {"city", "qingshan"}), ("420106", {"city"}), ("", {"city"}), ("420100", {"city"})],
)
def test_a_role_is_asked_where_it_holds(region: str, gets: set[str]) -> None:
    officer("city", Role.DISPATCHER)
    officer("qingshan", Role.DISPATCHER, region="420107")
    officer("other", Role.INSPECTOR)
    gone = officer("gone", Role.DISPATCHER)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    notice = post(to=Recipients(roles=(Role.DISPATCHER,), region_code=region))
    assert set(got(notice)) == gets
    assert set(got(notice).values()) == {"role"}


def test_an_enterprise_is_found_by_its_code_alone() -> None:
    account("boss", Role.ENTERPRISE_USER, region="", org="E-1")
    account("rival", Role.ENTERPRISE_USER, region="", org="E-2")
    assert set(got(post(to=Recipients(roles=(Role.ENTERPRISE_USER,), org="E-1", region_code="420107")))) == {"boss"}
    assert got(post(to=Recipients(roles=(Role.ENTERPRISE_USER,), region_code="420107"))) == {}


def test_who_did_it_is_not_told() -> None:
    officer("one", Role.DISPATCHER)
    officer("two", Role.DISPATCHER)
    assert set(got(post(to=Recipients(roles=(Role.DISPATCHER,), without=("one",))))) == {"two"}


def test_the_same_matter_again_is_counted_and_tells_nobody_twice() -> None:
    reached("duty")
    first = post("duty", dedup_key="case:1")
    officer("late")
    again = post("duty", "late", at=NOW + timedelta(minutes=5), dedup_key="case:1")
    assert again.pk == first.pk
    assert (again.times, again.last_at) == (2, NOW + timedelta(minutes=5))
    assert set(got(again)) == {"duty", "late"}
    assert Outgoing.objects.filter(notice=first).count() == 1


def test_a_matter_that_got_worse_is_told_again_and_unread_again() -> None:
    reached("duty")
    first = post("duty", dedup_key="case:1")
    Receipt.objects.update(read_at=NOW)
    worse = post("duty", dedup_key="case:1", severity=4, title_zh="更严重", title_en="worse")
    assert worse.pk == first.pk
    first.refresh_from_db()
    assert (first.severity, first.title_en) == (4, "worse")
    assert first.receipts.get().read_at is None
    assert Outgoing.objects.filter(notice=first).count() == 2
    milder = post("duty", dedup_key="case:1", severity=1)
    milder.refresh_from_db()
    assert milder.severity == 4
    assert Outgoing.objects.filter(notice=first).count() == 2


def test_after_its_time_or_its_end_the_same_matter_is_a_new_notice() -> None:
    officer("duty")
    first = post("duty", dedup_key="case:1")
    assert post("duty", at=NOW + HOUR - timedelta(seconds=1), dedup_key="case:1").pk == first.pk
    second = post("duty", at=NOW + HOUR, dedup_key="case:1")  # case_assigned: one hour
    assert second.pk != first.pk
    Notice.objects.filter(pk=second.pk).update(closed_at=NOW + HOUR)
    assert post("duty", at=NOW + HOUR, dedup_key="case:1").pk not in {first.pk, second.pk}
    assert post("duty").pk != post("duty").pk  # no key: never the same


def test_one_matter_twice_in_one_post_is_one_notice() -> None:
    reached("duty")
    notices = post_notices(NOW, [draft("duty", dedup_key="k"), draft("duty", dedup_key="k", severity=3), draft("duty")])
    assert notices[0] is notices[1]
    stored = Notice.objects.get(pk=notices[0].pk)
    assert (stored.times, stored.severity) == (2, 3)
    assert Receipt.objects.count() == 2
    assert Event.objects.get(type="notice.posted").payload["count"] == 2


def test_a_verb_that_fails_tells_nobody() -> None:
    officer("duty")
    with pytest.raises(RuntimeError), transaction.atomic():
        post("duty")
        raise RuntimeError
    assert not Notice.objects.exists()
    assert not Event.objects.filter(type="notice.posted").exists()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "gossip"}, "kind"),
        ({"severity": 0}, "severity"),
        ({"severity": 5}, "severity"),
        ({"title_zh": " "}, "title_zh"),
        ({"title_en": "x" * 301}, "title_en"),
        ({"subject": ("case", "1", "https://elsewhere.example/")}, "subject"),
        ({"subject": ("case", "1", "//elsewhere.example/")}, "subject"),
        ({"at": NOW.replace(tzinfo=None)}, "at"),
    ],
)
def test_a_wrong_notice_is_refused_by_field(more: dict[str, object], field: str) -> None:
    officer("duty")
    with pytest.raises(InvalidInput) as refused:
        post("duty", **more)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert refused.value.remedy
    assert not Notice.objects.exists()


def test_many_at_once_cost_no_more_queries_than_few(django_assert_max_num_queries: object) -> None:
    reached("duty")

    def cost(count: int) -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as seen:
            post_notices(NOW, [draft("duty", dedup_key=f"{count}:{n}") for n in range(count)])
        return len(seen)

    assert cost(3) == cost(300)
