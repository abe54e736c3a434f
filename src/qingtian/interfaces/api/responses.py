"""The answers that a route declares: its own, and the one error shape."""

from __future__ import annotations

from typing import Any

from qingtian.interfaces.api.schemas.base import ErrorOut

READ_ERRORS = (401, 403, 404, 422)
WRITE_ERRORS = (401, 403, 404, 409, 422)


def reads(schema: Any) -> dict[int, Any]:
    """Answers of a route that only reads."""
    return {200: schema} | dict.fromkeys(READ_ERRORS, ErrorOut)


def writes(schema: Any, status: int = 200) -> dict[int, Any]:
    """Answers of a route that changes something."""
    return {status: schema} | dict.fromkeys(WRITE_ERRORS, ErrorOut)
