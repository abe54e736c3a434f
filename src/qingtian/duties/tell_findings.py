"""Findings become notices: each that was raised or came back, to those on duty at its place, by its severity."""

from __future__ import annotations

from datetime import timedelta

from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.models import Finding
from qingtian.apps.journal.models import Event
from qingtian.apps.notices.actions.post_notice import NoticeDraft, post_notices
from qingtian.apps.notices.people import Recipients
from qingtian.duties.duty import DutyContext, DutyReport
from qingtian.packs.finding_kinds import kind_names

TOLD = ("finding.raised", "finding.reopened")
SEVERE = 3  # major and severe findings are pressing
AT_ONCE = 10_000
FIRST_REACH = timedelta(hours=1)  # the first run tells of what is new, not of years


def tell_findings(context: DutyContext) -> DutyReport:
    """Tell of every finding since the last event that was read; the journal's order loses none and doubles none."""
    last = context.state.get("seq")
    events = Event.objects.filter(type__in=TOLD).order_by("seq")
    new = events.filter(at__gt=context.now - FIRST_REACH) if last is None else events.filter(seq__gt=int(last))
    read = list(new.values_list("seq", "object_id")[:AT_ONCE])
    rows = {row.pk: row for row in _findings([int(pk) for _, pk in read])}
    drafts = [_draft(row) for row in rows.values() if row.silenced_by_id is None]
    post_notices(context.now, drafts)
    report = DutyReport(state={"seq": read[-1][0] if read else _newest() if last is None else last})
    if drafts:
        report.notes.append(f"{len(drafts)} findings told")
    if len(read) == AT_ONCE:
        report.notes.append("more are told by the next run")
    return report


def _findings(ids: list[int]) -> list[Finding]:
    return list(Finding.objects.filter(pk__in=ids).select_related("object").order_by("pk"))


def _newest() -> int:
    return Event.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def _draft(row: Finding) -> NoticeDraft:
    zh, en = kind_names(row.kind)
    obj = row.object
    return NoticeDraft(
        kind="finding_severe" if row.severity >= SEVERE else "finding_raised",
        subject=("finding", row.number, f"/desk/alarms/{row.pk}"),
        severity=row.severity,
        title_zh=f"{zh}：{obj.name}"[:300],
        title_en=f"{en}: {obj.name_en or obj.name}"[:300],
        to=Recipients(region_code=obj.region_code, otherwise=(Role.DISPATCHER,)),
        dedup_key=f"finding:{row.number}",
        simulated=row.simulated,
    )
