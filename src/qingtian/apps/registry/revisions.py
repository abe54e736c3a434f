"""Earlier states of objects: what was known when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.crypto import salted_hmac

from qingtian.apps.registry.models import RegistryObject, RegistryRevision

FIELDS = ("type", "code", "name", "name_en", "region_code", "enterprise_code", "attributes", "simulated")


SECRETS = ("password", "passwords_also", "sm4_key", "sm4_keys_also")


def snapshot(row: RegistryObject) -> dict[str, Any]:
    """An object as plain values; places as text, since evidence holds no binary floats; no secrets in clear."""
    values: dict[str, Any] = {name: getattr(row, name) for name in FIELDS}
    values["attributes"] = without_secrets(row.code, row.attributes)
    return values | {
        "lon": None if row.lon is None else repr(row.lon),
        "lat": None if row.lat is None else repr(row.lat),
        "parent": None if row.parent is None else f"{row.parent.type}:{row.parent.code}",
        "valid_from": row.valid_from.isoformat(),
        "valid_to": None if row.valid_to is None else row.valid_to.isoformat(),
        "region_source": row.region_source,
        "geometry": None if row.geometry is None else json.dumps(row.geometry, ensure_ascii=False),
        "merged_into": None if row.merged_into is None else f"{row.merged_into.type}:{row.merged_into.code}",
    }


def without_secrets(code: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes to keep and show: a secret is a mark that changes when the secret does and tells nothing else.

    The mark is keyed with the deployment's secret key: a bare hash of six digits is guessed in a moment.
    """
    hidden = {name: _masked(code, attributes[name]) for name in SECRETS if attributes.get(name)}
    return {**attributes, **hidden}


def _masked(code: str, secret: Any) -> Any:
    if isinstance(secret, list | tuple):
        return [_masked(code, one) for one in secret]
    return f"****** {salted_hmac(f'registry {code}', str(secret), algorithm='sha256').hexdigest()[:8]}"


def add_revision(row: RegistryObject, at: datetime) -> RegistryRevision:
    """Keep the state of an object as recorded at a moment."""
    return RegistryRevision.objects.create(
        object=row, recorded_at=at, valid_from=row.valid_from, snapshot=snapshot(row)
    )


def as_known_at(row: RegistryObject, at: datetime) -> dict[str, Any] | None:
    """The object as it was known at a moment; None if it was not known yet."""
    revision = row.revisions.filter(recorded_at__lte=at).order_by("-recorded_at", "-id").first()
    return revision.snapshot if revision else None
