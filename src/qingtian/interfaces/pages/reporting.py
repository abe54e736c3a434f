"""A report in five steps: place, similar reports, kind, words and photos, contact; what was said is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qingtian.apps.accounts.actor import PUBLIC_ACTOR
from qingtian.apps.citizens import drafts
from qingtian.apps.citizens.actions.report_problem import (
    LARGEST_PHOTO,
    LONGEST_WORDS,
    Photo,
    Reported,
    check_contact,
    kind_of_photo,
)
from qingtian.apps.citizens.actions.send_draft import SENT, TOLD_FOR, Contact, send_draft, sent
from qingtian.apps.citizens.actions.support_report import support_report
from qingtian.apps.citizens.flood import TooMany, TooSoon, Visit, keep_refused
from qingtian.apps.citizens.models import Refused, ReportDraft
from qingtian.apps.registry.listing import objects_of
from qingtian.apps.registry.models import ObjectType
from qingtian.domain.errors import Conflict, InvalidInput, NotVisible, QingtianError
from qingtian.interfaces.pages import maps, steps
from qingtian.interfaces.pages.asking import ASKED, LONGEST_SUPPORT, signer
from qingtian.interfaces.pages.language import reads_english, words_of
from qingtian.interfaces.pages.rendering import NEVER_KEPT, Fault, by_language, page
from qingtian.interfaces.pages.visiting import citizen, visit_of
from qingtian.interfaces.web.compression import compress
from qingtian.runtime.clock import SHANGHAI, real_now

HERE = "report"
PATH = "/public/report/"
COOKIE = "qt_report"
TRAP = "website"  # a field that people do not see
UNPROCESSABLE, TOO_MANY = 422, 429
# Words for what the flood protection refuses, and how the refusal is kept for the officer.
LIMITS: Mapping[str, tuple[str, Refused]] = {
    "address": ("e_too_many_address", Refused.ADDRESS),
    "place": ("e_too_many_place", Refused.PLACE),
}
PHOTO_FAULTS = {"large": "e_photo_large", "many": "e_photo_many"}


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """What a report is, and its beginning."""
    if request.method != "POST":
        return page(request, "report.html", {}, here=HERE, private=True)
    visit = visit_of(request)
    try:
        _, key = drafts.begin(visit)
    except TooMany as error:
        keep_refused(visit, Refused.ADDRESS)
        return page(
            request, "report.html", {}, here=HERE, faults=(_told(request, error),), status=TOO_MANY, private=True
        )
    response = _to(1)
    _give(request, response, key, int(drafts.KEPT.total_seconds()))
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, number: int) -> HttpResponse:
    """One step; the earlier ones must have been answered."""
    if number not in steps.STEPS:
        raise Http404(f"no step {number}")
    draft = drafts.opened(_key(request), real_now())
    if draft is None or SENT in draft.form:
        return _gone(request)
    if (first := steps.open_step(draft.form)) < number:
        return _to(first)
    return TAKERS[number](request, draft) if request.method == "POST" else _shown(request, draft, number)


@require_safe
def report_map(request: HttpRequest) -> HttpResponse:
    """The map that is clicked, with the point of the draft; an image of its own, because it is the button of a form."""
    draft = drafts.opened(_key(request), real_now())
    if draft is None:
        return _gone(request)
    english, region = reads_english(request), str(draft.form.get("region", ""))
    marks = [
        maps.Mark(row.lon, row.lat, "circle", by_language(english, row.name, row.name_en), "", row.name)
        for row in objects_of(PUBLIC_ACTOR, ObjectType.STATION)
        if row.lon is not None and row.lat is not None and (not region or row.region_code == region)
    ]
    marks = marks if region else []  # names stand clear of each other in a district only
    if (lon := draft.form.get("lon")) is not None and (lat := draft.form.get("lat")) is not None:
        marks.append(maps.Mark(lon, lat, "pin", "", "", ""))
    title = words_of(request)["point_alt"]
    drawing = maps.drawn(maps.frame_of(region), marks, title, chosen=region, inline=False)
    response = HttpResponse(drawing, content_type="image/svg+xml; charset=utf-8")
    response["Cache-Control"] = NEVER_KEPT
    compress(request, response)
    return response


@require_POST
def support(request: HttpRequest) -> HttpResponse:
    """Add a voice to a report of somebody else."""
    draft, visit = drafts.opened(_key(request), real_now()), visit_of(request)
    if draft is None or SENT in draft.form:
        return _gone(request)
    if (first := steps.open_step(draft.form)) == 1:
        return _to(first)
    try:
        faults = _supported(request, visit)
    except TooMany as error:
        return _refused(request, draft, 2, error)
    return _shown(request, draft, 2, faults=faults) if faults else HttpResponseRedirect(f"{PATH}supported")


@require_safe
def supported(request: HttpRequest) -> HttpResponse:
    """After a voice was added."""
    return page(request, "supported.html", {}, here=HERE, private=True)


@require_safe
def told_once(request: HttpRequest) -> HttpResponse:
    """Number and code of what was sent, for some minutes, in the browser that sent it."""
    key = _key(request)
    draft = drafts.opened(key, real_now())
    try:
        done = sent(draft, key, real_now()) if draft else None
    except NotVisible:
        done = None
    if done is None:
        return _gone(request)
    due = done.case.due_at.astimezone(SHANGHAI).date().isoformat() if done.case.due_at else ""
    words = words_of(request)
    after = words["sent_next"].format(due=due) if due else words["sent_next_open"]
    context = {"number": done.case.number, "code": _grouped(done.code), "sent_next": after}
    return page(request, "sent.html", context, here=HERE, private=True)


def _supported(request: HttpRequest, visit: Visit) -> Mapping[str, str]:
    """Faults of a voice; none when it was added."""
    words = steps.text_of(request.POST, "words")
    if len(words) > LONGEST_SUPPORT:
        return {"words": "e_words"}
    if steps.text_of(request.POST, TRAP):
        keep_refused(visit, Refused.TRAP)
        return {"form": "e_trap"}
    try:
        number = int(signer().unsign(steps.text_of(request.POST, "report")))
        support_report(citizen(), visit, number, words=words)
    except (BadSignature, ValueError):
        return {"form": "e_form"}
    except NotVisible:
        return {"form": "e_closed"}
    except TooMany:
        raise
    except Conflict:
        keep_refused(visit, Refused.TWICE)
        return {"form": "e_twice"}
    return {}


def _take_place(request: HttpRequest, draft: ReportDraft) -> HttpResponse:
    if taken := steps.clicked(request.POST):
        drafts.keep(draft, **taken.values)
        return _shown(request, draft, 1, faults=taken.faults) if taken.faults else _to(1, "#map")
    if "clear" in request.POST:
        place = {name: steps.text_of(request.POST, name) for name in ("region", "place")}
        drafts.keep(draft, **place, lon=None, lat=None)
        return _to(1, "#map")
    taken = steps.place_of(request.POST)
    if taken.faults:
        typed = {name: steps.text_of(request.POST, name) for name in ("region", "place", "lon", "lat")}
        return _shown(request, draft, 1, faults=taken.faults, typed=typed)
    drafts.keep(draft, **taken.values)
    return _to(2)


def _take_category(request: HttpRequest, draft: ReportDraft) -> HttpResponse:
    taken = steps.category_of(request.POST)
    if taken.faults:
        return _shown(request, draft, 3, faults=taken.faults)
    drafts.keep(draft, **taken.values)
    return _to(4)


def _take_problem(request: HttpRequest, draft: ReportDraft) -> HttpResponse:
    taken = steps.problem_of(request.POST)
    # What was typed is kept, so that photos can be added before the words are right.
    drafts.keep(draft, problem=taken.values["problem"][:LONGEST_WORDS])
    if "photos_drop" in request.POST:
        drafts.drop_photos(draft)
        return _to(4)
    faults = _take_photos(request, draft)
    if "photo_add" not in request.POST:
        faults = {**taken.faults, **faults}
    if faults:
        return _shown(request, draft, 4, faults=faults, typed=taken.values)
    return _to(4 if "photo_add" in request.POST else 5)


def _take_photos(request: HttpRequest, draft: ReportDraft) -> dict[str, str]:
    for file in request.FILES.getlist("photo"):
        if not file.size:
            continue
        if file.size > LARGEST_PHOTO:
            return {"photo": "e_photo_large"}
        content = file.read()
        try:
            drafts.add_photo(draft, Photo(kind_of_photo(content), content))
        except InvalidInput as error:
            return {"photo": PHOTO_FAULTS.get(str(error.params.get("reason")), "e_photo")}
    return {}


def _send(request: HttpRequest, draft: ReportDraft) -> HttpResponse:
    visit = visit_of(request)
    contact = Contact(**{name: steps.text_of(request.POST, name) for name in ("name", "phone", "address")})
    typed = {"name": contact.name, "phone": contact.phone, "address": contact.address}
    if steps.text_of(request.POST, TRAP):
        keep_refused(visit, Refused.TRAP)
        return _shown(request, draft, 5, faults={TRAP: "e_trap"}, typed=typed)
    try:
        check_contact(**typed)
        done = send_draft(citizen(), visit, _key(request), contact, english=reads_english(request))
    except NotVisible:
        return _gone(request)
    except (TooSoon, TooMany) as error:
        return _refused(request, draft, 5, error, typed)
    except InvalidInput as error:
        return _shown(request, draft, 5, faults={str(error.field): f"e_{error.field}"}, typed=typed)
    return _sent(request, done)


def _sent(request: HttpRequest, done: Reported) -> HttpResponse:
    response = HttpResponseRedirect(f"{PATH}sent")
    _give(request, response, _key(request), int(TOLD_FOR.total_seconds()))
    return response


def _look_on(request: HttpRequest, draft: ReportDraft) -> HttpResponse:
    return _to(3)


TAKERS: Mapping[int, Callable[[HttpRequest, ReportDraft], HttpResponse]] = {
    1: _take_place,
    2: _look_on,
    3: _take_category,
    4: _take_problem,
    5: _send,
}


def _shown(
    request: HttpRequest,
    draft: ReportDraft,
    number: int,
    *,
    faults: Mapping[str, str] | None = None,
    typed: Mapping[str, Any] | None = None,
    said: tuple[Fault, ...] = (),
    status: int = UNPROCESSABLE,
) -> HttpResponse:
    words = words_of(request)
    told = said + tuple(Fault(field, words[key]) for field, key in (faults or {}).items())
    context = {
        "step": number,
        "step_of": words["step_of"].format(n=number),
        "step_title": words[f"step_{number}"],
        "form": draft.form | dict(typed or {}),
        "trap": TRAP,
        **ASKED[number](request, draft),
    }
    return page(
        request,
        f"step_{number}.html",
        context,
        here=HERE,
        faults=told,
        status=status if told else 200,
        private=True,
    )


def _refused(
    request: HttpRequest,
    draft: ReportDraft,
    number: int,
    error: TooSoon | TooMany,
    typed: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """What the flood protection refuses: kept for the officer, and told with the way that is still open."""
    why = LIMITS[str(error.params["limit"])][1] if isinstance(error, TooMany) else Refused.TOO_SOON
    keep_refused(visit_of(request), why, str(draft.form.get("place", "")))
    return _shown(request, draft, number, said=(_told(request, error),), typed=typed, status=TOO_MANY)


def _told(request: HttpRequest, error: QingtianError) -> Fault:
    words = words_of(request)
    if isinstance(error, TooSoon):
        return Fault("", words["e_too_soon"].format(s=error.params["wait_s"]))
    return Fault("", words[LIMITS[str(error.params["limit"])][0]])


def _gone(request: HttpRequest) -> HttpResponse:
    return page(request, "gone.html", {}, here=HERE, status=410, private=True)


def _to(number: int, part: str = "") -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{PATH}{number}{part}")


def _key(request: HttpRequest) -> str:
    return request.COOKIES.get(COOKIE, "")


def _give(request: HttpRequest, response: HttpResponse, key: str, seconds: int) -> None:
    response.set_cookie(
        COOKIE, key, max_age=seconds, path=PATH, httponly=True, samesite="Lax", secure=request.is_secure()
    )


def _grouped(code: str) -> str:
    return f"{code[:5]}-{code[5:]}"
