"""Verbs of the house: bundle what waits, claim a word, note what became of it; and, for people, mend what failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, Q

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.record import record, writing
from qingtian.apps.notices.models import Contact, Delivery, Notice, Outgoing
from qingtian.apps.notices.queueing import quiet_of
from qingtian.apps.notices.states import DeliveryState
from qingtian.domain.errors import Conflict, InvalidInput, NotVisible
from qingtian.domain.notices import retry_after, room_at
from qingtian.domain.notices.bundle import Bundle, Item, bundle_of
from qingtian.domain.notices.timing import HOUR
from qingtian.packs.notices import notice_kinds
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings

LEASE = timedelta(minutes=5)  # a word that was handed over and not answered for so long is tried again
COMPANY = timedelta(minutes=10)  # what would go out so soon goes along
SENDABLE = (DeliveryState.SENDING, DeliveryState.RETRY)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to one person or endpoint."""

    channel: str
    user_id: int | None
    endpoint: str


def make_bundles(at: datetime) -> list[Delivery]:
    """Put what is ready to go out into one word for each way; what is over the limit per hour waits for company."""
    with writing():
        waiting = Outgoing.objects.filter(delivery=None).order_by()
        grouped = waiting.values("channel", "user_id", "endpoint").annotate(first=Min("not_before"))
        ways = [Way(one["channel"], one["user_id"], one["endpoint"]) for one in grouped if one["first"] <= at]
        return [made for way in ways if (made := _bundle(at, way)) is not None]


def claim(at: datetime, delivery_id: int) -> Delivery | None:
    """Take a word to send it; None when it is not due or another worker has it.

    Until the answer is noted it counts as handed over; a killed worker's word is tried again after the lease.
    """
    with writing():
        rows = Delivery.objects.select_for_update(skip_locked=True)
        row = rows.filter(pk=delivery_id, state__in=SENDABLE, next_try_at__lte=at).first()
        if row is not None:
            row.tries, row.state, row.next_try_at = row.tries + 1, DeliveryState.SENDING, at + LEASE
            row.save(update_fields=["tries", "state", "next_try_at"])
    return row


def due_deliveries(at: datetime) -> list[int]:
    """Words that can be sent now, the most severe first."""
    rows = Delivery.objects.filter(state__in=SENDABLE, next_try_at__lte=at).order_by("-severity", "made_at", "id")
    return list(rows.values_list("pk", flat=True))


def note_sent(at: datetime, delivery_id: int) -> None:
    """The channel took it."""
    with writing():
        Delivery.objects.filter(pk=delivery_id, state=DeliveryState.SENDING).update(
            state=DeliveryState.SENT, sent_at=at, next_try_at=None, last_error=""
        )


def note_failure(at: datetime, delivery_id: int, error: str, *, final: bool) -> DeliveryState:
    """The channel did not take it: try again later, longer each time; given up after `notice_tries`, or when trying
    again cannot help.

    Args:
        error: why, without secrets.
        final: trying again cannot help.
    """
    with writing():
        row = Delivery.objects.select_for_update().get(pk=delivery_id)
        row.last_error = error[:500]
        if final or row.tries >= get_settings().notice_tries:
            row.state, row.next_try_at = DeliveryState.DEAD, None
            payload = {"channel": row.channel, "count": row.count, "tries": row.tries, "error": row.last_error}
            record(SYSTEM_ACTOR, at, "delivery.given_up", row, payload)
        else:
            row.state, row.next_try_at = DeliveryState.RETRY, at + retry_after(row.tries)
        row.save(update_fields=["state", "next_try_at", "last_error"])
        return DeliveryState(row.state)


def mend_delivery(actor: Actor, at: datetime, delivery_id: int, *, again: bool, reason: str = "") -> Delivery:
    """Send again what was given up, or lay it aside with a reason.

    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict: it was not given up.
    """
    with writing():
        row = Delivery.objects.visible_to(actor).filter(pk=delivery_id).first()
        if row is None:
            raise NotVisible(f"there is no delivery {delivery_id}", field="delivery", remedy="choose one from the log")
        region = place_of(row)
        role = require(actor, Verb.MEND_DELIVERY, region_code=region)
        if row.state != DeliveryState.DEAD:
            raise Conflict(f"it is {row.state}", field="delivery", remedy="only what was given up can be mended")
        if not again and not reason.strip():
            raise InvalidInput("a reason is needed", field="reason", remedy="say why nobody need get it")
        row.state = DeliveryState.RETRY if again else DeliveryState.LAID_ASIDE
        row.tries, row.next_try_at = 0, at if again else None
        row.save(update_fields=["state", "tries", "next_try_at"])
        payload = {"again": again, "reason": reason.strip()[:300], "count": row.count}
        record(actor, at, "delivery.mended", row, payload, role=role)
    return row


def place_of(row: Delivery) -> str:
    """The widest place that it is about: who mends it must hold all of it."""
    codes = list(Notice.objects.filter(outgoing__delivery=row).values_list("region_code", flat=True).distinct())
    return codes[0] if len(codes) == 1 else get_settings().city_code


def _bundle(at: datetime, way: Way) -> Delivery | None:
    contact = Contact.objects.select_related("user").filter(user_id=way.user_id).first() if way.user_id else None
    rows = _taken(at, way, contact)
    if not rows:
        return None
    sent = _sent_lately(at, way)
    urgent = any(row.urgent for row in rows)
    if not urgent and room_at(at, sent, get_settings().notice_per_hour) > at:
        return None
    words = bundle(rows, _language(way, contact))
    made = Delivery.objects.create(
        channel=way.channel,
        user_id=way.user_id,
        endpoint=way.endpoint,
        subject=words.subject,
        text=words.short if way.channel == "sms" else words.text,
        count=words.count,
        severity=words.severity,
        made_at=at,
        next_try_at=at,
        simulated=words.simulated,
    )
    Outgoing.objects.filter(pk__in=[row.pk for row in rows]).update(delivery=made)
    return made


def bundle(rows: Sequence[Outgoing], language: str) -> Bundle:
    """What the notices of some rows say together; one notice twice is one line."""
    kinds = notice_kinds()
    items = {}
    for row in rows:
        notice = row.notice
        kind = kinds.get(notice.kind)
        label = notice.kind if kind is None else kind.label_zh if language == "zh" else kind.label_en
        items[notice.pk] = Item(
            label=label,
            number=notice.subject_number,
            title=notice.title_zh if language == "zh" else notice.title_en,
            severity=notice.severity,
            link=notice.link,
            at=notice.posted_at,
            done=notice.closed_at is not None,
            simulated=notice.simulated,
        )
    return bundle_of(list(items.values()), language=language, base_url=get_settings().public_url)


def _by(way: Way) -> dict[str, Any]:
    return {"channel": way.channel, "user_id": way.user_id, "endpoint": way.endpoint}


def _taken(at: datetime, way: Way, contact: Contact | None) -> list[Outgoing]:
    quiet = quiet_of(contact) if contact is not None else None
    ready = at if quiet is not None and quiet.holds(at.astimezone(SHANGHAI)) else at + COMPANY
    rows = Outgoing.objects.filter(Q(not_before__lte=ready), delivery=None, **_by(way))
    return list(rows.select_related("notice").order_by("id"))


def _sent_lately(at: datetime, way: Way) -> list[datetime]:
    rows = Delivery.objects.filter(made_at__gt=at - HOUR, made_at__lte=at, **_by(way))
    return list(rows.values_list("made_at", flat=True))


def _language(way: Way, contact: Contact | None) -> str:
    if contact is not None:
        return contact.language
    endpoint = get_settings().notice_endpoints.get(way.endpoint)
    return endpoint.language if endpoint is not None else "zh"
