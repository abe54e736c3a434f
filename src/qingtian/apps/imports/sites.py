"""Where an actor may import to: every object of the register that can be measured, with what is measured there."""

from __future__ import annotations

from collections.abc import Mapping

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor, actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import NotPermitted
from qingtian.telemetry.importers.mapping import SourceKind
from qingtian.telemetry.importers.register import KnownSites, SiteEntry

MEASURED = (
    ObjectType.STATION,
    ObjectType.SECTION,
    ObjectType.SITE,
    ObjectType.OUTLET,
    ObjectType.POWER_METER,
    ObjectType.FACILITY,
    ObjectType.INSTRUMENT,
    ObjectType.WATER_BODY,
    ObjectType.WATER_SOURCE,
    ObjectType.BLACK_ODOUR_WATER,
    ObjectType.NOISE_SOURCE,
    ObjectType.BUILDING_NOISE_ZONE,
    ObjectType.CATERING_SHOP,
    ObjectType.REGION,
)
_OF_OUTLET: Mapping[str, str] = {"air": "flue_gas", "water": "waste_water"}
_OF_KIND: Mapping[SourceKind, str] = {
    SourceKind.AIR: "ambient",
    SourceKind.WATER: "surface_water",
    SourceKind.NOISE: "noise",
}


def known_sites(actor: Actor, kind: SourceKind) -> KnownSites:
    """Every object that can be measured, and whether the actor may import for it.

    Args:
        kind: what is imported: says what is measured where the register does not.
    """
    rows = RegistryObject.objects.filter(type__in=MEASURED).only(
        "type", "code", "region_code", "enterprise_code", "simulated", "attributes"
    )
    found: dict[str, SiteEntry] = {}
    for row in rows.order_by("id"):
        if row.code in found:
            continue
        allowed = may(actor, Verb.IMPORT_DATA, region_code=row.region_code, enterprise_code=row.enterprise_code)
        found[row.code] = SiteEntry(row.code, allowed, row.simulated, _medium(row, kind))
    return KnownSites(found)


def importer(username: str) -> Actor:
    """Whoever asked for an import, with the rights of today.

    Raises:
        NotPermitted: the account is gone.
    """
    if username == SYSTEM_ACTOR.username:
        return SYSTEM_ACTOR
    user = User.objects.filter(username=username).first()
    if user is None:
        raise NotPermitted(f"the account {username} is gone", field="actor", remedy="import again as somebody else")
    return actor_of(user)


def _medium(row: RegistryObject, kind: SourceKind) -> str:
    stated = row.attributes.get("medium")
    if stated:
        return str(stated)
    if row.type == ObjectType.OUTLET:
        return _OF_OUTLET.get(str(row.attributes.get("kind", "")), "")
    return _OF_KIND.get(kind, "")
