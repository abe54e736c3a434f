"""Verb: freeze an observation as evidence of a subject."""

from __future__ import annotations

import io
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.accounts.scope import region_contains
from qingtian.apps.evidence.chain import Draft, append_item, chain_of
from qingtian.apps.evidence.content_store import content_store
from qingtian.apps.evidence.frozen_observation import freeze
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.subjects import Subject, SubjectFacts, facts_of, locked_for, require_on_subject
from qingtian.apps.journal.record import writing
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.queries import site_object
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.telemetry.store.port import Observation


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
        return append_item(actor, at, facts, _draft(observation, site), stored=stored, role=role)


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


def _draft(observation: Observation, site: RegistryObject) -> Draft:
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
