"""The evidence of a subject as one file: items, chain, time line, and a verifier that needs nothing but Python."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from datetime import datetime
from importlib.resources import files
from typing import Any, BinaryIO

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.evidence.chain import chain_of
from qingtian.apps.evidence.content_store import content_store
from qingtian.apps.evidence.models import EvidenceItem
from qingtian.apps.evidence.queries import verify_evidence
from qingtian.apps.evidence.subjects import Subject, SubjectFacts, facts_of
from qingtian.apps.journal.queries import history
from qingtian.apps.journal.record import SHANGHAI, event_record
from qingtian.domain.errors import Conflict

FORMAT = "qingtian-evidence-1"
README = """证据包 / Evidence package {number}

chain.json     每项证据的记录与哈希链 / every item's record and the hash chain
timeline.json  案件经过（日志摘录）/ what happened to the case, from the journal
files/         证据原件 / the evidence, byte for byte
verify.py      校验：python3 verify.py / check it: python3 verify.py
"""


def write_package(actor: Actor, at: datetime, subject: Subject, target: BinaryIO) -> int:
    """Write the evidence of a subject as a ZIP file.

    Args:
        at: city time, stated in the package.
        target: an open binary file.
    Returns:
        How many items it holds.
    Raises:
        NotVisible: the actor may not see the subject.
        Conflict: the evidence is not as it was; names the first break.
    """
    facts = facts_of(actor, subject)
    report = verify_evidence(actor, subject)
    if not report.intact:
        raise Conflict(
            f"item {report.first_break} of {facts.number} is not as it was",
            field="evidence",
            remedy="restore it from the backup before it leaves the house",
        )
    items = list(chain_of(subject))
    store = content_store()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("README.txt", README.format(number=facts.number))
        package.writestr("chain.json", _json(_chain(actor, at, facts, items)))
        package.writestr("timeline.json", _json(_timeline(subject)))
        package.writestr("verify.py", files(__package__).joinpath("verifier.py").read_text("utf-8"))
        for item in items:
            if item.sha256:
                package.write(store.path_of(item.sha256), _name(item))
    return len(items)


def _chain(actor: Actor, at: datetime, facts: SubjectFacts, items: Iterable[EvidenceItem]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        facts.subject.kind.value: facts.number,
        "title": facts.title_zh,
        "simulated": facts.simulated,
        "exported_at": at.astimezone(SHANGHAI).isoformat(),
        "exported_by": actor.username,
        "items": [
            {
                "record": item.record,
                "prev_hash": item.prev_hash,
                "hash": item.hash,
                "file": _name(item) if item.sha256 else None,
            }
            for item in items
        ],
    }


def _timeline(subject: Subject) -> list[dict[str, Any]]:
    events = history(subject.kind.value, subject.id)
    return [{**event_record(event), "prev_hash": event.prev_hash, "hash": event.hash} for event in events]


def _name(item: EvidenceItem) -> str:
    # The position keeps equal names apart; the name itself was cut to its last part when it came in.
    return f"files/{item.position:03d}-{item.file_name or item.sha256[:12]}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
