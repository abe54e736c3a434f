"""Standing duties, their dated occurrences, and self-monitoring plans."""

from __future__ import annotations

from typing import Any

from django.db import models

from qingtian.apps.findings.models import Finding
from qingtian.apps.obligations.states import Origin, ProvedBy
from qingtian.apps.obligations.visibility import ObligationQuerySet, OccurrenceQuerySet, PlanQuerySet
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.obligations.states import State


class Obligation(models.Model):
    """A duty of one template, about one object and one item of it, from a day on."""

    template = models.CharField(max_length=24)
    item = models.CharField(max_length=60, blank=True)  # pollutant code, part, kind of report
    group = models.CharField(max_length=20)
    object = models.ForeignKey(RegistryObject, on_delete=models.PROTECT, related_name="obligations")
    basis = models.ForeignKey(
        RegistryObject, null=True, blank=True, on_delete=models.PROTECT, related_name="imposed_obligations"
    )  # the permit that imposes it; the object itself for most
    rhythm = models.CharField(max_length=20)  # as `domain.obligations.parse_rhythm` reads it
    since = models.DateField()  # for one date: that date
    until = models.DateField(null=True, blank=True)  # first day on which it no longer holds
    origin = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Origin])
    ground = models.CharField(max_length=500, blank=True)  # why, for duties that somebody set up or ended
    set_up_by = models.CharField(max_length=150)
    set_up_at = models.DateTimeField()
    simulated = models.BooleanField(default=False)

    objects = ObligationQuerySet.as_manager()

    class Meta:
        ordering = ["template", "object_id", "item"]
        constraints = [models.UniqueConstraint(fields=["template", "object", "item"], name="one_obligation_per_item")]
        indexes = [models.Index(fields=["until", "template"])]

    def __str__(self) -> str:
        return f"{self.template} {self.object_id} {self.item}"


class Occurrence(models.Model):
    """One dated duty: when it can be done, until when, and what became of it."""

    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="occurrences")
    number = models.CharField(max_length=100, unique=True)  # template, obligation, key
    key = models.CharField(max_length=40)  # first day of its period, or its event
    template = models.CharField(max_length=24)
    item = models.CharField(max_length=60, blank=True)
    object = models.ForeignKey(RegistryObject, on_delete=models.PROTECT, related_name="occurrences")
    title = models.CharField(max_length=200, blank=True)
    period_first = models.DateField()
    period_last = models.DateField()
    opens_on = models.DateField()
    due_on = models.DateField()
    due_at = models.DateTimeField()  # from this moment on it is late
    provisional = models.BooleanField(default=False)
    due_text_zh = models.CharField(max_length=300, blank=True)
    due_text_en = models.CharField(max_length=300, blank=True)
    event_at = models.DateTimeField(null=True, blank=True)
    trigger = models.ForeignKey(Finding, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    follows = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="followers")
    rule_row = models.CharField(max_length=120)
    rule_version = models.CharField(max_length=140)
    state = models.CharField(max_length=8, choices=[(one.value, one.value) for one in State], default=State.PLANNED)
    fulfilled_at = models.DateTimeField(null=True, blank=True)  # when it was done
    told_at = models.DateTimeField(null=True, blank=True)  # when the platform knew
    fulfilled_by = models.CharField(max_length=150, blank=True)
    proved_by = models.CharField(
        max_length=4, choices=[(one.value, one.value) for one in ProvedBy], blank=True, default=ProvedBy.NOBODY
    )
    fields: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    note = models.CharField(max_length=500, blank=True)
    missed_at = models.DateTimeField(null=True, blank=True)
    waived_reason = models.CharField(max_length=24, blank=True)
    waived_note = models.CharField(max_length=500, blank=True)
    waived_by = models.CharField(max_length=150, blank=True)
    waived_at = models.DateTimeField(null=True, blank=True)
    refused_reason = models.CharField(max_length=500, blank=True)  # of the last refusal
    refused_at = models.DateTimeField(null=True, blank=True)
    finding = models.ForeignKey(Finding, null=True, blank=True, on_delete=models.PROTECT, related_name="occurrences")
    retain_until = models.DateField(null=True, blank=True)
    planned_at = models.DateTimeField()
    simulated = models.BooleanField(default=False)

    objects = OccurrenceQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [models.UniqueConstraint(fields=["obligation", "key"], name="one_occurrence_per_key")]
        indexes = [
            models.Index(fields=["state", "due_at"]),
            models.Index(fields=["due_at", "id"]),
            models.Index(fields=["due_on", "template"]),
            models.Index(fields=["object", "-due_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.state}"


class SubmittedPlan(models.Model):
    """A self-monitoring plan as it was submitted; a later version is another row, and rows never change."""

    enterprise = models.ForeignKey(RegistryObject, on_delete=models.PROTECT, related_name="monitoring_plans")
    version = models.PositiveIntegerField()
    made_on = models.DateField()
    channel = models.CharField(max_length=300, blank=True)
    lines: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    note = models.CharField(max_length=500, blank=True)
    submitted_by = models.CharField(max_length=150)
    submitted_at = models.DateTimeField()
    content_hash = models.CharField(max_length=64)
    simulated = models.BooleanField(default=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["enterprise_id", "-version"]
        constraints = [models.UniqueConstraint(fields=["enterprise", "version"], name="plan_version_once")]

    def __str__(self) -> str:
        return f"{self.enterprise_id} v{self.version}"
