"""Verb: copy all evidence from one store to another, check it there, and write it into the custody logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.evidence.custody import log_custody
from qingtian.apps.evidence.models import CustodyAct, EvidenceItem
from qingtian.apps.evidence.storage.port import ContentStore, digest_in
from qingtian.apps.evidence.subjects import Subject, SubjectKind
from qingtian.domain.errors import Conflict


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move did.

    Args:
        files: files of evidence.
        copied: of them, those that the other store did not hold yet.
    """

    files: int
    copied: int


def move_evidence(
    actor: Actor,
    at: datetime,
    source: ContentStore,
    target: ContentStore,
    *,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Moved:
    """Copy every file; nothing is removed from the old store. Goes on where it stopped when run again.

    Args:
        progress: told (files done, files in all).
    Raises:
        NotPermitted; Conflict when a file is missing or changed in the old store, before it is copied.
    """
    require_in_city(actor, Verb.MOVE_EVIDENCE)
    hashes = list(
        EvidenceItem.objects.exclude(sha256="").order_by("sha256").values_list("sha256", flat=True).distinct()
    )
    held = {sha256 for sha256, _ in target.list()}
    copied: set[str] = set()
    for done, sha256 in enumerate(hashes, start=1):
        if sha256 not in held:
            _copy(sha256, source, target)
            copied.add(sha256)
        progress(done, len(hashes))
    _write_down(actor, at, copied, source, target)
    return Moved(len(hashes), len(copied))


def _copy(sha256: str, source: ContentStore, target: ContentStore) -> None:
    if digest_in(source, sha256) != sha256:
        raise Conflict(
            f"{sha256[:12]} is missing or changed in {source.place}", field="evidence", remedy="restore it first"
        )
    with source.open(sha256) as file:
        stored = target.put(file)
    if digest_in(target, stored.sha256) != sha256:
        raise Conflict(f"{sha256[:12]} did not arrive in {target.place}", field="evidence", remedy="look at the store")


def _write_down(actor: Actor, at: datetime, copied: set[str], source: ContentStore, target: ContentStore) -> None:
    rows = EvidenceItem.objects.filter(sha256__in=copied).values_list("subject_kind", "subject_id")
    for (kind, subject_id), files in sorted(Counter(rows).items()):
        detail = {"files": files, "from": source.place, "to": target.place}
        log_custody(actor, at, Subject(SubjectKind(kind), subject_id), CustodyAct.MOVED, detail=detail)
