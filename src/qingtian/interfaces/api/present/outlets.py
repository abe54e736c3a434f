"""Outlets with their newest values, limits and judgements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.findings.search import Load, load_by_object, ongoing_kinds_by_object
from qingtian.apps.findings.states import Kind
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.queries import latest
from qingtian.apps.judgements.states import EMISSION
from qingtian.apps.registry.listing import devices_at
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import device_profile, object_by_code
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.limits import permit_limits
from qingtian.interfaces.api.present.numbers import text
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.present.provenance import frame_id
from qingtian.interfaces.api.present.quality import quality_marks
from qingtian.interfaces.api.schemas.places import (
    DeviceOut,
    LimitOut,
    OutletDetail,
    OutletOut,
    OutletValue,
    PlaceStatus,
)
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.telemetry.store import Observation

NOTHING_OPEN = Load(0, 0)
EXCEEDING = frozenset({Kind.EXCEEDANCE})


@dataclass(frozen=True)
class SiteStates:
    """What is known of all sites at once: arrivals and ongoing findings."""

    last_seen: Mapping[str, datetime]
    ongoing: Mapping[int, frozenset[str]]
    loads: Mapping[int, Load]

    def status(self, row: RegistryObject) -> PlaceStatus:
        """The state of a site, from what arrived and what the detection rules found."""
        kinds = self.ongoing.get(row.pk, frozenset())
        if row.code not in self.last_seen:
            return "no_data"
        if Kind.LATE_STREAM in kinds:
            return "late"
        return "exceeding" if kinds & EXCEEDING else "normal"

    def load(self, row: RegistryObject) -> Load:
        """Waiting findings at a site."""
        return self.loads.get(row.pk, NOTHING_OPEN)


Judged = Mapping[tuple[int, str, str], Judgement]  # by object, item and cycle


def site_states(actor: Actor) -> SiteStates:
    """States of every site that the actor may see."""
    return SiteStates(telemetry_store().last_seen(), ongoing_kinds_by_object(actor), load_by_object(actor))


def outlet_detail(actor: Actor, now: datetime, code: str) -> OutletDetail:
    """An outlet page.

    Raises:
        NotVisible: there is no such outlet.
    """
    row = object_by_code(actor, ObjectType.OUTLET, code)
    states = site_states(actor)
    oxygen = row.attributes.get("reference_o2")
    return OutletDetail(
        **outlets_out(actor, now, [row], states)[0].model_dump(),
        place=PlaceNames([row]).place(row),
        devices=devices_out(actor, [row], states),
        reference_o2=None if oxygen is None else str(oxygen),
    )


def outlets_out(actor: Actor, now: datetime, rows: Iterable[RegistryObject], states: SiteStates) -> list[OutletOut]:
    """Outlets with their newest values, in a fixed number of queries."""
    listed = list(rows)
    values: dict[str, list[Observation]] = defaultdict(list)
    for one in telemetry_store().latest([row.code for row in listed]) if listed else ():
        values[one.site].append(one)
    judged: Judged = {
        (one.object_id, one.item, one.cycle): one
        for question in EMISSION
        for one in latest(actor, question, object_ids=[row.pk for row in listed], until=now)
    }
    return [_outlet(row, values[row.code], judged, states) for row in listed]


def devices_out(actor: Actor, sites: Iterable[RegistryObject], states: SiteStates) -> list[DeviceOut]:
    """Devices that measure some sites; never their passwords."""
    return [_device(row, states) for row in devices_at(actor, list(sites))]


def _outlet(
    row: RegistryObject,
    values: list[Observation],
    judged: Judged,
    states: SiteStates,
) -> OutletOut:
    limits = permit_limits(row)
    by_cycle = {(one.pollutant, one.cycle): one for one in limits}
    by_pollutant = {one.pollutant: one for one in limits}
    return OutletOut(
        code=row.code,
        name=row.name,
        name_en=row.name_en or row.name,
        kind=str(row.attributes.get("kind", "")),
        lon=row.lon,
        lat=row.lat,
        status=states.status(row),
        last_received_at=states.last_seen.get(row.code),
        open_findings=states.load(row).count,
        limits=limits,
        values=[
            _value(
                one,
                judged.get((row.pk, one.pollutant, one.cycle.value)),
                by_cycle.get((one.pollutant, one.cycle.value), by_pollutant.get(one.pollutant)),
            )
            for one in sorted(values, key=lambda one: (one.pollutant, one.cycle))
        ],
        simulated=row.simulated,
    )


def _value(one: Observation, judged: Judgement | None, limit: LimitOut | None) -> OutletValue:
    same = judged is not None and judged.period_start == one.period_start
    name = law.pollutant_name(one.pollutant)
    return OutletValue(
        pollutant=one.pollutant,
        name_zh=name.zh,
        name_en=name.en,
        cycle=one.cycle.value,
        period_start=one.period_start,
        value=text(one.value),
        converted=text(one.converted),
        unit=one.unit,
        mark=one.mark,
        valid=one.valid,
        qc=quality_marks(one),
        verdict=judged.verdict if judged is not None and same else None,
        judgement=judged.pk if judged is not None and same else None,
        limit=limit,
        frame=frame_id(one),
    )


def _device(row: RegistryObject, states: SiteStates) -> DeviceOut:
    profile, site = device_profile(row), row.parent
    return DeviceOut(
        mn=row.code,
        name=row.name,
        site=profile.site,
        edition=profile.edition,
        protocol=f"HJ 212-{profile.edition}",
        expects=[str(one) for one in profile.expects],
        last_received_at=states.last_seen.get(profile.site),
        online=site is not None and states.status(site) in ("normal", "exceeding"),
        simulated=row.simulated,
    )
