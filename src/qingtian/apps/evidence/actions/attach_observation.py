"""Verb: freeze an observation as evidence of a subject."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.accounts.scope import region_contains
from qingtian.apps.evidence.chain import Draft, append_item, chain_of
from qingtian.apps.evidence.content_store import content_store
from qingtian.apps.evidence.frozen_observation import freeze
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.subjects import Subject, SubjectFacts, facts_of, locked_for, require_on_subject
from qingtian.apps.journal.record import writing
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import site_object
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.telemetry.store.port import Observation

KNOWN_OF_EQUIPMENT = (
    "legal_review_on",
    "technical_review_on",
    "standard",
    "standard_until",
    "placement_checked_on",
    "signed_on",
    "published_on",
)


def attach_observation(
    actor: Actor, at: datetime, subject: Subject, observation: Observation, *, raw_frame: bytes | None = None
) -> EvidenceItem:
    """Freeze an observation of the subject's object or enterprise, with its raw frame.

    Args:
        observation: the row, read from the store by the caller.
        raw_frame: the bytes in the spool at the row's segment and offset.
    Raises:
        NotVisible, NotPermitted; InvalidInput when it is about something else; Conflict when it is there already.
    """
    require_on_subject(actor, Verb.ATTACH_EVIDENCE, facts_of(actor, subject))
    content = freeze(observation, raw_frame)
    stored = content_store().put(io.BytesIO(content))
    with writing():
        facts, role = locked_for(actor, Verb.ATTACH_EVIDENCE, subject)
        site = _related_site(facts, observation.site)
        if chain_of(subject).filter(sha256=stored.sha256).exists():
            raise Conflict(
                f"{facts.number} holds this observation already", field="observation", remedy="nothing to do"
            )
        return append_item(actor, at, facts, _draft(observation, site, raw_frame is not None), stored=stored, role=role)


def _related_site(facts: SubjectFacts, code: str) -> RegistryObject:
    site = site_object(code)
    if site is None or not _related(facts, site):
        raise InvalidInput(
            f"{code} has nothing to do with {facts.object.name if facts.object else facts.number}",
            field="observation.site",
            remedy="choose an observation of the same object or enterprise",
        )
    return site


def _related(facts: SubjectFacts, site: RegistryObject) -> bool:
    if facts.object is not None and site.pk == facts.object.pk:
        return True
    if facts.enterprise_code:
        return site.enterprise_code == facts.enterprise_code
    # A problem at a place, without an object: what is measured in the same region may speak of it.
    nearby = facts.region_code != "" and region_contains(facts.region_code, site.region_code)
    return facts.object is None and nearby


def _draft(observation: Observation, site: RegistryObject, frame_kept: bool) -> Draft:
    start = observation.period_start.isoformat()
    extra = {
        "param": observation.pollutant,
        "cycle": observation.cycle.value,
        "start": start,
        "unit": observation.unit,
        "value": observation.value,
        "converted": observation.converted,
        "mark": observation.mark,
        "frame_hash": observation.frame_hash,
        "version": observation.version,
        "period_s": observation.period_s,
        "frame_kept": frame_kept,
        "doubts": list(observation.qc) if observation.excluded else [],
        "limit": _limit(observation, site),
        "equipment": _equipment(site),
    }
    return Draft(
        kind=EvidenceKind.OBSERVATION,
        media_type="application/json",
        file_name=f"{observation.site}-{observation.pollutant}-{observation.period_start:%Y%m%dT%H%M}.json",
        title=f"{site.name} {observation.pollutant} {observation.cycle} {start}",
        origin=observation.origin.value,
        captured_at=observation.received_at,
        captured_by=observation.site,
        object=site,
        extra=extra,
    )


def _limit(observation: Observation, site: RegistryObject) -> dict[str, Any] | None:
    """The judgement of the value as it stands now: the limit that it was held against."""
    rows = Judgement.objects.filter(
        object=site, item=observation.pollutant, period_start=observation.period_start, superseded_by=None
    )
    same = rows.filter(cycle=observation.cycle.value)
    row = same.exclude(limit=None).first() or same.first() or rows.first()
    if row is None:
        return None
    return {
        "judgement": row.pk,
        "cycle": row.cycle,
        "value": row.limit,
        "unit": row.unit,
        "verdict": row.verdict,
        "standard": row.standard,
        "clause": row.clause,
        "rule_row": row.rule_row,
        "judged": row.value,
    }


def _equipment(site: RegistryObject) -> dict[str, Any]:
    """What the register knows of the device at that place: reviews, standard, place, sign, calibrations.

    The attribute `equipment` of the site or of one of its devices; the device's own word counts.
    """
    below = RegistryObject.objects.filter(parent=site, type__in=(ObjectType.DEVICE, ObjectType.INSTRUMENT))
    known: dict[str, Any] = {}
    for one in (site, *below.order_by("pk")):
        held = one.attributes.get("equipment")
        known |= held if isinstance(held, dict) else {}
    told = {name: str(known[name]) for name in KNOWN_OF_EQUIPMENT if known.get(name)}
    held = [one for one in known.get("calibrations") or () if isinstance(one, dict)]
    return told | {"calibrations": [{name: str(value) for name, value in one.items()} for one in held]}
