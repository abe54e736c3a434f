"""Evidence items: frozen by hash, chained per subject."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db import models

from qingtian.apps.evidence.subjects import Subject, SubjectKind
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
    CALIBRATION = "calibration"  # that the instrument was in order at that time
    RECEIPT = "receipt"  # that somebody was told, or got something


class EvidenceItem(models.Model):
    """One item of the chain of a subject; rows are only ever added (triggers refuse the rest)."""

    subject_kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in SubjectKind])
    subject_id = models.PositiveBigIntegerField()  # no foreign key: this app knows none of the subjects
    position = models.PositiveIntegerField()  # 0, 1, 2, ... in the chain of the subject
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
        ordering = ["subject_kind", "subject_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["subject_kind", "subject_id", "position"], name="evidence_position_once")
        ]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id}#{self.position} {self.kind}"

    @property
    def subject(self) -> Subject:
        """What the chain of this item belongs to."""
        return Subject(SubjectKind(self.subject_kind), self.subject_id)
