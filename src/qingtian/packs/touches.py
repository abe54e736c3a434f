"""What rests on a kind of pack row: for the rule registry and for the comparison of packs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Use:
    """A kind of result that rests on a kind of row.

    Args:
        code: stable word; `judgements.*` are stored answers that a recomputation can give anew.
    """

    code: str
    zh: str
    en: str


AIR_HOURS = Use("judgements.air_index", "空气站点小时AQI评价", "hourly AQI of air stations")
EMISSIONS = Use("judgements.emission_limit", "排放口小时与日均值评价", "judgements of outlets, hours and days")
AIR_STATISTICS = Use("air_statistics", "空气质量日、月、年统计", "air statistics of days, months and years")
BULK = Use("assess", "批量评价（qingtian assess）", "bulk assessment (qingtian assess)")
FINDINGS = Use("findings", "告警线索", "findings")
CASES = Use("cases", "案件的时限与步骤", "deadlines and steps of cases")
WATER = Use("water", "水质类别与水质评价", "classes and evaluation of water")
SOIL = Use("soil", "土壤污染风险评价", "risk of soil pollution")
NOISE = Use("noise", "声环境评价", "evaluation of noise")
TAX = Use("tax", "污染当量与环境保护税", "pollution equivalents and environmental tax")
ROLL_UPS = Use("roll_ups", "分钟值到小时值的有效性", "validity of hours rolled up from minutes")
INGEST = Use("ingest", "数据接入与单位", "ingest and units")
QUALITY = Use("quality", "数据质量核查", "checks of data quality")
INDICATORS = Use("indicators", "考核指标", "indicators")
DECISIONS = Use("decisions", "决策表的答案", "answers of decision tables")
CAPACITY = Use("capacity", "环境容量与总量台账", "capacity and quota ledgers")
REGISTER = Use("register", "对象登记与导入", "registration and import of objects")
OBLIGATIONS = Use("obligations", "义务计划与逾期线索", "planned duties and missed ones")
EVIDENCE = Use("evidence", "证据的审查与记录", "admissibility and written records of evidence")
CARBON = Use("carbon", "碳排放核算", "carbon accounting")

TOUCHES: Mapping[str, tuple[Use, ...]] = {
    "aqi_edition": (AIR_HOURS, AIR_STATISTICS, FINDINGS, BULK),
    "aqi_breakpoint": (AIR_HOURS, AIR_STATISTICS, FINDINGS, BULK),
    "aqi_category": (AIR_HOURS, AIR_STATISTICS, BULK),
    "air_limit": (AIR_STATISTICS, BULK),
    "air_statistic": (AIR_STATISTICS, BULK),
    "composite_index": (AIR_STATISTICS, BULK),
    "emission_limit": (EMISSIONS, FINDINGS, BULK),
    "emission_rule": (EMISSIONS, BULK),
    "reference_oxygen": (BULK,),
    "data_validity": (EMISSIONS, AIR_STATISTICS, ROLL_UPS),
    "data_mark": (EMISSIONS, FINDINGS),
    "pollutant": (INGEST,),
    "detection_rule": (AIR_HOURS, EMISSIONS, FINDINGS),
    "calendar": (CASES,),
    "procedure": (CASES,),
    "water_limit": (WATER, BULK),
    "water_rule": (WATER, BULK),
    "soil_limit": (SOIL, BULK),
    "noise_limit": (NOISE, BULK),
    "noise_rule": (NOISE, BULK),
    "tax_rule": (TAX, BULK),
    "evaluation_parameter": (WATER, NOISE, BULK),
    "quality_rule": (QUALITY, FINDINGS),
    "finding_kind": (FINDINGS,),
    "dismissal_reason": (FINDINGS,),
    "window_kind": (FINDINGS,),
    "rank_term": (FINDINGS,),
    "leak_limit": (FINDINGS,),
    "decision_table": (DECISIONS,),
    "decision_rule": (DECISIONS,),
    "assignment": (DECISIONS,),
    "capacity_zone": (CAPACITY,),
    "replacement_factor": (CAPACITY,),
    "carbon_rule": (CARBON,),
    "ledger_kind": (CAPACITY,),
    "admissibility_check": (EVIDENCE,),
    "evidence_record": (EVIDENCE,),
    "checklist": (EVIDENCE,),
    "checklist_item": (EVIDENCE,),
    "obligation_template": (OBLIGATIONS, FINDINGS),
    "waiver_reason": (OBLIGATIONS,),
    "plan_check": (OBLIGATIONS, FINDINGS),
    "monitoring_method": (OBLIGATIONS,),
    "object_type": (REGISTER,),
    "object_field": (REGISTER,),
}


def uses_of(kind: str) -> tuple[Use, ...]:
    """What rests on rows of a kind; a kind without a line of its own feeds indicators.

    >>> [use.code for use in uses_of("noise_limit")]
    ['noise', 'assess']
    """
    return TOUCHES.get(kind, (INDICATORS,))
