"""The dossier of an enterprise: permit, limits, outlets, streams, plan, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Max

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.models import User
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.queries import by_quarter
from qingtian.apps.judgements.states import EMISSION, Verdict
from qingtian.apps.obligations.models import SubmittedPlan
from qingtian.apps.obligations.naming import item_name
from qingtian.apps.obligations.permits import demand_of
from qingtian.apps.obligations.queries import plan_versions
from qingtian.apps.obligations.streams import Stream, streams
from qingtian.apps.registry.listing import NAMELESS, Name, devices_at, objects_of
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.indicators.periods import Period, Span, period_of
from qingtian.domain.obligations import Transmission
from qingtian.interfaces.api.present import dossier_common as common
from qingtian.interfaces.api.present.dossier_parts import (
    DAY,
    Heading,
    Judged,
    Part,
    Row,
    Strip,
    cell,
    fact,
    last_quarters,
)
from qingtian.interfaces.api.present.outlets import outlets_out, site_states
from qingtian.interfaces.api.schemas.dossiers import DossierFact
from qingtian.interfaces.api.schemas.places import LimitOut, OutletOut
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.runtime.clock import SHANGHAI, day_start

CLASSES = {"key": Name("重点管理", "key"), "simplified": Name("简化管理", "simplified")}
CLASSES |= {"registration": Name("登记管理", "registration")}
STATUSES = {
    "normal": Name("正常", "normal"),
    "exceeding": Name("超标", "exceeding"),
    "late": Name("数据迟到", "late"),
    "no_data": Name("无数据", "no data"),
}
LOUD = {"exceeding": "danger", "late": "warning"}
CYCLES = {"hour": Name("小时", "hour"), "day": Name("日", "day")}
SOON = 60  # days before its end from which a permit is marked
NO_DEVICE = Name("排放口未联网或未安装在线监测设备", "no online monitoring device is connected at its outlets")
NO_PERMITS = Name("许可证库未接入本平台", "the register of permits is not connected")


def facts(row: RegistryObject) -> list[DossierFact]:
    """The head of the dossier."""
    known = row.attributes
    kind = CLASSES.get(str(known.get("permit_class", "")), NAMELESS)
    helper = _commissioner(str(known.get("commissioner", "")))
    phone = str(known.get("commissioner_phone", ""))
    return [
        fact(("统一社会信用代码", "credit code"), known.get("uscc")),
        fact(("行业", "industry"), known.get("industry_zh"), known.get("industry_en")),
        fact(("许可管理类别", "permit class"), kind.zh, kind.en),
        fact(("地址", "address"), known.get("address")),
        fact(("服务专员", "service commissioner"), f"{helper.zh} {phone}".strip(), f"{helper.en} {phone}".strip()),
    ]


def _commissioner(username: str) -> Name:
    user = User.objects.filter(username=username).first() if username else None
    if user is None:
        return Name(username, username)
    name = user.display_name or username
    return Name(name, user.display_name_en or name)


def parts(actor: Actor, now: datetime, row: RegistryObject) -> list[Part]:
    """Its sections, in the order of the page."""
    outlets = list(objects_of(actor, ObjectType.OUTLET, enterprise_code=row.code))
    about = common.About((row.pk,), row.code, row.code)
    shown = outlets_out(actor, now, outlets, site_states(actor))
    return [
        _permits(actor, now, row),
        _limits(shown),
        _outlets(shown),
        _streams(actor, now, outlets),
        _plans(actor, row),
        common.duties(actor, now, about),
        common.windows(actor, about),
        common.findings(actor, about),
        common.cases(actor, now, about),
        common.penalties(actor, about),
        common.services(actor, now, about),
        common.documents(actor, about),
    ]


def strip(actor: Actor, now: datetime, row: RegistryObject) -> Strip:
    """Quarters by the emission judgements of its outlets."""
    first = last_quarters(now.astimezone(SHANGHAI).date())[0].first
    outlets = objects_of(actor, ObjectType.OUTLET, enterprise_code=row.code).values_list("pk", flat=True)
    counted = by_quarter(actor, outlets, day_start(first))
    found = {day: Judged(sum(verdicts.values()), verdicts.get(Verdict.EXCEEDS, 0)) for day, verdicts in counted.items()}
    return Strip(
        Name(
            "自动监测小时与日均值的达标判定：有一次超标即为“超”，没有可判定的值为“缺”",
            "judged hour and day means of automatic monitoring: one exceedance makes E, nothing to judge makes –",
        ),
        found,
    )


def _permits(actor: Actor, now: datetime, row: RegistryObject) -> Part:
    today = now.astimezone(SHANGHAI).date()
    permits = list(objects_of(actor, ObjectType.PERMIT, enterprise_code=row.code))
    connected = bool(permits) or RegistryObject.objects.filter(type=ObjectType.PERMIT).exists()
    return Part(
        key="permit",
        title=Name("排污许可证", "Discharge permit"),
        source=Name("许可证登记（对象登记）", "register of permits"),
        headings=(
            Heading("许可证编号", "number"),
            Heading("管理类别", "class"),
            Heading("发证日期", "issued"),
            Heading("有效期至", "valid to"),
            Heading("发证机关", "authority"),
            Heading("自行监测要求", "monitoring asked for", numeric=True),
        ),
        rows=[_permit(one, today) for one in permits],
        updated_at=common.newest(one.recorded_at for one in permits),
        connected=connected,
        missing=Name("无记录", "nothing on record") if connected else NO_PERMITS,
        link=f"/desk/registry?type=permit&q={row.code}" if permits else "",
    )


def _permit(one: RegistryObject, today: date) -> Row:
    known = one.attributes
    kind = CLASSES.get(str(known.get("class", "")), NAMELESS)
    ends = str(known.get("expires_on", ""))
    try:
        left = (date.fromisoformat(ends) - today).days
    except ValueError:
        left = None
    over = left is not None and left < 0
    said_zh, said_en = ("（已过期）", " (expired)") if over else (f"（余 {left} 天）", f" ({left} days left)")
    tone = "danger" if over else "warning" if left is not None and left <= SOON else ""
    return (
        cell(one.code, link=f"/desk/registry/permit/{one.code}"),
        cell(kind.zh, kind.en),
        cell(known.get("issued_on")),
        cell(ends + said_zh if left is not None else ends, ends + said_en if left is not None else ends, tone=tone),
        cell(known.get("authority")),
        cell(len(demand_of([one]).requirements)),
    )


def _limits(shown: Sequence[OutletOut]) -> Part:
    rows = [_limit(outlet, one) for outlet in shown for one in outlet.limits]
    return Part(
        key="limits",
        title=Name("许可排放限值", "Permit limits"),
        source=Name("排放口登记与标准规则包", "register of outlets and packs of standards"),
        headings=(
            Heading("排放口", "outlet"),
            Heading("因子", "parameter"),
            Heading("周期", "period"),
            Heading("限值", "limit", numeric=True),
            Heading("依据", "standard"),
        ),
        rows=rows,
    )


def _limit(outlet: OutletOut, one: LimitOut) -> Row:
    cycle = CYCLES.get(one.cycle, Name(one.cycle, one.cycle))
    return (
        cell(outlet.name, outlet.name_en, link=f"/desk/outlets/{outlet.code}"),
        cell(one.name_zh, one.name_en),
        cell(cycle.zh, cycle.en),
        cell(f"{one.value} {one.unit}"),
        cell(f"{one.standard} {one.clause}".strip(), link=f"/desk/rules/{one.rule_row}" if one.rule_row else ""),
    )


def _outlets(shown: Sequence[OutletOut]) -> Part:
    heard = [one for one in shown if one.last_received_at is not None]
    return Part(
        key="outlets",
        title=Name("排放口", "Outlets"),
        source=Name("对象登记与在线数据", "register and online data"),
        headings=(
            Heading("编号", "code"),
            Heading("名称", "name"),
            Heading("类型", "kind"),
            Heading("状态", "state"),
            Heading("最近数据", "last data"),
            Heading("待处理发现", "open findings", numeric=True),
        ),
        rows=[
            (
                cell(one.code, link=f"/desk/outlets/{one.code}"),
                cell(one.name, one.name_en),
                cell("废气" if one.kind == "air" else "废水", "air" if one.kind == "air" else "water"),
                cell(STATUSES[one.status].zh, STATUSES[one.status].en, tone=LOUD.get(one.status, "")),
                cell(one.last_received_at),
                cell(one.open_findings),
            )
            for one in shown
        ],
        coverage=Name(f"{len(heard)}/{len(shown)} 个排放口有在线数据", f"{len(heard)} of {len(shown)} send data")
        if shown
        else NAMELESS,
        updated_at=common.newest(one.last_received_at for one in heard),
    )


def _streams(actor: Actor, now: datetime, outlets: Sequence[RegistryObject]) -> Part:
    running = period_of(now.astimezone(SHANGHAI).date(), Span.MONTH)
    months = [period_of(running.first - DAY, Span.MONTH), running]
    connected = bool(outlets) and devices_at(actor, outlets).exists()
    found = [(month, streams(outlets, month, now, telemetry_store())) for month in months] if connected else []
    rows = [_stream(one, month, now) for month, listed in found for one in listed if one.total.due_h]
    whole = sum((one.total for _, listed in found for one in listed), Transmission(0, 0))
    judged = Judgement.objects.visible_to(actor).current().filter(object__in=[one.pk for one in outlets])
    return Part(
        key="streams",
        title=Name("在线数据有效性与传输率", "Validity and transmission of online data"),
        source=Name("HJ 212 在线数据与达标判定", "HJ 212 data and their judgements"),
        headings=(
            Heading("排放口", "outlet"),
            Heading("因子", "parameter"),
            Heading("月份", "month"),
            Heading("应传（小时）", "due, h", numeric=True),
            Heading("有效（小时）", "valid, h", numeric=True),
            Heading("停运（小时）", "shut down, h", numeric=True),
            Heading("有效传输率", "valid transmission", numeric=True),
            Heading("不扣停运", "shutdown not taken off", numeric=True),
            Heading("上传延迟中位数（分）", "median delay, min", numeric=True),
        ),
        rows=rows,
        coverage=Name(
            f"两个月合计：有效 {whole.received_h} / 应传 {whole.due_h} 小时",
            f"two months together: {whole.received_h} valid of {whole.due_h} hours due",
        )
        if rows
        else NAMELESS,
        updated_at=judged.filter(question__in=EMISSION).aggregate(at=Max("known_at"))["at"],
        connected=connected,
        missing=Name("无记录", "nothing on record") if connected else NO_DEVICE,
        link="/desk/obligations/streams",
    )


def _stream(one: Stream, month: Period, now: datetime) -> Row:
    name, total = item_name("", one.item, now.astimezone(SHANGHAI).date()), one.total
    return (
        cell(one.object.name, one.object.name_en or one.object.name),
        cell(name.zh, name.en),
        cell(f"{month.first:%Y-%m}"),
        cell(total.due_h),
        cell(total.received_h),
        cell(total.shutdown_h),
        cell("–" if total.running.percent is None else f"{total.running.percent} %"),
        cell("–" if total.raw.percent is None else f"{total.raw.percent} %"),
        cell(f"{one.delays[0]:.1f}" if one.delays else "–"),
    )


def _plans(actor: Actor, row: RegistryObject) -> Part:
    versions = list(plan_versions(actor, row.code))
    return Part(
        key="plans",
        title=Name("自行监测方案", "Self-monitoring plan"),
        source=Name("企业提交", "submitted by the enterprise"),
        headings=(
            Heading("版本", "version", numeric=True),
            Heading("编制日期", "made on"),
            Heading("条目", "lines", numeric=True),
            Heading("公开渠道", "published at"),
            Heading("提交时间", "submitted"),
            Heading("SHA-256", "SHA-256"),
        ),
        rows=[_plan(one, row.code) for one in versions],
        updated_at=common.newest(one.submitted_at for one in versions),
        link=f"/desk/obligations/plans/{row.code}" if versions else "",
    )


def _plan(one: SubmittedPlan, code: str) -> Row:
    return (
        cell(one.version, link=f"/desk/obligations/plans/{code}"),
        cell(one.made_on),
        cell(len(one.lines)),
        cell(one.channel),
        cell(one.submitted_at),
        cell(one.content_hash[:16]),
    )
