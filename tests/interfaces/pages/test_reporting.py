"""A report in five steps, in a browser without scripts: what is asked, what is kept, what is refused and how it is told."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from PIL import Image
from tests.interfaces.pages.browser import Browser, Paper, file
from tests.interfaces.pages.conftest import Machine

from qingtian.apps.cases.models import Case, CasePrivate
from qingtian.apps.citizens.models import DraftPhoto, PublicReport, PublicSupport, Refused, RefusedVisit, ReportDraft
from qingtian.apps.evidence.models import EvidenceItem
from qingtian.apps.notices.models import Notice
from qingtian.interfaces.pages.words import EN, ZH
from qingtian.runtime.settings import get_settings

pytestmark = pytest.mark.django_db
At = Callable[..., Browser]
STEP = "/public/report/{}".format
SECRET = "SECRET-OF-THE-MAKER"
READ_S = 30  # how long somebody takes over the last step


def picture(colour: str = "red", kind: str = "JPEG") -> bytes:
    """A small photo that tells by whom it was made."""
    exif = Image.Exif()
    exif[0x010F] = SECRET
    out = io.BytesIO()
    Image.new("RGB", (16, 16), colour).save(out, kind, exif=exif)
    return out.getvalue()


def begun(who: Browser) -> Paper:
    who.get("/public/report/")
    return who.send("/public/report/")


def told_where(who: Browser, place: str = "建设二路某厂东门", **more: str) -> Paper:
    begun(who)
    return who.send(STEP(1), "next", region="420107", place=place, **more)


def up_to_the_last(who: Browser, **more: str) -> Paper:
    told_where(who, **more)
    who.get(STEP(3))
    who.send(STEP(3), category="odour")
    return who.send(STEP(4), "next", problem="夜间有刺鼻异味")


def sent(who: Browser, machine: Machine, **contact: str) -> Paper:
    up_to_the_last(who)
    machine.wait(READ_S)
    return who.send(STEP(5), **contact)


def number_and_code(paper: Paper) -> tuple[str, str]:
    found = re.search(r"编号 (\S+) 查询码 ([0-9A-Z]{5}-[0-9A-Z]{5})", paper.text)
    assert found, paper.text
    return found[1], found[2]


def test_five_steps_make_a_complaint_with_number_and_code(browser: At, machine: Machine) -> None:
    who = browser()
    paper = up_to_the_last(who, lon="114.43", lat="30.52")
    for word in ("青山区 建设二路某厂东门", "恶臭", "夜间有刺鼻异味"):
        assert word in paper.text  # to be checked before it is sent
    machine.wait(READ_S)

    paper = who.send(STEP(5), name="王小明", phone="138 0000 0000")

    number, code = number_and_code(paper)
    case = Case.objects.get(number=number)
    assert (case.template, case.state, case.region_code) == ("T2", "registered", "420107")
    assert (case.place, case.lon, case.lat) == ("建设二路某厂东门", 114.43, 30.52)
    assert case.fields["channel"] == "web"
    assert "王小明" not in str(case.fields)
    assert CasePrivate.objects.filter(case=case).exists()
    assert code.replace("-", "") not in str(PublicReport.objects.values().get())  # kept as a hash alone
    assert "2025-1" in paper.text  # by when it is told whether it is accepted
    assert Notice.objects.filter(kind="public_report").exists()
    assert "王小明" not in str(list(Notice.objects.values()))


def test_nobody_needs_to_say_who_he_is(browser: At, machine: Machine) -> None:
    number, _ = number_and_code(sent(browser(), machine))
    assert Case.objects.get(number=number).fields["anonymous"] is True


def test_pressing_send_twice_makes_one_report_with_the_same_code(browser: At, machine: Machine) -> None:
    who = browser()
    up_to_the_last(who)
    machine.wait(READ_S)
    form = who.paper.form(STEP(5)).values

    first = number_and_code(who.post(STEP(5), form))

    assert number_and_code(who.get("/public/report/sent")) == first
    assert who.post(STEP(5), form).text.count(ZH["gone"]) == 1
    assert PublicReport.objects.count() == 1
    machine.wait(16 * 60)  # after a quarter of an hour it is shown no more
    assert ZH["gone"] in who.get("/public/report/sent").text
    assert first[1] not in who.get("/public/report/").text


def test_number_and_code_are_shown_to_the_browser_that_sent_it_only(browser: At, machine: Machine) -> None:
    sent(browser(), machine)
    stranger = browser()
    assert ZH["gone"] in stranger.get("/public/report/sent").text
    begun(stranger)
    assert ZH["gone"] in stranger.get("/public/report/sent").text


def test_steps_come_in_their_order(browser: At) -> None:
    who = browser()
    begun(who)
    for number in (2, 3, 4, 5):
        who.get(STEP(number))
        assert who.at == STEP(1)
    told_where(who)
    who.get(STEP(5))
    assert who.at == STEP(3)


def test_one_can_go_back_and_change_what_was_said(browser: At, machine: Machine) -> None:
    who = browser()
    up_to_the_last(who)
    paper = who.get(STEP(1))
    assert paper.form(STEP(1)).values["place"] == "建设二路某厂东门"
    who.send(STEP(1), "next", place="另一个地方")
    assert "另一个地方" in who.get(STEP(5)).text
    machine.wait(READ_S)
    number, _ = number_and_code(who.send(STEP(5)))
    assert Case.objects.get(number=number).place == "另一个地方"


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"region": ""}, "e_region"),
        ({"region": "110101"}, "e_region"),
        ({"place": "  "}, "e_place"),
        ({"place": "x" * 201}, "e_place"),
        ({"lon": "114.43"}, "e_lon"),
        ({"lon": "114.43", "lat": "north"}, "e_lon"),
        ({"lon": "nan", "lat": "inf"}, "e_lon"),
        ({"lon": "114.43", "lat": "10"}, "e_outside"),
    ],
)
@pytest.mark.parametrize(("lang", "words"), [("zh", ZH), ("en", EN)])
def test_what_is_wrong_is_told_at_the_top_with_focus_and_beside_the_field(
    browser: At, said: dict[str, str], fault: str, lang: str, words: dict[str, str]
) -> None:
    who = browser(lang=lang)
    begun(who)

    paper = who.send(STEP(1), "next", **({"region": "420107", "place": "东门"} | said))

    assert who.status == 422
    assert paper.text.count(words[fault]) == 2
    focused = [attrs for _, attrs in paper.tags if "autofocus" in attrs]
    assert [one.get("role") for one in focused] == ["alert"]
    field = next(one["href"] for one in paper.all("a") if one["href"].startswith("#f-"))
    wrong = next(attrs for _, attrs in paper.tags if attrs.get("id") == field[1:])
    assert wrong["aria-invalid"] == "true"
    assert f"e-{field[3:]}" in wrong["aria-describedby"]
    assert paper.text.startswith(words["error"])
    for name, value in said.items():
        if name != "region":
            assert paper.form(STEP(1)).values[name] == value.strip()  # nobody types twice


def test_the_map_sets_the_point_and_keeps_what_was_typed(browser: At) -> None:
    who = browser()
    begun(who)
    paper = who.send(STEP(1), **{"place": "东门", "map.x": "240", "map.y": "160"})

    values = paper.form(STEP(1)).values
    assert (values["region"], values["place"]) == ("420107", "东门")  # the district of the point, where none was chosen
    assert 114.40 < float(values["lon"]) < 114.60
    assert 30.40 < float(values["lat"]) < 30.60
    assert "rect" in who.client.get("/public/report/map.svg").content.decode()

    paper = who.send(STEP(1), "clear")
    assert paper.form(STEP(1)).values["lon"] == ""
    assert paper.form(STEP(1)).values["place"] == "东门"


@pytest.mark.parametrize("click", [("1", "1"), ("0", "0"), ("-5", "9"), ("9999", "5"), ("nan", "1")])
def test_a_click_beside_the_city_is_told(browser: At, click: tuple[str, str]) -> None:
    who = browser()
    begun(who)
    paper = who.send(STEP(1), **{"map.x": click[0], "map.y": click[1]})
    assert who.status == 422
    assert ZH["e_outside"] in paper.text


def test_similar_reports_near_there_are_shown_before_anything_is_written(browser: At, machine: Machine) -> None:
    who = browser()
    up_to_the_last(who, lon="114.43", lat="30.52")
    machine.wait(READ_S)
    who.send(STEP(5), name="王小明")

    near = told_where(browser("198.51.100.9"), lon="114.431", lat="30.521")
    assert "恶臭" in near.text
    assert ZH["similar_far"].format(m=500) in near.text
    for secret in ("王小明", "刺鼻", "东门", "C-2025"):
        assert secret not in near.text, secret
    far = told_where(browser("198.51.100.10"), lon="114.55", lat="30.45")
    assert ZH["similar_none"] in far.text
    district = told_where(browser("198.51.100.11"))
    assert ZH["similar_district"] in district.text


def test_a_voice_is_added_once_and_the_officer_sees_it(browser: At, machine: Machine) -> None:
    number, _ = number_and_code(sent(browser(), machine))
    who = browser("198.51.100.9")
    told_where(who)

    paper = who.send("/public/report/support", words="我也闻到了")

    assert ZH["supported_what"] in paper.text
    assert PublicSupport.objects.get().words == "我也闻到了"
    assert Case.objects.get(number=number).fields["supporters"] == "1"
    who.get(STEP(2))
    assert ZH["e_twice"] in who.send("/public/report/support").text
    assert RefusedVisit.objects.get().why == Refused.TWICE


def test_no_voice_for_a_case_that_the_page_did_not_show(browser: At, machine: Machine) -> None:
    number, _ = number_and_code(sent(browser(), machine))
    who = browser("198.51.100.9")
    told_where(who)
    for forged in (str(Case.objects.get(number=number).pk), "1:x", ""):
        assert ZH["e_form"] in who.post("/public/report/support", _with_token(who, report=forged)).text
    assert not PublicSupport.objects.exists()


def _with_token(who: Browser, **values: str) -> dict[str, str]:
    token = who.paper.forms[0].values["csrfmiddlewaretoken"]
    return {"csrfmiddlewaretoken": token, **values}


def test_photos_are_taken_one_by_one_and_nothing_typed_is_lost(browser: At, machine: Machine) -> None:
    who = browser()
    told_where(who)
    who.get(STEP(3))
    who.send(STEP(3), category="odour")
    who.send(STEP(4), "photo_add", problem="夜间有刺鼻异味", photo=file(picture()))
    paper = who.send(STEP(4), "photo_add", photo=[file(picture("blue", "PNG"), "b.png", "text/html")])
    assert paper.form(STEP(4)).values["problem"] == "夜间有刺鼻异味"
    assert "照片 2" in paper.text
    who.send(STEP(4), "next")
    machine.wait(READ_S)

    number, _ = number_and_code(who.send(STEP(5)))

    assert (
        EvidenceItem.objects.filter(subject_id=Case.objects.get(number=number).pk).count() == 4
    )  # two, and two cleaned
    assert not DraftPhoto.objects.exists()


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ([b"<svg xmlns='http://www.w3.org/2000/svg'/>"], "e_photo"),
        ([b"\xff\xd8\xff broken"], "e_photo"),
        ([picture(colour) for colour in ("red", "green", "blue", "white")], "e_photo_many"),
        ([b"\xff\xd8\xff" + b"x" * (8 * 1024 * 1024)], "e_photo_large"),
    ],
)
def test_a_file_that_is_no_photo_is_told(browser: At, files: list[bytes], fault: str) -> None:
    who = browser()
    told_where(who)
    who.get(STEP(3))
    who.send(STEP(3), category="odour")

    paper = who.send(STEP(4), "next", problem="异味", photo=[file(one) for one in files])

    assert (who.status, ZH[fault] in paper.text) == (422, True)
    assert paper.form(STEP(4)).values["problem"] == "异味"


def test_photos_can_be_taken_away(browser: At) -> None:
    who = browser()
    told_where(who)
    who.get(STEP(3))
    who.send(STEP(3), category="odour")
    who.send(STEP(4), "photo_add", photo=file(picture()))
    paper = who.send(STEP(4), "photos_drop", problem="异味")
    assert "照片 1" not in paper.text
    assert not DraftPhoto.objects.exists()


@pytest.mark.parametrize(
    ("contact", "fault"),
    [({"phone": "call me"}, "e_phone"), ({"name": "x" * 81}, "e_name"), ({"address": "x" * 81}, "e_address")],
)
def test_a_contact_that_is_none_is_told_and_kept_nowhere(
    browser: At, machine: Machine, contact: dict[str, str], fault: str
) -> None:
    who = browser()
    up_to_the_last(who)
    machine.wait(READ_S)
    paper = who.send(STEP(5), **contact)
    assert who.status == 422
    assert ZH[fault] in paper.text
    assert next(iter(contact.values())) not in str(ReportDraft.objects.get().form)
    assert not Case.objects.exists()


def test_words_and_kind_are_asked_for(browser: At) -> None:
    who = browser()
    told_where(who)
    who.get(STEP(3))
    assert ZH["e_category"] in who.send(STEP(3)).text
    assert ZH["e_category"] in who.post(STEP(3), _with_token(who, category="murder")).text
    who.send(STEP(3), category="odour")
    assert ZH["e_problem"] in who.send(STEP(4), "next", problem="  ").text


def test_who_sends_faster_than_a_person_waits_and_loses_nothing(browser: At, machine: Machine) -> None:
    who = browser()
    up_to_the_last(who)
    machine.wait(1)
    paper = who.send(STEP(5), name="王小明")
    assert who.status == 429
    assert ZH["e_too_soon"].format(s=3) in paper.text
    assert paper.form(STEP(5)).values["name"] == "王小明"
    assert RefusedVisit.objects.get().why == Refused.TOO_SOON

    machine.wait(2)  # the waiting counts from the first time that the step was shown
    number, _ = number_and_code(who.send(STEP(5)))
    assert "1次提交被拒" in str(Case.objects.get(number=number).fields["intake_marks"])


def test_a_field_that_people_do_not_see_must_stay_empty(browser: At, machine: Machine) -> None:
    who = browser()
    up_to_the_last(who)
    machine.wait(READ_S)
    assert ZH["e_trap"] in who.send(STEP(5), website="http://buy.example").text
    assert RefusedVisit.objects.get().why == Refused.TRAP
    assert not Case.objects.exists()


def test_an_address_sends_so_many_and_others_are_not_held_up(
    browser: At, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_settings(), "citizen_reports_per_address_hour", 2)
    for _ in range(2):
        up_to_the_last(who := browser())
        machine.wait(120)
        who.send(STEP(5))
    up_to_the_last(who := browser())
    machine.wait(120)
    paper = who.send(STEP(5))
    assert (who.status, ZH["e_too_many_address"] in paper.text) == (429, True)
    assert PublicReport.objects.count() == 2
    assert RefusedVisit.objects.get().why == Refused.ADDRESS
    number_and_code(sent(browser("198.51.100.9"), machine))
    machine.wait(3600)
    number_and_code(sent(browser(), machine))


def test_a_place_takes_so_many_and_other_places_are_not_held_up(
    browser: At, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_settings(), "citizen_reports_per_place_hour", 2)
    for last in range(2):
        sent(browser(f"198.51.100.{last}"), machine)
    paper = sent(browser("198.51.100.7"), machine)
    assert ZH["e_too_many_place"] in paper.text
    assert RefusedVisit.objects.get().about == "建设二路某厂东门"
    who = browser("198.51.100.8")
    up_to_the_last(who, lon="114.5", lat="30.5")
    machine.wait(READ_S)
    number_and_code(who.send(STEP(5)))


def test_a_form_is_good_for_two_hours(browser: At, machine: Machine) -> None:
    who = browser()
    up_to_the_last(who)
    machine.wait(timedelta(hours=2).total_seconds() + 1)
    assert ZH["gone"] in who.send(STEP(5)).text
    assert who.status == 410
    assert not Case.objects.exists()


def test_nobody_fills_the_house_with_beginnings(browser: At) -> None:
    for _ in range(20):
        begun(browser())
    who = browser()
    paper = begun(who)
    assert who.status == 429
    assert ZH["e_too_many_address"] in paper.text
    assert ReportDraft.objects.count() == 20
    begun(browser("198.51.100.9"))


def test_words_of_a_stranger_are_words(browser: At, machine: Machine) -> None:
    who = browser()
    told_where(who, place="<b>'\"><script>")
    who.get(STEP(3))
    who.send(STEP(3), category="odour")
    paper = who.send(STEP(4), "next", problem="</textarea><script>alert(1)</script>\n\0第二行")
    assert "</textarea><script>alert(1)</script>" in paper.text
    assert "b" not in {tag for tag, _ in paper.tags}
    machine.wait(READ_S)
    number, _ = number_and_code(who.send(STEP(5)))
    assert "第二行" in Case.objects.get(number=number).fields["problem"]


@pytest.mark.usefixtures("demo_mode")
def test_what_is_reported_in_the_demo_is_marked_as_simulated(browser: At, machine: Machine) -> None:
    number, _ = number_and_code(sent(browser(), machine))
    assert Case.objects.get(number=number).simulated
