"""Every role tries what the duty room lets some do: read the delivery log, mend what was given up."""

from __future__ import annotations

import pytest
from tests.apps.city import NOW, account
from tests.apps.notices.scene import post, reached

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.accounts.roles import Role
from qingtian.apps.notices.actions.deliver import claim, make_bundles, mend_delivery, note_failure
from qingtian.apps.notices.models import Delivery
from qingtian.apps.notices.people import Recipients
from qingtian.apps.notices.queries import delivery_log, unaddressed, unbundled
from qingtian.domain.errors import NotPermitted, NotVisible, QingtianError

pytestmark = pytest.mark.django_db
PEOPLE = [role for role in Role if role is not Role.SYSTEM]


def given_up() -> Delivery:
    """A word about the city that was given up."""
    reached("far", Role.INSPECTOR)
    post(to=Recipients(usernames=("far",)))
    later = NOW.replace(hour=23)
    (row,) = make_bundles(later)
    claim(later, row.pk)
    note_failure(later, row.pk, "refused", final=True)
    return row


@pytest.mark.parametrize("role", PEOPLE)
def test_only_who_keeps_notices_going_reads_the_log(role: Role) -> None:
    given_up()
    who = account("asker", role, org="E-1" if role is Role.ENTERPRISE_USER else "")
    for read in (delivery_log, unaddressed, unbundled):
        if role in TABLE[Verb.READ_DELIVERIES]:
            assert read(who).count() == (1 if read is delivery_log else 0)
        else:
            with pytest.raises(NotPermitted):
                read(who)


@pytest.mark.parametrize("role", PEOPLE)
def test_only_who_may_mend_mends(role: Role) -> None:
    row = given_up()
    who = account("asker", role, org="E-1" if role is Role.ENTERPRISE_USER else "")
    if role in TABLE[Verb.MEND_DELIVERY]:
        assert mend_delivery(who, NOW, row.pk, again=True).state == "retry"
        return
    with pytest.raises(QingtianError) as refused:
        mend_delivery(who, NOW, row.pk, again=True)
    assert isinstance(refused.value, NotPermitted if role in TABLE[Verb.READ_DELIVERIES] else NotVisible)
    assert Delivery.objects.get().state == "dead"


def test_a_district_sees_and_mends_nothing_of_the_whole_city() -> None:
    row = given_up()
    who = account("district", Role.SUPERVISOR, region="420106")
    assert delivery_log(who).count() == 0
    with pytest.raises(NotVisible):
        mend_delivery(who, NOW, row.pk, again=True)


def test_the_house_itself_reads_and_mends() -> None:
    row = given_up()
    assert delivery_log(SYSTEM_ACTOR).count() == 1
    assert mend_delivery(SYSTEM_ACTOR, NOW, row.pk, again=True).state == "retry"
