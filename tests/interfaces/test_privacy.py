"""Who complained is told to those who need it, one by one and on record; to nobody else by any address, file, error or log."""

from __future__ import annotations

import csv
import io
import json
import logging
import zipfile

import pytest
from django.http import HttpResponse
from django.test import Client
from tests.interfaces import city
from tests.interfaces.access import table
from tests.interfaces.standing import EVERYBODY, Standing, undone
from tests.interfaces.test_access import let_go

from qingtian.apps.accounts.actor import actor_of
from qingtian.apps.accounts.rights import identity_readers
from qingtian.apps.cases.actions.file_case import CaseDraft, file_case
from qingtian.apps.cases.actions.read_private import read_private
from qingtian.apps.cases.models import Case
from qingtian.apps.journal.models import Event

pytestmark = pytest.mark.django_db
NAME, PHONE, ADDRESS = "欧阳举报人", "13987654321", "和平大道九百九十九号"
TOLD = {"complainant_name": NAME, "complainant_phone": PHONE, "complainant_address": ADDRESS}
READS = sorted(path for method, path in table() if method == "GET" and not path.endswith(".pdf"))  # drawn from the same
# Who has everything to read, who may open identities, the reported party, and the street.
READERS = [
    "anonymous",
    "enterprise",
    "other_enterprise",
    "dispatcher",
    "handler",
    "supervisor",
    "auditor",
    "data_steward",
]
PEOPLE = [who for who, grant in EVERYBODY.items() if grant]


@pytest.fixture(scope="module")
def complaint(standing: Standing) -> int:
    """A complaint about the first enterprise that was read once already."""
    fields = {"channel": "phone", "category": "odour", "problem": "夜间异味"} | TOLD
    draft = CaseDraft(template="T2", title="夜间异味", object=("enterprise", "E-1"), fields=fields)
    case = file_case(actor_of(standing.people["window"]), city.NOW, draft)
    read_private(actor_of(standing.people["handler"]), city.NOW, case.pk)
    return case.pk


def address(standing: Standing, path: str, complaint: int) -> str:
    mine = path.replace("{case_id}", str(complaint)).replace("{kind}/{subject_id}", f"case/{complaint}")
    url = standing.at(mine)
    if "/series" in path:
        return f"{url}?site=O-1-01&pollutant=a21002"
    return f"{url}?page_size=200" if path in ("/api/v1/cases", "/api/v1/events", "/api/v1/reads") else url


def said(answer: HttpResponse) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    let_go(answer)
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as bundle:
            content = b"".join(bundle.read(name) for name in bundle.namelist())
    return content.decode(errors="replace")


@pytest.mark.parametrize("who", READERS)
def test_no_address_tells_who_complained(
    standing: Standing, complaint: int, who: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = standing.client(who)
    with caplog.at_level(logging.DEBUG):
        told = {path: said(client.get(address(standing, path, complaint))) for path in READS}

    assert [path for path, text in told.items() if any(secret in text for secret in TOLD.values())] == []
    assert not any(secret in caplog.text for secret in TOLD.values())


@pytest.mark.parametrize("who", PEOPLE)
def test_identity_is_opened_for_roles_that_need_it_and_each_opening_is_on_record(
    standing: Standing, complaint: int, who: str
) -> None:
    before = Event.objects.filter(type="case.private_read").count()
    with undone():
        answer = standing.client(who).post(f"/api/v1/cases/{complaint}/private")
        opened = Event.objects.filter(type="case.private_read").count() - before
        kept = Event.objects.filter(type="case.private_read").latest("seq")

    role = EVERYBODY[who][0]  # type: ignore[index]
    if role in identity_readers():
        assert answer.json()["values"] == TOLD
        assert (opened, kept.actor) == (1, standing.people[who].username)
        assert not any(secret in json.dumps(kept.payload, ensure_ascii=False) for secret in TOLD.values())
    else:
        assert answer.status_code in (403, 404)
        assert (opened, any(secret in answer.content.decode() for secret in TOLD.values())) == (0, False)


@pytest.mark.parametrize("who", ["enterprise", "other_enterprise", "citizen"])
def test_the_reported_party_never_learns_that_somebody_complained(standing: Standing, complaint: int, who: str) -> None:
    client = standing.client(who)

    assert client.get(f"/api/v1/cases/{complaint}").status_code == 404
    assert client.get("/api/v1/cases?template=T2").json()["total"] == 0
    assert exported_numbers(standing, who) == []
    assert Case.objects.get(pk=complaint).number in exported_numbers(standing, "handler")


def exported_numbers(standing: Standing, who: str) -> list[str]:
    """Numbers of the complaints in the file that somebody takes home."""
    sheet = said(standing.client(who).get("/api/v1/cases/export.csv?template=T2")).lstrip("\ufeff")
    rows = csv.DictReader(line for line in sheet.splitlines() if not line.startswith("#"))
    return [row["number"] for row in rows]


def test_the_auditor_sees_that_it_was_read_and_by_whom(standing: Standing, complaint: int) -> None:
    page = standing.client("auditor").get("/api/v1/reads?kind=identity").json()
    sheet = said(standing.client("auditor").get("/api/v1/reads/export.csv?kind=identity"))

    row = page["items"][0]
    assert (row["actor"], row["link"]) == ("handler", f"/desk/cases/{complaint}")
    assert "complainant_phone" in row["detail"]
    assert "handler" in sheet
    assert standing.client("dispatcher").get("/api/v1/reads").status_code == 403


def test_an_error_about_a_complaint_does_not_repeat_who_sent_it(
    standing: Standing, caplog: pytest.LogCaptureFixture
) -> None:
    fields = {"channel": "nonsense", "category": "odour", "problem": "x"} | TOLD
    body = {"template": "T2", "title": "异味", "region_code": "420107", "fields": fields}

    with caplog.at_level(logging.DEBUG):
        answer = standing.client("window").post("/api/v1/cases", json.dumps(body), content_type="application/json")

    assert answer.status_code == 422
    assert not any(secret in answer.content.decode() + caplog.text for secret in TOLD.values())


@pytest.mark.parametrize("path", ["/", "/public/", "/public/disclosure", "/metrics"])
def test_no_page_of_the_public_tells_it(standing: Standing, complaint: int, path: str) -> None:
    text = said(Client().get(path))

    assert not any(secret in text for secret in TOLD.values())
