"""Words for the titles of cases."""

from __future__ import annotations

from collections.abc import Mapping

from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Kind
from qingtian.packs import load_packs

KINDS: Mapping[Kind, tuple[str, str]] = {
    Kind.EXCEEDANCE: ("超标排放", "limit exceeded"),
    Kind.AIR_POLLUTION: ("空气污染", "air pollution"),
    Kind.LATE_STREAM: ("数据缺失", "data missing"),
    Kind.FROZEN_VALUE: ("数据恒值", "frozen value"),
    Kind.DILUTION: ("疑似稀释", "suspected dilution"),
    Kind.TREATMENT_OFF: ("治污设施停运", "treatment off"),
    Kind.CLOCK_ERROR: ("设备时钟错误", "device clock error"),
    Kind.DATA_QUALITY: ("数据质量问题", "data quality problem"),
    Kind.REBOUND: ("问题反弹", "relapse"),
}
LONGEST = 300


def titles(finding: Finding) -> tuple[str, str]:
    """Default titles of a case from its finding, in Chinese and English."""
    zh, en = KINDS[Kind(finding.kind)]
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
