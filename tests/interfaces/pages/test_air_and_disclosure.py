"""Air and water near a place, and what the law shows of enterprises: as pages and as files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from tests.interfaces import city
from tests.interfaces.pages.browser import Browser

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.findings.actions.raise_finding import raise_finding
from qingtian.apps.judgements.actions.record_judgements import record_judgements
from qingtian.apps.judgements.judged import Judged
from qingtian.apps.judgements.states import Question, Verdict
from qingtian.apps.registry.models import RegistryObject
from qingtian.interfaces.pages import maps
from qingtian.interfaces.pages.words import EN, ZH
from qingtian.runtime.settings import get_settings

pytestmark = pytest.mark.django_db


def rows_of(answer: Any) -> list[dict[str, str]]:
    """Lines of a file, without what is said before its header."""
    lines = answer.content.decode("utf-8-sig").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("# ") and not line.startswith('"# ')))


def test_the_nearest_station_comes_first_with_index_and_what_it_rests_on(browser: Callable[..., Browser]) -> None:
    text = browser().get("/public/?place=420107").text

    first = text[text.index(ZH["nearest"]) : text.index(ZH["water"])]
    assert first.index("青山钢花") < first.index("东湖梨园") < first.index("武昌紫阳")
    assert "沉湖七壕" not in first  # the clean control station stands for no place
    assert "158" in first
    assert "PM" in first
    assert "HJ 633" in first
    assert "%" in first
    assert "4.2 km" in first


def test_a_station_without_data_says_so_and_is_not_coloured(browser: Callable[..., Browser]) -> None:
    who = browser()
    text = who.get(f"/public/?place={city.SILENT_STATION}").text
    first = text[text.index("东湖梨园 0.0 km") :]
    assert first.index(ZH["not_judged"]) < first.index("武昌紫阳")
    mark = who.answer.content.decode().split(f'<a href="/public/?place={city.SILENT_STATION}"><title>')[1][:200]
    assert 'fill="none"' in mark


def test_the_map_says_no_more_and_no_less_than_the_list(browser: Callable[..., Browser]) -> None:
    paper = browser().get("/public/")
    listed = {one["href"] for one in paper.all("a") if one["href"].startswith("/public/?place=")}
    assert listed == {f"/public/?place={one}" for one in (*city.AIR, city.SILENT_STATION)}
    assert ZH["map_what"] in paper.text


def test_what_is_not_connected_is_not_called_clean(browser: Callable[..., Browser]) -> None:
    assert ZH["no_section"] in browser().get("/public/").text
    assert EN["no_section"] in browser(lang="en").get("/public/?place=420106").text


def test_the_hours_can_be_taken_along(town: city.Town) -> None:
    answer = Client().get("/public/air.csv")
    lines = rows_of(answer)
    assert {one["code"] for one in lines} == set(city.AIR)
    assert {"158"} == {one["aqi"] for one in lines if one["code"] == city.BAD_STATION}
    assert city.LABEL_ZH in answer.content.decode("utf-8-sig").splitlines()[0]


@pytest.fixture
def judged(town: city.Town) -> RegistryObject:
    """An outlet with two judged days, and a finding that is nobody's business."""
    outlet = town.objects["O-1-01"]
    raise_finding(SYSTEM_ACTOR, city.NOW, city.nox_hit(outlet))
    midnight = city.NOW.replace(hour=0, minute=0)
    record_judgements(
        SYSTEM_ACTOR,
        city.NOW,
        [
            Judged(
                object_id=outlet.pk,
                question=Question.EMISSION_DAY,
                item="a21002",
                cycle="day",
                period_start=midnight - timedelta(days=back),
                verdict=verdict,
                standard="GB 13223-2011",
                clause="table 1",
                rule_row="gb13223-2011.coal-boiler-new-table-1.nox.hour",
                known_at=city.NOW,
                value=Decimal(value),
                unit="mg/m3",
                limit=Decimal(100),
                coverage={"have": 18, "need": 24},
                simulated=True,
            )
            for back, value, verdict in ((1, "131.5", Verdict.EXCEEDS), (2, "80", Verdict.WITHIN))
        ],
    )
    return outlet


def test_the_list_is_found_by_name_and_district(browser: Callable[..., Browser]) -> None:
    who = browser()
    text = who.get("/public/disclosure/").text
    assert ZH["found"].format(n=2) in text
    assert "排污许可管理条例" in text
    assert ZH["simulated"] in text
    text = who.get("/public/disclosure/?q=第2&region=420106").text
    assert ("第2热电厂" in text, "第1热电厂" in text) == (True, False)
    assert ZH["no_enterprise"] in who.get("/public/disclosure/?q=没有").text


def test_one_enterprise_shows_limits_and_days_and_no_finding(
    browser: Callable[..., Browser], judged: RegistryObject
) -> None:
    text = browser().get("/public/disclosure/E-1").text
    for word in ("第1热电厂 1号排口", "GB 13223-2011", "131.5", ZH["verdict_exceeds"], "75 %", "2025-11-23", "100"):
        assert word in text, word
    assert text.index("2025-11-23") < text.index("2025-11-22")
    assert "F-2025" not in text
    english = browser(lang="en").get("/public/disclosure/E-1").text
    assert EN["verdict_exceeds"] in english
    assert "Power plant 1: stack 1" in english


def test_the_files_hold_what_the_pages_show(judged: RegistryObject) -> None:
    lines = rows_of(Client().get("/public/disclosure/list.csv?q=第1"))
    assert [(one["code"], one["outlets"], one["simulated"]) for one in lines] == [("E-1", "1", "true")]
    days = rows_of(Client().get("/public/disclosure/E-1/daily.csv"))
    assert [(one["day"], one["mean"], one["verdict"], one["coverage"]) for one in days] == [
        ("2025-11-23", "131.5", "exceeds", "0.75"),
        ("2025-11-22", "80", "within", "0.75"),
    ]


def test_a_permit_that_the_rules_do_not_show_stays_hidden_everywhere(judged: RegistryObject, town: city.Town) -> None:
    plant = town.objects["E-1"]
    plant.attributes = plant.attributes | {"permit_class": "registered_only"}
    plant.save()
    for path in ("disclosure/E-1", "disclosure/E-1/daily.csv"):
        assert Client().get(f"/public/{path}").status_code == 404
    assert "E-1" not in {one["code"] for one in rows_of(Client().get("/public/disclosure/list.csv"))}


def test_many_enterprises_come_in_pages(browser: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qingtian.interfaces.pages.disclosing.PER_PAGE", 1)
    who = browser()
    paper = who.get("/public/disclosure/")
    assert ("第1热电厂" in paper.text, "第2热电厂" in paper.text) == (True, False)
    onward = next(one["href"] for one in paper.all("a") if one.get("rel") == "next")
    text = who.get(f"/public/disclosure/{onward}").text
    assert ("第1热电厂" in text, "第2热电厂" in text) == (False, True)


def test_a_pixel_and_its_point_are_the_same_place() -> None:
    frame = maps.frame_of("420107")
    x, y = frame.at(114.43, 30.52)
    assert frame.point(x, y) == (pytest.approx(114.43, abs=0.001), pytest.approx(30.52, abs=0.001))
    assert 0 < x < frame.width
    assert 0 < y < frame.height
    wide = maps.frame_of("")
    assert wide.box.west < frame.box.west
    assert frame.at(114.43, 30.60)[1] < y  # north is up


def test_a_district_that_is_registered_without_a_point_is_still_a_place(
    browser: Callable[..., Browser], town: city.Town
) -> None:
    row = town.objects["420106"]
    row.lon = row.lat = None
    row.save()
    who = browser()
    assert {"420106", "420107"} <= {one["value"] for one in who.get("/public/").all("option")}
    text = who.get("/public/?place=420106").text
    near = text[text.index(ZH["nearest"]) :]
    assert near.index("武昌紫阳") < near.index("东湖梨园") < near.index("青山钢花")
    assert maps.middle_of("999999") is None


def test_a_map_without_outlines_still_holds_every_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_settings(), "regions_file", None)
    assert not maps.has_outlines()
    assert maps.in_city(0, 0)
    frame = maps.frame_of(points=[(114.3, 30.5), (114.5, 30.7)])
    for lon, lat in ((114.3, 30.5), (114.5, 30.7)):
        x, y = frame.at(lon, lat)
        assert 0 < x < frame.width
        assert 0 < y < frame.height


def test_words_on_a_map_are_words() -> None:
    frame = maps.frame_of("")
    drawing = maps.drawn(frame, [maps.Mark(114.3, 30.5, "circle", "<b>", '"><script>', "</title><script>")], "<&>")
    assert "<script" not in drawing
    assert "<b>" not in drawing
