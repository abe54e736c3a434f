"""The register: types, objects, histories, duplicates, imports."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from qingtian.apps.registry.importing import Outcome
from qingtian.apps.registry.models import RelationKind
from qingtian.domain.objects import FaultCode, FieldKind, Shape, Sign
from qingtian.interfaces.api.paging import PageQuery
from qingtian.interfaces.api.schemas.base import Choice, CityTime, Input, Page, Schema, Sent
from qingtian.interfaces.api.schemas.places import PlaceOut

MAX_QUERY = 100


class ObjectFilters(PageQuery):
    """Which objects of the register."""

    type: str = Field("enterprise", max_length=24, description="code of the type")
    region: str | None = Field(None, max_length=12, description="GB/T 2260 code; a city contains its districts")
    enterprise: str | None = Field(None, max_length=64)
    parent: str | None = Field(None, max_length=64, description="code of the object that it is part of")
    on: date | None = Field(None, description="objects that existed on this day")
    ended: bool | None = Field(
        None, description="true: only those that have ended; false or left out: those that exist"
    )
    simulated: bool | None = None
    q: str | None = Field(None, max_length=MAX_QUERY, description="part of a code, name or identifier")


class ObjectExport(ObjectFilters):
    """Filters of the list and options of the file."""

    bom: bool = Field(True, description="begin with a byte order mark, so that Excel reads UTF-8")


class ObjectFieldOut(Schema):
    """A field of a type."""

    name: str
    label_zh: str
    label_en: str
    kind: FieldKind
    unit: str
    required: bool
    choices: list[Choice]
    minimum: str | None
    maximum: str | None
    identifier: bool
    pattern: str


class ObjectTypeOut(Schema):
    """A type of object."""

    type: str
    name_zh: str
    name_en: str
    parents: list[str] = Field(description="types that it may be part of; `none` when it may stand alone")
    shape: Shape
    public: bool
    code_zh: str
    code_en: str
    fields: list[ObjectFieldOut]
    objects: int = Field(description="that exist and that you may see")
    mergeable: bool
    may_register: bool


class ObjectRow(PlaceOut):
    """An object in a list."""

    id: int
    region_source: str
    parent_type: str
    parent_code: str
    parent_name: str
    valid_from: date
    valid_to: date | None
    merged_into: str = Field(description="code of the object that stands for it; empty if none")
    attributes: dict[str, Any]
    recorded_at: CityTime


class ObjectPage(Page[ObjectRow]):
    """A page of objects."""


class RelationOut(Schema):
    """A relation, seen from one of its ends."""

    id: int
    kind: RelationKind
    outgoing: bool
    other: PlaceOut
    valid_from: date
    valid_to: date | None


class ObjectDetail(ObjectRow):
    """One object of the register."""

    geometry: dict[str, Any] | None
    parent: PlaceOut | None
    parts: list[PlaceOut]
    parts_total: int
    relations: list[RelationOut]
    merged: list[PlaceOut] = Field(description="objects that were merged into it")
    revision: int = Field(description="number of the newest state; send it with a change")
    may_update: bool


class FieldDifference(Schema):
    """What a change did to a field."""

    field: str
    label_zh: str
    label_en: str
    before: str
    after: str


class ObjectRevisionOut(Schema):
    """A state that an object had."""

    recorded_at: CityTime
    actor: str
    event: str
    reason: str
    differences: list[FieldDifference]


class ObjectIn(Input):
    """An object that is to be registered."""

    type: str = Field(max_length=24)
    code: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=200)
    name_en: str = Field("", max_length=200)
    parent_type: str | None = Field(None, max_length=24)
    parent_code: str | None = Field(None, max_length=64)
    region_code: str = Field("", max_length=12, description="empty: the outline that holds the place decides")
    lon: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
    geometry: dict[str, Any] | None = None
    attributes: dict[str, Any] = Field(default_factory=dict)
    valid_from: date | None = None
    valid_to: date | None = None


class ObjectChange(Input):
    """A change of an object; what is not named stays."""

    revision: int
    reason: str = Field(min_length=1, max_length=500)
    name: str | None = Field(None, min_length=1, max_length=200)
    name_en: str | None = Field(None, max_length=200)
    region_code: str | None = Field(None, max_length=12)
    lon: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
    geometry: dict[str, Any] | None = None
    attributes: dict[str, Any] = Field(default_factory=dict, description="new value by field; null removes the field")
    valid_from: date | None = None
    valid_to: date | None = None


class ObjectMergeIn(Input):
    """Which object is the same."""

    duplicate: str = Field(min_length=1, max_length=64, description="code of the object that ends")
    reason: str = Field(min_length=1, max_length=500)


class ObjectReasonIn(Input):
    """Why."""

    reason: str = Field(min_length=1, max_length=500)


class RelationIn(Input):
    """A relation to another object."""

    kind: RelationKind
    to_type: str = Field(max_length=24)
    to_code: str = Field(min_length=1, max_length=64)
    valid_from: date | None = None


class DuplicateOut(Schema):
    """Two objects that may be one."""

    one: PlaceOut
    other: PlaceOut
    points: int
    signs: list[Sign]
    distance_m: int | None


class ObjectImportIn(Sent):
    """How a file is taken in."""

    type: str = Field(max_length=24)
    dry_run: bool = True
    update: bool = Field(False, description="existing objects take the cells that differ; blank cells never count")
    skip_faulty: bool = Field(False, description="take the good rows although others are faulty")


class ObjectFaultOut(Schema):
    """What is wrong with a cell."""

    field: str
    label_zh: str
    label_en: str
    code: FaultCode
    value: str
    reason_zh: str
    reason_en: str
    remedy_en: str


class ImportedObject(Schema):
    """A row of the file and what becomes of it."""

    line: int
    code: str
    name: str
    outcome: Outcome
    faults: list[ObjectFaultOut]
    differences: list[FieldDifference]


class ObjectImportOut(Schema):
    """A file against the register."""

    type: str
    dry_run: bool
    counts: dict[Outcome, int]
    unknown_columns: list[str]
    rows: list[ImportedObject]


class GeoFeature(Schema):
    """An object on the map."""

    type: str = "Feature"
    geometry: dict[str, Any]
    properties: dict[str, Any] = Field(
        description="type, code, name, name_en, simulated; lon and lat of its mark, degrees WGS 84"
    )


class GeoFeatures(Schema):
    """Objects on the map as GeoJSON."""

    type: str = "FeatureCollection"
    features: list[GeoFeature]
    total: int
    without_place: int
