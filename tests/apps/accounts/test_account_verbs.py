from __future__ import annotations

import pytest
from tests.apps.city import NOW, actor

from qingtian.apps.accounts.actions.change_roles import change_roles, deactivate_account
from qingtian.apps.accounts.actions.create_account import create_account
from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Grant, actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible

pytestmark = pytest.mark.django_db
STEWARD = actor(Role.DATA_STEWARD, name="steward")


def test_an_account_comes_with_its_roles_and_an_event() -> None:
    user = create_account(
        STEWARD,
        NOW,
        "li",
        grants=[Grant(Role.HANDLER, "420107")],
        password="blue-sky-over-qingshan",
        display_name="李工",
    )
    assert user.check_password("blue-sky-over-qingshan")
    assert actor_of(user).grants == (Grant(Role.HANDLER, "420107"),)
    event = Event.objects.get(type="account.created")
    assert event.payload == {"username": "li", "grants": ["handler region=420107"], "simulated": False}
    assert "blue-sky" not in str(event.payload)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"username": " li"}, "username"),
        ({"username": ""}, "username"),
        ({"password": "short"}, "password"),
        ({"password": "1234567890"}, "password"),
        ({"grants": [Grant(Role.SYSTEM)]}, "role"),
        ({"grants": [Grant(Role.ENTERPRISE_USER)]}, "org"),
    ],
)
def test_what_makes_no_account(fields: dict[str, object], field: str) -> None:
    given: dict[str, object] = {"username": "li", **fields}
    with pytest.raises(InvalidInput) as error:
        create_account(STEWARD, NOW, **given)  # type: ignore[arg-type]
    assert error.value.field == field
    assert not User.objects.exists()


def test_a_name_is_taken_once() -> None:
    create_account(STEWARD, NOW, "li")
    with pytest.raises(Conflict):
        create_account(STEWARD, NOW, "li")


def test_roles_are_replaced_and_both_states_are_kept() -> None:
    create_account(STEWARD, NOW, "li", grants=[Grant(Role.HANDLER, "420107")])
    user = change_roles(STEWARD, NOW, "li", [Grant(Role.INSPECTOR, "420100")])
    assert actor_of(user).roles == {Role.INSPECTOR}
    payload = Event.objects.get(type="account.roles").payload
    assert (payload["from"], payload["to"]) == (["handler region=420107"], ["inspector region=420100"])


def test_nobody_changes_his_own_rights() -> None:
    create_account(SYSTEM_ACTOR, NOW, "steward", grants=[Grant(Role.DATA_STEWARD)])
    with pytest.raises(NotPermitted, match="his own"):
        change_roles(STEWARD, NOW, "steward", [Grant(Role.APPROVER)])
    with pytest.raises(NotPermitted, match="his own"):
        deactivate_account(STEWARD, NOW, "steward")


def test_an_ended_account_has_no_roles() -> None:
    create_account(STEWARD, NOW, "li", grants=[Grant(Role.HANDLER)])
    assert actor_of(deactivate_account(STEWARD, NOW, "li")).roles == set()
    with pytest.raises(NotVisible):
        deactivate_account(STEWARD, NOW, "ghost")


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DATA_STEWARD, Role.SYSTEM}))
def test_others_manage_no_accounts(role: Role) -> None:
    with pytest.raises(NotPermitted):
        create_account(actor(role), NOW, "li")
