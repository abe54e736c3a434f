"""Reports of the public: what stands beside the case that each one opens, and visits that were refused."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db import models

from qingtian.apps.cases.models import Case

MARK_LENGTH = 32  # of a sender: a keyed hash of the address, never the address


class Refused(StrEnum):
    """Why a visit was not taken."""

    TRAP = "trap"  # the field that people do not see was filled in
    TOO_SOON = "too_soon"
    ADDRESS = "address"  # too many from one address
    PLACE = "place"  # too many about one place
    CODE = "code"  # number and code do not belong together
    TWICE = "twice"  # the same voice for the same report


class PublicReport(models.Model):
    """A report of the public; the case holds what it says, this row how it came and by which code it is followed."""

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="public_report")
    code_hash = models.CharField(max_length=64)  # keyed hash of the code that the reporter was given once
    sender = models.CharField(max_length=MARK_LENGTH)
    place_key = models.CharField(max_length=40)  # cell of the point, or the district
    english = models.BooleanField(default=False)  # language that the reporter read
    real_at = models.DateTimeField()  # machine time: floods are counted by it, not by city time
    marks: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)

    class Meta:
        indexes = [models.Index(fields=["sender", "real_at"]), models.Index(fields=["place_key", "real_at"])]

    def __str__(self) -> str:
        return f"{self.case_id} by {self.sender[:8]}"


class PublicSupport(models.Model):
    """Somebody else who sees the same problem."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="public_support")
    sender = models.CharField(max_length=MARK_LENGTH)
    words = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()
    real_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "sender"], name="one_voice_per_sender")]
        indexes = [models.Index(fields=["sender", "real_at"], name="citizens_voice_by_sender")]

    def __str__(self) -> str:
        return f"{self.case_id} also by {self.sender[:8]}"


class ReportDraft(models.Model):
    """A report that is being written: no part of the governance state, forgotten after a while."""

    key_hash = models.CharField(max_length=64, unique=True)
    sender = models.CharField(max_length=MARK_LENGTH)
    began_at = models.DateTimeField()  # machine time
    form: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [models.Index(fields=["began_at"]), models.Index(fields=["sender", "began_at"])]

    def __str__(self) -> str:
        return f"draft of {self.began_at:%H:%M:%S}"


class DraftPhoto(models.Model):
    """A photo of a draft, as it was sent."""

    draft = models.ForeignKey(ReportDraft, on_delete=models.CASCADE, related_name="photos")
    media_type = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["draft", "sha256"], name="photo_once_per_draft")]

    def __str__(self) -> str:
        return f"{self.media_type} {self.sha256[:12]}"


class RefusedVisit(models.Model):
    """A visit that was not taken, kept for the officer and counted for the limits."""

    at = models.DateTimeField()
    real_at = models.DateTimeField()
    why = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Refused])
    sender = models.CharField(max_length=MARK_LENGTH)
    about = models.CharField(max_length=80, blank=True)  # place or number, whichever it was about

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["why", "sender", "real_at"]), models.Index(fields=["why", "about", "real_at"])]

    def __str__(self) -> str:
        return f"{self.why} {self.sender[:8]}"
