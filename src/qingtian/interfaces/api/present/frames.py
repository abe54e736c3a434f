"""Frames of the archive: the newest of a device, one in detail, its hash computed anew."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.devices.keys import full_profile
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import device_profile, object_by_code
from qingtian.apps.registry.senders import visible_sender
from qingtian.domain.errors import InvalidInput, NotVisible
from qingtian.domain.hj212 import Decoded
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.became import became, mapping_problems
from qingtian.interfaces.api.present.frame_told import NOBODY, data_time, explain, problem_out, unit_of
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.present.words.frame import command_name
from qingtian.interfaces.api.present.words.problems import refusal
from qingtian.interfaces.api.present.words.say import NOTHING, Said
from qingtian.interfaces.api.schemas.frames import (
    Explained,
    FrameCheck,
    FrameDetail,
    FrameList,
    FrameRow,
    ItemBrief,
    ProblemOut,
)
from qingtian.runtime.clock import SHANGHAI, current_clock
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.archive import FrameArchive, archive_of
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.reading import read_registered
from qingtian.telemetry.rejects.reasons import WORDS, read_reason
from qingtian.telemetry.spool import SpoolRecord, Verdict
from qingtian.telemetry.spool.index import sent_mn
from qingtian.telemetry.spool.trail import Keep
from qingtian.telemetry.store import SpoolPosition

BRIEF = 6  # values that a line of the list shows
_ID = re.compile(r"(\d{1,20}):(\d{1,18})")
ACCEPTED = Said("已接收", "accepted")


def frame_list(actor: Actor, mn: str, *, cn: str = "", verdict: str = "", before: str = "", limit: int) -> FrameList:
    """The newest frames of a device, newest first.

    Raises:
        NotVisible: there is no such device.
        InvalidInput: `before` is no position.
    """
    row = object_by_code(actor, ObjectType.DEVICE, mn)
    profile = full_profile(row, current_clock().now())
    found = archive().newest(
        names_of(row),
        limit=limit,
        before=[position_of(place, "before") for place in before.split(",")] if before else (),
        keep=_keep(cn, verdict),
    )
    return FrameList(
        frames=[frame_row(record, profile) for record in found.records],
        next=",".join(map(id_of, found.reached)) or None,
        searched_all=not found.reached,
        simulated=row.simulated,
    )


def frame_row(record: SpoolRecord, profile: DeviceProfile | None) -> FrameRow:
    """A frame as a line."""
    decoded = read_as(record.raw, profile)
    items = _briefs(decoded, profile)
    command = command_name(str(profile.edition) if profile else decoded.version.value, decoded.cn)
    told = verdict_words(record)
    return FrameRow(
        id=id_of(record.position),
        received_at=record.received_at,
        verdict=record.verdict.name.lower(),
        verdict_zh=told.zh,
        verdict_en=told.en,
        mn=decoded.mn.strip(),
        cn=decoded.cn,
        cn_zh=command.zh,
        cn_en=command.en,
        data_time=data_time(decoded, profile or NOBODY),
        backfill=decoded.backfill,
        bytes=len(record.raw),
        sha256=record.sha256,
        items=items[:BRIEF],
        more_items=max(0, len(items) - BRIEF),
        warnings=len(decoded.warnings),
    )


def frame_detail(actor: Actor, frame: str) -> FrameDetail:
    """A frame of the archive, explained, with what became of it.

    Raises:
        NotVisible: there is no such frame, or it is of a device that the actor may not see.
    """
    record, device = _shown(actor, frame)
    profile = full_profile(device, current_clock().now()) if device is not None else None
    decoded = read_as(record.raw, profile)
    site = device.parent if device is not None else None
    told, ack = verdict_words(record), _ack(record, decoded)
    body = explain(record.raw, decoded, profile, record.received_at.astimezone(SHANGHAI).date())
    body.problems = _problems(body, decoded, record, profile)
    return FrameDetail(
        **body.model_dump(),
        id=frame,
        received_at=record.received_at,
        peer=record.peer,
        verdict=record.verdict.name.lower(),
        verdict_zh=told.zh,
        verdict_en=told.en,
        reason=record.reason,
        device=device.code if device is not None else None,
        device_name=device.name if device is not None else "",
        device_name_en=(device.name_en or device.name) if device is not None else "",
        registered_edition=str(profile.edition) if profile is not None else None,
        site=PlaceNames([site]).place(site) if site is not None else None,
        ack_zh=ack.zh,
        ack_en=ack.en,
        became=became(decoded, record, profile),
        simulated=device is not None and device.simulated,
    )


def frame_check(actor: Actor, now: datetime, frame: str) -> FrameCheck:
    """Read a frame again from the archive and compute its hash.

    Raises:
        NotVisible: there is no such frame that the actor may see.
    """
    try:
        record, _ = _shown(actor, frame)
    except NotVisible:
        if not _damaged(frame):
            raise
        return FrameCheck(
            intact=False,
            recorded="",
            computed="",
            bytes=0,
            checked_at=now,
            reason="the bytes do not fit the checksum that was written with them",
        )
    computed = hashlib.sha256(record.raw).hexdigest()
    return FrameCheck(
        intact=computed == record.sha256,
        recorded=record.sha256,
        computed=computed,
        bytes=len(record.raw),
        checked_at=now,
        reason="",
    )


def _shown(actor: Actor, frame: str) -> tuple[SpoolRecord, RegistryObject | None]:
    """A record and its device; what is not there, is broken or another's is all the same: not there."""
    try:
        position = position_of(frame, "frame")
        record = archive().read(position.segment, position.offset)
        return record, visible_sender(actor, sent_mn(record.raw))
    except (InvalidInput, NotVisible) as error:
        raise NotVisible(
            f"there is no frame {frame[:40]}", field="frame", remedy="choose one from the list of a device"
        ) from error


def _damaged(frame: str) -> bool:
    """Whether a record was written at a place and its bytes were changed since."""
    if _ID.fullmatch(frame) is None:
        return False
    position = position_of(frame, "frame")
    if archive().begins(position.segment, position.offset):
        try:
            archive().read(position.segment, position.offset)
        except NotVisible:
            return True
    return False


def archive() -> FrameArchive:
    """The raw frames of this deployment."""
    return archive_of(get_settings())


def id_of(position: SpoolPosition) -> str:
    """A place in the archive as text.

    >>> id_of(SpoolPosition("000000000001", 20))
    '000000000001:20'
    """
    return f"{position.segment}:{position.offset}"


def position_of(frame: str, field: str) -> SpoolPosition:
    """The place in the archive behind the id of a frame.

    Raises:
        InvalidInput: it has another form.
    """
    found = _ID.fullmatch(frame)
    if found is None:
        raise InvalidInput("this is no place in the archive", field=field, remedy="give segment:offset, as lists do")
    return SpoolPosition(found[1], int(found[2]))


def names_of(row: RegistryObject) -> Sequence[str]:
    """Every MN under which a device sends."""
    return (row.code, *device_profile(row).aliases)


def read_as(raw: bytes, profile: DeviceProfile | None) -> Decoded:
    """A frame, read with what the register says of its sender."""
    known = {} if profile is None else {profile.mn: profile}
    return read_registered(raw, StaticDirectory(known))[0]


def verdict_words(record: SpoolRecord) -> Said:
    """What the gateway decided, in words."""
    if record.verdict is Verdict.ACCEPTED:
        return ACCEPTED
    return refusal(read_reason(record.verdict, record.reason)[0]).title


def _problems(
    body: Explained, decoded: Decoded, record: SpoolRecord, profile: DeviceProfile | None
) -> list[ProblemOut]:
    """What the bytes show, then what the gateway decided, then what the time of the data shows; each once."""
    found = {one.code: one for one in body.problems}
    if record.verdict is not Verdict.ACCEPTED and not found:
        reason = read_reason(record.verdict, record.reason)[0]
        found[reason.value] = problem_out(reason.value, refusal(reason))
    for code, problem in mapping_problems(decoded, record, profile):
        found.setdefault(code, problem_out(code, problem))
    return list(found.values())


def _keep(cn: str, verdict: str) -> Keep:
    tests: list[Callable[[SpoolRecord], bool]] = []
    if cn:
        wanted = re.compile(rb"\bCN\s*=\s*" + re.escape(cn.encode()) + rb"\b", re.IGNORECASE)
        tests.append(lambda record: wanted.search(record.raw) is not None)
    if verdict == "refused":
        tests.append(lambda record: record.verdict is not Verdict.ACCEPTED)
    elif verdict:
        tests.append(lambda record: record.verdict.name.lower() == verdict)
    return lambda record: all(test(record) for test in tests)


def _briefs(decoded: Decoded, profile: DeviceProfile | None) -> list[ItemBrief]:
    known = profile or DeviceProfile(mn="", site="")
    found = []
    for code, values in decoded.items.items():
        value = next((values[name] for name in ("Rtd", "Avg", "Data", "RS", "Info", "Cou") if name in values), None)
        if value is None:
            continue
        name = law.pollutant_name(known.code_map.get(code, code))
        mark = values.get("Flag", "").strip().upper()[:1]
        unit = unit_of(code, known)[0]
        found.append(ItemBrief(name_zh=name.zh, name_en=name.en, value=value, unit=unit, mark=mark))
    return found


def _ack(record: SpoolRecord, decoded: Decoded) -> Said:
    if record.verdict is Verdict.ACCEPTED:
        if decoded.ack_requested:
            return Said("要求应答；入库后已应答", "an answer was wanted; it was given once the frame was on the disk")
        return Said("没有要求应答", "no answer was wanted")
    if not decoded.ack_requested:
        return NOTHING
    answered = WORDS[read_reason(record.verdict, record.reason)[0]].answered
    return Said("已应答，数据不入库", "answered, values kept out") if answered else Said("未应答", "not answered")
