"""Dossiers: what each section holds, where it is from, and what is told when there is nothing."""

from __future__ import annotations

import json
import subprocess
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.interfaces import city
from tests.interfaces.conftest import Login

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.models import User
from qingtian.apps.cases.actions.file_case import CaseDraft, file_case
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.evidence.subjects import of_finding
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.obligations.actions.plan_occurrences import plan_occurrences
from qingtian.apps.obligations.actions.settle_occurrences import note_missed
from qingtian.apps.obligations.actions.sync_obligations import sync_obligations
from qingtian.apps.registry.actions.register_many import register_many
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.actions.relate_objects import relate_objects
from qingtian.apps.registry.actions.update_object import update_object
from qingtian.apps.registry.models import ObjectType, RegistryObject, RelationKind

pytestmark = pytest.mark.django_db
KEYS = {
    "enterprise": "permit limits outlets streams plans duties windows findings cases penalties services documents",
    "catering_shop": "purifier cleaning duties monitor findings cases penalties documents",
    "water_body": "sections quality chiefs patrols discharges findings cases penalties documents",
}
SHOP = {"seats": 76, "dining_area_m2": "120", "stove_heat_j_h": "400000000", "purifiers": 1}
CLEANED = {"purifier": "2025-09-10", "duct": "2025-09-10"}


def read(client: Client, kind: str = "enterprise", code: str = "E-1") -> dict[str, Any]:
    answer = client.get(f"/api/v1/dossiers/{kind}/{code}")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def part(found: dict[str, Any], key: str) -> dict[str, Any]:
    return next(one for one in found["sections"] if one["key"] == key)


def texts(section: dict[str, Any]) -> list[list[str]]:
    return [[one["zh"] for one in row] for row in section["rows"]]


def permit(town: city.Town, *, ends: str = "2025-12-20") -> RegistryObject:
    attributes = {
        "class": "key",
        "issued_on": "2021-01-01",
        "expires_on": ends,
        "monitoring": [{"outlet": "O-1-01", "parameter": "a21026", "frequency": "1/month"}],
        "ledger": {"frequency": "1/month"},
    }
    parent = (ObjectType.ENTERPRISE, "E-1")
    draft = ObjectDraft(ObjectType.PERMIT, "PWX-1", "许可证", "Permit", parent=parent, attributes=attributes)
    return register_many(SYSTEM_ACTOR, city.NOW - timedelta(days=200), [draft])[0]


@pytest.fixture
def shop(town: city.Town) -> RegistryObject:
    draft = ObjectDraft(
        ObjectType.CATERING_SHOP,
        "R-1",
        "江汉小馆",
        "Diner",
        region_code="420107",
        attributes=SHOP | {"cleaned": CLEANED},
    )
    return register_many(SYSTEM_ACTOR, city.NOW - timedelta(days=60), [draft])[0]


@pytest.fixture
def lake(town: city.Town) -> RegistryObject:
    rows = register_many(
        SYSTEM_ACTOR,
        city.NOW - timedelta(days=60),
        [
            ObjectDraft(
                ObjectType.WATER_BODY,
                "W-1",
                "东湖",
                "East Lake",
                region_code="420106",
                attributes={"kind": "lake", "target_class": "III"},
            ),
            ObjectDraft(
                ObjectType.SECTION,
                "W-1-S1",
                "湖心",
                "Centre",
                parent=(ObjectType.WATER_BODY, "W-1"),
                attributes={"grade": "national", "target_class": "III"},
            ),
            ObjectDraft(
                ObjectType.CHIEF,
                "HZ-1",
                "区级湖长",
                "Chief",
                region_code="420106",
                attributes={"kind": "lake", "level": "district"},
            ),
        ],
    )
    relate_objects(SYSTEM_ACTOR, city.NOW, rows[2].pk, rows[0].pk, RelationKind.CHIEF_OF)
    relate_objects(SYSTEM_ACTOR, city.NOW, town.objects["O-2-01"].pk, rows[0].pk, RelationKind.DISCHARGES_TO)
    return rows[0]


@pytest.mark.parametrize("kind", KEYS)
def test_every_section_says_where_it_is_from_and_whether_it_is_there(
    duty: Client, shop: RegistryObject, lake: RegistryObject, kind: str
) -> None:
    code = {"enterprise": "E-1", "catering_shop": shop.code, "water_body": lake.code}[kind]
    found = read(duty, kind, code)

    assert " ".join(one["key"] for one in found["sections"]) == KEYS[kind]
    for one in found["sections"]:
        assert one["source_zh"] and one["source_en"], one["key"]
        assert (one["state"] == "filled") is bool(one["rows"]), one["key"]
        assert bool(one["why_zh"]) is (one["state"] != "filled"), one["key"]
        assert all(len(row) == len(one["columns"]) for row in one["rows"]), one["key"]
        assert one["total"] >= len(one["rows"])
    assert len(found["strip"]) == 12
    assert (found["strip"][0]["quarter"], found["strip"][-1]["quarter"]) == ("2023-Q1", "2025-Q4")


def test_nothing_on_record_is_told_apart_from_a_source_that_is_not_connected(duty: Client, town: city.Town) -> None:
    before = part(read(duty), "permit")
    permit(town)
    own, other = part(read(duty), "permit"), part(read(duty, code="E-2"), "permit")

    assert (before["state"], before["why_zh"]) == ("not_connected", "许可证库未接入本平台")
    assert (other["state"], other["why_zh"]) == ("empty", "无记录")
    assert own["state"] == "filled"
    assert texts(own)[0][:4] == ["PWX-1", "重点管理", "2021-01-01", "2025-12-20（余 26 天）"]
    assert own["rows"][0][3]["tone"] == "warning"


def test_the_head_names_the_commissioner_with_the_telephone(duty: Client, town: city.Town) -> None:
    place = town.objects["E-1"]
    attributes = place.attributes | {"commissioner": "inspector", "commissioner_phone": "027-00000000"}
    update_object(SYSTEM_ACTOR, city.NOW, place.pk, {"attributes": attributes}, reason="named")
    told = {one["label_en"]: one["zh"] for one in read(duty)["facts"]}
    name = User.objects.get(username="inspector").display_name or "inspector"

    assert told["service commissioner"] == f"{name} 027-00000000"
    assert {one["label_en"]: one["zh"] for one in read(duty, code="E-2")["facts"]}["service commissioner"] == "无记录"


def test_a_permit_that_is_over_says_so_in_words(duty: Client, town: city.Town) -> None:
    permit(town, ends="2025-11-01")
    row = part(read(duty), "permit")["rows"][0]

    assert (row[3]["zh"], row[3]["en"], row[3]["tone"]) == ("2025-11-01（已过期）", "2025-11-01 (expired)", "danger")


def test_a_quarter_with_one_exceedance_is_marked_by_letter(duty: Client, town: city.Town) -> None:
    found = read(duty)
    last = found["strip"][-1]
    other = read(duty, code="E-2")["strip"]

    assert (last["state"], last["mark_zh"], last["mark_en"]) == ("exceed", "超", "E")
    assert (last["judged"], last["exceeding"]) == (_judged(town, "O-1-01"), 1)
    assert {one["state"] for one in found["strip"][:-1]} == {"no_data"}
    assert {one["mark_zh"] for one in other} == {"缺"}


def _judged(town: city.Town, code: str) -> int:
    return Judgement.objects.filter(object=town.objects[code], verdict__in=("within", "exceeds")).count()


def test_transmission_is_told_with_and_without_shutdown(duty: Client) -> None:
    section = part(read(duty), "streams")
    row = dict(zip([one["label_en"] for one in section["columns"]], section["rows"][-1], strict=True))

    assert row["month"]["zh"] == "2025-11"
    due, valid = Decimal(row["due, h"]["zh"]), Decimal(row["valid, h"]["zh"])
    assert row["valid transmission"]["zh"] == f"{(valid / due * 100).quantize(Decimal('0.1'))} %"
    assert section["coverage_zh"].startswith("两个月合计")


def test_findings_cases_and_their_files_are_listed_with_their_totals(duty: Client, town: city.Town) -> None:
    finding = city.finding(town)
    attach_file(
        town.actor("plant"),
        city.NOW,
        of_finding(finding.pk),
        b"%PDF-1.7 x",
        kind=EvidenceKind.DOCUMENT,
        media_type="application/pdf",
        file_name="report.pdf",
    )
    found = read(duty)
    listed, files = part(found, "findings"), part(found, "documents")

    assert (listed["total"], listed["rows"][0][0]["zh"]) == (1, finding.number)
    assert listed["rows"][0][0]["link"] == f"/desk/alarms?id={finding.pk}"
    assert texts(files)[0][:2] == ["report.pdf", "文件"]
    assert part(found, "penalties")["state"] == "empty"


def test_penalties_add_up_and_name_the_decision(duty: Client, town: city.Town) -> None:
    for fine in ("20000.50", "100000"):
        case = file_case(
            town.actor("inspector"),
            city.NOW,
            CaseDraft(
                template="T3",
                title="超标排放",
                object=("outlet", "O-1-01"),
                fields={"problem": "超标", "source_tier": "data", "found_on": "2025-11-24"},
            ),
        )
        case.fields |= {"decision": "fine", "fine": fine, "served_on": "2025-11-24"}
        Case.objects.filter(pk=case.pk).update(fields=case.fields, state="served")
    section = part(read(duty), "penalties")

    assert section["coverage_zh"] == "已决定罚款合计 120000.50 元"
    assert texts(section)[0][3:5] == ["100000", "2025-11-24"]
    assert texts(section)[0][2] != "未决定"


def test_the_enterprise_reads_its_own_dossier_and_no_other(login: Login, shop: RegistryObject) -> None:
    plant = login("plant")

    assert read(plant)["title_zh"] == "第1热电厂"
    for kind, code in (("enterprise", "E-2"), ("catering_shop", shop.code), ("enterprise", "E-404")):
        assert plant.get(f"/api/v1/dossiers/{kind}/{code}").status_code == 404
    assert plant.get("/api/v1/dossiers/park/E-1").status_code == 422


def test_a_complaint_is_in_the_dossier_of_officials_only(duty: Client, login: Login, town: city.Town) -> None:
    fields = {"channel": "phone", "category": "odour", "problem": "夜间异味", "complainant_name": "王某"}
    draft = CaseDraft(template="T2", title="异味", object=("enterprise", "E-1"), fields=fields)
    case = file_case(town.actor("duty"), city.NOW, draft)

    assert case.number in json.dumps(read(duty), ensure_ascii=False)
    own = json.dumps(read(login("plant")), ensure_ascii=False)
    assert case.number not in own
    assert "王某" not in json.dumps(read(duty), ensure_ascii=False)


def test_a_shop_shows_its_cleaning_and_whether_it_needs_a_second_purifier(duty: Client, shop: RegistryObject) -> None:
    sync_obligations(SYSTEM_ACTOR, city.NOW)
    plan_occurrences(SYSTEM_ACTOR, city.NOW, date(2025, 12, 31))
    note_missed(SYSTEM_ACTOR, city.NOW)
    found = read(duty, "catering_shop", shop.code)
    purifier = part(found, "purifier")["rows"][0]

    assert part(found, "cleaning")["state"] == "filled"
    assert any(row[3]["zh"] == "未履行" for row in part(found, "cleaning")["rows"])
    assert "座位" in purifier[4]["zh"] or "二级" in purifier[4]["zh"]
    assert (part(found, "monitor")["state"], found["strip"][-1]["state"]) == ("not_connected", "exceed")


def test_a_river_shows_its_sections_chiefs_and_outlets(duty: Client, lake: RegistryObject) -> None:
    found = read(duty, "water_body", lake.code)

    assert texts(part(found, "sections")) == [["W-1-S1", "湖心", "国控", "III"]]
    assert texts(part(found, "chiefs"))[0][:3] == ["HZ-1", "区级湖长", "区级"]
    assert texts(part(found, "discharges"))[0][0] == "O-2-01"
    assert part(found, "quality")["state"] == "not_connected"
    assert {one["state"] for one in found["strip"]} == {"no_data"}
    assert "未接入" in found["strip_basis_zh"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_dossier_is_printed_and_twice_the_same(
    duty: Client, town: city.Town, tmp_path: Path, language: str
) -> None:
    permit(town)
    url = f"/api/v1/dossiers/enterprise/E-1/print.pdf?language={language}"
    first, again = duty.get(url), duty.get(url)

    assert first["Content-Type"] == "application/pdf"
    assert "dossier-enterprise-E-1-20251124.pdf" in first["Content-Disposition"]
    assert first.content.startswith(b"%PDF-")
    assert first.content == again.content
    file = tmp_path / "dossier.pdf"
    file.write_bytes(first.content)
    words = subprocess.run(["pdftotext", "-raw", str(file), "-"], capture_output=True, text=True, check=True).stdout
    assert {"zh": "模拟对象", "en": "simulated, no real object"}[language] in words
    assert "PWX-1" in words
    assert duty.get("/api/v1/dossiers/enterprise/E-404/print.pdf").status_code == 404
