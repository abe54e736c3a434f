"""Imports of the register: one bad row refuses all and is named by its place; repeats change nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.apps.city import NOW, actor, enterprise_drafts
from tests.apps.registry.test_registry import STATION, draft

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.apps.registry.actions.register_many import register_many
from qingtian.apps.registry.actions.register_object import ObjectDraft, register_object
from qingtian.apps.registry.models import ObjectType, RegistryObject, RegistryRevision
from qingtian.domain.errors import InvalidInput, NotPermitted

pytestmark = pytest.mark.django_db
GOOD = [*enterprise_drafts("E-1"), *enterprise_drafts("E-2"), STATION]
ENTERPRISE = (ObjectType.ENTERPRISE, "E-1")
OUTLET = (ObjectType.OUTLET, "E-1-DA001")
LIMIT = {"pollutant": "a21002", "cycle": "hour", "limit": "100", "unit": "mg/m3"}

BAD: dict[str, tuple[ObjectDraft, str]] = {
    "no code": (draft(code=" "), "code"),
    "no name": (draft(code="X", name="  "), "code"),
    "unknown parent": (draft(ObjectType.OUTLET, "X", parent=(ObjectType.ENTERPRISE, "E-9")), "parent"),
    "outlet of nothing": (draft(ObjectType.OUTLET, "X"), "parent"),
    "outlet of an outlet": (draft(ObjectType.OUTLET, "X", parent=OUTLET), "parent"),
    "device of an enterprise": (draft(ObjectType.DEVICE, "X1", parent=ENTERPRISE), "parent"),
    "station of an enterprise": (draft(ObjectType.STATION, "X", parent=ENTERPRISE), "parent"),
    "region of an enterprise": (draft(ObjectType.REGION, "420107", parent=ENTERPRISE), "parent"),
    "facility of nothing": (draft(ObjectType.FACILITY, "X"), "parent"),
    "MN with a dot": (draft(ObjectType.DEVICE, "MN.1", parent=OUTLET), "code"),
    "MN of 33": (draft(ObjectType.DEVICE, "9" * 33, parent=OUTLET), "code"),
    "only a longitude": (draft(code="X", lon=114.0), "lon"),
    "only a latitude": (draft(code="X", lat=30.0), "lon"),
    "latitude first": (draft(code="X", lon=30.5, lat=114.3), "lon"),
    "longitude of 181": (draft(code="X", lon=181.0, lat=0.0), "lon"),
    "ends at its start": (draft(code="X", valid_from=date(2025, 1, 2), valid_to=date(2025, 1, 2)), "valid_to"),
    "credit code too short": (draft(code="X", attributes={"uscc": "9142"}), "attributes.uscc"),
    "credit code with O": (draft(code="X", attributes={"uscc": "91420100MA4K0000OU"}), "attributes.uscc"),
    "credit code miscopied": (draft(code="X", attributes={"uscc": "91420100MA4K00002U"}), "attributes.uscc"),
    "untagged meter": (draft(ObjectType.POWER_METER, "X", parent=ENTERPRISE), "attributes.tag"),
    "float deep inside": (draft(code="X", attributes={"a": {"b": [1.5]}}), "$.a.b[0]"),
    "limit without number": (
        draft(
            ObjectType.OUTLET,
            "X",
            parent=ENTERPRISE,
            attributes={"permit_limits": [LIMIT, {**LIMIT, "limit": ""}]},
        ),
        "attributes.permit_limits[1]",
    ),
}


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("place", [3, len(GOOD)])
def test_a_bad_row_refuses_the_whole_import_and_is_named(what: str, place: int) -> None:
    bad, field = BAD[what]
    with pytest.raises(InvalidInput) as error:
        register_many(SYSTEM_ACTOR, NOW, [*GOOD[:place], bad, *GOOD[place:]])
    assert error.value.field == f"drafts[{place}].{field}"
    assert error.value.remedy
    assert not RegistryObject.objects.exists()
    assert not RegistryRevision.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize("what", BAD)
def test_the_same_row_alone_is_refused_by_the_same_field(what: str) -> None:
    register_many(SYSTEM_ACTOR, NOW, GOOD)
    bad, field = BAD[what]
    with pytest.raises(InvalidInput) as error:
        register_object(SYSTEM_ACTOR, NOW, bad)
    assert (error.value.field, bool(error.value.remedy)) == (field, True)
    assert RegistryObject.objects.count() == len(GOOD)


def test_a_growing_import_adds_only_what_is_new() -> None:
    register_many(SYSTEM_ACTOR, NOW, GOOD[:3])
    rows = register_many(SYSTEM_ACTOR, NOW, GOOD)
    assert [row.code for row in rows] == [one.code for one in GOOD]
    assert [event.payload["count"] for event in Event.objects.order_by("seq")] == [3, 4]
    assert register_many(SYSTEM_ACTOR, NOW, GOOD) == rows
    assert Event.objects.count() == 2


def test_a_changed_row_of_a_repeated_import_changes_nothing() -> None:
    register_many(SYSTEM_ACTOR, NOW, GOOD)
    register_many(SYSTEM_ACTOR, NOW, [replace(GOOD[0], name="别名"), *GOOD[1:]])
    assert RegistryObject.objects.get(type="enterprise", code="E-1").name == GOOD[0].name


def test_a_row_twice_in_one_file_is_one_object() -> None:
    rows = register_many(SYSTEM_ACTOR, NOW, [*GOOD[:1], *GOOD])
    assert rows[0].pk == rows[1].pk
    assert RegistryObject.objects.count() == len(GOOD)


def test_blanks_around_a_code_do_not_make_another_object() -> None:
    register_many(SYSTEM_ACTOR, NOW, GOOD)
    rows = register_many(SYSTEM_ACTOR, NOW, [replace(one, code=f" {one.code} ") for one in GOOD])
    assert [row.code for row in rows] == [one.code for one in GOOD]
    assert RegistryObject.objects.count() == len(GOOD)


def test_blanks_around_a_code_are_no_part_of_the_enterprise_or_the_region() -> None:
    spaced = [replace(one, code=f"{one.code} ") for one in enterprise_drafts("E-7")[:1]]
    (company,) = register_many(SYSTEM_ACTOR, NOW, spaced)
    assert (company.code, company.enterprise_code) == ("E-7", "E-7")
    region = register_object(SYSTEM_ACTOR, NOW, draft(ObjectType.REGION, " 420111 ", name="洪山区"))
    assert (region.code, region.region_code) == ("420111", "420111")
    owner = actor(Role.ENTERPRISE_USER, org="E-7")
    assert RegistryObject.objects.visible_to(owner).filter(code="E-7").exists()


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DATA_STEWARD, Role.SYSTEM}))
def test_only_a_steward_of_the_whole_house_imports(role: Role) -> None:
    with pytest.raises(NotPermitted):
        register_many(actor(role), NOW, GOOD)
    with pytest.raises(NotPermitted):
        register_many(actor(Role.DATA_STEWARD, region="420107"), NOW, GOOD)
    assert not RegistryObject.objects.exists()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(len(GOOD))))
def test_an_order_is_accepted_exactly_when_parents_come_first(order: list[int]) -> None:
    drafts: list[Any] = [GOOD[index] for index in order]
    known: set[tuple[str, str]] = set()
    first_bad = None
    for index, one in enumerate(drafts):
        if one.parent is not None and one.parent not in known:
            first_bad = index
            break
        known.add((one.type, one.code))
    with transaction.atomic():
        if first_bad is None:
            assert len(register_many(SYSTEM_ACTOR, NOW, drafts)) == len(GOOD)
        else:
            with pytest.raises(InvalidInput) as error:
                register_many(SYSTEM_ACTOR, NOW, drafts)
            assert error.value.field == f"drafts[{first_bad}].parent"
        transaction.set_rollback(True)  # the register forgets nothing: the next order begins with an empty one
