"""Lists of evidence across subjects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.evidence.models import DailyRoot, EvidenceItem, EvidenceKind
from qingtian.apps.evidence.subjects import SubjectKind


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which items.

    Args:
        object: code of the object that they are about.
        added_since, added_until: half-open.
        text: part of a title, file name, hash or name of a person.
    """

    subject_kind: SubjectKind | None = None
    kind: EvidenceKind | None = None
    object: str | None = None
    added_since: datetime | None = None
    added_until: datetime | None = None
    text: str | None = None


def search(actor: Actor, wanted: Criteria) -> QuerySet[EvidenceItem]:
    """Items that match and that the actor may see, newest first."""
    rows = EvidenceItem.objects.visible_to(actor).select_related("object").order_by("-added_at", "-pk")
    if wanted.subject_kind is not None:
        rows = rows.filter(subject_kind=wanted.subject_kind)
    if wanted.kind is not None:
        rows = rows.filter(kind=wanted.kind)
    if wanted.object:
        rows = rows.filter(object__code=wanted.object)
    if wanted.added_since is not None:
        rows = rows.filter(added_at__gte=wanted.added_since)
    if wanted.added_until is not None:
        rows = rows.filter(added_at__lt=wanted.added_until)
    if text := (wanted.text or "").strip():
        names = (
            "title__icontains",
            "file_name__icontains",
            "sha256__startswith",
            "hash__startswith",
            "added_by__icontains",
        )
        match = Q(pk__in=[])
        for name in names:
            match |= Q(**{name: text})
        rows = rows.filter(match)
    return rows


def daily_roots() -> QuerySet[DailyRoot]:
    """All daily roots, newest first: they are made to be shown to anybody."""
    return DailyRoot.objects.prefetch_related("receipts").order_by("-number")
