"""The register of objects: who and what is watched, where, since when."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db import models

from qingtian.apps.registry.visibility import RegistryQuerySet


class ObjectType(StrEnum):
    """Kinds of registered objects that the code speaks of; the packs hold their fields and may add kinds of a place."""

    REGION = "region"
    ORGANISATION = "organisation"  # department, town, operator; `RoleGrant.org` names its code
    ENTERPRISE = "enterprise"
    FACILITY = "facility"
    OUTLET = "outlet"
    STATION = "station"
    SECTION = "section"  # of a river or lake
    SITE = "site"  # where samples are taken: noise point, soil plot, well
    DEVICE = "device"
    INSTRUMENT = "instrument"
    POWER_METER = "power_meter"
    VIDEO_POINT = "video_point"
    LEAK_COMPONENT = "leak_component"  # of a leak detection and repair programme
    PERMIT = "permit"
    CATERING_SHOP = "catering_shop"
    VEHICLE = "vehicle"
    NONROAD_MACHINE = "nonroad_machine"
    WATER_BODY = "water_body"
    BLACK_ODOUR_WATER = "black_odour_water"
    WATER_SOURCE = "water_source"
    SIGN = "sign"
    CONTROL_UNIT = "control_unit"
    GRID = "grid"  # smallest area that somebody looks after; its keepers by the relations chief_of and serves
    PARK = "park"
    PROJECT = "project"
    BUILDING_NOISE_ZONE = "building_noise_zone"
    NOISE_SOURCE = "noise_source"
    CHIEF = "chief"  # of a river, lake or forest
    WASTE_CELL = "waste_cell"
    WASTE_FLOW = "waste_flow"
    SPECIES_SURVEY = "species_survey"
    DATASET = "dataset"
    DATA_PRODUCT = "data_product"
    TRAINING_SESSION = "training_session"
    KNOWLEDGE_ARTICLE = "knowledge_article"


class RelationKind(StrEnum):
    """How two objects belong together (`part_of` is the parent field)."""

    PART_OF = "part_of"
    OPERATES = "operates"
    OWNS = "owns"
    SUPERVISES = "supervises"
    DISCHARGES_TO = "discharges_to"
    LOCATED_IN = "located_in"
    UPSTREAM_OF = "upstream_of"
    CHIEF_OF = "chief_of"
    SERVES = "serves"
    INSURED_BY = "insured_by"


class RegionSource(StrEnum):
    """How the region of an object was found."""

    POINT = "point"  # the outline that holds its place
    PARENT = "parent"  # taken from what it is part of
    STATED = "stated"  # a person or an import said so; it outweighs the outline


class ReadmissionState(StrEnum):
    """How far an order to take frames in is."""

    WAITING = "waiting"
    DONE = "done"


class RegistryObject(models.Model):
    """One object as it is known now; earlier states are in `RegistryRevision`."""

    type = models.CharField(max_length=24)  # `ObjectType`, or a type that a pack adds
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    region_code = models.CharField(max_length=12, blank=True, db_index=True)
    lon = models.FloatField(null=True, blank=True)  # degrees east, WGS 84
    lat = models.FloatField(null=True, blank=True)  # degrees north, WGS 84
    geometry: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True, blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    enterprise_code = models.CharField(max_length=64, blank=True, db_index=True)  # code of the enterprise it is part of
    attributes: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    simulated = models.BooleanField(default=False)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)  # first day on which it no longer is
    recorded_at = models.DateTimeField()
    region_source = models.CharField(
        max_length=10, blank=True, choices=[(one.value, one.value) for one in RegionSource]
    )
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")

    objects = RegistryQuerySet.as_manager()

    class Meta:
        ordering = ["type", "code"]
        constraints = [models.UniqueConstraint(fields=["type", "code"], name="object_code_once_per_type")]
        indexes = [models.Index(fields=["type", "region_code"])]

    def __str__(self) -> str:
        return f"{self.type} {self.code} {self.name}"


class RegistryRevision(models.Model):
    """An object as it was recorded at one moment; rows are only ever added."""

    object = models.ForeignKey(RegistryObject, on_delete=models.PROTECT, related_name="revisions")
    recorded_at = models.DateTimeField()
    valid_from = models.DateField()
    snapshot: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()

    class Meta:
        ordering = ["object_id", "id"]
        indexes = [models.Index(fields=["object", "recorded_at"])]

    def __str__(self) -> str:
        return f"{self.object} @ {self.recorded_at:%Y-%m-%d %H:%M}"


class Relation(models.Model):
    """A dated relation between two objects."""

    from_object = models.ForeignKey(RegistryObject, on_delete=models.PROTECT, related_name="relations_out")
    to_object = models.ForeignKey(RegistryObject, on_delete=models.PROTECT, related_name="relations_in")
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in RelationKind])
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["from_object", "to_object", "kind", "valid_from"], name="relation_once_per_start"
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_object_id} {self.kind} {self.to_object_id}"


class FrameReadmission(models.Model):
    """An order to take held frames of one MN into the series, by the register as it is now."""

    mn = models.CharField(max_length=64, db_index=True)
    device = models.ForeignKey(RegistryObject, on_delete=models.PROTECT, related_name="readmissions")
    reasons: models.JSONField[list[str], list[str]] = models.JSONField(default=list)  # codes; empty = any
    why = models.CharField(max_length=500, blank=True)
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in ReadmissionState])
    first_pass_at = models.DateTimeField(null=True, blank=True)  # machine time
    ended_at = models.DateTimeField(null=True, blank=True)
    frames = models.PositiveIntegerField(default=0)  # looked at
    taken = models.PositiveIntegerField(default=0)  # settled
    values_new = models.PositiveIntegerField(default=0)
    still_out: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)  # frames by reason
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state"])]

    def __str__(self) -> str:
        return f"{self.mn} {self.state}"
