"""The command screen."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.present import overview as present
from qingtian.interfaces.api.responses import reads
from qingtian.interfaces.api.schemas.overview import OverviewOut
from qingtian.runtime.clock import current_clock

router = Router(tags=["overview"])


@router.get("/overview", response=reads(OverviewOut), summary="Figures of the command screen")
def overview(request: HttpRequest) -> OverviewOut:
    """Stations and outlets online, air categories, open findings, cases, seven days of PM2.5."""
    return present.overview(actor(request), current_clock().now())
