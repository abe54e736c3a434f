"""Why a judgement says what it says, in Chinese and English, from its own columns and the names in the packs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.states import Question, Verdict
from qingtian.domain.errors import InvalidInput
from qingtian.packs import load_packs


@dataclass(frozen=True, slots=True)
class Explanation:
    """One text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class PeriodWords:
    """How a period is called."""

    zh: str
    en: str


PERIOD_WORDS = {
    Question.EMISSION_LIMIT: PeriodWords("小时", "hour"),
    Question.EMISSION_DAY: PeriodWords("日", "day"),
}


def explain(row: Judgement) -> Explanation:
    """The explanation of a judgement: value, limit, standard, clause, what it rests on, what was missing."""
    match Question(row.question):
        case Question.AIR_INDEX | Question.AIR_DAY:
            return _air_index(row)
        case Question.EMISSION_LIMIT:
            return _emission(row)
        case Question.EMISSION_DAY:
            return _emission(row, PERIOD_WORDS[Question.EMISSION_DAY])
    raise InvalidInput(f"no such question {row.question}", field="question", remedy="see Question")


def item_names(code: str) -> Explanation:
    """Names of an item; its code where the packs do not know it."""
    packs = load_packs()
    if not packs.has_pollutant(code):
        return Explanation(code, code)
    pollutant = packs.pollutant(code)
    return Explanation(pollutant.name_zh, pollutant.symbol or pollutant.name_en)


def item_unit(code: str) -> str:
    """Unit of an item at outlets; empty where the packs do not know it."""
    packs = load_packs()
    return packs.pollutant(code).unit if packs.has_pollutant(code) else ""


def _air_index(row: Judgement) -> Explanation:
    have, need = row.coverage.get("have", 0), row.coverage.get("need", 0)
    if row.index is None:
        missing = "、".join(row.coverage.get("missing", ()))
        return Explanation(
            f"按{row.standard}无法评价：{need}项中有{have}项有效，缺{missing or '全部'}。",
            f"Not assessed under {row.standard}: {have} of {need} items valid; "
            f"missing {missing.replace('、', ', ') or 'all'}.",
        )
    band: dict[str, Any] = row.inputs.get("category") or {}
    primary = "、".join(row.primary)
    zh = f"按{row.clause}，AQI为{row.index}({band.get('zh', '')})"
    en = f"AQI {row.index} ({band.get('en', '')}) under {row.clause}"
    if primary:
        zh, en = f"{zh}，首要污染物{primary}", f"{en}, primary pollutant {primary.replace('、', ', ')}"
    zh, en = f"{zh}；{need}项中{have}项有效", f"{en}; {have} of {need} items valid"
    if row.published is not None:
        zh, en = f"{zh}，发布值{row.published}", f"{en}, published {row.published}"
    return Explanation(f"{zh}。", f"{en}.")


def _emission(row: Judgement, words: PeriodWords = PERIOD_WORDS[Question.EMISSION_LIMIT]) -> Explanation:
    name = item_names(row.item)
    reason: dict[str, str] = row.inputs.get("reason") or {}
    if row.verdict not in (Verdict.WITHIN, Verdict.EXCEEDS):
        return Explanation(
            f"{name.zh}{words.zh}值未用于评价：{reason.get('zh', '数据不足')}。",
            f"The {words.en} value of {name.en} was not judged: {reason.get('en', 'too few data')}.",
        )
    value, limit = shown(row.value, row.limit), shown(row.limit)
    over = row.verdict == Verdict.EXCEEDS
    stands = "over" if over else "within"
    basis_zh, basis_en = _basis(row)
    unsure_zh, unsure_en = _unsure(row)
    return Explanation(
        f"{name.zh}{words.zh}均值{value}{row.unit}{basis_zh}{'超过' if over else '未超过'}限值{limit}{row.unit}"
        f"({row.standard} {row.clause}){unsure_zh}。",
        f"{words.en.capitalize()} mean of {name.en} {value} {row.unit}{basis_en} is {stands} the limit "
        f"{limit} {row.unit} ({row.standard} {row.clause}){unsure_en}.",
    )


def _basis(row: Judgement) -> tuple[str, str]:
    basis = row.inputs.get("basis")
    if basis:
        have, of = row.coverage.get("have", 0), row.coverage.get("of", 0)
        how_zh, how_en = (
            ("按流量加权", "weighted by flow") if basis == "flow_weighted_hours" else ("算术平均", "plain mean")
        )
        return f"({have}/{of}个有效小时，{how_zh})", f" ({have} of {of} hours, {how_en})"
    reference = row.inputs.get("reference_o2")
    if not reference:
        return "", ""
    measured, oxygen = row.inputs.get("measured"), row.inputs.get("oxygen")
    if row.inputs.get("converted_by") == "device":
        return f"(设备按基准含氧量{reference}%折算)", f" (converted by the device to {reference} % O2)"
    return (
        f"(实测{measured}，含氧量{oxygen}%，折算到{reference}%)",
        f" (measured {measured} at {oxygen} % O2, converted to {reference} %)",
    )


def _unsure(row: Judgement) -> tuple[str, str]:
    if "verified" in row.confidence or not row.confidence:
        return "", ""
    return f"，限值来源：{row.confidence}", f"; confidence of the limit: {row.confidence}"


def shown(value: Decimal | None, limit: Decimal | None = None) -> str:
    """A figure for people: three decimals, but all of them where rounding would hide on which side of a limit it is.

    >>> shown(Decimal("36.985516"), Decimal(20)), shown(Decimal("100.000400"), Decimal(100)), shown(None)
    ('36.986', '100.0004', '')
    """
    if value is None:
        return ""
    rounded = round(value, 3)
    hides = limit is not None and value != limit and (rounded == limit or (rounded > limit) != (value > limit))
    return format((value if hides else rounded).normalize(), "f")
