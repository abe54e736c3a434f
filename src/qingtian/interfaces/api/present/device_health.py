"""How a device is: its rate, what arrived of what was due, and what is wrong with it, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import device_profile
from qingtian.domain.errors import NotVisible
from qingtian.interfaces.api.present.became import clock_problem
from qingtian.interfaces.api.present.device_hearing import CYCLE_LENGTH, REACH, Heard
from qingtian.interfaces.api.present.doubts import doubts_of
from qingtian.interfaces.api.present.frame_told import crc_problem
from qingtian.interfaces.api.present.frames import archive, names_of, read_as
from qingtian.interfaces.api.present.freshness import HOUR
from qingtian.interfaces.api.present.numbers import share
from qingtian.interfaces.api.present.provenance import frame_id
from qingtian.interfaces.api.present.words.problems import Problem, refusal
from qingtian.interfaces.api.schemas.devices import CompletenessOut, DeviceHealth, DeviceProblem
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.devices import DeviceProfile
from qingtian.telemetry.rejects.reasons import OF_CRC, RejectReason, known_reason
from qingtian.telemetry.spool import Verdict
from qingtian.telemetry.spool.index import sent_mn
from qingtian.telemetry.store import Cycle, Observation, Origin, Quarantined

LOOKED_AT = 300  # doubted values whose frames are read, where several devices share a place
COUNTED = 2000  # more frames of an hour than this are not counted one by one


def device_health(row: RegistryObject, heard: Heard, now: datetime) -> DeviceHealth:
    """What a device page says of its state."""
    profile = device_profile(row)
    hour = archive().newest(names_of(row), limit=COUNTED, since=now - HOUR).records
    counted = len(hour) < COUNTED
    return DeviceHealth(
        frames_hour=len(hour) if counted else None,
        accepted_hour=sum(one.verdict is Verdict.ACCEPTED for one in hour) if counted else None,
        completeness=list(_completeness(profile, now)),
        problems=[*_refusals(heard.refused, profile), *_clock(heard), *_doubts(row, profile, now)],
    )


def _completeness(profile: DeviceProfile, now: datetime) -> Iterable[CompletenessOut]:
    lengths = {**CYCLE_LENGTH, "minute": timedelta(seconds=profile.minute_interval_s)}
    for cycle in profile.expects:
        if cycle not in lengths or lengths[cycle] > REACH:
            continue
        length = lengths[cycle]
        end = _floor(now, length)
        start = end - max(REACH, length)
        rows = telemetry_store().window(Cycle(cycle), start, end, sites=[profile.site])
        received = len({one.period_start for one in rows if one.origin is Origin.DEVICE})
        expected = int((end - start) / length)
        yield CompletenessOut(
            cycle=cycle,
            expected=expected,
            received=min(received, expected),
            share=share(min(received, expected), expected),
        )


def _floor(at: datetime, length: timedelta) -> datetime:
    local = at.astimezone(SHANGHAI)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (local - midnight) // length * length


def _refusals(refused: Sequence[Quarantined], profile: DeviceProfile) -> Iterable[DeviceProblem]:
    by_reason: dict[RejectReason, list[Quarantined]] = {}
    for one in refused:
        by_reason.setdefault(known_reason(one.reason) or RejectReason.CANNOT_BE_READ, []).append(one)
    for reason, ones in by_reason.items():
        newest = max(ones, key=lambda one: one.received_at)
        problem = _of_frame(reason, newest, profile)
        frame = f"{newest.segment}:{newest.frame_offset}" if newest.segment else None
        yield _problem(reason.value, problem, count=len(ones), last_at=newest.received_at, frame=frame)


def _of_frame(reason: RejectReason, newest: Quarantined, profile: DeviceProfile) -> Problem:
    if reason not in OF_CRC.values() or not newest.segment:
        return refusal(reason)
    try:
        record = archive().read(newest.segment, newest.frame_offset)
    except NotVisible:
        return refusal(reason)
    decoded = read_as(record.raw, profile)
    return refusal(reason) if decoded.crc_ok else crc_problem(decoded)


def _clock(heard: Heard) -> Iterable[DeviceProblem]:
    if heard.skew is None or heard.skew.quarantined:  # a refused frame is told of already
        return
    code, problem = clock_problem(heard.skew)
    yield _problem(code, problem, count=1, last_at=heard.skew.received_at, frame=None)


def _doubts(device: RegistryObject, profile: DeviceProfile, now: datetime) -> Iterable[DeviceProblem]:
    """Causes of doubt in the values of the last day, each once, with the newest value that shows it."""
    rows: list[Observation] = []
    for cycle in (Cycle.HOUR, Cycle.MINUTE, Cycle.REALTIME):
        rows += [
            one for one in telemetry_store().window(cycle, now - REACH, now + HOUR, sites=[profile.site]) if one.qc
        ]
    if device.parent is not None and device.parent.children.filter(type=ObjectType.DEVICE).count() > 1:
        rows = _own(rows, device)
    counted = Counter(cause for row in rows for cause in row.qc)
    newest = {cause: row for row in sorted(rows, key=lambda one: one.received_at) for cause in row.qc}
    for cause, row in newest.items():
        problem = dict(doubts_of(row)).get(cause)
        if problem is not None:
            yield _problem(cause, problem, count=counted[cause], last_at=row.received_at, frame=frame_id(row))


def _own(rows: list[Observation], device: RegistryObject) -> list[Observation]:
    """Of the newest doubted values at a place with several devices, those that came from one of them."""
    names, senders = set(names_of(device)), dict[str, str]()
    for row in sorted(rows, key=lambda one: one.received_at, reverse=True)[:LOOKED_AT]:
        frame = frame_id(row)
        if frame is not None and frame not in senders:
            try:
                senders[frame] = sent_mn(archive().read(row.segment, row.frame_offset).raw)
            except NotVisible:
                senders[frame] = ""
    return [row for row in rows if senders.get(frame_id(row) or "") in names]


def _problem(code: str, problem: Problem, *, count: int, last_at: datetime | None, frame: str | None) -> DeviceProblem:
    return DeviceProblem(
        code=code,
        severity=problem.severity,
        count=count,
        last_at=last_at,
        title_zh=problem.title.zh,
        title_en=problem.title.en,
        text_zh=problem.text.zh,
        text_en=problem.text.en,
        remedy_zh=problem.remedy.zh,
        remedy_en=problem.remedy.en,
        frame=frame,
    )
