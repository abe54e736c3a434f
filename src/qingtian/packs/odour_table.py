"""The black-odour grade as a decision table, made of the rows of `black_odour.csv`: one number, one place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from qingtian.domain.decisions.conditions import Condition, Interval, Ranges
from qingtian.domain.decisions.table import (
    Choice,
    DecisionInput,
    DecisionRow,
    DecisionTable,
    Default,
    HitPolicy,
    InputKind,
    Output,
)
from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.black_odour import OdourGrade, OdourLimit, OdourTest
from qingtian.packs.rulebook import Packs

_LABELS = {
    "transparency": ("透明度", "transparency"),
    "DO": ("溶解氧", "dissolved oxygen"),
    "ORP": ("氧化还原电位", "redox potential"),
    "NH3-N": ("氨氮", "ammonia nitrogen"),
}
_GRADES = {
    OdourGrade.NONE: ("非黑臭", "not black and odorous"),
    OdourGrade.LIGHT: ("轻度黑臭", "lightly black and odorous"),
    OdourGrade.BLACK_ODOROUS: ("黑臭", "black and odorous"),
    OdourGrade.HEAVY: ("重度黑臭", "heavily black and odorous"),
}
DEPTH = "depth"
SHARE = "transparency_share"


def black_odour_table(packs: Packs, scope: str, on: date | None, region: str) -> DecisionTable | None:
    """The table of a scope (urban or rural); None on days before the rule.

    The worst grade that any item reaches decides. In shallow water transparency is held against a share of the depth.
    """
    try:
        limits = packs.media.black_odour(scope, on)
    except InvalidInput:
        return None
    if not limits:
        return None
    first = limits[0]
    grades = tuple(
        grade for grade in OdourGrade if grade is OdourGrade.NONE or any(row.grade is grade for row in limits)
    )
    return DecisionTable(
        row_id=f"dec.black_odour_{scope}",
        standard=first.standard,
        clause=first.clause,
        source=first.source,
        valid_from=first.valid_from,
        valid_to=first.valid_to,
        region=first.region,
        confidence=first.confidence,
        note="derived from black_odour.csv",
        code=f"black_odour_{scope}",
        title_zh="城市黑臭水体分级" if scope == "urban" else "农村黑臭水体识别",
        title_en=f"Black and odorous water, {scope}",
        inputs=_inputs(limits),
        outputs=(Output("grade", "等级", "grade", tuple(Choice(one.value, *_GRADES[one]) for one in grades)),),
        policy=HitPolicy.COLLECT,
        rows=tuple(_row(limits, row, f"black_odour_{scope}") for row in limits),
        default=Default({"grade": OdourGrade.NONE.value}, "没有一项达到黑臭标准", "no item reaches the grade"),
        worst_of="grade",
        group="water",
    )


def _inputs(limits: tuple[OdourLimit, ...]) -> tuple[DecisionInput, ...]:
    found = [
        DecisionInput(
            _name(item),
            InputKind.NUMBER,
            *_LABELS.get(item, (item, item)),
            unit=next(row.unit for row in limits if row.item == item),
            minimum=None if item == "ORP" else Decimal(0),
        )
        for item in dict.fromkeys(row.item for row in limits if row.op is not OdourTest.SHALLOW)
    ]
    if any(row.op is OdourTest.SHALLOW for row in limits):
        found += [
            DecisionInput(DEPTH, InputKind.NUMBER, "水深", "depth", unit="cm", minimum=Decimal(0), optional=True),
            DecisionInput(
                SHARE,
                InputKind.NUMBER,
                "透明度占水深",
                "transparency of the depth",
                unit="%",
                minimum=Decimal(0),
                formula="transparency / depth",
            ),
        ]
    return tuple(found)


def _row(limits: tuple[OdourLimit, ...], row: OdourLimit, table: str) -> DecisionRow:
    zh, en = _LABELS.get(row.item, (row.item, row.item))
    grade_zh, grade_en = _GRADES[row.grade]
    return DecisionRow(
        row_id=row.row_id,
        standard=row.standard,
        clause=row.clause,
        source=row.source,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        region=row.region,
        confidence=row.confidence,
        note=row.note,
        table=table,
        conditions=_conditions(limits, row),
        outcome={"grade": row.grade.value},
        text_zh=f"{zh}达到{grade_zh}",
        text_en=f"{en} makes it {grade_en}",
    )


def _conditions(limits: tuple[OdourLimit, ...], row: OdourLimit) -> dict[str, Condition]:
    name = _name(row.item)
    if row.op is OdourTest.SHALLOW:
        shallow = Ranges((Interval(None, row.upper, high_open=True),))
        return {DEPTH: shallow, SHARE: Ranges((Interval(None, row.limit, high_open=True),))}
    deep = [one.upper for one in limits if one.op is OdourTest.SHALLOW and one.item == row.item]
    if deep:
        return {name: _range(row), DEPTH: Ranges((Interval(deep[0], None),), absent=True)}
    return {name: _range(row)}


def _range(row: OdourLimit) -> Ranges:
    if row.op is OdourTest.BELOW:
        return Ranges((Interval(None, row.limit, high_open=True),))
    if row.op is OdourTest.ABOVE:
        return Ranges((Interval(row.limit, None, low_open=True),))
    return Ranges((Interval(row.limit, row.upper),))


def _name(item: str) -> str:
    return item.lower().replace("-", "_")
