"""Words of the server-rendered pages, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.http import HttpRequest

from qingtian.apps.accounts.roles import Role

Words = Mapping[str, str]

ZH: Words = {
    "lang": "zh-CN",
    "title": "青天",
    "tagline": "城市生态环境治理平台：监测值按条款判定，判定成为证据，证据进入案件，案件由后续数据证明后才销号。",
    "data": "数据说明",
    "city_time": "城市时间",
    "entries": "入口",
    "screen": "指挥大屏",
    "screen_what": "此刻有没有问题，在哪里，谁在处理",
    "desk": "工作台",
    "desk_what": "告警、案件、站点、企业、规则",
    "field": "现场执法",
    "field_what": "手机上的任务、检查、取证，没有信号也能用",
    "enterprise": "企业端",
    "enterprise_what": "待办与期限、说明与证据、监测数据、本企业档案",
    "public": "公众服务",
    "public_what": "身边的空气和水、信息公开、反映问题、查询进度",
    "accounts": "演示账号",
    "accounts_what": "选择一个身份进入对应的入口；全部为模拟账号，无需密码。",
    "enter": "进入",
    "integrators": "接入与运维",
    "contract": "接口契约（OpenAPI）",
    "health": "健康状态",
    "metrics": "运行指标",
    "other_language": "English",
    "other_code": "en",
    "missing": "没有这个页面",
    "home": "回到首页",
    "not_built": "网页尚未构建",
    "not_built_what": "接口已在运行，但网页文件尚未构建。在项目目录中运行下面的命令，然后刷新本页：",
    "no_such_account": "没有这个演示账号",
}
EN: Words = {
    "lang": "en",
    "title": "Qingtian",
    "tagline": "City eco-environment governance: an observation becomes a judgement by a cited clause, a judgement "
    "becomes evidence, evidence becomes a case, and a case closes only when later observations prove it.",
    "data": "About the data",
    "city_time": "City time",
    "entries": "Entries",
    "screen": "Command screen",
    "screen_what": "Is anything wrong now, where, and who is on it?",
    "desk": "Desk",
    "desk_what": "Alarms, cases, stations, enterprises, rules",
    "field": "Field",
    "field_what": "Tasks, checks and evidence on a phone, with or without a signal",
    "enterprise": "Enterprise",
    "enterprise_what": "What is due and by when, answers with evidence, results, the own dossier",
    "public": "Public",
    "public_what": "Air and water near you, disclosure, report a problem, follow a report",
    "accounts": "Demo accounts",
    "accounts_what": "Choose who you are; every account is simulated and needs no password.",
    "enter": "Enter",
    "integrators": "Integration and operation",
    "contract": "API contract (OpenAPI)",
    "health": "Health",
    "metrics": "Metrics",
    "other_language": "中文",
    "other_code": "zh",
    "missing": "There is no such page",
    "home": "To the first page",
    "not_built": "The pages are not built",
    "not_built_what": "The API runs, but the web bundle is not built. Run this in the project folder, then reload:",
    "no_such_account": "There is no such demo account",
}


ROLES: Mapping[Role, tuple[str, str]] = {
    Role.CITIZEN: ("市民", "citizen"),
    Role.ENTERPRISE_USER: ("企业环保负责人", "environment manager of an enterprise"),
    Role.WINDOW: ("窗口受理", "front desk"),
    Role.DISPATCHER: ("值班调度", "duty officer"),
    Role.HANDLER: ("办理人", "case handler"),
    Role.INSPECTOR: ("执法人员", "inspector"),
    Role.LEGAL_REVIEWER: ("法制审核", "legal reviewer"),
    Role.APPROVER: ("审批人", "approver"),
    Role.SUPERVISOR: ("督办领导", "supervisor"),
    Role.AUDITOR: ("审计员", "auditor"),
    Role.DATA_STEWARD: ("数据管理员", "data steward"),
    Role.SYSTEM: ("系统", "system"),
}


def role_names(roles: Iterable[str], *, english: bool) -> str:
    """Roles in words.

    >>> role_names(["auditor", "window"], english=False)
    '审计员、窗口受理'
    """
    names = [ROLES[Role(role)][english] for role in roles]
    return (", " if english else "、").join(names)


def words_for(request: HttpRequest) -> Words:
    """The language that was asked for by `?lang=`, else by the browser; Chinese by default."""
    wanted = request.GET.get("lang", "")
    if wanted not in ("zh", "en"):
        wanted = "en" if _prefers_english(request.headers.get("Accept-Language", "")) else "zh"
    return EN if wanted == "en" else ZH


def _prefers_english(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        language = part.split(";")[0].strip()
        if language.startswith("zh"):
            return False
        if language.startswith("en"):
            return True
    return False
