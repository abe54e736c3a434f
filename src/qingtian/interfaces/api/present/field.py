"""Work on site."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from ninja.files import UploadedFile

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.search import with_links
from qingtian.apps.evidence.media import ALLOWED
from qingtian.apps.fieldwork.actions.send_media import MediaDraft, send_media
from qingtian.apps.fieldwork.actions.send_record import StepDraft, VisitDraft, send_record
from qingtian.apps.fieldwork.models import Sending, SendingKind
from qingtian.apps.fieldwork.once import Parcel
from qingtian.apps.fieldwork.queries import Near, field_tasks, inspectors_for, is_mine, lists_of, sendings
from qingtian.apps.fieldwork.spot import Spot
from qingtian.apps.registry.veil import told_point
from qingtian.domain.errors import InvalidInput
from qingtian.domain.fieldwork import CheckItem, Checklist, metres_between
from qingtian.interfaces.api.field_filters import SendingFilters, TaskFilters
from qingtian.interfaces.api.paging import paged_rows
from qingtian.interfaces.api.present.cases import case_rows
from qingtian.interfaces.api.present.evidence import binary
from qingtian.interfaces.api.schemas.field import (
    CheckItemOut,
    ChecklistOut,
    ColleagueOut,
    FieldKitOut,
    FieldMediaIn,
    FieldTask,
    FieldTaskPage,
    ParcelIn,
    SendingPage,
    SendingRow,
    SentOut,
    VisitIn,
)
from qingtian.packs.checklists import check_items, checklists
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings

SORTABLE = {"due_at": "due_at", "severity": "severity", "number": "number"}


def task_page(actor: Actor, now: datetime, filters: TaskFilters) -> FieldTaskPage:
    """A page of tasks by deadline, or by distance where the place of the asker is given.

    Raises:
        InvalidInput: half a place.
    """
    near = _near(filters)
    page, total = paged_rows(
        with_links(field_tasks(actor, filters.whose, near)).select_related("object__parent"), filters, SORTABLE
    )
    shown = zip(page, case_rows(page, now), strict=True)
    on = now.astimezone(SHANGHAI).date()
    items = [
        FieldTask(
            case=row,
            revision=case.revision,
            mine=is_mine(actor, case),
            question=str(case.fields.get("question") or case.fields.get("problem") or ""),
            lon=lon,
            lat=lat,
            distance_m=_distance(near, lon, lat),
            checklists=[one.checklist for one in lists_of(case, on)],
        )
        for case, row in shown
        for lon, lat in (_point(case),)
    ]
    return FieldTaskPage(items=items, total=total, page=filters.page, page_size=filters.page_size)


def kit(actor: Actor, now: datetime) -> FieldKitOut:
    """Checklists in force and the inspectors who can be named."""
    on, region = now.astimezone(SHANGHAI).date(), get_settings().city_code
    return FieldKitOut(
        taken_at=now,
        checklists=[_list(one, check_items((one.checklist,), on, region)) for one in checklists(on, region)],
        inspectors=[
            ColleagueOut(
                username=one.username, display_name=one.name, display_name_en=one.name_en or one.name, card=one.card
            )
            for one in inspectors_for(actor)
        ],
        media_types=sorted(ALLOWED),
    )


def take_media(actor: Actor, now: datetime, case_id: int, file: UploadedFile, data: FieldMediaIn) -> SentOut:
    """Take a file that a phone made."""
    draft = MediaDraft(
        kind=data.kind,
        media_type=file.content_type or "",
        file_name=file.name or "",
        sha256=data.sha256,
        captured_at=data.captured_at,
        title=data.title,
        line=data.line,
        spot=_spot(data),
    )
    return SentOut(**send_media(actor, now, case_id, _parcel(data), binary(file), draft).answer)


def take_record(actor: Actor, now: datetime, case_id: int, data: VisitIn) -> SentOut:
    """Take the record of a visit."""
    step = StepDraft(to=data.step.to, fields=data.step.fields, reason=data.step.reason) if data.step else None
    draft = VisitDraft(
        revision=data.revision,
        seen_at=data.seen_at,
        began_at=data.began_at,
        ended_at=data.ended_at,
        inspectors=tuple(data.inspectors),
        answers={line: given.model_dump() for line, given in data.answers.items()},
        media={one.sha256: one.line for one in data.media},
        signatures={one.by: one.sha256 for one in data.signatures},
        text=data.text,
        party_name=data.party_name,
        party_says=data.party_says,
        unsigned_reason=data.unsigned_reason,
        spot=_spot(data),
        step=step,
    )
    return SentOut(**send_record(actor, now, case_id, _parcel(data), draft).answer)


def sending_page(actor: Actor, filters: SendingFilters) -> SendingPage:
    """What the asker's phones have sent, the newest first."""
    rows = sendings(actor)
    if filters.case is not None:
        rows = rows.filter(case_id=filters.case)
    if filters.device:
        rows = rows.filter(device=filters.device)
    page, total = paged_rows(rows, filters, {"received_at": "received_at", "place": "place"})
    return SendingPage(
        items=[_sending(one) for one in page], total=total, page=filters.page, page_size=filters.page_size
    )


def _sending(row: Sending) -> SendingRow:
    return SendingRow(
        id=row.pk,
        key=row.key,
        kind=SendingKind(row.kind),
        case_id=row.case_id,
        case_number=row.case.number,
        position=row.item.position,
        evidence_kind=row.item.kind,
        title=row.item.title,
        sha256=row.item.sha256,
        device=row.device,
        place=row.place,
        made_at=row.made_at,
        received_at=row.received_at,
    )


def _list(one: Checklist, items: tuple[CheckItem, ...]) -> ChecklistOut:
    return ChecklistOut(
        checklist=one.checklist,
        label_zh=one.label_zh,
        label_en=one.label_en,
        inspectors=one.inspectors,
        source=f"{one.standard} {one.clause}",
        items=[
            CheckItemOut(
                checklist=item.checklist,
                item=item.item,
                text_zh=item.text_zh,
                text_en=item.text_en,
                answer=item.answer,
                unit=item.unit,
                problem_on=item.problem_on,
                photo_on_problem=item.photo_on_problem,
                required=item.required,
                row=item.row_id,
            )
            for item in items
        ],
    )


def _near(filters: TaskFilters) -> Near | None:
    if filters.lon is None and filters.lat is None:
        return None
    if filters.lon is None or filters.lat is None:
        raise InvalidInput("half a place", field="lat" if filters.lat is None else "lon", remedy="give both")
    return Near(filters.lon, filters.lat)


def _point(case: Case) -> tuple[float | None, float | None]:
    place = case.object
    if place is not None and place.lon is None and place.parent is not None:
        place = place.parent
    return told_point(place) if place is not None else (case.lon, case.lat)


def _distance(near: Near | None, lon: float | None, lat: float | None) -> int | None:
    return None if near is None or lon is None or lat is None else metres_between(near.lon, near.lat, lon, lat)


def _parcel(data: ParcelIn) -> Parcel:
    return Parcel(key=data.key, device=data.device, place=data.place, made_at=data.made_at, clock_at=data.clock_at)


def _spot(data: ParcelIn) -> Spot | None:
    if data.lon is None or data.lat is None:
        return None
    return Spot(Decimal(data.lon), Decimal(data.lat), Decimal(data.accuracy_m or 0))
