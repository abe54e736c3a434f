"""Verb: take the record of a visit, and the step of the procedure that follows from it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.permissions import Verb
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import template_of, visible_case
from qingtian.apps.cases.rights import may_work, require_on
from qingtian.apps.evidence.chain import Draft, append_item, chain_of
from qingtian.apps.evidence.content_store import content_store
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.storage.port import Stored
from qingtian.apps.evidence.subjects import locked_for, of_case
from qingtian.apps.fieldwork.models import SendingKind
from qingtian.apps.fieldwork.once import Parcel, Taken, answered, check_parcel, digest_of, keep
from qingtian.apps.fieldwork.queries import items_of, lists_of, may_visit
from qingtian.apps.fieldwork.spot import Spot, told_of
from qingtian.apps.journal.queries import history
from qingtian.apps.journal.record import SHANGHAI, record, writing
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.domain.evidence import canonical_json
from qingtian.domain.fieldwork import (
    Answer,
    CheckItem,
    Checklist,
    Heard,
    Signing,
    check_signing,
    checked_answers,
    true_time,
)

FORMAT = "qingtian-site-record-1"
SHOWN_CHANGES = 10  # of what happened meanwhile


class CaseMoved(Conflict):
    """The case is no longer as the phone took it along."""

    code = "case_moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDraft:
    """The step that follows from the visit."""

    to: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitDraft:
    """A visit as the phone wrote it down.

    Args:
        revision: of the case, as the inspector saw it.
        seen_at: when that was.
        began_at, ended_at: by the clock of the phone.
        inspectors: usernames of all who were there, the sender among them.
        answers: by line of the checklist: `value`, `note`.
        media: hash of each file of the visit -> the line that it shows, or empty.
        signatures: username, or `party` -> hash of the signature.
        text: what was found, in words.
        party_name, party_says: who was there for the party, and what was said.
        unsigned_reason: why the party did not sign.
    """

    revision: int
    seen_at: datetime
    began_at: datetime
    ended_at: datetime
    inspectors: tuple[str, ...]
    answers: Mapping[str, Mapping[str, Any]]
    media: Mapping[str, str]
    signatures: Mapping[str, str]
    text: str
    party_name: str = ""
    party_says: str = ""
    unsigned_reason: str = ""
    spot: Spot | None = None
    step: StepDraft | None = None


def send_record(actor: Actor, at: datetime, case_id: int, parcel: Parcel, draft: VisitDraft) -> Taken:
    """Freeze the record of a visit as evidence `site_record`, take the step, remember the sending; all or nothing.

    A case that changed since the phone took it along is never overwritten: the sender is told what changed and sends
    again with the new revision, or does not.

    Raises:
        NotVisible, NotPermitted, InvalidInput; CaseMoved: `params` say how it is now; TransitionRefused: of the step.
    """
    check_parcel(parcel)
    digest = digest_of(_sent(case_id, draft))
    with writing():
        case = visible_case(actor, case_id, lock=True)
        role = require_on(actor, Verb.RECORD_VISIT, case)
        if (first := answered(actor, parcel, digest)) is not None:
            return first
        may_work(case)
        _refuse_moved(case, draft)
        heard, made = _times(parcel, draft, at)
        content = _content(actor, case, draft, heard)
        item = _freeze(actor, at, case, content, parcel, draft, heard)
        told = {"number": case.number, "position": item.position, "inspectors": content["inspectors"]}
        told |= {"problems": content["problems"], "media": len(draft.media), "place": item.record["field"]["place"]}
        record(actor, at, "case.visited", case, told, role=role)
        if draft.step is not None:
            move_case(actor, at, case_id, draft.step.to, fields=draft.step.fields, reason=draft.step.reason)
        return keep(
            actor,
            at,
            parcel,
            kind=SendingKind.RECORD,
            digest=digest,
            item=item,
            made_at=made.at,
            more=lambda: _after(case_id, draft),
        )


def _times(parcel: Parcel, draft: VisitDraft, at: datetime) -> tuple[Heard, Heard]:
    if draft.ended_at < draft.began_at:
        raise InvalidInput("the visit ends before it begins", field="ended_at", remedy="check both times")
    return true_time(draft.ended_at, parcel.clock_at, at), true_time(parcel.made_at, parcel.clock_at, at)


def _refuse_moved(case: Case, draft: VisitDraft) -> None:
    if case.revision == draft.revision:
        return
    state = template_of(case).state(case.state)
    # Files that arrive move nothing; the sender's own are among them.
    events = history("case", case.pk).filter(at__gt=draft.seen_at).exclude(type="case.evidence_added")
    raise CaseMoved(
        f"{case.number} has changed since it was taken along",
        field="revision",
        remedy="look at what changed, then send again with the new revision, or not",
        number=case.number,
        seen=draft.revision,
        revision=case.revision,
        state=case.state,
        state_zh=state.label_zh,
        state_en=state.label_en,
        changes=[
            {"type": one.type, "at": one.at.astimezone(SHANGHAI).isoformat(timespec="seconds"), "actor": one.actor}
            for one in events.order_by("seq")[:SHOWN_CHANGES]
        ],
    )


def _content(actor: Actor, case: Case, draft: VisitDraft, heard: Heard) -> dict[str, Any]:
    """The record as it is frozen."""
    on = heard.at.astimezone(SHANGHAI).date()
    lists, items = lists_of(case, on), items_of(case, on)
    held = _held(case, draft)
    answers = checked_answers(items, draft.answers, pictured={line for line in draft.media.values() if line})
    if not draft.text.strip():
        raise InvalidInput("what was found is missing", field="text", remedy="say it in words")
    people = _people(actor, case, draft, least=max((one.inspectors for one in lists), default=1))
    first = people[0]
    return {
        "text": draft.text.strip(),
        "by": first["name"],
        "card": first["card"],
        "on": on.isoformat(),
        "inspectors": people,
        "began_at": _iso(draft.began_at + heard.offset),
        "ended_at": _iso(heard.at),
        "party_present": draft.party_name.strip(),
        "party_says": draft.party_says.strip(),
        "unsigned_reason": draft.unsigned_reason.strip(),
        "signatures": [{"by": who, "position": held[sha]} for who, sha in sorted(draft.signatures.items())],
        "media": [{"position": held[sha], "sha256": sha, "line": line} for sha, line in draft.media.items()],
        "checklists": [one.checklist for one in lists],
        "answers": [_told(one, items, lists) for one in answers],
        "problems": sum(one.problem for one in answers),
    }


def _held(case: Case, draft: VisitDraft) -> dict[str, int]:
    """Place in the chain by hash; everything that the record speaks of must be there."""
    rows = chain_of(of_case(case.pk)).filter(sha256__in=[*draft.media, *draft.signatures.values()])
    held = {sha: (position, kind) for sha, position, kind in rows.values_list("sha256", "position", "kind")}
    for name, wanted in (("media", draft.media), ("signatures", draft.signatures.values())):
        if missing := sorted(set(wanted) - set(held)):
            raise InvalidInput(
                f"the file {missing[0]} has not arrived", field=name, remedy="send the files before the record"
            )
    if len(set(draft.signatures.values())) < len(draft.signatures):
        raise InvalidInput(
            "one file stands for two signatures", field="signatures", remedy="let everybody sign for himself"
        )
    if drawn := [sha for sha in draft.signatures.values() if held[sha][1] != EvidenceKind.SIGNATURE]:
        raise InvalidInput(f"{drawn[0]} is no signature", field="signatures", remedy="send it as a signature")
    return {sha: position for sha, (position, _) in held.items()}


def _people(actor: Actor, case: Case, draft: VisitDraft, *, least: int) -> list[dict[str, str]]:
    names = tuple(dict.fromkeys(draft.inspectors))
    if actor.username not in names:
        raise InvalidInput("the sender was not there", field="inspectors", remedy="name yourself")
    users = {user.username: user for user in User.objects.filter(username__in=names, is_active=True)}
    for name in names:
        if name not in users or not may_visit(users[name], case):
            raise InvalidInput(
                f"{name} is no inspector for {case.number}", field="inspectors", remedy="name a colleague who is"
            )
    cards = {name: users[name].card_number for name in names}
    check_signing(
        Signing(inspectors=cards, signed=draft.signatures, unsigned_reason=draft.unsigned_reason), least=least
    )
    return [
        {"username": name, "name": users[name].display_name or name, "card": cards[name]}
        for name in sorted(names, key=lambda name: name != actor.username)
    ]


def _told(answer: Answer, items: tuple[CheckItem, ...], lists: tuple[Checklist, ...]) -> dict[str, Any]:
    item = next(one for one in items if one.item == answer.item)
    label = next(one for one in lists if one.checklist == item.checklist)
    return {
        "list_zh": label.label_zh,
        "list_en": label.label_en,
        "line": item.item,
        "row": item.row_id,
        "text_zh": item.text_zh,
        "text_en": item.text_en,
        "value": answer.value,
        "unit": item.unit,
        "note": answer.note,
        "problem": answer.problem,
    }


def _freeze(
    actor: Actor,
    at: datetime,
    case: Case,
    content: Mapping[str, Any],
    parcel: Parcel,
    draft: VisitDraft,
    heard: Heard,
) -> EvidenceItem:
    facts, role = locked_for(actor, Verb.ATTACH_EVIDENCE, of_case(case.pk))
    document = {"format": FORMAT, "kind": EvidenceKind.SITE_RECORD.value, "case": case.number, "content": content}
    stored: Stored = content_store().put(io.BytesIO(canonical_json(document)))
    told = {"device": parcel.device, "key": parcel.key, **told_of(draft.spot, heard, _iso(draft.ended_at))}
    return append_item(
        actor,
        at,
        facts,
        Draft(
            kind=EvidenceKind.SITE_RECORD,
            media_type="application/json",
            file_name="site_record.json",
            title=f"site_record {content['on']} {content['by']}",
            origin="field",
            captured_at=heard.at,
            captured_by=actor.username,
            object=facts.object,
            extra={"content": json.loads(canonical_json(content)), "field": told},
        ),
        stored=stored,
        role=role or Role.INSPECTOR,
    )


def _after(case_id: int, draft: VisitDraft) -> dict[str, Any]:
    case = Case.objects.get(pk=case_id)
    return {
        "number": case.number,
        "state": case.state,
        "revision": case.revision,
        "step": draft.step.to if draft.step else "",
    }


def _sent(case_id: int, draft: VisitDraft) -> dict[str, Any]:
    # Not the revision: whoever has looked at what changed sends the same record again.
    return {
        "case": case_id,
        "began_at": _iso(draft.began_at),
        "ended_at": _iso(draft.ended_at),
        "inspectors": list(draft.inspectors),
        "answers": {line: dict(given) for line, given in draft.answers.items()},
        "media": dict(draft.media),
        "signatures": dict(draft.signatures),
        "text": draft.text,
        "party": [draft.party_name, draft.party_says, draft.unsigned_reason],
        "step": draft.step.to if draft.step else "",
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).isoformat()
