"""Judgements: what a rule in force says about a measured period; versions are only ever added."""

from __future__ import annotations

from typing import Any

from django.db import models

from qingtian.apps.judgements.recomputation import Recomputation, RecomputedAnswer, RecomputedFinding
from qingtian.apps.judgements.states import Question, Verdict
from qingtian.apps.judgements.visibility import JudgementQuerySet
from qingtian.apps.registry.models import RegistryObject

__all__ = ["Judgement", "Recomputation", "RecomputedAnswer", "RecomputedFinding"]


class Judgement(models.Model):
    """One version of one answer; a later version names what it supersedes by the old row's `superseded_by`."""

    object = models.ForeignKey(RegistryObject, on_delete=models.PROTECT, related_name="judgements")
    question = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Question])
    standard = models.CharField(max_length=100)
    clause = models.CharField(max_length=200, blank=True)
    rule_row = models.CharField(max_length=120)  # row of the pack (or permit limit) that decided
    confidence = models.CharField(max_length=60, blank=True)  # how sure the pack is of that row
    item = models.CharField(max_length=40)  # pollutant code, or `aqi`
    cycle = models.CharField(max_length=10)
    period_start = models.DateTimeField()
    value = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)  # the judged value, in `unit`
    unit = models.CharField(max_length=20, blank=True)
    limit = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    verdict = models.CharField(max_length=16, choices=[(one.value, one.value) for one in Verdict])
    index = models.PositiveSmallIntegerField(null=True, blank=True)  # AQI
    published = models.PositiveSmallIntegerField(null=True, blank=True)  # AQI as the source published it
    category = models.CharField(max_length=20, blank=True)  # name of the AQI category
    primary: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)
    inputs: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    coverage: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    known_at = models.DateTimeField()  # arrival of the newest input
    computed_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    superseded_by = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="supersedes"
    )
    content_hash = models.CharField(max_length=64)  # SHA-256 of everything that makes a version a new one
    simulated = models.BooleanField(default=False)

    objects = JudgementQuerySet.as_manager()

    class Meta:
        ordering = ["-period_start", "object_id", "item", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["object", "question", "item", "cycle", "period_start", "version"],
                name="judgement_version_once",
            ),
            models.UniqueConstraint(
                fields=["object", "question", "item", "cycle", "period_start"],
                condition=models.Q(superseded_by=None),
                name="one_current_judgement",
            ),
        ]
        indexes = [
            models.Index(fields=["question", "cycle", "-period_start"]),
            models.Index(fields=["verdict", "-period_start"]),
            models.Index(
                fields=["question", "object", "item", "-period_start"],
                condition=models.Q(superseded_by=None),
                name="judgement_newest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object_id} {self.item} {self.period_start:%Y-%m-%d %H:%M} {self.verdict} v{self.version}"
