"""What the database filters is what the rule says, for any roles in any scopes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.apps.cases.walking import opened
from tests.apps.city import enterprise_drafts, found, register
from tests.apps.registry.test_registry import STATION

from qingtian.apps.accounts.actor import UNOFFICIAL, Actor, Grant
from qingtian.apps.accounts.roles import Role
from qingtian.apps.accounts.scope import region_contains
from qingtian.apps.cases.models import Case
from qingtian.apps.findings.models import Finding
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.visibility import public_types

pytestmark = pytest.mark.django_db
REGIONS = ["", "420000", "420100", "420106", "420107", "430100"]
GRANTS = st.builds(
    Grant,
    role=st.sampled_from(list(Role)),
    region_code=st.sampled_from(REGIONS),
    org=st.sampled_from(["", "E-1", "E-2", "E-9"]),
    case_type=st.sampled_from(["", "T1", "T2"]),
)
ACTORS = st.lists(GRANTS, max_size=3).map(lambda grants: Actor(1, "somebody", tuple(grants)))
many = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def city(db: None) -> Iterator[list[RegistryObject]]:
    """Two enterprises in two districts, one outside the city, and a station; each outlet has a finding and a case."""
    rows = register(
        *enterprise_drafts("E-1", "420107"),
        *enterprise_drafts("E-2", "420106"),
        *enterprise_drafts("E-3", "430104"),
        STATION,
    )
    for row in rows:
        if row.type == "outlet":
            found(row, parameter="a21026")
            opened(row)
    yield rows


def governs(who: Actor, row: RegistryObject, case_type: str = "") -> bool:
    """The rule in words: an official role whose region and organisation hold the object, or the own enterprise."""
    for grant in who.grants:
        if grant.role is Role.ENTERPRISE_USER and grant.org and grant.org == row.enterprise_code:
            return True
        if grant.role in UNOFFICIAL:
            continue
        in_region = region_contains(grant.region_code, row.region_code)
        in_org = not grant.org or grant.org == row.enterprise_code
        in_kind = not case_type or not grant.case_type or grant.case_type == case_type
        if in_region and in_org and in_kind:
            return True
    return False


@many
@given(who=ACTORS)
def test_the_register_shows_what_is_governed_and_what_is_public(city: list[RegistryObject], who: Actor) -> None:
    expected = {row.pk for row in city if row.type in public_types() or governs(who, row)}
    assert set(RegistryObject.objects.visible_to(who).values_list("pk", flat=True)) == expected


@many
@given(who=ACTORS)
def test_findings_and_cases_show_only_what_is_governed(city: list[RegistryObject], who: Actor) -> None:
    findings = {row.pk for row in Finding.objects.select_related("object") if governs(who, row.object)}
    cases = {row.pk for row in Case.objects.select_related("object") if governs(who, row.object, row.template)}
    assert set(Finding.objects.visible_to(who).values_list("pk", flat=True)) == findings
    assert set(Case.objects.visible_to(who).values_list("pk", flat=True)) == cases


@many
@given(who=ACTORS)
def test_nobody_holds_a_role_for_a_case_that_he_cannot_see(city: list[RegistryObject], who: Actor) -> None:
    seen = set(Case.objects.visible_to(who).values_list("pk", flat=True))
    for case in Case.objects.select_related("object"):
        roles = who.roles_at(
            region_code=case.object.region_code, enterprise_code=case.object.enterprise_code, case_type=case.template
        )
        if roles - {Role.CITIZEN}:
            assert case.pk in seen
