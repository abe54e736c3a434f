"""Every setting at its bounds, from arguments, environment and file; every error names key, file and variable."""

from __future__ import annotations

from pathlib import Path

import pytest
from annotated_types import Ge, Gt, Le

from qingtian.domain.errors import ConfigurationError
from qingtian.runtime.settings import (
    DEVELOPMENT_SECRET,
    MIN_SECRET_LENGTH,
    Mode,
    Settings,
    config_path,
    load_settings,
)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"QINGTIAN_{name.upper()}", raising=False)
    monkeypatch.setenv("QINGTIAN_CONFIG", str(tmp_path / "qingtian.toml"))


def bounds() -> list[tuple[str, int, bool]]:
    """Setting, value and whether it is accepted: at each bound and one beyond."""
    rows = []
    for name, field in Settings.model_fields.items():
        for rule in field.metadata:
            if isinstance(rule, Ge):
                rows += [(name, int(str(rule.ge)), True), (name, int(str(rule.ge)) - 1, False)]
            if isinstance(rule, Gt):
                rows += [(name, int(str(rule.gt)) + 1, True), (name, int(str(rule.gt)), False)]
            if isinstance(rule, Le):
                rows += [(name, int(str(rule.le)), True), (name, int(str(rule.le)) + 1, False)]
    return rows


def test_every_number_has_a_lower_bound() -> None:
    numbers = {name for name, field in Settings.model_fields.items() if field.annotation in (int, float, int | None)}
    assert numbers == {name for name, _, accepted in bounds() if accepted}


@pytest.mark.parametrize(("name", "value", "accepted"), bounds())
@pytest.mark.parametrize("source", ["argument", "environment", "file"])
def test_a_number_is_accepted_up_to_its_bound_wherever_it_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, name: str, value: int, accepted: bool
) -> None:
    arguments: dict[str, object] = {}
    if name == "gateway_tls_port" and accepted:  # means nothing without them
        arguments |= {"gateway_tls_certificate": tmp_path / "c.pem", "gateway_tls_key": tmp_path / "k.pem"}
    match source:
        case "argument":
            arguments[name] = value
        case "environment":
            monkeypatch.setenv(f"QINGTIAN_{name.upper()}", str(value))
        case _:
            (tmp_path / "qingtian.toml").write_text(f"{name} = {value}\n", "utf-8")
    if accepted:
        assert getattr(load_settings(**arguments), name) == value
        return
    with pytest.raises(ConfigurationError) as error:
        load_settings(**arguments)
    assert error.value.field == name
    assert f"QINGTIAN_{name.upper()}" in str(error.value.remedy)
    assert str(config_path()) in str(error.value.remedy)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("city_code", "42010"),
        ("city_code", "4201001"),
        ("city_code", "42010a"),
        ("city_code", ""),
        ("log_level", "info"),
        ("log_level", "TRACE"),
        ("mode", ""),
        ("mode", "Demo"),
        ("web_port", "80.5"),
        ("web_port", ""),
        ("https", "perhaps"),
        ("allowed_hosts", "localhost"),
        ("database_url", "sqlite:///x"),
        ("database_url", "host=localhost"),
    ],
)
def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"QINGTIAN_{name.upper()}", value)
    with pytest.raises(ConfigurationError) as error:
        load_settings()
    assert name in str(error.value)
    assert error.value.remedy


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("https", "true", True),
        ("https", "0", False),
        ("allowed_hosts", '["a.example", "b.example"]', ["a.example", "b.example"]),
        ("mode", "demo", Mode.DEMO),
        ("database_url", "postgres://u@h/d", "postgres://u@h/d"),
        ("regions_file", "/srv/districts.geojson", Path("/srv/districts.geojson")),
    ],
)
def test_a_variable_is_read_by_the_type_of_its_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, expected: object
) -> None:
    monkeypatch.setenv(f"QINGTIAN_{name.upper()}", text)
    assert getattr(load_settings(), name) == expected


def test_an_argument_beats_the_environment_which_beats_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "qingtian.toml").write_text("web_port = 1001\ngateway_port = 1002\nidle_timeout_s = 1003\n", "utf-8")
    monkeypatch.setenv("QINGTIAN_WEB_PORT", "2001")
    monkeypatch.setenv("QINGTIAN_GATEWAY_PORT", "2002")
    settings = load_settings(web_port=3001)
    assert (settings.web_port, settings.gateway_port, settings.idle_timeout_s) == (3001, 2002, 1003)


def test_several_errors_are_counted_and_the_first_is_named() -> None:
    with pytest.raises(ConfigurationError) as error:
        load_settings(web_port=-1, gateway_port=-1, log_level="x")
    assert error.value.params["count"] == 3
    assert error.value.field == "web_port"


@pytest.mark.parametrize(("length", "accepted"), [(MIN_SECRET_LENGTH - 1, False), (MIN_SECRET_LENGTH, True)])
def test_a_secret_of_production_is_long_enough_to_the_character(length: int, accepted: bool) -> None:
    values = {"mode": "production", "https": True, "secret_key": "x" * length}
    if accepted:
        assert load_settings(**values).mode is Mode.PRODUCTION
        return
    with pytest.raises(ConfigurationError) as error:
        load_settings(**values)
    assert error.value.field == "secret_key"
    assert "x" * length not in str(error.value)


@pytest.mark.parametrize("mode", [Mode.DEV, Mode.DEMO])
def test_outside_production_the_development_secret_is_fine(mode: Mode) -> None:
    assert load_settings(mode=mode).secret_key == DEVELOPMENT_SECRET


def test_a_folder_given_relative_or_from_home_becomes_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/somebody")
    assert load_settings(data_dir="x/y").data_dir == tmp_path / "x" / "y"
    assert load_settings(data_dir="~/city").data_dir == Path("/home/somebody/city")


def test_without_a_variable_the_file_lies_in_the_working_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("QINGTIAN_CONFIG")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "qingtian.toml").write_text("web_port = 4242\n", "utf-8")
    assert load_settings().web_port == 4242
