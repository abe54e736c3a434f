"""Whatever is sent, the answer is a sentence about the input and never a fault of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.interfaces.standing import Standing

from qingtian.domain.errors import InvalidInput
from qingtian.interfaces.api.schemas.base import FIRST_YEAR, LAST_YEAR, refuse_nul

pytestmark = pytest.mark.django_db
ISO_REMEDY = "give an ISO time with offset, like 2025-11-22T08:00:00+08:00"
SERIES = "/api/v1/series?site=O-1-01&pollutant=a21002"
STRANGE = ["\\", "'; DROP TABLE findings_finding; --", "😀" * 20, "\u202eabc", "武汉" * 50, "\ud7ff"]


def error_of(answer: HttpResponse) -> dict:
    return json.loads(answer.content)["error"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/v1/findings?q=a%00b", "q"),
        ("/api/v1/findings?region=%00", "region"),
        ("/api/v1/findings?object=%00", "object"),
        ("/api/v1/findings?enterprise=%00", "enterprise"),
        ("/api/v1/findings?parameter=%00", "parameter"),
        ("/api/v1/findings/export.csv?q=%00", "q"),
        ("/api/v1/stations?q=%00", "q"),
        ("/api/v1/stations?region=%00", "region"),
        ("/api/v1/stations/export.csv?level=%00", "level"),
        ("/api/v1/enterprises?q=%00", "q"),
        ("/api/v1/cases?state=listed&state=%00", "state"),
        ("/api/v1/cases?template=%00", "template"),
        ("/api/v1/events?type=%00", "type"),
        ("/api/v1/events?object_id=%00", "object_id"),
        ("/api/v1/rules?q=%00", "q"),
        ("/api/v1/series?site=%00&pollutant=a21002", "site"),
        ("/api/v1/series?site=O-1-01&pollutant=%00", "pollutant"),
        ("/api/v1/people?object=outlet:%00", "object"),
    ],
)
def test_a_nul_in_a_query_is_refused_by_the_name_of_the_parameter(officer: Client, path: str, field: str) -> None:
    answer = officer.get(path)

    error = error_of(answer)
    assert (answer.status_code, error["code"], error["field"]) == (422, "invalid_input", field)
    assert (error["message"], error["remedy"]) == ("the text holds a NUL character", "remove it")
    assert answer.headers["X-Request-ID"] == error["request_id"]


@pytest.mark.parametrize(
    "path", ["/api/v1/stations/%00", "/api/v1/outlets/a%00b", "/api/v1/enterprises/%00", "/assets/%00.js", "/desk/%00"]
)
def test_nothing_has_a_name_with_a_nul(officer: Client, path: str) -> None:
    answer = officer.get(path)

    assert (answer.status_code, error_of(answer)["code"]) == (404, "not_found")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


Post = Callable[[str, object], HttpResponse]


@pytest.fixture
def posts(standing: Standing, officer: Client) -> Post:
    """Posts to `{finding_id}` and `{case_id}` as the duty officer."""

    def post(path: str, body: object) -> HttpResponse:
        text = body if isinstance(body, str) else json.dumps(body)
        return officer.post(f"/api/v1/{standing.at(path)}", text, content_type="application/json")

    return post


OBSERVATION = {"site": "O-1-01", "pollutant": "a21002", "cycle": "hour", "period_start": "2025-11-24T09:00:00+08:00"}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("session", {"username": "a\x00", "password": "x"}, "username"),
        ("session", {"username": "a", "password": "\x00"}, "password"),
        ("findings/{finding_id}/dismiss", {"reason": "other", "note": "a\x00b"}, "note"),
        ("findings/{finding_id}/answer", {"answer": "\x00"}, "answer"),
        ("findings/{finding_id}/open-case", {"template": "\x00"}, "template"),
        ("findings/{finding_id}/self-correct", {"note": "\x00"}, "note"),
        ("cases/{case_id}/assign", {"responsible": "\x00"}, "responsible"),
        ("cases/{case_id}/transitions", {"to": "planned", "fields": {"plan": ["x", "a\x00"]}}, "fields.plan.1"),
        ("cases/{case_id}/transitions", {"to": "planned", "fields": {"pl\x00an": "x"}}, "fields.pl?an"),
        ("cases/{case_id}/fields", {"fields": {"root_cause": {"deep": ["\x00"]}}}, "fields.root_cause.deep.0"),
        ("cases/{case_id}/clocks/rectification/pause", {"reason": "\x00"}, "reason"),
        ("cases/{case_id}/evidence/0/review", {"result": "pass", "note": "\x00"}, "note"),
        ("cases/{case_id}/evidence/observation", {"observation": OBSERVATION | {"site": "\x00"}}, "observation.site"),
    ],
)
def test_a_nul_in_a_body_is_refused_by_the_name_of_the_field(posts: Post, path: str, body: object, field: str) -> None:
    answer = posts(path, body)

    assert (answer.status_code, error_of(answer)["field"]) == (422, field)


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text()),
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    )
)
def test_a_nul_is_found_exactly_where_there_is_one(value: object) -> None:
    hidden = "\\u0000" in json.dumps(value).replace("\\\\", "")

    if hidden:
        with pytest.raises(InvalidInput) as caught:
            refuse_nul(value)
        assert caught.value.field
        assert "\x00" not in caught.value.field
    else:
        refuse_nul(value)


@pytest.mark.parametrize("path", ["findings", "stations", "enterprises", "cases", "rules"])
def test_strange_words_are_searched_for_and_not_run(officer: Client, path: str) -> None:
    for word in STRANGE:
        answer = officer.get(f"/api/v1/{path}?q={quote(word)}")
        assert (answer.status_code, answer.json()["total"]) == (200, 0), word


@pytest.mark.parametrize("path", ["findings", "stations", "enterprises", "cases", "rules"])
def test_a_blank_word_does_not_restrict(officer: Client, path: str) -> None:
    everything = officer.get(f"/api/v1/{path}").json()["total"]

    assert everything > 0
    assert officer.get(f"/api/v1/{path}?q=%20%09").json()["total"] == everything


def test_a_wild_card_is_a_letter_like_any_other(officer: Client) -> None:
    for word in ("%", "_", "F-2025%", "O_1_01"):
        assert officer.get(f"/api/v1/findings?q={quote(word)}").json()["total"] == 0, word
    assert officer.get("/api/v1/findings?q=o-1-01").json()["total"] == 5


@pytest.mark.parametrize(
    ("moment", "remedy"),
    [
        ("2025-11-24T00:00:00", ISO_REMEDY),
        ("2025-11-24", ISO_REMEDY),
        ("yesterday", ISO_REMEDY),
        ("0001-01-01T00:00:00+08:00", f"give a year from {FIRST_YEAR} to {LAST_YEAR}"),
        ("9999-12-31T23:59:59-12:00", f"give a year from {FIRST_YEAR} to {LAST_YEAR}"),
    ],
)
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/v1/findings?x=1", "since"),
        ("/api/v1/findings/export.csv?x=1", "until"),
        ("/api/v1/events?x=1", "since"),
        ("/api/v1/events?x=1", "until"),
        (SERIES, "start"),
        (SERIES, "end"),
        (SERIES, "as_of"),
        (SERIES.replace("series", "series/export.csv"), "end"),
    ],
)
def test_a_time_needs_an_offset_and_a_year_of_our_age(
    standing: Standing, path: str, field: str, moment: str, remedy: str
) -> None:
    answer = standing.client("auditor").get(f"{path}&{field}={quote(moment)}")

    error = error_of(answer)
    assert (answer.status_code, error["field"], error["remedy"]) == (422, field, remedy)


@pytest.mark.parametrize("year", [FIRST_YEAR, LAST_YEAR])
def test_the_first_and_the_last_year_are_taken_everywhere(officer: Client, year: int) -> None:
    for path in (f"/api/v1/findings?since={year}-06-01T00:00:00Z", f"{SERIES}&end={year}-06-01T00:00:00Z"):
        assert officer.get(path).status_code == 200


def test_any_offset_is_the_same_moment(officer: Client) -> None:
    # Three findings were last seen at 09:00 in the city.
    for moment, total in (("2025-11-24T01:00:00Z", 3), ("2025-11-24T01:00:01Z", 0), ("2025-11-23T20:00:00-05:00", 3)):
        assert officer.get(f"/api/v1/findings?since={quote(moment)}").json()["total"] == total


@pytest.mark.parametrize("number", ["-1", "0", "99999999999999999999999"])
@pytest.mark.parametrize(
    "path",
    [
        "findings/{}",
        "cases/{}",
        "cases/{}/evidence/verify",
        "cases/{}/evidence/package",
        "cases/CASE/evidence/{}/content",
    ],
)
def test_a_number_that_nothing_has_is_404(standing: Standing, officer: Client, path: str, number: str) -> None:
    answer = officer.get(f"/api/v1/{path.format(number)}".replace("CASE", str(standing.cases["first"].pk)))

    assert (answer.status_code, error_of(answer)["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("null", "body"),
        ("[]", "body"),
        ('"x"', "body"),
        ("", "body"),
        ("{}", "ids"),
        ('{"ids": []}', "ids"),
        ('{"ids": null}', "ids"),
        ('{"ids": ["1.5"]}', "ids.0"),
        ('{"ids": [1], "more": 2}', "more"),
        ('{"ids": [' + ",".join("1" for _ in range(501)) + "]}", "ids"),
    ],
)
def test_a_malformed_list_of_ids_names_what_is_wrong(officer: Client, body: str, field: str) -> None:
    answer = officer.post("/api/v1/findings/confirm", body, content_type="application/json")

    assert (answer.status_code, error_of(answer)["field"]) == (422, field)


@pytest.mark.parametrize("number", ["1e400", "NaN", "1.5", "-Infinity"])
def test_a_binary_fraction_is_no_fact_of_a_case(posts: Post, number: str) -> None:
    answer = posts("cases/{case_id}/fields", f'{{"fields": {{"root_cause": {number}}}}}')

    assert answer.status_code == 422
    assert "floats" in error_of(answer)["message"]


@pytest.mark.parametrize(
    ("path", "body", "field", "most"),
    [
        ("findings/{finding_id}/dismiss", {"reason": "other", "note": "x"}, "note", 4000),
        ("findings/{finding_id}/open-case", {"template": "T1", "title": "x"}, "title", 300),
        ("cases/{case_id}/transitions", {"to": "planned", "reason": "x"}, "reason", 4000),
        ("cases/{case_id}/assign", {"responsible": "x"}, "responsible", 150),
        ("session", {"username": "x", "password": "x"}, "username", 150),
        ("session", {"username": "x", "password": "x"}, "password", 1000),
    ],
)
def test_a_text_that_is_too_long_is_told_how_long_it_may_be(
    posts: Post, path: str, body: dict[str, str], field: str, most: int
) -> None:
    answer = posts(path, body | {field: "青" * (most + 1)})

    error = error_of(answer)
    assert (answer.status_code, error["field"]) == (422, field)
    assert error["remedy"] == f"give at most {most} characters"
