"""Names of duties and their items in both languages."""

from __future__ import annotations

from datetime import date

from qingtian.apps.obligations.models import Obligation, Occurrence
from qingtian.apps.registry.listing import Name
from qingtian.domain.obligations import ObligationTemplate
from qingtian.packs import load_packs
from qingtian.packs.obligations import TEMPLATES, templates
from qingtian.runtime.settings import get_settings


def templates_on(day: date) -> dict[str, ObligationTemplate]:
    """Templates that hold in the city on a day, by code."""
    return templates(load_packs(), day, get_settings().city_code)


def template_of(code: str, day: date) -> ObligationTemplate | None:
    """The template of a duty: the one of the day, or the newest of that code when it has ended."""
    found = templates_on(day).get(code)
    if found is not None:
        return found
    older = [row for row in load_packs().of(TEMPLATES) if row.code == code]
    return max(older, key=lambda row: row.valid_from, default=None)


def template_name(code: str, day: date) -> Name:
    """Name of a template; its code where no pack knows it any more."""
    found = template_of(code, day)
    return Name(found.name_zh, found.name_en) if found is not None else Name(code, code)


def item_name(code: str, item: str, day: date) -> Name:
    """Name of an item: of the pack's line, of a pollutant, or the item itself."""
    found = template_of(code, day)
    line = found.line(item) if found is not None else None
    if line is not None:
        return Name(line.name_zh, line.name_en)
    packs = load_packs()
    if item and packs.has_pollutant(item):
        row = packs.pollutant(item)
        return Name(row.name_zh or row.name_en, row.name_en or row.name_zh)
    return Name(item, item)


def occurrence_title(row: Occurrence) -> Name:
    """What a dated duty is called: its own title, or template, item and period."""
    one_day = row.period_first == row.period_last
    period = f"{row.period_first}" if one_day else f"{row.period_first}..{row.period_last}"
    return title_of(row.template, row.item, row.title, row.due_on, period)


def obligation_title(row: Obligation, day: date) -> Name:
    """What a standing duty is called."""
    return title_of(row.template, row.item, "", day, "")


def title_of(code: str, item: str, title: str, day: date, period: str) -> Name:
    """A title of its parts; what is empty is left out."""
    name, part = template_name(code, day), item_name(code, item, day)
    rest = title or period
    zh, en = ((*pair, rest) for pair in ((name.zh, part.zh), (name.en, part.en)))
    return Name(" ".join(one for one in zh if one), " ".join(one for one in en if one))
