"""Lists of the register: names, sites, devices, what a search finds."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.apps.city import NOW, actor, enterprise_drafts, register
from tests.apps.registry.test_registry import STATION, STEWARD, draft

from qingtian.apps.accounts.actor import PUBLIC_ACTOR, SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.registry.actions.update_object import update_object
from qingtian.apps.registry.listing import (
    NAMELESS,
    Name,
    devices_at,
    enterprise_names,
    objects_of,
    region_names,
    visible_site,
)
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import object_by_code, visible_object
from qingtian.apps.registry.revisions import as_known_at
from qingtian.domain.errors import NotVisible

pytestmark = pytest.mark.django_db


@pytest.fixture
def city(db: None) -> dict[str, RegistryObject]:
    rows = register(
        draft(ObjectType.REGION, "420107", name="青山区", name_en="Qingshan", region_code=""),
        draft(ObjectType.REGION, "420106", name="武昌区", region_code=""),
        *enterprise_drafts("E-1", "420107"),
        *enterprise_drafts("E-2", "420106"),
        STATION,
    )
    return {row.code: row for row in rows}


def codes(rows: object) -> list[str]:
    return [row.code for row in rows]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("region", "text", "enterprise", "expected"),
    [
        ("", "", "", ["E-1", "E-2"]),
        ("420100", "", "", ["E-1", "E-2"]),
        ("420107", "", "", ["E-1"]),
        ("430000", "", "", []),
        ("", "e-2", "", ["E-2"]),
        ("", " QINGSHAN ", "", ["E-1", "E-2"]),
        ("", "热电", "", ["E-1", "E-2"]),
        ("", "", "E-2", ["E-2"]),
        ("420107", "", "E-2", []),
        ("", "%", "", []),
    ],
)
def test_a_list_is_narrowed_by_region_text_and_enterprise(
    city: dict[str, RegistryObject], region: str, text: str, enterprise: str, expected: list[str]
) -> None:
    rows = objects_of(SYSTEM_ACTOR, ObjectType.ENTERPRISE, region_code=region, text=text, enterprise_code=enterprise)
    assert codes(rows) == expected


def test_what_has_ended_leaves_the_lists_but_not_its_page(city: dict[str, RegistryObject]) -> None:
    stack = city["E-1-DA001"]
    update_object(STEWARD, NOW, stack.pk, {"valid_to": date(2025, 11, 1)}, reason="拆除")
    assert codes(objects_of(SYSTEM_ACTOR, ObjectType.OUTLET)) == ["E-2-DA001"]
    assert visible_object(SYSTEM_ACTOR, stack.pk).valid_to == date(2025, 11, 1)
    assert object_by_code(SYSTEM_ACTOR, ObjectType.OUTLET, "E-1-DA001").pk == stack.pk


@pytest.mark.parametrize("code", ["E-1-DA001", "1325A"])
def test_a_site_is_what_an_observation_is_about(city: dict[str, RegistryObject], code: str) -> None:
    site = visible_site(SYSTEM_ACTOR, code)
    assert site is not None and site.code == code


@pytest.mark.parametrize("code", ["E-1", "MNE10001", "420107", "nowhere", ""])
def test_enterprises_devices_and_regions_are_no_sites(city: dict[str, RegistryObject], code: str) -> None:
    assert visible_site(SYSTEM_ACTOR, code) is None


def test_devices_are_listed_by_what_they_measure(city: dict[str, RegistryObject]) -> None:
    stacks = [city["E-1-DA001"], city["E-2-DA001"]]
    assert codes(devices_at(SYSTEM_ACTOR, stacks)) == ["MNE10001", "MNE20001"]
    assert codes(devices_at(SYSTEM_ACTOR, stacks[:1])) == ["MNE10001"]
    assert codes(devices_at(SYSTEM_ACTOR, [])) == []
    assert codes(devices_at(actor(Role.ENTERPRISE_USER, org="E-2"), stacks)) == ["MNE20001"]
    assert codes(devices_at(PUBLIC_ACTOR, stacks)) == []


def test_names_come_in_both_languages_and_fall_back_to_chinese(city: dict[str, RegistryObject]) -> None:
    assert region_names() == {"420107": Name("青山区", "Qingshan"), "420106": Name("武昌区", "武昌区")}
    assert enterprise_names(["E-1", "", "E-9"]) == {"E-1": Name("青山E-1热电", "Qingshan E-1 Power")}
    assert enterprise_names([]) == {}
    assert enterprise_names(["E-9"]).get("E-9", NAMELESS) == NAMELESS


def test_a_lock_needs_the_same_sight(city: dict[str, RegistryObject]) -> None:
    stack = city["E-1-DA001"]
    assert visible_object(SYSTEM_ACTOR, stack.pk, lock=True) == stack
    with pytest.raises(NotVisible) as error:
        visible_object(actor(Role.HANDLER, region="420106"), stack.pk, lock=True)
    assert (error.value.field, bool(error.value.remedy)) == ("object", True)


def test_every_correction_can_be_read_as_known_on_its_day(city: dict[str, RegistryObject]) -> None:
    stack = city["E-1-DA001"]
    names = [f"名字{number}" for number in range(5)]
    for number, name in enumerate(names):
        update_object(STEWARD, NOW + timedelta(days=number), stack.pk, {"name": name}, reason="更名")
    stack.refresh_from_db()
    for number, name in enumerate(names):
        known = as_known_at(stack, NOW + timedelta(days=number, hours=23))
        assert known is not None and known["name"] == name
    assert stack.revisions.count() == 6
    first = as_known_at(stack, NOW - timedelta(days=1))
    assert first is not None and first["name"] == "E-1 1号排口"


def test_two_corrections_at_one_moment_leave_the_later_one(city: dict[str, RegistryObject]) -> None:
    stack = city["E-1-DA001"]
    for name in ("先", "后"):
        update_object(STEWARD, NOW, stack.pk, {"name": name}, reason="更名")
    known = as_known_at(stack, NOW)
    assert known is not None and known["name"] == "后"
