"""Two inspectors on site with a phone."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.apps.city import NOW, account

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.fieldwork.actions.send_media import MediaDraft, send_media
from qingtian.apps.fieldwork.actions.send_record import VisitDraft, send_record
from qingtian.apps.fieldwork.once import Parcel, Taken
from qingtian.apps.fieldwork.spot import Spot

PNG = b"\x89PNG\r\n\x1a\n"
SPOT = Spot(Decimal("114.430012"), Decimal("30.630001"), Decimal("8.5"))
MINUTE = timedelta(minutes=1)
ANSWERS: Mapping[str, Mapping[str, str]] = {
    "cards_shown": {"value": "yes"},
    "party_there": {"value": "yes"},
    "place_right": {"value": "yes"},
    "outlet_sign": {"value": "yes"},
    "sampling_port": {"value": "yes"},
    "treatment_runs": {"value": "no", "note": "喷淋塔循环泵停运"},
    "bypass": {"value": "no"},
    "running_record": {"value": "na"},
}


def inspectors(count: int = 2, region: str = "420100") -> list[Actor]:
    """Inspectors with accounts and cards."""
    found = []
    for number in range(1, count + 1):
        who = account(f"inspector-{number}", Role.INSPECTOR, region=region)
        User.objects.filter(username=who.username).update(card_number=f"鄂A-{number:03}")
        found.append(who)
    return found


def parcel(number: int = 1, **more: Any) -> Parcel:
    """The n-th thing in the queue of a phone whose clock is right."""
    fields: dict[str, Any] = {
        "key": f"key-{number:06}",
        "device": "phone-0001",
        "place": number,
        "made_at": NOW - 5 * MINUTE,
        "clock_at": NOW,
    }
    return Parcel(**(fields | more))


def photo(number: int = 1) -> bytes:
    """A picture like no other."""
    return PNG + f"photo {number}".encode()


def sha(content: bytes) -> str:
    """Its hash, as a phone takes it."""
    return hashlib.sha256(content).hexdigest()


def media(who: Actor, case: Case, content: bytes, wrapped: Parcel, at: datetime = NOW, **more: Any) -> Taken:
    """Send a file."""
    fields: dict[str, Any] = {
        "kind": EvidenceKind.PHOTO,
        "media_type": "image/png",
        "file_name": "现场.png",
        "sha256": sha(content),
        "captured_at": NOW - 10 * MINUTE,
        "spot": SPOT,
    }
    return send_media(who, at, case.pk, wrapped, io.BytesIO(content), MediaDraft(**(fields | more)))


def visit(case: Case, people: list[Actor], **more: Any) -> VisitDraft:
    """A whole visit: its photo is number 1, the signatures are 101, 102, ... and 100 of the party."""
    fields: dict[str, Any] = {
        "revision": case.revision,
        "seen_at": NOW - 60 * MINUTE,
        "began_at": NOW - 40 * MINUTE,
        "ended_at": NOW - 10 * MINUTE,
        "inspectors": tuple(one.username for one in people),
        "answers": ANSWERS,
        "media": {sha(photo(1)): "treatment_runs"},
        "signatures": {one.username: sha(photo(101 + n)) for n, one in enumerate(people)} | {"party": sha(photo(100))},
        "text": "喷淋塔循环泵停运，现场要求立即恢复。",
        "party_name": "张某（环保主管）",
        "spot": SPOT,
    }
    return VisitDraft(**(fields | more))


def send_files(case: Case, people: list[Actor]) -> None:
    """Send what `visit` speaks of."""
    media(people[0], case, photo(1), parcel(901), line="treatment_runs")
    for number in range(100, 101 + len(people)):
        media(people[0], case, photo(number), parcel(900 + number), kind=EvidenceKind.SIGNATURE)


def sent(who: Actor, case: Case, draft: VisitDraft, wrapped: Parcel | None = None, at: datetime = NOW) -> Taken:
    """Send the record of a visit."""
    return send_record(who, at, case.pk, wrapped or parcel(999), draft)
