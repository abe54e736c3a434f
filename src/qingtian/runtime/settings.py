"""Every setting of a deployment: one file `qingtian.toml`, or environment variables `QINGTIAN_*`."""

from __future__ import annotations

import os
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from qingtian.domain.errors import ConfigurationError

DEVELOPMENT_SECRET = "development-only-not-a-secret"  # noqa: S105  refused in production mode
MIN_SECRET_LENGTH = 40


class Mode(StrEnum):
    """What a deployment is for."""

    DEV = "dev"
    DEMO = "demo"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """The settings; `docs/settings.md` documents each (a test holds them together)."""

    model_config = SettingsConfigDict(env_prefix="QINGTIAN_", extra="forbid", validate_default=True)

    mode: Mode = Field(Mode.DEV, description="dev, demo (replayed city, simulated data) or production")
    data_dir: Path = Field(Path("var"), description="folder for the database, lake, spool and evidence")
    database_url: str = Field("", description="postgresql://... of an own server; empty starts the embedded one")
    secret_key: str = Field(DEVELOPMENT_SECRET, description="signs sessions; at least 40 characters in production")
    allowed_hosts: list[str] = Field(
        ["localhost", "127.0.0.1", "[::1]"], description="host names that the web server answers to"
    )
    web_host: str = Field("127.0.0.1", description="address that the web server listens on")
    web_port: int = Field(8000, ge=0, le=65535, description="port of the web server; 0 picks a free one")
    gateway_host: str = Field("127.0.0.1", description="address that the HJ 212 gateway listens on")
    gateway_port: int = Field(9212, ge=0, le=65535, description="port of the HJ 212 gateway; 0 picks a free one")
    https: bool = Field(False, description="true behind TLS: secure cookies and HSTS; required in production")
    city_code: str = Field("420100", pattern=r"^\d{6}$", description="GB/T 2260 code of the city")
    log_level: str = Field("INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR)$", description="lowest level that is logged")
    spool_segment_mb: int = Field(64, ge=1, le=4096, description="size at which a spool segment is closed, MiB")
    commit_delay_ms: int = Field(5, ge=0, le=1000, description="longest wait for company in one fsync, ms")
    max_connections: int = Field(20000, ge=1, description="device connections that the gateway accepts at once")
    idle_timeout_s: int = Field(1800, ge=10, description="a device connection silent for so long is closed, s")
    disk_reserve_mb: int = Field(512, ge=1, description="below this free space the gateway stops acknowledging, MiB")

    evidence_max_mb: int = Field(200, ge=1, le=4096, description="largest evidence file that is accepted, MiB")
    regions_file: Path | None = Field(
        None, description="GeoJSON of the districts (properties adcode, name): suggests the district of a new object"
    )

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: str) -> str:
        if value and not value.startswith(("postgresql://", "postgres://")):
            raise ValueError("must start with postgresql://, or be empty for the embedded database")
        return value

    @model_validator(mode="after")
    def _production_is_safe(self) -> Settings:
        if self.mode is Mode.PRODUCTION:
            if self.secret_key == DEVELOPMENT_SECRET or len(self.secret_key) < MIN_SECRET_LENGTH:
                raise ValueError("secret_key: production needs an own secret of at least 40 characters")
            if not self.https:
                raise ValueError("https: production runs behind TLS; set https = true")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments beat the environment, which beats the file."""
        toml = TomlConfigSettingsSource(settings_cls, config_path())
        return init_settings, env_settings, toml


def config_path() -> Path:
    """The configuration file: $QINGTIAN_CONFIG, else ./qingtian.toml (which need not exist)."""
    return Path(os.environ.get("QINGTIAN_CONFIG", "qingtian.toml"))


def load_settings(**overrides: object) -> Settings:
    """Read and check the settings.

    Raises:
        ConfigurationError: names the key that is wrong and how to mend it.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise _explain(error) from error
    except ValueError as error:  # the file is not TOML
        raise ConfigurationError(
            f"{config_path()} cannot be read: {error}", field="qingtian.toml", remedy="mend the file's syntax"
        ) from error


def _explain(error: ValidationError) -> ConfigurationError:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    reason = str(first["msg"]).removeprefix("Value error, ")
    if not key and ":" in reason:
        key, reason = (part.strip() for part in reason.split(":", 1))
    if first["type"] == "extra_forbidden":
        reason = "no such setting"
    return ConfigurationError(
        reason,
        field=key or "settings",
        remedy=f"set {key} in {config_path()} or QINGTIAN_{key.upper()}; docs/settings.md lists every setting",
        count=error.error_count(),
    )


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return load_settings()
