"""Clock errors of devices, from frames whose time lies off the time of their arrival."""

from __future__ import annotations

from datetime import timedelta

from qingtian.domain.detection import DetectionRule, Skew, clock_errors
from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.duties.raising import end, ongoing, raise_candidate
from qingtian.duties.sites import Sites, read_sites

LOOKBACK = timedelta(hours=1)


def watch_clocks(context: DutyContext) -> DutyReport:
    """Raise a finding per device whose frames agree on a wrong time; end it when frames come in time again."""
    rule = rules_on(context.now)["clock_error"]
    sites = read_sites(context.now)
    skews: dict[str, list[Skew]] = {}
    for row in context.store.clock_skews(context.since - LOOKBACK, context.now):
        skews.setdefault(row.site, []).append(Skew(row.received_at, row.skew_s))
    heard = context.store.last_seen()
    active = sum(at >= context.since - LOOKBACK for at in heard.values())
    found = clock_errors(rule, skews, max(active, len(skews)))
    report = DutyReport()
    if found.common:
        report.notes.append(f"{len(found.by_site)} of {active} clocks off together: not the devices; held back")
    else:
        for code, candidate in found.by_site.items():
            site = sites.get(code)
            if site is not None:
                raise_candidate(context.now, candidate, site.object, report)
    _end_in_time(context, rule, sites, skews, report)
    return report


def _end_in_time(
    context: DutyContext, rule: DetectionRule, sites: Sites, skews: dict[str, list[Skew]], report: DutyReport
) -> None:
    limit = rule.minutes("limit_min")
    heard = context.store.last_seen()
    for finding in ongoing(rule.code).values():
        code = finding.object.code
        late = [one.received_at for one in skews.get(code, ()) if timedelta(seconds=abs(one.seconds)) > limit]
        last_bad = max([finding.last_seen, *late])
        last_heard = heard.get(code)
        if last_heard is not None and last_heard - last_bad >= rule.minutes("back_min"):
            end(context.now, finding, report, ended_at=last_bad, reason="frames come in time again")
