"""Changed answers: both figures, why, and which findings rest on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from tests.interfaces import city
from tests.interfaces.conftest import Login

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.findings.actions.raise_finding import Hit, raise_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.judgements.actions.record_judgements import record_judgements
from qingtian.apps.judgements.judged import Judged
from qingtian.apps.judgements.states import Question, Verdict
from qingtian.apps.registry.models import RegistryObject

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def answer(site: RegistryObject, value: int) -> Judged:
    return Judged(
        object_id=site.pk,
        question=Question.EMISSION_LIMIT,
        item="a21002",
        cycle="hour",
        period_start=city.NOW - 90 * HOUR,
        verdict=Verdict.EXCEEDS if value > 100 else Verdict.WITHIN,
        standard="permit",
        clause="1",
        rule_row="row.1",
        known_at=city.NOW - 80 * HOUR,
        value=Decimal(value),
        unit="mg/m3",
        limit=Decimal(100),
    )


@pytest.fixture
def changed(town: city.Town) -> Finding:
    """A finding whose hour was 140 and is 90 now."""
    site = RegistryObject.objects.get(code="O-1-01")
    record_judgements(SYSTEM_ACTOR, city.NOW - 70 * HOUR, [answer(site, 140)])
    over = Hit(
        kind="exceedance",
        rule_id="exceedance",
        rule_version="1",
        object=site,
        parameter="a21002",
        severity=3,
        period_start=city.NOW - 90 * HOUR,
        detail={"value": "140"},
        window=timedelta(hours=2),
    )
    finding = raise_finding(SYSTEM_ACTOR, city.NOW - 70 * HOUR, over)
    record_judgements(SYSTEM_ACTOR, city.NOW - HOUR, [answer(site, 90)])
    return finding


def listed(client: Client, query: str = "") -> list[dict[str, object]]:
    response = client.get(f"/api/v1/corrections{query}")
    assert response.status_code == 200, response.content
    return list(response.json()["items"])


def test_a_changed_figure_is_listed_with_both_versions_and_its_finding(duty: Client, changed: Finding) -> None:
    (row,) = [one for one in listed(duty) if one["item"] == "a21002" and one["object"] == "O-1-01"]
    assert (row["was"]["value"], row["was"]["verdict"], row["was"]["version"]) == ("140", "exceeds", 1)
    assert (row["now"]["value"], row["now"]["verdict"], row["now"]["version"]) == ("90", "within", 2)
    assert (row["limit"], row["unit"], row["cause"]) == ("100", "mg/m3", "data")
    assert [one["number"] for one in row["findings"]] == [changed.number]


def test_those_of_one_finding_can_be_asked_for_whenever_they_changed(duty: Client, changed: Finding) -> None:
    (row,) = listed(duty, f"?finding={changed.pk}&since=2099-01-01T00:00:00%2B08:00")
    assert row["now"]["value"] == "90"
    assert duty.get("/api/v1/corrections?finding=999999").status_code == 404


def test_a_withdrawn_import_is_named_as_the_cause(duty: Client, changed: Finding) -> None:
    site = RegistryObject.objects.get(code="O-1-01")
    void = replace(answer(site, 0), value=None, verdict=Verdict.INSUFFICIENT, inputs={"reason": {"code": "withdrawn"}})
    record_judgements(SYSTEM_ACTOR, city.NOW, [void])
    newest = listed(duty, "?object=O-1-01&question=emission_limit")[0]
    assert (newest["cause"], newest["now"]["value"], newest["was"]["value"]) == ("withdrawn", None, "90")


def test_only_changes_of_the_asked_span_are_listed(duty: Client, changed: Finding) -> None:
    def within(query: str) -> int:
        return sum(one["object"] == "O-1-01" and one["item"] == "a21002" for one in listed(duty, query))

    at = (city.NOW - HOUR).isoformat().replace("+", "%2B")
    assert within(f"?since={at}") == 1
    assert within(f"?until={at}") == 0
    assert within("?object=O-1-01&question=air_index") == 0


def test_somebody_without_sight_of_the_outlet_sees_nothing_of_it(login: Login, changed: Finding) -> None:
    elsewhere, citizen, plant = login("wuchang"), login("citizen"), login("plant")
    for client in (citizen,) if changed.object.region_code == "420106" else (citizen, elsewhere):
        assert [one for one in listed(client) if one["object"] == "O-1-01"] == []
        assert client.get(f"/api/v1/corrections?finding={changed.pk}").status_code == 404
    assert [one["now"]["value"] for one in listed(plant) if one["object"] == "O-1-01"] == ["90"]
