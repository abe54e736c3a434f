"""Findings: something to look at, not yet judged by a person."""

from __future__ import annotations

from typing import Any

from django.db import models

from qingtian.apps.findings.states import Activity, Confirmation, Kind, Source, Status
from qingtian.apps.findings.visibility import FindingQuerySet
from qingtian.apps.registry.models import RegistryObject


class Finding(models.Model):
    """One detected problem; later hits of the same rule, object and parameter extend it."""

    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in Kind])
    rule_id = models.CharField(max_length=100)
    rule_version = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=20, choices=[(source.value, source.value) for source in Source])
    object = models.ForeignKey(RegistryObject, on_delete=models.PROTECT, related_name="findings")
    parameter = models.CharField(max_length=40, blank=True)  # pollutant code, or empty
    severity = models.PositiveSmallIntegerField()  # 1 notice .. 4 severe
    confirmation = models.CharField(
        max_length=12, choices=[(one.value, one.value) for one in Confirmation], default=Confirmation.UNCONFIRMED
    )
    activity = models.CharField(
        max_length=8, choices=[(one.value, one.value) for one in Activity], default=Activity.ONGOING
    )
    status = models.CharField(max_length=16, choices=[(one.value, one.value) for one in Status], default=Status.NEW)
    first_seen = models.DateTimeField()  # start of the first period that hit
    last_seen = models.DateTimeField()  # start of the last period that hit
    raised_at = models.DateTimeField()  # when the platform knew
    ended_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.CharField(max_length=150, blank=True)
    hits = models.PositiveIntegerField(default=1)
    reason = models.CharField(max_length=40, blank=True)  # why it was dismissed or self-corrected
    note = models.TextField(blank=True)
    answer = models.TextField(blank=True)  # what the enterprise says, before a visit
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.CharField(max_length=150, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)  # the case that answers it was written off
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    detail: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    simulated = models.BooleanField(default=False)

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering = ["-last_seen", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule_id", "object", "parameter"],
                condition=models.Q(activity="ongoing"),
                name="one_ongoing_finding_per_rule_object_parameter",
            ),
            models.CheckConstraint(
                condition=models.Q(severity__gte=1, severity__lte=4), name="finding_severity_1_to_4"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "activity", "-severity", "-last_seen"]),
            models.Index(fields=["kind", "-last_seen"]),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind} {self.object_id}"


class FindingHit(models.Model):
    """One period in which the rule of a finding hit; makes raising idempotent and shows the history."""

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="hit_rows")
    period_start = models.DateTimeField()
    recorded_at = models.DateTimeField()
    severity = models.PositiveSmallIntegerField()
    detail: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    # Figures before a correction of the data, oldest first: recorded_at, severity, detail.
    former: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["period_start"]
        constraints = [models.UniqueConstraint(fields=["finding", "period_start"], name="hit_once_per_period")]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.period_start:%Y-%m-%d %H:%M}"
