"""What is shown where a form came back without its token, and where an address asks too often."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from qingtian.interfaces.api.errors import TooManyAttempts
from qingtian.interfaces.api.limits import check_rate
from qingtian.interfaces.api.requests import address_of
from qingtian.interfaces.pages.language import words_of
from qingtian.interfaces.pages.rendering import page


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page that says so; below /api/ the envelope turns it into the shape of errors there."""
    return page(request, "csrf.html", {}, here="", status=403, private=True)


def limited(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view, as often as an address may ask in a minute; the same count as for the API."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            check_rate("address", address_of(request))
        except TooManyAttempts as error:
            wait = int(error.params["wait_s"])
            words = words_of(request)["busy"].format(s=wait)
            response = page(request, "busy.html", {"busy": words}, here="", status=429, private=True)
            response["Retry-After"] = str(wait)
            return response
        return view(request, *args, **kwargs)

    return asked
