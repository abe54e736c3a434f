"""A reporter follows, rates and asks again by number and code; nobody else does, and no officer is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.apps.cases.many_ways import go
from tests.apps.city import actor
from tests.interfaces import city
from tests.interfaces.pages.browser import Browser, Paper, file
from tests.interfaces.pages.conftest import Machine
from tests.interfaces.pages.test_reporting import (
    READ_S,
    SECRET,
    STEP,
    At,
    number_and_code,
    picture,
    sent,
    told_where,
)

from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.models import Case
from qingtian.apps.citizens.models import Refused, RefusedVisit
from qingtian.apps.notices.models import Notice
from qingtian.interfaces.pages.words import EN, ZH

pytestmark = pytest.mark.django_db
FOLLOW, REPORT = "/public/follow/", "/public/follow/report"
WINDOW, HANDLER = actor(Role.WINDOW, name="方圆"), actor(Role.HANDLER, name="周原")
Report = tuple[str, str]


@pytest.fixture
def report(browser: At, machine: Machine) -> Report:
    """Number and code of a report with a contact."""
    return number_and_code(sent(browser(), machine, name="王小明", phone="13800000000"))


def answered(report: Report, reply: str = "活性炭已更换，复测达标") -> Case:
    case = Case.objects.get(number=report[0])
    if case.state == "registered":
        go(case, (WINDOW, "accept", {}), at=city.NOW)
    return go(
        case,
        (HANDLER, "investigate", {}),
        (HANDLER, "decide", {"findings_of_fact": "活性炭失效", "outcome": "substantiated", "decision": "责令更换"}),
        (WINDOW, "reply", {"reply_text": reply}),
        at=city.NOW,
    )


def opened(who: Browser, report: Report) -> Paper:
    who.get(FOLLOW)
    return who.send(FOLLOW, number=report[0], code=report[1])


def test_number_and_code_open_it_and_show_how_far_it_is(browser: At, report: Report) -> None:
    who = browser("198.51.100.9")
    paper = opened(who, (report[0].lower(), report[1].lower().replace("-", " ")))
    assert who.at == REPORT
    for word in (report[0], "已登记", "夜间有刺鼻异味", ZH["no_answer"], ZH["registered"]):
        assert word in paper.text, word
    for secret in ("王小明", "13800000000", report[1]):
        assert secret not in paper.text, secret
    assert {one.action for one in paper.forms} == {"/public/follow/leave"}


def test_the_answer_is_read_and_rated_once_and_no_officer_is_named(browser: At, report: Report) -> None:
    answered(report)
    who = browser()
    paper = opened(who, report)
    assert "活性炭已更换，复测达标" in paper.text
    for name in ("方圆", "周原"):
        assert name not in paper.text
    assert ZH["e_satisfied"] in who.send("/public/follow/rate").text
    assert who.status == 422

    paper = who.send("/public/follow/rate", satisfied="no", note="味道还在")

    assert ZH["done_rate"] in paper.text
    assert f"{ZH['rated']} : {ZH['satisfied_no']}" in paper.text.replace(":", " :").replace("  ", " ")
    case = Case.objects.get(number=report[0])
    assert (case.state, case.fields["satisfied"], case.fields["follow_up_note"]) == ("rated", "no", "味道还在")
    token = {"csrfmiddlewaretoken": paper.forms[0].values["csrfmiddlewaretoken"]}
    again = who.post("/public/follow/rate", {**token, "satisfied": "yes"})
    assert who.status == 409
    assert "现在不能这样做" in again.text
    assert Case.objects.get(number=report[0]).fields["satisfied"] == "no"


def test_it_is_taken_up_again_with_a_reason_and_answered_anew(browser: At, report: Report) -> None:
    answered(report)
    who = browser()
    opened(who, report)
    assert ZH["e_reason"] in who.send("/public/follow/again", reason="  ").text

    paper = who.send("/public/follow/again", reason="异味仍在")

    assert ZH["done_again"] in paper.text
    assert "信访人要求重办" in paper.text
    assert Notice.objects.filter(kind="public_report", title_zh__contains="重办").count() == 1
    answered(report, "已停产整改")
    assert "已停产整改" in who.get(REPORT).text
    who.send("/public/follow/again", reason="还在")
    answered(report, "已关停")
    text = who.get(REPORT).text
    assert ZH["again_not"] in text  # twice at most, and it says why
    assert "重办次数未满" in text


@pytest.mark.parametrize("wrong", ["number", "code", "both"])
def test_what_does_not_belong_together_is_told_alike(browser: At, report: Report, wrong: str) -> None:
    number = report[0] if wrong == "code" else "C-2025-999999"
    code = report[1] if wrong == "number" else "AAAAA-AAAAA"
    who = browser()
    paper = opened(who, (number, code))
    assert (who.status, who.at) == (422, FOLLOW)
    assert paper.text.count(ZH["e_code"]) == 2
    assert paper.form(FOLLOW).values["code"] == ""
    assert RefusedVisit.objects.get().why == Refused.CODE


def test_guessing_is_stopped_for_the_guesser_and_the_number(browser: At, report: Report, machine: Machine) -> None:
    guesser = browser("198.51.100.66")
    for _ in range(10):
        opened(guesser, (report[0], "AAAAA-AAAAA"))
    paper = opened(guesser, report)
    assert (guesser.status, ZH["e_too_many_code"] in paper.text) == (429, True)
    assert ZH["e_too_many_code"] in opened(browser("198.51.100.67"), report).text
    machine.wait(3601)
    assert report[0] in opened(guesser, report).text
    assert guesser.at == REPORT


def test_without_the_code_nothing_opens(browser: At, report: Report) -> None:
    who = browser()
    for path in (REPORT, f"{FOLLOW}?number={report[0]}"):
        paper = who.get(path)
        assert "刺鼻" not in paper.text
    token = who.paper.form(FOLLOW).values["csrfmiddlewaretoken"]
    for action in ("rate", "again"):
        who.post(f"/public/follow/{action}", {"csrfmiddlewaretoken": token, "satisfied": "yes", "reason": "x"})
        assert who.at == FOLLOW
    who.client.cookies["qt_follow"] = "1:forged:signature"
    who.get(REPORT)
    assert who.at == FOLLOW


def test_leaving_closes_it_on_this_browser(browser: At, report: Report) -> None:
    who = browser()
    opened(who, report)
    who.send("/public/follow/leave")
    who.get(REPORT)
    assert who.at == FOLLOW


def test_a_reporter_sees_the_photo_without_what_it_told_of_him(browser: At, machine: Machine) -> None:
    who = browser()
    told_where(who)
    who.get(STEP(3))
    who.send(STEP(3), category="odour")
    who.send(STEP(4), "next", problem="异味", photo=file(picture()))
    machine.wait(READ_S)
    report = number_and_code(who.send(STEP(5)))
    paper = opened(who, report)
    assert [one["src"] for one in paper.all("img")] == ["/public/follow/photo/1"]
    shown = who.client.get("/public/follow/photo/1")
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert shown.headers["Cache-Control"] == "no-store"
    assert SECRET.encode() not in shown.content
    assert shown.content[:3] == b"\xff\xd8\xff"
    for number in (0, 2):
        assert who.client.get(f"/public/follow/photo/{number}").status_code == 404
    assert browser().client.get("/public/follow/photo/1").status_code == 404


def test_it_reads_in_english_too(browser: Callable[..., Browser], report: Report) -> None:
    answered(report)
    paper = opened(browser(lang="en"), report)
    assert paper.all("html")[0]["lang"] == "en"
    assert EN["rate_title"] in paper.text
    assert "Replied" in paper.text
