"""Taking a thing once, however often it is sent."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.evidence.models import EvidenceItem
from qingtian.apps.fieldwork.models import Sending, SendingKind
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.domain.evidence import canonical_json

KEY = re.compile(r"[A-Za-z0-9._-]{8,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What every sending carries.

    Args:
        key: made once on the phone, 8 to 64 letters, digits, dots, lines.
        device: name that the phone gives itself.
        place: place in the queue of the phone, from 1.
        made_at: when it was put into the queue, by the clock of the phone.
        clock_at: what that clock shows while it sends.
    """

    key: str
    device: str
    place: int
    made_at: datetime
    clock_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a sending.

    Args:
        answer: the same each time.
        again: whether it had been taken before.
    """

    answer: Mapping[str, Any]
    again: bool


def check_parcel(parcel: Parcel) -> None:
    """Refuse a key or a name that cannot be kept.

    Raises:
        InvalidInput: names the field.
    """
    for name, value in (("key", parcel.key), ("device", parcel.device)):
        if not KEY.fullmatch(value):
            raise InvalidInput(
                f"the {name} has 8 to 64 letters, digits, dots and lines", field=name, remedy="make a UUID"
            )


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of what is sent, without what changes when it is sent again."""
    return hashlib.sha256(canonical_json(content)).hexdigest()


def answered(actor: Actor, parcel: Parcel, digest: str) -> Taken | None:
    """The first answer to a sending; None when it is new.

    Raises:
        Conflict: the key was used for something else.
    """
    row = Sending.objects.filter(username=actor.username, key=parcel.key).first()
    if row is None:
        return None
    if row.digest != digest:
        raise Conflict("this key was used for something else", field="key", remedy="give each sending a key of its own")
    return Taken(row.answer, again=True)


def keep(
    actor: Actor,
    at: datetime,
    parcel: Parcel,
    *,
    kind: SendingKind,
    digest: str,
    item: EvidenceItem,
    made_at: datetime,
    more: Callable[[], Mapping[str, Any]] | None = None,
) -> Taken:
    """Remember a sending with its answer; called inside the transaction that took it.

    Args:
        made_at: corrected time.
        more: what the answer says besides the item.
    """
    answer = {
        "key": parcel.key,
        "kind": kind.value,
        "case": item.subject_id,
        "item": item.pk,
        "position": item.position,
        "sha256": item.sha256,
        "hash": item.hash,
        "size": item.size,
        **(more() if more else {}),
    }
    Sending.objects.create(
        username=actor.username,
        key=parcel.key,
        digest=digest,
        kind=kind,
        case_id=item.subject_id,
        item=item,
        device=parcel.device,
        place=parcel.place,
        made_at=made_at,
        received_at=at,
        answer=answer,
    )
    return Taken(answer, again=False)
