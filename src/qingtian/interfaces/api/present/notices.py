"""The inbox: lists, the bell, one notice with everybody who was told, the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor
from qingtian.apps.accounts.queries import display_names
from qingtian.apps.notices.models import Notice, Outgoing, Receipt
from qingtian.apps.notices.queries import answered_kinds, inbox, to_answer, visible_notice, waiting
from qingtian.domain.notices import Channel, NoticeKind
from qingtian.interfaces.api.paging import paged_rows
from qingtian.interfaces.api.present import exports
from qingtian.interfaces.api.schemas.notices import (
    ChangedOut,
    InboxCounts,
    InboxLineOut,
    InboxPage,
    InboxView,
    NoticeDetail,
    NoticeExport,
    NoticeFilters,
    NoticeReceiptOut,
    NoticeStepOut,
    NoticeWayOut,
)
from qingtian.packs.notices import escalation_steps, notice_kinds

SORTABLE = {"last_at": "notice__last_at", "severity": "notice__severity", "posted_at": "notice__posted_at"}
COLUMNS = {
    "id": lambda one: one.id,
    "kind": lambda one: one.kind,
    "kind_zh": lambda one: one.kind_zh,
    "severity": lambda one: one.severity,
    "subject_kind": lambda one: one.subject_kind,
    "subject_number": lambda one: one.subject_number,
    "title_zh": lambda one: one.title_zh,
    "title_en": lambda one: one.title_en,
    "region_code": lambda one: one.region_code,
    "posted_at": lambda one: one.posted_at,
    "last_at": lambda one: one.last_at,
    "times": lambda one: one.times,
    "reason": lambda one: one.reason,
    "read": lambda one: one.read,
    "closed_at": lambda one: one.closed_at,
    "closed_by": lambda one: one.closed_by,
    "closed_why": lambda one: one.closed_why,
    "simulated": lambda one: one.simulated,
}


def inbox_page(actor: Actor, filters: NoticeFilters) -> InboxPage:
    """A page of the actor's inbox, newest first."""
    rows, total = paged_rows(matching(actor, filters), filters, SORTABLE)
    return InboxPage(items=notice_rows(rows), total=total, page=filters.page, page_size=filters.page_size)


def inbox_csv(actor: Actor, now: datetime, filters: NoticeExport) -> HttpResponse:
    """The lines that match, as a file."""
    rows = exports.bounded(matching(actor, filters))
    return exports.answer("notices", now, COLUMNS, notice_rows(rows), bom=filters.bom)


def counts(actor: Actor) -> InboxCounts:
    """What waits: the bell."""
    found = waiting(actor)
    return InboxCounts(unread=found.unread, unanswered=found.unanswered, severity=found.severity)


def changed(actor: Actor, count: int) -> ChangedOut:
    """What a call changed, and what waits now."""
    return ChangedOut(changed=count, waiting=counts(actor))


def matching(actor: Actor, filters: NoticeFilters) -> QuerySet[Receipt]:
    """Lines of the actor's inbox that match."""
    rows = inbox(actor)
    if filters.view is InboxView.UNREAD:
        rows = rows.filter(read_at=None)
    elif filters.view is InboxView.UNANSWERED:
        rows = to_answer(rows)
    wanted = {
        "notice__kind__in": filters.kind or None,
        "notice__severity__gte": filters.min_severity,
        "notice__subject_number": filters.subject or None,
        "notice__last_at__gte": filters.since,
        "notice__last_at__lt": filters.until,
    }
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    for word in (filters.q or "").split():
        places = ("subject_number", "title_zh", "title_en")
        condition = Q()
        for place in places:
            condition |= Q(**{f"notice__{place}__icontains": word})
        rows = rows.filter(condition)
    return rows


def notice_rows(rows: Iterable[Receipt]) -> list[InboxLineOut]:
    """Lines with the words of their kinds and the names of who answered."""
    listed = list(rows)
    names = names_of(row.notice.closed_by for row in listed)
    kinds, answered = notice_kinds(), set(answered_kinds())
    return [InboxLineOut(**_fields(row.notice, row, kinds, names, answered)) for row in listed]


def notice_detail(actor: Actor, notice_id: int) -> NoticeDetail:
    """A notice with everybody who was told, the ways it took, and what silence brings.

    Raises:
        NotVisible: there is none.
    """
    row = visible_notice(actor, notice_id)
    receipts = list(row.receipts.select_related("user").order_by("received_at", "id"))
    own = next((one for one in receipts if one.user_id == actor.user_id), None)
    names = names_of([row.closed_by])
    steps = escalation_steps().get(row.policy, ())
    reached = {step.step for step in steps if step.step <= row.step and row.severity >= step.min_severity}
    return NoticeDetail(
        **_fields(row, own, notice_kinds(), names, set(answered_kinds())),
        policy=row.policy,
        policy_zh=steps[0].label_zh if steps else "",
        policy_en=steps[0].label_en if steps else "",
        steps=[
            NoticeStepOut(
                step=step.step,
                after_min=int(step.after_min),
                to=list(step.to),
                taken=step.step in reached,
                applies=row.severity >= step.min_severity,
            )
            for step in steps
        ],
        receipts=[_receipt(one) for one in receipts],
        ways=[_way(one) for one in row.outgoing.select_related("user", "delivery").order_by("id")],
        mine=own is not None,
    )


def names_of(usernames: Iterable[str]) -> dict[str, str]:
    """Display names, that of the house among them."""
    return display_names(one for one in usernames if one) | {SYSTEM_ACTOR.username: SYSTEM_ACTOR.display_name}


def _fields(
    row: Notice, own: Receipt | None, kinds: Mapping[str, NoticeKind], names: Mapping[str, str], answered: set[str]
) -> dict[str, Any]:
    kind = kinds.get(row.kind)
    plain = (
        "kind severity subject_kind subject_number link title_zh title_en region_code posted_at last_at times "
        "closed_at closed_by closed_why simulated"
    )
    return {name: getattr(row, name) for name in plain.split()} | {
        "id": row.pk,
        "kind_zh": kind.label_zh if kind else row.kind,
        "kind_en": kind.label_en if kind else row.kind,
        "category": kind.category if kind else "",
        "reason": own.reason if own else "",
        "step": own.step if own else row.step,
        "read": own is None or own.read_at is not None,
        "acknowledged": own is not None and own.acknowledged_at is not None,
        "answerable": row.kind in answered and row.closed_at is None,
        "closed_by_name": names.get(row.closed_by, row.closed_by),
        "escalates_at": row.next_step_at,
    }


def _receipt(row: Receipt) -> NoticeReceiptOut:
    return NoticeReceiptOut(
        username=row.user.username,
        name=row.user.display_name or row.user.username,
        reason=row.reason,
        step=row.step,
        received_at=row.received_at,
        read_at=row.read_at,
        acknowledged_at=row.acknowledged_at,
    )


def _way(row: Outgoing) -> NoticeWayOut:
    sent = row.delivery
    return NoticeWayOut(
        channel=Channel(row.channel),
        to=(row.user.display_name or row.user.username) if row.user else row.endpoint,
        step=row.step,
        queued_at=row.queued_at,
        not_before=row.not_before,
        delivery=sent.pk if sent else None,
        state=sent.state if sent else "waiting",
        last_error=sent.last_error if sent else "",
    )
