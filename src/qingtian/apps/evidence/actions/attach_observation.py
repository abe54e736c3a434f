"""Verb: freeze an observation as evidence of a case."""

from __future__ import annotations

import io
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import visible_case
from qingtian.apps.cases.rights import may_work, require_on
from qingtian.apps.evidence.chain import Draft, append_item
from qingtian.apps.evidence.content_store import content_store
from qingtian.apps.evidence.frozen_observation import freeze
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.journal.record import writing
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.queries import site_object
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.runtime.live import Topic, publish
from qingtian.telemetry.store.port import Observation


def attach_observation(
    actor: Actor, at: datetime, case_id: int, observation: Observation, *, raw_frame: bytes | None = None
) -> EvidenceItem:
    """Freeze an observation of the case's object or enterprise, with its raw frame.

    Args:
        observation: the row, read from the store by the caller.
        raw_frame: the bytes in the spool at the row's segment and offset.
    Raises:
        NotVisible, NotPermitted; InvalidInput when it is about something else; Conflict when it is there already.
    """
    require_on(actor, Verb.ATTACH_EVIDENCE, visible_case(actor, case_id))
    content = freeze(observation, raw_frame)
    stored = content_store().put(io.BytesIO(content))
    with writing():
        case = visible_case(actor, case_id, lock=True)
        role = require_on(actor, Verb.ATTACH_EVIDENCE, case)
        may_work(case)
        site = _related_site(case, observation.site)
        if EvidenceItem.objects.filter(case=case, sha256=stored.sha256).exists():
            raise Conflict(f"{case.number} holds this observation already", field="observation", remedy="nothing to do")
        item = append_item(actor, at, case, _draft(observation, site, actor), stored=stored, role=role)
        publish(Topic.CASES, [case.pk], at)
    return item


def _related_site(case: Case, code: str) -> RegistryObject:
    site = site_object(code)
    related = site is not None and (
        site.pk == case.object_id
        or (site.enterprise_code != "" and site.enterprise_code == case.object.enterprise_code)
    )
    if site is None or not related:
        raise InvalidInput(
            f"{code} has nothing to do with {case.object.name}",
            field="observation.site",
            remedy="choose an observation of the same object or enterprise",
        )
    return site


def _draft(observation: Observation, site: RegistryObject, actor: Actor) -> Draft:
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
