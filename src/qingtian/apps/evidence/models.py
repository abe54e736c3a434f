"""Evidence items: frozen by hash, chained per case."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db import models

from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.visibility import EvidenceQuerySet
from qingtian.apps.registry.models import RegistryObject


class EvidenceKind(StrEnum):
    """What an item is."""

    DOCUMENT = "document"
    PHOTO = "photo"
    VIDEO = "video"
    OBSERVATION = "observation"
    STATEMENT = "statement"
    SITE_RECORD = "site_record"
    REPORT = "report"
    E_DATA = "e_data"
    REVIEW = "review"


class EvidenceItem(models.Model):
    """One item of the chain of a case; rows are only ever added (triggers refuse the rest)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="evidence")
    position = models.PositiveIntegerField()  # 0, 1, 2, ... in the chain of the case
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in EvidenceKind])
    object = models.ForeignKey(RegistryObject, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()  # bytes
    media_type = models.CharField(max_length=100)
    file_name = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=300, blank=True)
    origin = models.CharField(max_length=100, blank=True)  # device, person or system it comes from
    captured_at = models.DateTimeField()
    captured_by = models.CharField(max_length=150)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=150)
    redaction_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="redactions")
    record: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()  # what was hashed
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    simulated = models.BooleanField(default=False)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["case_id", "position"]
        constraints = [models.UniqueConstraint(fields=["case", "position"], name="evidence_position_once")]

    def __str__(self) -> str:
        return f"{self.case_id}#{self.position} {self.kind}"
