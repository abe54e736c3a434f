"""A report while it is written, step by step: no part of the governance state, and forgotten after two hours."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Length

from qingtian.apps.citizens.actions.report_problem import MOST_PHOTOS, Photo, check_photo
from qingtian.apps.citizens.flood import Visit, check_drafts
from qingtian.apps.citizens.models import DraftPhoto, ReportDraft
from qingtian.domain.errors import InvalidInput

KEPT = timedelta(hours=2)
KEY_BYTES = 24


def begin(visit: Visit) -> tuple[ReportDraft, str]:
    """A new draft and the key that opens it; drafts that were left are forgotten on the way.

    Raises:
        TooMany: this sender began too many within the hour.
    """
    check_drafts(visit)
    ReportDraft.objects.filter(began_at__lt=visit.real_at - KEPT).delete()
    key = secrets.token_urlsafe(KEY_BYTES)
    return ReportDraft.objects.create(key_hash=_hash(key), sender=visit.sender, began_at=visit.real_at), key


def opened(key: str, real_at: datetime) -> ReportDraft | None:
    """The draft of a key; None when there is none any more."""
    return drafts_of(key, real_at).first() if key else None


def drafts_of(key: str, real_at: datetime) -> QuerySet[ReportDraft]:
    """The one draft of a key, or none."""
    return ReportDraft.objects.filter(key_hash=_hash(key), began_at__gte=real_at - KEPT)


def keep(draft: ReportDraft, **values: Any) -> None:
    """Remember what a step asked."""
    draft.form = draft.form | values
    draft.save(update_fields=["form"])


def add_photo(draft: ReportDraft, photo: Photo) -> None:
    """Remember a photo; the same one twice is one.

    Raises:
        InvalidInput: it is none, it is too large, or there are enough.
    """
    check_photo(photo)
    digest = hashlib.sha256(photo.content).hexdigest()
    if draft.photos.filter(sha256=digest).exists():
        return
    if draft.photos.count() >= MOST_PHOTOS:
        raise InvalidInput(
            f"at most {MOST_PHOTOS} photos", field="photo", remedy="choose the clearest ones", reason="many"
        )
    DraftPhoto.objects.create(draft=draft, media_type=photo.media_type, sha256=digest, content=photo.content)


def drop_photos(draft: ReportDraft) -> None:
    """Forget the photos of a draft."""
    draft.photos.all().delete()


def photos(draft: ReportDraft) -> tuple[Photo, ...]:
    """The photos of a draft in the order of their coming."""
    return tuple(Photo(one.media_type, bytes(one.content)) for one in draft.photos.all())


def photos_told(draft: ReportDraft) -> list[Mapping[str, int]]:
    """Sizes of the photos in kB, without reading them."""
    rows = draft.photos.annotate(size=Length("content")).values_list("size", flat=True)
    return [{"kb": max(1, round(size / 1024))} for size in rows]


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
