"""Dossiers: one enterprise, one shop, one river, each with all that is known of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router

from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.present import dossiers as present
from qingtian.interfaces.api.responses import reads
from qingtian.interfaces.api.schemas.dossiers import DossierOut, DossierType
from qingtian.runtime.clock import current_clock

router = Router(tags=["dossiers"])
PDF = {
    "responses": {
        200: {
            "description": "A4, page n of m",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


@router.get("/dossiers/{type}/{code}/print.pdf", openapi_extra=PDF, summary="A dossier as PDF")
def print_dossier(request: HttpRequest, type: DossierType, code: str, language: present.Lang = "zh") -> HttpResponse:
    """The same sections as on the screen; needs the extra `reports`."""
    return present.dossier_pdf(actor(request), current_clock().now(), type, code, language)


@router.get("/dossiers/{type}/{code}", response=reads(DossierOut), summary="Everything about one object")
def one_dossier(request: HttpRequest, type: DossierType, code: str) -> DossierOut:
    """Each section with source, coverage and time; `empty` is told apart from `not_connected`."""
    return present.dossier(actor(request), current_clock().now(), type, code)
