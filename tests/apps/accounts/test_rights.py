"""Each cell of the matrix, at the one function that every verb asks: within the scope, beside it, by a key, as a deputy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.apps.attempts import DONE, outcome
from tests.apps.city import NOW, account

from qingtian.apps.accounts.actions.api_keys import KeyDraft, make_key
from qingtian.apps.accounts.actions.delegate import DelegationDraft, delegate
from qingtian.apps.accounts.actor import Actor, Grant
from qingtian.apps.accounts.listing import AccountsWanted, accounts
from qingtian.apps.accounts.permissions import NOT_DELEGATED, TABLE, Verb, may, require
from qingtian.apps.accounts.roles import Role
from qingtian.domain.errors import NotPermitted

PLACE = {"region_code": "420107", "enterprise_code": "E-1", "case_type": "T1"}


def holder(role: Role, *, region: str = "420107", org: str = "", case_type: str = "") -> Actor:
    own = "E-1" if role is Role.ENTERPRISE_USER and not org else org
    return Actor(7, "li", (Grant(role, region, own, case_type),))


@pytest.mark.parametrize("verb", Verb)
def test_a_role_may_what_its_cell_says_in_its_scope(verb: Verb) -> None:
    assert {role for role in Role if may(holder(role), verb, **PLACE)} == TABLE[verb]


@pytest.mark.parametrize("verb", Verb)
def test_no_cell_counts_beside_its_scope(verb: Verb) -> None:
    elsewhere = [holder(role, org="E-2") for role in Role] + [holder(role, case_type="T2") for role in Role]
    # The scope of an enterprise user is the enterprise, wherever it lies.
    elsewhere += [holder(role, region="420106") for role in Role if role is not Role.ENTERPRISE_USER]

    assert [who.grants for who in elsewhere if may(who, verb, **PLACE)] == []


@pytest.mark.parametrize("verb", Verb)
def test_a_refusal_names_the_roles_that_may(verb: Verb) -> None:
    with pytest.raises(NotPermitted) as refused:
        require(Actor(7, "li"), verb, **PLACE)

    assert refused.value.params["roles"] == sorted(TABLE[verb])
    assert refused.value.remedy


@pytest.mark.parametrize("verb", Verb)
def test_a_key_without_the_scope_opens_nothing(verb: Verb) -> None:
    role = sorted(TABLE[verb])[0]
    by_key = replace(holder(role), only=frozenset({"read"}))
    with_scope = replace(holder(role), only=frozenset({verb.value}))

    assert not may(by_key, verb, **PLACE)
    assert may(with_scope, verb, **PLACE)


@pytest.mark.parametrize("verb", Verb)
def test_a_deputy_may_what_the_other_may_but_for_what_nobody_lends(verb: Verb) -> None:
    deputy = replace(holder(sorted(TABLE[verb])[0]), acting_for="wang")

    assert may(deputy, verb, **PLACE) is (verb not in NOT_DELEGATED)


@pytest.mark.parametrize("verb", Verb)
def test_every_action_has_somebody_who_may(verb: Verb) -> None:
    assert TABLE[verb]


@pytest.mark.django_db
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
def test_every_role_tries_accounts_deputies_and_keys(role: Role) -> None:
    deputy = account("deputy", Role.SUPERVISOR)
    who = account(
        "li",
        role,
        region="" if role is Role.ENTERPRISE_USER else "420100",
        org="E-1" if role is Role.ENTERPRISE_USER else "",
    )
    draft = DelegationDraft(deputy.username, NOW, NOW + timedelta(days=1), "leave")
    tried = {
        Verb.READ_ACCOUNTS: lambda: accounts(who, AccountsWanted()).count(),
        Verb.DELEGATE: lambda: delegate(who, NOW, draft),
        Verb.MAKE_KEY: lambda: make_key(who, NOW, KeyDraft("x", ["read"], 1), now=NOW),
    }

    assert {verb for verb, job in tried.items() if outcome(job) == DONE} == {
        verb for verb in tried if role in TABLE[verb]
    }
