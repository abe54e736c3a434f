"""Sending one delivery by its way, as the settings say."""

from __future__ import annotations

import json
from typing import Any

from qingtian.apps.notices.channels.errors import ChannelError
from qingtian.apps.notices.channels.mail import send_mail
from qingtian.apps.notices.channels.posting import post_json, refuse_error_code
from qingtian.apps.notices.channels.robots import (
    DINGTALK_BYTES,
    WECOM_BYTES,
    as_json,
    dingtalk_url,
    text_message,
    webhook_headers,
)
from qingtian.apps.notices.models import Contact, Delivery
from qingtian.domain.notices import Channel
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import EndpointForm, Settings

MOST_LISTED = 200


def send(delivery: Delivery, settings: Settings, *, machine_time_s: float) -> None:
    """Hand a delivery over.

    Args:
        machine_time_s: the machine's own time, s since 1970: receivers compare signatures with theirs, not with city
            time.
    Raises:
        ChannelError.
    """
    if delivery.channel == Channel.EMAIL:
        _mail(delivery, settings)
    elif delivery.channel == Channel.SMS:
        _sms(delivery, settings)
    else:
        _endpoint(delivery, settings, machine_time_s)


def _mail(delivery: Delivery, settings: Settings) -> None:
    if not settings.smtp_url:
        raise ChannelError("no mail server is set: smtp_url", final=True)
    to = _contact(delivery).email
    if not to:
        raise ChannelError("the person has no e-mail address any more", final=True)
    send_mail(
        settings.smtp_url,
        settings.mail_from,
        to,
        subject=delivery.subject,
        text=delivery.text,
        key=delivery.key,
    )


def _sms(delivery: Delivery, settings: Settings) -> None:
    if not settings.sms_url:
        raise ChannelError("no gateway for text messages is set: sms_url", final=True)
    phone = _contact(delivery).phone
    if not phone:
        raise ChannelError("the person has no telephone number any more", final=True)
    values = {"{phone}": phone, "{text}": delivery.text, "{key}": delivery.key}
    post_json(settings.sms_url, as_json(_filled(json.loads(settings.sms_body), values)), settings.sms_headers)


def _endpoint(delivery: Delivery, settings: Settings, machine_time_s: float) -> None:
    endpoint = settings.notice_endpoints.get(delivery.endpoint)
    if endpoint is None:
        raise ChannelError(f"no endpoint {delivery.endpoint} is set: notice_endpoints", final=True)
    if endpoint.form is EndpointForm.WECOM:
        refuse_error_code(post_json(endpoint.url, text_message(delivery.text, WECOM_BYTES), {}))
    elif endpoint.form is EndpointForm.DINGTALK:
        url = dingtalk_url(endpoint.url, endpoint.secret, timestamp_ms=int(machine_time_s * 1000))
        refuse_error_code(post_json(url, text_message(delivery.text, DINGTALK_BYTES), {}))
    else:
        body = as_json(webhook_body(delivery))
        headers = webhook_headers(endpoint.secret, body, key=delivery.key, timestamp_s=int(machine_time_s))
        post_json(endpoint.url, body, headers)


def webhook_body(delivery: Delivery) -> dict[str, Any]:
    """What our own webhook carries: the words, and the notices themselves."""
    rows = delivery.lines.select_related("notice").order_by("id")
    listed = list({row.notice_id: row.notice for row in rows[:MOST_LISTED]}.values())
    return {
        "delivery": delivery.key,
        "at": delivery.made_at.astimezone(SHANGHAI).isoformat(),
        "count": delivery.count,
        "severity": delivery.severity,
        "simulated": delivery.simulated,
        "subject": delivery.subject,
        "text": delivery.text,
        "notices": [
            {
                "id": one.pk,
                "kind": one.kind,
                "severity": one.severity,
                "subject": {"kind": one.subject_kind, "number": one.subject_number},
                "title_zh": one.title_zh,
                "title_en": one.title_en,
                "link": one.link,
                "region": one.region_code,
                "posted_at": one.posted_at.astimezone(SHANGHAI).isoformat(),
                "simulated": one.simulated,
            }
            for one in listed
        ],
        "left_out": max(0, delivery.count - len(listed)),
    }


def _contact(delivery: Delivery) -> Contact:
    row = Contact.objects.filter(user=delivery.user).select_related("user").first() if delivery.user else None
    if row is None or not row.user.is_active:
        raise ChannelError("the person is not reachable any more", final=True)
    return row


def _filled(part: Any, values: dict[str, str]) -> Any:
    if isinstance(part, dict):
        return {name: _filled(value, values) for name, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, values) for value in part]
    if isinstance(part, str):
        for mark, value in values.items():
            part = part.replace(mark, value)
    return part
