"""Settings: one file and the environment, validated, with errors that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from qingtian.domain.errors import ConfigurationError
from qingtian.runtime.settings import DEVELOPMENT_SECRET, Mode, Settings, load_settings

GOOD_SECRET = "s" * 48


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATA_DIR", "MODE"):
        monkeypatch.delenv(f"QINGTIAN_{name}", raising=False)
    monkeypatch.setenv("QINGTIAN_CONFIG", str(tmp_path / "qingtian.toml"))


def test_defaults_need_no_file() -> None:
    settings = load_settings()
    assert settings.mode is Mode.DEV
    assert settings.data_dir.is_absolute()


def test_the_file_is_read_and_the_environment_beats_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "qingtian.toml").write_text('web_port = 8100\ngateway_port = 9300\nmode = "demo"\n', "utf-8")
    monkeypatch.setenv("QINGTIAN_WEB_PORT", "8200")
    settings = load_settings()
    assert (settings.web_port, settings.gateway_port, settings.mode) == (8200, 9300, Mode.DEMO)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('web_port = "abc"', "web_port"),
        ("web_port = 70000", "web_port"),
        ('mode = "produktion"', "mode"),
        ('city_code = "42"', "city_code"),
        ('log_level = "LOUD"', "log_level"),
        ('database_url = "mysql://x"', "database_url"),
        ('webport = "8000"', "webport"),
        ("web_port = = 3", "qingtian.toml"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(tmp_path: Path, text: str, field: str) -> None:
    (tmp_path / "qingtian.toml").write_text(text + "\n", "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert caught.value.field == field
    assert caught.value.remedy
    assert field in str(caught.value)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"mode": "production", "https": True}, "secret_key"),
        ({"mode": "production", "https": True, "secret_key": DEVELOPMENT_SECRET}, "secret_key"),
        ({"mode": "production", "https": True, "secret_key": "short"}, "secret_key"),
        ({"mode": "production", "secret_key": GOOD_SECRET}, "https"),
    ],
)
def test_production_refuses_default_secrets_and_plain_http(values: dict[str, object], field: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(**values)
    assert caught.value.field == field


def test_production_starts_with_an_own_secret_behind_tls() -> None:
    assert load_settings(mode="production", https=True, secret_key=GOOD_SECRET).mode is Mode.PRODUCTION


def test_every_setting_explains_itself() -> None:
    silent = [name for name, field in Settings.model_fields.items() if not field.description]
    assert silent == []
