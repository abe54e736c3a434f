"""The dossiers of a catering shop and of a water body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Max, Q
from django.db.models.functions import TruncQuarter

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.obligations.naming import occurrence_title
from qingtian.apps.registry.listing import Name
from qingtian.apps.registry.models import ObjectType, RegistryObject, Relation, RelationKind
from qingtian.domain.decisions import decide, explain
from qingtian.domain.obligations import State
from qingtian.interfaces.api.present import dossier_common as common
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.dossier_parts import (
    SHOWN,
    Heading,
    Judged,
    Part,
    Row,
    Strip,
    cell,
    fact,
    last_quarters,
)
from qingtian.interfaces.api.present.numbers import text
from qingtian.interfaces.api.schemas.dossiers import DossierFact
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.packs import load_packs
from qingtian.packs.decisions import decision_table
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings

PURIFIER = "catering_purifier"
PURIFIER_FACTS = {"seats": "seats", "dining_area": "dining_area_m2", "stove_heat": "stove_heat_j_h"}
FLUES = {"own": Name("专用", "own"), "shared": Name("共用", "shared"), "none": Name("无", "none")}
STATES = {
    State.PLANNED: Name("待履行", "planned"),
    State.DONE: Name("按时完成", "done"),
    State.LATE: Name("逾期完成", "done late"),
    State.MISSED: Name("未履行", "missed"),
    State.WAIVED: Name("免除", "waived"),
}
STATE_TONES = {State.MISSED: "danger", State.LATE: "warning", State.DONE: "success"}
WATERS = {"river": Name("河流", "river"), "lake": Name("湖泊", "lake"), "reservoir": Name("水库", "reservoir")}
WATERS |= {"canal": Name("渠道", "canal"), "sea": Name("海域", "sea")}
LEVELS = {"province": Name("省级", "province"), "city": Name("市级", "city"), "district": Name("区级", "district")}
LEVELS |= {"town": Name("镇级", "town"), "village": Name("村级", "village")}
GRADES = {"national": Name("国控", "national"), "provincial": Name("省控", "provincial"), "city": Name("市控", "city")}
DUTY_COLUMNS = (
    Heading("义务", "duty"),
    Heading("周期", "period"),
    Heading("最后一天", "last day"),
    Heading("状态", "state"),
    Heading("完成时间", "done at"),
)


# -- a shop ----------------------------------------------------------------------------------------------------------


def shop_facts(row: RegistryObject) -> list[DossierFact]:
    """The head of the dossier of a shop."""
    known = row.attributes
    flue = FLUES.get(str(known.get("flue", "")))
    return [
        fact(("食品经营许可证号", "food licence"), known.get("licence_no")),
        fact(("统一社会信用代码", "credit code"), known.get("uscc")),
        fact(("座位数", "seats"), known.get("seats")),
        fact(("就餐面积（m²）", "dining area, m²"), known.get("dining_area_m2")),
        fact(("灶头总热量（J/h）", "stove heat, J/h"), known.get("stove_heat_j_h")),
        fact(("烟道", "flue"), flue.zh if flue else None, flue.en if flue else None),
        fact(("共用烟道管理人", "manager of the shared flue"), known.get("flue_manager")),
    ]


def shop_parts(actor: Actor, now: datetime, row: RegistryObject) -> list[Part]:
    """The sections of a shop."""
    about = common.About((row.pk, *_below(actor, row)), row.code)
    return [
        _purifier(now, row),
        _dated(actor, about.of(), "cleaning", Name("清洗与其他义务记录", "Cleaning and other dated duties")),
        common.duties(actor, now, about),
        _monitor(actor, row),
        common.findings(actor, about),
        common.cases(actor, now, about),
        common.penalties(actor, about),
        common.documents(actor, about),
    ]


def shop_strip(actor: Actor, now: datetime, row: RegistryObject) -> Strip:
    """Quarters by the duties of the shop: a missed one stands for exceed."""
    return _duty_strip(
        actor,
        now,
        Q(object=row),
        Name(
            "以义务（清洗、净化设施）履行计：有一次未履行即为“超”，没有到期义务为“缺”",
            "by duties (cleaning, purifier): one missed makes E, nothing due makes –",
        ),
    )


def _purifier(now: datetime, row: RegistryObject) -> Part:
    known = row.attributes
    found = _secondary(now.astimezone(SHANGHAI).date(), known)
    rows = [
        (
            cell("净化器", "purifier"),
            cell(" ".join(str(known.get(one, "")) for one in ("purifier_model", "purifier_type")).strip() or "–"),
            cell(known.get("purifiers")),
            cell(known.get("purifier_installed_on")),
            cell(found.zh, found.en),
        )
    ]
    return Part(
        key="purifier",
        title=Name("油烟净化设施", "Fume purifier"),
        source=Name("对象登记与决策表 catering_purifier", "register and decision table catering_purifier"),
        headings=(
            Heading("设施", "what"),
            Heading("型号与类型", "model and type"),
            Heading("数量", "count", numeric=True),
            Heading("安装日期", "installed on"),
            Heading("是否须二级净化", "secondary purifier"),
        ),
        rows=rows if known.get("purifiers") is not None else (),
        updated_at=row.recorded_at,
    )


def _secondary(today: date, known: Mapping[str, Any]) -> Name:
    """Whether the packs ask for a second purifier, with their reason."""
    facts = {
        name: str(known[attribute]) for name, attribute in PURIFIER_FACTS.items() if known.get(attribute) is not None
    }
    words = explain(decide(decision_table(load_packs(), PURIFIER, today, get_settings().city_code), facts))
    return Name(words.zh, words.en)


def _monitor(actor: Actor, row: RegistryObject) -> Part:
    devices = RegistryObject.objects.visible_to(actor).filter(
        Q(parent=row) | Q(parent__parent=row), type__in=(ObjectType.DEVICE, ObjectType.INSTRUMENT), valid_to=None
    )
    return Part(
        key="monitor",
        title=Name("油烟在线监测", "Online fume monitoring"),
        source=Name("在线监测设备", "online devices"),
        headings=(Heading("设备", "device"), Heading("名称", "name")),
        rows=[
            (cell(one.code, link=f"/desk/devices/{one.code}"), cell(one.name, one.name_en)) for one in devices[:SHOWN]
        ],
        total=devices.count(),
        connected=False,
        missing=Name("未接入：没有登记油烟在线监测设备", "not connected: no online fume monitor is registered"),
    )


# -- a water body ----------------------------------------------------------------------------------------------------


def water_facts(row: RegistryObject) -> list[DossierFact]:
    """The head of the dossier of a water body."""
    kind = WATERS.get(str(row.attributes.get("kind", "")))
    target = row.attributes.get("target_class")
    return [
        fact(("类型", "kind"), kind.zh if kind else None, kind.en if kind else None),
        fact(("水质目标", "target class"), target and f"{target} 类", target and f"class {target}"),
    ]


def water_parts(actor: Actor, now: datetime, row: RegistryObject) -> list[Part]:
    """The sections of a water body."""
    sites = list(
        RegistryObject.objects.visible_to(actor)
        .filter(Q(parent=row) | Q(parent__parent=row), type__in=("section", "station", "site"), valid_to=None)
        .order_by("type", "code")
    )
    chiefs = _related(actor, row, RelationKind.CHIEF_OF)
    about = common.About((row.pk, *(one.pk for one in sites)), row.code)
    return [
        _sections(sites),
        _quality(sites),
        _chiefs(chiefs),
        _dated(actor, Q(object__in=[one.pk for one in chiefs]), "patrols", Name("河湖长巡查", "Patrols of the chiefs")),
        _discharges(_related(actor, row, RelationKind.DISCHARGES_TO)),
        common.findings(actor, about),
        common.cases(actor, now, about),
        common.penalties(actor, about),
        common.documents(actor, about),
    ]


def water_strip(actor: Actor, now: datetime, row: RegistryObject) -> Strip:
    """Quarters of a water body: no judgement of sections is connected, and the strip says so."""
    return Strip(
        Name(
            "断面水质判定未接入本平台，各季度均为“缺”",
            "judgements of its sections are not connected: every quarter is without data",
        )
    )


def _sections(sites: Sequence[RegistryObject]) -> Part:
    return Part(
        key="sections",
        title=Name("断面、站点与点位", "Sections, stations and sites"),
        source=Name("对象登记", "register"),
        headings=(
            Heading("编号", "code"),
            Heading("名称", "name"),
            Heading("级别", "grade"),
            Heading("水质目标", "target class"),
        ),
        rows=[_section(one) for one in sites],
        updated_at=common.newest(one.recorded_at for one in sites),
    )


def _section(one: RegistryObject) -> Row:
    grade = GRADES.get(str(one.attributes.get("grade", "")))
    return (
        cell(one.code, link=f"/desk/registry/{one.type}/{one.code}"),
        cell(one.name, one.name_en or one.name),
        cell(grade.zh, grade.en) if grade else cell(one.attributes.get("grade")),
        cell(one.attributes.get("target_class")),
    )


def _quality(sites: Sequence[RegistryObject]) -> Part:
    found = telemetry_store().latest([one.code for one in sites]) if sites else []
    names = {one.code: one for one in sites}
    rows = []
    for one in sorted(found, key=lambda value: (value.site, value.pollutant, value.cycle))[: 5 * SHOWN]:
        name, place = law.pollutant_name(one.pollutant), names[one.site]
        rows.append(
            (
                cell(place.name, place.name_en or place.name),
                cell(name.zh, name.en),
                cell(text(one.value)),
                cell(one.unit),
                cell(one.period_start),
                cell(
                    "有效" if one.valid else "无效",
                    "valid" if one.valid else "invalid",
                    tone="" if one.valid else "warning",
                ),
            )
        )
    return Part(
        key="quality",
        title=Name("最新水质数据", "Newest water data"),
        source=Name("自动站与断面数据", "stations and sections"),
        headings=(
            Heading("点位", "place"),
            Heading("因子", "parameter"),
            Heading("数值", "value", numeric=True),
            Heading("单位", "unit"),
            Heading("时间", "time"),
            Heading("有效性", "validity"),
        ),
        rows=rows,
        updated_at=common.newest(one.received_at for one in found),
        connected=bool(found),
        missing=Name("未接入：没有断面或自动站向本平台传送数据", "not connected: no section or station sends data"),
    )


def _chiefs(chiefs: Sequence[RegistryObject]) -> Part:
    return Part(
        key="chiefs",
        title=Name("河湖长", "Chiefs"),
        source=Name("对象登记（chief_of 关系）", "register (relation chief_of)"),
        headings=(
            Heading("编号", "code"),
            Heading("姓名或岗位", "name"),
            Heading("级别", "level"),
            Heading("责任段", "reach"),
        ),
        rows=[_chief(one) for one in chiefs],
        updated_at=common.newest(one.recorded_at for one in chiefs),
    )


def _chief(one: RegistryObject) -> Row:
    level = LEVELS.get(str(one.attributes.get("level", "")))
    return (
        cell(one.code, link=f"/desk/registry/chief/{one.code}"),
        cell(one.name, one.name_en or one.name),
        cell(level.zh, level.en) if level else cell(""),
        cell(one.attributes.get("reach")),
    )


def _discharges(outlets: Sequence[RegistryObject]) -> Part:
    return Part(
        key="discharges",
        title=Name("排入的排放口", "Outlets that discharge into it"),
        source=Name("对象登记（discharges_to 关系）", "register (relation discharges_to)"),
        headings=(Heading("编号", "code"), Heading("名称", "name"), Heading("企业", "enterprise")),
        rows=[
            (
                cell(one.code, link=f"/desk/outlets/{one.code}"),
                cell(one.name, one.name_en or one.name),
                cell(one.enterprise_code, link=f"/desk/enterprises/{one.enterprise_code}"),
            )
            for one in outlets
        ],
        updated_at=common.newest(one.recorded_at for one in outlets),
    )


# -- both ------------------------------------------------------------------------------------------------------------


def _below(actor: Actor, row: RegistryObject) -> list[int]:
    parts = RegistryObject.objects.visible_to(actor).filter(Q(parent=row) | Q(parent__parent=row))
    return list(parts.values_list("pk", flat=True))


def _related(actor: Actor, row: RegistryObject, kind: RelationKind) -> list[RegistryObject]:
    ties = Relation.objects.filter(to_object=row, kind=kind, valid_to=None).values("from_object")
    return list(RegistryObject.objects.visible_to(actor).filter(pk__in=ties).order_by("type", "code"))


def _dated(actor: Actor, wanted: Q, key: str, title: Name) -> Part:
    rows = Occurrence.objects.visible_to(actor).filter(wanted).select_related("object")
    return Part(
        key=key,
        title=title,
        source=Name("义务引擎", "obligation engine"),
        headings=DUTY_COLUMNS,
        rows=[_occurrence(one) for one in rows.order_by("-due_at", "-id")[:SHOWN]],
        total=rows.count(),
        updated_at=rows.aggregate(at=Max("told_at"))["at"],
    )


def _occurrence(one: Occurrence) -> Row:
    title, state = occurrence_title(one), State(one.state)
    return (
        cell(title.zh, title.en, link=f"/desk/obligations/occurrences/{one.pk}"),
        cell(f"{one.period_first} – {one.period_last}"),
        cell(one.due_on),
        cell(STATES[state].zh, STATES[state].en, tone=STATE_TONES.get(state, "")),
        cell(one.fulfilled_at),
    )


def _duty_strip(actor: Actor, now: datetime, wanted: Q, basis: Name) -> Strip:
    first = last_quarters(now.astimezone(SHANGHAI).date())[0].first
    settled = (State.DONE, State.LATE, State.MISSED)
    rows = Occurrence.objects.visible_to(actor).filter(wanted, due_on__gte=first, state__in=settled)
    counted = (
        rows.annotate(quarter=TruncQuarter("due_on")).order_by().values("quarter", "state").annotate(n=Count("pk"))
    )
    found: dict[date, Judged] = {}
    for one in counted:
        before = found.get(one["quarter"], Judged())
        bad = one["n"] if one["state"] == State.MISSED else 0
        found[one["quarter"]] = Judged(before.judged + one["n"], before.exceeding + bad)
    return Strip(basis, found)
