"""A plant with a permit, a restaurant, a chief and a dataset, for the tests of obligations."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from tests.apps.city import NOW, SHANGHAI, actor, enterprise_drafts, register

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor
from qingtian.apps.accounts.roles import Role
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.subjects import of_occurrence
from qingtian.apps.obligations.actions.plan_occurrences import plan_occurrences
from qingtian.apps.obligations.actions.settle_occurrences import note_missed
from qingtian.apps.obligations.actions.sync_obligations import Synced, sync_obligations
from qingtian.apps.obligations.models import Obligation, Occurrence
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.actions.update_object import update_object
from qingtian.apps.registry.models import ObjectType, RegistryObject

TODAY = NOW.date()
DAY = timedelta(days=1)
PLANT = actor(Role.ENTERPRISE_USER, org="E-1", name="plant")
OTHER = actor(Role.ENTERPRISE_USER, org="E-2", name="other")
OFFICER = actor(Role.DISPATCHER, region="420100", name="officer")
HANDLER = actor(Role.HANDLER, region="420100", name="handler")
INSPECTOR = actor(Role.INSPECTOR, region="420100", name="inspector")
APPROVER = actor(Role.APPROVER, region="420100", name="approver")
PDF = b"%PDF-1.7 proof"
MONITORING: list[dict[str, Any]] = [
    {"outlet": "E-1-DA001", "parameter": "a21026", "frequency": "1次/季", "method": "HJ 57-2017"},
    {"outlet": "E-1-DA001", "parameter": "a21002", "automatic": True},
]
PERMIT: dict[str, Any] = {
    "class": "key",
    "issued_on": "2023-03-01",
    "expires_on": "2026-12-31",
    "monitoring": MONITORING,
    "boundary_noise": {"frequency": "1/quarter"},
    "reports": [{"period": "year"}, {"period": "quarter"}],
    "ledger": {"frequency": "1/month"},
}
SHOP: dict[str, Any] = {
    "seats": 76,
    "dining_area_m2": "120",
    "stove_heat_j_h": "400000000",
    "purifiers": 1,
    "cleaned": {"purifier": "2025-11-10", "duct": "2025-11-10"},
}


def plant(permit: dict[str, Any] | None = None, number: str = "E-1") -> RegistryObject:
    """An enterprise with an outlet and a permit; returns the permit."""
    drafts = [
        *enterprise_drafts(number),
        ObjectDraft(
            ObjectType.PERMIT,
            f"P-{number}",
            f"{number}排污许可证",
            parent=(ObjectType.ENTERPRISE, number),
            attributes=PERMIT if permit is None else permit,
            valid_from=date(2023, 3, 1),
            simulated=True,
        ),
    ]
    return register(*drafts)[-1]


def shop(**changes: Any) -> RegistryObject:
    """A restaurant whose hood was cleaned on 10 November 2025."""
    return register(
        ObjectDraft(
            ObjectType.CATERING_SHOP,
            "R-1",
            "江汉小馆",
            "Jianghan diner",
            region_code="420107",
            attributes=SHOP | changes,
            simulated=True,
        )
    )[0]


def other(type_: ObjectType, code: str, **attributes: Any) -> RegistryObject:
    """Any other object of the district."""
    return register(ObjectDraft(type_, code, code, code, region_code="420107", attributes=attributes, simulated=True))[
        0
    ]


def synced(at: datetime = NOW) -> Synced:
    """Duties in line with the register, planned two months ahead."""
    found = sync_obligations(SYSTEM_ACTOR, at)
    plan_occurrences(SYSTEM_ACTOR, at, at.astimezone(SHANGHAI).date() + 62 * DAY)
    return found


def duty(template: str, item: str = "") -> Obligation:
    """A standing duty."""
    return Obligation.objects.select_related("object").get(template=template, item=item)


def dates(template: str, item: str = "") -> list[Occurrence]:
    """Occurrences of a duty, the oldest first."""
    rows = Occurrence.objects.filter(template=template, item=item).select_related("object", "obligation", "finding")
    return list(rows.order_by("due_at", "id"))


def one(template: str, item: str = "") -> Occurrence:
    """The only occurrence of a duty."""
    [found] = dates(template, item)
    return found


def proof(row: Occurrence, content: bytes = PDF, who: Actor = PLANT, at: datetime = NOW) -> EvidenceItem:
    """A file attached to an occurrence."""
    return attach_file(
        who,
        at,
        of_occurrence(row.pk),
        content,
        kind=EvidenceKind.DOCUMENT,
        media_type="application/pdf",
        file_name="proof.pdf",
    )


def changed(row: RegistryObject, at: datetime = NOW, **attributes: Any) -> RegistryObject:
    """The object with other attributes."""
    row.refresh_from_db()
    return update_object(
        SYSTEM_ACTOR, at, row.pk, {"attributes": row.attributes | attributes}, reason="corrected in a test"
    )


def missed(at: datetime) -> list[Occurrence]:
    """What is marked as missed at a moment."""
    return note_missed(SYSTEM_ACTOR, at)
