"""Compressed answers for those who read gzip."""

from __future__ import annotations

import gzip

from django.http import HttpRequest, HttpResponse

WORTH_COMPRESSING = 1024  # bytes
LEVEL = 5


def takes_gzip(request: HttpRequest) -> bool:
    """Whether the reader understands gzip."""
    return "gzip" in request.headers.get("Accept-Encoding", "")


def compress(request: HttpRequest, response: HttpResponse, zipped: bytes | None = None) -> None:
    """Compress an answer in place where that helps.

    Args:
        zipped: the compressed body, where it is known already.
    """
    if len(response.content) <= WORTH_COMPRESSING or response.has_header("Content-Encoding"):
        return
    response["Vary"] = ", ".join(filter(None, [response.get("Vary", ""), "Accept-Encoding"]))
    if takes_gzip(request):
        response.content = zipped if zipped is not None else gzip.compress(response.content, LEVEL, mtime=0)
        response["Content-Encoding"] = "gzip"
        response["Content-Length"] = str(len(response.content))
