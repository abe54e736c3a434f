"""Verb: a person, or a model, reports a problem: patrol, audit, complaint, order from above, model result."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.findings.actions.raise_finding import Hit, raise_as
from qingtian.apps.findings.models import Finding, FindingHit
from qingtian.apps.findings.states import Source
from qingtian.apps.journal.record import writing
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.detection.kinds import FindingKind
from qingtian.domain.errors import Conflict, InvalidInput, NotVisible
from qingtian.packs.finding_kinds import finding_kind

AHEAD = timedelta(minutes=5)  # what a clock may be fast
LONGEST_TEXT = 4000
PLACE_DIGITS = 3  # of a degree: reports nearer than about 100 m are about one place
NAME = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """What is reported.

    Args:
        source: patrol, audit, complaint, superior or model.
        kind: a row of finding_kinds.csv that may be entered under this source.
        object_id: what it is about; None for a place in a region.
        region_code: of the place, when there is no object.
        place: where, in words.
        lon, lat: degrees WGS 84.
        seen_at: when it was seen, aware.
        severity: 1 notice to 4 severe; that of the kind when left out.
        part: which part of the object, in a few words; reports about another part are other findings.
        reference: number of the document, the ticket or the model run that it comes from.
        more: further figures of a model, decimals as text.
    """

    source: Source
    kind: str
    seen_at: datetime
    description: str
    object_id: int | None = None
    region_code: str = ""
    place: str = ""
    lon: float | None = None
    lat: float | None = None
    severity: int | None = None
    part: str = ""
    reference: str = ""
    standard: str = ""
    clause: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


def enter_finding(actor: Actor, at: datetime, entry: Entry) -> Finding:
    """Raise the finding of a report, or extend the open one of the same source, kind, object and part.

    Returns:
        The finding; `hits > 1` means that it was known.
    Raises:
        NotVisible, NotPermitted, InvalidInput; Conflict when another report of that very time is on record.
    """
    kind = _checked(at, entry)
    with writing():
        obj = _object(actor, entry)
        role = require(actor, Verb.ENTER_FINDING, region_code=obj.region_code, enterprise_code=obj.enterprise_code)
        hit = _hit(actor, entry, kind, obj)
        _refuse_twice(hit)
        return raise_as(actor, at, hit, role)


def similar(actor: Actor, entry: Entry) -> Finding | None:
    """The open finding that an entry would extend; None when it makes a new one.

    Raises:
        NotVisible: there is no such object.
    """
    obj = _object(actor, entry)
    rows = Finding.objects.visible_to(actor).filter(rule_id=rule_of(entry), object=obj, about=about_of(entry))
    return rows.filter(activity="ongoing").select_related("object").first()


def rule_of(entry: Entry) -> str:
    """What stands for a rule in the dedupe key of a report."""
    return f"{entry.source.value}.{entry.kind}"


def about_of(entry: Entry) -> str:
    """Which part or place a report is about: the part in words, else the place.

    >>> from datetime import UTC
    >>> seen_at = datetime(2025, 1, 1, tzinfo=UTC)
    >>> about_of(Entry(Source.PATROL, "patrol_problem", seen_at, "x", lon=114.30551, lat=30.5928))
    '30.593,114.306'
    """
    if entry.part.strip():
        return entry.part.strip()
    if entry.object_id is not None:
        return ""
    if entry.lon is not None and entry.lat is not None:
        return f"{entry.lat:.{PLACE_DIGITS}f},{entry.lon:.{PLACE_DIGITS}f}"
    return hashlib.sha256("".join(entry.place.split()).encode()).hexdigest()[:16]


def _checked(at: datetime, entry: Entry) -> FindingKind:
    kind = finding_kind(entry.kind)
    if entry.source.value not in kind.entry:
        raise InvalidInput(
            f"{entry.kind} is not entered under {entry.source.value}",
            field="kind",
            remedy=f"sources of this kind: {', '.join(kind.entry) or 'none, rules find it'}",
        )
    if entry.seen_at.tzinfo is None:
        raise InvalidInput("the time needs an offset", field="seen_at", remedy="write the time with +08:00")
    if entry.seen_at > at + AHEAD:
        raise InvalidInput("it was seen in the future", field="seen_at", remedy="give the time at which it was seen")
    for name, text, most in (("description", entry.description, LONGEST_TEXT), ("place", entry.place, NAME)):
        if len(text) > most:
            raise InvalidInput(f"longer than {most} characters", field=name, remedy="say it shorter")
    if not entry.description.strip():
        raise InvalidInput("the description is empty", field="description", remedy="say what was seen")
    _check_place(entry)
    return kind


def _check_place(entry: Entry) -> None:
    if (entry.lon is None) != (entry.lat is None):
        raise InvalidInput("a point has both longitude and latitude", field="lon", remedy="give both or neither")
    if entry.object_id is None and not entry.region_code:
        raise InvalidInput(
            "no object and no region", field="object", remedy="choose an object, or a region and a place"
        )
    if entry.object_id is None and not entry.place.strip() and entry.lon is None:
        raise InvalidInput("the place is empty", field="place", remedy="say where, or give a point")


def _object(actor: Actor, entry: Entry) -> RegistryObject:
    rows = RegistryObject.objects.visible_to(actor)
    found = (
        rows.filter(pk=entry.object_id).first()
        if entry.object_id is not None
        else rows.filter(type=ObjectType.REGION, code=entry.region_code).first()
    )
    if found is None:
        what = f"object {entry.object_id}" if entry.object_id is not None else f"region {entry.region_code}"
        raise NotVisible(f"there is no {what}", field="object", remedy="see the register")
    return found


def _hit(actor: Actor, entry: Entry, kind: FindingKind, obj: RegistryObject) -> Hit:
    text = entry.description.strip()
    detail = {
        **{str(name): value for name, value in entry.more.items()},
        "description": text,
        "explanation_zh": text,
        "explanation_en": text,
        "reference": entry.reference.strip(),
        "place": entry.place.strip(),
        "standard": entry.standard.strip() or kind.standard,
        "clause": entry.clause.strip() or kind.clause,
        "rule_row": kind.row_id,
        "rule_label_zh": kind.label_zh,
        "rule_label_en": kind.label_en,
        "confidence": kind.confidence,
        "entered_by": actor.username,
    }
    return Hit(
        kind=kind.kind,
        rule_id=rule_of(entry),
        rule_version="",
        source=entry.source,
        object=obj,
        about=about_of(entry),
        period_start=entry.seen_at,
        severity=kind.severity if entry.severity is None else entry.severity,
        detail=detail,
        place=entry.place.strip(),
        lon=entry.lon,
        lat=entry.lat,
        entered_by=actor.username,
    )


def _refuse_twice(hit: Hit) -> None:
    same = FindingHit.objects.filter(
        finding__rule_id=hit.rule_id,
        finding__object=hit.object,
        finding__about=hit.about,
        period_start=hit.period_start,
    ).select_related("finding")
    known = same.first()
    if known is not None and known.detail.get("description") != hit.detail["description"]:
        raise Conflict(
            f"{known.finding.number} has another report of that very time",
            field="seen_at",
            remedy="name the part that it is about, or give the exact time",
        )
