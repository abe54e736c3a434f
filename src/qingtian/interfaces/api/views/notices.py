"""Notices: the inbox, policies, the delivery log, one's own addresses."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from qingtian.apps.notices.actions.deliver import mend_delivery
from qingtian.apps.notices.actions.keep_contact import contact_of, keep_contact
from qingtian.apps.notices.actions.read_notices import acknowledge, mark_read
from qingtian.apps.notices.queries import require_office
from qingtian.interfaces.api.auth import Browser, actor
from qingtian.interfaces.api.present import deliveries
from qingtian.interfaces.api.present import notices as present
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas import notices as out
from qingtian.interfaces.api.views.exports import CSV
from qingtian.runtime.clock import current_clock

router = Router(tags=["notices"])


@router.get("/notices/export.csv", openapi_extra=CSV, summary="One's inbox as CSV")
def export_notices(request: HttpRequest, filters: Query[out.NoticeExport]) -> HttpResponse:
    """Every line that matches the filters of the list."""
    return present.inbox_csv(actor(request), current_clock().now(), filters)


@router.get("/notices", response=reads(out.InboxPage), summary="One's inbox")
def list_notices(request: HttpRequest, filters: Query[out.NoticeFilters]) -> out.InboxPage:
    """What one was told, the newest first; nobody else's inbox can be read."""
    return present.inbox_page(actor(request), filters)


@router.get("/notices/waiting", response=reads(out.InboxCounts), summary="What waits in one's inbox")
def count_notices(request: HttpRequest) -> out.InboxCounts:
    """The numbers beside the bell."""
    return present.counts(actor(request))


@router.get("/notices/policies", response=reads(out.PoliciesOut), summary="Who is told, and what silence brings")
def show_policies(request: HttpRequest) -> out.PoliciesOut:
    """Kinds, escalation steps with the people they mean now, ways to the outside; for officials."""
    require_office(actor(request))
    return deliveries.policies(current_clock().now())


@router.post("/notices/read", response=writes(out.ChangedOut), summary="Note that lines were opened")
def read_notices(request: HttpRequest, data: out.NoticesIn) -> out.ChangedOut:
    """Some lines, or all that wait. It answers nothing: escalation goes on."""
    who = actor(request)
    return present.changed(who, mark_read(who, current_clock().now(), data.notices))


@router.post("/notices/acknowledge", response=writes(out.ChangedOut), summary="Say that one has seen to it")
def acknowledge_notices(request: HttpRequest, data: out.NoticesIn) -> out.ChangedOut:
    """Some lines, or all that want it. The first answer of anybody ends the escalation for all."""
    who = actor(request)
    return present.changed(who, acknowledge(who, current_clock().now(), data.notices))


@router.get("/notices/{notice_id}", response=reads(out.NoticeDetail), summary="One notice")
def one_notice(request: HttpRequest, notice_id: int) -> out.NoticeDetail:
    """With everybody who was told, the ways it took, and what silence brings."""
    return present.notice_detail(actor(request), notice_id)


@router.get("/me/contact", response=reads(out.OwnContactOut), auth=Browser(), summary="How one is reached")
def show_contact(request: HttpRequest) -> out.OwnContactOut:
    """One's own addresses and quiet hours; nobody else reads them."""
    return deliveries.contact_out(contact_of(actor(request)))


@router.post("/me/contact", response=writes(out.OwnContactOut), auth=Browser(), summary="Say how one is reached")
def change_contact(request: HttpRequest, data: out.ContactIn) -> out.OwnContactOut:
    """Addresses, ways for common notices, quiet hours."""
    row = keep_contact(actor(request), current_clock().now(), deliveries.contact_draft(data))
    return deliveries.contact_out(row)


@router.get("/deliveries/export.csv", openapi_extra=CSV, summary="Words to the outside as CSV")
def export_deliveries(request: HttpRequest, filters: Query[out.DeliveryExport]) -> HttpResponse:
    """Every word that matches the filters of the list."""
    return deliveries.delivery_csv(actor(request), current_clock().now(), filters)


@router.get("/deliveries", response=reads(out.DeliveryPage), summary="Words to the outside")
def list_deliveries(request: HttpRequest, filters: Query[out.DeliveryFilters]) -> out.DeliveryPage:
    """What went out to whom, by which way, what failed and is tried again, what was given up."""
    return deliveries.delivery_page(actor(request), filters)


@router.get("/deliveries/{delivery_id}", response=reads(out.DeliveryDetail), summary="One word to the outside")
def one_delivery(request: HttpRequest, delivery_id: int) -> out.DeliveryDetail:
    """With what it said and the notices in it."""
    return deliveries.delivery_detail(actor(request), delivery_id)


@router.post("/deliveries/{delivery_id}/again", response=writes(out.DeliveryDetail), summary="Send it again")
def send_again(request: HttpRequest, delivery_id: int) -> out.DeliveryDetail:
    """Only what was given up; the tries are counted anew."""
    who = actor(request)
    mend_delivery(who, current_clock().now(), delivery_id, again=True)
    return deliveries.delivery_detail(who, delivery_id)


@router.post("/deliveries/{delivery_id}/lay-aside", response=writes(out.DeliveryDetail), summary="Lay it aside")
def lay_aside(request: HttpRequest, delivery_id: int, data: out.LayAsideIn) -> out.DeliveryDetail:
    """Only what was given up, with the reason why nobody need get it."""
    who = actor(request)
    mend_delivery(who, current_clock().now(), delivery_id, again=False, reason=data.reason)
    return deliveries.delivery_detail(who, delivery_id)
