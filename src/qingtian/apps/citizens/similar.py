"""Reports near a place, as much of them as a stranger may know: what, since when, how far; never words or people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from qingtian.apps.accounts.masking import generalised_point
from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.cases.models import Case
from qingtian.apps.citizens.actions.report_problem import COMPLAINT
from qingtian.domain.objects.likeness import ground_m
from qingtian.packs.procedures import procedure

SINCE = timedelta(days=30)
MOST = 5
CELL_DEG = 0.005  # about 500 m: a report may stand where its reporter lives
NEAR_M = 1200.0
REACH_DEG = 0.02
STEP_M = 500
REFUSED = ("not_accepted", "redirected")


@dataclass(frozen=True, slots=True)
class Near:
    """A report near a place.

    Args:
        case_id: for the verb that adds a voice; pages sign it.
        distance_m: to the cell of the report, in steps of 500 m; None where either has no point.
        voices: others who see it too.
    """

    case_id: int
    category_zh: str
    category_en: str
    state_zh: str
    state_en: str
    reported_at: datetime
    distance_m: int | None
    voices: int


def open_reports(at: datetime) -> QuerySet[Case]:
    """Complaints of the last month that are worked on or were answered."""
    rows = Case.objects.filter(template=COMPLAINT, opened_at__gt=at - SINCE, opened_at__lte=at, duplicate_of=None)
    return rows.exclude(state__in=REFUSED)


def near(at: datetime, *, region_code: str, lon: float | None = None, lat: float | None = None) -> list[Near]:
    """Complaints near a point, the nearest first; without a point those of the district, the newest first.

    Args:
        lon, lat: degrees, WGS 84.
    """
    rows = open_reports(at).order_by("-opened_at")
    if lon is None or lat is None:
        return [_told(case, None) for case in rows.filter(region_code__startswith=region_prefix(region_code))[:MOST]]
    box = Q(lon__range=(lon - REACH_DEG, lon + REACH_DEG), lat__range=(lat - REACH_DEG, lat + REACH_DEG))
    measured = [(_distance(case, lon, lat), case) for case in rows.filter(box)[:200]]
    close = sorted(((far, case) for far, case in measured if far <= NEAR_M), key=lambda one: one[0])
    return [_told(case, far) for far, case in close[:MOST]]


def _distance(case: Case, lon: float, lat: float) -> float:
    x, y = generalised_point(case.lon or 0.0, case.lat or 0.0, CELL_DEG)
    return ground_m((x, y), (lon, lat))


def _told(case: Case, far: float | None) -> Near:
    template = procedure(case.template, case.template_version)
    state = template.state(case.state)
    labels: Mapping[str, tuple[str, str]] = {
        one.value: (one.label_zh, one.label_en) for one in template.fields()["category"].choices
    }
    zh, en = labels.get(str(case.fields.get("category")), ("", ""))
    return Near(
        case_id=case.pk,
        category_zh=zh,
        category_en=en,
        state_zh=state.label_zh,
        state_en=state.label_en,
        reported_at=case.opened_at,
        distance_m=None if far is None else max(STEP_M, round(far / STEP_M) * STEP_M),
        voices=int(case.fields.get("supporters", 0)),
    )
