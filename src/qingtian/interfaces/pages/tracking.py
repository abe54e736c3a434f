"""Following a report: number and code open it for half an hour; its answer can be rated, and asked for again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qingtian.apps.citizens.actions.answer_back import LONGEST_REASON, ask_again, rate_answer
from qingtian.apps.citizens.flood import TooMany
from qingtian.apps.citizens.following import Back, Told, report_by, shown_photos, told
from qingtian.apps.citizens.models import PublicReport
from qingtian.apps.evidence.content_store import content_store
from qingtian.domain.errors import InvalidInput, NotVisible, TransitionRefused
from qingtian.interfaces.pages.language import reads_english, words_of
from qingtian.interfaces.pages.rendering import NEVER_KEPT, Fault, by_language, page
from qingtian.interfaces.pages.steps import text_of
from qingtian.interfaces.pages.visiting import citizen, visit_of

HERE = "follow"
PATH = "/public/follow/"
COOKIE = "qt_follow"
OPEN_S = 1800
SALT = "citizens.follow"
UNPROCESSABLE, TOO_MANY, CONFLICT = 422, 429, 409
LONGEST_NUMBER = 40


@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Asks for number and code."""
    if request.method != "POST":
        return page(request, "follow.html", {"number": _number(request)}, here=HERE, private=True)
    number = text_of(request.POST, "number")[:LONGEST_NUMBER]
    try:
        report = report_by(visit_of(request), number, text_of(request.POST, "code"))
    except NotVisible:
        return _again(request, number, "e_code", UNPROCESSABLE)
    except TooMany:
        return _again(request, number, "e_too_many_code", TOO_MANY)
    response = _to_report()
    value = signing.dumps(report.pk, salt=SALT)
    response.set_cookie(
        COOKIE, value, max_age=OPEN_S, path=PATH, httponly=True, samesite="Lax", secure=request.is_secure()
    )
    return response


@require_safe
def followed(request: HttpRequest) -> HttpResponse:
    """The report that is open."""
    report = _open(request)
    return _shown(request, report) if report else HttpResponseRedirect(PATH)


@require_POST
def rate(request: HttpRequest) -> HttpResponse:
    """Say whether the answer satisfies."""
    report = _open(request)
    if report is None:
        return HttpResponseRedirect(PATH)
    satisfied, note = text_of(request.POST, "satisfied"), text_of(request.POST, "note")
    if satisfied not in ("yes", "no"):
        return _faulty(request, report, Fault("satisfied", words_of(request)["e_satisfied"]))
    try:
        rate_answer(citizen(), visit_of(request), report, satisfied=satisfied == "yes", note=note)
    except TransitionRefused as error:
        return _not_now(request, report, error)
    except InvalidInput:
        return _faulty(request, report, Fault("note", words_of(request)["e_note"]))
    return _to_report("?done=rate")


@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """Ask to take it up again."""
    report = _open(request)
    if report is None:
        return HttpResponseRedirect(PATH)
    try:
        ask_again(citizen(), visit_of(request), report, reason=text_of(request.POST, "reason"))
    except TransitionRefused as error:
        return _not_now(request, report, error)
    except InvalidInput:
        return _faulty(request, report, Fault("reason", words_of(request)["e_reason"]))
    return _to_report("?done=again")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Close the report on this browser."""
    response = HttpResponseRedirect(PATH)
    response.delete_cookie(COOKIE, path=PATH)
    return response


@require_safe
def photo(request: HttpRequest, number: int) -> HttpResponse:
    """One of the reporter's own photos, without metadata.

    Args:
        number: 1 for the first.
    """
    report = _open(request)
    photos = shown_photos(report.case) if report else []
    if not 1 <= number <= len(photos):
        raise Http404(f"no photo {number}")
    item = photos[number - 1]
    with content_store().open(item.sha256) as content:
        response = HttpResponse(content.read(), content_type=item.media_type)
    response["Cache-Control"] = NEVER_KEPT
    return response


def _open(request: HttpRequest) -> PublicReport | None:
    try:
        key = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=OPEN_S)
    except signing.BadSignature:
        return None
    return PublicReport.objects.select_related("case").filter(pk=key).first()


def _shown(
    request: HttpRequest, report: PublicReport, faults: tuple[Fault, ...] = (), status: int = 200
) -> HttpResponse:
    english, one = reads_english(request), told(report, visit_of(request).at)
    words = words_of(request)
    context = {
        "told": one,
        "state": by_language(english, one.state_zh, one.state_en),
        "category": by_language(english, one.category_zh, one.category_en),
        "answer": by_language(english, one.answer_zh, one.answer_en),
        "way": [{"at": step.at, "label": by_language(english, step.label_zh, step.label_en)} for step in one.steps],
        "photos": [words["photo_alt"].format(n=n) for n, _ in enumerate(one.photos, 1)],
        "satisfied": words.get(f"satisfied_{one.satisfied}", ""),
        "again_not": _reasons(one.again, english=english),
        "typed": {name: text_of(request.POST, name) for name in ("note", "reason", "satisfied")},
        "done": words.get(f"done_{request.GET.get('done', '')}", ""),
        "longest": LONGEST_REASON,
        **_what_is_open(one),
    }
    return page(request, "followed.html", context, here=HERE, faults=faults, status=status, private=True)


def _what_is_open(one: Told) -> Mapping[str, Any]:
    return {"may_rate": one.rate.possible, "may_ask": one.again.possible}


def _reasons(back: Back, *, english: bool) -> str:
    return ("; " if english else "；").join(by_language(english, zh, en) for zh, en in back.reasons)


def _faulty(request: HttpRequest, report: PublicReport, fault: Fault) -> HttpResponse:
    return _shown(request, report, (fault,), UNPROCESSABLE)


def _not_now(request: HttpRequest, report: PublicReport, error: TransitionRefused) -> HttpResponse:
    english = reads_english(request)
    why = ("; " if english else "；").join(by_language(english, one.label_zh, one.label_en) for one in error.unmet)
    words = words_of(request)["e_not_now"].format(why=why or by_language(english, "状态已变", "its state has changed"))
    return _shown(request, report, (Fault("", words),), CONFLICT)


def _again(request: HttpRequest, number: str, key: str, status: int) -> HttpResponse:
    fault = Fault("code", words_of(request)[key])
    return page(request, "follow.html", {"number": number}, here=HERE, faults=(fault,), status=status, private=True)


def _number(request: HttpRequest) -> str:
    return request.GET.get("number", "").replace("\0", "").strip()[:LONGEST_NUMBER]


def _to_report(query: str = "") -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{PATH}report{query}")
