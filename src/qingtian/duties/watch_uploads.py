"""Late data: hours of devices that arrived later than allowed, again and again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from qingtian.apps.findings.states import Kind
from qingtian.domain.detection import Arrival, in_time_again, late_uploads
from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.duties.raising import end, ongoing, raise_candidate
from qingtian.duties.sites import read_sites
from qingtian.duties.touched import HOUR
from qingtian.telemetry.store.port import Cycle, Observation, Origin


def watch_uploads(context: DutyContext) -> DutyReport:
    """Raise, extend and end findings of sites that send late: one query, whatever their number."""
    rule, report = rules_on(context.now)["late_upload"], DutyReport()
    sites = read_sites(context.now)
    codes = sorted(code for code, site in sites.by_code.items() if site.devices)
    if not codes:
        return report
    start = context.now - rule.hours("lookback_h")
    arrivals = _arrivals(context.store.window(Cycle.HOUR, start, context.now, sites=codes))
    found = late_uploads(rule, arrivals)
    if found.common:
        report.notes.append(f"{len(found.by_site)} of {len(arrivals)} sites late together: not the devices; held back")
    else:
        for code, candidates in found.by_site.items():
            for candidate in candidates:
                if candidate.start > start:
                    raise_candidate(context.now, candidate, sites.by_code[code].object, report, kind=Kind.LATE_DATA)
    for finding in ongoing(rule.code).values():
        back = in_time_again(rule, arrivals.get(finding.object.code, ()), finding.last_seen)
        if back is not None:
            end(context.now, finding, report, ended_at=back, reason="hours arrive in time again")
    return report


def _arrivals(rows: Iterable[Observation]) -> dict[str, list[Arrival]]:
    """Hours of each site with the arrival of their first value; corrections and means of our own are no uploads."""
    first: dict[str, dict[datetime, datetime]] = {}
    for row in rows:
        if row.origin is Origin.DEVICE and row.version == 1:
            hours = first.setdefault(row.site, {})
            hours[row.period_start] = min(hours.get(row.period_start, row.received_at), row.received_at)
    return {
        site: [Arrival(start, start + HOUR, received) for start, received in sorted(hours.items())]
        for site, hours in first.items()
    }
