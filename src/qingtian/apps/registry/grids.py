"""Grids: the smallest areas that somebody looks after (网格); which one holds a point, and who keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q
from shapely import STRtree
from shapely.geometry import Point, shape

from qingtian.apps.registry.models import ObjectType, RegistryObject, Relation, RelationKind

SHANGHAI = ZoneInfo("Asia/Shanghai")
KEEPING = (RelationKind.CHIEF_OF, RelationKind.SERVES)


@dataclass(frozen=True, slots=True)
class _Index:
    key: tuple[object, ...]
    tree: STRtree
    rows: tuple[tuple[int, float], ...]  # primary key and area of each outline, in the order of the tree


_kept: _Index | None = None


def grid_of(point: tuple[float, float], at: datetime) -> RegistryObject | None:
    """The grid that holds a point on the legal day of a moment; of several the smallest, then the lower code.

    Args:
        point: degrees east and north, WGS 84.
        at: aware time.
    """
    index = _index()
    hits = [index.rows[int(one)] for one in index.tree.query(Point(*point), predicate="intersects")]
    if not hits:
        return None
    areas = dict(hits)
    standing = RegistryObject.objects.valid_on(at.astimezone(SHANGHAI).date()).filter(pk__in=areas, merged_into=None)
    return min(standing, key=lambda row: (areas[row.pk], row.code), default=None)


def keepers_of(grid: RegistryObject, at: datetime) -> list[RegistryObject]:
    """Organisations and chiefs that look after a grid on the legal day of a moment, chiefs first."""
    day = at.astimezone(SHANGHAI).date()
    ties = (
        Relation.objects.filter(to_object=grid, kind__in=KEEPING, valid_from__lte=day)
        .filter(Q(valid_to=None) | Q(valid_to__gt=day))
        .select_related("from_object")
    )
    return [tie.from_object for tie in sorted(ties, key=lambda tie: (tie.kind, tie.from_object.code))]


def _index() -> _Index:
    # Outlines are read again only when a grid was added or changed.
    global _kept  # noqa: PLW0603  one index for the process
    rows = RegistryObject.objects.filter(type=ObjectType.GRID).exclude(geometry=None)
    counted = rows.aggregate(n=Count("pk"), newest=Max("recorded_at"), last=Max("pk"))
    key = tuple(counted.values())
    if _kept is None or _kept.key != key:
        found = rows.order_by("pk").values_list("pk", "geometry")
        outlines = [(pk, shape(geometry)) for pk, geometry in found if geometry]
        tree = STRtree([one for _, one in outlines])
        _kept = _Index(key, tree, tuple((pk, one.area) for pk, one in outlines))
    return _kept
