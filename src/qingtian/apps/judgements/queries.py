"""Reads of judgements."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncQuarter

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.states import DECIDED, EMISSION, Question
from qingtian.runtime.clock import SHANGHAI

AQI = "aqi"


def latest(
    actor: Actor,
    question: Question,
    *,
    object_ids: Iterable[int] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    decided: bool = False,
) -> QuerySet[Judgement]:
    """The current judgement of the newest period, one per (object, item).

    Args:
        object_ids: only these objects.
        since: only periods that began at or after this time; spares reading the whole history.
        until: only periods that began before this time.
        decided: skip periods that could not be judged.
    """
    rows = Judgement.objects.visible_to(actor).current().filter(question=question)
    if object_ids is not None:
        rows = rows.filter(object_id__in=list(object_ids))
    if since is not None:
        rows = rows.filter(period_start__gte=since)
    if until is not None:
        rows = rows.filter(period_start__lt=until)
    if decided:
        rows = rows.filter(verdict__in=DECIDED)
    newest_first = rows.order_by("object_id", "item", "-period_start")
    return newest_first.distinct("object_id", "item").select_related("object")


def of_period(
    actor: Actor,
    start: datetime,
    end: datetime,
    *,
    question: Question | None = None,
    object_id: int | None = None,
    item: str | None = None,
    as_of: datetime | None = None,
) -> QuerySet[Judgement]:
    """Judgements with start <= period_start < end in time order.

    Args:
        as_of: the versions that were current at that moment instead of today's.
    """
    rows = Judgement.objects.visible_to(actor).filter(period_start__gte=start, period_start__lt=end)
    rows = rows.current() if as_of is None else rows.known_on(as_of)
    wanted = {"question": question, "object_id": object_id, "item": item}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    return rows.select_related("object").order_by("period_start", "object_id", "item")


def versions(actor: Actor, judgement: Judgement) -> QuerySet[Judgement]:
    """Every version of the answer that a judgement gives, oldest first."""
    return (
        Judgement.objects.visible_to(actor)
        .filter(
            object_id=judgement.object_id,
            question=judgement.question,
            item=judgement.item,
            cycle=judgement.cycle,
            period_start=judgement.period_start,
        )
        .order_by("version")
    )


def by_quarter(actor: Actor, object_ids: Iterable[int], since: datetime) -> dict[date, dict[str, int]]:
    """Emission judgements that were decided, by first day of the quarter and verdict.

    Args:
        since: periods that began at or after it.
    """
    rows = Judgement.objects.visible_to(actor).current()
    decided = rows.filter(
        question__in=EMISSION, verdict__in=DECIDED, object_id__in=list(object_ids), period_start__gte=since
    )
    counted = (
        decided.annotate(quarter=TruncQuarter("period_start", tzinfo=SHANGHAI))
        .order_by()
        .values("quarter", "verdict")
        .annotate(n=Count("pk"))
    )
    found: dict[date, dict[str, int]] = {}
    for row in counted:
        found.setdefault(row["quarter"].date(), {})[row["verdict"]] = row["n"]
    return found
