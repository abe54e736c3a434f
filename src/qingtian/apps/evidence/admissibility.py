"""Whether the automatic values among the evidence of a subject may be evidence: read from its chain alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.evidence.chain import chain_of
from qingtian.apps.evidence.content_store import content_store
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.subjects import Subject, facts_of
from qingtian.apps.journal.record import SHANGHAI
from qingtian.apps.judgements.models import Judgement
from qingtian.domain.evidence import Admissibility, AutomaticValue, Calibration, Equipment, Sample, assess
from qingtian.packs.evidence import admissibility_rules
from qingtian.packs.rulebook import load_packs
from qingtian.runtime.settings import get_settings

PERIODS_S = {"minute": 60, "hour": 3600, "four_hour": 14_400, "day": 86_400}
VERDICTS = {"exceeds": True, "within": False}


@dataclass(frozen=True, slots=True)
class ItemAdmissibility:
    """The answer for one item.

    Args:
        position: of the observation.
    """

    position: int
    title: str
    answer: Admissibility

    def as_json(self) -> dict[str, Any]:
        """For answers, guards and packages."""
        return {
            "position": self.position,
            "title": self.title,
            "admissible": self.answer.admissible,
            "dismisses": self.answer.dismisses,
            "reasons": list(self.answer.reasons),
            "unmet": [one.as_json() for one in self.answer.unmet],
        }


def admissibility_of(actor: Actor, subject: Subject) -> list[ItemAdmissibility]:
    """Every automatic value of a subject that the actor may see, by the checklist in force on its day.

    Raises:
        NotVisible: the actor may not see the subject.
    """
    facts_of(actor, subject)
    return assessed(list(chain_of(subject).select_related("object")))


def auto_data_facts(subject: Subject) -> list[dict[str, Any]]:
    """The same for the guard `auto_data_admissible`; the caller has checked that the subject is visible."""
    return [one.as_json() for one in assessed(list(chain_of(subject).select_related("object")))]


def assessed(chain: list[EvidenceItem]) -> list[ItemAdmissibility]:
    """Every observation of a chain, in order."""
    observations = [item for item in chain if item.kind == EvidenceKind.OBSERVATION]
    corrected = _corrected(observations)
    found = []
    for item in observations:
        value = _value(item, chain, newest=item.pk not in corrected)
        rules = admissibility_rules(value.start.astimezone(SHANGHAI).date(), get_settings().city_code)
        found.append(ItemAdmissibility(item.position, item.title, assess(value, rules)))
    return found


def _value(item: EvidenceItem, chain: list[EvidenceItem], *, newest: bool) -> AutomaticValue:
    record = item.record
    start = datetime.fromisoformat(record["start"]).astimezone(SHANGHAI)
    limit = record.get("limit") or {}
    mark = load_packs().data_mark(record["mark"], start.date())
    return AutomaticValue(
        start=start,
        end=start + timedelta(seconds=record.get("period_s") or PERIODS_S.get(record["cycle"], 0)),
        value=None if record["value"] is None else Decimal(record["value"]),
        unit=record["unit"],
        parameter=record["param"],
        cycle=record["cycle"],
        mark=record["mark"],
        valid_mark=mark.effect == "valid",
        doubts=tuple(record.get("doubts", ())),
        frame_kept=_frame_kept(item),
        newest=newest and not _newer_in(chain, item),
        limit_cycle=limit.get("cycle", ""),
        exceeds=VERDICTS.get(limit.get("verdict", "")),
        equipment=_equipment(record.get("equipment") or {}, _contents(chain, EvidenceKind.EQUIPMENT)),
        calibrations=_calibrations(record.get("equipment") or {}, _contents(chain, EvidenceKind.CALIBRATION)),
        reviews=[(one.record["by"], one.record["result"] == "pass") for one in chain if _reviews(one, item)],
        informed=any(_about(one, item) for one in _contents(chain, EvidenceKind.RECEIPT)),
        video_offsets_s=[
            Decimal(one["clock_offset_s"]) for one in _contents(chain, EvidenceKind.VIDEO) if _about(one, item)
        ],
        samples=[_sample(one, limit) for one in _contents(chain, EvidenceKind.SAMPLE) if _same_place(one, item)],
    )


def _contents(chain: Iterable[EvidenceItem], kind: EvidenceKind) -> list[Mapping[str, Any]]:
    # A file of that kind proves nothing by itself: only written records have fields.
    return [one.record["content"] for one in chain if one.kind == kind and "content" in one.record]


def _about(content: Mapping[str, Any], item: EvidenceItem) -> bool:
    return content.get("of") in (None, item.position)


def _reviews(one: EvidenceItem, item: EvidenceItem) -> bool:
    return one.kind == EvidenceKind.REVIEW and one.record.get("of_hash") == item.hash


def _same_place(content: Mapping[str, Any], item: EvidenceItem) -> bool:
    return bool(content["site"] == item.record["object"] and content["param"] == item.record["param"])


def _sample(content: Mapping[str, Any], limit: Mapping[str, Any]) -> Sample:
    value = Decimal(content["value"])
    comparable = limit.get("value") is not None and limit.get("unit") == content["unit"]
    return Sample(
        start=datetime.fromisoformat(content["start"]),
        end=datetime.fromisoformat(content["end"]),
        value=value,
        unit=content["unit"],
        exceeds=value > Decimal(limit["value"]) if comparable else None,
    )


def _equipment(known: Mapping[str, Any], records: list[Mapping[str, Any]]) -> Equipment:
    # What was written into the chain later says more than the register did at that time.
    merged = dict(known)
    for one in records:
        merged |= one
    days = ("legal_review_on", "technical_review_on", "standard_until", "placement_checked_on", "signed_on")
    found = {name: _day(merged.get(name)) for name in (*days, "published_on")}
    return Equipment(standard=str(merged.get("standard") or ""), **found)


def _calibrations(known: Mapping[str, Any], records: list[Mapping[str, Any]]) -> list[Calibration]:
    found = []
    for one in (*known.get("calibrations", ()), *records):
        first, last = _day(one.get("done_on")), _day(one.get("valid_until"))
        if first is not None and last is not None:
            found.append(Calibration(first, last, one.get("result") == "pass"))
    return found


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def _frame_kept(item: EvidenceItem) -> bool:
    if "frame_kept" in item.record:
        return bool(item.record["frame_kept"])
    try:
        with content_store().open(item.sha256) as file:  # items from before that fact was written down
            return json.loads(file.read()).get("raw_frame_base64") is not None
    except (FileNotFoundError, ValueError):
        return False


def _newer_in(chain: list[EvidenceItem], item: EvidenceItem) -> bool:
    key = ("object", "param", "cycle", "start")
    mine = [item.record.get(name) for name in key]
    return any(
        one.kind == EvidenceKind.OBSERVATION
        and [one.record.get(name) for name in key] == mine
        and one.record["version"] > item.record["version"]
        for one in chain
    )


def _corrected(observations: list[EvidenceItem]) -> set[int]:
    """Items whose value was judged anew with another figure since they were frozen."""
    known = {item.pk: item.record["limit"] for item in observations if item.record.get("limit")}
    rows = Judgement.objects.filter(pk__in=[one["judgement"] for one in known.values()], superseded_by__isnull=False)
    old = {row.pk: row for row in rows}
    newest = _newest(old.values())
    return {
        pk
        for pk, limit in known.items()
        if (row := old.get(limit["judgement"])) is not None and newest.get(_key(row), row.value) != row.value
    }


def _newest(rows: Iterable[Judgement]) -> dict[tuple[Any, ...], Decimal | None]:
    keys = [_key(row) for row in rows]
    if not keys:
        return {}
    current = Judgement.objects.filter(
        object_id__in={one[0] for one in keys}, period_start__in={one[4] for one in keys}, superseded_by=None
    )
    return {_key(row): row.value for row in current}


def _key(row: Judgement) -> tuple[Any, ...]:
    return row.object_id, row.question, row.item, row.cycle, row.period_start
