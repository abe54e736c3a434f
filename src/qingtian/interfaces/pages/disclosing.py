"""Enterprises as the law shows them: the list, one of them, and both as files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from qingtian.apps.accounts.actor import PUBLIC_ACTOR
from qingtian.apps.citizens import disclosure
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.registry.listing import objects_of, region_names
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import NotVisible
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.exports import answer, bounded
from qingtian.interfaces.api.present.judgements import coverage_text
from qingtian.interfaces.api.present.limits import permit_limits
from qingtian.interfaces.api.present.numbers import text
from qingtian.interfaces.pages.language import reads_english, words_of
from qingtian.interfaces.pages.rendering import by_language, page
from qingtian.runtime.clock import SHANGHAI, current_clock
from qingtian.runtime.settings import get_settings

DAYS = 30
LONGEST_TEXT = 80
PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One enterprise of the list file."""

    row: RegistryObject
    region: str
    permit_class: str
    outlets: int


LIST_COLUMNS: Mapping[str, Callable[[Line], object]] = {
    "code": lambda one: one.row.code,
    "name": lambda one: one.row.name,
    "name_en": lambda one: one.row.name_en,
    "district": lambda one: one.region,
    "uscc": lambda one: one.row.attributes.get("uscc"),
    "industry": lambda one: one.row.attributes.get("industry_zh"),
    "permit_class": lambda one: one.permit_class,
    "outlets": lambda one: one.outlets,
    "simulated": lambda one: one.row.simulated,
}
DAILY_COLUMNS: Mapping[str, Callable[[Judgement], object]] = {
    "day": lambda one: one.period_start.astimezone(SHANGHAI).date().isoformat(),
    "outlet": lambda one: one.object.code,
    "outlet_name": lambda one: one.object.name,
    "pollutant": lambda one: one.item,
    "pollutant_zh": lambda one: law.pollutant_name(one.item).zh,
    "pollutant_en": lambda one: law.pollutant_name(one.item).en,
    "mean": lambda one: text(one.value),
    "unit": lambda one: one.unit,
    "limit": lambda one: text(one.limit),
    "verdict": lambda one: one.verdict,
    "coverage": lambda one: coverage_text(one.coverage),
    "standard": lambda one: one.standard,
    "clause": lambda one: one.clause,
    "version": lambda one: one.version,
    "simulated": lambda one: one.simulated,
}


@require_safe
def disclosed(request: HttpRequest) -> HttpResponse:
    """The list; `?q=` and `?region=` narrow it."""
    english, lines = reads_english(request), _lines(request)
    pages = Paginator(lines, PER_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    labels = disclosure.rules(current_clock().now())
    context = {
        "q": _asked(request, "q"),
        "region": _asked(request, "region"),
        "regions": _regions(english=english),
        "shown": shown,
        "found": words_of(request)["found"].format(n=pages.count),
        "page_of": words_of(request)["page_of"].format(page=shown.number, pages=pages.num_pages),
        "rows": [_line(one, english=english) for one in shown],
        "rules": [
            {
                "label": by_language(english, one.label_zh, one.label_en),
                "standard": one.standard,
                "clause": one.clause,
                "unverified": one.unverified,
            }
            for one in labels.values()
        ],
    }
    return page(request, "disclosure.html", context, here="disclosure")


@require_safe
def disclosed_file(request: HttpRequest) -> HttpResponse:
    """The list as a file."""
    return answer("disclosed-enterprises", current_clock().now(), LIST_COLUMNS, _lines(request), bom=True)


@require_safe
def one_disclosed(request: HttpRequest, code: str) -> HttpResponse:
    """One enterprise: outlets, limits, day means of the last month."""
    english, now = reads_english(request), current_clock().now()
    try:
        row = disclosure.disclosed_enterprise(now, code)
    except NotVisible:
        return page(request, "undisclosed.html", {"code": code}, here="disclosure", status=404)
    outlets = disclosure.disclosed_outlets(now, row)
    daily: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for one in _daily(outlets):
        daily[one.object_id].append(_day(one, words_of(request), english=english))
    region = region_names().get(row.region_code)
    known = disclosure.rules(now).get(str(row.attributes.get("permit_class")))
    context = {
        "row": row,
        "name": by_language(english, row.name, row.name_en),
        "region": by_language(english, region.zh, region.en) if region else "",
        "industry": _industry(row, english=english),
        "permit_class": by_language(english, known.label_zh, known.label_en) if known else "",
        "rule": known,
        "daily_lead": words_of(request)["daily_lead"].format(n=DAYS),
        "outlets": [_outlet(one, daily[one.pk], words_of(request), english=english) for one in outlets],
    }
    return page(request, "enterprise.html", context, here="disclosure")


@require_safe
def daily_file(request: HttpRequest, code: str) -> HttpResponse:
    """Day means of one enterprise as a file."""
    now = current_clock().now()
    try:
        row = disclosure.disclosed_enterprise(now, code)
    except NotVisible:
        return page(request, "undisclosed.html", {"code": code}, here="disclosure", status=404)
    found = _daily(disclosure.disclosed_outlets(now, row))
    return answer(f"disclosed-daily-{row.code}", now, DAILY_COLUMNS, found, bom=True)


def _asked(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()[:LONGEST_TEXT]


def _lines(request: HttpRequest) -> list[Line]:
    now = current_clock().now()
    rows = bounded(
        disclosure.disclosed_enterprises(now, region_code=_asked(request, "region"), text=_asked(request, "q"))
    )
    counts: dict[str, int] = defaultdict(int)
    codes = [row.code for row in rows]
    outlets = RegistryObject.objects.valid_on(now.astimezone(SHANGHAI).date()).filter(type=ObjectType.OUTLET)
    for owner in outlets.filter(enterprise_code__in=codes).values_list("enterprise_code", flat=True):
        counts[owner] += 1
    names = region_names()
    return [
        Line(
            row,
            names[row.region_code].zh if row.region_code in names else row.region_code,
            str(row.attributes.get("permit_class", "")),
            counts[row.code],
        )
        for row in rows
    ]


def _line(one: Line, *, english: bool) -> Mapping[str, Any]:
    region = region_names().get(one.row.region_code) if english else None
    known = disclosure.rules(current_clock().now()).get(one.permit_class)
    return {
        "code": one.row.code,
        "name": by_language(english, one.row.name, one.row.name_en),
        "region": region.en if region else one.region,
        "industry": _industry(one.row, english=english),
        "permit_class": by_language(english, known.label_zh, known.label_en) if known else "",
        "outlets": one.outlets,
        "simulated": one.row.simulated,
    }


def _industry(row: RegistryObject, *, english: bool) -> str:
    known = row.attributes
    return by_language(english, str(known.get("industry_zh", "")), str(known.get("industry_en", ""))) or str(
        known.get("industry", "")
    )


def _regions(*, english: bool) -> list[Mapping[str, str]]:
    rows = objects_of(PUBLIC_ACTOR, ObjectType.REGION).exclude(code=get_settings().city_code)
    return [{"code": row.code, "name": by_language(english, row.name, row.name_en)} for row in rows]


def _daily(outlets: list[RegistryObject]) -> list[Judgement]:
    today = current_clock().now().astimezone(SHANGHAI).date()
    return disclosure.daily_results(outlets, today - timedelta(days=DAYS), today)


def _day(one: Judgement, words: Mapping[str, str], *, english: bool) -> Mapping[str, Any]:
    name, coverage = law.pollutant_name(one.item), coverage_text(one.coverage)
    return {
        "day": one.period_start.astimezone(SHANGHAI).date().isoformat(),
        "pollutant": by_language(english, name.zh, name.en),
        "mean": text(one.value),
        "unit": one.unit,
        "limit": text(one.limit),
        "verdict": one.verdict,
        "verdict_words": words[f"verdict_{one.verdict}"],
        "coverage": "" if coverage is None else f"{round(float(coverage) * 100)} %",
        "standard": one.standard,
    }


def _outlet(
    row: RegistryObject, daily: list[Mapping[str, Any]], words: Mapping[str, str], *, english: bool
) -> Mapping[str, Any]:
    kind = str(row.attributes.get("kind", ""))
    return {
        "code": row.code,
        "name": by_language(english, row.name, row.name_en),
        "kind": words.get(f"kind_{kind}", words["kind_"]),
        "simulated": row.simulated,
        "limits": [
            {
                "pollutant": by_language(english, one.name_zh, one.name_en),
                "value": one.value,
                "unit": one.unit,
                "cycle": words.get(f"cycle_{one.cycle}", one.cycle),
                "standard": one.standard,
            }
            for one in permit_limits(row)
        ],
        "daily": daily,
    }
