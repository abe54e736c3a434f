"""Every row of the packs as the list of rules shows it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from qingtian.interfaces.api.present.rules import all_rules
from qingtian.packs import load_packs

LOCALES = Path(__file__).parents[2] / "ui" / "src" / "locales"
RULES = {rule.row_id: rule for rule in all_rules()}


def test_each_row_is_listed_once() -> None:
    assert [name for name, count in Counter(rule.row_id for rule in all_rules()).items() if count > 1] == []
    assert {row.row_id for row in load_packs().rows()} <= set(RULES)


@pytest.mark.parametrize(
    ("row_id", "kind", "title_zh", "title_en"),
    [
        ("gb3838-2002.cod.iii", "water_limit", "化学需氧量 III <= 20 mg/L", "COD III <= 20 mg/L"),
        ("gb3838-2002.ph.i-v", "water_limit", "pH值 I [] 6 9 1", "pH I [] 6 9 1"),
        ("gb3838-2002.do.i.saturation", "water_limit", "溶解氧 I saturation >= 90 %", "DO I saturation >= 90 %"),
        ("gbt14848-2017.las.i", "water_limit", "阴离子表面活性剂 I absent mg/L", "LAS I absent mg/L"),
        ("black-odour.urban.do.heavy", "water_limit", "溶解氧 urban heavy < 0.2 mg/L", "DO urban heavy < 0.2 mg/L"),
        ("water-status.basin.2", "water_rule", "良好", "good"),
        (
            "gb15618-2018.as.screening.paddy.ph6.5-7.5",
            "soil_limit",
            "砷 screening paddy 6.5 < pH <= 7.5 25 mg/kg",
            "As screening paddy 6.5 < pH <= 7.5 25 mg/kg",
        ),
        (
            "gb36600-2018.pb.control.class-2",
            "soil_limit",
            "铅 control class 2 2500 mg/kg",
            "Pb control class 2 2500 mg/kg",
        ),
        ("gb3096-2008.2.night", "noise_limit", "ambient 2 night: 50 dB(A)", "ambient 2 night: 50 dB(A)"),
        ("noise-rule.2008", "noise_rule", "GB 3096-2008", "GB 3096-2008"),
        ("tax.air.so2", "tax_rule", "SO2 (air): 0.95 kg", "SO2 (air): 0.95 kg"),
        ("tax.rate.water", "tax_rule", "water: 1.4-14 CNY per equivalent", "water: 1.4-14 CNY per equivalent"),
        ("cal.2026", "calendar", "国务院办公厅关于部分节假日安排的通知", "国务院办公厅关于部分节假日安排的通知"),
        ("composite.2013", "composite_index", "HJ 663-2013", "HJ 663-2013"),
    ],
)
def test_kind_and_title_of_a_row(row_id: str, kind: str, title_zh: str, title_en: str) -> None:
    rule = RULES[row_id]
    assert (rule.kind, rule.title_zh, rule.title_en) == (kind, title_zh, title_en)


def test_only_editions_of_the_index_are_called_so() -> None:
    assert {rule.standard for rule in RULES.values() if rule.kind == "aqi_edition"} == {"HJ 633-2012", "HJ 633-2026"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_kind_has_a_word_in_both_languages(language: str) -> None:
    words = json.loads((LOCALES / f"{language}.json").read_text("utf-8"))["rule"]["kind"]
    assert {rule.kind for rule in RULES.values()} <= set(words)


def test_what_is_from_memory_is_shown_as_unverified() -> None:
    for row in load_packs().media.rows():
        assert RULES[row.row_id].unverified is row.unverified
        assert RULES[row.row_id].confidence == row.confidence


def test_values_are_plain() -> None:
    assert RULES["gb3838-2002.cod.iii"].values["limit"] == "20"
    assert RULES["gb3838-2002.cod.iii"].values["counted"] is True
    assert RULES["tax.rule.2018"].values["largest"] == {"air": 3, "water_1": 5, "water_2": 3}
    json.dumps([rule.values for rule in RULES.values()])
