"""Devices that send and are not registered, as pages show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.registry.actions.adopt_device import Adoption, adopt_device
from qingtian.apps.registry.held_frames import journal_for
from qingtian.apps.registry.models import ObjectType
from qingtian.domain.errors import InvalidInput, NotVisible
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.exports import MAX_ROWS, answer
from qingtian.interfaces.api.present.frames import archive
from qingtian.interfaces.api.present.rejects import readmission_out, reject_rows
from qingtian.interfaces.api.reject_filters import NewcomerExport, NewcomerFilters
from qingtian.interfaces.api.schemas.devices import SettingValue
from qingtian.interfaces.api.schemas.rejects import (
    AdoptIn,
    NewcomerDetail,
    NewcomerPage,
    NewcomerRow,
    ReadmissionOut,
    SentCodeOut,
)
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.ingest.loop import pack_unit
from qingtian.telemetry.newcomers import SAMPLES, Guess, SentCode, guess, sent_password
from qingtian.telemetry.rejects.journal import NewcomerLine, Reject, Wanted
from qingtian.telemetry.rejects.reasons import NEWCOMERS, is_default_mn
from qingtian.telemetry.spool import SpoolRecord

NEWEST = 10
COLUMNS: Mapping[str, Callable[[NewcomerRow], object]] = {
    "mn": lambda one: one.mn,
    "frames": lambda one: one.frames,
    "first_seen": lambda one: one.first_seen,
    "last_seen": lambda one: one.last_seen,
    "addresses": lambda one: " ".join(one.addresses),
    "address_count": lambda one: one.address_count,
    "factory_mn": lambda one: one.factory_mn,
}


def newcomer_page(actor: Actor, filters: NewcomerFilters) -> NewcomerPage:
    """Newcomers, the one heard last first."""
    if filters.sort is not None:
        raise InvalidInput("cannot be sorted", field="sort", remedy="the one heard last comes first")
    journal, wanted = journal_for(actor, telemetry_store()), _wanted(filters)
    lines = journal.newcomers(wanted, limit=filters.page_size, offset=(filters.page - 1) * filters.page_size)
    return NewcomerPage(
        items=[_row(line) for line in lines],
        total=journal.count_newcomers(wanted),
        page=filters.page,
        page_size=filters.page_size,
    )


def newcomers_csv(actor: Actor, now: datetime, filters: NewcomerExport) -> HttpResponse:
    """Newcomers as a file."""
    lines = journal_for(actor, telemetry_store()).newcomers(_wanted(filters), limit=MAX_ROWS)
    return answer("newcomers", now, COLUMNS, [_row(line) for line in lines], bom=filters.bom)


def newcomer_detail(actor: Actor, mn: str) -> NewcomerDetail:
    """What the kept frames of one newcomer tell.

    Raises:
        NotVisible: no unregistered device of this number is held.
    """
    line, held = _held(actor, mn)
    records = records_of(held)
    found = guess(records)
    return NewcomerDetail(
        **_row(line).model_dump(),
        looked_at=len(records),
        edition=found.edition,
        medium=found.medium.value,
        st=list(found.st),
        cycles=[cycle.value for cycle in found.cycles],
        minute_interval_s=found.minute_interval_s,
        realtime_interval_s=found.realtime_interval_s,
        encrypted=found.encrypted,
        has_password=found.has_password,
        wants_answer=found.wants_answer,
        codes=[_code(one) for one in found.codes],
        newest=reject_rows(held[:NEWEST]),
        settings=suggested(found),
        may_adopt=not is_default_mn(mn) and may(actor, Verb.REGISTER_OBJECT, region_code=get_settings().city_code),
    )


def adopt(actor: Actor, at: datetime, mn: str, data: AdoptIn) -> ReadmissionOut:
    """Register a newcomer; its kept frames follow.

    Raises:
        NotVisible, NotPermitted, InvalidInput, Conflict.
    """
    line, held = _held(actor, mn)
    settings = dict(data.settings)
    if data.password_as_sent and (password := sent_password(records_of(held))):
        settings["password"] = password
    order = adopt_device(
        actor,
        at,
        Adoption(
            mn=mn,
            name=data.name,
            name_en=data.name_en,
            site=(ObjectType(data.site_type), data.site),
            first_seen=line.first_at,
            settings=settings,
            simulated=data.simulated,
        ),
    )
    return readmission_out(order)


def suggested(found: Guess) -> dict[str, SettingValue]:
    """Settings that the form may begin with; what could not be told is left out."""
    settings: dict[str, SettingValue] = {"expects": [cycle.value for cycle in found.cycles]}
    if found.edition is not None:
        settings["edition"] = str(found.edition)
    for name in ("minute_interval_s", "realtime_interval_s"):
        seconds = getattr(found, name)
        if seconds:
            settings[name] = seconds
    return settings


def records_of(held: Sequence[Reject]) -> list[SpoolRecord]:
    """The frames behind lines of the journal; one that the archive does not hold is left out."""
    found = []
    for one in held:
        try:
            found.append(archive().read(one.place.segment, one.place.offset))
        except NotVisible:
            continue
    return found


def _held(actor: Actor, mn: str) -> tuple[NewcomerLine, list[Reject]]:
    journal, wanted = journal_for(actor, telemetry_store()), Wanted(reasons=NEWCOMERS, mn=mn, settled=False)
    lines = journal.newcomers(wanted, limit=1)
    if not lines:
        raise NotVisible(f"no unregistered device {mn[:64]} was heard", field="mn", remedy="choose one from the list")
    return lines[0], journal.page(wanted, limit=SAMPLES)


def _wanted(filters: NewcomerFilters) -> Wanted:
    return Wanted(reasons=NEWCOMERS, settled=False, since=filters.since, text=filters.q or "")


def _row(line: NewcomerLine) -> NewcomerRow:
    return NewcomerRow(
        mn=line.mn,
        frames=line.frames,
        first_seen=line.first_at,
        last_seen=line.last_at,
        addresses=list(line.peers),
        address_count=line.addresses,
        factory_mn=is_default_mn(line.mn),
    )


def _code(one: SentCode) -> SentCodeOut:
    name = law.pollutant_name(one.code)
    return SentCodeOut(
        code=one.code,
        name_zh=name.zh,
        name_en=name.en,
        unit=pack_unit(one.code),
        attribute=one.attribute,
        sample=one.sample,
        mark=one.mark,
        data_time=one.at,
        frames=one.frames,
    )
