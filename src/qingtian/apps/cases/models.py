"""Cases: a problem walked through its procedure until later data prove it solved."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db import models

from qingtian.apps.cases.visibility import CaseQuerySet
from qingtian.apps.findings.models import Finding
from qingtian.apps.registry.models import RegistryObject


class Relation(StrEnum):
    """How a case stands to its parent."""

    PART = "part"  # one task of a survey
    LOOKALIKE = "lookalike"  # a check for problems of the same kind
    SPLIT = "split"
    JOINT = "joint"  # filed together
    FOLLOW_UP = "follow_up"  # what another procedure does about it
    APPEAL = "appeal"


class Case(models.Model):
    """One case, pinned to one version of its procedure."""

    number = models.CharField(max_length=20, unique=True)
    template = models.CharField(max_length=20)
    template_version = models.CharField(max_length=20)
    state = models.CharField(max_length=40)
    state_since = models.DateTimeField()
    title = models.CharField(max_length=300)
    title_en = models.CharField(max_length=300, blank=True)
    object = models.ForeignKey(RegistryObject, null=True, blank=True, on_delete=models.PROTECT, related_name="cases")
    region_code = models.CharField(max_length=12, blank=True)  # of the object, or where a case without one belongs
    enterprise_code = models.CharField(max_length=64, blank=True)
    place = models.CharField(max_length=200, blank=True)  # in words, for a case without an object
    lon = models.FloatField(null=True, blank=True)  # degrees east, WGS 84; of a case without an object
    lat = models.FloatField(null=True, blank=True)
    org = models.CharField(max_length=64, blank=True)  # accountable organisation; stays until the asked one accepts
    first_org = models.CharField(max_length=64, blank=True)  # first receiver
    asked_org = models.CharField(max_length=64, blank=True)  # asked to take it, has not answered
    bounces = models.PositiveSmallIntegerField(default=0)  # how often it came back to the first receiver
    kind = models.CharField(max_length=40, blank=True)  # kind of the finding it arises from
    about = models.CharField(max_length=80, blank=True)  # part of the object that the finding is about
    parameter = models.CharField(max_length=40, blank=True)
    rule_id = models.CharField(max_length=100, blank=True)
    severity = models.PositiveSmallIntegerField()
    fields: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    responsible = models.CharField(max_length=150, blank=True)  # username of the handler
    opened_by = models.CharField(max_length=150)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    # The first end: `due_at`, or that of a binding clock which ends before; kept by `clocks`, read by to-do lists.
    next_due_at = models.DateTimeField(null=True, blank=True)
    written_off_at = models.DateTimeField(null=True, blank=True)
    watch_until = models.DateField(null=True, blank=True)  # last day of the watch window
    closed_at = models.DateTimeField(null=True, blank=True)
    rebound_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="rebounds")
    duplicate_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="duplicates")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    relation = models.CharField(max_length=12, blank=True, choices=[(one.value, one.value) for one in Relation])
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
        indexes = [
            models.Index(fields=["state", "due_at"]),
            models.Index(fields=["object", "kind", "state"]),
            models.Index(fields=["-opened_at", "-id"]),
            models.Index(fields=["template", "state", "-opened_at", "-id"]),
            models.Index(fields=["enterprise_code"]),
            models.Index(fields=["responsible"]),
            models.Index(
                fields=["due_at"],
                condition=models.Q(closed_at=None, duplicate_of=None, written_off_at=None),
                name="case_running_by_due_date",
            ),
            # Counts of lists and boards read this index alone, not the rows with their forms.
            models.Index(
                fields=["template", "state"],
                include=[
                    "region_code",
                    "enterprise_code",
                    "severity",
                    "due_at",
                    "closed_at",
                    "duplicate_of",
                    "written_off_at",
                ],
                name="case_counts",
            ),
            # Lists of things to do are read in this order, and counted from this index alone.
            models.Index(
                fields=["next_due_at"],
                include=[
                    "template",
                    "template_version",
                    "state",
                    "region_code",
                    "relation",
                    "responsible",
                    "asked_org",
                    "severity",
                ],
                condition=models.Q(closed_at=None, duplicate_of=None, written_off_at=None),
                name="case_running_by_next_end",
            ),
            models.Index(
                fields=["next_due_at"],
                condition=models.Q(closed_at=None, duplicate_of=None, written_off_at=None, relation=Relation.PART),
                name="case_tasks_by_next_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.state}"

    @property
    def orgs(self) -> frozenset[str]:
        """Organisations that work on it: accountable, first, asked, and those of its task force."""
        parts = [part.org for part in self.parts.all()]
        return frozenset(filter(None, (self.org, self.first_org, self.asked_org, *parts)))


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
    extended = models.PositiveSmallIntegerField(default=0)  # what extensions have added, in the unit of the rule
    set_on = models.DateField(null=True, blank=True)  # day on which a plan set the end; earlier pauses are in it
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


class CasePrivate(models.Model):
    """What only some roles may read, such as who complained: kept apart from case, journal, exports and logs."""

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="private")
    values: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.case_id} private"


class HandoverState(StrEnum):
    """What became of a request to take a case."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    SILENT = "silent"  # the time to object ran out
    OBJECTED = "objected"
    DECIDED = "decided"  # a coordinator decided; nobody can object


class CaseHandover(models.Model):
    """One request to another organisation to take a case."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="handovers")
    from_org = models.CharField(max_length=64, blank=True)
    to_org = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in HandoverState])
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=150)
    reason = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.CharField(max_length=150, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.case_id} to {self.to_org} {self.state}"


class CasePart(models.Model):
    """The part of one organisation in a task force."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="parts")
    org = models.CharField(max_length=64)
    task = models.TextField()
    joined_at = models.DateTimeField()
    joined_by = models.CharField(max_length=150)
    result = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["case", "org"], name="part_once_per_org")]
        indexes = [models.Index(fields=["org"])]

    def __str__(self) -> str:
        return f"{self.case_id} {self.org}"
