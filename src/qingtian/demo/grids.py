"""Simulated grids of the demo city: one for each district, in its real outline, kept by the simulated bureau."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.actions.relate_objects import relate_objects
from qingtian.apps.registry.models import ObjectType, RegistryObject, Relation, RelationKind
from qingtian.demo.people import OFFICES
from qingtian.demo.sources import districts_path

SINCE = date(2018, 1, 1)
KEEPER = OFFICES[0].code


def grid_drafts() -> Iterator[ObjectDraft]:
    """A grid for each district."""
    for feature in json.loads(districts_path().read_text("utf-8"))["features"]:
        fields = feature["properties"]
        yield ObjectDraft(
            ObjectType.GRID,
            f"SIM-GRID-{fields['adcode']}",
            f"{fields['name']}网格（模拟）",
            f"Grid {fields['adcode']} (simulated)",
            parent=(ObjectType.REGION, fields["adcode"]),
            region_code=fields["adcode"],
            simulated=True,
            valid_from=SINCE,
            geometry=feature["geometry"],
        )


def seed_keepers(at: datetime) -> None:
    """Give every grid its keeper; a repeated call changes nothing."""
    keeper = RegistryObject.objects.get(type=ObjectType.ORGANISATION, code=KEEPER)
    kept = Relation.objects.filter(from_object=keeper, kind=RelationKind.SERVES, valid_to=None)
    rest = RegistryObject.objects.filter(type=ObjectType.GRID, simulated=True)
    for grid in rest.exclude(pk__in=kept.values("to_object")).order_by("code"):
        relate_objects(SYSTEM_ACTOR, at, keeper.pk, grid.pk, RelationKind.SERVES, valid_from=SINCE)
