"""What the law shows to everybody of enterprises: outlets, limits, daily results; nothing of cases or people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Q, QuerySet

from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.journal.record import SHANGHAI
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.states import Question
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import NotVisible
from qingtian.packs import load_packs
from qingtian.packs.disclosures import Disclosure, disclosures
from qingtian.runtime.settings import get_settings


def rules(at: datetime) -> dict[str, Disclosure]:
    """The rules in force, by class of permit."""
    return disclosures(load_packs(), at.astimezone(SHANGHAI).date(), region=get_settings().city_code)


def disclosed_enterprises(at: datetime, *, region_code: str = "", text: str = "") -> QuerySet[RegistryObject]:
    """Enterprises that exist now and whose permit the rules show, by code.

    Args:
        text: part of a name or code.
    """
    rows = RegistryObject.objects.valid_on(at.astimezone(SHANGHAI).date()).filter(
        type=ObjectType.ENTERPRISE, attributes__permit_class__in=sorted(rules(at))
    )
    if prefix := region_prefix(region_code):
        rows = rows.filter(region_code__startswith=prefix)
    if word := text.strip():
        rows = rows.filter(Q(name__icontains=word) | Q(name_en__icontains=word) | Q(code__icontains=word))
    return rows.order_by("code")


def disclosed_enterprise(at: datetime, code: str) -> RegistryObject:
    """One of them.

    Raises:
        NotVisible: there is none, or its permit is not shown.
    """
    row = disclosed_enterprises(at).filter(code=code).first()
    if row is None:
        raise NotVisible(f"no enterprise {code} is disclosed", field="code", remedy="choose one from the list")
    return row


def disclosed_outlets(at: datetime, enterprise: RegistryObject) -> list[RegistryObject]:
    """Outlets of a disclosed enterprise."""
    rows = RegistryObject.objects.valid_on(at.astimezone(SHANGHAI).date())
    return list(rows.filter(type=ObjectType.OUTLET, enterprise_code=enterprise.code).order_by("code"))


def daily_results(outlets: Iterable[RegistryObject], start: date, end: date) -> list[Judgement]:
    """Judged day means of some outlets, the newest day first.

    Args:
        start, end: days in Asia/Shanghai, both included.
    """
    rows = Judgement.objects.current().filter(
        object_id__in=[row.pk for row in outlets],
        question=Question.EMISSION_DAY,
        period_start__gte=_midnight(start),
        period_start__lte=_midnight(end),
    )
    return list(rows.select_related("object").order_by("-period_start", "object__code", "item"))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
