"""Sections that every dossier has: duties, findings, cases, penalties, services, windows, documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Max, Q, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import template_of
from qingtian.apps.cases.search import is_overdue
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.findings.models import Finding, MaintenanceWindow
from qingtian.apps.findings.states import Activity
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.obligations.naming import template_name
from qingtian.apps.obligations.queries import tallies
from qingtian.apps.registry.listing import NAMELESS, Name
from qingtian.domain.detection.kinds import WindowKind
from qingtian.domain.obligations import OPEN, Rate, Tally
from qingtian.interfaces.api.present.dossier_parts import NOTHING, SHOWN, Heading, Part, Row, cell
from qingtian.interfaces.api.schemas.dossiers import DossierCell
from qingtian.packs.finding_kinds import kind_names, window_kinds
from qingtian.runtime.clock import SHANGHAI

YEAR = timedelta(days=365)
PENALTY, SERVICES = "T3", ("T6", "T7")
SEVERITY = {1: Name("提示", "notice"), 2: Name("一般", "minor"), 3: Name("较重", "major"), 4: Name("严重", "severe")}
TONES = {1: "", 2: "info", 3: "warning", 4: "danger"}
EVIDENCE_WORDS: Mapping[str, Name] = {
    EvidenceKind.DOCUMENT: Name("文件", "document"),
    EvidenceKind.PHOTO: Name("照片", "photo"),
    EvidenceKind.VIDEO: Name("视频", "video"),
    EvidenceKind.STATEMENT: Name("陈述", "statement"),
    EvidenceKind.SITE_RECORD: Name("现场记录", "site record"),
    EvidenceKind.REPORT: Name("报告", "report"),
}
WINDOW_STATES = {
    "announced": Name("已报备", "announced"),
    "approved": Name("已批准", "approved"),
    "refused": Name("未批准", "refused"),
    "withdrawn": Name("已撤回", "withdrawn"),
}


@dataclass(frozen=True, slots=True)
class About:
    """What a dossier is about.

    Args:
        objects: primary keys of the object and its parts.
        enterprise_code: of an enterprise's dossier; empty for others.
        code: for the links to lists.
    """

    objects: tuple[int, ...]
    code: str
    enterprise_code: str = ""

    def of(self, path: str = "object") -> Q:
        """Rows that concern it, by their object."""
        mine = Q(**{f"{path}_id__in": self.objects})
        return mine | Q(**{f"{path}__enterprise_code": self.enterprise_code}) if self.enterprise_code else mine

    def cases(self) -> Q:
        """Cases that concern it; a case may name the enterprise without an object."""
        mine = Q(object_id__in=self.objects)
        return mine | Q(enterprise_code=self.enterprise_code) if self.enterprise_code else mine

    @property
    def asked(self) -> str:
        """The filter of a list that shows its rows."""
        return f"enterprise={self.enterprise_code}" if self.enterprise_code else f"object={self.code}"


def duties(actor: Actor, now: datetime, about: About, *, key: str = "duties", rows_of: Q | None = None) -> Part:
    """What was due in a year, by duty."""
    today = now.astimezone(SHANGHAI).date()
    found = Occurrence.objects.visible_to(actor).filter(about.of() if rows_of is None else rows_of)
    rows = found.filter(due_on__gt=today - YEAR, due_on__lte=today)
    counted = tallies(rows)
    whole = _sum(counted.values())
    overdue = found.filter(state__in=OPEN, due_at__lte=now).count()
    return Part(
        key=key,
        title=Name("义务履行（近一年）", "Duties of the last year"),
        source=Name("义务引擎：许可证、台账与规则包", "obligation engine: permits, register, rule packs"),
        headings=(
            Heading("义务", "duty"),
            Heading("到期", "due", numeric=True),
            Heading("按时", "in time", numeric=True),
            Heading("逾期补做", "late", numeric=True),
            Heading("未履行", "missed", numeric=True),
            Heading("免除", "waived", numeric=True),
            Heading("完成率", "completion", numeric=True),
        ),
        rows=[_duty(code, one, today) for code, one in sorted(counted.items())],
        coverage=Name(
            f"已有结果 {_percent(whole.coverage)}；现有逾期未完成 {overdue} 项",
            f"decided {_percent(whole.coverage)}; {overdue} still open after their last day",
        )
        if counted
        else NAMELESS,
        updated_at=found.aggregate(at=Max("told_at"))["at"],
        connected=bool(counted) or Occurrence.objects.exists(),
        missing=NOTHING,
        link=f"/desk/obligations/list?enterprise={about.enterprise_code}" if about.enterprise_code else "",
    )


def findings(actor: Actor, about: About) -> Part:
    """Findings, the newest first."""
    rows = Finding.objects.visible_to(actor).filter(about.of()).select_related("object")
    ongoing = rows.filter(activity=Activity.ONGOING).count()
    return Part(
        key="findings",
        title=Name("发现与告警", "Findings"),
        source=Name("规则、巡查、投诉与义务引擎的发现", "findings of rules, patrols, complaints and duties"),
        headings=(
            Heading("编号", "number"),
            Heading("类型", "kind"),
            Heading("对象", "object"),
            Heading("程度", "severity"),
            Heading("最近一次", "last seen"),
            Heading("状态", "state"),
        ),
        rows=[_finding(row) for row in rows.order_by("-last_seen", "-id")[:SHOWN]],
        total=rows.count(),
        coverage=Name(f"持续中 {ongoing} 条", f"{ongoing} go on"),
        updated_at=rows.aggregate(at=Max("raised_at"))["at"],
        link=f"/desk/alarms?{about.asked}",
    )


def cases(actor: Actor, now: datetime, about: About) -> Part:
    """Cases without penalties and services, which have sections of their own."""
    rows = _cases(actor, about).exclude(template__in=(PENALTY, *SERVICES))
    running = rows.filter(closed_at=None, duplicate_of=None).count()
    return Part(
        key="cases",
        title=Name("整改、投诉与其他事项", "Rectification, complaints and other cases"),
        source=Name("事项引擎", "case engine"),
        headings=(
            Heading("编号", "number"),
            Heading("事项", "case"),
            Heading("程序", "procedure"),
            Heading("状态", "state"),
            Heading("受理", "opened"),
            Heading("期限", "due"),
        ),
        rows=[_case(row, now) for row in rows.order_by("-opened_at", "-id")[:SHOWN]],
        total=rows.count(),
        coverage=Name(f"办理中 {running} 件", f"{running} open"),
        updated_at=rows.aggregate(at=Max("state_since"))["at"],
        link=f"/desk/cases?view=all&{about.asked}",
    )


def penalties(actor: Actor, about: About) -> Part:
    """Enforcement cases with what was decided."""
    rows = _cases(actor, about).filter(template=PENALTY)
    listed = list(rows.order_by("-opened_at", "-id")[:SHOWN])
    fined = [Decimal(str(one)) for one in rows.values_list("fields__fine", flat=True) if one]
    return Part(
        key="penalties",
        title=Name("行政处罚", "Penalties"),
        source=Name(
            "本平台执法事项（T3）；其他系统的处罚未接入",
            "enforcement cases (T3); penalties of other systems are not connected",
        ),
        headings=(
            Heading("编号", "number"),
            Heading("违法行为", "act"),
            Heading("决定", "decision"),
            Heading("罚款（元）", "fine, CNY", numeric=True),
            Heading("送达", "served"),
            Heading("状态", "state"),
        ),
        rows=[_penalty(row) for row in listed],
        total=rows.count(),
        coverage=Name(f"已决定罚款合计 {sum(fined, Decimal(0))} 元", f"fines decided: {sum(fined, Decimal(0))} CNY")
        if listed
        else NAMELESS,
        updated_at=rows.aggregate(at=Max("state_since"))["at"],
        link=f"/desk/cases?view=all&template={PENALTY}&{about.asked}",
    )


def services(actor: Actor, now: datetime, about: About) -> Part:
    """Questions and service requests with their answers."""
    rows = _cases(actor, about).filter(template__in=SERVICES)
    return Part(
        key="services",
        title=Name("咨询与帮扶", "Questions and services"),
        source=Name("事项引擎（T6 咨询、T7 帮扶）", "case engine (T6 consultation, T7 service)"),
        headings=(
            Heading("编号", "number"),
            Heading("事项", "case"),
            Heading("程序", "procedure"),
            Heading("状态", "state"),
            Heading("受理", "opened"),
            Heading("期限", "due"),
        ),
        rows=[_case(row, now) for row in rows.order_by("-opened_at", "-id")[:SHOWN]],
        total=rows.count(),
        updated_at=rows.aggregate(at=Max("state_since"))["at"],
        link=f"/desk/cases?view=all&{about.asked}",
    )


def windows(actor: Actor, about: About) -> Part:
    """Announced maintenance and shutdowns."""
    rows = MaintenanceWindow.objects.visible_to(actor).filter(about.of()).select_related("object")
    kinds = window_kinds()
    shown = rows.order_by("-starts_at", "-id")[:SHOWN]
    return Part(
        key="windows",
        title=Name("停运与检修报备", "Announced outages"),
        source=Name("企业报备，本平台审批", "announced by the enterprise, approved here"),
        headings=(
            Heading("编号", "number"),
            Heading("类型", "kind"),
            Heading("对象", "object"),
            Heading("起", "from"),
            Heading("止", "to"),
            Heading("状态", "state"),
        ),
        rows=[
            (
                cell(row.number),
                _kind(kinds.get(row.kind), row.kind),
                cell(row.object.name, row.object.name_en or row.object.name),
                cell(row.starts_at),
                cell(row.ends_at),
                cell(WINDOW_STATES[row.state].zh, WINDOW_STATES[row.state].en),
            )
            for row in shown
        ],
        total=rows.count(),
        updated_at=rows.aggregate(at=Max("announced_at"))["at"],
    )


def documents(actor: Actor, about: About) -> Part:
    """Files that are evidence of its cases, findings and duties."""
    rows = EvidenceItem.objects.visible_to(actor).filter(about.of(), kind__in=list(EVIDENCE_WORDS)).exclude(sha256="")
    return Part(
        key="documents",
        title=Name("文件与证据", "Documents"),
        source=Name("证据链（SHA-256 存证）", "chains of evidence (SHA-256)"),
        headings=(
            Heading("名称", "name"),
            Heading("类别", "kind"),
            Heading("加入时间", "added"),
            Heading("加入人", "by"),
            Heading("SHA-256", "SHA-256"),
        ),
        rows=[
            (
                cell(row.title or row.file_name, link=f"/desk/evidence/{row.subject_kind}/{row.subject_id}"),
                cell(EVIDENCE_WORDS[row.kind].zh, EVIDENCE_WORDS[row.kind].en),
                cell(row.added_at),
                cell(row.added_by),
                cell(row.sha256[:16]),
            )
            for row in rows.order_by("-added_at", "-id")[:SHOWN]
        ],
        total=rows.count(),
        updated_at=rows.aggregate(at=Max("added_at"))["at"],
    )


def newest(rows: Iterable[datetime | None]) -> datetime | None:
    """The newest of some moments; None of none."""
    return max((one for one in rows if one is not None), default=None)


def _cases(actor: Actor, about: About) -> QuerySet[Case]:
    return Case.objects.visible_to(actor).filter(about.cases()).select_related("object")


def _kind(found: WindowKind | None, code: str) -> DossierCell:
    return cell(found.label_zh, found.label_en) if found else cell(code)


def _duty(code: str, found: Tally, today: date) -> Row:
    name = template_name(code, today)
    return (
        cell(name.zh, name.en),
        cell(found.due),
        cell(found.done),
        cell(found.late, tone="warning" if found.late else ""),
        cell(found.missed, tone="danger" if found.missed else ""),
        cell(found.waived),
        cell(_percent(found.completion)),
    )


def _finding(row: Finding) -> Row:
    zh, en = kind_names(row.kind)
    going = row.activity == Activity.ONGOING
    return (
        cell(row.number, link=f"/desk/alarms?id={row.pk}"),
        cell(zh, en),
        cell(row.object.name, row.object.name_en or row.object.name),
        cell(SEVERITY[row.severity].zh, SEVERITY[row.severity].en, tone=TONES[row.severity]),
        cell(row.last_seen),
        cell("持续" if going else "已恢复", "goes on" if going else "ended", tone="danger" if going else ""),
    )


def _case(row: Case, now: datetime) -> Row:
    template = template_of(row)
    state, late = template.state(row.state), is_overdue(row, now)
    return (
        cell(row.number, link=f"/desk/cases/{row.pk}"),
        cell(row.title, row.title_en or row.title),
        cell(template.name_zh, template.name_en),
        cell(state.label_zh, state.label_en),
        cell(row.opened_at),
        cell(
            f"{cell(row.due_at).zh}（逾期）" if late else row.due_at,
            f"{cell(row.due_at).zh} (overdue)" if late else row.due_at,
            tone="danger" if late else "",
        ),
    )


def _penalty(row: Case) -> Row:
    template = template_of(row)
    state, known = template.state(row.state), row.fields
    spec = template.fields().get("decision")
    choice = next((one for one in (spec.choices if spec else ()) if one.value == known.get("decision")), None)
    decision = Name(choice.label_zh, choice.label_en) if choice else Name("未决定", "not decided")
    act = known.get("illegal_act") or row.title
    return (
        cell(row.number, link=f"/desk/cases/{row.pk}"),
        cell(act),
        cell(decision.zh, decision.en),
        cell(known.get("fine")),
        cell(known.get("served_on")),
        cell(state.label_zh, state.label_en),
    )


def _percent(found: Rate) -> str:
    return "–" if found.percent is None else f"{found.percent} %"


def _sum(parts: Iterable[Tally]) -> Tally:
    names = ("planned", "done", "late", "missed", "waived")
    listed = list(parts)
    return Tally(**{name: sum(getattr(one, name) for one in listed) for name in names})
