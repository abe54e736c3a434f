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
    EQUIPMENT = "equipment"  # that the device was reviewed, accepted, marked, made public
    SAMPLE = "sample"  # taken by the bureau itself
    RECEIPT = "receipt"  # that somebody was told, or got something
    SOUND = "sound"
    SIGNATURE = "signature"  # drawn on the screen of an inspector


class EvidenceItem(models.Model):
    """One item of the chain of a subject; rows are only ever added (triggers refuse the rest)."""

    subject_kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in SubjectKind])
    subject_id = models.PositiveBigIntegerField()  # no foreign key: this app knows none of the subjects
    position = models.PositiveIntegerField()  # 0, 1, 2, ... in the chain of the subject
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in EvidenceKind])
    object = models.ForeignKey(RegistryObject, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    sm3 = models.CharField(max_length=64, blank=True)  # second digest, GB/T 32905; items before it have none
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


class CustodyAct(StrEnum):
    """What was done with evidence besides adding to it."""

    VIEWED = "viewed"
    EXPORTED = "exported"
    MOVED = "moved"


class CustodyEntry(models.Model):
    """Who saw, exported or moved evidence; a chain per subject that only grows."""

    subject_kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in SubjectKind])
    subject_id = models.PositiveBigIntegerField()
    seq = models.PositiveIntegerField()  # 1, 2, 3, ... of the subject
    item = models.ForeignKey(EvidenceItem, null=True, blank=True, on_delete=models.PROTECT, related_name="custody")
    act = models.CharField(max_length=10, choices=[(act.value, act.value) for act in CustodyAct])
    actor = models.CharField(max_length=150)
    role = models.CharField(max_length=20)
    at = models.DateTimeField()
    detail: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["subject_kind", "subject_id", "seq"]
        constraints = [models.UniqueConstraint(fields=["subject_kind", "subject_id", "seq"], name="custody_seq_once")]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id} {self.seq} {self.act}"


class DailyRoot(models.Model):
    """One hash that stands for every item of a day and for the journal until then; roots are a chain themselves."""

    number = models.PositiveIntegerField(unique=True)  # 1, 2, 3, ...
    day = models.DateField(unique=True)  # in Asia/Shanghai; the items are those of this day and of days without a root
    first_item = models.PositiveBigIntegerField(null=True, blank=True)
    last_item = models.PositiveBigIntegerField(null=True, blank=True)
    items = models.PositiveIntegerField()
    root = models.CharField(max_length=64)
    record: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()  # what was hashed
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.day} {self.root[:12]}"


class AnchorReceipt(models.Model):
    """That a daily root was kept at another place."""

    daily_root = models.ForeignKey(DailyRoot, on_delete=models.PROTECT, related_name="receipts")
    target = models.CharField(max_length=10)  # file, folder, url, tsa
    place = models.CharField(max_length=300)
    at = models.DateTimeField()
    receipt: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["daily_root_id", "id"]
        constraints = [models.UniqueConstraint(fields=["daily_root", "target"], name="receipt_once_per_target")]

    def __str__(self) -> str:
        return f"{self.daily_root_id} {self.target}"
