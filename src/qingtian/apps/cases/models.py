"""Cases: a problem walked through its procedure until later data prove it solved."""

from __future__ import annotations

from typing import Any

from django.db import models

from qingtian.apps.cases.visibility import CaseQuerySet
from qingtian.apps.findings.models import Finding
from qingtian.apps.registry.models import RegistryObject


class Case(models.Model):
    """One case, pinned to one version of its procedure."""

    number = models.CharField(max_length=20, unique=True)
    template = models.CharField(max_length=20)
    template_version = models.CharField(max_length=20)
    state = models.CharField(max_length=40)
    state_since = models.DateTimeField()
    title = models.CharField(max_length=300)
    title_en = models.CharField(max_length=300, blank=True)
    object = models.ForeignKey(RegistryObject, on_delete=models.PROTECT, related_name="cases")
    kind = models.CharField(max_length=20, blank=True)  # kind of the finding it arises from
    parameter = models.CharField(max_length=40, blank=True)
    rule_id = models.CharField(max_length=100, blank=True)
    severity = models.PositiveSmallIntegerField()
    fields: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    responsible = models.CharField(max_length=150, blank=True)  # username of the handler
    opened_by = models.CharField(max_length=150)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    written_off_at = models.DateTimeField(null=True, blank=True)
    watch_until = models.DateField(null=True, blank=True)  # last day of the watch window
    closed_at = models.DateTimeField(null=True, blank=True)
    rebound_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="rebounds")
    duplicate_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="duplicates")
    rebound_depth = models.PositiveSmallIntegerField(default=0)  # 1 first rebound, 2 second, ...
    findings: models.ManyToManyField[Finding, CaseFinding] = models.ManyToManyField(
        Finding, through="CaseFinding", related_name="cases"
    )
    simulated = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)  # counts the changes of this row

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(severity__gte=1, severity__lte=4), name="case_severity_1_to_4"),
        ]
        indexes = [models.Index(fields=["state", "due_at"]), models.Index(fields=["object", "kind", "state"])]

    def __str__(self) -> str:
        return f"{self.number} {self.state}"


class CaseFinding(models.Model):
    """The link `arises_from`: a finding that a case answers."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="finding_links")
    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="case_links")
    linked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "finding"], name="finding_once_per_case")]

    def __str__(self) -> str:
        return f"{self.case_id} arises from {self.finding_id}"


class CaseClock(models.Model):
    """One legal or promised period that runs on a case."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="clocks")
    code = models.CharField(max_length=40)
    started_on = models.DateField()  # day 0: never counted
    due_on = models.DateField()
    stopped_on = models.DateField(null=True, blank=True)
    paused_on = models.DateField(null=True, blank=True)  # first day of the running pause
    pauses: models.JSONField[list[list[str]], list[list[str]]] = models.JSONField(default=list, blank=True)
    provisional = models.BooleanField(default=False)  # reaches a year without a calendar
    warned = models.PositiveSmallIntegerField(default=0)  # highest warning level sent, per cent
    breached_at = models.DateTimeField(null=True, blank=True)
    rule: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "code"], condition=models.Q(stopped_on=None), name="one_running_clock_per_code"
            )
        ]
        indexes = [models.Index(fields=["stopped_on", "due_on"])]

    def __str__(self) -> str:
        return f"{self.case_id} {self.code} due {self.due_on}"
