"""Every setting of a deployment: one file `qingtian.toml`, or environment variables `QINGTIAN_*`."""

from __future__ import annotations

import os
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from qingtian.domain.errors import ConfigurationError
from qingtian.packs import use_pack_folders

DEVELOPMENT_SECRET = "development-only-not-a-secret"  # noqa: S105  refused in production mode
MIN_SECRET_LENGTH = 40


class Mode(StrEnum):
    """What a deployment is for."""

    DEV = "dev"
    DEMO = "demo"
    PRODUCTION = "production"


class EvidenceStore(StrEnum):
    """Where the bytes of evidence lie."""

    LOCAL = "local"
    S3 = "s3"


class WorkerRole(StrEnum):
    """What a worker process does."""

    INGEST = "ingest"  # frames of this host's own spool into the store; in a cluster the shards do it
    DUTIES = "duties"  # says what is due
    JOBS = "jobs"  # does what is due
    UPKEEP = "upkeep"  # of the lake
    ARCHIVE = "archive"  # compresses the closed segments of this host's own spool
    HELD_FRAMES = "held_frames"
    IMPORTS = "imports"
    MQTT = "mqtt"
    BACKUPS = "backups"


class EndpointForm(StrEnum):
    """What a webhook expects."""

    WEBHOOK = "webhook"  # our JSON, signed by HMAC-SHA256
    WECOM = "wecom"  # group robot of enterprise WeChat
    DINGTALK = "dingtalk"  # group robot of DingTalk; a secret signs


class Endpoint(BaseModel):
    """A webhook or group robot that notices go to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    form: EndpointForm
    url: str = Field(pattern=r"^https?://", max_length=500)
    secret: str = Field("", max_length=200)
    language: Literal["zh", "en"] = "zh"


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
    session_hours: int = Field(24, ge=1, le=744, description="a browser stays signed in for so long, h")
    second_factor_roles: list[str] = Field(
        [], description="roles that sign in with a second factor only, such as data_steward; others may have one"
    )
    rate_per_address: int = Field(
        6000,
        ge=0,
        description="requests to API and public pages per minute of one address, in each web process; 0 = no limit",
    )
    rate_per_account: int = Field(
        1500, ge=0, description="API requests per minute of one signed-in account, in each web process; 0 = no limit"
    )
    rate_per_key: int = Field(
        600, ge=0, description="API requests per minute of one API key, in each web process; 0 = no limit"
    )
    oidc_issuer: str = Field(
        "", description="address of the OpenID Connect provider, https://...; empty = local accounts only"
    )
    oidc_client_id: str = Field("", description="name of this deployment at the provider")
    oidc_client_secret: str = Field("", description="its secret there; better in the environment")
    oidc_scopes: list[str] = Field(["openid", "profile", "groups"], description="what the provider is asked for")
    oidc_name_claim: str = Field("preferred_username", description="claim that names the account")
    oidc_groups_claim: str = Field("groups", description="claim that lists the groups of a person")
    oidc_roles: dict[str, str] = Field(
        {}, description="role[:region[:organisation]] by group, such as env-duty = dispatcher:420100"
    )
    oidc_label: str = Field("统一身份认证", description="words of the button on the sign-in page")
    oidc_ca_file: Path | None = Field(
        None, description="PEM file of the authority that the provider's certificate comes from; empty = the system's"
    )
    https: bool = Field(False, description="true behind TLS: secure cookies and HSTS; required in production")
    city_code: str = Field("420100", pattern=r"^\d{6}$", description="GB/T 2260 code of the city")
    log_level: str = Field("INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR)$", description="lowest level that is logged")
    spool_segment_mb: int = Field(64, ge=1, le=4096, description="size at which a spool segment is closed, MiB")
    spool_keep_days: int = Field(
        0,
        ge=0,
        description="raw frames are kept so many days; frames that are evidence stay for ever; 0 = all are kept",
    )
    reject_keep_days: int = Field(
        0, ge=0, description="the journal of rejected frames is kept so many days; 0 = for ever"
    )
    store_keep_realtime_days: int = Field(
        0, ge=0, description="real-time values are kept so many days; hours and longer stay for ever; 0 = all are kept"
    )
    store_keep_minute_days: int = Field(
        0, ge=0, description="minute values are kept so many days; hours and longer stay for ever; 0 = all are kept"
    )
    commit_delay_ms: int = Field(5, ge=0, le=1000, description="longest wait for company in one fsync, ms")
    max_connections: int = Field(20000, ge=1, description="device connections that the gateway accepts at once")
    idle_timeout_s: int = Field(1800, ge=10, description="a device connection silent for so long is closed, s")
    gateway_connection_frames: float = Field(
        2000,
        ge=0,
        description="frames per second of one connection; above it the line is read more slowly; 0 = no limit",
    )
    gateway_connection_kb: float = Field(
        2048, ge=0, description="KiB per second of one connection; above it the line is read more slowly; 0 = no limit"
    )
    gateway_device_frames: float = Field(
        500, ge=0, description="frames per second of one MN; above it its line is read more slowly; 0 = no limit"
    )
    gateway_stranger_frames: float = Field(
        20, ge=0, description="frames per second and address of devices that are not registered; 0 = no limit"
    )
    gateway_devices_per_connection: int = Field(
        5000,
        ge=0,
        description="MN on one connection; frames of further ones are kept and not acknowledged; 0 = no limit",
    )
    gateway_connections_per_address: int = Field(
        0, ge=0, description="connections from one address; further ones are refused; 0 = no limit of its own"
    )
    gateway_max_segment: int = Field(
        9999,
        ge=1024,
        le=9999,
        description="longest data segment, bytes (the standard says 1024, real devices send more)",
    )
    gateway_frame_timeout_s: float = Field(
        60, gt=0, description="a frame that was begun and is not finished within so long is given up, s"
    )
    gateway_tls_port: int | None = Field(
        None, ge=0, le=65535, description="port for HJ 212 over TLS; empty = off; 0 picks a free one"
    )
    gateway_tls_certificate: Path | None = Field(
        None, description="PEM file with the certificate chain of the gateway; read again on SIGHUP"
    )
    gateway_tls_key: Path | None = Field(None, description="PEM file with its private key; read again on SIGHUP")
    gateway_tls_client_ca: Path | None = Field(
        None, description="PEM file of the authority whose client certificates devices must show; empty = none needed"
    )
    disk_reserve_mb: int = Field(512, ge=1, description="below this free space the gateway stops acknowledging, MiB")
    clock_jump_s: int = Field(
        30, ge=5, le=3600, description="a larger step of the machine's clock stops acknowledgements and duties, s"
    )
    clock_settle_s: int = Field(
        120, ge=10, le=86_400, description="a new time that no device contradicts is believed after so long, s"
    )
    slow_disk_ms: int = Field(
        1000, ge=10, le=60_000, description="a sync of raw frames that takes longer is told as a slow disk, ms"
    )
    backup_folder: Path | None = Field(
        None, description="folder for scheduled backups, on another disk or machine; empty = none are made"
    )
    backup_every_h: int = Field(24, ge=1, le=744, description="interval of scheduled backups, h")
    backup_keep: int = Field(14, ge=1, le=1000, description="scheduled backups that are kept; older ones are removed")
    command_expiry_h: int = Field(24, ge=1, le=720, description="a command to a device waits for so long at most, h")
    history_at_once: int = Field(
        4, ge=1, le=1000, description="devices that are asked for missing data at the same time"
    )
    backfill_auto: bool = Field(True, description="ask devices for missing data by itself")
    backfill_per_device_hour: int = Field(6, ge=1, le=60, description="requests for missing data per device and hour")
    backfill_per_hour: int = Field(
        240, ge=1, le=100_000, description="requests for missing data of all devices per hour"
    )
    backfill_tries: int = Field(3, ge=1, le=20, description="after so many requests missing data are given up")
    backfill_reach_days: int = Field(7, ge=1, le=90, description="how far back missing data are looked for, days")
    clock_auto: bool = Field(
        False, description="set a wrong device clock without being asked by a person or the device"
    )
    clock_cooldown_min: int = Field(
        60, ge=1, le=10_080, description="a device's clock is set at most once in so long, min"
    )
    key_rotation_days: int = Field(
        90, ge=1, le=3650, description="age at which the SM4 key of a device is replaced, days"
    )

    evidence_max_mb: int = Field(200, ge=1, le=4096, description="largest evidence file that is accepted, MiB")
    evidence_store: EvidenceStore = Field(
        EvidenceStore.LOCAL,
        description="where evidence files lie: local (folder `evidence` of data_dir) or s3 (an S3-compatible store)",
    )
    evidence_s3_endpoint: str = Field("", description="address of the S3-compatible store, https://host:port")
    evidence_s3_bucket: str = Field("", description="bucket for evidence files; must exist")
    evidence_s3_prefix: str = Field("", description="put before the name of every object, such as qingtian/")
    evidence_s3_region: str = Field("us-east-1", description="region that requests to the store are signed for")
    evidence_s3_access_key: str = Field("", description="access key of the store")
    evidence_s3_secret_key: str = Field("", description="secret key of the store; better in the environment")
    anchor_folder: Path | None = Field(
        None,
        description="folder on another machine or write-once medium that gets each daily root of evidence as a file",
    )
    anchor_url: str = Field("", description="https address that each daily root of evidence is posted to as JSON")
    anchor_tsa_url: str = Field("", description="time-stamping authority (RFC 3161) that stamps each daily root")
    citizen_reports_per_address_hour: int = Field(
        10, ge=1, le=10_000, description="reports of citizens that one address may send within an hour"
    )
    citizen_reports_per_place_hour: int = Field(
        60, ge=1, le=10_000, description="reports of citizens about one place (about 1 km) within an hour"
    )
    citizen_first_org: str = Field(
        "", max_length=64, description="organisation that receives reports of citizens first; empty = the whole bureau"
    )
    import_max_mb: int = Field(1024, ge=1, le=100_000, description="largest file that is taken to import, MiB")
    mqtt_url: str = Field(
        "",
        description="broker that JSON messages come from: mqtt://user:password@host:1883 or mqtts://; empty = none",
    )
    mqtt_topics: dict[str, str] = Field(
        {}, description="name of the mapping (docs/imports.md) by topic filter, such as city/+/hour"
    )
    mqtt_client_id: str = Field(
        "qingtian", min_length=1, description="name of the session: the broker keeps messages for it while we are away"
    )
    nats_servers: list[str] = Field(
        [], description="NATS servers of a cluster, nats://host:4222 each (docs/cluster.md); empty = one machine"
    )
    nats_token: str = Field("", description="secret that the NATS servers ask for; better in the environment")
    cluster_host: str = Field(
        "", max_length=64, description="name of this gateway in the cluster; empty = the name of the machine"
    )
    cluster_shards: int = Field(
        8, ge=1, le=900, description="shards that devices are spread over; fixed once the stream is made"
    )
    cluster_replicas: int = Field(3, ge=1, le=5, description="NATS servers that keep each frame until it is ingested")
    cluster_stream_gb: int = Field(20, ge=1, le=10_000, description="most that the stream keeps, GiB")
    dask_scheduler: str = Field(
        "", description="Dask scheduler whose workers roll up many sites, tcp://host:8786; empty = in the worker itself"
    )
    cluster_copy_days: int = Field(
        2,
        ge=0,
        description="frames that the shards hold stay on the gateway's disk, too, for so many days; 0 = for ever",
    )
    lake_folder: Path | None = Field(
        None, description="folder of the lake on storage that all hosts share; empty = folder `lake` of data_dir"
    )
    shards_folder: Path | None = Field(
        None,
        description="folder of the shards' raw frames on storage that all hosts share; empty = `shards` of data_dir",
    )
    worker_roles: list[WorkerRole] = Field(
        [],
        description="what the worker of this host does: ingest, duties, jobs, upkeep, archive, held_frames, imports,"
        " mqtt, backups; empty = everything, in a cluster without ingest and archive (shards and forwarders do that)",
    )
    public_url: str = Field(
        "", pattern=r"^(https?://[^/]+)?$", description="address by which people reach this server, for links in words"
    )
    smtp_url: str = Field(
        "",
        pattern=r"^(smtps?(\+starttls)?://.+)?$",
        description="mail server: smtp://, smtp+starttls:// or smtps://user:password@host:port; empty = no e-mail",
    )
    mail_from: str = Field("", description="sender of e-mail, such as duty@example.org; smtp_url needs it")
    sms_url: str = Field("", pattern=r"^(https?://.+)?$", description="HTTP gateway for text messages; empty = none")
    sms_headers: dict[str, str] = Field({}, description="headers of each request to the gateway, such as its key")
    sms_body: str = Field(
        '{"phone": "{phone}", "text": "{text}"}',
        description="JSON that is posted to the gateway; {phone}, {text} and {key} are filled in",
    )
    notice_endpoints: dict[str, Endpoint] = Field(
        {}, description="webhooks and group robots by name: form (webhook, wecom, dingtalk), url, secret, language"
    )
    notice_per_hour: int = Field(
        12, ge=0, description="words to one person by one way and hour; further ones wait for company; 0 = no limit"
    )
    notice_tries: int = Field(8, ge=1, le=50, description="after so many failures a word to the outside is given up")
    pack_folders: list[Path] = Field(
        [], description="folders with regional rule packs (one folder a region code, such as 420100), docs/packs.md"
    )
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

    @model_validator(mode="after")
    def _provider_is_whole(self) -> Settings:
        if self.oidc_issuer:
            if not self.oidc_client_id:
                raise ValueError("oidc_client_id: oidc_issuer needs it")
            if self.mode is Mode.PRODUCTION and not self.oidc_issuer.startswith("https://"):
                raise ValueError("oidc_issuer: production speaks to the provider over https only")
        return self

    @model_validator(mode="after")
    def _store_is_whole(self) -> Settings:
        if self.evidence_store is EvidenceStore.S3:
            for name in ("endpoint", "bucket", "access_key", "secret_key"):
                if not getattr(self, f"evidence_s3_{name}"):
                    raise ValueError(f"evidence_s3_{name}: evidence_store = s3 needs it")
        return self

    @model_validator(mode="after")
    def _shards_ingest(self) -> Settings:
        if self.nats_servers and WorkerRole.INGEST in self.worker_roles:
            raise ValueError("worker_roles: in a cluster `qingtian shard` ingests; take ingest out, or nats_servers")
        return self

    def worker_does(self, role: WorkerRole) -> bool:
        """Whether the worker of this host has a role."""
        if self.worker_roles:
            return role in self.worker_roles
        return not (self.nats_servers and role in (WorkerRole.INGEST, WorkerRole.ARCHIVE))

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Settings:
        for name in ("gateway_tls_certificate", "gateway_tls_key"):
            if self.gateway_tls_port is not None and getattr(self, name) is None:
                raise ValueError(f"{name}: gateway_tls_port needs a certificate and its key")
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
    """The settings of this process, read once; the packs of the process are the ones that they name."""
    settings = load_settings()
    use_pack_folders(settings.pack_folders, examples=settings.mode is not Mode.PRODUCTION)
    return settings
