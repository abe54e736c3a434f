"""Recomputations: stored periods judged again, as known on a date under the rules in force on a date."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from django.db import models

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.judgements.states import Question, Verdict
from qingtian.apps.registry.models import RegistryObject
from qingtian.runtime.settings import get_settings

if TYPE_CHECKING:
    from qingtian.apps.judgements.models import Judgement  # noqa: F401  named in a foreign key


class Mode(StrEnum):
    """What becomes of the answers."""

    ADOPT = "adopt"  # everything that is known, by the rules of the day of the data: changed answers become current
    BESIDE = "beside"  # as known on a date, or by the rules of a date: kept beside the current answers
    DRY_RUN = "dry_run"  # only told: nothing is judged anew
    TRY_ROW = "try_row"  # what would change if a rule row were another one: only told


class RunState(StrEnum):
    """Where a recomputation is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Carrier(StrEnum):
    """Who carries a recomputation out; two processes never work on one."""

    WORKER = "worker"
    COMMAND = "command"


OPEN = (RunState.WAITING, RunState.RUNNING)
RESUMABLE = (RunState.CANCELLED, RunState.FAILED, RunState.RUNNING)


class RecomputationQuerySet(models.QuerySet["Recomputation"]):
    """Reads of recomputations."""

    def visible_to(self, actor: Actor) -> Self:
        """They concern the whole city: who may ask for one there may read them."""
        city = get_settings().city_code
        allowed = any(may(actor, verb, region_code=city) for verb in (Verb.TRY_RULE, Verb.RECOMPUTE))
        return self if allowed else self.none()


class Recomputation(models.Model):
    """One recomputation with its progress and what it found."""

    number = models.CharField(max_length=20, unique=True)
    mode = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Mode])
    state = models.CharField(
        max_length=10, choices=[(one.value, one.value) for one in RunState], default=RunState.WAITING
    )
    first_day = models.DateField()  # legal days, both included
    last_day = models.DateField()
    as_known = models.DateTimeField(null=True, blank=True)  # None: everything that is known when it runs
    rules_on = models.DateField(null=True, blank=True)  # None: the rules in force on the day of the data
    row_id = models.CharField(max_length=120, blank=True)  # of the row that is tried
    cells: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    packs_hash = models.CharField(max_length=64)  # SHA-256 of every pack row that judged
    carrier = models.CharField(
        max_length=8, choices=[(one.value, one.value) for one in Carrier], default=Carrier.WORKER
    )
    key = models.CharField(max_length=64)  # SHA-256 of the question and the packs
    next_day = models.DateField()  # first day that is still to be judged
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    # judged, same, changed, first (no answer before), raised, extended, ended, withdrawn; turned by "was>now"
    counts: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict, blank=True)

    objects = RecomputationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(state__in=["waiting", "running"]), name="one_open_recomputation"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.mode} {self.first_day}..{self.last_day} {self.state}"

    @property
    def days(self) -> int:
        """Number of days to judge."""
        return (self.last_day - self.first_day).days + 1

    @property
    def days_done(self) -> int:
        """Number of days that are judged."""
        return (self.next_day - self.first_day).days


class RecomputedAnswer(models.Model):
    """An answer of a recomputation that differs from the current one; the current one stays what it is."""

    recomputation = models.ForeignKey(Recomputation, on_delete=models.PROTECT, related_name="answers")
    object = models.ForeignKey(RegistryObject, on_delete=models.PROTECT, related_name="+")
    current = models.ForeignKey(
        "judgements.Judgement", null=True, blank=True, on_delete=models.PROTECT, related_name="recomputed"
    )
    question = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Question])
    item = models.CharField(max_length=40)
    cycle = models.CharField(max_length=10)
    period_start = models.DateTimeField()
    was = models.CharField(max_length=16, blank=True)  # verdict of the current answer; empty where there is none
    verdict = models.CharField(max_length=16, choices=[(one.value, one.value) for one in Verdict])
    value_was = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    value = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    limit_was = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    limit = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    index = models.PositiveSmallIntegerField(null=True, blank=True)
    category = models.CharField(max_length=20, blank=True)
    standard = models.CharField(max_length=100)
    clause = models.CharField(max_length=200, blank=True)
    rule_row = models.CharField(max_length=120)
    rule_row_was = models.CharField(max_length=120, blank=True)
    confidence = models.CharField(max_length=60, blank=True)
    inputs: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    coverage: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    content_hash = models.CharField(max_length=64)
    simulated = models.BooleanField(default=False)

    class Meta:
        ordering = ["period_start", "object_id", "item"]
        constraints = [
            models.UniqueConstraint(
                fields=["recomputation", "object", "question", "item", "cycle", "period_start"],
                name="recomputed_once",
            )
        ]
        indexes = [models.Index(fields=["recomputation", "was", "verdict"], name="recomputed_turned")]

    def __str__(self) -> str:
        return f"{self.recomputation_id} {self.object_id} {self.item} {self.was} > {self.verdict}"


class RecomputedFinding(models.Model):
    """A finding that a recomputation touches, and what would become of it."""

    recomputation = models.ForeignKey(Recomputation, on_delete=models.PROTECT, related_name="findings")
    finding = models.ForeignKey("findings.Finding", on_delete=models.PROTECT, related_name="+")
    periods = models.PositiveIntegerField(default=0)  # periods of it that are answered otherwise
    no_longer_over = models.PositiveIntegerField(default=0)  # of them, periods that are not over the limit any more

    class Meta:
        ordering = ["-periods", "finding_id"]
        constraints = [
            models.UniqueConstraint(fields=["recomputation", "finding"], name="recomputed_finding_once"),
        ]

    def __str__(self) -> str:
        return f"{self.recomputation_id} touches {self.finding_id} in {self.periods}"
