"""From a judgement to its explanation: inputs, marks, coverage, rules, editions, rounding, versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.judgements.explain import explain
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.queries import versions
from qingtian.apps.judgements.states import EMISSION
from qingtian.apps.registry.listing import Name
from qingtian.domain.errors import NotVisible, QingtianError
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.numbers import text
from qingtian.interfaces.api.present.rules import all_rules
from qingtian.interfaces.api.schemas.explanations import (
    ExplainedInput,
    ExplainedRule,
    ExplainedVersion,
    ExplanationOut,
)
from qingtian.packs import load_packs
from qingtian.runtime.clock import SHANGHAI

LENGTHS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
DECIDING = Name("判定依据", "the rule that decided")
VALIDITY = Name("数据有效性要求", "how much data are needed")
MARK = Name("数据标记的含义", "what the mark means")
FULL_VALUE = Name(
    "不修约：用完整数值与限值比较，等于限值为不超标；显示时保留必要的小数位。",
    "Not rounded: the full value is held against the limit, and a value equal to it is within; figures are "
    "only shortened for display.",
)
INDEX_2012 = Name(
    "浓度不修约；分指数按线性内插精确计算后向上进位取整，AQI取最大的分指数。",
    "Concentrations are not rounded; each sub-index is interpolated exactly and rounded up; the AQI is the largest.",
)
OXYGEN = "a19001"


def explanation(actor: Actor, judgement_id: int) -> ExplanationOut:
    """Everything that a judged figure rests on.

    Raises:
        NotVisible: there is no such judgement that the actor may see.
    """
    row = Judgement.objects.visible_to(actor).select_related("object").filter(pk=judgement_id).first()
    if row is None:
        raise NotVisible(f"there is no judgement {judgement_id}", field="id", remedy="open it from the figure")
    why, item, rounding = explain(row), law.pollutant_name(row.item), _rounding(row)
    covered = _coverage(row)
    return ExplanationOut(
        id=row.pk,
        question=row.question,
        object=row.object.code,
        object_name=row.object.name,
        object_name_en=row.object.name_en or row.object.name,
        object_type=row.object.type,
        item=row.item,
        item_zh=item.zh,
        item_en=item.en,
        cycle=row.cycle,
        period_start=row.period_start,
        period_end=row.period_start + LENGTHS.get(row.cycle, timedelta(0)),
        value=text(row.value),
        unit=row.unit,
        limit=text(row.limit),
        index=row.index,
        published=row.published,
        category=row.category,
        verdict=row.verdict,
        text_zh=why.zh,
        text_en=why.en,
        inputs=list(_inputs(row)),
        have=_whole(row.coverage.get("have")),
        need=_whole(row.coverage.get("need")),
        missing=[str(one) for one in row.coverage.get("missing", ())],
        coverage_zh=covered.zh,
        coverage_en=covered.en,
        rounding_zh=rounding.zh,
        rounding_en=rounding.en,
        rules=list(_rules(row)),
        versions=[_version(one) for one in versions(actor, row)],
        computed_at=row.computed_at,
        known_at=row.known_at,
        version=row.version,
        simulated=row.simulated,
    )


def _inputs(row: Judgement) -> Iterator[ExplainedInput]:
    given: Mapping[str, Any] = row.inputs
    if row.question in EMISSION:
        yield from _emission_inputs(row, given)
        return
    values = given.get("values") or {}
    for name, one in values.items():
        code = law.index_code(name, row.period_start.astimezone(SHANGHAI).date())
        if isinstance(one, Mapping):
            yield _input(row, code, one, sub_index=_whole(one.get("iaqi")))


def _emission_inputs(row: Judgement, given: Mapping[str, Any]) -> Iterator[ExplainedInput]:
    for hour in given.get("hours", ()):
        yield _input(row, row.item, {**hour, "unit": row.unit}, at=str(hour.get("at", "")))
    if "measured" in given:
        yield _input(row, row.item, {**given, "value": given["measured"]})
    if given.get("oxygen") is not None:
        yield _input(row, OXYGEN, {"value": given["oxygen"], "unit": "%"}, role="oxygen")
    if given.get("converted_by_device") is not None:
        yield _input(row, row.item, {"value": given["converted_by_device"], "unit": row.unit}, role="converted")


def _input(
    row: Judgement,
    code: str,
    one: Mapping[str, Any],
    *,
    at: str | None = None,
    sub_index: int | None = None,
    role: str = "measured",
) -> ExplainedInput:
    name, mark = law.pollutant_name(code), _mark(row, str(one.get("mark", "")), told="mark" in one)
    value = one.get("value")
    return ExplainedInput(
        name=code,
        name_zh=name.zh,
        name_en=name.en,
        at=at,
        value=None if value is None else str(value),
        unit=str(one.get("unit", "")),
        mark=str(one.get("mark", "")),
        mark_zh=mark.zh,
        mark_en=mark.en,
        version=_whole(one.get("version")),
        sub_index=sub_index,
        role=role,
    )


def _mark(row: Judgement, mark: str, *, told: bool) -> Name:
    if not told:
        return Name("", "")
    try:
        known = load_packs().data_mark(mark, row.period_start.astimezone(SHANGHAI).date())
    except QingtianError:
        return Name(mark, mark)
    return Name(known.meaning_zh, known.meaning_en)


def _coverage(row: Judgement) -> Name:
    have, need = row.coverage.get("have"), row.coverage.get("need")
    of = row.coverage.get("of", need)
    if have is None:
        return Name("", "")
    least = "" if of == need else f"，至少需要{need}"
    least_en = "" if of == need else f", {need} needed"
    return Name(f"{of}项中{have}项有效{least}", f"{have} of {of} valid{least_en}")


def _rounding(row: Judgement) -> Name:
    if row.question in EMISSION:
        return FULL_VALUE
    try:
        tables = load_packs().aqi_edition(row.standard)
    except QingtianError:
        return Name("", "")
    if tables.digits is None:
        return INDEX_2012
    places = "，".join(f"{item} {digits}位" for item, digits in tables.digits.items())
    places_en = ", ".join(f"{item} {digits}" for item, digits in tables.digits.items())
    return Name(
        f"先按GB/T 8170将浓度修约（小数位：{places}；{tables.digits_clause}），再内插；"
        "分指数向上进位取整，AQI取最大的分指数。",
        f"Concentrations are first rounded by GB/T 8170 (decimal places: {places_en}; {tables.digits_clause}), then "
        "interpolated; sub-indices are rounded up; the AQI is the largest.",
    )


def _rules(row: Judgement) -> Iterator[ExplainedRule]:
    listed = {one.row_id: one for one in all_rules()}
    yield _rule(row, row.rule_row, DECIDING, listed)
    if validity := row.coverage.get("validity_row"):
        yield _rule(row, str(validity), VALIDITY, listed)
    mark = row.inputs.get("mark")
    if isinstance(mark, str):
        try:
            known = load_packs().data_mark(mark, row.period_start.astimezone(SHANGHAI).date())
        except QingtianError:
            return
        yield _rule(row, known.row_id, MARK, listed)


def _rule(row: Judgement, row_id: str, role: Name, listed: Mapping[str, Any]) -> ExplainedRule:
    known = listed.get(row_id)
    return ExplainedRule(
        row_id=row_id,
        role_zh=role.zh,
        role_en=role.en,
        title_zh=known.title_zh if known else row.clause,
        title_en=known.title_en if known else row.clause,
        standard=known.standard if known else row.standard,
        clause=known.clause if known else row.clause,
        source=known.source if known else "",
        valid_from=known.valid_from if known else None,
        valid_to=known.valid_to if known else None,
        region=known.region if known else "",
        confidence=known.confidence if known else row.confidence,
        unverified=known.unverified if known else False,
        known=known is not None,
    )


def _version(row: Judgement) -> ExplainedVersion:
    return ExplainedVersion(
        id=row.pk,
        version=row.version,
        verdict=row.verdict,
        value=text(row.value),
        limit=text(row.limit),
        index=row.index,
        computed_at=row.computed_at,
        known_at=row.known_at,
        current=row.superseded_by_id is None,
    )


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
