"""The simulated people and organisations of the demo city: an account for each role, none with a password."""

from __future__ import annotations

from dataclasses import dataclass

from qingtian.apps.accounts.actions.create_user import UserDraft
from qingtian.apps.accounts.actor import Grant
from qingtian.apps.accounts.roles import Role

CITY = "420100"
# Auditors and stewards look after the whole register and journal; citizens and enterprises have no region.
WITHOUT_REGION = frozenset({Role.CITIZEN, Role.ENTERPRISE_USER, Role.AUDITOR, Role.DATA_STEWARD})


@dataclass(frozen=True, slots=True)
class Person:
    """A simulated person."""

    username: str
    name: str
    name_en: str
    role: Role
    card_number: str = ""
    org: str = ""


PEOPLE = (
    Person("duty", "林晓（值班员）", "Lin Xiao, duty officer", Role.DISPATCHER),
    Person("handler", "周原（办理人）", "Zhou Yuan, case handler", Role.HANDLER),
    Person("inspector1", "陈岩（执法人员）", "Chen Yan, inspector", Role.INSPECTOR, card_number="SIM-420100-001"),
    Person("inspector2", "何静（执法人员）", "He Jing, inspector", Role.INSPECTOR, card_number="SIM-420100-002"),
    Person("approver", "唐敏（审批人）", "Tang Min, approver", Role.APPROVER),
    Person("supervisor", "吴钧（督办领导）", "Wu Jun, supervisor", Role.SUPERVISOR),
    Person("legal", "秦正（法制审核）", "Qin Zheng, legal reviewer", Role.LEGAL_REVIEWER),
    Person("auditor", "罗明（审计员）", "Luo Ming, auditor", Role.AUDITOR),
    Person("steward", "沈洁（数据管理员）", "Shen Jie, data steward", Role.DATA_STEWARD),
    Person("window", "方圆（窗口受理）", "Fang Yuan, front desk", Role.WINDOW),
    Person("urban", "陆川（城管承办）", "Lu Chuan, urban management", Role.HANDLER, org="SIM-ORG-URBAN"),
    Person("police", "高原（公安承办）", "Gao Yuan, police", Role.HANDLER, org="SIM-ORG-POLICE"),
    Person("citizen", "江小舟（市民）", "Jiang Xiaozhou, citizen", Role.CITIZEN),
)


@dataclass(frozen=True, slots=True)
class Office:
    """A simulated organisation; complaints are handed from one to another."""

    code: str
    name: str
    name_en: str
    kind: str


OFFICES = (
    Office("SIM-ORG-ECO", "生态环境局（模拟）", "Eco-environment bureau (simulated)", "bureau"),
    Office("SIM-ORG-URBAN", "城市管理部门（模拟）", "Urban management (simulated)", "department"),
    Office("SIM-ORG-POLICE", "公安交管部门（模拟）", "Traffic police (simulated)", "department"),
)


def enterprise_person(code: str, name: str, name_en: str) -> Person:
    """The environment manager of an enterprise."""
    return Person(
        f"plant-{code.lower()}",
        f"{name}环保负责人",
        f"Environment manager of {name_en}",
        Role.ENTERPRISE_USER,
        org=code,
    )


def draft_of(person: Person) -> UserDraft:
    """The account of a simulated person; demo mode signs it in without a password, other modes cannot."""
    region = "" if person.role in WITHOUT_REGION else CITY
    return UserDraft(
        username=person.username,
        grants=(Grant(person.role, region_code=region, org=person.org),),
        display_name=person.name,
        display_name_en=person.name_en,
        card_number=person.card_number,
        simulated=True,
    )
