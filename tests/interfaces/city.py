"""The town that the interface tests look at, made with the verbs of the apps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from qingtian.apps.accounts.actions.change_user import change_user
from qingtian.apps.accounts.actions.create_user import UserDraft, create_user
from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor, Grant, actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.actions.raise_finding import Hit, raise_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Kind
from qingtian.apps.judgements.actions.record_judgements import record_judgements
from qingtian.apps.registry.actions.register_many import register_many
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.hj212 import build_upload
from qingtian.duties.judge_air_hours import judge_station_hour
from qingtian.duties.judge_emission_hours import judge_outlet_hour
from qingtian.duties.sites import Site
from qingtian.packs import load_packs
from qingtian.telemetry.spool import SpoolWriter, Verdict
from qingtian.telemetry.store import Cycle, Observation, Origin, SpoolPosition

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2025, 11, 24, 10, 40, tzinfo=SHANGHAI)  # a Monday
HOUR = timedelta(hours=1)
LAST_HOUR = datetime(2025, 11, 24, 9, 0, tzinfo=SHANGHAI)
LABEL_ZH, LABEL_EN = "2018年历史空气小时值；企业为模拟", "historical air hours of 2018; simulated enterprises"
DEMO_PASSWORD = "a long enough passphrase"
BAD_STATION, GOOD_STATION, CONTROL_STATION, SILENT_STATION = "1325A", "1326A", "1333A", "1327A"
HOURS_KEPT = 30

# Concentrations of the newest hour, ug/m3 (CO mg/m3): one polluted station, one good one, the clean control station.
AIR = {
    BAD_STATION: {"a34004": "120", "a34002": "160", "a21026": "8", "a21004": "60", "a05024": "20", "a21005": "1.5"},
    GOOD_STATION: {"a34004": "20", "a34002": "40", "a21026": "5", "a21004": "20", "a05024": "50", "a21005": "0.6"},
    CONTROL_STATION: {"a34004": "10", "a34002": "20", "a21026": "3", "a21004": "8", "a05024": "60", "a21005": "0.4"},
}
PUBLISHED = {BAD_STATION: "158", GOOD_STATION: "40", CONTROL_STATION: "20"}
MN = "QT4201000000000000000011"  # the device at the first enterprise's stack
FRAME = build_upload(
    mn=MN,
    st="31",
    cn="2061",
    qn="20251124100205000",
    data_time="20251124090000",
    items={"a21002": {"Avg": "130", "ZsAvg": "130", "Min": "125", "Max": "135", "Flag": "N"}},
    flag=5,
    pw="123456",
).decode()
LIMIT = {
    "pollutant": "a21002",
    "cycle": "hour",
    "limit": "100",
    "unit": "mg/m3",
    "converted": False,
    "standard": "GB 13223-2011",
    "rule_row": "gb13223-2011.coal-boiler-new-table-1.nox.hour",
}
PEOPLE = {
    "duty": (Role.DISPATCHER, "420100", ""),
    "inspector": (Role.INSPECTOR, "420100", ""),
    "approver": (Role.APPROVER, "420100", ""),
    "supervisor": (Role.SUPERVISOR, "420100", ""),
    "auditor": (Role.AUDITOR, "420100", ""),
    "steward": (Role.DATA_STEWARD, "420100", ""),
    "wuchang": (Role.DISPATCHER, "420106", ""),  # sees one district only
    "plant": (Role.ENTERPRISE_USER, "", "E-1"),
    "citizen": (Role.CITIZEN, "", ""),
}


@dataclass
class Town:
    """What the tests need to name."""

    people: dict[str, User]
    objects: dict[str, RegistryObject]

    def actor(self, username: str) -> Actor:
        return actor_of(self.people[username])


def build() -> Town:
    rows = register_many(SYSTEM_ACTOR, NOW - timedelta(days=900), list(_drafts()))
    objects = {row.code: row for row in rows}
    people = {name: _person(name, *grant) for name, grant in PEOPLE.items()}
    _judge(objects)
    return Town(people, objects)


def observations() -> list[Observation]:
    """Thirty hours of three stations and one outlet; the fourth station and the second outlet stay silent."""
    rows: list[Observation] = []
    for back in range(HOURS_KEPT):
        start = LAST_HOUR - back * HOUR
        for site, values in AIR.items():
            rows += [_air(site, code, value, start) for code, value in values.items()]
            rows.append(_air(site, "aqi", PUBLISHED[site], start))
        mark, value = ("D", "10") if back == 5 else ("N", "130" if back == 0 else "80")
        rows.append(_stack("O-1-01", value, start, mark))
    rows.append(_stack("O-1-01", "128.5", LAST_HOUR + timedelta(minutes=90), "N", cycle=Cycle.MINUTE))
    return rows


def nox_hit(outlet: RegistryObject, *, start: datetime = LAST_HOUR, severity: int = 2, **more: object) -> Hit:
    """An hour of NOx over the permit."""
    fields: dict[str, object] = {
        "kind": Kind.EXCEEDANCE,
        "rule_id": "exceedance",
        "rule_version": "1",
        "object": outlet,
        "parameter": "a21002",
        "period_start": start,
        "severity": severity,
        "detail": {
            "value": "130",
            "limit": "100",
            "unit": "mg/m3",
            "standard": "GB 13223-2011",
            "clause": "table 1",
            "rule_row": LIMIT["rule_row"],
            "explanation_zh": "小时均值 130 超过 100",
            "explanation_en": "hour mean 130 over 100",
        },
    }
    return Hit(**(fields | more))  # type: ignore[arg-type]


def fill_archive(folder: Path, raws: list[bytes], *, verdict: Verdict = Verdict.ACCEPTED) -> list[SpoolPosition]:
    """Keep raw frames as the gateway keeps them; they arrive a second apart, the last one now."""
    writer = SpoolWriter(folder)
    try:
        return [
            writer.append_and_wait(
                raw.rstrip(),
                received_at=NOW - timedelta(seconds=len(raws) - 1 - index),
                peer="10.1.2.3:40001",
                verdict=verdict,
                reason="" if verdict is Verdict.ACCEPTED else verdict.name.lower(),
            )
            for index, raw in enumerate(raws)
        ]
    finally:
        writer.close()


def give_password(town: Town, username: str) -> None:
    """Let somebody sign in with a password (hashing one takes long, so most tests do without)."""
    change_user(SYSTEM_ACTOR, NOW, username, password=DEMO_PASSWORD)


def finding(town: Town, code: str = "O-1-01", **more: object) -> Finding:
    return raise_finding(SYSTEM_ACTOR, NOW, nox_hit(town.objects[code], **more))


def _drafts() -> Iterator[ObjectDraft]:
    region, station, enterprise, outlet = (
        ObjectType.REGION,
        ObjectType.STATION,
        ObjectType.ENTERPRISE,
        ObjectType.OUTLET,
    )
    yield ObjectDraft(region, "420100", "武汉市", "Wuhan", lon=114.305, lat=30.593)
    yield ObjectDraft(region, "420106", "武昌区", "Wuchang", parent=(region, "420100"), lon=114.31, lat=30.55)
    yield ObjectDraft(region, "420107", "青山区", "Qingshan", parent=(region, "420100"), lon=114.39, lat=30.63)
    places = {
        BAD_STATION: ("青山钢花", "Ganghua", "420107", 114.427, 30.610),
        GOOD_STATION: ("武昌紫阳", "Ziyang", "420106", 114.301, 30.549),
        CONTROL_STATION: ("沉湖七壕", "Chenhu", "420106", 113.845, 30.285),
        SILENT_STATION: ("东湖梨园", "Liyuan", "420106", 114.367, 30.572),
    }
    for code, (name, name_en, district, lon, lat) in places.items():
        yield ObjectDraft(
            station,
            code,
            name,
            name_en,
            parent=(region, district),
            region_code=district,
            lon=lon,
            lat=lat,
            attributes={"level": "national", "cnemc": code, "control": code == CONTROL_STATION, "historical": True},
        )
    for number, district in (("1", "420107"), ("2", "420106")):
        yield ObjectDraft(
            enterprise,
            f"E-{number}",
            f"第{number}热电厂",
            f"Power plant {number}",
            parent=(region, district),
            region_code=district,
            lon=114.43,
            lat=30.63,
            simulated=True,
            attributes={"industry": "power", "industry_zh": "火力发电", "industry_en": "Power", "permit_class": "key"},
        )
        yield ObjectDraft(
            outlet,
            f"O-{number}-01",
            f"第{number}热电厂 1号排口",
            f"Power plant {number}: stack 1",
            parent=(enterprise, f"E-{number}"),
            lon=114.431,
            lat=30.631,
            simulated=True,
            attributes={"kind": "air", "permit_limits": [LIMIT]},
        )
        yield ObjectDraft(
            ObjectType.DEVICE,
            f"QT42010000000000000000{number}1",
            "数采仪",
            "Data logger",
            parent=(outlet, f"O-{number}-01"),
            simulated=True,
            attributes={
                "edition": 2017,
                "password": "123456",
                "expects": ["minute", "hour"],
                "minute_interval_s": 300,
            },
        )


def _person(name: str, role: Role, region: str, org: str) -> User:
    draft = UserDraft(
        username=name,
        grants=(Grant(role, region, org),),
        display_name=f"{name}（模拟）",
        display_name_en=f"{name} (simulated)",
        card_number="SIM-1" if role is Role.INSPECTOR else "",
        simulated=name != "steward",
    )
    return create_user(SYSTEM_ACTOR, NOW - timedelta(days=10), draft)


def _air(site: str, code: str, value: str, start: datetime) -> Observation:
    unit = {"aqi": "1", "a21005": "mg/m3"}.get(code, "ug/m3")
    return Observation(
        site,
        code,
        Cycle.HOUR,
        start,
        Decimal(value),
        unit=unit,
        mark="N",
        origin=Origin.import_,
        received_at=start + HOUR + timedelta(minutes=30),
    )


def _stack(site: str, value: str, start: datetime, mark: str, *, cycle: Cycle = Cycle.HOUR) -> Observation:
    return Observation(
        site,
        "a21002",
        cycle,
        start,
        Decimal(value),
        minimum=Decimal(value) - 5,
        maximum=Decimal(value) + 5,
        converted=Decimal(value),
        unit="mg/m3",
        mark=mark,
        simulated=True,
        received_at=start + HOUR + timedelta(minutes=2) if cycle is Cycle.HOUR else start + timedelta(minutes=6),
    )


def _judge(objects: dict[str, RegistryObject]) -> None:
    """The newest hour, judged as the duties judge it."""
    packs = load_packs()
    rule = packs.detection_rules(NOW.date())["air_pollution"]
    rows = [one for one in observations() if one.cycle is Cycle.HOUR and one.period_start == LAST_HOUR]
    batch = []
    for site in (*AIR, "O-1-01"):
        hour = {one.pollutant: one for one in rows if one.site == site}
        if site in AIR:
            batch.append(judge_station_hour(packs, rule, Site(objects[site]), LAST_HOUR, hour))
        else:
            batch.extend(judge_outlet_hour(packs, Site(objects[site]), LAST_HOUR, hour))
    record_judgements(SYSTEM_ACTOR, NOW, batch)
