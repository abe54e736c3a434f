"""Accounts: made and changed by the right people, with strong passwords, every change in the journal."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from qingtian.apps.accounts.actions.change_user import change_user
from qingtian.apps.accounts.actions.create_user import UserDraft, create_user
from qingtian.apps.accounts.actor import PUBLIC_ACTOR, SYSTEM_ACTOR, Grant, actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.cli.user import command
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible

AT = datetime(2025, 11, 22, 1, tzinfo=UTC)
PASSWORD = "corn-lantern-forty-two"
pytestmark = pytest.mark.django_db


def draft(**changes: object) -> UserDraft:
    values: dict[str, object] = {
        "username": "chen",
        "grants": (Grant(Role.DISPATCHER, "420107"),),
        "password": PASSWORD,
        **changes,
    }
    return UserDraft(**values)  # type: ignore[arg-type]


def test_a_new_user_can_sign_in_and_acts_within_the_scope() -> None:
    user = create_user(SYSTEM_ACTOR, AT, draft())
    assert user.check_password(PASSWORD)
    actor = actor_of(user)
    assert actor.roles_at(region_code="420107") == {Role.DISPATCHER}
    assert actor.roles_at(region_code="420111") == frozenset()


def test_the_journal_tells_of_the_account_but_never_the_password() -> None:
    create_user(SYSTEM_ACTOR, AT, draft())
    change_user(SYSTEM_ACTOR, AT, "chen", password="another-long-secret-9")
    events = list(Event.objects.order_by("seq"))
    assert [event.type for event in events] == ["user.created", "user.changed"]
    assert PASSWORD not in str([event.payload for event in events])
    assert "another-long-secret-9" not in str([event.payload for event in events])


@pytest.mark.parametrize("password", ["short", "password123", "1234567890"])
def test_a_weak_password_is_refused_and_nothing_is_made(password: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        create_user(SYSTEM_ACTOR, AT, draft(password=password))
    assert caught.value.field == "password"
    assert not User.objects.exists()


def test_an_inspector_needs_a_card() -> None:
    with pytest.raises(InvalidInput) as caught:
        create_user(SYSTEM_ACTOR, AT, draft(grants=(Grant(Role.INSPECTOR),)))
    assert caught.value.field == "card_number"


def test_a_taken_name_is_a_conflict() -> None:
    create_user(SYSTEM_ACTOR, AT, draft())
    with pytest.raises(Conflict):
        create_user(SYSTEM_ACTOR, AT, draft())


def test_only_who_manages_accounts_may_make_one() -> None:
    with pytest.raises(NotPermitted):
        create_user(PUBLIC_ACTOR, AT, draft())


def test_roles_are_replaced_and_an_inactive_account_has_none() -> None:
    create_user(SYSTEM_ACTOR, AT, draft())
    user = change_user(SYSTEM_ACTOR, AT, "chen", grants=(Grant(Role.AUDITOR),))
    assert actor_of(user).roles == {Role.AUDITOR}
    user = change_user(SYSTEM_ACTOR, AT, "chen", active=False)
    assert actor_of(user).roles == frozenset()


def test_changing_nobody_is_told() -> None:
    with pytest.raises(NotVisible):
        change_user(SYSTEM_ACTOR, AT, "nobody", active=False)


def test_the_command_creates_lists_and_names_a_wrong_role() -> None:
    runner = CliRunner()
    made = runner.invoke(command, ["create", "wang", "--role", "handler:420107", "--password", PASSWORD])
    assert made.exit_code == 0, made.output
    assert "handler:420107" in runner.invoke(command, ["list"]).output
    assert "dispatcher" in runner.invoke(command, ["roles"]).output
    wrong = runner.invoke(command, ["create", "li", "--role", "king", "--password", PASSWORD])
    assert isinstance(wrong.exception, InvalidInput)
    assert wrong.exception.field == "role"
