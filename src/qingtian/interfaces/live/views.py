"""GET /api/v1/live: server-sent events."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.scope import region_contains
from qingtian.domain.errors import QingtianError
from qingtian.interfaces.api.auth import session_actor
from qingtian.interfaces.api.errors import NoSuchMethod, error_response, not_authenticated
from qingtian.interfaces.live.hub import Hub, hub
from qingtian.interfaces.live.messages import change_event, event
from qingtian.runtime.clock import current_clock
from qingtian.runtime.settings import get_settings

HEARTBEAT_S = 15.0
GATHER_S = 0.2
LONGEST_S = 3600.0  # then the browser comes again, and its session is looked at again
RETRY = b"retry: 2000\n\n"


async def live(request: HttpRequest) -> HttpResponseBase:
    """The stream of changes for a signed-in user."""
    if request.method != "GET":
        refused = NoSuchMethod(f"{request.method} is not taken here", field="method", remedy="use GET")
        answer = error_response(request, refused)
        answer["Allow"] = "GET"
        return answer
    actor = await sync_to_async(_actor)(request)
    if actor is None:
        return error_response(request, not_authenticated())
    try:
        hub().refuse_when_full()
    except QingtianError as error:
        return error_response(request, error)
    response = StreamingHttpResponse(_stream(hub(), actor), content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-cache, no-transform"
    response["X-Accel-Buffering"] = "no"
    return response


async def _stream(source: Hub, actor: Actor) -> AsyncIterator[bytes]:
    with_ids = _sees_the_city(actor)
    ends_at = time.monotonic() + LONGEST_S
    async with source.subscribed() as box:
        yield RETRY + event("hello", {"at": _now()})
        while time.monotonic() < ends_at:
            messages = await box.take(HEARTBEAT_S, GATHER_S)
            if not messages:
                yield event("heartbeat", {"at": _now()})
            for message in messages:
                yield change_event(message, with_ids=with_ids)


def _actor(request: HttpRequest) -> Actor | None:
    try:
        return session_actor(request)
    finally:
        connection.close()  # the stream lives for an hour; it must not hold a connection


def _sees_the_city(actor: Actor) -> bool:
    # Who sees only a part must not learn which other objects changed.
    city = get_settings().city_code
    return any(not grant.org and region_contains(grant.region_code, city) for grant in actor.official_grants)


def _now() -> str:
    return current_clock().now().isoformat(timespec="seconds")
