"""The store of evidence of this deployment, as the settings name it."""

from __future__ import annotations

from functools import lru_cache

from qingtian.apps.evidence.storage.local import LocalStore
from qingtian.apps.evidence.storage.port import MIB, ContentStore
from qingtian.apps.evidence.storage.s3 import S3Place, S3Store
from qingtian.domain.errors import InvalidInput
from qingtian.runtime.settings import EvidenceStore, Settings, get_settings

override: ContentStore | None = None  # a store that stands in for the configured one, in tests


def content_store() -> ContentStore:
    """The configured store.

    Raises:
        ConfigurationError: the extra that it needs is not installed.
    """
    return override or store_named(get_settings().evidence_store)


def store_named(name: str) -> ContentStore:
    """A store by its name: what the settings say of it.

    Raises:
        InvalidInput: there is no such store.
        ConfigurationError: the extra that it needs is not installed.
    """
    settings = get_settings()
    if name not in set(EvidenceStore):
        raise InvalidInput(f"there is no store {name}", field="store", remedy=f"one of {', '.join(EvidenceStore)}")
    if name == EvidenceStore.S3:
        return _s3(_place(settings), settings.evidence_max_mb * MIB)
    return LocalStore(settings.data_dir / "evidence", max_bytes=settings.evidence_max_mb * MIB)


def _place(settings: Settings) -> S3Place:
    return S3Place(
        settings.evidence_s3_endpoint,
        settings.evidence_s3_bucket,
        settings.evidence_s3_access_key,
        settings.evidence_s3_secret_key,
        settings.evidence_s3_prefix,
        settings.evidence_s3_region,
    )


@lru_cache(maxsize=4)
def _s3(where: S3Place, max_bytes: int) -> S3Store:
    return S3Store(where, max_bytes=max_bytes)
