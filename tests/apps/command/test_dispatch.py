"""Dispatch by place and load: what is open where, who could take it, how much they have, how far it is."""

from __future__ import annotations

from math import isclose

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.apps.cases.many_ways import complaint, town
from tests.apps.cases.walking import opened
from tests.apps.city import NOW, account, actor, outlet, register

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.assign_case import assign_case
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import visible_case
from qingtian.apps.command.dispatch import (
    Candidate,
    Load,
    Places,
    candidates,
    grid_at,
    items_of,
    loads,
    open_cases,
    point_of,
)
from qingtian.apps.command.todo import Kind
from qingtian.apps.registry.actions.register_object import ObjectDraft, register_object
from qingtian.apps.registry.actions.relate_objects import relate_objects
from qingtian.apps.registry.models import ObjectType, RelationKind
from qingtian.domain.errors import NotPermitted
from qingtian.interfaces.api.present.geo import distance_km

pytestmark = pytest.mark.django_db
DISPATCHER = actor(Role.DISPATCHER, name="dispatch")
HERE = (114.43, 30.63)  # where the test enterprises stand


def at_point(case: Case, lon: float, lat: float) -> Case:
    Case.objects.filter(pk=case.pk).update(lon=lon, lat=lat)
    return visible_case(DISPATCHER, case.pk)


def named(found: list[Candidate], name: str) -> Candidate:
    return next(one for one in found if one.user.username == name)


def three_cases() -> list[Case]:
    """One here, one about nine kilometres east, one about eleven north; nobody has any."""
    cases = [opened(outlet(f"E-{number}")) for number in (1, 2, 3)]
    return [at_point(cases[0], *HERE), at_point(cases[1], 114.53, 30.63), at_point(cases[2], 114.43, 30.73)]


def test_who_has_less_to_do_comes_first_and_of_those_who_have_as_much_the_nearer_one() -> None:
    for name in ("near", "far", "idle"):
        account(name, Role.HANDLER)
    here, east, north = three_cases()
    assign_case(DISPATCHER, NOW, east.pk, "near")
    assign_case(DISPATCHER, NOW, north.pk, "far")
    found = candidates(DISPATCHER, NOW, here)
    assert [one.user.username for one in found] == ["idle", "near", "far"]
    assert named(found, "near").load == Load(open=1)
    assert named(found, "idle").nearest_km is None


def test_the_distance_is_that_on_the_ground() -> None:
    account("near", Role.HANDLER)
    here, east, _ = three_cases()
    assign_case(DISPATCHER, NOW, east.pk, "near")
    told = named(candidates(DISPATCHER, NOW, here), "near").nearest_km
    assert told is not None
    assert isclose(told, distance_km(*HERE, 114.53, 30.63), rel_tol=0.001)
    assert 9 < told < 10


def test_who_keeps_the_grid_comes_before_those_who_do_not_however_much_they_have() -> None:
    register(ObjectDraft(ObjectType.ORGANISATION, "B", "分局", region_code="420107", lon=114.44, lat=30.63))
    ring = [[114.42, 30.62], [114.45, 30.62], [114.45, 30.64], [114.42, 30.64], [114.42, 30.62]]
    area = {"type": "Polygon", "coordinates": [ring]}
    grid = register_object(
        SYSTEM_ACTOR, NOW, ObjectDraft(ObjectType.GRID, "G-1", "工业路网格", region_code="420107", geometry=area)
    )
    keeper = register_object(SYSTEM_ACTOR, NOW, ObjectDraft(ObjectType.ORGANISATION, "K", "街道", region_code="420107"))
    relate_objects(SYSTEM_ACTOR, NOW, keeper.pk, grid.pk, RelationKind.SERVES)
    account("keeps", Role.HANDLER, org="K")
    account("other", Role.HANDLER, org="B")
    here, east, north = three_cases()
    Case.objects.update(org="K", first_org="B")
    assign_case(DISPATCHER, NOW, east.pk, "keeps")
    here = visible_case(DISPATCHER, here.pk)
    found = candidates(DISPATCHER, NOW, here)
    assert [(one.user.username, one.keeper) for one in found] == [("keeps", True), ("other", False)]
    told = grid_at(here, NOW)
    assert told is not None
    assert told.code == "G-1"
    assert grid_at(visible_case(DISPATCHER, north.pk), NOW) is None
    office = named(found, "other").office_km
    assert office is not None
    assert isclose(office, distance_km(*HERE, 114.44, 30.63), rel_tol=0.01)


def test_whose_step_is_next_comes_before_those_who_only_may_be_named() -> None:
    account("inspector", Role.INSPECTOR)
    account("handler", Role.HANDLER)
    here = three_cases()[0]
    assert [(one.user.username, one.awaited) for one in candidates(DISPATCHER, NOW, here)] == [
        ("handler", True),
        ("inspector", False),
    ]


def test_nobody_is_offered_who_has_no_role_there() -> None:
    account("wuchang", Role.HANDLER, region="420106")
    account("auditor", Role.AUDITOR)
    account("factory", Role.ENTERPRISE_USER, region="", org="E-1")
    assert candidates(DISPATCHER, NOW, three_cases()[0]) == []


def test_a_case_without_a_place_is_given_by_load_alone() -> None:
    town()
    case = complaint()
    case = visible_case(DISPATCHER, case.pk)
    assert point_of(case) is None
    found = candidates(DISPATCHER, NOW, case)
    assert found
    assert all(one.nearest_km is None and one.office_km is None and not one.keeper for one in found)


def test_open_cases_are_narrowed_by_charge_person_procedure_place_and_severity() -> None:
    account("near", Role.HANDLER)
    here, east, north = three_cases()
    assign_case(DISPATCHER, NOW, east.pk, "near")
    Case.objects.filter(pk=north.pk).update(severity=4)

    def shown(**more: object) -> set[int]:
        return {row.pk for row in open_cases(DISPATCHER, NOW, Places(**more))}  # type: ignore[arg-type]

    every = {here.pk, east.pk, north.pk}
    assert shown() == shown(template="T1") == shown(region_code="420100") == every
    assert shown(assigned=False) == {here.pk, north.pk}
    assert shown(assigned=True) == shown(responsible="near") == {east.pk}
    assert shown(severity=4) == {north.pk}
    assert shown(template="T2") == shown(region_code="420106") == set()
    assert {one.kind for one in items_of(open_cases(DISPATCHER, NOW, Places()))} == {Kind.CASE}


def test_loads_count_what_is_open_late_near_and_severe_also_of_nobody() -> None:
    account("near", Role.HANDLER)
    _here, east, north = three_cases()
    assign_case(DISPATCHER, NOW, east.pk, "near")
    Case.objects.filter(pk=east.pk).update(next_due_at=NOW.replace(day=23), severity=4)
    Case.objects.filter(pk=north.pk).update(next_due_at=NOW.replace(day=26))
    assert loads(DISPATCHER, NOW) == {"near": Load(1, 1, 0, 1), "": Load(2, 0, 1, 0)}


def test_only_officials_dispatch() -> None:
    here = three_cases()[0]
    with pytest.raises(NotPermitted):
        candidates(actor(Role.ENTERPRISE_USER, org="E-1", name="factory"), NOW, here)
    assert not open_cases(actor(Role.CITIZEN, name="citizen"), NOW, Places())


def test_more_people_and_cases_cost_no_more_questions() -> None:
    here = three_cases()[0]
    account("first", Role.HANDLER, org="B")

    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            candidates(DISPATCHER, NOW, here)
        return len(seen)

    asked()
    before = asked()
    for number in range(6):
        account(f"more{number}", Role.HANDLER, org=f"B{number}")
        at_point(opened(outlet(f"E-1{number}")), 114.4, 30.6 + number / 100)
    assert asked() == before <= 8
