"""What every request carries: its id."""

from __future__ import annotations

import re
import uuid

from django.http import HttpRequest

ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_id_of(request: HttpRequest) -> str:
    """The id of a request: the caller's own if it is a plain word, else a new one; the same for the whole request."""
    known = getattr(request, "request_id", "")
    if not known:
        given = request.headers.get("X-Request-ID", "")
        known = given if ACCEPTED_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = known  # type: ignore[attr-defined]
    return str(known)


def address_of(request: HttpRequest) -> str:
    """Where a request comes from; behind TLS the server takes it from the proxy's X-Forwarded-For."""
    return str(request.META.get("REMOTE_ADDR", ""))
