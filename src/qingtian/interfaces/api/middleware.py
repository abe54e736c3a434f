"""Around every request: its id, HEAD for what can be read, and the one error shape where a view was never reached."""

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
from qingtian.interfaces.api.limits import check_rate
from qingtian.interfaces.api.requests import address_of, request_id_of
from qingtian.interfaces.api.schemas.base import NUL, refuse_nul
from qingtian.interfaces.web.compression import compress

API, STREAM = "/api/", "/api/v1/live"
FIRST_ERROR = 400
NEVER_COMPRESSED = "/session"  # a secret is never compressed beside something that the caller chose
Answer = HttpResponseBase | Awaitable[HttpResponseBase]


class RequestEnvelope:
    """Gives each request an id and turns Django's own error pages under /api/ into the error shape."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Answer]) -> None:
        self.get_response = get_response
        self._async = iscoroutinefunction(get_response)
        if self._async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        """Pass the request on and finish its answer."""
        request_id_of(request)
        if refusal := _refusal(request):
            return self._now(refusal) if self._async else refusal
        asked = request.method
        if asked == "HEAD" and request.path.startswith(API) and request.path != STREAM:
            request.method = "GET"  # whoever sends the answer leaves the body out
        answer = self.get_response(request)
        return (
            self._later(request, answer, asked) if isinstance(answer, Awaitable) else _finished(request, answer, asked)
        )

    async def _now(self, answer: HttpResponseBase) -> HttpResponseBase:
        return answer

    async def _later(
        self, request: HttpRequest, answer: Awaitable[HttpResponseBase], asked: str | None
    ) -> HttpResponseBase:
        return _finished(request, await answer, asked)


def _refusal(request: HttpRequest) -> HttpResponseBase | None:
    # PostgreSQL and file systems take no NUL character: no object can have such a name.
    if NUL in request.path:
        return _finished(request, error_response(request, no_such_route(request)), request.method)
    if request.path.startswith(API):
        try:
            check_rate("address", address_of(request))
            for name, values in request.GET.lists():
                refuse_nul("".join(map(str, values)), name)
        except QingtianError as error:
            return _finished(request, error_response(request, error), request.method)
    return None


def _finished(request: HttpRequest, response: HttpResponseBase, asked: str | None) -> HttpResponseBase:
    request.method = asked
    is_json = response.get("Content-Type", "").startswith("application/json")
    if request.path.startswith(API) and response.status_code >= FIRST_ERROR and not is_json:
        allowed = response.get("Allow")
        response = error_response(request, _error(request, response), response.status_code)
        if allowed:
            response["Allow"] = allowed  # RFC 9110 15.5.6: every 405 names what is taken
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
