"""Verb: keep what a device did not send, ask for it within the budget, give it up after so many tries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.devices.actions.order_command import OrderDraft, order_command
from qingtian.apps.devices.models import DeviceCommand, DeviceGap
from qingtian.apps.devices.states import GapState, Origin
from qingtian.apps.devices.words import outcome_words
from qingtian.apps.journal.record import record, writing
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.queries import device_profile
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.domain.hj212.dialogues import FINAL, Block, Phase, stamp
from qingtian.runtime.settings import get_settings

HOUR = timedelta(hours=1)
FIRST_PAUSE = timedelta(minutes=30)  # between two tries; doubled after each
REOPEN_AFTER = timedelta(hours=6)  # new missing periods in a block that was given up are asked for after so long
WAITS = timedelta(hours=6)
REASON = "自动补传缺失数据 / missing data"


@dataclass(frozen=True, slots=True)
class GapReport:
    """What one look at a device's calendar did."""

    found: int = 0
    filled: int = 0
    given_up: int = 0


def record_gaps(
    actor: Actor, at: datetime, device: RegistryObject, cn: str, blocks: Sequence[Block], *, since: datetime
) -> GapReport:
    """Compare missing blocks with the known ones; the same look again changes nothing.

    Args:
        cn: history command that asks for them.
        blocks: every block with missing periods since `since`.
        since: start of the calendar that was looked at.
    Raises:
        NotPermitted: for anybody but the system.
    """
    with writing():
        require_in_city(actor, Verb.RECORD_EXCHANGE)
        rows = DeviceGap.objects.select_for_update(of=("self",)).filter(device=device, cn=cn, end__gte=since)
        known = {row.block: row for row in rows.select_related("command")}
        missing = {one.start: one for one in blocks}
        new = [_new(device, cn, one, at) for start, one in missing.items() if start not in known]
        DeviceGap.objects.bulk_create(new)
        given_up = sum(_look_again(actor, at, row, missing[start]) for start, row in known.items() if start in missing)
        gone = [row for start, row in known.items() if start not in missing and row.state != GapState.FILLED]
        for row in gone:
            _change(row, at, GapState.FILLED)
        given_up += _give_up_old(at, device, cn, since)
        return GapReport(found=len(new), filled=len(gone), given_up=given_up)


def _give_up_old(at: datetime, device: RegistryObject, cn: str, since: datetime) -> int:
    """What lies before the calendar is looked for no longer."""
    rows = DeviceGap.objects.filter(device=device, cn=cn, end__lt=since, state__in=(GapState.OPEN, GapState.ASKED))
    return rows.update(
        state=GapState.GIVEN_UP, changed_at=at, reason_zh="超出补传时间范围", reason_en="older than what is asked for"
    )


def _new(device: RegistryObject, cn: str, block: Block, at: datetime) -> DeviceGap:
    return DeviceGap(
        device=device,
        cn=cn,
        block=block.start,
        begin=block.begin,
        end=block.end,
        periods=block.periods,
        next_try_at=at,
        found_at=at,
        changed_at=at,
    )


def _look_again(actor: Actor, at: datetime, row: DeviceGap, block: Block) -> int:
    """A block that is still missing; 1 when it is given up by this."""
    grew = block.periods > row.periods
    if (row.begin, row.end, row.periods) != (block.begin, block.end, block.periods):
        row.begin, row.end, row.periods, row.changed_at = block.begin, block.end, block.periods, at
        row.save(update_fields=["begin", "end", "periods", "changed_at"])
    if row.state == GapState.FILLED or (
        row.state == GapState.GIVEN_UP and grew and at - _last_end(row, at) >= REOPEN_AFTER
    ):
        row.tries, row.next_try_at, row.reason_zh, row.reason_en = 0, at, "", ""
        _change(row, at, GapState.OPEN)
    elif row.state == GapState.ASKED and (row.command is None or Phase(row.command.state) in FINAL):
        return _after_try(actor, at, row)
    return 0


def _last_end(row: DeviceGap, at: datetime) -> datetime:
    ended = row.command.ended_at if row.command is not None else None
    return ended or at


def _after_try(actor: Actor, at: datetime, row: DeviceGap) -> int:
    """The request is over and something is missing still."""
    if row.tries < get_settings().backfill_tries:
        row.next_try_at = _last_end(row, at) + FIRST_PAUSE * 2 ** (row.tries - 1)
        _change(row, at, GapState.OPEN)
        return 0
    words = outcome_words(row.command) if row.command is not None else None
    zh, en = (words.zh, words.en) if words is not None else ("", "")
    row.reason_zh, row.reason_en = f"请求{row.tries}次：{zh}"[:300], f"asked {row.tries} times: {en}"[:300]
    _change(row, at, GapState.GIVEN_UP)
    payload = {
        "device": row.device.code,
        "cn": row.cn,
        "begin": row.begin.isoformat(),
        "end": row.end.isoformat(),
        "periods": row.periods,
        "tries": row.tries,
        "reason": row.reason_en,
    }
    record(actor, at, "gap.given_up", row, payload)
    return 1


def _change(row: DeviceGap, at: datetime, state: GapState) -> None:
    row.state, row.changed_at = state, at
    row.save()


def ask_for_gaps(actor: Actor, at: datetime, reachable: Mapping[int, RegistryObject]) -> list[DeviceCommand]:
    """Order requests for open gaps, the newest data first, within the budgets per device and per hour.

    Args:
        reachable: devices that were heard lately, by key: the others are not asked in vain.
    Raises:
        NotPermitted: for anybody but the system.
    """
    settings = get_settings()
    with writing():
        require_in_city(actor, Verb.RECORD_EXCHANGE)
        recent = DeviceCommand.objects.filter(origin=Origin.GAP, requested_at__gt=at - HOUR)
        spent: dict[int, int] = {}
        for device_id in recent.values_list("device_id", flat=True):
            spent[device_id] = spent.get(device_id, 0) + 1
        left = settings.backfill_per_hour - sum(spent.values())
        rows = DeviceGap.objects.filter(state=GapState.OPEN, next_try_at__lte=at, device__in=list(reachable))
        asked: list[DeviceCommand] = []
        for row in rows.order_by("-end", "device_id").select_for_update(of=("self",)).iterator():
            if len(asked) >= left:
                break
            if spent.get(row.device_id, 0) >= settings.backfill_per_device_hour:
                continue
            command = _ask(actor, at, row, reachable[row.device_id])
            if command is not None:
                asked.append(command)
                spent[row.device_id] = spent.get(row.device_id, 0) + 1
    return asked


def _ask(actor: Actor, at: datetime, row: DeviceGap, device: RegistryObject) -> DeviceCommand | None:
    offset = device_profile(device).utc_offset_minutes
    params = {"BeginTime": stamp(row.begin, offset), "EndTime": stamp(row.end, offset)}
    draft = OrderDraft(row.cn, params, reason=REASON, expires_in=WAITS, origin=Origin.GAP)
    try:
        command = order_command(actor, at, device.code, draft)
    except Conflict:  # somebody asks for the same already, or too many commands wait
        row.next_try_at = at + FIRST_PAUSE
        _change(row, at, GapState.OPEN)
        return None
    except InvalidInput as error:  # the edition has no such history
        row.reason_zh, row.reason_en = f"该版本不支持 {row.cn}"[:300], error.message[:300]
        _change(row, at, GapState.GIVEN_UP)
        return None
    row.tries, row.command = row.tries + 1, command
    _change(row, at, GapState.ASKED)
    return command
