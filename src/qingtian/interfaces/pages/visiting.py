"""Who comes: the public, at city time and at machine time, under the mark of an address."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest

from qingtian.apps.accounts.actor import PUBLIC_ACTOR, Actor
from qingtian.apps.citizens.flood import Visit, sender_mark
from qingtian.interfaces.api.requests import address_of
from qingtian.runtime.clock import current_clock, real_now
from qingtian.runtime.settings import Mode, get_settings


def visit_of(request: HttpRequest) -> Visit:
    """The visit of a request."""
    return Visit(current_clock().now(), real_now(), sender_mark(address_of(request)))


def citizen() -> Actor:
    """The public; what it does in the demo city is simulated like everything there."""
    return replace(PUBLIC_ACTOR, simulated=get_settings().mode is Mode.DEMO)
