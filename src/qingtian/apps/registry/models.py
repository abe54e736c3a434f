"""The register of objects: who and what is watched, where, since when."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db import models

from qingtian.apps.registry.visibility import RegistryQuerySet


class ObjectType(StrEnum):
    """Kinds of registered objects."""

    REGION = "region"
    ENTERPRISE = "enterprise"
    OUTLET = "outlet"
    STATION = "station"
    DEVICE = "device"
    POWER_METER = "power_meter"
    FACILITY = "facility"


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


class ReadmissionState(StrEnum):
    """How far an order to take frames in is."""

    WAITING = "waiting"
    DONE = "done"


class RegistryObject(models.Model):
    """One object as it is known now; earlier states are in `RegistryRevision`."""

    type = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in ObjectType])
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    region_code = models.CharField(max_length=12, blank=True, db_index=True)
    lon = models.FloatField(null=True, blank=True)  # degrees east, WGS 84
    lat = models.FloatField(null=True, blank=True)  # degrees north, WGS 84
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    enterprise_code = models.CharField(max_length=64, blank=True, db_index=True)  # code of the enterprise it is part of
    attributes: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    simulated = models.BooleanField(default=False)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)  # first day on which it no longer is
    recorded_at = models.DateTimeField()

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
