"""Findings become notices: to those on duty at their place and the keepers of its grid, by their severity."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.models import Finding
from qingtian.apps.journal.models import Event
from qingtian.apps.notices.actions.post_notice import NoticeDraft, post_notices
from qingtian.apps.notices.people import Recipients
from qingtian.apps.registry.grids import grid_of, keepers_of
from qingtian.apps.registry.models import RegistryObject
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
    keepers = Keepers(context.now)
    drafts = [_draft(row, keepers.of(row.object)) for row in rows.values() if row.silenced_by_id is None]
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


@dataclass(slots=True)
class Keepers:
    """Organisations that keep the grid of a place; each place is looked up once in a run."""

    at: datetime
    _found: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def of(self, place: RegistryObject) -> tuple[str, ...]:
        """Codes of the organisations; none where the place has no point or lies in no grid."""
        if place.pk not in self._found:
            self._found[place.pk] = self._look_up(place)
        return self._found[place.pk]

    def _look_up(self, place: RegistryObject) -> tuple[str, ...]:
        if place.lon is None or place.lat is None:
            return ()
        grid = grid_of((float(place.lon), float(place.lat)), self.at)
        return tuple(row.code for row in keepers_of(grid, self.at)) if grid is not None else ()


def _draft(row: Finding, keepers: tuple[str, ...]) -> NoticeDraft:
    zh, en = kind_names(row.kind)
    obj = row.object
    return NoticeDraft(
        kind="finding_severe" if row.severity >= SEVERE else "finding_raised",
        subject=("finding", row.number, f"/desk/alarms/{row.pk}"),
        severity=row.severity,
        title_zh=f"{zh}：{obj.name}"[:300],
        title_en=f"{en}: {obj.name_en or obj.name}"[:300],
        to=Recipients(region_code=obj.region_code, acting_for=keepers, otherwise=(Role.DISPATCHER,)),
        dedup_key=f"finding:{row.number}",
        simulated=row.simulated,
    )
