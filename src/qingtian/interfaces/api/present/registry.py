"""The register as the API shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.registry.actions.change_device import device_revision
from qingtian.apps.registry.actions.merge_objects import HOLDS_VALUES
from qingtian.apps.registry.geometry import inner_point
from qingtian.apps.registry.models import RegistryObject, Relation, RelationKind
from qingtian.apps.registry.queries import object_by_code
from qingtian.apps.registry.revisions import SECRETS
from qingtian.apps.registry.rights import registers_somewhere
from qingtian.apps.registry.search import Criteria, likely_pairs, search_objects
from qingtian.apps.registry.veil import all_veiled, veiled
from qingtian.domain.objects import ObjectField, ObjectTypeRow
from qingtian.interfaces.api.paging import paged_rows
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.base import Choice
from qingtian.interfaces.api.schemas.registry import (
    DuplicateOut,
    GeoFeature,
    GeoFeatures,
    ObjectDetail,
    ObjectFieldOut,
    ObjectFilters,
    ObjectPage,
    ObjectRow,
    ObjectTypeOut,
    RelationOut,
)
from qingtian.packs import load_packs
from qingtian.packs.objects import object_fields, object_type, object_types

SHOWN_PARTS = 100  # of one object; the list of the type has them all
SORTABLE: Mapping[str, str] = {
    "code": "code",
    "name": "name",
    "region": "region_code",
    "parent": "parent__code",
    "valid_from": "valid_from",
    "recorded_at": "recorded_at",
}


def types_out(actor: Actor) -> list[ObjectTypeOut]:
    """Every type of object with its fields, and how many of it the reader may see."""
    packs = load_packs()
    visible = RegistryObject.objects.visible_to(actor).filter(valid_to=None)
    counts = Counter(visible.order_by().values_list("type", flat=True))
    allowed = registers_somewhere(actor)
    return [_type_out(row, object_fields(packs, row.type), counts, allowed=allowed) for row in object_types(packs)]


def _type_out(
    row: ObjectTypeRow, fields: Iterable[ObjectField], counts: Mapping[str, int], *, allowed: bool
) -> ObjectTypeOut:
    return ObjectTypeOut(
        type=row.type,
        name_zh=row.name_zh,
        name_en=row.name_en,
        parents=list(row.parents),
        shape=row.shape,
        public=row.public,
        code_zh=row.code_zh,
        code_en=row.code_en,
        fields=[_field_out(field) for field in fields],
        objects=counts.get(row.type, 0),
        mergeable=row.type not in HOLDS_VALUES,
        may_register=allowed,
    )


def _field_out(field: ObjectField) -> ObjectFieldOut:
    return ObjectFieldOut(
        name=field.name,
        label_zh=field.label_zh,
        label_en=field.label_en,
        kind=field.kind,
        unit=field.unit,
        required=field.required,
        choices=[Choice(value=one.value, label_zh=one.label_zh, label_en=one.label_en) for one in field.choices],
        minimum=None if field.minimum is None else str(field.minimum),
        maximum=None if field.maximum is None else str(field.maximum),
        identifier=field.identifier,
        pattern=field.pattern,
    )


def criteria_of(filters: ObjectFilters) -> Criteria:
    """The filters of the list as what the register is searched by.

    Raises:
        InvalidInput: there is no such type.
    """
    object_type(load_packs(), filters.type)
    return Criteria(
        filters.type,
        region=filters.region or "",
        enterprise=filters.enterprise or "",
        parent=filters.parent or "",
        on=filters.on,
        ended=bool(filters.ended),
        simulated=filters.simulated,
        text=filters.q or "",
    )


def object_page(actor: Actor, filters: ObjectFilters) -> ObjectPage:
    """A page of objects."""
    rows = search_objects(actor, criteria_of(filters)).order_by("code")
    page, total = paged_rows(rows, filters, SORTABLE)
    return ObjectPage(
        items=object_rows(all_veiled(actor, page)), total=total, page=filters.page, page_size=filters.page_size
    )


def object_rows(rows: Iterable[RegistryObject]) -> list[ObjectRow]:
    """Objects with the names of their places."""
    listed = list(rows)
    names = PlaceNames(listed)
    return [ObjectRow(**row_fields(row, names)) for row in listed]


def row_fields(row: RegistryObject, names: PlaceNames) -> dict[str, Any]:
    """What a list shows of an object; secrets of devices never leave the register."""
    return names.place(row).model_dump() | {
        "id": row.pk,
        "lon": row.lon,  # as veiled for the reader
        "lat": row.lat,
        "region_source": row.region_source,
        "parent_type": row.parent.type if row.parent else "",
        "parent_code": row.parent.code if row.parent else "",
        "parent_name": row.parent.name if row.parent else "",
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "merged_into": row.merged_into.code if row.merged_into else "",
        "attributes": {name: value for name, value in row.attributes.items() if name not in SECRETS},
        "recorded_at": row.recorded_at,
    }


def object_detail(actor: Actor, kind: str, code: str) -> ObjectDetail:
    """One object with its parts, relations and what was merged into it.

    Raises:
        NotVisible: there is no such object.
    """
    row = veiled(actor, found(actor, kind, code))
    visible = RegistryObject.objects.visible_to(actor)
    parts = visible.filter(parent=row, valid_to=None).order_by("type", "code")
    merged = list(visible.filter(merged_into=row).order_by("code"))
    shown = list(parts[:SHOWN_PARTS])
    ties = _relations(actor, row)
    names = PlaceNames([row, *shown, *merged, *(tie[1] for tie in ties)])
    return ObjectDetail(
        **row_fields(row, names),
        geometry=row.geometry,
        parent=names.place(row.parent) if row.parent else None,
        parts=[names.place(one) for one in shown],
        parts_total=parts.count(),
        relations=[_relation_out(tie, other, row, names) for tie, other in ties],
        merged=[names.place(one) for one in merged],
        revision=device_revision(row),
        may_update=may(actor, Verb.UPDATE_OBJECT, region_code=row.region_code, enterprise_code=row.enterprise_code),
    )


def found(actor: Actor, kind: str, code: str) -> RegistryObject:
    """An object by type and code.

    Raises:
        InvalidInput: there is no such type.
        NotVisible: there is no such object.
    """
    object_type(load_packs(), kind)
    return object_by_code(actor, kind, code)


def _relations(actor: Actor, row: RegistryObject) -> list[tuple[Relation, RegistryObject]]:
    ties = list(
        Relation.objects.filter(Q(from_object=row) | Q(to_object=row))
        .select_related("from_object", "to_object")
        .order_by("valid_to", "kind", "id")
    )
    ends = {end for tie in ties for end in (tie.from_object_id, tie.to_object_id)}
    visible = set(RegistryObject.objects.visible_to(actor).filter(pk__in=ends).values_list("pk", flat=True))
    others = [(tie, tie.to_object if tie.from_object_id == row.pk else tie.from_object) for tie in ties]
    return [(tie, other) for tie, other in others if other.pk in visible]


def _relation_out(tie: Relation, other: RegistryObject, row: RegistryObject, names: PlaceNames) -> RelationOut:
    return RelationOut(
        id=tie.pk,
        kind=RelationKind(tie.kind),
        outgoing=tie.from_object_id == row.pk,
        other=names.place(other),
        valid_from=tie.valid_from,
        valid_to=tie.valid_to,
    )


def duplicates(actor: Actor, kind: str, region: str) -> list[DuplicateOut]:
    """Pairs of objects of a type that may be one, the likeliest first."""
    object_type(load_packs(), kind)
    pairs = likely_pairs(actor, kind, region=region)
    names = PlaceNames([row for pair in pairs for row in (pair.one, pair.other)])
    return [
        DuplicateOut(
            one=names.place(pair.one),
            other=names.place(pair.other),
            points=pair.likeness.points,
            signs=list(pair.likeness.signs),
            distance_m=pair.likeness.distance_m,
        )
        for pair in pairs
    ]


def features(actor: Actor, filters: ObjectFilters) -> GeoFeatures:
    """The objects of the list that have a place, as GeoJSON."""
    rows = list(search_objects(actor, criteria_of(filters)).order_by("code"))
    placed = [one for one in (_feature(veiled(actor, row)) for row in rows) if one is not None]
    return GeoFeatures(features=placed, total=len(rows), without_place=len(rows) - len(placed))


def _feature(row: RegistryObject) -> GeoFeature | None:
    own = None if row.lon is None or row.lat is None else (row.lon, row.lat)
    mark = own or inner_point(row.geometry)
    if mark is None:
        return None
    properties = {"type": row.type, "code": row.code, "name": row.name, "name_en": row.name_en or row.name}
    return GeoFeature(
        geometry=row.geometry or {"type": "Point", "coordinates": list(mark)},
        properties=properties | {"simulated": row.simulated, "lon": mark[0], "lat": mark[1]},
    )
