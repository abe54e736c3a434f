"""Permits, monitoring plans, restaurants and river chiefs of the demo: what makes duties due; all of it fictitious."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor, Grant
from qingtian.apps.accounts.roles import Role
from qingtian.apps.obligations.actions.submit_plan import PlanDraft, submit_plan
from qingtian.apps.obligations.models import SubmittedPlan
from qingtian.apps.registry.actions.register_many import register_many
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.models import ObjectType
from qingtian.demo.people import CITY
from qingtian.demo.plan import CityPlan, EnterprisePlan
from qingtian.runtime.clock import SHANGHAI

PERMITTED = 4  # enterprises of the demo with a permit on the register
AGE = timedelta(days=600)  # of the permits
TERM = timedelta(days=1826)
SHOPS = (
    ("江汉小馆（模拟）", "Jianghan diner (simulated)", 40),
    ("楚天酒楼（模拟）", "Chutian restaurant (simulated)", 120),
)
ANNEX = "见方案附件"  # a method that the packs do not know: for a person to look at
METHODS = {"a21026": "HJ 57-2017", "a21002": "HJ 693-2014", "a34013": "HJ 836-2017", "w01018": "HJ 828-2017"}


def seed_permits(plan: CityPlan, at: datetime, codes: Sequence[str]) -> None:
    """Register permits of some enterprises, restaurants and chiefs, and submit plans; again changes nothing.

    Args:
        codes: codes of the enterprises in question; the first of them get a permit.
    """
    by_code = {one.code: one for one in plan.enterprises}
    chosen = [by_code[code] for code in sorted(codes) if code in by_code][:PERMITTED]
    issued = at.astimezone(SHANGHAI).date() - AGE
    register_many(SYSTEM_ACTOR, at, [*_permits(chosen, issued), *_shops(at, issued), *_chiefs(issued)])
    for number, one in enumerate(chosen):
        # The last one has submitted nothing yet: the check says so.
        if number < len(chosen) - 1 and not SubmittedPlan.objects.filter(enterprise__code=one.code).exists():
            _submit(one, at, automatic=number == 0, faulty=number == 1)


def _permits(chosen: Sequence[EnterprisePlan], issued: date) -> Iterator[ObjectDraft]:
    for number, one in enumerate(chosen):
        yield ObjectDraft(
            ObjectType.PERMIT,
            f"PWX-{one.code}",
            f"{one.row.name}排污许可证（模拟）",
            f"Permit of {one.row.name_en} (simulated)",
            parent=(ObjectType.ENTERPRISE, one.code),
            attributes={
                "class": "key",
                "issued_on": issued.isoformat(),
                "expires_on": (issued + TERM).isoformat(),
                "monitoring": list(_monitoring(one, automatic=number == 0)),
                "boundary_noise": {"frequency": "1/quarter"},
                "reports": [{"period": "year"}, {"period": "quarter"}],
                "ledger": {"frequency": "1/month"},
            },
            simulated=True,
            valid_from=issued,
        )


def _monitoring(one: EnterprisePlan, *, automatic: bool) -> Iterator[dict[str, Any]]:
    for outlet in one.outlets:
        for pollutant in outlet.limits:
            if automatic:
                yield {"outlet": outlet.code, "parameter": pollutant, "automatic": True}
            else:
                yield {"outlet": outlet.code, "parameter": pollutant, "frequency": "1/month"}


def _submit(one: EnterprisePlan, at: datetime, *, automatic: bool, faulty: bool) -> None:
    lines = [
        {
            "scope": "outlet",
            "place": line["outlet"],
            "parameter": line["parameter"],
            "frequency": "1/year" if faulty and number == 0 else line.get("frequency", ""),
            "method": METHODS.get(line["parameter"], ANNEX),
            "automatic": line.get("automatic", False),
        }
        for number, line in enumerate(_monitoring(one, automatic=automatic))
    ]
    lines.append({"scope": "boundary_noise", "frequency": "1/quarter", "method": "GB 12348-2008"})
    owner = Actor(None, f"manager-{one.code}", (Grant(Role.ENTERPRISE_USER, org=one.code),), simulated=True)
    made = at.astimezone(SHANGHAI).date()
    submit_plan(owner, at, PlanDraft(one.code, made, "" if faulty else "企业官网（模拟）", lines))


def _shops(at: datetime, issued: date) -> Iterator[ObjectDraft]:
    today = at.astimezone(SHANGHAI).date()
    for number, (name, english, seats) in enumerate(
        (
            ("江汉小馆（模拟）", "Jianghan diner (simulated)", 40),
            ("楚天酒楼（模拟）", "Chutian restaurant (simulated)", 120),
        )
    ):
        cleaned = (today - timedelta(days=20 + 9 * number)).isoformat()
        yield ObjectDraft(
            ObjectType.CATERING_SHOP,
            f"CY-{number + 1:03}",
            name,
            english,
            region_code="420103",
            attributes={"seats": seats, "purifiers": 1, "cleaned": {"purifier": cleaned, "duct": cleaned}},
            simulated=True,
            valid_from=issued,
        )


def _chiefs(issued: date) -> Iterator[ObjectDraft]:
    for code, name, english, level in (
        ("HZ-001", "东湖区级湖长（模拟）", "District chief of East Lake (simulated)", "district"),
        ("HZ-002", "巡司河镇级河长（模拟）", "Town chief of Xunsi River (simulated)", "town"),
    ):
        yield ObjectDraft(
            ObjectType.CHIEF,
            code,
            name,
            english,
            region_code=CITY,
            attributes={"kind": "lake" if level == "district" else "river", "level": level},
            simulated=True,
            valid_from=issued,
        )
