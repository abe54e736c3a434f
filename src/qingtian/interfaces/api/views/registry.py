"""The register: types, objects, relations, merging, files."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from qingtian.apps.registry.actions.end_relation import end_relation
from qingtian.apps.registry.actions.merge_objects import merge_objects, part_objects
from qingtian.apps.registry.actions.register_object import ObjectDraft, register_object
from qingtian.apps.registry.actions.relate_objects import relate_objects
from qingtian.apps.registry.actions.revise_object import revise_object
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.present import registry as present
from qingtian.interfaces.api.present import registry_import
from qingtian.interfaces.api.present.registry_exports import objects_csv
from qingtian.interfaces.api.present.registry_history import history
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.registry import (
    DuplicateOut,
    GeoFeatures,
    ObjectChange,
    ObjectDetail,
    ObjectExport,
    ObjectFilters,
    ObjectImportIn,
    ObjectImportOut,
    ObjectIn,
    ObjectMergeIn,
    ObjectPage,
    ObjectReasonIn,
    ObjectRevisionOut,
    ObjectTypeOut,
    RelationIn,
)
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock
from qingtian.runtime.settings import get_settings

router = Router(tags=["registry"])
WORKBOOK = {"responses": {200: {"description": "A workbook", "content": {registry_import.SPREADSHEET: {}}}}}
Language = Literal["zh", "en"]


@router.get("/registry/types", response=reads(list[ObjectTypeOut]), summary="Types of objects and their fields")
def types(request: HttpRequest) -> list[ObjectTypeOut]:
    """What each may be part of, its fields with words and limits, how many of it there are."""
    return present.types_out(actor(request))


@router.get("/registry/objects", response=reads(ObjectPage), summary="Objects of one type")
def list_objects(request: HttpRequest, filters: Query[ObjectFilters]) -> ObjectPage:
    """Sort by code, name, region, parent, valid_from, recorded_at."""
    return present.object_page(actor(request), filters)


@router.get("/registry/objects/export.csv", openapi_extra=CSV, summary="Objects of one type as CSV")
def export_objects(request: HttpRequest, filters: Query[ObjectExport]) -> HttpResponse:
    """Every row that matches the filters, in the columns of the type's template."""
    return objects_csv(actor(request), current_clock().now(), filters)


@router.get("/registry/objects/features", response=reads(GeoFeatures), summary="Objects on the map")
def object_features(request: HttpRequest, filters: Query[ObjectFilters]) -> GeoFeatures:
    """GeoJSON in WGS 84 of every object that matches and has a place."""
    return present.features(actor(request), filters)


@router.get("/registry/duplicates", response=reads(list[DuplicateOut]), summary="Objects that may be one")
def duplicates(request: HttpRequest, type: str, region: str = "") -> list[DuplicateOut]:
    """Pairs by shared identifiers, names without legal forms and nearness; a person decides."""
    return present.duplicates(actor(request), type, region)


@router.get("/registry/templates/{type}.csv", openapi_extra=CSV, summary="A file to fill in, as CSV")
def template_csv(request: HttpRequest, type: str, language: Language = "zh") -> HttpResponse:
    """Headings of the type; an asterisk marks what is needed."""
    return registry_import.csv_template(type, language)


@router.get("/registry/templates/{type}.xlsx", openapi_extra=WORKBOOK, summary="A file to fill in, as a workbook")
def template_xlsx(request: HttpRequest, type: str, language: Language = "zh") -> HttpResponse:
    """With lists of the choices and a sheet that explains the columns."""
    return registry_import.xlsx_template(type, language)


@router.post("/registry/imports", response=writes(ObjectImportOut), summary="Take in a file of objects, or try it")
def import_file(request: HttpRequest, file: File[UploadedFile], data: Form[ObjectImportIn]) -> ObjectImportOut:
    """A dry run changes nothing; faults are told by line and field. All rows or none, unless `skip_faulty`."""
    return registry_import.run_import(actor(request), current_clock().now(), file, data)


@router.post("/registry/objects", response=writes(ObjectDetail, 201), summary="Register an object")
def register(request: HttpRequest, data: ObjectIn) -> Status[ObjectDetail]:
    """Errors name the field; the region comes from the place unless it is stated."""
    who = actor(request)
    parent = (data.parent_type, data.parent_code) if data.parent_type and data.parent_code else None
    given = data.model_dump(exclude={"parent_type", "parent_code"})
    if not given["region_code"] and parent is None and data.lon is None and data.geometry is None:
        given["region_code"] = get_settings().city_code  # nothing says where: it is the city's matter
    row = register_object(who, current_clock().now(), ObjectDraft(**given, parent=parent))
    return Status(201, present.object_detail(who, row.type, row.code))


@router.get("/registry/objects/{type}/{code}", response=reads(ObjectDetail), summary="One object")
def one_object(request: HttpRequest, type: str, code: str) -> ObjectDetail:
    """Fields, parts, relations, what was merged into it."""
    return present.object_detail(actor(request), type, code)


@router.get("/registry/objects/{type}/{code}/history", response=reads(list[ObjectRevisionOut]), summary="Its states")
def object_history(request: HttpRequest, type: str, code: str) -> list[ObjectRevisionOut]:
    """Every state beside the one before, the newest first, with who changed it and why."""
    return history(actor(request), type, code)


@router.patch("/registry/objects/{type}/{code}", response=writes(ObjectDetail), summary="Change an object")
def change(request: HttpRequest, type: str, code: str, data: ObjectChange) -> ObjectDetail:
    """Refused with 409 when somebody else changed the object after `revision`."""
    who = actor(request)
    row = present.found(who, type, code)
    sent = data.model_fields_set - {"revision", "reason", "attributes"}
    changes = {name: getattr(data, name) for name in sent}
    revise_object(
        who,
        current_clock().now(),
        row.pk,
        changes,
        attributes=data.attributes,
        revision=data.revision,
        reason=data.reason,
    )
    return present.object_detail(who, type, code)


@router.post("/registry/objects/{type}/{code}/merge", response=writes(ObjectDetail), summary="Merge a duplicate")
def merge(request: HttpRequest, type: str, code: str, data: ObjectMergeIn) -> ObjectDetail:
    """The duplicate ends, its parts go over, both histories stay."""
    who = actor(request)
    row, duplicate = present.found(who, type, code), present.found(who, type, data.duplicate)
    merge_objects(who, current_clock().now(), row.pk, duplicate.pk, reason=data.reason)
    return present.object_detail(who, type, code)


@router.post("/registry/objects/{type}/{code}/part", response=writes(ObjectDetail), summary="Take a merge back")
def part(request: HttpRequest, type: str, code: str, data: ObjectReasonIn) -> ObjectDetail:
    """The merged object goes on by itself, with the parts that it had."""
    who = actor(request)
    part_objects(who, current_clock().now(), present.found(who, type, code).pk, reason=data.reason)
    return present.object_detail(who, type, code)


@router.post("/registry/objects/{type}/{code}/relations", response=writes(ObjectDetail, 201), summary="Relate it")
def relate(request: HttpRequest, type: str, code: str, data: RelationIn) -> Status[ObjectDetail]:
    """From this object to another, from a day on."""
    who = actor(request)
    row, other = present.found(who, type, code), present.found(who, data.to_type, data.to_code)
    relate_objects(who, current_clock().now(), row.pk, other.pk, data.kind, valid_from=data.valid_from)
    return Status(201, present.object_detail(who, type, code))


@router.post(
    "/registry/objects/{type}/{code}/relations/{relation_id}/end", response=writes(ObjectDetail), summary="End"
)
def end(request: HttpRequest, type: str, code: str, relation_id: int, data: ObjectReasonIn) -> ObjectDetail:
    """The relation stays known with its last day."""
    who = actor(request)
    present.found(who, type, code)
    end_relation(who, current_clock().now(), relation_id, reason=data.reason)
    return present.object_detail(who, type, code)
