"""The one error tree as HTTP: status, body, and what the log keeps."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from qingtian.domain.errors import (
    Conflict,
    InvalidInput,
    NotPermitted,
    NotVisible,
    QingtianError,
    Unavailable,
)
from qingtian.interfaces.api.requests import request_id_of
from qingtian.interfaces.api.schemas.base import FIRST_YEAR, LAST_YEAR

_log = logging.getLogger(__name__)

# The first class that matches decides.
STATUS: Mapping[type[QingtianError], int] = {
    InvalidInput: 422,
    NotVisible: 404,
    NotPermitted: 403,
    Conflict: 409,
    Unavailable: 503,
}
SERVER_ERROR = 500
ISO_TIME = "give an ISO time with offset, like 2025-11-22T08:00:00+08:00"


class NotAuthenticated(QingtianError):
    """Nobody is signed in."""

    code = "not_authenticated"


class TooManyAttempts(QingtianError):
    """Somebody asks too often."""

    code = "too_many_attempts"


class BadRequest(QingtianError):
    """The request cannot be read."""

    code = "bad_request"


class CsrfFailed(QingtianError):
    """A change came without the token of the session."""

    code = "csrf_failed"


class NoSuchMethod(QingtianError):
    """The address does not take this method."""

    code = "method_not_allowed"


class TooLarge(QingtianError):
    """The body is larger than what is accepted."""

    code = "too_large"


class InternalError(QingtianError):
    """Our own fault; the log knows more under the request id."""

    code = "internal"


HTTP_ONLY: Mapping[type[QingtianError], int] = {
    NotAuthenticated: 401,
    TooManyAttempts: 429,
    BadRequest: 400,
    CsrfFailed: 403,
    NoSuchMethod: 405,
    TooLarge: 413,
    InternalError: SERVER_ERROR,
}


def status_of(error: QingtianError) -> int:
    """HTTP status of an error of the tree.

    >>> status_of(InvalidInput("no"))
    422
    """
    for kind, status in (*STATUS.items(), *HTTP_ONLY.items()):
        if isinstance(error, kind):
            return status
    return SERVER_ERROR


def error_response(request: HttpRequest, error: QingtianError, status: int | None = None) -> JsonResponse:
    """The one error shape."""
    code = status or status_of(error)
    body = error.as_dict() | {"request_id": request_id_of(request)}
    if code >= SERVER_ERROR:
        _log.error("request %s: %s", body["request_id"], error, exc_info=error)
    answer = JsonResponse({"error": body}, status=code, json_dumps_params={"ensure_ascii": False, "default": str})
    if wait := error.params.get("wait_s"):
        answer["Retry-After"] = str(wait)  # RFC 9110 10.2.3
    return answer


def install_handlers(api: NinjaAPI) -> None:
    """Map every exception that can leave a view."""
    api.add_exception_handler(QingtianError, _ours)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(AuthenticationError, _unknown_user)
    api.add_exception_handler(HttpError, _http)
    api.add_exception_handler(Http404, _missing)
    api.add_exception_handler(RequestDataTooBig, _too_large)
    api.add_exception_handler(OperationalError, _database_away)
    api.add_exception_handler(InterfaceError, _database_away)
    api.add_exception_handler(Exception, _unforeseen)


def not_authenticated() -> NotAuthenticated:
    """The error of a request that nobody is signed in for."""
    return NotAuthenticated("sign in first", remedy="POST /api/v1/session, or open the sign-in page")


def no_such_route(request: HttpRequest) -> NotVisible:
    """The error of an address that the API does not have."""
    return NotVisible(f"there is no {request.path}", field="path", remedy="see /api/v1/openapi.json for every route")


def _ours(request: HttpRequest, error: QingtianError | type[QingtianError]) -> HttpResponse:
    assert isinstance(error, QingtianError)  # noqa: S101  ninja types both
    return error_response(request, error)


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    problems = [_problem(one) for one in error.errors]
    first = problems[0]
    return error_response(
        request, InvalidInput(first["reason"], field=first["field"], remedy=first["remedy"], errors=problems)
    )


def _problem(raw: Mapping[str, Any]) -> dict[str, str]:
    field = _field(raw.get("loc", ()))
    reason = str(raw.get("msg", "is not accepted")).removeprefix("Value error, ")
    return {"field": field, "reason": reason, "remedy": _remedy(raw, field)}


def _field(loc: Sequence[object]) -> str:
    # ninja puts the source (query, body, ...) and the name of the parameter before the field.
    parts = [str(part) for part in loc]
    if parts and parts[0] in ("query", "body", "path", "form", "file", "header", "cookie"):
        parts = parts[1:]
    if parts and parts[0] in ("data", "filters"):
        parts = parts[1:]
    return ".".join(parts) or "body"


def _remedy(raw: Mapping[str, Any], field: str) -> str:
    context = raw.get("ctx") or {}
    remedies = {
        "missing": f"give {field}",
        "extra_forbidden": f"leave {field} out",
        "enum": f"one of {context.get('expected')}",
        "literal_error": f"one of {context.get('expected')}",
        "int_parsing": "give a whole number",
        "float_parsing": "give a number",
        "decimal_parsing": "give a number",
        "date_from_datetime_parsing": "give a day such as 2026-03-02",
        "date_parsing": "give a day such as 2026-03-02",
        "bool_parsing": "give true or false",
        "datetime_parsing": ISO_TIME,
        "datetime_from_date_parsing": ISO_TIME,
        "timezone_aware": ISO_TIME,
        "time_out_of_range": f"give a year from {FIRST_YEAR} to {LAST_YEAR}",
        "greater_than_equal": f"give at least {context.get('ge')}",
        "less_than_equal": f"give at most {context.get('le')}",
        "string_too_short": f"give at least {context.get('min_length')} character(s)",
        "string_too_long": f"give at most {context.get('max_length')} characters",
    }
    return remedies.get(str(raw.get("type")), "see /api/v1/openapi.json")


def _unknown_user(request: HttpRequest, error: Any) -> HttpResponse:
    return error_response(request, not_authenticated())


def _http(request: HttpRequest, error: Any) -> HttpResponse:
    if "csrf" in str(error).lower():
        found: QingtianError = CsrfFailed(
            "the request has no valid token",
            field="X-CSRFToken",
            remedy="GET /api/v1/session and send its csrf_token as header X-CSRFToken",
        )
        return error_response(request, found)
    return error_response(request, BadRequest(str(error), remedy="see /api/v1/openapi.json"), error.status_code)


def _missing(request: HttpRequest, error: Any) -> HttpResponse:
    return error_response(request, no_such_route(request))


def _too_large(request: HttpRequest, error: Any) -> HttpResponse:
    return error_response(request, TooLarge("the body is too large", field="body", remedy="send less at once"))


def _database_away(request: HttpRequest, error: Any) -> HttpResponse:
    away = Unavailable("the database does not answer", field="database", remedy="try again; see /api/v1/health")
    away.__cause__ = error
    return error_response(request, away)


def _unforeseen(request: HttpRequest, error: Any) -> HttpResponse:
    _log.error("request %s failed", request_id_of(request), exc_info=error)
    return error_response(
        request, InternalError("something went wrong here", remedy="tell the operator the request id"), SERVER_ERROR
    )
