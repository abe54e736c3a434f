from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.apps.city import NOW, register

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.registry.actions.end_relation import end_relation
from qingtian.apps.registry.actions.register_object import ObjectDraft, register_object
from qingtian.apps.registry.actions.relate_objects import relate_objects
from qingtian.apps.registry.actions.update_object import update_object
from qingtian.apps.registry.grids import grid_of, keepers_of
from qingtian.apps.registry.models import ObjectType, RelationKind
from qingtian.domain.errors import InvalidInput

pytestmark = pytest.mark.django_db


def square(west: float, south: float, side: float) -> dict[str, Any]:
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def grid(code: str, west: float, south: float, side: float) -> ObjectDraft:
    return ObjectDraft(ObjectType.GRID, code, f"{code}网格", region_code="420107", geometry=square(west, south, side))


def test_a_point_lies_in_the_smallest_grid_that_holds_it() -> None:
    register(grid("G-1", 114.0, 30.0, 1.0), grid("G-1-1", 114.4, 30.6, 0.1))

    inner, outer = grid_of((114.45, 30.65), NOW), grid_of((114.1, 30.1), NOW)

    assert inner is not None and inner.code == "G-1-1"
    assert outer is not None and outer.code == "G-1"
    assert grid_of((113.0, 30.0), NOW) is None


def test_a_border_belongs_to_the_grid_with_the_lower_code() -> None:
    register(grid("G-2", 114.0, 30.0, 0.5), grid("G-1", 114.5, 30.0, 0.5))

    found = grid_of((114.5, 30.2), NOW)

    assert found is not None and found.code == "G-1"


def test_a_grid_that_is_drawn_anew_is_found_at_its_new_place() -> None:
    row = register(grid("G-1", 114.0, 30.0, 0.1))[0]
    assert grid_of((114.05, 30.05), NOW) == row

    update_object(SYSTEM_ACTOR, NOW, row.pk, {"geometry": square(115.0, 31.0, 0.1)}, reason="redrawn")

    assert grid_of((114.05, 30.05), NOW) is None
    assert grid_of((115.05, 31.05), NOW) == row


def test_a_grid_counts_from_its_first_day_to_the_day_before_its_end() -> None:
    row = register_object(SYSTEM_ACTOR, NOW, grid("G-1", 114.0, 30.0, 0.1))

    assert grid_of((114.05, 30.05), NOW - timedelta(days=1)) is None
    update_object(SYSTEM_ACTOR, NOW, row.pk, {"valid_to": NOW.date() + timedelta(days=9)}, reason="merged")
    assert grid_of((114.05, 30.05), NOW + timedelta(days=8)) == row
    assert grid_of((114.05, 30.05), NOW + timedelta(days=9)) is None


def test_the_keepers_of_a_grid_are_those_whose_relation_runs() -> None:
    row, office, chief = register(
        grid("G-1", 114.0, 30.0, 0.1),
        ObjectDraft(ObjectType.ORGANISATION, "FB-1", "青山分局", region_code="420107"),
        ObjectDraft(ObjectType.CHIEF, "CH-1", "张三", attributes={"kind": "river", "level": "town"}),
    )
    served = relate_objects(SYSTEM_ACTOR, NOW, office.pk, row.pk, RelationKind.SERVES)
    relate_objects(SYSTEM_ACTOR, NOW, chief.pk, row.pk, RelationKind.CHIEF_OF)

    assert keepers_of(row, NOW) == [chief, office]
    end_relation(SYSTEM_ACTOR, NOW, served.pk, reason="moved")
    assert keepers_of(row, NOW + timedelta(days=1)) == [chief]


def test_a_grid_is_an_area() -> None:
    line = {"type": "LineString", "coordinates": [[114.0, 30.0], [114.1, 30.1]]}

    with pytest.raises(InvalidInput, match="no LineString"):
        register(ObjectDraft(ObjectType.GRID, "G-1", "x", region_code="420107", geometry=line))
