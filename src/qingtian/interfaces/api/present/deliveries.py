"""Words to the outside, the policies that send them, and one's own addresses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.notices.actions.deliver import place_of
from qingtian.apps.notices.actions.keep_contact import ContactDraft
from qingtian.apps.notices.models import Contact, Delivery, Notice
from qingtian.apps.notices.people import Directory
from qingtian.apps.notices.queries import delivery_log, unaddressed, unbundled
from qingtian.apps.notices.queueing import named_by
from qingtian.apps.notices.states import DeliveryState
from qingtian.domain.errors import NotVisible
from qingtian.domain.notices import Channel, EscalationStep, TargetForm
from qingtian.interfaces.api.paging import paged_rows
from qingtian.interfaces.api.present import exports
from qingtian.interfaces.api.schemas.notices import (
    ChannelOut,
    ContactIn,
    DeliveryDetail,
    DeliveryExport,
    DeliveryFilters,
    DeliveryNoticeOut,
    DeliveryOut,
    DeliveryPage,
    NoticeKindOut,
    OwnContactOut,
    PoliciesOut,
    PolicyOut,
    PolicyStepOut,
)
from qingtian.packs.notices import escalation_steps, notice_kinds
from qingtian.runtime.settings import EndpointForm, get_settings

SORTABLE = {"made_at": "made_at", "severity": "severity", "tries": "tries", "count": "count"}
SHOWN = 200
COLUMNS = {
    "key": lambda one: one.key,
    "channel": lambda one: one.channel,
    "to": lambda one: one.to,
    "subject": lambda one: one.subject,
    "count": lambda one: one.count,
    "severity": lambda one: one.severity,
    "state": lambda one: one.state,
    "made_at": lambda one: one.made_at,
    "tries": lambda one: one.tries,
    "sent_at": lambda one: one.sent_at,
    "last_error": lambda one: one.last_error,
    "simulated": lambda one: one.simulated,
}


def delivery_page(actor: Actor, filters: DeliveryFilters) -> DeliveryPage:
    """A page of the delivery log, newest first.

    Raises:
        NotPermitted: none of the actor's roles reads it.
    """
    rows, total = paged_rows(matching(actor, filters), filters, SORTABLE)
    every = delivery_log(actor).order_by().values_list("state").annotate(n=Count("pk"))
    return DeliveryPage(
        items=delivery_rows(rows),
        total=total,
        page=filters.page,
        page_size=filters.page_size,
        by_state={state: n for state, n in every if n},
        waiting=unbundled(actor).count(),
        unaddressed=unaddressed(actor).count(),
    )


def delivery_csv(actor: Actor, now: datetime, filters: DeliveryExport) -> HttpResponse:
    """The words that match, as a file."""
    rows = exports.bounded(matching(actor, filters))
    return exports.answer("deliveries", now, COLUMNS, delivery_rows(rows), bom=filters.bom)


def matching(actor: Actor, filters: DeliveryFilters) -> QuerySet[Delivery]:
    """Words of the log that match."""
    rows = delivery_log(actor)
    wanted = {
        "state__in": filters.state or None,
        "channel__in": filters.channel or None,
        "severity__gte": filters.min_severity,
        "made_at__gte": filters.since,
        "made_at__lt": filters.until,
    }
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    if filters.to:
        rows = rows.filter(endpoint=filters.to) | rows.filter(user__username=filters.to)
    for word in (filters.q or "").split():
        rows = rows.filter(subject__icontains=word) | rows.filter(key__startswith=word)
    return rows


def delivery_rows(rows: Iterable[Delivery]) -> list[DeliveryOut]:
    """Words with the names of whom they are for."""
    return [DeliveryOut(**_fields(row)) for row in rows]


def delivery_detail(actor: Actor, delivery_id: int) -> DeliveryDetail:
    """A word with what it said and the notices in it.

    Raises:
        NotPermitted; NotVisible: there is none.
    """
    row = delivery_log(actor).filter(pk=delivery_id).first()
    if row is None:
        raise NotVisible(f"there is no delivery {delivery_id}", field="delivery", remedy="choose one from the log")
    carried = Notice.objects.filter(outgoing__delivery=row).distinct().order_by("-severity", "posted_at", "id")
    seen = carried.filter(pk__in=Notice.objects.visible_to(actor).values("pk"))
    hidden = carried.count() - seen.count()
    return DeliveryDetail(
        **_fields(row),
        text="" if hidden else row.text,
        hidden=hidden,
        notices=[_notice(one) for one in seen[:SHOWN]],
        may_mend=row.state == DeliveryState.DEAD and may(actor, Verb.MEND_DELIVERY, region_code=place_of(row)),
    )


def policies(at: datetime) -> PoliciesOut:
    """Who is told of what, by which way, and whom silence brings in, now and for the whole city."""
    settings, directory = get_settings(), Directory(at)
    found = escalation_steps()
    people: dict[tuple[str, int], list[int]] = {}
    for steps in found.values():
        for step in steps:
            people[step.policy, step.step] = list(named_by(directory, step, settings.city_code).people)
    ids = {one for listed in people.values() for one in listed}
    names = {row.pk: row.display_name or row.username for row in User.objects.filter(pk__in=ids)}
    return PoliciesOut(
        policies=[
            PolicyOut(
                code=code,
                label_zh=steps[0].label_zh,
                label_en=steps[0].label_en,
                steps=[_step(step, [names[one] for one in people[step.policy, step.step]]) for step in steps],
                confidence=steps[0].confidence,
                source=steps[0].source,
            )
            for code, steps in sorted(found.items())
        ],
        kinds=[
            NoticeKindOut(
                kind=kind.kind,
                category=kind.category,
                label_zh=kind.label_zh,
                label_en=kind.label_en,
                channels=list(kind.channels),
                policy=kind.policy,
                acknowledge=kind.acknowledge,
                gather_s=int(kind.gather_s),
                dedup_h=int(kind.dedup_h),
                row_id=kind.row_id,
            )
            for kind in notice_kinds().values()
        ],
        ways=ways(),
        per_hour=settings.notice_per_hour,
        tries=settings.notice_tries,
    )


def ways() -> list[ChannelOut]:
    """Ways to the outside as the settings say; no address and no secret."""
    settings = get_settings()
    found = [
        ChannelOut(channel=Channel.EMAIL, name="", form="smtp", ready=bool(settings.smtp_url), signed=False),
        ChannelOut(channel=Channel.SMS, name="", form="http", ready=bool(settings.sms_url), signed=False),
    ]
    for name, endpoint in sorted(settings.notice_endpoints.items()):
        signed = bool(endpoint.secret) and endpoint.form is not EndpointForm.WECOM
        found.append(
            ChannelOut(channel=Channel.ENDPOINT, name=name, form=endpoint.form.value, ready=True, signed=signed)
        )
    return found


def contact_out(row: Contact) -> OwnContactOut:
    """One's own addresses."""
    return OwnContactOut(
        email=row.email,
        phone=row.phone,
        language=row.language,
        channels=row.channels,
        quiet_from=f"{row.quiet_from:%H:%M}" if row.quiet_from else "",
        quiet_until=f"{row.quiet_until:%H:%M}" if row.quiet_until else "",
        quiet_passes=row.quiet_passes,
        ways=[way.channel for way in ways() if way.ready and not way.name],
    )


def contact_draft(data: ContactIn) -> ContactDraft:
    """Addresses as the apps understand them."""
    return ContactDraft(
        email=data.email,
        phone=data.phone,
        language=data.language,
        channels=tuple(data.channels),
        quiet_from=data.quiet_from,
        quiet_until=data.quiet_until,
        quiet_passes=data.quiet_passes,
    )


def _step(step: EscalationStep, people: list[str]) -> PolicyStepOut:
    named = [target.name for target in step.targets if target.form is TargetForm.ENDPOINT]
    known = get_settings().notice_endpoints
    return PolicyStepOut(
        row_id=step.row_id,
        step=step.step,
        after_min=int(step.after_min),
        to=list(step.to),
        people=people,
        endpoints=[name for name in named if name in known],
        missing=[name for name in named if name not in known],
        channels=list(step.channels),
        min_severity=step.min_severity,
    )


def _notice(row: Notice) -> DeliveryNoticeOut:
    plain = "severity subject_number link title_zh title_en posted_at"
    return DeliveryNoticeOut(id=row.pk, **{name: getattr(row, name) for name in plain.split()})


def _fields(row: Delivery) -> dict[str, Any]:
    plain = "key channel subject count severity state made_at tries next_try_at sent_at last_error simulated"
    return {name: getattr(row, name) for name in plain.split()} | {
        "id": row.pk,
        "to": (row.user.display_name or row.user.username) if row.user else row.endpoint,
        "username": row.user.username if row.user else "",
    }
