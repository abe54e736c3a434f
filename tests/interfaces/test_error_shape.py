"""Every error of the API has one shape, whatever went wrong and wherever it was noticed."""

from __future__ import annotations

import json
import logging

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from tests.interfaces import city

from qingtian.domain.errors import (
    ConfigurationError,
    Conflict,
    InvalidInput,
    NotPermitted,
    NotVisible,
    QingtianError,
    TransitionRefused,
    Unavailable,
    UnmetGuard,
)
from qingtian.interfaces.api.errors import (
    BadRequest,
    CsrfFailed,
    NoSuchMethod,
    NotAuthenticated,
    TooLarge,
    TooManyAttempts,
    error_response,
    status_of,
)

KEYS = {"code", "message", "message_key", "field", "remedy", "params", "request_id"}


def body_of(answer: object) -> dict[str, object]:
    payload = json.loads(answer.content)  # type: ignore[attr-defined]
    assert set(payload) == {"error"}
    assert set(payload["error"]) == KEYS
    assert payload["error"]["request_id"]
    assert payload["error"]["message_key"] == f"error.{payload['error']['code']}"
    return payload["error"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InvalidInput("no", field="x", remedy="y"), 422, "invalid_input"),
        (NotVisible("no"), 404, "not_found"),
        (NotPermitted("no"), 403, "not_permitted"),
        (Conflict("no"), 409, "conflict"),
        (TransitionRefused("no"), 409, "transition_refused"),
        (Unavailable("no"), 503, "unavailable"),
        (ConfigurationError("no"), 500, "configuration"),
        (QingtianError("no"), 500, "internal"),
        (NotAuthenticated("no"), 401, "not_authenticated"),
        (TooManyAttempts("no"), 429, "too_many_attempts"),
        (BadRequest("no"), 400, "bad_request"),
        (CsrfFailed("no"), 403, "csrf_failed"),
        (NoSuchMethod("no"), 405, "method_not_allowed"),
        (TooLarge("no"), 413, "too_large"),
    ],
)
def test_status_and_code_of_each_error_are_pinned(error: QingtianError, status: int, code: str) -> None:
    answer = error_response(RequestFactory().get("/api/v1/x"), error)

    assert (answer.status_code, status_of(error)) == (status, status)
    assert body_of(answer)["code"] == code


def test_a_refused_step_lists_its_unmet_guards() -> None:
    guard = UnmetGuard("measures_done", "措施完成", "Measures done", "2 of 3", "完成", "finish", ("measures_done",))

    body = body_of(error_response(RequestFactory().get("/"), TransitionRefused("not yet", unmet=[guard])))

    assert body["params"] == {
        "unmet": [
            {
                "guard": "measures_done",
                "label_zh": "措施完成",
                "label_en": "Measures done",
                "detail": "2 of 3",
                "detail_zh": "",
                "remedy_zh": "完成",
                "remedy_en": "finish",
                "fields": ["measures_done"],
            }
        ]
    }


def test_the_request_id_of_the_caller_is_kept_when_it_is_a_plain_word(duty: Client) -> None:
    kept = duty.get("/api/v1/stations/none", headers={"X-Request-ID": "trace-0001.a"})
    replaced = duty.get("/api/v1/stations/none", headers={"X-Request-ID": "bad id\u0000<script>"})

    assert body_of(kept)["request_id"] == kept.headers["X-Request-ID"] == "trace-0001.a"
    assert body_of(replaced)["request_id"] == replaced.headers["X-Request-ID"]
    assert len(replaced.headers["X-Request-ID"]) == 32


def test_an_unknown_route_is_a_json_404(duty: Client) -> None:
    for path in ("/api/v1/nothing", "/api/v2/findings", "/api", "/api/v1/findings/1/nothing"):
        answer = duty.get(path)
        assert answer.status_code == 404, path
        assert body_of(answer)["code"] == "not_found"


def test_a_wrong_method_is_a_json_405_that_names_the_right_ones(duty: Client) -> None:
    answer = duty.delete("/api/v1/findings")

    assert answer.status_code == 405
    assert body_of(answer)["remedy"] == "use GET"


def test_bad_query_values_name_field_reason_and_remedy(duty: Client) -> None:
    for query, field, remedy in (
        ("page=0", "page", "give at least 1"),
        ("page_size=1000", "page_size", "give at most 200"),
        ("page=x", "page", "give a whole number"),
        ("confirmation=maybe", "confirmation", "one of 'unconfirmed' or 'confirmed'"),
        ("since=yesterday", "since", "give an ISO time with offset, like 2025-11-22T08:00:00+08:00"),
        (
            "sort=colour",
            "sort",
            "one of answer_due_at, first_seen, hits, kind, last_seen, number, raised_at, rank, severity; - turns the order",
        ),
    ):
        answer = duty.get(f"/api/v1/findings?{query}")
        body = body_of(answer)
        assert (answer.status_code, body["code"], body["field"]) == (422, "invalid_input", field)
        assert body["message"]
        assert body["remedy"] == remedy


def test_unknown_and_missing_body_fields_are_named_all_at_once(duty: Client, town: city.Town) -> None:
    finding = city.finding(town)

    answer = duty.post(
        f"/api/v1/findings/{finding.pk}/dismiss", {"note": 5, "why": "x"}, content_type="application/json"
    )

    body = body_of(answer)
    assert answer.status_code == 422
    problems = {one["field"]: one["remedy"] for one in body["params"]["errors"]}  # type: ignore[index]
    assert problems["reason"] == "give reason"
    assert problems["why"] == "leave why out"
    assert "note" in problems


def test_a_body_that_is_no_json_is_a_json_400(duty: Client) -> None:
    answer = duty.post("/api/v1/findings/confirm", "{not json", content_type="application/json")

    assert answer.status_code == 400
    assert body_of(answer)["code"] == "bad_request"


def test_a_body_that_is_too_large_is_refused(duty: Client) -> None:
    answer = duty.post("/api/v1/findings/confirm", "[" + "1," * 2_000_000 + "1]", content_type="application/json")

    assert answer.status_code in (400, 413)
    assert body_of(answer)["code"] == "too_large"


def test_a_fault_of_ours_tells_nothing_but_the_request_id(
    duty: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("qingtian.interfaces.api.present.mapping.points", fail)

    with caplog.at_level(logging.ERROR):
        answer = duty.get("/api/v1/map/points")

    body = body_of(answer)
    assert (answer.status_code, body["code"]) == (500, "internal")
    assert "secret" not in answer.content.decode()
    assert str(body["request_id"]) in caplog.text


def test_a_database_that_is_away_is_a_503_and_the_log_has_the_cause(
    duty: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("too many clients already")

    monkeypatch.setattr("qingtian.interfaces.api.present.mapping.points", fail)

    answer = duty.get("/api/v1/map/points")

    assert (answer.status_code, body_of(answer)["code"]) == (503, "unavailable")
    assert "too many clients" not in answer.content.decode()
    assert "too many clients already" in caplog.text


def test_a_foreign_host_name_is_refused_in_the_same_shape(db: None) -> None:
    answer = Client().get("/api/v1/meta", headers={"host": "evil.example"})

    assert answer.status_code == 400
    assert body_of(answer)["code"] == "bad_request"
