"""Small tables for tests, and a strategy that makes any table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from qingtian.domain.decisions import (
    AnyValue,
    Choice,
    DecisionInput,
    DecisionRow,
    DecisionTable,
    Default,
    HitPolicy,
    InputKind,
    Interval,
    Members,
    Output,
    Ranges,
)
from qingtian.domain.decisions.cells import read_cell

PROVENANCE = {
    "standard": "GB 1",
    "clause": "4.1",
    "source": "a test",
    "valid_from": date(2020, 1, 1),
    "confidence": "verified by 1 source",
}
AREA = DecisionInput("area", InputKind.NUMBER, "面积", "area", unit="m2", minimum=Decimal(0))
KIND = DecisionInput("kind", InputKind.TEXT, "类别", "kind", choices=tuple(Choice(one, one, one) for one in "abc"))
OPEN = DecisionInput("note", InputKind.TEXT, "备注", "note", optional=True)
DONE = DecisionInput("done", InputKind.TRUTH, "完成", "done")
INPUTS = (AREA, KIND, OPEN, DONE)
GRADE = Output("grade", "等级", "grade", tuple(Choice(one, one, one) for one in ("good", "fair", "bad")))


def row(name, grade="good", inputs=INPUTS, **cells):
    asked = {one.name: one for one in inputs}
    return DecisionRow(
        row_id=f"t.{name}",
        table="T",
        conditions={key: read_cell(cell, asked[key], where=key) for key, cell in cells.items()},
        outcome={"grade": grade},
        text_zh=f"规则 {name}",
        text_en=f"rule {name}",
        **PROVENANCE,
    )


def table(*rows, policy=HitPolicy.UNIQUE, default="good", inputs=INPUTS, **more):
    return DecisionTable(
        row_id="t",
        code="T",
        title_zh="表",
        title_en="Table",
        inputs=inputs,
        outputs=(GRADE,),
        policy=policy,
        rows=rows,
        default=None if default is None else Default({"grade": default}, "无", "nothing"),
        **{**PROVENANCE, **more},
    )


NUMBERS = st.decimals(0, 12, places=0)
ENDS = st.none() | NUMBERS


@st.composite
def intervals(draw):
    low, high = draw(ENDS), draw(ENDS)
    if low is None and high is None:
        low = draw(NUMBERS)
    if low is not None and high is not None and low > high:
        low, high = high, low
    opened = st.booleans() if low != high else st.just(False)
    return Interval(low, high, low is not None and draw(opened), high is not None and draw(opened))


CONDITIONS = {
    "area": st.lists(intervals(), min_size=1, max_size=2).map(lambda found: Ranges(tuple(found))),
    "kind": st.builds(
        Members, st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True).map(tuple), st.booleans()
    ),
    "done": st.booleans().map(lambda value: Members((value,))),
}


@st.composite
def any_rows(draw):
    made = []
    for number in range(draw(st.integers(1, 5))):
        conditions = {}
        for name, strategy in CONDITIONS.items():
            found = draw(st.just(AnyValue()) | strategy)
            if not isinstance(found, AnyValue):
                conditions[name] = found
        made.append(
            DecisionRow(
                row_id=f"t.{number}",
                table="T",
                conditions=conditions,
                outcome={"grade": draw(st.sampled_from(["good", "fair", "bad"]))},
                text_zh="一",
                text_en="one",
                **PROVENANCE,
            )
        )
    return tuple(made)


FACTS = st.fixed_dictionaries(
    {
        "area": st.sampled_from([Decimal(n) / 2 for n in range(28)]),
        "kind": st.sampled_from("abc"),
        "done": st.booleans(),
    }
)
CLOSED = (AREA, KIND, DONE)
