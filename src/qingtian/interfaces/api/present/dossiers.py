"""Dossiers: everything about one enterprise, one shop, one river; on the screen and on paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from django.http import HttpResponse
from django.template.loader import render_to_string

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.queries import object_by_code
from qingtian.apps.registry.veil import veiled
from qingtian.interfaces.api.present import dossier_enterprise, dossier_places
from qingtian.interfaces.api.present.city import data_label
from qingtian.interfaces.api.present.dossier_parts import Part, Strip, told
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.base import city_iso
from qingtian.interfaces.api.schemas.dossiers import DossierFact, DossierOut, DossierType
from qingtian.interfaces.printing.pdf import render_pdf
from qingtian.runtime.clock import SHANGHAI

Lang = Literal["zh", "en"]
TEMPLATE = "qingtian/dossier_print.html"


@dataclass(frozen=True, slots=True)
class Maker:
    """How the dossier of a type is made."""

    facts: Callable[[RegistryObject], list[DossierFact]]
    parts: Callable[[Actor, datetime, RegistryObject], list[Part]]
    strip: Callable[[Actor, datetime, RegistryObject], Strip]


MAKERS: Mapping[DossierType, Maker] = {
    "enterprise": Maker(dossier_enterprise.facts, dossier_enterprise.parts, dossier_enterprise.strip),
    "catering_shop": Maker(dossier_places.shop_facts, dossier_places.shop_parts, dossier_places.shop_strip),
    "water_body": Maker(dossier_places.water_facts, dossier_places.water_parts, dossier_places.water_strip),
}


def dossier(actor: Actor, now: datetime, kind: DossierType, code: str) -> DossierOut:
    """One object, one file, as the actor may see it.

    Raises:
        NotVisible: there is no such object.
    """
    row = object_by_code(actor, kind, code)
    maker = MAKERS[kind]
    strip = maker.strip(actor, now, row)
    return DossierOut(
        type=kind,
        code=row.code,
        title_zh=row.name,
        title_en=row.name_en or row.name,
        place=PlaceNames([row]).place(row),
        known_at=now,
        facts=maker.facts(veiled(actor, row)),
        strip=strip.quarters(now.astimezone(SHANGHAI).date()),
        strip_basis_zh=strip.basis.zh,
        strip_basis_en=strip.basis.en,
        sections=[told(one) for one in maker.parts(actor, now, row)],
        pdf_url=f"/api/v1/dossiers/{kind}/{row.code}/print.pdf",
    )


def dossier_pdf(actor: Actor, now: datetime, kind: DossierType, code: str, lang: Lang) -> HttpResponse:
    """The dossier on paper.

    Raises:
        NotVisible: there is no such object.
        Unavailable: the extra `reports` is missing.
    """
    found = dossier(actor, now, kind, code)
    label = data_label()
    context = {
        "d": found,
        "sections": [(one, [list(zip(one.columns, row, strict=True)) for row in one.rows]) for one in found.sections],
        "english": lang == "en",
        "label": label.label_en if lang == "en" else label.label_zh,
        "created": city_iso(now),
        "stand": city_iso(now)[:16].replace("T", " "),
    }
    response = HttpResponse(_printed(render_to_string(TEMPLATE, context)), content_type="application/pdf")
    file_name = re.sub(r"[^A-Za-z0-9._-]", "_", f"dossier-{kind}-{code}-{now:%Y%m%d}.pdf")
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


@lru_cache(maxsize=8)
def _printed(html: str) -> bytes:
    # The same text gives the same bytes, so that a second copy of a dossier costs nothing.
    return render_pdf(html)
