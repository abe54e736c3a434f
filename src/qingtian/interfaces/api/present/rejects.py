"""The journal of rejected frames as pages show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.registry.held_frames import journal_for, readmission, readmissions
from qingtian.apps.registry.models import FrameReadmission, ObjectType, RegistryObject
from qingtian.domain.errors import InvalidInput, NotVisible
from qingtian.domain.hj212 import decode
from qingtian.interfaces.api.paging import PageQuery, paged_rows
from qingtian.interfaces.api.present.exports import MAX_ROWS, answer
from qingtian.interfaces.api.present.frame_raw import masked, parts_of
from qingtian.interfaces.api.present.frames import archive, id_of
from qingtian.interfaces.api.reject_filters import ReadmissionFilters, RejectExport, RejectFilters
from qingtian.interfaces.api.schemas.rejects import (
    ReadmissionOut,
    ReadmissionPage,
    ReasonOut,
    ReasonTally,
    RejectDetail,
    RejectPage,
    RejectRow,
    RejectSummary,
    StillOut,
    TallyOut,
)
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.telemetry.rejects.journal import Reject, Wanted
from qingtian.telemetry.rejects.readmitting import LOST
from qingtian.telemetry.rejects.reasons import GROUP_WORDS, WORDS, RejectReason, known_reason

MOST_DEVICES = 50
SORTS = ("received_at", "-received_at")
LOST_WORDS = ("档案中找不到原始报文", "the archive does not hold the frame")
COLUMNS: Mapping[str, Callable[[RejectRow], object]] = {
    "received_at": lambda one: one.received_at,
    "mn": lambda one: one.mn,
    "registered": lambda one: one.registered,
    "reason": lambda one: one.reason.code,
    "reason_zh": lambda one: one.reason.zh,
    "reason_en": lambda one: one.reason.en,
    "remedy_zh": lambda one: one.reason.remedy_zh,
    "remedy_en": lambda one: one.reason.remedy_en,
    "detail": lambda one: one.detail,
    "peer": lambda one: one.peer,
    "sha256": lambda one: one.sha256,
    "frame": lambda one: one.frame,
    "settled_at": lambda one: one.settled_at,
}


def reject_page(actor: Actor, filters: RejectFilters) -> RejectPage:
    """A page of the journal, newest first."""
    journal, wanted = journal_for(actor, telemetry_store()), wanted_of(filters)
    oldest_first = _order(filters)
    rows = journal.page(
        wanted, limit=filters.page_size, offset=(filters.page - 1) * filters.page_size, oldest_first=oldest_first
    )
    return RejectPage(
        items=reject_rows(rows), total=journal.count(wanted), page=filters.page, page_size=filters.page_size
    )


def reject_summary(actor: Actor, filters: RejectFilters) -> RejectSummary:
    """How many, by reason and by device."""
    journal, wanted = journal_for(actor, telemetry_store()), wanted_of(filters)
    by_reason = journal.by_reason(wanted)
    return RejectSummary(
        frames=sum(one.frames for one in by_reason),
        by_reason=[
            ReasonTally(
                reason=reason_out(RejectReason(one.key)),
                frames=one.frames,
                first_at=one.first_at,
                last_at=one.last_at,
            )
            for one in by_reason
        ],
        by_mn=[
            TallyOut(key=one.key, frames=one.frames, first_at=one.first_at, last_at=one.last_at)
            for one in journal.by_mn(wanted, limit=MOST_DEVICES)
        ],
        reasons=[reason_out(reason) for reason in RejectReason],
    )


def reject_detail(actor: Actor, sha256: str) -> RejectDetail:
    """One frame by its hash, with its bytes.

    Raises:
        NotVisible: no frame with this hash was rejected.
    """
    rows = journal_for(actor, telemetry_store()).of_frame(sha256)
    if not rows:
        raise NotVisible(
            f"no rejected frame has the hash {sha256[:64]}", field="sha256", remedy="choose one from the list"
        )
    raw, intact = _bytes_of(rows)
    safe = masked(raw)
    return RejectDetail(
        rows=reject_rows(rows),
        parts=parts_of(raw, decode(raw)) if intact else [],
        hex=safe.hex(),
        bytes=len(raw),
        intact=intact,
    )


def rejects_csv(actor: Actor, now: datetime, filters: RejectExport) -> HttpResponse:
    """Every frame that matches, oldest first.

    Raises:
        InvalidInput: more match than a file may hold.
    """
    journal, wanted = journal_for(actor, telemetry_store()), wanted_of(filters)
    if journal.count(wanted) > MAX_ROWS:
        raise InvalidInput(
            f"more than {MAX_ROWS} rows match", field="since", remedy="narrow the filters, or export in parts"
        )
    rows = reject_rows(list(journal.each(wanted, most=MAX_ROWS)))
    return answer("rejects", now, COLUMNS, rows, bom=filters.bom)


def reject_rows(rows: Sequence[Reject]) -> list[RejectRow]:
    """Lines of the journal."""
    known = registered({one.mn for one in rows})
    return [
        RejectRow(
            frame=id_of(one.place),
            sha256=one.frame_hash,
            received_at=one.received_at,
            mn=one.mn,
            registered=one.mn in known,
            peer=one.peer,
            reason=reason_out(one.reason),
            detail=one.detail,
            settled_at=one.settled_at,
        )
        for one in rows
    ]


def reason_out(reason: RejectReason) -> ReasonOut:
    """A reason in words."""
    said = WORDS[reason]
    group_zh, group_en = GROUP_WORDS[said.group]
    return ReasonOut(
        code=reason.value,
        group=said.group.value,
        group_zh=group_zh,
        group_en=group_en,
        zh=said.zh,
        en=said.en,
        remedy_zh=said.remedy_zh,
        remedy_en=said.remedy_en,
        answered=said.answered,
    )


def readmission_page(actor: Actor, filters: ReadmissionFilters) -> ReadmissionPage:
    """Orders, newest first."""
    rows = readmissions(actor)
    if filters.mn:
        rows = rows.filter(mn=filters.mn)
    found, total = paged_rows(rows, filters, {"asked_at": "asked_at"})
    return ReadmissionPage(
        items=[readmission_out(one) for one in found], total=total, page=filters.page, page_size=filters.page_size
    )


def one_readmission(actor: Actor, order_id: int) -> ReadmissionOut:
    """One order, to watch it."""
    return readmission_out(readmission(actor, order_id))


def readmission_out(row: FrameReadmission) -> ReadmissionOut:
    """An order as pages show it."""
    return ReadmissionOut(
        id=row.pk,
        mn=row.mn,
        reasons=row.reasons,
        why=row.why,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        state="done" if row.state == "done" else "waiting",
        ended_at=row.ended_at,
        frames=row.frames,
        taken=row.taken,
        values_new=row.values_new,
        still_out=[_still_out(code, frames) for code, frames in sorted(row.still_out.items())],
        error=row.error,
    )


def registered(mns: Iterable[str]) -> frozenset[str]:
    """Which of some MN are registered."""
    found = RegistryObject.objects.filter(type=ObjectType.DEVICE, code__in=sorted(mns)).values_list("code", flat=True)
    return frozenset(found)


def wanted_of(filters: RejectFilters) -> Wanted:
    """The filters as the journal takes them."""
    return Wanted(
        reasons=tuple(filters.reason or ()),
        group=filters.group,
        mn=filters.mn,
        since=filters.since,
        until=filters.until,
        settled=filters.settled,
        peer=filters.address,
        text=filters.q or "",
    )


def _order(query: PageQuery) -> bool:
    if query.sort is not None and query.sort not in SORTS:
        raise InvalidInput(f"cannot sort by {query.sort}", field="sort", remedy="received_at; - turns the order")
    return query.sort == "received_at"


def _bytes_of(rows: Sequence[Reject]) -> tuple[bytes, bool]:
    for row in rows:
        try:
            record = archive().read(row.place.segment, row.place.offset)
        except NotVisible:
            continue
        if record.sha256 == row.frame_hash:
            return record.raw, True
    return b"", False


def _still_out(code: str, frames: int) -> StillOut:
    reason = known_reason(code)
    zh, en = LOST_WORDS if code == LOST or reason is None else (WORDS[reason].zh, WORDS[reason].en)
    return StillOut(code=code, zh=zh, en=en, frames=frames)
