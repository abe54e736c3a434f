"""Reads of notices: the inbox, what nobody answered, the delivery log."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Max, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.notices.models import Delivery, Notice, Outgoing, Receipt
from qingtian.apps.notices.visibility import governed
from qingtian.domain.errors import NotPermitted, NotVisible
from qingtian.packs.notices import notice_kinds


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in an inbox.

    Args:
        unread: lines that were not opened.
        unanswered: lines that want to be acknowledged.
        severity: of the worst unread line; 0 when there is none.
    """

    unread: int
    unanswered: int
    severity: int


def inbox(actor: Actor) -> QuerySet[Receipt]:
    """The actor's inbox, newest first."""
    return Receipt.objects.visible_to(actor).select_related("notice").order_by("-notice__last_at", "-id")


def waiting(actor: Actor) -> Waiting:
    """Counts for the bell."""
    rows = Receipt.objects.visible_to(actor).filter(read_at=None)
    unread = rows.aggregate(n=Count("pk"), worst=Max("notice__severity"))
    return Waiting(unread["n"], to_answer(Receipt.objects.visible_to(actor)).count(), unread["worst"] or 0)


def to_answer(rows: QuerySet[Receipt]) -> QuerySet[Receipt]:
    """Lines whose notice wants an acknowledgement and has none."""
    return rows.filter(notice__kind__in=answered_kinds(), notice__closed_at=None)


def unanswered(rows: QuerySet[Notice]) -> QuerySet[Notice]:
    """Notices that want an acknowledgement and have none."""
    return rows.filter(kind__in=answered_kinds(), closed_at=None)


def answered_kinds() -> list[str]:
    """Kinds that want an acknowledgement."""
    return [kind.kind for kind in notice_kinds().values() if kind.acknowledge]


def visible_notice(actor: Actor, notice_id: int) -> Notice:
    """A notice that the actor may see.

    Raises:
        NotVisible: there is none.
    """
    row = Notice.objects.visible_to(actor).filter(pk=notice_id).first()
    if row is None:
        raise NotVisible(f"there is no notice {notice_id}", field="notice", remedy="choose one from the inbox")
    return row


def delivery_log(actor: Actor) -> QuerySet[Delivery]:
    """Words to the outside about the places that the actor keeps, newest first.

    Raises:
        NotPermitted: none of the actor's roles reads it.
    """
    require_log(actor)
    return Delivery.objects.visible_to(actor).select_related("user").order_by("-made_at", "-id")


def unaddressed(actor: Actor) -> QuerySet[Notice]:
    """Notices that reached nobody's inbox, newest first.

    Raises:
        NotPermitted.
    """
    require_log(actor)
    return Notice.objects.visible_to(actor).filter(receipts=None, closed_at=None).order_by("-posted_at", "-id")


def unbundled(actor: Actor) -> QuerySet[Outgoing]:
    """Lines that wait to go out, of the places that the actor keeps.

    Raises:
        NotPermitted.
    """
    require_log(actor)
    return Outgoing.objects.filter(governed(actor, "notice__"), delivery=None)


def require_office(actor: Actor) -> None:
    """Refuse those who hold no office.

    Raises:
        NotPermitted.
    """
    if not actor.official_grants:
        raise NotPermitted("this is for officials", field="actor", remedy="sign in as an official")


def require_log(actor: Actor) -> None:
    """Refuse those who do not keep notices going.

    Raises:
        NotPermitted: names the roles that may.
    """
    held = {grant.role for grant in actor.official_grants if not grant.org}
    if not held & TABLE[Verb.READ_DELIVERIES]:
        roles = ", ".join(sorted(TABLE[Verb.READ_DELIVERIES]))
        raise NotPermitted("your roles do not read the delivery log", field="actor", remedy=f"roles that may: {roles}")
