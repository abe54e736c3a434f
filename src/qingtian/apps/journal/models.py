"""The journal: every change of the governance state as one hash chain."""

from __future__ import annotations

from typing import Any

from django.db import models


class Event(models.Model):
    """One thing that happened; rows are only ever added (triggers refuse the rest)."""

    seq = models.BigIntegerField(primary_key=True)
    actor = models.CharField(max_length=150)
    role = models.CharField(max_length=20)
    at = models.DateTimeField()
    type = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    payload: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["seq"]
        indexes = [models.Index(fields=["object_type", "object_id", "seq"]), models.Index(fields=["type", "seq"])]

    def __str__(self) -> str:
        return f"{self.seq} {self.type} {self.object_type} {self.object_id}"


class NumberSeries(models.Model):
    """The last number given in a series of a year (findings F, cases C)."""

    prefix = models.CharField(max_length=4)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prefix", "year"], name="series_once_per_year")]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year} {self.last}"
