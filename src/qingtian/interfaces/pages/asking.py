"""What the five steps of a report show and ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.signing import Signer
from django.http import HttpRequest

from qingtian.apps.accounts.actor import PUBLIC_ACTOR
from qingtian.apps.cases.models import Case
from qingtian.apps.citizens import drafts, similar
from qingtian.apps.citizens.actions.report_problem import LONGEST_NAME, LONGEST_WORDS, MOST_PHOTOS
from qingtian.apps.citizens.actions.send_draft import SHOWN_AT
from qingtian.apps.citizens.models import ReportDraft
from qingtian.apps.registry.listing import objects_of
from qingtian.apps.registry.models import ObjectType
from qingtian.interfaces.pages import maps, steps
from qingtian.interfaces.pages.language import reads_english, words_of
from qingtian.interfaces.pages.rendering import by_language
from qingtian.interfaces.pages.visiting import visit_of
from qingtian.runtime.clock import real_now
from qingtian.runtime.settings import get_settings

LONGEST_SUPPORT = 500


def signer() -> Signer:
    """Signs the numbers of cases that a page of strangers holds, so that nobody asks for others."""
    return Signer(salt="citizens.similar")


def ask_place(request: HttpRequest, draft: ReportDraft) -> Mapping[str, Any]:
    """Step 1."""
    words, form = words_of(request), draft.form
    return {
        "regions": _regions(english=reads_english(request)),
        "has_map": maps.has_outlines(),
        "side": maps.SIDE,
        "frame": form.get("region", ""),
        "point": words["point_set"].format(lon=form["lon"], lat=form["lat"]) if form.get("lon") is not None else "",
        "longest_place": Case._meta.get_field("place").max_length,
    }


def ask_similar(request: HttpRequest, draft: ReportDraft) -> Mapping[str, Any]:
    """Step 2: reports near there, as much of them as a stranger may know."""
    english, words, form = reads_english(request), words_of(request), draft.form
    now = visit_of(request).at
    found = similar.near(now, region_code=str(form["region"]), lon=form.get("lon"), lat=form.get("lat"))
    seal = signer()
    return {
        "pointed": form.get("lon") is not None,
        "longest": LONGEST_SUPPORT,
        "near": [
            {
                "report": seal.sign(str(one.case_id)),
                "category": by_language(english, one.category_zh, one.category_en),
                "state": by_language(english, one.state_zh, one.state_en),
                "reported_at": one.reported_at,
                "voices": one.voices,
                "far": words["similar_far"].format(m=one.distance_m) if one.distance_m else "",
            }
            for one in found
        ],
    }


def ask_category(request: HttpRequest, draft: ReportDraft) -> Mapping[str, Any]:
    """Step 3."""
    english = reads_english(request)
    return {"categories": [(one.value, by_language(english, one.label_zh, one.label_en)) for one in steps.categories()]}


def ask_problem(request: HttpRequest, draft: ReportDraft) -> Mapping[str, Any]:
    """Step 4."""
    words, photos = words_of(request), drafts.photos_told(draft)
    told = [words["photo_kb"].format(n=n, kb=one["kb"]) for n, one in enumerate(photos, 1)]
    return {"photos": told, "photos_full": len(told) >= MOST_PHOTOS, "longest": LONGEST_WORDS}


def ask_contact(request: HttpRequest, draft: ReportDraft) -> Mapping[str, Any]:
    """Step 5, with everything that was said to check it; the patience begins here."""
    if SHOWN_AT not in draft.form:
        drafts.keep(draft, **{SHOWN_AT: real_now().isoformat()})
    english, words, form = reads_english(request), words_of(request), draft.form
    category = next((one for one in steps.categories() if one.value == form["category"]), None)
    region = next((one["name"] for one in _regions(english=english) if one["code"] == form["region"]), "")
    photos = drafts.photos_told(draft)
    return {
        "longest_name": LONGEST_NAME,
        "summary": [
            (1, words["where"], " ".join(filter(None, (region, str(form["place"]))))),
            (3, words["kind_legend"], by_language(english, category.label_zh, category.label_en) if category else ""),
            (4, words["problem"], str(form["problem"])),
            (4, words["photos"], words["photos_have"].format(n=len(photos)) if photos else words["none"]),
        ],
    }


ASKED: Mapping[int, Callable[[HttpRequest, ReportDraft], Mapping[str, Any]]] = {
    1: ask_place,
    2: ask_similar,
    3: ask_category,
    4: ask_problem,
    5: ask_contact,
}


def _regions(*, english: bool) -> list[Mapping[str, str]]:
    rows = objects_of(PUBLIC_ACTOR, ObjectType.REGION).exclude(code=get_settings().city_code)
    return [{"code": row.code, "name": by_language(english, row.name, row.name_en)} for row in rows]
