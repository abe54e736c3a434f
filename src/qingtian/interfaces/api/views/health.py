"""How the deployment is."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpRequest
from ninja import Router, Status

from qingtian.apps.accounts.actor import PUBLIC_ACTOR, Actor
from qingtian.domain.errors import NotPermitted
from qingtian.interfaces.api.auth import Anybody, actor
from qingtian.interfaces.api.present import health as present
from qingtian.interfaces.api.present.health_report import report
from qingtian.interfaces.api.responses import reads
from qingtian.interfaces.api.schemas.health import HealthOut, HealthReportOut

router = Router(tags=["health"])


class AnybodyAtAnyTime(Anybody):
    """Lets everybody pass; while the database does not answer, everybody is a visitor."""

    def __call__(self, request: HttpRequest) -> Actor:
        """The actor of the session where it can be read, else the public."""
        try:
            return super().__call__(request)
        except DatabaseError:
            return PUBLIC_ACTOR


@router.get("/health", response={**reads(HealthOut), 503: HealthOut}, auth=AnybodyAtAnyTime(), summary="Health")
def health(request: HttpRequest) -> Status[HealthOut]:
    """Storage, database, spool lag, disk, clock; 503 when something is broken. Details only for signed-in users."""
    found = present.health(detailed=actor(request).user_id is not None)
    return Status(503 if found.status == "error" else 200, found)


@router.get("/health/report", response=reads(HealthReportOut), summary="Health page")
def health_report(request: HttpRequest) -> HealthReportOut:
    """Each part of the deployment with what it means and what to do; for the staff of the bureau."""
    if not actor(request).official_grants:
        raise NotPermitted("only the staff of the bureau may see how the deployment is", remedy="ask an operator")
    return report()
