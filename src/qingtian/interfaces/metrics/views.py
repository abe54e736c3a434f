"""The scrape address."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from qingtian.interfaces.metrics.exposition import CONTENT_TYPE, exposition
from qingtian.interfaces.metrics.figures import metrics
from qingtian.runtime.settings import get_settings


@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Counts only: no names, no places, no values of single sites."""
    return HttpResponse(exposition(metrics(get_settings())), content_type=CONTENT_TYPE)
