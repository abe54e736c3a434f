"""The built web application, served from the package."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from functools import lru_cache
from html import escape
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

import qingtian
from qingtian.interfaces.api.present.city import data_label
from qingtian.interfaces.web.compression import compress, takes_gzip
from qingtian.interfaces.web.words import words_for

DESK, SCREEN = "index.html", "screen.html"
FIELD_WORKER = "field-worker.js"
HASHED = re.compile(r"-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$")  # the name changes with the content
FOR_EVER, ASK_AGAIN = "public, max-age=31536000, immutable", "no-cache"
COMPRESSED = frozenset({".js", ".css", ".svg", ".json", ".geojson", ".map", ".mjs", ".html"})
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".geojson": "application/geo+json"}


def dist() -> Path:
    """Where the build puts the bundle."""
    return Path(qingtian.__file__).parent / "web" / "dist"


@require_safe
@ensure_csrf_cookie
def desk(request: HttpRequest, path: str = "") -> HttpResponse:
    """The desk; every address below it is the application's own."""
    return _page(request, DESK)


@require_safe
@ensure_csrf_cookie
def screen(request: HttpRequest, path: str = "") -> HttpResponse:
    """The command screen."""
    return _page(request, SCREEN)


@require_safe
def field_worker(request: HttpRequest) -> HttpResponseBase:
    """The service worker of the phone: below its door, which is its scope, and asked for again each time."""
    file = dist() / FIELD_WORKER
    if not file.is_file():
        raise Http404("no worker in the bundle")
    return file_response(request, file, ASK_AGAIN)


@require_safe
def asset(request: HttpRequest, path: str) -> HttpResponseBase:
    """A file of the bundle; unknown ones are 404, never the page."""
    root = (dist() / "assets").resolve()
    file = (root / path).resolve()
    if not file.is_relative_to(root) or not file.is_file():
        raise Http404(f"no asset {path}")
    cache = FOR_EVER if HASHED.search(file.name) else ASK_AGAIN
    return file_response(request, file, cache)


def file_response(request: HttpRequest, file: Path, cache: str) -> HttpResponseBase:
    """A file of the package, compressed where that helps; 304 to those who hold it already.

    Args:
        cache: value of the header Cache-Control.
    """
    kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    body = _read(file, file.stat().st_mtime_ns)
    text = kind.startswith("text/") or file.suffix in COMPRESSED
    response = HttpResponse(body, content_type=f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)
    response["Cache-Control"] = cache
    response["ETag"] = _mark(file, file.stat().st_mtime_ns)
    if text:
        compress(request, response, _zipped(file, file.stat().st_mtime_ns) if takes_gzip(request) else None)
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


def labelled(html: str) -> str:
    """A page with the label of its data in its head, so that it also holds without scripts.

    Args:
        html: a page with a closing head tag.
    """
    label = data_label()
    if not label.label_zh:
        return html
    marks = (
        f'<meta name="qingtian-data-label" lang="zh-CN" content="{escape(label.label_zh)}">'
        f'<meta name="qingtian-data-label" lang="en" content="{escape(label.label_en)}">'
    )
    return html.replace("</head>", f"{marks}</head>", 1)


def _page(request: HttpRequest, name: str) -> HttpResponse:
    file = dist() / name
    if not file.is_file():
        response = render(request, "qingtian/not_built.html", {"w": words_for(request)}, status=503)
    else:
        response = HttpResponse(labelled(file.read_text("utf-8")))
    response["Cache-Control"] = ASK_AGAIN
    return response


@lru_cache(maxsize=512)
def _read(file: Path, changed_ns: int) -> bytes:
    return file.read_bytes()


@lru_cache(maxsize=512)
def _zipped(file: Path, changed_ns: int) -> bytes:
    return gzip.compress(_read(file, changed_ns), compresslevel=6, mtime=0)


@lru_cache(maxsize=512)
def _mark(file: Path, changed_ns: int) -> str:
    # Weak (RFC 9110 8.8.1): the compressed and the plain body share it.
    return f'W/"{hashlib.sha256(_read(file, changed_ns)).hexdigest()[:32]}"'
