"""Verb: open an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.record import record, writing
from qingtian.apps.ledgers.drafting import kind_of
from qingtian.apps.ledgers.models import LedgerAccount
from qingtian.apps.lengths import check_lengths
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput


@dataclass(frozen=True, slots=True)
class AccountDraft:
    """An account to be.

    Args:
        holder: code of a registered object, or a free name of a party.
        region_code: where it belongs; that of the registered holder when left out.
    """

    ledger: str
    holder: str
    item: str
    kind: str
    unit: str
    holder_name: str = ""
    region_code: str = ""


def open_account(actor: Actor, at: datetime, draft: AccountDraft) -> LedgerAccount:
    """Open an account of a ledger.

    Raises:
        NotPermitted; InvalidInput: kind or unit that the ledger does not have; Conflict: it is open already.
    """
    holder = RegistryObject.objects.filter(code=draft.holder).order_by("pk").first()
    region = draft.region_code or (holder.region_code if holder else "")
    role = require(actor, Verb.KEEP_LEDGER, region_code=region)
    _check(draft, at, region)
    with writing():
        known = {"ledger": draft.ledger, "holder": draft.holder, "item": draft.item, "kind": draft.kind}
        if LedgerAccount.objects.filter(**known, unit=draft.unit).exists():
            raise Conflict("this account is open already", field="holder", remedy="use the one of the list")
        row = LedgerAccount.objects.create(
            **known,
            unit=draft.unit,
            holder_name=draft.holder_name.strip() or (holder.name if holder else ""),
            region_code=region,
            enterprise_code=holder.enterprise_code if holder else "",
            opened_at=at,
            opened_by=actor.username,
        )
        payload = {"ledger": row.ledger, "account": str(row), "unit": row.unit}
        record(actor, at, "ledger.account_opened", ("ledger_account", str(row.pk)), payload, role=role)
    return row


def _check(draft: AccountDraft, at: datetime, region: str) -> None:
    kind = kind_of(draft.ledger, at)
    for name in ("holder", "item"):
        if not getattr(draft, name).strip():
            raise InvalidInput(f"the {name} is missing", field=name, remedy="fill it in")
    check_lengths(LedgerAccount, holder=draft.holder, item=draft.item, unit=draft.unit, holder_name=draft.holder_name)
    if not region:
        raise InvalidInput("where does it belong?", field="region_code", remedy="give a region code of six digits")
    if draft.kind not in kind.kinds:
        raise InvalidInput(
            f"{kind.label_en} has no kind {draft.kind}", field="kind", remedy=f"one of {', '.join(kind.kinds)}"
        )
    if draft.unit not in kind.units:
        raise InvalidInput(
            f"{kind.label_en} does not count in {draft.unit}", field="unit", remedy=f"one of {', '.join(kind.units)}"
        )
