"""Ledgers: accounts, entries with their postings and steps, licences and uses of data. Rows are only ever added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from qingtian.apps.ledgers.states import EntryForm, EntryState
from qingtian.apps.ledgers.visibility import AccountQuerySet, EntryQuerySet, LicenceQuerySet, UseQuerySet
from qingtian.domain.ledgers import Account, AccountKind

MAX_DIGITS, PLACES = 38, 9  # of an amount in the database


class LedgerAccount(models.Model):
    """An account: whose, of what, of which kind, in which unit."""

    ledger = models.CharField(max_length=40)  # code of ledgers.csv
    holder = models.CharField(max_length=100)  # code of a region, park, enterprise, project or party
    holder_name = models.CharField(max_length=200, blank=True)
    item = models.CharField(max_length=60)  # pollutant code, or what else is counted
    kind = models.CharField(max_length=12, choices=[(one.value, one.value) for one in AccountKind])
    unit = models.CharField(max_length=20)
    region_code = models.CharField(max_length=12)
    enterprise_code = models.CharField(max_length=64, blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=150)

    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["ledger", "item", "holder", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["ledger", "holder", "item", "kind", "unit"], name="account_once")
        ]
        indexes = [models.Index(fields=["region_code"]), models.Index(fields=["enterprise_code"])]

    def __str__(self) -> str:
        return f"{self.ledger} {self.holder}/{self.item}/{self.kind}"

    @property
    def value(self) -> Account:
        """The account as the domain knows it."""
        return Account(self.holder, self.item, AccountKind(self.kind), self.unit)


class LedgerEntry(models.Model):
    """One booking as it was drafted; what became of it stands in its steps."""

    number = models.CharField(max_length=20, unique=True)
    ledger = models.CharField(max_length=40)
    form = models.CharField(max_length=12, choices=[(one.value, one.value) for one in EntryForm])
    text = models.CharField(max_length=500)
    decision = models.CharField(max_length=300)  # the approved decision that it carries out
    effective_on = models.DateField()  # day from which it holds in the world
    details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    reverses = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversals")
    region_code = models.CharField(max_length=12)
    drafted_at = models.DateTimeField()
    drafted_by = models.CharField(max_length=150)
    simulated = models.BooleanField(default=False)

    state: str  # of the last step; `reading.with_state` gives it
    state_at: datetime

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["-drafted_at", "-id"]
        indexes = [models.Index(fields=["ledger", "-drafted_at"])]

    def __str__(self) -> str:
        return f"{self.number} {self.ledger}"


class LedgerPosting(models.Model):
    """An amount that an entry adds to an account; negative takes away."""

    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="postings")
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=PLACES)

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=~models.Q(amount=0), name="posting_moves_something")]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.account_id} {self.amount}"


class LedgerStep(models.Model):
    """What somebody did with an entry; the posted ones of a ledger are a hash chain."""

    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="steps")
    ledger = models.CharField(max_length=40)
    seq = models.PositiveSmallIntegerField()  # 1, 2, 3 of the entry
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in EntryState])
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    note = models.CharField(max_length=500, blank=True)
    place = models.PositiveBigIntegerField(null=True, blank=True)  # 1, 2, 3 ... of the posted entries of the ledger
    prev_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["entry_id", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "seq"], name="step_once"),
            models.UniqueConstraint(fields=["ledger", "place"], name="posted_once_per_place"),
        ]
        indexes = [models.Index(fields=["state", "at"])]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.seq} {self.state}"


class DataLicence(models.Model):
    """A licence to use a dataset for purposes within a time."""

    number = models.CharField(max_length=20, unique=True)
    dataset = models.CharField(max_length=100)
    consumer = models.CharField(max_length=100)
    purposes: models.JSONField[list[str], list[str]] = models.JSONField()
    valid_from = models.DateField()
    valid_to = models.DateField()  # last day
    decision = models.CharField(max_length=300)
    region_code = models.CharField(max_length=12)
    enterprise_code = models.CharField(max_length=64, blank=True)
    granted_at = models.DateTimeField()
    granted_by = models.CharField(max_length=150)

    objects = LicenceQuerySet.as_manager()

    class Meta:
        ordering = ["-granted_at", "-id"]
        indexes = [models.Index(fields=["dataset", "consumer"])]

    def __str__(self) -> str:
        return f"{self.number} {self.dataset} {self.consumer}"


class DataUse(models.Model):
    """One use of a dataset, allowed by a licence or refused; both are kept."""

    dataset = models.CharField(max_length=100)
    version = models.CharField(max_length=60, blank=True)
    consumer = models.CharField(max_length=100)
    purpose = models.CharField(max_length=100)
    rows = models.PositiveBigIntegerField(default=0)
    at = models.DateTimeField()
    licence = models.ForeignKey(DataLicence, null=True, blank=True, on_delete=models.PROTECT, related_name="uses")
    allowed = models.BooleanField()
    reason = models.CharField(max_length=40, blank=True)  # why it was refused
    recorded_by = models.CharField(max_length=150)
    region_code = models.CharField(max_length=12)
    enterprise_code = models.CharField(max_length=64, blank=True)

    objects = UseQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["dataset", "-at"])]

    def __str__(self) -> str:
        return f"{self.dataset} {self.consumer} {self.purpose} {self.allowed}"
