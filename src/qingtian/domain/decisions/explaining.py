"""A decision in words: what applies and why, what nearly did, what is missing."""

from __future__ import annotations

from qingtian.domain.decisions.cells import show_cell
from qingtian.domain.decisions.conditions import Absent, AnyValue, Members
from qingtian.domain.decisions.deciding import Decision, Miss, Standing, shown
from qingtian.domain.decisions.table import DecisionInput, DecisionRow
from qingtian.domain.indicators.faults import Words
from qingtian.domain.standards.numbers import plain


def explain(decision: Decision) -> Words:
    """The whole explanation, one sentence a line."""
    lines = [_headline(decision), *(_applies(decision, row) for row in decision.hits)]
    lines += [_nearly(miss) for miss in decision.near]
    if decision.missing:
        names = [_label(decision, name) for name in decision.missing]
        lines.append(
            Words(
                f"还缺：{'、'.join(one.zh for one in names)}。",
                f"Still missing: {', '.join(one.en for one in names)}.",
            )
        )
    return Words("\n".join(one.zh for one in lines), "\n".join(one.en for one in lines))


def _headline(decision: Decision) -> Words:
    if decision.standing is Standing.UNDECIDED:
        return Words("信息不足，不能作出结论。", "There is too little to decide on.")
    if decision.standing is Standing.NO_RULE:
        return Words("没有一条规则适用，本表也没有默认结论。", "No rule applies, and the table has no default.")
    words = [(output, output.label(decision.outcome[output.name])) for output in decision.table.outputs]
    zh = "；".join(f"{output.label_zh}：{label[0]}" for output, label in words)
    en = "; ".join(f"{output.label_en}: {label[1]}" for output, label in words)
    if decision.standing is Standing.DEFAULT and decision.table.default is not None:
        default = decision.table.default
        return Words(f"{zh}。没有一条规则适用，取默认：{default.text_zh}", f"{en}. No rule applies; {default.text_en}")
    return Words(f"{zh}。", f"{en}.")


def _applies(decision: Decision, row: DecisionRow) -> Words:
    met = [
        _met(one, row, decision) for one in decision.table.inputs if not isinstance(row.condition(one.name), AnyValue)
    ]
    zh = "，".join(one.zh for one in met)
    en = ", ".join(one.en for one in met)
    ground = f"{row.standard} {row.clause}".strip()
    doubt = Words("（凭记忆，未核实）", " (from memory, unverified)") if row.unverified else Words("", "")
    return Words(
        f"适用 {row.row_id}：{row.text_zh}{f'（{zh}）' if zh else ''}依据：{ground}{doubt.zh}。",
        f"{row.row_id} applies: {row.text_en}{f' ({en})' if en else ''} Ground: {ground}{doubt.en}.",
    )


def _met(given: DecisionInput, row: DecisionRow, decision: Decision) -> Words:
    condition = row.condition(given.name)
    if isinstance(condition, Absent) or decision.facts[given.name] is None:
        return Words(f"{given.label_zh}未提供", f"no {given.label_en}")
    fact = shown(given, decision.facts[given.name])
    if isinstance(condition, Members):
        label = next(((one.label_zh, one.label_en) for one in given.choices if one.value == fact), (fact, fact))
        return Words(f"{given.label_zh}为{label[0]}", f"{given.label_en} is {label[1]}")
    cell = show_cell(condition)
    return Words(f"{given.label_zh} {fact} 在 {cell} 内", f"{given.label_en} {fact} is in {cell}")


def _nearly(miss: Miss) -> Words:
    by_zh = f"，差 {plain(miss.by)}" if miss.by is not None else ""
    by_en = f", off by {plain(miss.by)}" if miss.by is not None else ""
    return Words(
        f"未适用 {miss.row.row_id}：{miss.given.label_zh}为 {miss.fact}，要求 {miss.needs}{by_zh}。",
        f"{miss.row.row_id} does not apply: {miss.given.label_en} is {miss.fact}, it needs {miss.needs}{by_en}.",
    )


def _label(decision: Decision, name: str) -> Words:
    one = next(one for one in decision.table.inputs if one.name == name)
    return Words(one.label_zh, one.label_en)
