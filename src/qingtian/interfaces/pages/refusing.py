"""What is shown where a form came back without its token."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from qingtian.interfaces.pages.rendering import page


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page that says so; below /api/ the envelope turns it into the shape of errors there."""
    return page(request, "csrf.html", {}, here="", status=403, private=True)
