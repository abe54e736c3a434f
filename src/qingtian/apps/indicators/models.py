"""Values of indicators with all they rest on, figures that people report, decisions by table; rows are only added."""

from __future__ import annotations

from typing import Any

from django.db import models

from qingtian.apps.indicators.visibility import DecisionQuerySet, FigureQuerySet, ValueQuerySet


class IndicatorValue(models.Model):
    """One version of the value of an indicator (or of a composite index) for a period of a place."""

    code = models.CharField(max_length=60)
    group = models.CharField(max_length=40, blank=True)
    composite = models.BooleanField(default=False)
    region = models.CharField(max_length=12)
    span = models.CharField(max_length=10)
    first = models.DateField()
    last = models.DateField()  # of a running period the last complete day
    status = models.CharField(max_length=16)
    value = models.CharField(max_length=60, blank=True)  # a decimal as text, or true or false
    exact = models.TextField(blank=True)  # before rounding, as a fraction
    unit = models.CharField(max_length=40, blank=True)
    met = models.BooleanField(null=True)  # whether the target is met
    reason_zh = models.TextField(blank=True)
    reason_en = models.TextField(blank=True)
    coverage = models.CharField(max_length=20, blank=True)  # percent of rows that could be judged
    rule_row = models.CharField(max_length=120)
    rule_version = models.CharField(max_length=140)
    formula = models.TextField(blank=True)
    inputs: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    known_at = models.DateTimeField(null=True, blank=True)  # arrival of the newest input that says so
    computed_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    content_hash = models.CharField(max_length=64)
    simulated = models.BooleanField(default=False)

    objects = ValueQuerySet.as_manager()

    class Meta:
        ordering = ["code", "span", "-first", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "region", "span", "first", "version"], name="indicator_version_once"
            )
        ]
        indexes = [models.Index(fields=["code", "region", "span", "-first", "-version"])]

    def __str__(self) -> str:
        return f"{self.code} {self.first}..{self.last} {self.value or self.status} v{self.version}"


class ReportedFigure(models.Model):
    """A figure that somebody reports for an input which the platform does not measure; the newest version counts."""

    code = models.CharField(max_length=60)
    input = models.CharField(max_length=60)
    region = models.CharField(max_length=12)
    first = models.DateField()
    last = models.DateField()
    value: models.JSONField[Any, Any] = models.JSONField()  # a text, true or false, or a list of rows
    source = models.CharField(max_length=300)  # where the figure is from
    reported_by = models.CharField(max_length=150)
    reported_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = FigureQuerySet.as_manager()

    class Meta:
        ordering = ["code", "input", "-first", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "input", "region", "first", "last", "version"], name="figure_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code}.{self.input} {self.first}..{self.last} v{self.version}"


class DecisionRecord(models.Model):
    """An answer of a decision table that was given to somebody, refusals included."""

    number = models.CharField(max_length=20, unique=True)
    table = models.CharField(max_length=60)
    rule_version = models.CharField(max_length=140)
    region = models.CharField(max_length=12)
    subject = models.CharField(max_length=300)  # whom or what it is about
    as_of = models.DateField()  # day whose rules decided
    facts: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    standing = models.CharField(max_length=12)
    outcome: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    rows: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    citations: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    explanation_zh = models.TextField()
    explanation_en = models.TextField()
    decided_by = models.CharField(max_length=150)
    decided_at = models.DateTimeField()

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-decided_at", "-id"]
        indexes = [models.Index(fields=["table", "-decided_at"])]

    def __str__(self) -> str:
        return f"{self.number} {self.table} {self.standing}"
