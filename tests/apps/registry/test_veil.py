from __future__ import annotations

import pytest
from tests.apps.city import actor, register

from qingtian.apps.accounts.actor import PUBLIC_ACTOR, Actor
from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.accounts.roles import Role
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.veil import told_point, veiled, veiled_snapshot

pytestmark = pytest.mark.django_db
PHONE, EXACT = "13812345678", (114.3162, 30.5901)
ENTERPRISE = ObjectDraft(
    ObjectType.ENTERPRISE, "E-1", "某厂", region_code="420107", attributes={"phone": PHONE, "contact": "王某"}
)
SURVEY = ObjectDraft(ObjectType.SPECIES_SURVEY, "SP-1", "江豚", region_code="420107", lon=EXACT[0], lat=EXACT[1])


def holders() -> list[tuple[Role, Actor]]:
    return [
        (
            role,
            actor(
                role,
                region="" if role is Role.ENTERPRISE_USER else "420107",
                org="E-1" if role is Role.ENTERPRISE_USER else "",
            ),
        )
        for role in Role
    ]


@pytest.fixture
def company() -> RegistryObject:
    return register(ENTERPRISE)[0]


@pytest.fixture
def survey() -> RegistryObject:
    return register(SURVEY)[0]


@pytest.mark.parametrize(("role", "who"), holders(), ids=lambda one: str(one) if isinstance(one, Role) else "")
def test_a_telephone_number_is_whole_for_those_who_call_and_masked_for_the_rest(
    company: RegistryObject, role: Role, who: Actor
) -> None:
    shown = veiled(who, company).attributes["phone"]

    assert shown == (PHONE if role in TABLE[Verb.READ_PHONE] else "138****5678")
    assert company.attributes["contact"] == "王某"


def test_another_enterprise_and_another_district_get_a_masked_number(company: RegistryObject) -> None:
    for who in (actor(Role.ENTERPRISE_USER, org="E-2"), actor(Role.INSPECTOR, region="420106"), PUBLIC_ACTOR):
        company.refresh_from_db()
        assert veiled(who, company).attributes["phone"] == "138****5678"


@pytest.mark.parametrize(("role", "who"), holders(), ids=lambda one: str(one) if isinstance(one, Role) else "")
def test_a_rare_species_is_told_by_its_cell_to_whoever_needs_no_more(
    survey: RegistryObject, role: Role, who: Actor
) -> None:
    row = veiled(who, survey)

    assert (row.lon, row.lat) == (EXACT if role in TABLE[Verb.READ_EXACT_PLACE] else (114.35, 30.55))


def test_a_line_of_a_list_tells_everybody_the_cell_only(survey: RegistryObject, company: RegistryObject) -> None:
    assert told_point(survey) == (114.35, 30.55)
    assert told_point(company) == (company.lon, company.lat)


def test_earlier_states_are_veiled_too(survey: RegistryObject, company: RegistryObject) -> None:
    auditor = actor(Role.AUDITOR, region="420107")
    place, phone = (veiled_snapshot(auditor, row, row.revisions.get().snapshot) for row in (survey, company))

    assert (place["lon"], place["lat"], place["geometry"]) == ("114.35", "30.55", None)
    assert phone["attributes"]["phone"] == "138****5678"


def test_what_is_veiled_is_not_kept(survey: RegistryObject) -> None:
    veiled(PUBLIC_ACTOR, survey)

    assert RegistryObject.objects.get(pk=survey.pk).lon == EXACT[0]
