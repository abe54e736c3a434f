"""Notices, the inbox of everybody, and the outbox of words to the outside."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models

from qingtian.apps.notices.states import DeliveryState, Ending, Reason
from qingtian.apps.notices.visibility import DeliveryQuerySet, NoticeQuerySet, ReceiptQuerySet
from qingtian.domain.notices import Channel


def delivery_key() -> str:
    """A word that no other delivery has."""
    return secrets.token_hex(16)


class Notice(models.Model):
    """Something that people are told of; the same matter again is counted on it while it stands."""

    kind = models.CharField(max_length=40)  # a row of notice_kinds.csv
    severity = models.PositiveSmallIntegerField()  # 1 notice .. 4 severe
    subject_kind = models.CharField(max_length=40)
    subject_number = models.CharField(max_length=100)
    link = models.CharField(max_length=300, blank=True)  # page of this installation
    title_zh = models.CharField(max_length=300)
    title_en = models.CharField(max_length=300)
    region_code = models.CharField(max_length=12)
    org = models.CharField(max_length=64, blank=True)
    dedup_key = models.CharField(max_length=200, blank=True)
    posted_at = models.DateTimeField()
    last_at = models.DateTimeField()  # when it was told of the last time
    times = models.PositiveIntegerField(default=1)
    policy = models.CharField(max_length=40, blank=True)
    step = models.PositiveSmallIntegerField(default=0)  # last step that was taken
    stepped_at = models.DateTimeField()
    next_step_at = models.DateTimeField(null=True, blank=True)  # when silence brings in the next
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=150, blank=True)
    closed_why = models.CharField(max_length=12, blank=True, choices=[(one.value, one.value) for one in Ending])
    simulated = models.BooleanField(default=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-last_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(severity__gte=1, severity__lte=4), name="notice_severity_1_to_4"),
        ]
        indexes = [
            models.Index(fields=["dedup_key", "-id"]),
            models.Index(fields=["next_step_at"]),
            models.Index(fields=["subject_kind", "subject_number"]),
            models.Index(fields=["region_code", "-last_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_kind} {self.subject_number}"


class Receipt(models.Model):
    """That somebody got a notice: a line of their inbox."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="receipts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notice_receipts")
    reason = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Reason])
    step = models.PositiveSmallIntegerField(default=0)
    received_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["notice", "user"], name="notice_once_per_person")]
        indexes = [models.Index(fields=["user", "read_at"]), models.Index(fields=["user", "-received_at"])]

    def __str__(self) -> str:
        return f"{self.notice_id} to {self.user_id}"


class Contact(models.Model):
    """How somebody is reached outside the inbox, and when not."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="contact")
    email = models.EmailField(max_length=200, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=2, choices=[("zh", "zh"), ("en", "en")], default="zh")
    channels: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    quiet_passes = models.PositiveSmallIntegerField(default=4)  # so severe passes the quiet hours

    def __str__(self) -> str:
        return f"contact of {self.user_id}"


class Delivery(models.Model):
    """One word to the outside: a bundle of notices for one person or endpoint by one way."""

    key = models.CharField(max_length=32, unique=True, default=delivery_key)  # the receiver knows a repeat by it
    channel = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Channel])
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries"
    )
    endpoint = models.CharField(max_length=40, blank=True)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    count = models.PositiveIntegerField()  # notices in it
    severity = models.PositiveSmallIntegerField()  # of the worst
    state = models.CharField(
        max_length=10, choices=[(one.value, one.value) for one in DeliveryState], default=DeliveryState.SENDING
    )
    made_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True)
    simulated = models.BooleanField(default=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user=None, endpoint__gt="") | models.Q(user__isnull=False, endpoint=""),
                name="delivery_to_a_person_or_an_endpoint",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "next_try_at"]),
            models.Index(fields=["user", "channel", "made_at"]),
            models.Index(fields=["endpoint", "made_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.state} {self.key}"


class Outgoing(models.Model):
    """One notice on its way to one person or endpoint by one way; a delivery takes all that wait together."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="outgoing")
    channel = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Channel])
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="outgoing"
    )
    endpoint = models.CharField(max_length=40, blank=True)
    step = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField()
    not_before = models.DateTimeField()
    urgent = models.BooleanField(default=False)  # passes the limit per hour
    delivery = models.ForeignKey(Delivery, null=True, blank=True, on_delete=models.PROTECT, related_name="lines")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["channel", "user", "endpoint", "not_before"],
                condition=models.Q(delivery=None),
                name="notices_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.channel}"
