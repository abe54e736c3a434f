"""Protection of the public pages against floods, without anybody's service: counts, and patience that grows."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from qingtian.apps.accounts.masking import generalised_point
from qingtian.apps.citizens.models import (
    MARK_LENGTH,
    PublicReport,
    PublicSupport,
    Refused,
    RefusedVisit,
    ReportDraft,
)
from qingtian.domain.errors import Conflict
from qingtian.runtime.settings import get_settings

WINDOW = timedelta(hours=1)
FIRST_PATIENCE_S = 3.0  # nobody reads five steps faster
PATIENCE_GROWS = 2.5  # with each report from the same address in the window
LONGEST_PATIENCE_S = 120.0
WRONG_CODES = 10  # of one address, or for one number, in the window
MOST_REFUSED = 100  # rows of one address in the window
DRAFTS_AT_ONCE = 20  # of one address in the window
CELL_DEG = 0.01  # about 1 km
SITE_PREFIX = 64  # of IPv6: what one household holds
BUSY = 3  # reports of one address in the window that an officer is told of


class TooSoon(Conflict):
    """Sent faster than a person can."""

    code: ClassVar[str] = "too_soon"


class TooMany(Conflict):
    """More than is taken in an hour."""

    code: ClassVar[str] = "too_many"


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of the public.

    Args:
        at: city time.
        real_at: machine time, by which floods are counted.
        sender: `sender_mark` of the address.
    """

    at: datetime
    real_at: datetime
    sender: str


def sender_mark(address: str) -> str:
    """A keyed hash that stands for an address: the same for the same one, and never turned back.

    Args:
        address: IPv4 or IPv6; of the latter the first 64 bits count.
    """
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        plain = address
    else:
        plain = str(known if known.version == 4 else ipaddress.ip_network((known, SITE_PREFIX), strict=False))
    key = f"citizens.sender:{get_settings().secret_key}".encode()
    return hmac.new(key, plain.encode(), hashlib.sha256).hexdigest()[:MARK_LENGTH]


def place_key(region_code: str, lon: float | None, lat: float | None) -> str:
    """What counts as one place: a cell of about 1 km, or the district where no point is given."""
    if lon is None or lat is None:
        return region_code
    x, y = generalised_point(lon, lat, CELL_DEG)
    return f"{x:.3f},{y:.3f}"


def sent_by(visit: Visit) -> int:
    """Reports and voices of this sender within the last hour."""
    since = visit.real_at - WINDOW
    reports = PublicReport.objects.filter(sender=visit.sender, real_at__gt=since).count()
    return reports + PublicSupport.objects.filter(sender=visit.sender, real_at__gt=since).count()


def patience_s(visit: Visit) -> float:
    """How long the last step must lie open before it is sent, s: short for the first, longer for each further one."""
    return float(min(LONGEST_PATIENCE_S, FIRST_PATIENCE_S * PATIENCE_GROWS ** sent_by(visit)))


def check_patience(visit: Visit, shown_at: datetime) -> None:
    """Refuse what is sent too soon after it was shown.

    Raises:
        TooSoon: with `wait_s`, the seconds that are left.
    """
    left = patience_s(visit) - (visit.real_at - shown_at).total_seconds()
    if left > 0:
        raise TooSoon(
            "this was sent very fast", field="form", remedy="wait a moment and send it again", wait_s=int(left) + 1
        )


def check_room(visit: Visit, place: str) -> None:
    """Refuse more than an hour takes, from one address or about one place.

    Raises:
        TooMany: names the way that is still open, and which limit it was.
    """
    settings = get_settings()
    if sent_by(visit) >= settings.citizen_reports_per_address_hour:
        raise _too_many("address", "many reports came from your address within the hour")
    near = PublicReport.objects.filter(place_key=place, real_at__gt=visit.real_at - WINDOW).count()
    if near >= settings.citizen_reports_per_place_hour:
        raise _too_many("place", "many reports about this place came within the hour")


def check_drafts(visit: Visit) -> None:
    """Refuse to begin more reports than an hour takes.

    Raises:
        TooMany.
    """
    begun = ReportDraft.objects.filter(sender=visit.sender, began_at__gt=visit.real_at - WINDOW).count()
    if begun >= DRAFTS_AT_ONCE:
        raise _too_many("address", "many reports were begun from your address within the hour")


def check_guesses(visit: Visit, number: str) -> None:
    """Refuse further guesses of codes.

    Raises:
        TooMany.
    """
    wrong = RefusedVisit.objects.filter(why=Refused.CODE, real_at__gt=visit.real_at - WINDOW)
    if max(wrong.filter(sender=visit.sender).count(), wrong.filter(about=number).count()) >= WRONG_CODES:
        raise _too_many("code", "the code was wrong too often")


def marks_of(visit: Visit, shown_at: datetime) -> list[str]:
    """What an officer should know of how a report came, in both languages."""
    marks, sent = [], sent_by(visit)
    tried = RefusedVisit.objects.filter(sender=visit.sender, real_at__gt=visit.real_at - WINDOW).exclude(
        why=Refused.CODE
    )
    if sent >= BUSY:
        marks.append(f"同一地址一小时内第{sent + 1}件 / number {sent + 1} from one address within an hour")
    if refused := tried.count():
        marks.append(f"此前{refused}次提交被拒 / {refused} refused tries before it")
    if (visit.real_at - shown_at).total_seconds() < 2 * FIRST_PATIENCE_S:
        marks.append("填写很快 / filled in very fast")
    return marks


def keep_refused(visit: Visit, why: Refused, about: str = "") -> None:
    """Keep a refused visit for the officer; of one sender so many within the hour, so that a flood fills no table."""
    if RefusedVisit.objects.filter(sender=visit.sender, real_at__gt=visit.real_at - WINDOW).count() >= MOST_REFUSED:
        return
    longest = RefusedVisit._meta.get_field("about").max_length or 0
    RefusedVisit.objects.create(at=visit.at, real_at=visit.real_at, why=why, sender=visit.sender, about=about[:longest])


def _too_many(limit: str, reason: str) -> TooMany:
    return TooMany(reason, field="form", remedy="try again later, or call the hotline 12345", limit=limit)
