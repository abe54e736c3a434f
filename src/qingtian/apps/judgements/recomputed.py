"""Reads of recomputations: what changed, and which findings and cases it touches."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.judgements.recomputation import Recomputation, RecomputedAnswer, RecomputedFinding
from qingtian.domain.errors import NotVisible

SHOWN = 500


def recomputations(actor: Actor) -> QuerySet[Recomputation]:
    """Recomputations, newest first."""
    return Recomputation.objects.visible_to(actor).order_by("-id")


def recomputation(actor: Actor, number: str) -> Recomputation:
    """One recomputation.

    Raises:
        NotVisible: there is no such one that the actor may see.
    """
    run = Recomputation.objects.visible_to(actor).filter(number=number).first()
    if run is None:
        raise NotVisible(f"there is no recomputation {number}", field="number", remedy="see the list")
    return run


def answers(run: Recomputation, *, turned: bool = False) -> QuerySet[RecomputedAnswer]:
    """Answers that differ, in time order.

    Args:
        turned: only those with another verdict.
    """
    rows = run.answers.select_related("object")
    return rows.exclude(was="").exclude(was=F("verdict")) if turned else rows


def touched_findings(run: Recomputation) -> QuerySet[RecomputedFinding]:
    """Findings that rest on periods which are answered otherwise, most of them first."""
    return run.findings.select_related("finding__object").prefetch_related("finding__case_links__case")


def told(run: Recomputation) -> dict[str, Any]:
    """The result as plain values."""
    rows = list(touched_findings(run)[:SHOWN])
    cases = {link.case_id: link.case for row in rows for link in row.finding.case_links.all()}
    return {
        "number": run.number,
        "mode": str(run.mode),
        "state": str(run.state),
        "first_day": run.first_day.isoformat(),
        "last_day": run.last_day.isoformat(),
        "as_known": run.as_known.isoformat() if run.as_known else None,
        "rules_on": run.rules_on.isoformat() if run.rules_on else None,
        "days": run.days,
        "days_done": run.days_done,
        "counts": run.counts,
        "findings": [
            {
                "id": row.finding_id,
                "number": row.finding.number,
                "object": row.finding.object.code,
                "parameter": row.finding.parameter,
                "status": row.finding.status,
                "periods": row.periods,
                "no_longer_over": row.no_longer_over,
            }
            for row in rows
        ],
        "cases": [
            {"id": case.pk, "number": case.number, "title": case.title, "state": case.state} for case in cases.values()
        ],
    }
