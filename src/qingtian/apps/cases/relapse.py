"""When a finding is a relapse: same object, kind, parameter and part, on a day of the watch window."""

from __future__ import annotations

from django.db.models import QuerySet

from qingtian.apps.cases.models import Case
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import OPEN_STATUSES
from qingtian.apps.journal.record import SHANGHAI


def watched() -> QuerySet[Case]:
    """Written-off cases whose watch window has not been closed yet."""
    return Case.objects.filter(written_off_at__isnull=False, watch_until__isnull=False, closed_at=None)


def watching_case(finding: Finding, template: str | None = None) -> Case | None:
    """The written-off case that a finding brings back; None if it is an ordinary new problem.

    The first hit must lie after the write-off, and on or before the last day of the window (domain model 5.1:
    day 0 is the day of the write-off; with a window of 365 days a hit on day 366 is an ordinary case).

    Args:
        template: only cases of this procedure; None for any.
    """
    hit_day = finding.first_seen.astimezone(SHANGHAI).date()
    candidates = watched().filter(
        object_id=finding.object_id,
        kind=finding.kind,
        parameter=finding.parameter,
        about=finding.about,
        written_off_at__lte=finding.first_seen,
        watch_until__gte=hit_day,
    )
    if template is not None:
        candidates = candidates.filter(template=template)
    return candidates.select_for_update().order_by("-written_off_at", "-id").first()


def running_case(finding: Finding, template: str) -> Case | None:
    """The case that already works on the problem of a finding."""
    same = (
        Case.objects.select_for_update(of=("self",))
        .select_related("object")
        .filter(
            template=template,
            object_id=finding.object_id,
            kind=finding.kind,
            parameter=finding.parameter,
            about=finding.about,
            written_off_at=None,
            closed_at=None,
        )
    )
    return same.order_by("-id").first()


def relapse_candidates() -> QuerySet[Finding]:
    """Open findings about objects that are being watched; `watching_case` decides on each."""
    objects = watched().values("object_id")
    return Finding.objects.filter(status__in=OPEN_STATUSES, object_id__in=objects).order_by("id")
