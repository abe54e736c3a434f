"""Who can be named, shown and chosen: colleagues, responsible people, demo accounts."""

from __future__ import annotations

import pytest
from tests.apps.city import account, actor, outlet

from qingtian.apps.accounts.actor import PUBLIC_ACTOR, SYSTEM_ACTOR, actor_of
from qingtian.apps.accounts.models import RoleGrant, User
from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.accounts.queries import colleagues, demo_accounts, display_names, verbs_somewhere
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.people import check_responsible
from qingtian.domain.errors import InvalidInput, NotPermitted

pytestmark = pytest.mark.django_db
MAY_WORK = {"dispatcher", "handler", "inspector", "approver", "supervisor", "window", "legal_reviewer", "data_steward"}


@pytest.fixture
def staff(db: None) -> None:
    """One account of every role in one district, one elsewhere, one of an enterprise, one that has left."""
    for role in sorted(set(Role) - {Role.SYSTEM}):
        account(role.value, role, region="420107", org="E-1" if role is Role.ENTERPRISE_USER else "")
    account("far", Role.HANDLER, region="420106")
    account("gone", Role.HANDLER, region="420107")
    User.objects.filter(username="gone").update(is_active=False)


def names(pairs: object) -> set[str]:
    return {user.username for user, _ in pairs}  # type: ignore[attr-defined]


@pytest.mark.usefixtures("staff")
def test_officials_see_all_active_officials() -> None:
    seen = names(colleagues(actor(Role.HANDLER, region="420107")))
    assert seen == {role.value for role in Role} - {"citizen", "enterprise_user", "system"} | {"far"}


@pytest.mark.usefixtures("staff")
def test_for_a_place_only_those_who_could_work_there_are_offered() -> None:
    here = colleagues(SYSTEM_ACTOR, region_code="420107", enterprise_code="E-1", anywhere=False)
    assert names(here) == MAY_WORK
    assert names(colleagues(SYSTEM_ACTOR, region_code="420106", anywhere=False)) == {"far"}
    assert names(colleagues(SYSTEM_ACTOR, region_code="430100", anywhere=False)) == set()


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize("who", [PUBLIC_ACTOR, actor(), actor(Role.ENTERPRISE_USER, org="E-1"), actor(Role.CITIZEN)])
def test_outsiders_do_not_see_the_staff(who: object) -> None:
    with pytest.raises(NotPermitted) as error:
        colleagues(who)  # type: ignore[arg-type]
    assert (error.value.field, bool(error.value.remedy)) == ("actor", True)


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize("name", [*sorted(set(Role) - {Role.SYSTEM}), "far", "gone", "ghost", ""])
def test_who_is_named_responsible_could_work_on_the_case(name: str) -> None:
    stack = outlet()
    place = {"region_code": stack.region_code, "enterprise_code": stack.enterprise_code}
    if name == "" or name in MAY_WORK or name == "enterprise_user":
        check_responsible(name, **place)
        return
    with pytest.raises(InvalidInput) as error:
        check_responsible(name, **place)
    assert (error.value.field, bool(error.value.remedy)) == ("responsible", True)


@pytest.mark.usefixtures("staff")
def test_an_offered_colleague_is_always_accepted() -> None:
    stack = outlet()
    place = {"region_code": stack.region_code, "enterprise_code": stack.enterprise_code}
    for user, _ in colleagues(SYSTEM_ACTOR, anywhere=False, **place):  # type: ignore[arg-type]
        check_responsible(user.username, **place)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", list(Role))
def test_the_verbs_of_a_role_are_its_column_of_the_table(role: Role) -> None:
    assert set(verbs_somewhere(actor(role))) == {verb for verb in Verb if role in TABLE[verb]}


def test_two_roles_have_the_verbs_of_both() -> None:
    both = set(verbs_somewhere(actor(Role.AUDITOR, Role.HANDLER)))
    assert both == set(verbs_somewhere(actor(Role.AUDITOR))) | set(verbs_somewhere(actor(Role.HANDLER)))


def test_names_are_shown_and_who_has_none_keeps_his_username() -> None:
    User.objects.create_user("li", display_name="李四")
    User.objects.create_user("wang")
    assert display_names(["li", "wang", "ghost", "li"]) == {"li": "李四", "wang": "wang"}
    assert display_names([]) == {}


def test_demo_accounts_are_the_simulated_active_ones_with_each_role_once() -> None:
    for name, simulated, active in (("a", True, True), ("b", False, True), ("c", True, False)):
        user = User.objects.create_user(name, simulated=simulated, is_active=active)
        for region in ("420107", "420106"):
            RoleGrant.objects.create(user=user, role=Role.HANDLER, region_code=region)
        RoleGrant.objects.create(user=user, role=Role.APPROVER)
    assert [(user.username, roles) for user, roles in demo_accounts()] == [("a", (Role.HANDLER, Role.APPROVER))]


def test_reading_the_staff_takes_the_same_queries_for_few_and_for_many(django_assert_num_queries: object) -> None:
    for number in range(8):
        account(f"h{number}", Role.HANDLER, Role.INSPECTOR)
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert len(colleagues(SYSTEM_ACTOR)) == 8


def test_an_actor_from_the_list_is_the_actor_of_the_account() -> None:
    account("li", Role.HANDLER, Role.APPROVER, region="420107")
    ((user, who),) = colleagues(SYSTEM_ACTOR)
    assert who == actor_of(user)
