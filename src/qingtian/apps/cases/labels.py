"""Words for the titles of cases."""

from __future__ import annotations

from qingtian.apps.findings.models import Finding
from qingtian.packs import load_packs
from qingtian.packs.finding_kinds import kind_names

LONGEST = 300


def titles(finding: Finding) -> tuple[str, str]:
    """Default titles of a case from its finding, in Chinese and English."""
    zh, en = kind_names(finding.kind)
    item_zh, item_en = _item(finding.parameter)
    name_en = finding.object.name_en or finding.object.name
    return f"{finding.object.name}{item_zh} {zh}"[:LONGEST], f"{name_en}{item_en} {en}"[:LONGEST]


def _item(code: str) -> tuple[str, str]:
    """What is measured, by its symbol (NOx, PM2.5) or name; the index and unknown codes as they are."""
    packs = load_packs()
    if not code or not packs.has_pollutant(code):
        return (f" {code}", f" {code}") if code else ("", "")
    pollutant = packs.pollutant(code)
    return f" {pollutant.symbol or pollutant.name_zh}", f" {pollutant.symbol or pollutant.name_en}"
