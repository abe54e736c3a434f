"""What the journal keeps of signing in and out."""

from __future__ import annotations

import pytest
from tests.apps.city import NOW, actor

from qingtian.apps.accounts.actions.change_user import change_user
from qingtian.apps.accounts.actions.create_user import UserDraft, create_user
from qingtian.apps.accounts.actions.sign_in import LONGEST_NAME, Refusal, Way, refuse_sign_in, sign_in, sign_out
from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor, Grant, actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.verify import verify_journal
from qingtian.domain.errors import NotPermitted
from qingtian.runtime.settings import get_settings

pytestmark = pytest.mark.django_db


def person(name: str = "li", *grants: Grant) -> User:
    return create_user(SYSTEM_ACTOR, NOW, UserDraft(name, grants or (Grant(Role.DISPATCHER, "420100"),)))


@pytest.mark.parametrize("way", Way)
def test_signing_in_names_person_role_and_way(way: Way) -> None:
    user = person()

    event = sign_in(NOW, user, way)

    assert (event.actor, event.role, event.type) == ("li", Role.DISPATCHER, "session.opened")
    assert (event.object_type, event.object_id, event.payload) == ("user", str(user.pk), {"way": way.value})
    assert event.at == NOW


def test_an_inactive_person_cannot_be_written_down_as_signed_in() -> None:
    user = person()
    user.is_active = False

    with pytest.raises(NotPermitted, match="not active"):
        sign_in(NOW, user, Way.PASSWORD)

    assert not Event.objects.filter(type="session.opened").exists()


def test_signing_out_belongs_to_the_same_person() -> None:
    user = person()

    event = sign_out(actor_of(user), NOW)

    assert (event.actor, event.type, event.object_id) == ("li", "session.closed", str(user.pk))


@pytest.mark.parametrize("reason", Refusal)
def test_a_refusal_is_of_the_public_and_points_at_the_account_that_was_tried(reason: Refusal) -> None:
    user = person()

    event = refuse_sign_in(NOW, "li", reason, left_out=3)

    assert (event.actor, event.role) == ("public", Role.CITIZEN)
    assert (event.object_type, event.object_id) == ("user", str(user.pk))
    assert event.payload == {"username": "li", "reason": reason.value, "left_out": 3}


def test_a_name_that_nobody_has_is_kept_as_it_was_tried_but_not_longer_than_a_name() -> None:
    event = refuse_sign_in(NOW, "李" * 1000, Refusal.WRONG)

    assert (event.object_id, event.payload["username"]) == ("", "李" * LONGEST_NAME)


def test_the_chain_holds_over_sessions() -> None:
    user = person()
    sign_in(NOW, user, Way.DEMO)
    refuse_sign_in(NOW, "\x7f'; drop table", Refusal.WRONG)
    sign_out(actor_of(user), NOW)

    report = verify_journal()

    assert (report.intact, report.events) == (True, 4)


@pytest.mark.parametrize(
    ("region", "may"), [("", True), ("420100", True), ("420000", True), ("420107", False), ("430100", False)]
)
def test_a_steward_whose_scope_holds_the_city_manages_its_accounts(region: str, may: bool) -> None:
    steward = Actor(None, "steward", (Grant(Role.DATA_STEWARD, region),))
    person("wang")

    def create() -> None:
        create_user(steward, NOW, UserDraft("chen", (Grant(Role.HANDLER, "420107"),)))

    def change() -> None:
        change_user(steward, NOW, "wang", active=False)

    for verb in (create, change):
        if may:
            verb()
        else:
            with pytest.raises(NotPermitted, match="may not manage accounts"):
                verb()
    assert User.objects.filter(username="chen").exists() is may
    assert User.objects.get(username="wang").is_active is not may


def test_the_city_of_the_deployment_decides_whose_stewards_manage(monkeypatch: pytest.MonkeyPatch) -> None:
    steward = actor(Role.DATA_STEWARD, region="420100")
    monkeypatch.setattr(get_settings(), "city_code", "430100")

    with pytest.raises(NotPermitted):
        create_user(steward, NOW, UserDraft("chen", ()))
