"""The matrix role x object x action, read from the one table: for the page, the document and their tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from qingtian.apps.accounts.actor import UNOFFICIAL
from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.accounts.roles import Role
from qingtian.packs.procedures import load_procedures

OBJECTS: Mapping[str, tuple[str, str]] = {
    "account": ("账户", "Account"),
    "object": ("登记对象", "Registered object"),
    "device": ("数采设备", "Device"),
    "finding": ("线索", "Finding"),
    "window": ("维护窗口", "Maintenance window"),
    "case": ("案件", "Case"),
    "evidence": ("证据", "Evidence"),
    "obligation": ("义务", "Obligation"),
    "ledger": ("台账", "Ledger"),
    "indicator": ("指标与决策", "Indicator and decision"),
    "data": ("数据与规则", "Data and rules"),
    "notice": ("通知与值班", "Notice and duty"),
    "report": ("报告", "Report"),
    "journal": ("日志", "Journal"),
    "other": ("其他", "Other"),
}
# Object and words of each action: who reads the matrix need not know the names of the code.
WORDS: Mapping[str, tuple[str, str]] = {
    "manage_accounts": ("account", "管理账户"),
    "read_accounts": ("account", "查看账户"),
    "delegate": ("account", "委托代理"),
    "make_key": ("account", "创建接口密钥"),
    "register_object": ("object", "登记"),
    "update_object": ("object", "变更"),
    "read_phone": ("object", "查看完整电话"),
    "read_exact_place": ("object", "查看物种精确位置"),
    "ask_device": ("device", "查询"),
    "set_device": ("device", "设置"),
    "control_device": ("device", "反控"),
    "secure_device": ("device", "换密码与密钥"),
    "record_exchange": ("device", "记录通信"),
    "read_rejects": ("device", "查看拒收报文"),
    "raise_finding": ("finding", "产生"),
    "end_finding": ("finding", "结束"),
    "confirm_finding": ("finding", "确认"),
    "dismiss_finding": ("finding", "排除"),
    "merge_finding": ("finding", "合并"),
    "undo_merge": ("finding", "撤销合并"),
    "answer_finding": ("finding", "企业答复"),
    "self_correct_finding": ("finding", "采纳自纠"),
    "enter_finding": ("finding", "录入"),
    "ask_enterprise": ("finding", "要求企业说明"),
    "refuse_answer": ("finding", "退回答复"),
    "record_leak": ("finding", "记录泄漏检测"),
    "announce_window": ("window", "申报"),
    "decide_window": ("window", "审批"),
    "withdraw_window": ("window", "撤回"),
    "open_case": ("case", "由线索立案"),
    "file_case": ("case", "直接立案"),
    "open_child": ("case", "派生子案"),
    "migrate_case": ("case", "迁移程序版本"),
    "move_case": ("case", "推进（各步骤另有角色）"),
    "assign_case": ("case", "指派"),
    "record_fields": ("case", "填写表单"),
    "pause_clock": ("case", "暂停时限"),
    "link_duplicate": ("case", "并案"),
    "mark_breach": ("case", "认定逾期"),
    "report_problem": ("case", "公众举报"),
    "follow_report": ("case", "查询举报"),
    "record_visit": ("case", "现场检查记录"),
    "attach_evidence": ("evidence", "添加"),
    "review_evidence": ("evidence", "审核"),
    "redact_evidence": ("evidence", "遮蔽"),
    "read_original": ("evidence", "查看原件"),
    "read_custody": ("evidence", "查看保管记录"),
    "anchor_evidence": ("evidence", "固化存证"),
    "move_evidence": ("evidence", "迁移存储"),
    "set_up_obligation": ("obligation", "设立"),
    "fulfil_obligation": ("obligation", "完成"),
    "refuse_fulfilment": ("obligation", "退回"),
    "waive_obligation": ("obligation", "豁免"),
    "settle_obligation": ("obligation", "结算"),
    "submit_plan": ("obligation", "提交自行监测方案"),
    "keep_ledger": ("ledger", "记账"),
    "approve_entry": ("ledger", "批准分录"),
    "license_data": ("data", "授权数据"),
    "record_use": ("data", "登记使用"),
    "try_rule": ("data", "试算规则"),
    "recompute": ("data", "重算"),
    "import_data": ("data", "导入"),
    "withdraw_import": ("data", "撤回导入"),
    "compute_indicator": ("indicator", "计算指标"),
    "report_figure": ("indicator", "填报数字"),
    "record_decision": ("indicator", "记录决策"),
    "read_deliveries": ("notice", "查看发送记录"),
    "mend_delivery": ("notice", "重发或搁置"),
    "keep_roster": ("notice", "排班"),
    "make_report": ("report", "制作"),
    "issue_report": ("report", "签发与撤回"),
    "keep_template": ("report", "维护模板"),
    "read_journal": ("journal", "查看"),
}


class Sight(StrEnum):
    """How much of one kind of object a role sees."""

    ALL = "all"  # everybody's
    SCOPE = "scope"  # of its region and organisation
    OWN = "own"  # of the enterprise that it speaks for
    PART = "part"  # masked or made coarse
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ActionRight:
    """One action on one kind of object."""

    object_type: str
    verb: Verb
    zh: str
    en: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class SightRight:
    """How much of one kind of object each role sees."""

    object_type: str
    zh: str
    en: str
    cells: Mapping[Role, Sight]


def action_rights() -> list[ActionRight]:
    """Every action, by kind of object."""
    order = list(OBJECTS)
    rows = [_action(verb) for verb in Verb]
    return sorted(rows, key=lambda row: order.index(row.object_type))


def _action(verb: Verb) -> ActionRight:
    kind, zh = WORDS.get(verb.value, ("other", verb.value))
    return ActionRight(kind, verb, zh, verb.value.replace("_", " "), TABLE[verb])


def identity_readers() -> frozenset[str]:
    """Roles that some procedure lets read who complains; the packs say which."""
    specs = (spec for procedure in load_procedures().values() for spec in procedure.fields().values())
    return frozenset(str(role) for spec in specs for role in spec.readers)


def sight_rights() -> list[SightRight]:
    """How much each role sees of what."""
    readers = identity_readers()
    return [
        _sight("station", "空气站点", "Station", dict.fromkeys(Role, Sight.ALL)),
        *(_sight(kind, zh, en, _governed()) for kind, zh, en in _GOVERNED),
        _sight("identity", "举报人身份", "Identity of a complainant", _by_roles(readers)),
        _sight("phone", "登记电话", "Telephone of the register", _by_roles(TABLE[Verb.READ_PHONE], Sight.PART)),
        _sight("species", "物种调查位置", "Place of a species", _by_roles(TABLE[Verb.READ_EXACT_PLACE], Sight.PART)),
        _sight("journal", "操作日志", "Journal", _by_roles(TABLE[Verb.READ_JOURNAL])),
        _sight("account", "账户", "Accounts", _by_roles(TABLE[Verb.READ_ACCOUNTS])),
    ]


_GOVERNED = (
    ("enterprise", "排污单位", "Enterprise"),
    ("device", "数采设备", "Device"),
    ("finding", "线索", "Finding"),
    ("case", "案件", "Case"),
    ("evidence", "证据（遮蔽后）", "Evidence (as redacted)"),
    ("occurrence", "到期义务", "Occurrence of a duty"),
    ("window", "维护窗口", "Maintenance window"),
)


def _governed() -> dict[Role, Sight]:
    cells = dict.fromkeys(Role, Sight.SCOPE)
    return cells | dict.fromkeys(UNOFFICIAL, Sight.NONE) | {Role.ENTERPRISE_USER: Sight.OWN, Role.SYSTEM: Sight.ALL}


def _by_roles(roles: Iterable[str], otherwise: Sight = Sight.NONE) -> dict[Role, Sight]:
    cells = {role: Sight.SCOPE if role in frozenset(roles) else otherwise for role in Role}
    if cells[Role.ENTERPRISE_USER] is Sight.SCOPE:
        cells[Role.ENTERPRISE_USER] = Sight.OWN
    return cells


def _sight(kind: str, zh: str, en: str, cells: Mapping[Role, Sight]) -> SightRight:
    return SightRight(kind, zh, en, cells)
