"""Imports: a file, how it was mapped, how far it got, what was found; and mappings to use again."""

from __future__ import annotations

from typing import Any

from django.db import models

from qingtian.apps.imports.states import Carrier, ImportState, Phase, Step, steps
from qingtian.apps.imports.visibility import ImportQuerySet, MappingQuerySet

Plain = dict[str, Any]


class SavedMapping(models.Model):
    """One version of a mapping; versions are only added."""

    name = models.CharField(max_length=60)
    version = models.PositiveIntegerField(default=1)
    title_zh = models.CharField(max_length=120, blank=True)
    title_en = models.CharField(max_length=120, blank=True)
    content: models.JSONField[Plain, Plain] = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    saved_by = models.CharField(max_length=150)
    saved_at = models.DateTimeField()
    retired_by = models.CharField(max_length=150, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = MappingQuerySet.as_manager()

    class Meta:
        ordering = ["name", "-version"]
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="mapping_version_once")]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class DataImport(models.Model):
    """One import: one file, one mapping, one action that can be withdrawn."""

    number = models.CharField(max_length=20, unique=True)
    state = models.CharField(
        max_length=12, choices=[(one.value, one.value) for one in ImportState], default=ImportState.UPLOADED
    )
    phase = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Phase], default=Phase.CHECK)
    carrier = models.CharField(
        max_length=8, choices=[(one.value, one.value) for one in Carrier], default=Carrier.WORKER
    )
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    format = models.CharField(max_length=8)
    mapping: models.JSONField[Plain, Plain] = models.JSONField(default=dict, blank=True)
    mapping_name = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=12, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)  # of the mapping that was checked
    rows_total = models.BigIntegerField(default=0)  # estimate, for the progress bar
    rows_done = models.BigIntegerField(default=0)
    line_done = models.BigIntegerField(default=0)  # rows up to this line are in the store
    pending_line = models.BigIntegerField(default=0)  # a batch up to this line was begun
    trial: models.JSONField[Plain, Plain] = models.JSONField(default=dict, blank=True)  # what the dry run found
    report: models.JSONField[Plain, Plain] = models.JSONField(default=dict, blank=True)  # what the import found
    counts: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict, blank=True)
    doubts: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)  # when the city came to know the values
    simulated = models.BooleanField(default=False)
    source = models.CharField(max_length=500, blank=True)
    licence = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=500, blank=True)
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    withdrawn_by = models.CharField(max_length=150, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdraw_reason = models.CharField(max_length=500, blank=True)
    hidden: models.JSONField[Plain, Plain] = models.JSONField(default=dict, blank=True)  # what the withdrawal hid

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state"]), models.Index(fields=["sha256"])]

    def __str__(self) -> str:
        return f"{self.number} {self.file_name} {self.state}"

    @property
    def segment(self) -> str:
        """Provenance of its values in the store."""
        return f"import:{self.number}"

    @property
    def refused(self) -> bool:
        """Whether the dry run proved the file wrong as mapped."""
        return bool(self.trial.get("refused"))

    @property
    def steps(self) -> tuple[Step, ...]:
        """What may be done now, rights apart."""
        return steps(ImportState(self.state), Phase(self.phase), refused=self.refused)


class ImportIssue(models.Model):
    """One row or cell that was not taken over, with its reason."""

    of = models.ForeignKey(DataImport, on_delete=models.PROTECT, related_name="issues")
    phase = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Phase])
    line = models.BigIntegerField()
    cause = models.CharField(max_length=40)
    field = models.CharField(max_length=120, blank=True)
    text = models.CharField(max_length=200, blank=True)
    site = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["of", "phase", "cause", "id"])]

    def __str__(self) -> str:
        return f"{self.of_id} line {self.line} {self.cause}"
