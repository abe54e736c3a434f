"""Rosters, their rotations and exceptions, offers to swap, calendar links, handover notes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from qingtian.apps.rosters.states import Coverage, HandoverState, SwapState
from qingtian.apps.rosters.visibility import FeedLinkQuerySet, HandoverQuerySet, RosterQuerySet, SwapQuerySet
from qingtian.domain.rosters import DayRule, Turn


class Roster(models.Model):
    """A post that people hold in turns, for a place."""

    code = models.CharField(max_length=40, unique=True)
    name_zh = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100)
    region_code = models.CharField(max_length=12)  # GB/T 2260: the place that it is for
    coverage = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Coverage])
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)
    retired_at = models.DateTimeField(null=True, blank=True)
    simulated = models.BooleanField(default=False)

    objects = RosterQuerySet.as_manager()

    class Meta:
        ordering = ["region_code", "code"]

    def __str__(self) -> str:
        return self.code


class RosterRotation(models.Model):
    """People who take turns at one shift of a roster; a change ends it and begins another."""

    roster = models.ForeignKey(Roster, on_delete=models.PROTECT, related_name="rotations")
    name_zh = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100)
    starts = models.TimeField()
    minutes = models.PositiveSmallIntegerField()
    members: models.JSONField[list[str], list[str]] = models.JSONField()
    first = models.DateField()
    until = models.DateField(null=True, blank=True)  # first day on which it no longer holds
    days = models.CharField(max_length=10, choices=[(one.value, one.value) for one in DayRule])
    weekdays: models.JSONField[list[int], list[int]] = models.JSONField(default=list, blank=True)
    every = models.PositiveSmallIntegerField(default=1)
    turn = models.CharField(max_length=6, choices=[(one.value, one.value) for one in Turn])
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["first", "starts", "id"]

    def __str__(self) -> str:
        return f"{self.roster_id} {self.name_en}"


class Swap(models.Model):
    """One offers another a shift, perhaps for one of the other's; the other answers."""

    roster = models.ForeignKey(Roster, on_delete=models.PROTECT, related_name="swaps")
    asker = models.CharField(max_length=150)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    other = models.CharField(max_length=150)
    back_starts_at = models.DateTimeField(null=True, blank=True)  # the shift of the other that comes back
    back_ends_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    state = models.CharField(
        max_length=10, choices=[(one.value, one.value) for one in SwapState], default=SwapState.ASKED
    )
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = SwapQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]
        indexes = [models.Index(fields=["state", "other"])]

    def __str__(self) -> str:
        return f"{self.asker} to {self.other} {self.state}"


class RosterException(models.Model):
    """For a stretch of time somebody has the duty of another, comes in addition, or falls out."""

    roster = models.ForeignKey(Roster, on_delete=models.PROTECT, related_name="exceptions")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    who = models.CharField(max_length=150, blank=True)  # empty: the other falls out
    instead_of = models.CharField(max_length=150, blank=True)  # empty: `who` comes in addition
    reason = models.CharField(max_length=300)
    swap = models.ForeignKey(Swap, null=True, blank=True, on_delete=models.PROTECT, related_name="exceptions")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="exception_ends_after_it_starts"
            ),
        ]
        indexes = [models.Index(fields=["roster", "starts_at"])]

    def __str__(self) -> str:
        return f"{self.who or '-'} for {self.instead_of or '-'}"


class FeedLink(models.Model):
    """A secret address of one's shifts as a calendar; only the hash of the secret is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="feed_links")
    roster = models.ForeignKey(Roster, null=True, blank=True, on_delete=models.PROTECT, related_name="feed_links")
    secret_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = FeedLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"calendar of {self.user_id}"


class Handover(models.Model):
    """What is open at a change of shift: the house puts it together, who goes edits and signs, then who comes."""

    number = models.CharField(max_length=20, unique=True)
    roster = models.ForeignKey(Roster, on_delete=models.PROTECT, related_name="handovers")
    shift_start = models.DateTimeField()
    shift_end = models.DateTimeField()
    giver = models.CharField(max_length=150)
    taker = models.CharField(max_length=150)
    state = models.CharField(
        max_length=10, choices=[(one.value, one.value) for one in HandoverState], default=HandoverState.DRAFT
    )
    open_matters: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()  # as at `composed_at`
    composed_at = models.DateTimeField()
    text = models.TextField(blank=True)
    answer = models.CharField(max_length=1000, blank=True)  # of who comes
    content_hash = models.CharField(max_length=64, blank=True)  # of what was signed
    given_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)
    simulated = models.BooleanField(default=False)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        ordering = ["-composed_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["roster", "shift_end", "giver"], name="one_handover_per_shift_and_person"),
        ]

    def __str__(self) -> str:
        return self.number
