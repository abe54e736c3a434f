"""The published contract is the live API."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from qingtian.cli.main import cli
from qingtian.interfaces.api.contract import contract_text

CONTRACT = Path(__file__).parents[2] / "docs" / "api" / "openapi.json"
GUIDE = Path(__file__).parents[2] / "docs" / "integrators.md"


@pytest.fixture(scope="module")
def contract() -> dict[str, dict[str, dict[str, object]]]:
    return json.loads(CONTRACT.read_text("utf-8"))


def test_the_committed_contract_is_the_live_one() -> None:
    assert CONTRACT.read_text("utf-8") == contract_text(), "run: qingtian openapi > docs/api/openapi.json"


def test_the_command_prints_the_contract() -> None:
    answer = CliRunner().invoke(cli, ["openapi"])

    assert answer.exit_code == 0
    assert json.loads(answer.output)["info"]["title"] == "Qingtian API"


def test_every_operation_has_a_summary_a_description_and_an_own_id(contract: dict) -> None:
    operations = [one for path in contract["paths"].values() for one in path.values()]

    assert all(one["summary"] and one["description"] for one in operations)
    ids = [one["operationId"] for one in operations]
    assert len(ids) == len(set(ids))


def test_every_json_operation_declares_the_error_shape(contract: dict) -> None:
    for path, methods in contract["paths"].items():
        for method, one in methods.items():
            if path.endswith(
                (
                    ".csv",
                    ".xlsx",
                    ".jsonl",
                    ".pdf",
                    ".docx",
                    ".css",
                    ".json",
                    "/preview",
                    "/content",
                    "/package",
                    "/live",
                )
            ):
                continue
            schema = one["responses"]["422"]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/ErrorOut"}, f"{method} {path}"


def test_every_object_that_shows_data_says_whether_it_is_simulated(contract: dict) -> None:
    schemas = contract["components"]["schemas"]

    for name in (
        "StationOut",
        "MapPoint",
        "OutletOut",
        "EnterpriseOut",
        "SeriesOut",
        "FindingRow",
        "CaseRow",
        "PlaceOut",
    ):
        assert "simulated" in schemas[name]["required"], name


def test_no_schema_can_carry_a_device_password(contract: dict) -> None:
    with_password = [
        name for name, one in contract["components"]["schemas"].items() if "password" in one.get("properties", {})
    ]

    assert with_password == ["LoginIn", "UserAccountIn", "UserAccountPatch"]  # of people, and only on the way in


def test_the_guide_for_integrators_names_every_route(contract: dict) -> None:
    text = GUIDE.read_text("utf-8")

    missing = [path for path in contract["paths"] if path.removeprefix("/api/v1") not in text]
    assert missing == []


def test_no_two_schemas_share_a_name(contract: dict) -> None:
    """The contract keeps one schema of each name: of two, one operation would publish the other's shape."""
    import ast

    folder = Path(__file__).parents[2] / "src" / "qingtian" / "interfaces" / "api"
    names: dict[str, str] = {}
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name in contract["components"]["schemas"]:
                assert node.name not in names, f"{node.name} in {path.name} and {names[node.name]}"
                names[node.name] = path.name
    assert len(names) > 200
