"""How the deployment is."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Status

from qingtian.interfaces.api.auth import Anybody, session_actor
from qingtian.interfaces.api.present import health as present
from qingtian.interfaces.api.responses import reads
from qingtian.interfaces.api.schemas.health import HealthOut

router = Router(tags=["health"])


@router.get("/health", response={**reads(HealthOut), 503: HealthOut}, auth=Anybody(), summary="Health")
def health(request: HttpRequest) -> Status[HealthOut]:
    """Storage, database, spool lag, disk, clock; 503 when something is broken. Details only for signed-in users."""
    found = present.health(detailed=session_actor(request) is not None)
    return Status(503 if found.status == "error" else 200, found)
