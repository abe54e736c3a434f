"""A small city for tests: people, an enterprise with an outlet, a station."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor, Grant, actor_of
from qingtian.apps.accounts.models import RoleGrant, User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.actions.raise_finding import Hit, raise_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Kind
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.registry.actions.register_many import register_many
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.models import ObjectType, RegistryObject

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2025, 11, 24, 10, 0, tzinfo=SHANGHAI)  # a Monday
HOUR = timedelta(hours=1)
RULE = "exceedance.permit_hour"
LIMIT = {"pollutant": "a21002", "cycle": "hour", "limit": "100", "unit": "mg/m3", "standard": "GB 13223-2011"}


def actor(*roles: Role, region: str = "", org: str = "", name: str = "") -> Actor:
    """Somebody with roles in one scope, without an account."""
    grants = tuple(Grant(role, region, org) for role in roles)
    return Actor(user_id=None, username=name or "-".join(roles) or "nobody", grants=grants)


def account(username: str, *roles: Role, region: str = "420100", org: str = "") -> Actor:
    """Somebody with an account and roles in one scope."""
    user = User.objects.create_user(username, display_name=username)
    for role in roles:
        RoleGrant.objects.create(user=user, role=role, region_code=region, org=org)
    return actor_of(user)


def register(*drafts: ObjectDraft) -> list[RegistryObject]:
    """Objects on the register."""
    return register_many(SYSTEM_ACTOR, NOW - timedelta(days=900), drafts)


def enterprise_drafts(number: str = "E-1", region: str = "420107") -> list[ObjectDraft]:
    """An enterprise with one air outlet and its device."""
    outlet = f"{number}-DA001"
    return [
        ObjectDraft(
            ObjectType.ENTERPRISE,
            number,
            f"青山{number}热电",
            f"Qingshan {number} Power",
            region_code=region,
            lon=114.43,
            lat=30.63,
            attributes={"uscc": "91420100MA4K00001U"},
            simulated=True,
        ),
        ObjectDraft(
            ObjectType.OUTLET,
            outlet,
            f"{number} 1号排口",
            f"{number} stack 1",
            parent=(ObjectType.ENTERPRISE, number),
            attributes={"kind": "air", "permit_limits": [LIMIT]},
            simulated=True,
        ),
        ObjectDraft(
            ObjectType.DEVICE,
            f"MN{number.replace('-', '')}0001",
            "在线监测仪",
            "analyser",
            parent=(ObjectType.OUTLET, outlet),
            simulated=True,
            attributes={
                "edition": "2017",
                "password": "123456",
                "expects": ["minute", "hour"],
                "minute_interval_s": 300,
            },
        ),
    ]


def outlet(number: str = "E-1", region: str = "420107") -> RegistryObject:
    """The outlet of a newly registered enterprise."""
    return register(*enterprise_drafts(number, region))[1]


def exceedance(obj: RegistryObject, *, at: datetime = NOW, severity: int = 2, **more: object) -> Hit:
    """An hour over the limit, known one hour after its start."""
    fields: dict[str, object] = {
        "kind": Kind.EXCEEDANCE,
        "rule_id": RULE,
        "rule_version": "1",
        "object": obj,
        "parameter": "a21002",
        "period_start": at - HOUR,
        "severity": severity,
        "detail": {"value": "120.0", "limit": "100", "unit": "mg/m3", "clause": "GB 13223-2011 table 1"},
    }
    return Hit(**(fields | more))  # type: ignore[arg-type]


def found(obj: RegistryObject, *, at: datetime = NOW, severity: int = 2, **more: object) -> Finding:
    """A raised finding."""
    return raise_finding(SYSTEM_ACTOR, at, exceedance(obj, at=at, severity=severity, **more))


def judge(
    obj: RegistryObject, start: datetime, verdict: str = "within", *, item: str = "a21002", version: int = 1
) -> Judgement:
    """A stored judgement of one hour."""
    return Judgement.objects.create(
        object=obj,
        question="emission_limit",
        standard="GB 13223-2011",
        clause="table 1",
        rule_row="test",
        item=item,
        cycle="hour",
        period_start=start,
        verdict=verdict,
        known_at=start + HOUR,
        computed_at=start + HOUR,
        version=version,
        content_hash=f"{version:064d}",
    )


def good_hours(obj: RegistryObject, start: datetime, count: int) -> None:
    """So many judged hours within the limit."""
    for number in range(count):
        judge(obj, start + number * HOUR)
