from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from tests.apps.city import account, actor

from qingtian.apps.accounts.actor import PUBLIC_ACTOR, SYSTEM_ACTOR, Actor, Grant, actor_of
from qingtian.apps.accounts.models import RoleGrant, User
from qingtian.apps.accounts.permissions import TABLE, Verb, may, require, role_for
from qingtian.apps.accounts.roles import Role
from qingtian.apps.accounts.scope import region_contains, region_prefix
from qingtian.domain.errors import NotPermitted


def test_every_verb_is_in_the_table_and_somebody_may_use_it() -> None:
    assert set(TABLE) == set(Verb)
    assert all(TABLE.values())


def test_the_auditor_changes_nothing() -> None:
    assert {verb for verb in Verb if may(actor(Role.AUDITOR), verb)} == {
        Verb.READ_JOURNAL,
        Verb.READ_REJECTS,
        Verb.READ_ORIGINAL,
        Verb.READ_CUSTODY,
        Verb.READ_ACCOUNTS,
        Verb.READ_DELIVERIES,
        Verb.DELEGATE,  # who stands in for him is his own affair, and he reads no more
        Verb.MAKE_KEY,
    }


def test_a_citizen_does_nothing_in_the_house() -> None:
    assert {verb for verb in Verb if may(PUBLIC_ACTOR, verb)} == {Verb.REPORT_PROBLEM, Verb.FOLLOW_REPORT}


def test_only_the_system_states_breaches() -> None:
    assert TABLE[Verb.MARK_BREACH] == {Role.SYSTEM}


@pytest.mark.parametrize(
    ("scope", "region", "inside"),
    [
        ("", "420107", True),
        ("", "", True),
        ("420000", "420107", True),
        ("420100", "420107", True),
        ("420107", "420107", True),
        ("420107", "420100", False),
        ("420107", "420106", False),
        ("420100", "430100", False),
        ("420107", "", False),
    ],
)
def test_a_scope_holds_the_regions_inside_it(scope: str, region: str, inside: bool) -> None:
    assert region_contains(scope, region) is inside
    assert may(actor(Role.DISPATCHER, region=scope), Verb.CONFIRM_FINDING, region_code=region) is inside


def test_a_region_code_is_cut_at_its_level() -> None:
    assert [region_prefix(code) for code in ("420000", "420100", "420107", "421000")] == [
        "42",
        "4201",
        "420107",
        "4210",
    ]


def test_a_right_is_refused_with_the_roles_that_have_it() -> None:
    with pytest.raises(NotPermitted) as error:
        require(actor(Role.HANDLER, name="li"), Verb.DISMISS_FINDING)
    assert error.value.message == "li may not dismiss finding here"
    assert error.value.params["roles"] == ["dispatcher", "inspector", "supervisor", "system"]


def test_the_role_that_is_used_is_the_one_with_the_right() -> None:
    both = actor(Role.HANDLER, Role.DISPATCHER)
    assert role_for(both, Verb.DISMISS_FINDING) is Role.DISPATCHER
    assert role_for(both, Verb.CONFIRM_FINDING) is Role.HANDLER


def test_roles_count_only_where_they_are_held() -> None:
    who = Actor(1, "li", (Grant(Role.HANDLER, "420107"), Grant(Role.APPROVER, "420106", case_type="T1")))
    assert who.roles_at(region_code="420107") == {Role.HANDLER}
    assert who.roles_at(region_code="420106", case_type="T1") == {Role.APPROVER}
    assert who.roles_at(region_code="420106", case_type="T2") == set()


def test_an_enterprise_user_speaks_for_his_enterprise_only() -> None:
    owner = actor(Role.ENTERPRISE_USER, org="E-1")
    assert owner.roles_at(region_code="420107", enterprise_code="E-1") == {Role.ENTERPRISE_USER}
    assert owner.roles_at(region_code="420107", enterprise_code="E-2") == set()
    assert owner.enterprises == {"E-1"}
    nameless = actor(Role.ENTERPRISE_USER)
    assert nameless.roles_at(enterprise_code="") == set()
    assert nameless.enterprises == set()


def test_the_system_is_no_user() -> None:
    assert SYSTEM_ACTOR.user_id is None
    assert SYSTEM_ACTOR.roles == {Role.SYSTEM}


@pytest.mark.django_db
def test_an_account_becomes_an_actor_with_its_grants() -> None:
    who = account("li", Role.HANDLER, Role.INSPECTOR, region="420107")
    assert (who.username, who.roles, who.main_role) == ("li", {Role.HANDLER, Role.INSPECTOR}, Role.HANDLER)
    assert {grant.region_code for grant in who.grants} == {"420107"}


@pytest.mark.django_db
def test_a_deactivated_account_has_no_roles() -> None:
    account("li", Role.HANDLER)
    user = User.objects.get(username="li")
    user.is_active = False
    assert actor_of(user).roles == set()


@pytest.mark.django_db
def test_signing_in_needs_the_password_and_an_active_account() -> None:
    user = User.objects.create_user("li", "a good long password")
    assert authenticate(username="li", password="a good long password") == user
    assert authenticate(username="li", password="wrong") is None
    user.is_active = False
    user.save()
    assert authenticate(username="li", password="a good long password") is None


@pytest.mark.django_db
def test_without_a_password_nobody_can_sign_in_with_one() -> None:
    user = User.objects.create_user("demo")
    assert not user.has_usable_password()
    assert authenticate(username="demo", password="") is None


@pytest.mark.django_db
def test_a_role_is_granted_once_per_scope() -> None:
    from django.db import IntegrityError, transaction

    user = User.objects.create_user("li")
    RoleGrant.objects.create(user=user, role=Role.HANDLER, region_code="420107")
    RoleGrant.objects.create(user=user, role=Role.HANDLER, region_code="420106")
    with pytest.raises(IntegrityError, match="role_once"), transaction.atomic():
        RoleGrant.objects.create(user=user, role=Role.HANDLER, region_code="420106")
