"""Findings: something to look at, not yet judged by a person."""

from __future__ import annotations

from typing import Any

from django.db import models

from qingtian.apps.findings.states import (
    Activity,
    AnswerState,
    Axis,
    CheckKind,
    Confirmation,
    Source,
    Status,
    WindowState,
)
from qingtian.apps.findings.visibility import FindingQuerySet, LeakCheckQuerySet, WindowQuerySet
from qingtian.apps.registry.models import RegistryObject


class Finding(models.Model):
    """One detected problem; later hits of the same rule, object, parameter and detail (`about`) extend it."""

    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=40)  # a row of finding_kinds.csv
    rule_id = models.CharField(max_length=100)
    rule_version = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=20, choices=[(source.value, source.value) for source in Source])
    object = models.ForeignKey(RegistryObject, on_delete=models.PROTECT, related_name="findings")
    parameter = models.CharField(max_length=40, blank=True)  # pollutant code, or empty
    # Which part of the object: a place, a component, a gap of a plan, a dated duty; empty for the whole.
    about = models.CharField(max_length=80, blank=True)
    place = models.CharField(max_length=300, blank=True)  # in words, where the object alone does not say it
    lon = models.FloatField(null=True, blank=True)  # degrees east, WGS 84
    lat = models.FloatField(null=True, blank=True)  # degrees north, WGS 84
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
    excess = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)  # worst value / limit
    recurrence = models.PositiveIntegerField(default=0)  # earlier findings of the same subject when it was raised
    reason = models.CharField(max_length=40, blank=True)  # why it was dismissed or self-corrected
    note = models.TextField(blank=True)
    answer = models.TextField(blank=True)  # what the enterprise says, before a visit
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.CharField(max_length=150, blank=True)
    answer_state = models.CharField(
        max_length=10, choices=[(one.value, one.value) for one in AnswerState], default=AnswerState.NOT_ASKED
    )
    question = models.TextField(blank=True)  # what the enterprise was asked
    asked_at = models.DateTimeField(null=True, blank=True)
    asked_by = models.CharField(max_length=150, blank=True)
    answer_due_at = models.DateTimeField(null=True, blank=True)
    answer_late = models.BooleanField(default=False)  # answered after it was due, or due and not answered
    refusals = models.PositiveSmallIntegerField(default=0)  # answers that were not accepted
    entered_by = models.CharField(max_length=150, blank=True)  # the person who entered it; empty when a rule found it
    # The window that covers its last hit: it stays on record, off the alarm list, with the reason shown.
    silenced_by = models.ForeignKey(
        "MaintenanceWindow", null=True, blank=True, on_delete=models.PROTECT, related_name="silenced"
    )
    settled_at = models.DateTimeField(null=True, blank=True)  # the case that answers it was written off
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    detail: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    simulated = models.BooleanField(default=False)

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering = ["-last_seen", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule_id", "object", "parameter", "about"],
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
            models.Index(fields=["answer_state", "answer_due_at"]),
            models.Index(fields=["source", "raised_at"]),
            models.Index(fields=["rule_id", "raised_at"]),
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
    silenced_by = models.ForeignKey(
        "MaintenanceWindow", null=True, blank=True, on_delete=models.PROTECT, related_name="silenced_hits"
    )

    class Meta:
        ordering = ["period_start"]
        constraints = [models.UniqueConstraint(fields=["finding", "period_start"], name="hit_once_per_period")]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.period_start:%Y-%m-%d %H:%M}"


class AlarmInterval(models.Model):
    """How long one axis of a finding was in one state; together they are its history."""

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="intervals")
    axis = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Axis])
    state = models.CharField(max_length=16)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)  # open while it lasts
    recorded_at = models.DateTimeField()  # when the platform knew of its beginning
    by = models.CharField(max_length=150, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["finding", "axis"], condition=models.Q(ends_at=None), name="one_open_interval_per_axis"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at=None) | models.Q(ends_at__gte=models.F("starts_at")),
                name="interval_ends_after_it_starts",
            ),
        ]
        indexes = [models.Index(fields=["axis", "state", "starts_at"])]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.axis} {self.state}"


class FindingMerge(models.Model):
    """That one finding was merged into another, and what both were before; undoing it gives that back."""

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="merges")
    into = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="merges_in")
    merged_at = models.DateTimeField()
    merged_by = models.CharField(max_length=150)
    reason = models.CharField(max_length=500, blank=True)
    former: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=150, blank=True)
    undone_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["finding"], condition=models.Q(undone_at=None), name="merged_into_one_finding_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} into {self.into_id}"


class MaintenanceWindow(models.Model):
    """A stretch of time that was announced: maintenance, shutdown, calibration or trial of an object."""

    number = models.CharField(max_length=20, unique=True)
    object = models.ForeignKey(RegistryObject, on_delete=models.PROTECT, related_name="maintenance_windows")
    kind = models.CharField(max_length=12)  # a row of window_kinds.csv
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=500)
    state = models.CharField(
        max_length=10, choices=[(one.value, one.value) for one in WindowState], default=WindowState.ANNOUNCED
    )
    late = models.BooleanField(default=False)  # announced later than its kind wants
    announced_at = models.DateTimeField()
    announced_by = models.CharField(max_length=150)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)
    decision_note = models.CharField(max_length=500, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.CharField(max_length=150, blank=True)
    withdrawal_reason = models.CharField(max_length=500, blank=True)
    simulated = models.BooleanField(default=False)

    objects = WindowQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="window_ends_after_it_starts"
            )
        ]
        indexes = [
            models.Index(fields=["object", "state", "starts_at"]),
            models.Index(fields=["starts_at", "ends_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind} {self.state}"


class LeakCheck(models.Model):
    """One reading or repair of a component of leak detection and repair; rows are only ever added."""

    component = models.ForeignKey(RegistryObject, on_delete=models.PROTECT, related_name="leak_checks")
    kind = models.CharField(max_length=10, choices=[(one.value, one.value) for one in CheckKind])
    at = models.DateTimeField()
    ppm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)  # net reading, umol/mol
    method = models.CharField(max_length=100, blank=True)
    note = models.CharField(max_length=500, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=150)
    corrects = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrected_by")

    objects = LeakCheckQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ppm=None) | models.Q(ppm__gte=0), name="leak_reading_is_not_negative"
            )
        ]
        indexes = [models.Index(fields=["component", "at"])]

    def __str__(self) -> str:
        return f"{self.component_id} {self.kind} {self.at:%Y-%m-%d}"
