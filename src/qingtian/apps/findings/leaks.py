"""Leak detection and repair: components with their readings, repairs and deadlines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.findings.models import LeakCheck
from qingtian.apps.findings.states import CheckKind
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.detection import Check, Leak, LeakLimit, LeakStep, leaks
from qingtian.domain.errors import NotVisible
from qingtian.packs.detection import detection_rules
from qingtian.packs.finding_kinds import leak_limit
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings

GAS, GENERAL = "gas", "general"


@dataclass(frozen=True, slots=True)
class ComponentLeaks:
    """One component and what its checks show.

    Args:
        limit: from which reading on it leaks; None when no rule says so.
        checks: readings and repairs that count, in time order.
        leaks: oldest first.
    """

    component: RegistryObject
    limit: LeakLimit | None
    checks: tuple[LeakCheck, ...]
    leaks: tuple[Leak, ...]

    @property
    def current(self) -> Leak | None:
        """The leak that is open."""
        return self.leaks[-1] if self.leaks and self.leaks[-1].open else None

    def state(self, today: date) -> str:
        """`overdue`, `delayed`, `leaking`, `tight`, or `unread` when nothing was read yet."""
        leak = self.current
        if leak is None:
            return "tight" if any(check.ppm is not None for check in self.checks) else "unread"
        if leak.overdue(today):
            return "overdue"
        return "delayed" if leak.delayed_on is not None else "leaking"


def components(actor: Actor) -> QuerySet[RegistryObject]:
    """Components that the actor may see."""
    return RegistryObject.objects.visible_to(actor).filter(type=ObjectType.LEAK_COMPONENT)


def visible_component(actor: Actor, code: str) -> RegistryObject:
    """A component by its number.

    Raises:
        NotVisible: there is none.
    """
    found = components(actor).filter(code=code).first()
    if found is None:
        raise NotVisible(f"there is no component {code}", field="component", remedy="see the register")
    return found


def read_leaks(rows: Iterable[RegistryObject], now: datetime) -> list[ComponentLeaks]:
    """What the checks of some components show: one query, whatever their number."""
    listed = list(rows)
    checks: dict[int, list[LeakCheck]] = {}
    taken_back = LeakCheck.objects.filter(component__in=listed).exclude(corrects=None).values("corrects_id")
    counted = LeakCheck.objects.filter(component__in=listed, at__lte=now).exclude(pk__in=taken_back)
    for check in counted.exclude(kind=CheckKind.CORRECTION).order_by("at", "id"):
        checks.setdefault(check.component_id, []).append(check)
    return [_read(one, checks.get(one.pk, []), now) for one in listed]


def open_leaks(actor: Actor, now: datetime) -> list[ComponentLeaks]:
    """Components with a leak that no reading has shown repaired."""
    read = set(LeakCheck.objects.visible_to(actor).exclude(ppm=None).values_list("component_id", flat=True))
    rows = read_leaks(components(actor).filter(pk__in=read).order_by("code"), now)
    return [one for one in rows if one.current is not None]


def _read(component: RegistryObject, checks: list[LeakCheck], now: datetime) -> ComponentLeaks:
    day = now.astimezone(SHANGHAI).date()
    rule = detection_rules(day, get_settings().city_code)["leak_overdue"]
    medium = str(component.attributes.get("medium_state") or GAS)
    area = str(component.attributes.get("leak_area") or GENERAL)
    limit = leak_limit(medium, area, day, component.region_code or "CN")
    found = leaks(rule, [_check(one) for one in checks], limit.ppm) if limit is not None else []
    return ComponentLeaks(component, limit, tuple(checks), tuple(found))


def _check(row: LeakCheck) -> Check:
    return Check(LeakStep(row.kind), row.at.astimezone(SHANGHAI).date(), row.ppm)
