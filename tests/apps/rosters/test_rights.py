"""Every role tries to set up a roster; only who keeps rosters at the place may."""

from __future__ import annotations

import pytest
from tests.apps.city import NOW, account

from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.accounts.roles import Role
from qingtian.apps.rosters.actions.keep_roster import RosterDraft, set_up_roster
from qingtian.apps.rosters.models import Roster
from qingtian.domain.errors import NotPermitted

pytestmark = pytest.mark.django_db
DRAFT = RosterDraft(code="room", name_zh="值班室", name_en="duty room", region_code="420106")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
def test_only_who_keeps_rosters_sets_one_up(role: Role) -> None:
    who = account("asker", role, org="E-1" if role is Role.ENTERPRISE_USER else "")
    if role in TABLE[Verb.KEEP_ROSTER]:
        assert set_up_roster(who, NOW, DRAFT).code == "room"
        return
    with pytest.raises(NotPermitted):
        set_up_roster(who, NOW, DRAFT)
    assert not Roster.objects.exists()


def test_a_keeper_of_another_district_may_not() -> None:
    with pytest.raises(NotPermitted):
        set_up_roster(account("far", Role.DISPATCHER, region="420107"), NOW, DRAFT)
