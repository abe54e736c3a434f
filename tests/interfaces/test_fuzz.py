"""Every operation of the contract is asked what nobody thought of (schemathesis): no failure of ours, no leak, no odd shape."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET
from tests.interfaces import city
from tests.interfaces.standing import Standing, undone
from tests.interfaces.test_access import let_go

from qingtian.apps.accounts.actor import actor_of
from qingtian.apps.accounts.models import ApiKey, SignInFailure, User
from qingtian.apps.cases.actions.file_case import CaseDraft, file_case
from qingtian.interfaces.api.attempts import refusals
from qingtian.interfaces.api.contract import contract_text
from qingtian.interfaces.api.limits import buckets
from qingtian.interfaces.api.schemas.places import RegionOut

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::Warning:schemathesis")]
CONTRACT = json.loads(contract_text())
SCHEMA = schemathesis.openapi.from_dict(CONTRACT)
OPERATIONS = {
    f"{one.ok().method.upper()} {one.ok().path}": one.ok()
    for one in SCHEMA.get_all_operations()
    if one.ok().path != "/api/v1/live"  # the stream is tried over a real server
}
EXAMPLES = 4
WHO = ("anonymous", "citizen", "enterprise", "other_enterprise", "dispatcher", "supervisor", "auditor", "data_steward")
COMPLAINANT, PHONE = "欧阳举报人", "13987654321"
EVERYWHERE = {401, 403, 404, 405, 413, 422, 429, 503}  # refusals that any route may answer, exports too
MAY_KNOW = frozenset({"supervisor"})  # roles that the procedure of complaints lets read who complains
SCARS = ("Traceback (most recent call last)", "psycopg", "SELECT ", "/site-packages/", "scrypt$", "pbkdf2_")
Case = Any


@pytest.fixture(scope="module")
def secrets(standing: Standing) -> list[str]:
    """What must be in no answer to anybody: hashes of passwords and keys."""
    return [*User.objects.values_list("password", flat=True), *ApiKey.objects.values_list("digest", flat=True)]


@pytest.fixture(scope="module")
def complaint(standing: Standing) -> int:
    """A complaint whose sender has a name and a telephone."""
    told = {"channel": "phone", "category": "odour", "problem": "夜间异味"}
    told |= {"complainant_name": COMPLAINANT, "complainant_phone": PHONE}
    draft = CaseDraft(template="T2", title="夜间异味", region_code="420107", fields=told)
    return file_case(actor_of(standing.people["window"]), city.NOW, draft).pk


def asked(client: Client, standing: Standing, case: Case, *, there: bool) -> HttpResponse:
    """Send what was made up; `there`: to an object that exists."""
    path = standing.at(case.operation.path) if there else case.formatted_path
    query = (
        {str(key): _texts(value) for key, value in (case.query or {}).items()} if isinstance(case.query, dict) else {}
    )
    body, kind = case.body, str(case.media_type or "application/json")
    if body is NOT_SET or case.method.upper() == "GET":
        return client.generic(case.method.upper(), path, QUERY_STRING=_query(query))
    if kind.startswith("multipart/") and isinstance(body, dict):
        parts = {str(key): _part(value) for key, value in body.items()}
        return client.post(path, parts, QUERY_STRING=_query(query))
    text = json.dumps(body, ensure_ascii=True, default=str)
    return client.generic(case.method.upper(), path, text, content_type="application/json", QUERY_STRING=_query(query))


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _query(query: dict[str, list[str]]) -> str:
    from urllib.parse import urlencode

    return urlencode([(key, one) for key, values in query.items() for one in values], errors="replace")


def _part(value: object) -> object:
    if isinstance(value, bytes):
        return SimpleUploadedFile("x.bin", value)
    return value if isinstance(value, str) else json.dumps(value, default=str)


@pytest.mark.parametrize("name", OPERATIONS)
def test_whatever_is_asked_the_answer_is_ours_and_tells_no_more_than_it_may(
    standing: Standing, secrets: list[str], complaint: int, name: str
) -> None:
    answers = probed(standing, secrets, name)

    assert answers


def test_a_fault_and_a_leak_would_be_found(
    standing: Standing, secrets: list[str], complaint: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("qingtian.interfaces.api.present.mapping.regions", fail)
    with pytest.raises(AssertionError, match="internal"):
        probed(standing, secrets, "GET /api/v1/regions", examples=30)
    for told in (COMPLAINANT, secrets[0] or secrets[-1]):
        row = RegionOut(code="420100", name=told, name_en="", lon=None, lat=None)
        monkeypatch.setattr("qingtian.interfaces.api.present.mapping.regions", lambda *_, row=row: [row])
        with pytest.raises(AssertionError):
            probed(standing, secrets, "GET /api/v1/regions", examples=30)


def probed(standing: Standing, secrets: list[str], name: str, *, examples: int = EXAMPLES) -> list[int]:
    """Ask one operation what schemathesis makes up; gives the statuses."""
    operation = OPERATIONS[name]
    made = st.one_of(
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    )
    calm = settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    @calm
    @given(case=made, who=st.sampled_from(WHO), there=st.booleans())
    def probe(case: Case, who: str, there: bool) -> None:
        buckets.clear()
        refusals.clear()
        SignInFailure.objects.all().delete()
        with undone():
            answer = asked(standing.client(who), standing, case, there=there)
            told = shown(answer)
            let_go(answer)
        check(answer, told, operation, who, secrets)
        answers.append(answer.status_code)

    answers: list[int] = []
    probe()
    return answers


def shown(answer: HttpResponse) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return content.decode(errors="replace")


def check(answer: HttpResponse, told: str, operation: Any, who: str, secrets: list[str]) -> None:
    status = answer.status_code
    assert status < 500 or status == 503, told
    declared = CONTRACT["paths"][operation.path][operation.method]["responses"]
    assert str(status) in declared or status in EVERYWHERE, (status, told)
    if status >= 400:
        error = json.loads(told)["error"]
        assert error["code"] and error["message"] and error["request_id"], told
    assert [scar for scar in SCARS if scar in told] == []
    assert not any(secret in told for secret in secrets)
    if who not in MAY_KNOW:
        assert COMPLAINANT not in told
    assert PHONE not in told or who in MAY_KNOW
