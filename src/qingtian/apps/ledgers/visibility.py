"""Which accounts and entries an actor may see: officials by region, enterprises their own accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.registry.visibility import governed_by

if TYPE_CHECKING:
    from qingtian.apps.ledgers.models import (  # noqa: F401  named in the base classes
        DataLicence,
        DataUse,
        LedgerAccount,
        LedgerEntry,
    )


class AccountQuerySet(models.QuerySet["LedgerAccount"]):
    """Reads of accounts."""

    def visible_to(self, actor: Actor) -> Self:
        """Accounts in the actor's scope; an enterprise sees its own."""
        return self.filter(governed_by(actor))


class EntryQuerySet(models.QuerySet["LedgerEntry"]):
    """Reads of entries."""

    def visible_to(self, actor: Actor) -> Self:
        """Entries that touch an account in the actor's scope."""
        from qingtian.apps.ledgers.models import LedgerAccount, LedgerPosting

        accounts = LedgerAccount.objects.visible_to(actor).values("pk")
        return self.filter(pk__in=LedgerPosting.objects.filter(account__in=accounts).values("entry"))


class LicenceQuerySet(models.QuerySet["DataLicence"]):
    """Reads of licences."""

    def visible_to(self, actor: Actor) -> Self:
        """Licences in the actor's scope; a consumer sees its own."""
        return self.filter(governed_by(actor))


class UseQuerySet(models.QuerySet["DataUse"]):
    """Reads of uses."""

    def visible_to(self, actor: Actor) -> Self:
        """Uses in the actor's scope, refused ones too; a consumer sees its own."""
        return self.filter(governed_by(actor))
