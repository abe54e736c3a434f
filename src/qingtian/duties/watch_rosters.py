"""Gaps in rosters: who keeps them is told a day before nobody is on duty."""

from __future__ import annotations

from datetime import timedelta

from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.journal.record import SHANGHAI
from qingtian.apps.notices.actions.post_notice import NoticeDraft, post_notices
from qingtian.apps.notices.people import Recipients
from qingtian.apps.rosters.models import Roster
from qingtian.apps.rosters.schedule import schedules
from qingtian.duties.duty import DutyContext, DutyReport

AHEAD = timedelta(hours=24)
GRAVE, COMMON = 3, 2  # a gap that is there now, one that comes


def watch_rosters(context: DutyContext) -> DutyReport:
    """Tell of every gap of the next day, each once."""
    rosters = Roster.objects.filter(retired_at=None).exclude(rotations=None)
    drafts = []
    for schedule in schedules(rosters, context.now, context.now + AHEAD) if rosters else []:
        for gap in schedule.gaps:
            roster, start = schedule.roster, gap.start.astimezone(SHANGHAI)
            there = gap.start <= context.now
            drafts.append(
                NoticeDraft(
                    kind="roster_gap",
                    subject=("roster", roster.code, f"/desk/rosters?roster={roster.code}"),
                    severity=GRAVE if there else COMMON,
                    title_zh=f"{roster.name_zh}自 {start:%m-%d %H:%M} 起无人值班",
                    title_en=f"{roster.name_en}: nobody is on duty from {start:%m-%d %H:%M}",
                    to=Recipients(roles=tuple(sorted(TABLE[Verb.KEEP_ROSTER])), region_code=roster.region_code),
                    dedup_key=f"gap:{roster.code}:{'now' if there else start.isoformat()}",
                    simulated=roster.simulated,
                )
            )
    post_notices(context.now, drafts)
    return DutyReport(notes=[f"{len(drafts)} gaps"] if drafts else [])
