"""Chapters of a report on one case: facts, clocks, findings, steps, evidence. Nothing of who complained."""

from __future__ import annotations

from qingtian.apps.accounts.masking import masked_text
from qingtian.apps.cases.clock_view import clock_views
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import template_of, timeline
from qingtian.apps.cases.words import value_words
from qingtian.apps.evidence.queries import items_of
from qingtian.apps.evidence.subjects import Subject, SubjectKind
from qingtian.apps.reports.sections.cases import state_words, template_words
from qingtian.apps.reports.sections.findings import SEVERITY, STATES
from qingtian.apps.reports.wanted import Wanted, minute_text, of
from qingtian.domain.errors import QingtianError
from qingtian.domain.reports import Words, none_block, section, table_block, text_block, words
from qingtian.domain.reports.blocks import Plain
from qingtian.packs.finding_kinds import kind_names

SOURCE = words("案件台账与日志链", "the case and its journal")
EVIDENCE_SOURCE = words("证据链（SHA-256，逐项相连）", "the chain of evidence (SHA-256)")
PAIR = [("name", words("项目", "Item"), False), ("value", words("内容", "Content"), False)]


def case_facts(wanted: Wanted) -> Plain:
    """What the case is about, and every open field of its forms; private fields are not among them."""
    case = _case(wanted)
    place = words(case.object.name, case.object.name_en or case.object.name) if case.object else words("—", "-")
    rows: list[list[object]] = [
        [words("编号", "Number"), case.number],
        [words("标题", "Title"), words(masked_text(case.title), masked_text(case.title_en or case.title))],
        [words("程序", "Procedure"), template_words(case)],
        [words("状态", "State"), state_words(case)],
        [words("等级", "Severity"), SEVERITY[case.severity]],
        [words("对象", "Object"), place],
        [words("所在区", "District"), wanted.region_name(case.region_code)],
        [words("责任单位", "Office"), case.org or None],
        [words("立案时间", "Opened"), minute_text(case.opened_at)],
        [words("销号时间", "Written off"), minute_text(case.written_off_at)],
        [words("办结时间", "Closed"), minute_text(case.closed_at)],
        [words("反弹次数", "Relapses before"), case.rebound_depth],
    ]
    specs = template_of(case).fields()
    for name, value in sorted(case.fields.items()):
        spec = specs.get(name)
        if spec is None or spec.readers:
            continue  # what only some roles may read is no part of a report
        zh, en = value_words(spec, value)
        rows.append([words(spec.label_zh, spec.label_en), words(masked_text(zh), masked_text(en))])
    text = words(
        f"案件 {case.number} 于 {minute_text(case.opened_at)} 立案，报告时状态为“{state_words(case)['zh']}”。",
        f"Case {case.number} was opened on {minute_text(case.opened_at)}; its state is “{state_words(case)['en']}”.",
    )
    table = table_block(
        "case_facts", words("基本情况", "Facts"), PAIR, rows, source=SOURCE, coverage=of(len(rows), len(rows))
    )
    return section("case_facts", words("案件基本情况", "The case"), [text_block("case_summary", text), table])


def case_clocks(wanted: Wanted) -> Plain:
    """Its legal clocks, how each was counted, and whether it was kept."""
    views = clock_views(_case(wanted), wanted.at)
    title = words("办理时限", "Clocks")
    if not views:
        return section("case_clocks", title, [none_block(words("该案件没有时限。", "The case has no clock."))])
    columns = [
        ("clock", words("时限", "Clock"), False),
        ("from", words("起算", "Began"), False),
        ("due", words("到期", "Due"), False),
        ("stopped", words("停止", "Stopped"), False),
        ("kept", words("结果", "Result"), False),
        ("count", words("计算过程", "How it was counted"), False),
        ("source", words("依据", "Rule"), False),
    ]
    rows: list[list[object]] = []
    for one in views:
        kept = words("进行中", "running") if one.stopped_on is None else words("按时", "in time")
        if one.breached_at is not None or (one.stopped_on is not None and one.stopped_on > one.due_on):
            kept = words("超期", "late")
        rows.append(
            [
                words(one.label_zh, one.label_en),
                str(one.started_on),
                str(one.due_on) + ("*" if one.provisional else ""),
                None if one.stopped_on is None else str(one.stopped_on),
                kept,
                words(one.explanation_zh, one.explanation_en),
                words(f"{one.rule_text_zh}（{one.source}）", f"{one.rule_text_en} ({one.source})"),
            ]
        )
    table = table_block("case_clocks", title, columns, rows, source=SOURCE, coverage=of(len(rows), len(rows)))
    note = words(
        "标 * 的到期日涉及尚未公布工作日历的年份，为暂定。", "* provisional: its year has no published calendar yet."
    )
    return section("case_clocks", title, [table, text_block("case_clocks_note", note)])


def case_findings(wanted: Wanted) -> Plain:
    """Findings that it answers."""
    case, title = _case(wanted), words("所涉线索", "Findings")
    found = list(case.findings.visible_to(wanted.actor).select_related("object").order_by("number"))
    if not found:
        return section("case_findings", title, [none_block(words("该案件不由线索产生。", "No finding led to it."))])
    columns = [
        ("number", words("编号", "Number"), False),
        ("kind", words("类型", "Kind"), False),
        ("item", words("项目", "Item"), False),
        ("first", words("首次出现", "First seen"), False),
        ("last", words("最近出现", "Last seen"), False),
        ("hits", words("次数", "Hits"), True),
        ("excess", words("最大倍数", "Worst / limit"), True),
        ("rule", words("规则", "Rule"), False),
        ("status", words("处置", "Status"), False),
    ]
    rows: list[list[object]] = [
        [
            one.number,
            words(*kind_names(one.kind)),
            one.parameter or None,
            minute_text(one.first_seen),
            minute_text(one.last_seen),
            one.hits,
            None if one.excess is None else f"{one.excess.normalize():f}",
            f"{one.rule_id} {one.rule_version}".strip(),
            STATES.get(one.status, words(one.status, one.status)),
        ]
        for one in found
    ]
    return section(
        "case_findings",
        title,
        [table_block("case_findings", title, columns, rows, source=SOURCE, coverage=of(len(rows), len(rows)))],
    )


def case_steps(wanted: Wanted) -> Plain:
    """What happened, by the journal: steps with the role that took them."""
    case, title = _case(wanted), words("办理过程", "What happened")
    events = [one for one in timeline(case) if one.at <= wanted.at and one.type in ("case.opened", "case.moved")]
    columns = [
        ("at", words("时间", "Time"), False),
        ("step", words("步骤", "Step"), False),
        ("to", words("到达状态", "State after"), False),
        ("role", words("角色", "Role"), False),
        ("reason", words("理由", "Reason"), False),
        ("seq", words("日志序号", "Journal"), True),
    ]
    rows: list[list[object]] = []
    for one in events:
        opened = one.type == "case.opened"
        step = (
            words("立案", "opened")
            if opened
            else words(str(one.payload.get("label_zh", "")), str(one.payload.get("label_en", "")))
        )
        rows.append(
            [
                minute_text(one.at),
                step,
                _state(case, str(one.payload.get("to") or one.payload.get("state") or "")),
                str(one.role),
                masked_text(str(one.payload.get("reason") or "")) or None,
                one.seq,
            ]
        )
    table = table_block("case_steps", title, columns, rows, source=SOURCE, coverage=of(len(rows), len(rows)))
    return section("case_steps", title, [table])


def case_evidence(wanted: Wanted) -> Plain:
    """Its evidence with the hash of each item: the paper names what the chain holds."""
    case, title = _case(wanted), words("证据清单", "Evidence")
    items = list(items_of(wanted.actor, Subject(SubjectKind.CASE, case.pk)))
    if not items:
        return section("case_evidence", title, [none_block(words("该案件没有证据材料。", "The case has no evidence."))])
    columns = [
        ("position", words("序号", "No."), True),
        ("kind", words("类别", "Kind"), False),
        ("title", words("名称", "Title"), False),
        ("captured", words("取得时间", "Captured"), False),
        ("sha256", words("SHA-256", "SHA-256"), False),
    ]
    rows: list[list[object]] = [
        [one.position + 1, one.kind, masked_text(one.title or one.file_name), minute_text(one.captured_at), one.sha256]
        for one in items
    ]
    table = table_block(
        "case_evidence", title, columns, rows, source=EVIDENCE_SOURCE, coverage=of(len(rows), len(rows))
    )
    return section("case_evidence", title, [table])


def _case(wanted: Wanted) -> Case:
    assert wanted.case is not None  # noqa: S101  composing gives every report of this kind its case
    return wanted.case


def _state(case: Case, code: str) -> Words:
    try:
        state = template_of(case).state(code)
    except (QingtianError, KeyError):
        return words(code, code)
    return words(state.label_zh, state.label_en)
