"""Earlier states of objects: what was known when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qingtian.apps.registry.models import RegistryObject, RegistryRevision

FIELDS = ("type", "code", "name", "name_en", "region_code", "enterprise_code", "attributes", "simulated")


def snapshot(row: RegistryObject) -> dict[str, Any]:
    """An object as plain values; coordinates as text, since evidence holds no binary floats."""
    values: dict[str, Any] = {name: getattr(row, name) for name in FIELDS}
    return values | {
        "lon": None if row.lon is None else repr(row.lon),
        "lat": None if row.lat is None else repr(row.lat),
        "parent": None if row.parent is None else f"{row.parent.type}:{row.parent.code}",
        "valid_from": row.valid_from.isoformat(),
        "valid_to": None if row.valid_to is None else row.valid_to.isoformat(),
    }


def add_revision(row: RegistryObject, at: datetime) -> RegistryRevision:
    """Keep the state of an object as recorded at a moment."""
    return RegistryRevision.objects.create(
        object=row, recorded_at=at, valid_from=row.valid_from, snapshot=snapshot(row)
    )


def as_known_at(row: RegistryObject, at: datetime) -> dict[str, Any] | None:
    """The object as it was known at a moment; None if it was not known yet."""
    revision = row.revisions.filter(recorded_at__lte=at).order_by("-recorded_at", "-id").first()
    return revision.snapshot if revision else None
