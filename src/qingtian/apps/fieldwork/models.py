"""What phones have sent, so that the same thing is never taken twice."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db import models

from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.models import EvidenceItem
from qingtian.apps.fieldwork.visibility import SendingQuerySet


class SendingKind(StrEnum):
    """What was sent."""

    MEDIA = "media"  # a photo, a video, a sound, a signature
    RECORD = "record"  # of a visit


class Sending(models.Model):
    """One thing that a phone sent and that was taken; rows are only ever added.

    The key is made once, when the thing is put into the queue of the phone. Whoever sends it again, because the answer
    was lost on the way, gets the first answer and changes nothing.
    """

    username = models.CharField(max_length=150)
    key = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)  # of what was sent: the same key with another content is refused
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in SendingKind])
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="sendings")
    item = models.ForeignKey(EvidenceItem, on_delete=models.PROTECT, related_name="sendings")
    device = models.CharField(max_length=64)  # name that a phone gives itself
    place = models.PositiveIntegerField()  # in the queue of the phone: 1, 2, 3, ...
    made_at = models.DateTimeField()  # when it was put into the queue, by the corrected clock of the phone
    received_at = models.DateTimeField()
    answer: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()

    objects = SendingQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["username", "key"], name="sent_once")]
        indexes = [models.Index(fields=["case"])]

    def __str__(self) -> str:
        return f"{self.username} {self.key}"
