"""Evidence items, their bytes and their check."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from typing import BinaryIO, cast

from django.http import FileResponse
from ninja.files import UploadedFile

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.evidence.actions.attach_observation import attach_observation
from qingtian.apps.evidence.models import EvidenceItem
from qingtian.apps.evidence.package import write_package
from qingtian.apps.evidence.queries import EvidenceReport, open_content
from qingtian.apps.evidence.subjects import Subject, SubjectKind, facts_of
from qingtian.apps.registry.listing import visible_site
from qingtian.domain.errors import InvalidInput, NotVisible
from qingtian.interfaces.api.present.frames import archive
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.cases import (
    EvidenceOut,
    EvidenceReportOut,
    ItemCheckOut,
    ObservationRef,
)
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.telemetry.store import Cycle, Observation

# Only what cannot run scripts in our origin is shown; everything else is saved to a file.
SHOWN_INLINE = frozenset({"application/pdf", "image/jpeg", "image/png", "image/webp", "video/mp4", "audio/mpeg"})


def evidence_out(item: EvidenceItem, names: PlaceNames | None = None) -> EvidenceOut:
    """One item."""
    place = None
    if item.object is not None:
        place = (names or PlaceNames([item.object])).place(item.object)
    return EvidenceOut(
        id=item.pk,
        position=item.position,
        kind=item.kind,
        title=item.title,
        file_name=item.file_name,
        media_type=item.media_type,
        size=item.size,
        sha256=item.sha256,
        sm3=item.sm3,
        redaction_of=item.record.get("redaction_of"),
        hash=item.hash,
        prev_hash=item.prev_hash,
        origin=item.origin,
        captured_at=item.captured_at,
        captured_by=item.captured_by,
        added_at=item.added_at,
        added_by=item.added_by,
        object=place,
        record=item.record,
        content_url=_content_url(item),
        simulated=item.simulated,
    )


def _content_url(item: EvidenceItem) -> str:
    if not item.sha256:
        return ""
    if item.subject_kind == SubjectKind.CASE:
        return f"/api/v1/cases/{item.subject_id}/evidence/{item.pk}/content"
    return f"/api/v1/evidence/{item.subject_kind}/{item.subject_id}/items/{item.pk}/content"


def report_out(report: EvidenceReport) -> EvidenceReportOut:
    """The check of all evidence of a subject."""
    return EvidenceReportOut(
        case=report.number,
        intact=report.intact,
        custody_break=report.custody_break,
        first_break=report.first_break,
        items=[
            ItemCheckOut(position=one.position, ok=one.ok, reason=one.reason, expected=one.expected, found=one.found)
            for one in report.items
        ],
    )


def binary(file: UploadedFile) -> BinaryIO:
    """The uploaded bytes as an open file."""
    return cast("BinaryIO", file.file)


def freeze(actor: Actor, at: datetime, subject: Subject, wanted: ObservationRef) -> EvidenceItem:
    """Freeze a stored value with its raw frame.

    Raises:
        NotVisible: the subject, the site or the value cannot be seen.
    """
    facts_of(actor, subject)
    row = _stored(actor, wanted)
    raw = archive().read(row.segment, row.frame_offset).raw if row.segment else None
    return attach_observation(actor, at, subject, row, raw_frame=raw)


def content(actor: Actor, at: datetime, subject: Subject, item_id: int) -> FileResponse:
    """The bytes of an item, under the name and type they were frozen with."""
    item, file = open_content(actor, at, subject, item_id)
    inline = item.media_type in SHOWN_INLINE
    response = FileResponse(
        file,
        as_attachment=not inline,
        filename=item.file_name or f"{item.sha256[:12]}",
        content_type=item.media_type,
    )
    response["Content-Length"] = str(item.size)
    response["X-Content-SHA256"] = item.sha256
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def package(actor: Actor, at: datetime, subject: Subject, *, originals: bool = True) -> FileResponse:
    """All evidence of a subject as one ZIP file.

    Raises:
        NotVisible: the subject cannot be seen.
        Conflict: the evidence is not as it was.
    """
    number = facts_of(actor, subject).number
    target = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    try:
        written = write_package(actor, at, subject, target, originals=originals)
    except BaseException:
        target.close()
        raise
    target.seek(0)
    response = FileResponse(target, as_attachment=True, filename=f"{number}.zip", content_type="application/zip")
    response["X-Package-SHA256"] = written.sha256
    return response


def _stored(actor: Actor, wanted: ObservationRef) -> Observation:
    if visible_site(actor, wanted.site) is None:
        raise NotVisible(f"there is no site {wanted.site}", field="observation.site", remedy="choose a registered one")
    if wanted.cycle not in set(Cycle):
        raise InvalidInput(
            f"there is no cycle {wanted.cycle}", field="observation.cycle", remedy=f"one of {', '.join(Cycle)}"
        )
    start = wanted.period_start
    rows = telemetry_store().window(
        Cycle(wanted.cycle),
        start,
        start + timedelta(seconds=1),
        sites=[wanted.site],
        pollutants=[wanted.pollutant],
    )
    if not rows:
        raise NotVisible(
            f"there is no value of {wanted.pollutant} at {wanted.site} for {start.isoformat()}",
            field="observation.period_start",
            remedy="choose a period of the series",
        )
    return rows[0]
