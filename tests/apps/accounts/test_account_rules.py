"""Accounts that must not exist, and rights that nobody gives himself."""

from __future__ import annotations

import pytest
from tests.apps.city import NOW, actor

from qingtian.apps.accounts.actions.change_user import change_user
from qingtian.apps.accounts.actions.create_user import UserDraft, create_user
from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Grant, actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.domain.errors import InvalidInput, NotPermitted

pytestmark = pytest.mark.django_db
STEWARD = actor(Role.DATA_STEWARD, name="steward")


@pytest.mark.parametrize("name", ["system", "public"])
def test_nobody_signs_with_the_name_of_the_platform(name: str) -> None:
    with pytest.raises(InvalidInput, match="name of the platform"):
        create_user(STEWARD, NOW, UserDraft(name, ()))
    assert not User.objects.exists()


@pytest.mark.parametrize(("grant", "field"), [(Grant(Role.SYSTEM), "role"), (Grant(Role.ENTERPRISE_USER), "org")])
def test_roles_that_nobody_may_hold_are_neither_given_at_the_start_nor_later(grant: Grant, field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        create_user(STEWARD, NOW, UserDraft("li", (grant,)))
    assert error.value.field == field
    create_user(STEWARD, NOW, UserDraft("li", (Grant(Role.HANDLER),)))
    with pytest.raises(InvalidInput):
        change_user(STEWARD, NOW, "li", grants=(grant,))
    assert actor_of(User.objects.get()).roles == {Role.HANDLER}


def test_nobody_changes_his_own_rights_but_everybody_may_change_his_password() -> None:
    create_user(SYSTEM_ACTOR, NOW, UserDraft("steward", (Grant(Role.DATA_STEWARD),)))
    for change in ({"grants": (Grant(Role.APPROVER),)}, {"active": False}):
        with pytest.raises(NotPermitted, match="his own"):
            change_user(STEWARD, NOW, "steward", **change)  # type: ignore[arg-type]
    user = change_user(STEWARD, NOW, "steward", password="blue-sky-over-qingshan")
    assert user.check_password("blue-sky-over-qingshan")


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DATA_STEWARD, Role.SYSTEM}))
def test_others_manage_no_accounts(role: Role) -> None:
    with pytest.raises(NotPermitted):
        create_user(actor(role), NOW, UserDraft("li", ()))
