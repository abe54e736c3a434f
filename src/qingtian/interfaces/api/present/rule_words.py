"""What a pack row says, in one sentence of each language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qingtian.apps.registry.listing import Name
from qingtian.domain.detection.rule import DetectionRule
from qingtian.domain.standards import (
    AirLimit,
    Category,
    DataMark,
    EmissionLimit,
    MarkEffect,
    Pollutant,
    ReferenceOxygen,
    RuleRow,
    ValidityRule,
)
from qingtian.domain.standards.air_tables import Breakpoint
from qingtian.domain.standards.composite import CompositeRule
from qingtian.domain.standards.environmental_tax import TaxEquivalent, TaxRate
from qingtian.domain.standards.evaluation import AirStatistic, FigurePlaces
from qingtian.domain.standards.noise import NoiseLimit
from qingtian.domain.standards.quality import QualityLimit
from qingtian.domain.standards.soil import SoilLimit

PERIODS: Mapping[str, tuple[str, str]] = {
    "annual": ("年均值", "mean of the year"),
    "quarter": ("季均值", "mean of the quarter"),
    "24h": ("24小时均值", "mean of 24 hours"),
    "1h": ("1小时均值", "mean of an hour"),
    "8h": ("8小时均值", "mean of 8 hours"),
    "daily_max_8h": ("日最大8小时均值", "largest 8-hour mean of the day"),
    "hour": ("小时均值", "hour mean"),
    "day": ("日均值", "day mean"),
    "samples": ("多个样品均值", "mean of samples"),
    "5min": ("5分钟均值", "5-minute mean"),
    "single": ("任一次值", "any single value"),
    "any": ("值", "value"),
    "month": ("月", "month"),
    "year": ("年", "year"),
    "period": ("时段", "period"),
}
OPS: Mapping[str, tuple[str, str]] = {"<=": ("不得超过", "at most"), ">=": ("不得低于", "at least")}
EFFECTS: Mapping[MarkEffect, tuple[str, str]] = {
    MarkEffect.VALID: ("有效", "counts as valid"),
    MarkEffect.INVALID: ("无效，不用于判定超标", "is invalid and decides no exceedance"),
    MarkEffect.UNMARKED: ("无标记，只展示不判定", "carries no mark: shown, decides nothing"),
}


def meaning(row: RuleRow) -> Name:
    """What a row says; a kind without a sentence of its own is told by its standard and clause."""
    told = SENTENCES.get(type(row))
    return told(row) if told else Name(f"按{row.standard}（{row.clause}）", f"By {row.standard} ({row.clause})")


def _period(name: str) -> Name:
    return Name(*PERIODS.get(name, (name, name)))


def _air_limit(row: AirLimit) -> Name:
    period, op = _period(row.period), Name(*OPS[row.op])
    return Name(
        f"环境空气（{row.category}）：{row.item}的{period.zh}{op.zh}{row.limit} {row.unit}。",
        f"Ambient air ({row.category}): the {period.en} of {row.item} is {op.en} {row.limit} {row.unit}.",
    )


def _emission(row: EmissionLimit) -> Name:
    period, op = _period(row.period), Name(*OPS[row.op])
    under_zh = f"，{row.condition}" if row.condition else ""
    under_en = f", {row.condition}" if row.condition else ""
    place = ("废气", "Waste gas") if row.medium == "air" else ("废水", "Waste water")
    return Name(
        f"{place[0]}（{row.category}{under_zh}）：{row.item}的{period.zh}{op.zh}{row.limit} {row.unit}。",
        f"{place[1]} ({row.category}{under_en}): the {period.en} of {row.item} is {op.en} {row.limit} {row.unit}.",
    )


def _breakpoint(row: Breakpoint) -> Name:
    period = _period(row.period)
    return Name(
        f"{row.item}的{period.zh}为{row.concentration} {row.unit}时，空气质量分指数为{row.index}；两点之间线性内插。",
        f"A {period.en} of {row.item} of {row.concentration} {row.unit} has the sub-index {row.index}; "
        "between two corners the index is interpolated.",
    )


def _validity(row: ValidityRule) -> Name:
    period, items = _period(row.period), "、".join(row.items)
    february_zh = f"（2月{row.minimum_february}）" if row.minimum_february else ""
    february_en = f" ({row.minimum_february} in February)" if row.minimum_february else ""
    return Name(
        f"{items}的{period.zh}至少需要{row.minimum}{february_zh}：{row.counts}。",
        f"A {period.en} of {items.replace('、', ', ')} needs at least {row.minimum}{february_en}: {row.counts}.",
    )


def _quality(row: QualityLimit) -> Name:
    bounds = " ".join(str(one) for one in (row.limit, row.upper) if one is not None)
    zh = f"{row.name_zh}达到{row.category.value}类的条件：{row.op.value} {bounds} {row.unit}".rstrip()
    en = f"{row.item} is of class {row.category.value} where it is {row.op.value} {bounds} {row.unit}".rstrip()
    counted = ("", "") if row.counted else ("；不参与类别评价", "; it does not decide the class")
    return Name(f"{zh}{counted[0]}。", f"{en}{counted[1]}.")


def _soil(row: SoilLimit) -> Name:
    level = ("筛选值", "screening value") if row.level == "screening" else ("管制值", "control value")
    return Name(
        f"{row.name_zh}在{row.use}用地的风险{level[0]}为{row.limit} {row.unit}。",
        f"The {level[1]} of {row.item} for {row.use} is {row.limit} {row.unit}.",
    )


def _noise(row: NoiseLimit) -> Name:
    when = ("昼间", "by day") if row.period == "day" else ("夜间", "at night")
    burst = (
        ("", "")
        if row.burst is None
        else (f"，突发噪声可超过{row.burst} dB", f"; a sudden noise may be {row.burst} dB above")
    )
    return Name(
        f"{row.zone}类声环境功能区{when[0]}限值{row.limit} {row.unit}{burst[0]}。",
        f"The limit of zone {row.zone} {when[1]} is {row.limit} {row.unit}{burst[1]}.",
    )


def _mark(row: DataMark) -> Name:
    effect = EFFECTS[row.effect]
    mark = row.mark or "（空）"
    return Name(
        f"标记{mark}（{row.meaning_zh}）：{effect[0]}。",
        f"Mark {row.mark or '(none)'} ({row.meaning_en}): {effect[1]}.",
    )


def _statistic(row: AirStatistic) -> Name:
    kind = ("均值", "mean") if row.percent is None else (f"第{row.percent}百分位数", f"{row.percent}th percentile")
    use = ("达标评价", "compliance") if row.use == "compliance" else ("综合指数", "the composite index")
    return Name(f"{row.item}的{use[0]}用{kind[0]}。", f"For {use[1]} of {row.item} the {kind[1]} is taken.")


def _detection(row: DetectionRule) -> Name:
    named = "，".join(f"{name} = {value}" for name, value in row.parameters.items())
    return Name(
        f"{row.label_zh}，严重程度{row.severity}级起" + (f"；参数：{named}。" if named else "。"),
        f"{row.label_en.capitalize()}: severity {row.severity} or more"
        + (f"; parameters: {named.replace('，', ', ')}." if named else "."),
    )


SENTENCES: Mapping[type[RuleRow], Callable[[Any], Name]] = {
    AirLimit: _air_limit,
    EmissionLimit: _emission,
    Breakpoint: _breakpoint,
    ValidityRule: _validity,
    QualityLimit: _quality,
    SoilLimit: _soil,
    NoiseLimit: _noise,
    DataMark: _mark,
    AirStatistic: _statistic,
    DetectionRule: _detection,
    Category: lambda row: Name(
        f"指数{row.minimum}至{row.maximum}为{row.level}（{row.name_zh}），以{row.colour_zh}表示。",
        f"An index of {row.minimum} to {row.maximum} is level {row.level_number} ({row.name_en}), shown in {row.hex}.",
    ),
    ReferenceOxygen: lambda row: Name(
        f"{row.category}的基准含氧量为{row.reference_o2}%，实测浓度折算到该含氧量后判定。",
        f"{row.category}: values are converted to {row.reference_o2} % oxygen before they are judged.",
    ),
    FigurePlaces: lambda row: Name(
        f"{row.item}的{row.figure}保留{row.digits}位小数。",
        f"{row.figure} of {row.item} has {row.digits} decimal place(s).",
    ),
    Pollutant: lambda row: Name(
        f"编码{row.code}：{row.name_zh or row.name_en}，单位{row.unit or '无'}。",
        f"Code {row.code}: {row.name_en or row.name_zh}, unit {row.unit or 'none'}.",
    ),
    TaxEquivalent: lambda row: Name(
        f"{row.item}：{row.kg_per_equivalent}千克为一个污染当量。",
        f"{row.item}: {row.kg_per_equivalent} kg make one pollution equivalent.",
    ),
    TaxRate: lambda row: Name(
        f"{row.scope}的税额为{row.low}至{row.high} {row.unit}。",
        f"The rate of {row.scope} is {row.low} to {row.high} {row.unit}.",
    ),
    CompositeRule: lambda row: Name(
        "综合指数 = Σ 权重 × 浓度 / 标准："
        + "，".join(f"{part.item} {part.weight} / {part.base}" for part in row.parts),
        "Composite index = sum of weight x value / base: "
        + ", ".join(f"{part.item} {part.weight} / {part.base}" for part in row.parts),
    ),
}
