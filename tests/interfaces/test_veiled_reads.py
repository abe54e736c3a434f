"""Telephone numbers of the register and places of rare species, over every read of the API: lists, details, history, files."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.interfaces import city
from tests.interfaces.access import table
from tests.interfaces.standing import EVERYBODY, Standing
from tests.interfaces.test_privacy import said

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.registry.actions.register_many import register_many
from qingtian.apps.registry.actions.register_object import ObjectDraft, register_object
from qingtian.apps.registry.actions.update_object import update_object
from qingtian.apps.registry.models import ObjectType

pytestmark = pytest.mark.django_db
PHONE, WORK_PHONE = "13876543210", "027-85559876"
LON, LAT = "114.316217", "30.590143"
READS = sorted(path for method, path in table() if method == "GET" and not path.endswith(".pdf"))
# Of those who may, two are enough; everybody who may not is tried.
PEOPLE = [
    "citizen",
    "other_enterprise",
    "legal_reviewer",
    "approver",
    "auditor",
    "other_district",
    "enterprise",
    "inspector",
]


@pytest.fixture(scope="module")
def survey(standing: Standing) -> None:
    """A rare species with an exact place; numbers at the first enterprise."""
    draft = ObjectDraft(ObjectType.SPECIES_SURVEY, "SP-1", "江豚", region_code="420107", lon=float(LON), lat=float(LAT))
    row = register_object(SYSTEM_ACTOR, city.NOW, draft)
    register_many(SYSTEM_ACTOR, city.NOW, [replace(draft, code="SP-2")])  # one event for all of them
    update_object(SYSTEM_ACTOR, city.NOW, row.pk, {"lon": 114.2, "lat": 30.5}, reason="seen elsewhere")
    update_object(SYSTEM_ACTOR, city.NOW, row.pk, {"lon": float(LON), "lat": float(LAT)}, reason="not so")
    firm = standing.town.objects["E-1"]
    told = {"attributes": {**firm.attributes, "phone": PHONE, "commissioner_phone": WORK_PHONE}}
    update_object(SYSTEM_ACTOR, city.NOW, firm.pk, told, reason="contact")


def addresses(standing: Standing) -> list[str]:
    """Every read, once for the first enterprise and once for the species."""
    plain = [standing.at(path) for path in READS]
    of = [path for path in READS if "{type}/{code}" in path and "registry" in path]
    own = [path.replace("{type}", kind).replace("{code}", code) for path in of for kind, code in OBJECTS]
    return [*plain, *own, *(f"/api/v1/registry/objects{end}?type={kind}" for end in FILES for kind, _ in OBJECTS)]


OBJECTS = (("enterprise", "E-1"), ("species_survey", "SP-1"))
FILES = ("", "/export.csv", "/features")


def told(standing: Standing, who: str) -> dict[str, str]:
    client = standing.client(who)
    return {path: said(client.get(path)) for path in addresses(standing)}


@pytest.mark.parametrize("who", PEOPLE)
def test_each_role_reads_numbers_and_places_as_its_cell_says(standing: Standing, survey: None, who: str) -> None:
    role = EVERYBODY[who][0]  # type: ignore[index]
    found = told(standing, who)
    outside = who in ("other_enterprise", "other_district")

    whole = [path for path, text in found.items() if PHONE in text or WORK_PHONE in text]
    exact = [path for path, text in found.items() if LON in text or LAT in text]
    if role not in TABLE[Verb.READ_PHONE] or outside:
        assert whole == []
    else:
        assert "/api/v1/registry/objects/enterprise/E-1" in whole
    if role not in TABLE[Verb.READ_EXACT_PLACE] or outside:
        assert exact == []
    else:
        assert "/api/v1/registry/objects/species_survey/SP-1" in exact
