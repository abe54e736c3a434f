"""Reports, the versions of their texts, the files that were issued, and the templates that a bureau owns."""

from __future__ import annotations

from typing import Any

from django.db import models

from qingtian.apps.cases.models import Case
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.reports.states import STEPS, Language, ReportFormat, ReportState, ReportStep
from qingtian.apps.reports.visibility import ReportQuerySet, TemplateQuerySet

Plain = dict[str, Any]


class ReportTemplate(models.Model):
    """One version of a Word template for a kind of report; versions are only added, and retired."""

    kind = models.CharField(max_length=20)
    version = models.PositiveIntegerField()
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    note = models.CharField(max_length=500, blank=True)
    trial: models.JSONField[Plain, Plain] = models.JSONField(default=dict)  # what the dry run found at upload
    uploaded_by = models.CharField(max_length=150)
    uploaded_at = models.DateTimeField()
    retired_by = models.CharField(max_length=150, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "-version"]
        constraints = [models.UniqueConstraint(fields=["kind", "version"], name="report_template_version_once")]

    def __str__(self) -> str:
        return f"{self.kind} v{self.version}"


class Report(models.Model):
    """One report: a snapshot that never changes, and what became of it."""

    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=20)  # a row of report_kinds.csv
    region = models.CharField(max_length=12)
    first = models.DateField()
    last = models.DateField()
    case = models.ForeignKey(Case, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    object = models.ForeignKey(RegistryObject, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    title_zh = models.CharField(max_length=300)
    title_en = models.CharField(max_length=300)
    language = models.CharField(max_length=2, choices=[(one.value, one.value) for one in Language], default=Language.ZH)
    state = models.CharField(
        max_length=10, choices=[(one.value, one.value) for one in ReportState], default=ReportState.DRAFT
    )
    snapshot: models.JSONField[Plain, Plain] = models.JSONField()
    snapshot_hash = models.CharField(max_length=64)  # SHA-256 of its canonical JSON
    known_at = models.DateTimeField()  # city time: nothing that became known later is in it
    complete = models.BooleanField(default=True)  # its period had ended
    simulated = models.BooleanField(default=False)
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField()
    # None: the template that comes with the product.
    template = models.ForeignKey(
        ReportTemplate, null=True, blank=True, on_delete=models.PROTECT, related_name="reports"
    )
    issue_number = models.CharField(max_length=60, blank=True)  # of the bureau, on the paper
    issued_by = models.CharField(max_length=150, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    printed_with = models.CharField(max_length=120, blank=True)  # versions of what drew the files
    withdrawn_by = models.CharField(max_length=150, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdraw_reason = models.CharField(max_length=500, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["kind", "-first"]), models.Index(fields=["state"])]
        constraints = [
            models.UniqueConstraint(
                fields=["issue_number"],
                condition=models.Q(state=ReportState.ISSUED) & ~models.Q(issue_number=""),
                name="issue_number_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind} {self.first}..{self.last}"

    @property
    def steps(self) -> tuple[ReportStep, ...]:
        """What may be done now, rights apart."""
        return STEPS[ReportState(self.state)]


class ReportText(models.Model):
    """One version of an edited paragraph; rows are only added."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="texts")
    code = models.CharField(max_length=60)
    language = models.CharField(max_length=2, choices=[(one.value, one.value) for one in Language])
    version = models.PositiveIntegerField()
    text = models.TextField()
    written_by = models.CharField(max_length=150)
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["report_id", "code", "language", "version"]
        constraints = [
            models.UniqueConstraint(fields=["report", "code", "language", "version"], name="report_text_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.code} v{self.version}"


class ReportFile(models.Model):
    """One file as it was issued; rows are only added."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="files")
    format = models.CharField(max_length=4, choices=[(one.value, one.value) for one in ReportFormat])
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()  # bytes
    pages = models.PositiveIntegerField(null=True, blank=True)
    content = models.BinaryField()

    class Meta:
        ordering = ["report_id", "format"]
        constraints = [models.UniqueConstraint(fields=["report", "format"], name="report_file_once_per_format")]

    def __str__(self) -> str:
        return f"{self.report_id} {self.format} {self.sha256[:12]}"
