from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.apps.city import NOW, account, actor, found, outlet

from qingtian.apps.accounts.actions.api_keys import KeyDraft, make_key
from qingtian.apps.accounts.actions.create_user import UserDraft, create_user
from qingtian.apps.accounts.actions.delegate import DelegationDraft, delegate, end_delegation
from qingtian.apps.accounts.actor import Actor, Grant
from qingtian.apps.accounts.delegations import delegations_of, must_stand_in, standing_in
from qingtian.apps.accounts.models import Delegation, RoleGrant, User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.actions.announce_window import WindowDraft, announce_window
from qingtian.apps.findings.actions.confirm_finding import confirm_finding
from qingtian.apps.findings.actions.decide_window import approve_window
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.verify import verify_journal
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def boss() -> Actor:
    return account("boss", Role.DISPATCHER)


@pytest.fixture
def deputy() -> Actor:
    return account("deputy", Role.APPROVER)


def draft(**more: object) -> DelegationDraft:
    return replace(DelegationDraft("deputy", NOW, NOW + 3 * DAY, "leave"), **more)  # type: ignore[arg-type]


def test_the_deputy_has_the_roles_of_the_principal_and_the_journal_names_both(boss: Actor, deputy: Actor) -> None:
    finding = found(outlet())
    with pytest.raises(NotPermitted):
        confirm_finding(deputy, NOW, finding.pk)
    delegate(boss, NOW, draft())

    confirm_finding(must_stand_in(deputy, NOW, "boss"), NOW, finding.pk)

    event = Event.objects.get(type="finding.confirmed")
    assert (event.actor, event.role, event.payload["acting_for"]) == ("deputy", "dispatcher", "boss")
    assert verify_journal().intact


def test_it_holds_from_its_first_moment_to_the_one_before_its_end(boss: Actor, deputy: Actor) -> None:
    delegate(boss, NOW, draft(starts_at=NOW + HOUR, ends_at=NOW + DAY))

    moments = (NOW, NOW + HOUR, NOW + DAY - timedelta(seconds=1), NOW + DAY)
    assert [standing_in(deputy, one, "boss") is not None for one in moments] == [False, True, True, False]


def test_it_ends_with_the_account_of_either_and_when_it_is_taken_back(boss: Actor, deputy: Actor) -> None:
    row = delegate(boss, NOW, draft())
    for name in ("boss", "deputy"):
        User.objects.filter(username=name).update(is_active=False)
        assert standing_in(deputy, NOW, "boss") is None
        User.objects.filter(username=name).update(is_active=True)

    end_delegation(boss, NOW + HOUR, row.pk)

    assert standing_in(deputy, NOW + HOUR, "boss") is None
    with pytest.raises(NotVisible, match="does not stand in"):
        must_stand_in(deputy, NOW + HOUR, "boss")
    with pytest.raises(Conflict):
        end_delegation(deputy, NOW + HOUR, row.pk)


def test_a_role_that_the_principal_loses_is_lost_for_the_deputy(boss: Actor, deputy: Actor) -> None:
    delegate(boss, NOW, draft())
    RoleGrant.objects.filter(user__username="boss").update(region_code="420106")

    assert must_stand_in(deputy, NOW, "boss").grants == (Grant(Role.DISPATCHER, "420106"),)


def test_what_speaks_for_an_enterprise_is_lent_to_nobody(boss: Actor, deputy: Actor) -> None:
    RoleGrant.objects.create(user_id=boss.user_id, role=Role.ENTERPRISE_USER, org="E-1")
    delegate(boss, NOW, draft())

    assert must_stand_in(deputy, NOW, "boss").enterprises == frozenset()


def test_nobody_manages_accounts_delegates_or_makes_keys_for_somebody_else(deputy: Actor) -> None:
    steward = account("boss", Role.DATA_STEWARD)
    delegate(steward, NOW, draft())
    acting = must_stand_in(deputy, NOW, "boss")

    with pytest.raises(NotPermitted, match="for somebody else"):
        create_user(acting, NOW, UserDraft("new", (Grant(Role.HANDLER),)))
    with pytest.raises(NotPermitted, match="for somebody else"):
        delegate(acting, NOW, draft(deputy="boss"))
    with pytest.raises(NotPermitted, match="for somebody else"):
        make_key(acting, NOW, KeyDraft("x", ("read",), 3), now=NOW)


def test_two_people_stay_two_where_two_must_act(boss: Actor, deputy: Actor) -> None:
    stack = outlet()
    window = announce_window(boss, NOW, WindowDraft(stack.pk, "shutdown", NOW + 9 * DAY, NOW + 10 * DAY, "检修"))
    delegate(boss, NOW, draft())

    with pytest.raises(NotPermitted):
        approve_window(must_stand_in(deputy, NOW, "boss"), NOW, window.pk)


@pytest.mark.parametrize(
    ("change", "field", "refusal"),
    [
        ({"deputy": "boss"}, "deputy", InvalidInput),
        ({"deputy": "nobody"}, "deputy", NotVisible),
        ({"deputy": "plant"}, "deputy", NotVisible),
        ({"reason": " "}, "reason", InvalidInput),
        ({"ends_at": NOW}, "ends_at", InvalidInput),
        ({"starts_at": NOW - 3 * DAY, "ends_at": NOW - DAY}, "ends_at", InvalidInput),
        ({"ends_at": NOW + 93 * DAY}, "ends_at", InvalidInput),
        ({"starts_at": NOW.replace(tzinfo=None)}, "starts_at", InvalidInput),
    ],
)
def test_a_draft_that_breaks_a_rule_is_refused_by_field(
    boss: Actor, deputy: Actor, change: dict[str, object], field: str, refusal: type[Exception]
) -> None:
    account("plant", Role.ENTERPRISE_USER, region="", org="E-1")

    with pytest.raises(refusal) as caught:
        delegate(boss, NOW, draft(**change))

    assert caught.value.field == field  # type: ignore[attr-defined]
    assert not Delegation.objects.exists()


def test_one_deputy_is_not_named_twice_for_the_same_days(boss: Actor, deputy: Actor) -> None:
    delegate(boss, NOW, draft())

    with pytest.raises(Conflict, match="already"):
        delegate(boss, NOW, draft(starts_at=NOW + DAY, ends_at=NOW + 9 * DAY))
    delegate(boss, NOW, draft(starts_at=NOW + 3 * DAY, ends_at=NOW + 4 * DAY))


def test_only_those_concerned_and_the_steward_end_it(boss: Actor, deputy: Actor) -> None:
    rows = [delegate(boss, NOW, draft(starts_at=NOW + n * DAY, ends_at=NOW + (n + 1) * DAY)) for n in range(3)]
    with pytest.raises(NotVisible):
        end_delegation(account("other", Role.SUPERVISOR), NOW, rows[0].pk)

    for who, row in zip((boss, deputy, account("steward", Role.DATA_STEWARD)), rows, strict=True):
        end_delegation(who, NOW, row.pk)

    assert [one.actor for one in Event.objects.filter(type="delegation.ended").order_by("seq")] == [
        "boss",
        "deputy",
        "steward",
    ]


def test_each_sees_what_he_gave_and_holds(boss: Actor, deputy: Actor) -> None:
    row = delegate(boss, NOW, draft())

    assert [list(delegations_of(who)) for who in (boss, deputy)] == [[row], [row]]
    assert not delegations_of(account("other", Role.SUPERVISOR)).exists()


def test_citizens_enterprises_and_the_house_have_no_deputies(deputy: Actor) -> None:
    for who in (account("plant", Role.ENTERPRISE_USER, region="", org="E-1"), actor(Role.DISPATCHER), actor()):
        with pytest.raises(NotPermitted):
            delegate(who, NOW, draft())
