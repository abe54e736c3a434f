"""Verbs: grant a licence to use data, and record a use; a use without a licence is refused and kept (example E-D3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.numbers import next_number
from qingtian.apps.journal.record import SHANGHAI, record, writing
from qingtian.apps.ledgers.models import DataLicence, DataUse
from qingtian.apps.lengths import check_lengths
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import InvalidInput, NotPermitted
from qingtian.runtime.settings import get_settings

MOST_PURPOSES = 50


@dataclass(frozen=True, slots=True)
class LicenceDraft:
    """A licence.

    Args:
        consumer: code of an enterprise or a name.
        purposes: what the data may be used for.
        valid_to: last day.
    """

    dataset: str
    consumer: str
    purposes: Sequence[str]
    valid_from: date
    valid_to: date
    decision: str


@dataclass(frozen=True, slots=True)
class UseDraft:
    """A use of data.

    Args:
        rows: how many rows were read.
    """

    dataset: str
    consumer: str
    purpose: str
    version: str = ""
    rows: int = 0


def grant_licence(actor: Actor, at: datetime, draft: LicenceDraft) -> DataLicence:
    """Grant a licence.

    Raises:
        NotPermitted, InvalidInput.
    """
    region, enterprise = _place(draft.consumer)
    role = require(actor, Verb.LICENSE_DATA, region_code=get_settings().city_code)
    purposes = list(dict.fromkeys(one.strip() for one in draft.purposes if one.strip()))
    _check(dataset=draft.dataset, consumer=draft.consumer, decision=draft.decision)
    check_lengths(DataLicence, dataset=draft.dataset, consumer=draft.consumer, decision=draft.decision)
    if not purposes or len(purposes) > MOST_PURPOSES or any(len(one) > 100 for one in purposes):
        raise InvalidInput("what may they be used for?", field="purposes", remedy=f"give 1 to {MOST_PURPOSES} purposes")
    if draft.valid_to < draft.valid_from:
        raise InvalidInput(
            f"{draft.valid_to} lies before {draft.valid_from}", field="valid_to", remedy="turn them round"
        )
    with writing():
        row = DataLicence.objects.create(
            number=next_number("DL", at),
            dataset=draft.dataset.strip(),
            consumer=draft.consumer.strip(),
            purposes=purposes,
            valid_from=draft.valid_from,
            valid_to=draft.valid_to,
            decision=draft.decision.strip(),
            region_code=region,
            enterprise_code=enterprise,
            granted_at=at,
            granted_by=actor.username,
        )
        payload = {"number": row.number, "dataset": row.dataset, "consumer": row.consumer, "purposes": purposes}
        record(actor, at, "data.licensed", ("data_licence", str(row.pk)), payload, role=role)
    return row


def record_use(actor: Actor, at: datetime, draft: UseDraft) -> DataUse:
    """Record a use of data by a licence in force for the purpose.

    Raises:
        InvalidInput; NotPermitted: no licence allows it. The refusal itself is kept.
    """
    region, enterprise = _place(draft.consumer)
    role = require(actor, Verb.RECORD_USE, region_code=region, enterprise_code=enterprise)
    _check(dataset=draft.dataset, consumer=draft.consumer, purpose=draft.purpose)
    check_lengths(DataUse, dataset=draft.dataset, consumer=draft.consumer, purpose=draft.purpose, version=draft.version)
    with writing():
        licence, reason = _licence(draft, at.astimezone(SHANGHAI).date())
        row = DataUse.objects.create(
            dataset=draft.dataset.strip(),
            version=draft.version.strip(),
            consumer=draft.consumer.strip(),
            purpose=draft.purpose.strip(),
            rows=draft.rows if licence else 0,
            at=at,
            licence=licence,
            allowed=licence is not None,
            reason=reason,
            recorded_by=actor.username,
            region_code=region,
            enterprise_code=enterprise,
        )
        what = {"dataset": row.dataset, "consumer": row.consumer, "purpose": row.purpose, "rows": row.rows}
        kind = "data.used" if row.allowed else "data.use_refused"
        record(actor, at, kind, ("data_use", str(row.pk)), what | {"reason": reason}, role=role)
    if not row.allowed:
        raise NotPermitted(
            f"{row.consumer} has no licence for {row.dataset} for {row.purpose}: {reason}",
            field="purpose",
            remedy="apply for a licence for that purpose; the refusal was kept",
            reason=reason,
            use=row.pk,
        )
    return row


def _licence(draft: UseDraft, day: date) -> tuple[DataLicence | None, str]:
    held = list(DataLicence.objects.filter(dataset=draft.dataset.strip(), consumer=draft.consumer.strip()))
    if not held:
        return None, "no_licence"
    in_force = [one for one in held if one.valid_from <= day <= one.valid_to]
    if not in_force:
        return None, "not_in_force"
    fitting = [one for one in in_force if draft.purpose.strip() in one.purposes]
    return (fitting[0], "") if fitting else (None, "other_purpose")


def _place(consumer: str) -> tuple[str, str]:
    row = RegistryObject.objects.filter(code=consumer.strip()).order_by("pk").first()
    city = get_settings().city_code
    return (row.region_code or city, row.enterprise_code) if row else (city, "")


def _check(**texts: str) -> None:
    for name, text in texts.items():
        if not text.strip():
            raise InvalidInput(f"the {name} is missing", field=name, remedy="fill it in")
