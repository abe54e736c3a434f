"""Around every request: its id, and the one error shape also where a view was never reached."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from qingtian.domain.errors import NotVisible, QingtianError
from qingtian.interfaces.api.errors import (
    BadRequest,
    CsrfFailed,
    InternalError,
    NoSuchMethod,
    TooLarge,
    error_response,
    no_such_route,
)
from qingtian.interfaces.api.requests import request_id_of
from qingtian.interfaces.web.compression import compress

API = "/api/"
FIRST_ERROR = 400
NEVER_COMPRESSED = "/session"  # a secret is never compressed beside something that the caller chose
Answer = HttpResponseBase | Awaitable[HttpResponseBase]


class RequestEnvelope:
    """Gives each request an id and turns Django's own error pages under /api/ into the error shape."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Answer]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        """Pass the request on and finish its answer."""
        request_id_of(request)
        answer = self.get_response(request)
        return self._later(request, answer) if isinstance(answer, Awaitable) else _finished(request, answer)

    async def _later(self, request: HttpRequest, answer: Awaitable[HttpResponseBase]) -> HttpResponseBase:
        return _finished(request, await answer)


def _finished(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    is_json = response.get("Content-Type", "").startswith("application/json")
    if request.path.startswith(API) and response.status_code >= FIRST_ERROR and not is_json:
        response = error_response(request, _error(request, response), response.status_code)
    response["X-Request-ID"] = request_id_of(request)
    if request.path.startswith(API):
        response.setdefault("Cache-Control", "no-store")
        if isinstance(response, HttpResponse) and not request.path.endswith(NEVER_COMPRESSED):
            compress(request, response)
    return response


def _error(request: HttpRequest, response: HttpResponseBase) -> QingtianError:
    match response.status_code:
        case 403:
            return CsrfFailed("the request has no valid token", field="X-CSRFToken", remedy="GET /api/v1/session first")
        case 404:
            found: NotVisible = no_such_route(request)
            return found
        case 405:
            allowed = response.get("Allow", "")
            return NoSuchMethod(f"{request.method} is not taken here", field="method", remedy=f"use {allowed}")
        case 413:
            return TooLarge("the body is too large", field="body", remedy="send less at once")
        case status if status < 500:
            return BadRequest("the request cannot be read", remedy="see /api/v1/openapi.json")
        case _:
            return InternalError("something went wrong here", remedy="tell the operator the request id")
