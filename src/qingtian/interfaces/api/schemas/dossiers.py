"""A dossier: everything that the platform holds about one enterprise, one shop or one river."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from qingtian.interfaces.api.schemas.base import CityTime, Schema
from qingtian.interfaces.api.schemas.places import PlaceOut

DossierType = Literal["enterprise", "catering_shop", "water_body"]
SectionState = Literal["filled", "empty", "not_connected"]
QuarterState = Literal["meet", "exceed", "no_data"]


class DossierCell(Schema):
    """A cell of a section, in both languages."""

    zh: str
    en: str
    link: str = Field("", description="address of the page that shows it, below /desk; empty for none")
    tone: str = Field("", description="danger, warning, success, info or empty; the words say the same")


class DossierColumn(Schema):
    """A column of a section."""

    label_zh: str
    label_en: str
    numeric: bool = False


class DossierFact(Schema):
    """A fact of the head of a dossier."""

    label_zh: str
    label_en: str
    zh: str
    en: str


class DossierQuarter(Schema):
    """A quarter of the compliance strip."""

    quarter: str = Field(description="such as 2025-Q3")
    first: date
    last: date
    state: QuarterState
    mark_zh: str = Field(description="one character: it says the state without a colour")
    mark_en: str
    judged: int = Field(description="what was judged in it")
    exceeding: int


class DossierSection(Schema):
    """One section with where it comes from, how complete it is and how new."""

    key: str
    title_zh: str
    title_en: str
    state: SectionState = Field(description="empty: nothing on record; not_connected: its source is not connected")
    why_zh: str = Field(description="why there is nothing; empty when there is something")
    why_en: str
    source_zh: str
    source_en: str
    coverage_zh: str
    coverage_en: str
    updated_at: CityTime | None
    columns: list[DossierColumn]
    rows: list[list[DossierCell]]
    total: int = Field(description="rows that there are; the section shows the newest")
    link: str = Field(description="address of the list that has them all, below /desk; empty for none")


class DossierOut(Schema):
    """One object, one file."""

    type: DossierType
    code: str
    title_zh: str
    title_en: str
    place: PlaceOut
    known_at: CityTime = Field(description="the dossier tells what was known then")
    facts: list[DossierFact]
    strip: list[DossierQuarter] = Field(description="12 quarters, the oldest first")
    strip_basis_zh: str
    strip_basis_en: str
    sections: list[DossierSection]
    pdf_url: str
