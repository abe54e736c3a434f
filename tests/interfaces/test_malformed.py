"""Generated from the contract: a malformed value of every parameter and every field is refused by its name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from tests.interfaces.standing import Standing

from qingtian.interfaces.api.contract import contract_text

pytestmark = pytest.mark.django_db
CONTRACT = json.loads(contract_text())
SCHEMAS = CONTRACT["components"]["schemas"]
Schema = dict[str, Any]
PUBLIC_READS = ("/meta", "/session", "/health", "/air/categories", "/pollutants")


def plain(schema: Schema) -> Schema:
    """A schema without references, alternatives with null, and lists around it."""
    while True:
        if "$ref" in schema:
            schema = SCHEMAS[schema["$ref"].rsplit("/", 1)[-1]]
        elif "anyOf" in schema:
            schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
        elif "allOf" in schema:
            schema = schema["allOf"][0]
        elif schema.get("type") == "array":
            schema = schema["items"]
        else:
            return schema


def wrong_words(schema: Schema) -> list[str]:
    """Query values that a schema does not take."""
    schema = plain(schema)
    if "enum" in schema:
        return ["nonsense", "", schema["enum"][0].upper() + "x"]
    if schema.get("format") == "date-time":
        return ["yesterday", "2025-13-01T00:00:00+08:00", "2025-11-24T00:00:00"]
    match schema.get("type"):
        case "integer":
            bounds = [str(schema[key] + by) for key, by in (("minimum", -1), ("maximum", 1)) if key in schema]
            return ["x", "1.5", *bounds]
        case "number":
            bounds = [str(schema[key] + by) for key, by in (("minimum", -0.5), ("maximum", 0.5)) if key in schema]
            return ["x", "", *bounds]
        case "boolean":
            return ["maybe", "2"]
        case "string":
            return ["x" * (schema["maxLength"] + 1)] if "maxLength" in schema else []
    raise AssertionError(f"no malformed value is known for {schema}")


def right_word(schema: Schema) -> str:
    """A value that a schema takes; whether there is such a thing is asked later."""
    schema = plain(schema)
    if "enum" in schema:
        return str(schema["enum"][0])
    if "pattern" in schema:
        return "2025-11"  # the only form that a query must have: a month
    return {"integer": "1", "number": "1"}.get(str(schema.get("type")), "a21002")


def parameters() -> Iterator[tuple[str, str, str]]:
    """Path, name and malformed value of every query parameter."""
    for path, methods in CONTRACT["paths"].items():
        for one in methods.get("get", {}).get("parameters", []):
            if one["in"] == "query":
                for word in wrong_words(one["schema"]):
                    yield path, one["name"], word


PARAMETERS = list(parameters())


@pytest.mark.parametrize("path", sorted({one[0] for one in PARAMETERS}), ids=lambda one: one.removeprefix("/api/v1"))
def test_a_malformed_parameter_is_refused_by_its_name(standing: Standing, path: str) -> None:
    client = standing.client("supervisor")
    asked = CONTRACT["paths"][path]["get"]["parameters"]
    needed = {one["name"]: right_word(one["schema"]) for one in asked if one["in"] == "query" and one["required"]}
    places = {one["name"]: right_word(one["schema"]) for one in asked if one["in"] == "path"}
    url = path.format(**places)
    for name, word in [one[1:] for one in PARAMETERS if one[0] == path]:
        query = "&".join(f"{key}={quote(value)}" for key, value in (needed | {name: word}).items())
        answer = client.get(f"{url}?{query}")
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["field"].split(".")[0]) == (422, "invalid_input", name), word
        assert error["message"]
        assert error["remedy"] != "see /api/v1/openapi.json", (name, word)


def test_what_a_series_needs_is_asked_for_by_name(officer: Any) -> None:
    error = officer.get("/api/v1/series").json()["error"]

    assert {one["field"]: one["remedy"] for one in error["params"]["errors"]} == {
        "site": "give site",
        "pollutant": "give pollutant",
    }


def test_a_path_that_needs_a_number_names_it(standing: Standing) -> None:
    client = standing.client("supervisor")
    tried = 0
    for path, methods in CONTRACT["paths"].items():
        for method, operation in methods.items():
            for one in operation.get("parameters", []):
                if one["in"] == "path" and plain(one["schema"]).get("type") == "integer":
                    url = standing.at(path.replace(f"{{{one['name']}}}", "x1"))
                    for other in operation["parameters"]:  # an earlier part of the path that is in order
                        if other["in"] == "path":
                            url = url.replace(f"{{{other['name']}}}", right_word(other["schema"]))
                    answer = client.generic(method.upper(), url, "{}", content_type="application/json")
                    assert answer.status_code in (404, 422), url
                    if answer.status_code == 422:
                        assert answer.json()["error"]["params"]["errors"][0]["field"] == one["name"]
                    tried += 1
    assert tried >= 20


def bodies() -> Iterator[tuple[str, str, Schema]]:
    """Method, path and schema of every JSON body."""
    for path, methods in CONTRACT["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                yield method.upper(), path, plain(content["application/json"]["schema"])


BODIES = list(bodies())
EACH_BODY = pytest.mark.parametrize(
    ("method", "path", "schema"), BODIES, ids=[f"{one[0]} {one[1].removeprefix('/api/v1')}" for one in BODIES]
)


def sent(standing: Standing, method: str, path: str, body: object) -> dict[str, dict[str, str]]:
    """The problems that an answer names, by field; the refusal must be 422."""
    client = standing.client("supervisor")
    answer = client.generic(method, standing.at(path), json.dumps(body), content_type="application/json")
    assert answer.status_code == 422, (answer.status_code, body)
    return {one["field"]: one for one in answer.json()["error"]["params"]["errors"]}


@EACH_BODY
def test_a_body_of_the_wrong_kind_is_refused_as_a_whole(
    standing: Standing, method: str, path: str, schema: Schema
) -> None:
    for body in (None, [], "text", 5, True):
        assert set(sent(standing, method, path, body)) == {"body"}


@EACH_BODY
def test_every_field_that_is_needed_is_asked_for_at_once(
    standing: Standing, method: str, path: str, schema: Schema
) -> None:
    needed = schema.get("required", [])
    if not needed:
        assert sent(standing, method, path, {"unheard_of": 1})["unheard_of"]["remedy"] == "leave unheard_of out"
        return
    problems = sent(standing, method, path, {})
    assert {field: one["remedy"] for field, one in problems.items()} == {field: f"give {field}" for field in needed}


@EACH_BODY
def test_a_field_of_the_wrong_kind_and_an_unknown_one_are_named_together(
    standing: Standing, method: str, path: str, schema: Schema
) -> None:
    for name in schema["properties"]:
        open_object = plain(schema["properties"][name]).get("type") == "object"
        body = {name: 5 if open_object else {"a": [1.5]}, "unheard_of": 1}
        problems = sent(standing, method, path, body)
        assert "unheard_of" in problems
        assert any(field.split(".")[0] == name for field in problems), (name, problems)
        assert all(one["reason"] and one["remedy"] for one in problems.values())


def test_forms_are_refused_like_bodies(standing: Standing) -> None:
    client = standing.client("inspector")
    url = standing.at("/api/v1/cases/{case_id}/evidence")
    for fields, wanted in (
        ({}, {"file"}),
        ({"kind": "poem"}, {"file", "kind"}),
        ({"title": "x" * 301}, {"file", "title"}),
        ({"captured_by": "x" * 151}, {"file", "captured_by"}),
        ({"captured_at": "2025-11-24T09:00:00"}, {"file", "captured_at"}),
    ):
        error = client.post(url, fields).json()["error"]
        assert {one["field"] for one in error["params"]["errors"]} == wanted


def test_no_read_for_visitors_takes_a_parameter() -> None:
    for path in PUBLIC_READS:
        assert CONTRACT["paths"][f"/api/v1{path}"]["get"].get("parameters", []) == []
