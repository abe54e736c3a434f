"""Searching the register: lists, maps, pairs that may be one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.registry.identifiers import identifier_fields, identifiers_of
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.objects import LIKELY, Facts, Likeness, likeness
from qingtian.domain.objects.likeness import core

MOST_PAIRS = 200


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which objects.

    Args:
        on: objects that existed on this day; None takes those that exist now, or ended ones if `ended`.
    """

    type: str
    region: str = ""
    enterprise: str = ""
    parent: str = ""
    on: date | None = None
    ended: bool = False
    simulated: bool | None = None
    text: str = ""


def search_objects(actor: Actor, wanted: Criteria) -> QuerySet[RegistryObject]:
    """Objects that match and that the actor may see."""
    rows = RegistryObject.objects.visible_to(actor).filter(type=wanted.type)
    if wanted.on is not None:
        rows = rows.valid_on(wanted.on)
    else:
        rows = rows.exclude(valid_to=None) if wanted.ended else rows.filter(valid_to=None)
    if prefix := region_prefix(wanted.region):
        rows = rows.filter(region_code__startswith=prefix)
    if wanted.enterprise:
        rows = rows.filter(enterprise_code=wanted.enterprise)
    if wanted.parent:
        rows = rows.filter(parent__code=wanted.parent)
    if wanted.simulated is not None:
        rows = rows.filter(simulated=wanted.simulated)
    if word := wanted.text.strip():
        rows = rows.filter(_named(wanted.type, word))
    return rows.select_related("parent", "merged_into")


def _named(kind: str, word: str) -> Q:
    found = Q(code__icontains=word) | Q(name__icontains=word) | Q(name_en__icontains=word)
    for name in identifier_fields(kind):
        found |= Q(**{f"attributes__{name}__icontains": word})
    return found


@dataclass(frozen=True, slots=True)
class Pair:
    """Two objects that may be one."""

    one: RegistryObject
    other: RegistryObject
    likeness: Likeness


def likely_pairs(actor: Actor, kind: str, *, region: str = "") -> list[Pair]:
    """Pairs of existing objects of a type that may be one, the likeliest first.

    Only objects that share an identifier or a name without its legal form are compared: no look at every pair.
    """
    rows = list(search_objects(actor, Criteria(kind, region=region)).order_by("code"))
    pairs = [
        Pair(one, other, likeness(_facts(one), _facts(other)))
        for one, other in _candidates(rows)
        if one.simulated == other.simulated
    ]
    found = [pair for pair in pairs if pair.likeness.points >= LIKELY]
    return sorted(found, key=lambda pair: (-pair.likeness.points, pair.one.code, pair.other.code))[:MOST_PAIRS]


def _candidates(rows: Iterable[RegistryObject]) -> Iterator[tuple[RegistryObject, RegistryObject]]:
    groups: dict[tuple[str, str], list[RegistryObject]] = defaultdict(list)
    for row in rows:
        for key in {("name", core(row.name)), *identifiers_of(row).items()}:
            groups[key].append(row)
    seen: set[tuple[int, int]] = set()
    for key, members in groups.items():
        if not key[1]:
            continue
        for index, one in enumerate(members):
            for other in members[index + 1 :]:
                if (one.pk, other.pk) not in seen:
                    seen.add((one.pk, other.pk))
                    yield one, other


def _facts(row: RegistryObject) -> Facts:
    return Facts(row.name, identifiers_of(row), row.lon, row.lat)
