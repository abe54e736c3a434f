"""Verb: bring the standing duties in line with register and packs; the same register again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.record import record, writing
from qingtian.apps.obligations.binding import Bond, Bonds, Finder, bonds_of
from qingtian.apps.obligations.models import Obligation
from qingtian.apps.obligations.naming import templates_on
from qingtian.apps.obligations.states import Origin
from qingtian.apps.registry.models import RegistryObject
from qingtian.packs import load_packs
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings

ENDED_BY_REGISTER = "the register no longer asks for it / 登记信息不再要求"


@dataclass(slots=True)
class Synced:
    """What changed.

    Args:
        faults: lines of the register that could not be read as a duty, with place, reason and remedy.
    """

    new: int = 0
    changed: int = 0
    ended: int = 0
    faults: list[str] = field(default_factory=list)


def sync_obligations(actor: Actor, at: datetime) -> Synced:
    """Set up, change and end duties as templates and attributes of today say; those set up by hand stay.

    Raises:
        NotPermitted.
    """
    role = require_in_city(actor, Verb.SETTLE_OBLIGATION)
    today = at.astimezone(SHANGHAI).date()
    bonds = _bonds(today)
    result = Synced(faults=bonds.faults)
    with writing():
        known = {
            (row.template, row.object_id, row.item): row
            for row in Obligation.objects.select_for_update(of=("self",)).select_related("object")
        }
        for bond in bonds.found:
            _take(actor, at, today, bond, known.pop(bond.key, None), role, result)
        for row in known.values():
            if row.origin == Origin.REGISTER and row.until is None and templates_on(today):
                _end(actor, at, today, row, role, result)
    return result


def _bonds(today: date) -> Bonds:
    packs, city = load_packs(), get_settings().city_code
    templates = templates_on(today).values()
    types = {kind for template in templates for kind in template.applies.types}
    rows = list(RegistryObject.objects.valid_on(today).filter(type__in=types).select_related("parent").order_by("id"))
    return bonds_of(packs, templates, rows, _finder(rows, today), today, city)


def _finder(rows: Iterable[RegistryObject], today: date) -> Finder:
    """Objects of an enterprise by code, one query for all of them."""
    codes = {row.enterprise_code for row in rows if row.enterprise_code}
    own = RegistryObject.objects.valid_on(today).filter(enterprise_code__in=codes).order_by("id")
    by_code = {(one.enterprise_code, one.code): one for one in own}
    return lambda row, code: by_code.get((row.enterprise_code, code))


def _take(
    actor: Actor, at: datetime, today: date, bond: Bond, row: Obligation | None, role: Role, result: Synced
) -> None:
    if row is None:
        row = Obligation.objects.create(
            template=bond.template.code,
            item=bond.item,
            group=bond.template.group,
            object=bond.object,
            basis=bond.basis,
            rhythm=bond.rhythm,
            since=bond.since or today,
            origin=Origin.REGISTER,
            set_up_by=actor.username,
            set_up_at=at,
            simulated=bond.object.simulated,
        )
        record(actor, at, "obligation.set_up", row, summary(row), role=role)
        result.new += 1
        return
    before = summary(row)
    row.rhythm, row.basis, row.group = bond.rhythm, bond.basis, bond.template.group
    row.since = bond.since or row.since
    if row.until is not None and row.origin == Origin.REGISTER:
        row.until = None
    after = summary(row)
    if before != after:
        row.save()
        changed = {name: {"from": before[name], "to": after[name]} for name in after if before[name] != after[name]}
        record(actor, at, "obligation.changed", row, changed, role=role)
        result.changed += 1


def _end(actor: Actor, at: datetime, today: date, row: Obligation, role: Role, result: Synced) -> None:
    if row.rhythm == "event" and row.basis_id is None:
        return  # made by an event, not by the register
    row.until, row.ground = today, ENDED_BY_REGISTER
    row.save(update_fields=["until", "ground"])
    record(actor, at, "obligation.ended", row, {"until": today.isoformat(), "ground": row.ground}, role=role)
    result.ended += 1


def summary(row: Obligation) -> dict[str, str]:
    """What the journal keeps of a duty."""
    return {
        "template": row.template,
        "item": row.item,
        "object": f"{row.object.type}:{row.object.code}",
        "basis": str(row.basis_id or ""),
        "rhythm": row.rhythm,
        "since": row.since.isoformat(),
        "until": row.until.isoformat() if row.until else "",
    }
