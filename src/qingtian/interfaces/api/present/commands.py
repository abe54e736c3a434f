"""Commands in lists and one by one, with words for every state, code and frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import TABLE, may
from qingtian.apps.accounts.queries import display_names
from qingtian.apps.devices import queries
from qingtian.apps.devices.forms import HOST_FILLS, edition_of
from qingtian.apps.devices.keys import active_since
from qingtian.apps.devices.models import DeviceCommand, DeviceExchange
from qingtian.apps.devices.queries import Criteria
from qingtian.apps.devices.rights import GROUP_WORDS, VERB_OF, group_of, needs_reason
from qingtian.apps.devices.states import ORIGIN_WORDS, Origin, SecretKind
from qingtian.apps.devices.words import exchange_words, outcome_words, remedy_words, state_words
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.hj212 import Edition
from qingtian.domain.hj212.catalogue import find_command, host_commands
from qingtian.domain.hj212.command import Command
from qingtian.domain.hj212.dialogues import FINAL, Phase
from qingtian.domain.hj212.fields import Field
from qingtian.interfaces.api.command_filters import CommandFilters
from qingtian.interfaces.api.paging import paged_rows
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.commands import (
    Catalogue,
    CatalogueRow,
    CommandDetail,
    CommandField,
    CommandPage,
    CommandRow,
    DeviceReadings,
    ExchangeOut,
    MessageOut,
    ReadBackOut,
)
from qingtian.interfaces.api.schemas.findings import ActionOut

SORTABLE = {
    "number": "number",
    "requested_at": "requested_at",
    "ended_at": "ended_at",
    "state": "state",
    "cn": "cn",
    "device": "device__code",
}
MESSAGES_SHOWN = 50
MOST_EXCHANGES = 500


def criteria_of(filters: CommandFilters) -> Criteria:
    """The filters of a list as the app understands them."""
    return Criteria(
        states=tuple(filters.state or ()),
        open=filters.open,
        cns=tuple(filters.cn or ()),
        device=filters.device or "",
        priority=filters.priority,
        origins=tuple(filters.origin or ()),
        requested_by=filters.by or "",
        region_code=filters.region or "",
        enterprise_code=filters.enterprise or "",
        since=filters.since,
        until=filters.until,
        text=filters.q or "",
    )


def command_page(actor: Actor, filters: CommandFilters) -> CommandPage:
    """A page of commands, newest first unless sorted otherwise."""
    rows, total = paged_rows(queries.search(actor, criteria_of(filters)), filters, SORTABLE)
    return CommandPage(
        items=command_rows(rows),
        total=total,
        page=filters.page,
        page_size=filters.page_size,
        waiting=queries.waiting_counts(actor),
    )


def command_rows(rows: Iterable[DeviceCommand]) -> list[CommandRow]:
    """Commands with the names of their places and people."""
    listed = list(rows)
    names = PlaceNames(row.device for row in listed)
    people = display_names(row.requested_by for row in listed)
    return [CommandRow(**_row(row, names, people)) for row in listed]


def command_detail(actor: Actor, number: str) -> CommandDetail:
    """One command with its exchange."""
    row = queries.visible_command(actor, number)
    base = _row(row, PlaceNames([row.device]), display_names([row.requested_by]))
    exchange = queries.exchanges_of(row)[:MOST_EXCHANGES]
    return CommandDetail(
        **base,
        values=row.values,
        note=row.end_note,
        exchange=[exchange_out(one) for one in exchange],
        allowed_actions=[_cancel_offer(actor, row)],
    )


def _row(row: DeviceCommand, names: PlaceNames, people: Mapping[str, str]) -> dict[str, Any]:
    zh, en = names_of(row.cn, edition_of(row.device))
    state, outcome, remedy = state_words(row.state), outcome_words(row), remedy_words(row)
    origin = ORIGIN_WORDS[Origin(row.origin)]
    return {
        "number": row.number,
        "device": names.place(row.device),
        "mn": row.mn,
        "cn": row.cn,
        "name_zh": zh,
        "name_en": en,
        "group": group_of(row.cn, history=row.data_begin is not None),
        "params": row.params,
        "priority": row.priority,
        "origin": row.origin,
        "origin_zh": origin.zh,
        "origin_en": origin.en,
        "state": row.state,
        "state_zh": state.zh,
        "state_en": state.en,
        "open": Phase(row.state) not in FINAL,
        "reason": row.reason,
        "requested_by": row.requested_by,
        "requested_by_name": people.get(row.requested_by, row.requested_by),
        "requested_at": row.requested_at,
        "expires_at": row.expires_at,
        "sent_at": row.sent_at,
        "ended_at": row.ended_at,
        "attempts": row.attempts,
        "parts": row.parts,
        "code": row.code,
        "outcome_zh": outcome.zh,
        "outcome_en": outcome.en,
        "remedy_zh": remedy.zh,
        "remedy_en": remedy.en,
        "simulated": row.simulated,
    }


def names_of(cn: str, edition: Edition) -> tuple[str, str]:
    """Name of a command in the edition of its device; the number itself when the edition was changed since."""
    spec = find_command(edition, cn)
    return (spec.zh, spec.en) if spec is not None else (cn, cn)


def exchange_out(row: DeviceExchange) -> ExchangeOut:
    """One frame with its words."""
    words = exchange_words(row)
    return ExchangeOut(
        at=row.at,
        direction=row.direction,
        cn=row.cn,
        qn=row.qn,
        happening=row.happening,
        words_zh=words.zh,
        words_en=words.en,
        code=row.code,
        frame_hash=row.frame_hash,
        text=row.text,
        detail=row.detail,
    )


def _cancel_offer(actor: Actor, row: DeviceCommand) -> ActionOut:
    verb = VERB_OF[group_of(row.cn, history=row.data_begin is not None)]
    device = row.device
    if not may(actor, verb, region_code=device.region_code, enterprise_code=device.enterprise_code):
        wanted = ", ".join(sorted(TABLE[verb]))
        return ActionOut(verb="cancel", allowed=False, reason=f"ask one of: {wanted}", reason_key="not_permitted")
    if row.state != Phase.QUEUED:
        return ActionOut(verb="cancel", allowed=False, reason=state_words(row.state).en, reason_key="status")
    return ActionOut(verb="cancel", allowed=True, reason="", reason_key="")


def catalogue(actor: Actor, mn: str) -> Catalogue:
    """What can be ordered to a device, with what this user may."""
    device = queries.visible_device(actor, mn)
    edition = edition_of(device)
    rows = [_catalogue_row(actor, device, spec) for spec in host_commands(edition)]
    return Catalogue(mn=device.code, edition=edition.value, commands=rows)


def _catalogue_row(actor: Actor, device: RegistryObject, spec: Command) -> CatalogueRow:
    group = group_of(spec.cn, history=spec.history)
    verb = VERB_OF[group]
    words = GROUP_WORDS[group]
    return CatalogueRow(
        cn=spec.cn,
        name_zh=spec.zh,
        name_en=spec.en,
        group=group,
        group_zh=words.zh,
        group_en=words.en,
        kind=str(spec.down),
        needs_reason=needs_reason(spec.cn, group),
        fields=[_field(spec.cn, one) for one in spec.down_fields],
        source=spec.source.value,
        allowed=may(actor, verb, region_code=device.region_code, enterprise_code=device.enterprise_code),
        roles=sorted(TABLE[verb]),
    )


def _field(cn: str, one: Field) -> CommandField:
    return CommandField(
        name=one.name,
        label_zh=one.zh,
        label_en=one.en,
        form=one.form,
        unit=one.unit,
        least=one.low,
        most=one.high,
        choices=list(one.choices),
        required=one.required and (cn, one.name) not in HOST_FILLS,
        repeated=one.repeated,
        attribute=one.attribute,
        secret=one.secret,
    )


def readings(actor: Actor, mn: str) -> DeviceReadings:
    """What a device told of itself: newest read-backs and its own messages."""
    device = queries.visible_device(actor, mn)
    edition = edition_of(device)
    return DeviceReadings(
        mn=device.code,
        readings=[_read_back(one, edition) for one in queries.read_backs(device)],
        messages=messages_out(list(queries.messages_of(actor, mn)[:MESSAGES_SHOWN])),
        password_changed_at=active_since(device, SecretKind.PASSWORD),
        key_changed_at=active_since(device, SecretKind.SM4_KEY),
    )


def _read_back(one: queries.ReadBack, edition: Edition) -> ReadBackOut:
    zh, en = names_of(one.cn, edition)
    return ReadBackOut(cn=one.cn, name_zh=zh, name_en=en, at=one.at, values=dict(one.values), command=one.number)


def read_history(actor: Actor, mn: str, cn: str) -> list[ReadBackOut]:
    """Answers of a device to one kind of read, newest first, at most 200."""
    device = queries.visible_device(actor, mn)
    rows = queries.read_history(device, cn)[:200]
    edition = edition_of(device)
    told = (queries.ReadBack(row.cn, row.ended_at, row.values, row.number) for row in rows if row.ended_at is not None)
    return [_read_back(one, edition) for one in told]


def activations(actor: Actor) -> list[MessageOut]:
    """Devices that ask for a number and are not registered, newest first, at most 200."""
    return messages_out(list(queries.activation_requests(actor)[:200]))


def messages_out(rows: Sequence[DeviceExchange]) -> list[MessageOut]:
    """Messages of devices with their words."""
    return [
        MessageOut(
            at=row.at,
            mn=row.mn,
            cn=row.cn,
            said=row.happening,
            words_zh=words.zh,
            words_en=words.en,
            detail=row.detail,
            frame_hash=row.frame_hash,
        )
        for row, words in ((row, exchange_words(row)) for row in rows)
    ]
