"""Silence is a finding: streams that stopped, and one finding instead of hundreds when the whole city falls silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from qingtian.apps.registry.models import ObjectType
from qingtian.domain.detection import SilenceReport, Stream, silences
from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.duties.raising import end, ongoing, raise_candidate
from qingtian.duties.sites import Site, Sites, read_sites, region_object
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.store.port import Cycle

STATION_INTERVAL = timedelta(hours=1)
QUARANTINE_REACH = timedelta(days=1)
OUTAGE_ENDED = "outage_ended"


@dataclass(frozen=True, slots=True)
class Listening:
    """What was heard of whom.

    Args:
        heard: newest arrival per site.
        counted_from: a silence is counted from here at the earliest: the end of the last outage of the city's side.
    """

    sites: Sites
    heard: Mapping[str, datetime]
    counted_from: datetime | None

    def streams(self) -> list[Stream]:
        """One stream per site that something is expected of."""
        expected = ((site, expected_interval(site)) for site in self.sites.by_code.values())
        return [self._stream(site, interval) for site, interval in expected if interval is not None]

    def _stream(self, site: Site, interval: timedelta) -> Stream:
        registered = max((device.recorded_at for device in site.devices), default=site.object.recorded_at)
        last = self.heard.get(site.code, registered)
        if self.counted_from is not None:
            last = max(last, self.counted_from)
        return Stream(site.code, last, interval, ever=site.code in self.heard)


def watch_streams(context: DutyContext) -> DutyReport:
    """Raise a finding per silent stream and end it when data come back."""
    rule = rules_on(context.now)["late_stream"]
    sites = read_sites(context.now)
    listening = Listening(sites, last_heard(context, sites), context.moment(OUTAGE_ENDED))
    stations = frozenset(site.code for site in sites.of_type(ObjectType.STATION))
    found = silences(rule, listening.streams(), context.now, stations=stations)
    report = DutyReport()
    going = ongoing(rule.code)
    city = region_object(get_settings().city_code)
    outage = going.get((city.pk, "")) if city is not None else None
    if found.outage is not None and city is not None:
        raise_candidate(context.now, found.outage, city, report)
        report.notes.append(f"outage of the city's side: {len(found.silent)} single findings held back")
    elif outage is not None:
        end(context.now, outage, report, ended_at=context.now, reason="most streams send again")
        # Streams come back one by one: who is still silent is looked at one allowance later.
        report.state = {OUTAGE_ENDED: context.now.isoformat()}
    else:
        for code, candidate in found.silent.items():
            if (sites.by_code[code].object.pk, "") not in going:
                raise_candidate(context.now, candidate, sites.by_code[code].object, report)
    _end_heard(context, listening, found, report)
    return report


def last_heard(context: DutyContext, sites: Sites) -> dict[str, datetime]:
    """Newest arrival per site; a frame in quarantine (a wrong clock, say) is no silence either."""
    heard = dict(context.store.last_seen())
    by_mn = {device.code: site.code for site in sites.by_code.values() for device in site.devices}
    for refused in context.store.quarantined(context.now - QUARANTINE_REACH):
        code = by_mn.get(refused.mn)
        if code is not None:
            heard[code] = max(heard.get(code, refused.received_at), refused.received_at)
    # Stations without a device come by import, which `last_seen` does not count.
    imported = [site.code for site in sites.of_type(ObjectType.STATION) if not site.devices]
    for row in context.store.latest(imported, Cycle.HOUR) if imported else ():
        heard[row.site] = max(heard.get(row.site, row.received_at), row.received_at)
    return {site: min(at, context.now) for site, at in heard.items()}


def expected_interval(site: Site) -> timedelta | None:
    """How often a site should be heard; None when nothing is expected of it."""
    if site.object.type == ObjectType.STATION and not site.devices:
        return STATION_INTERVAL
    return site.interval


def _end_heard(context: DutyContext, listening: Listening, found: SilenceReport, report: DutyReport) -> None:
    for finding in ongoing("late_stream").values():
        code = finding.object.code
        back = listening.heard.get(code)
        if code not in listening.sites.by_code or code in found.silent:
            continue
        if back is not None and back > finding.last_seen:
            end(context.now, finding, report, ended_at=back, reason="data came back")
