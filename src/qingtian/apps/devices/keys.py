"""Passwords and keys that devices were given by command: which one is written, which ones are right for reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from qingtian.apps.devices.models import DeviceCommand, DeviceSecret
from qingtian.apps.devices.sealing import seal, unseal
from qingtian.apps.devices.states import SecretKind, SecretState
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.queries import device_profile
from qingtian.domain.errors import QingtianError
from qingtian.telemetry.devices import DeviceProfile

GRACE = timedelta(days=1)  # frames under the old password that are still on their way


def await_secret(command: DeviceCommand, kind: SecretKind, secret: str, at: datetime) -> DeviceSecret:
    """Keep the secret that a command will give: from now on it is right for reading."""
    return DeviceSecret.objects.create(
        device=command.device, kind=kind, state=SecretState.PENDING, sealed=seal(secret), command=command, created_at=at
    )


def drop_secret(command: DeviceCommand, at: datetime) -> None:
    """The device refused it, or the command never went out."""
    rows = DeviceSecret.objects.filter(command=command, state=SecretState.PENDING)
    rows.update(state=SecretState.DROPPED, retired_at=at, sealed="")


def activate_secret(command: DeviceCommand, at: datetime) -> None:
    """The device has it: the earlier one is right for reading for a while longer."""
    pending = DeviceSecret.objects.filter(command=command, state=SecretState.PENDING).first()
    if pending is None:
        return
    same = DeviceSecret.objects.filter(device=pending.device, kind=pending.kind).exclude(pk=pending.pk)
    replaced = same.filter(state=SecretState.ACTIVE).update(state=SecretState.RETIRED, retired_at=at)
    same.filter(state=SecretState.PENDING).update(state=SecretState.RETIRED, retired_at=at)
    if not replaced:
        _retire_registered(pending, at)
    pending.state, pending.activated_at = SecretState.ACTIVE, at
    pending.save(update_fields=["state", "activated_at"])


def _retire_registered(pending: DeviceSecret, at: datetime) -> None:
    """The secret of the register itself was replaced."""
    registered = str(pending.device.attributes.get(pending.kind, ""))  # a kind is named like its attribute
    if registered:
        DeviceSecret.objects.create(
            device=pending.device,
            kind=pending.kind,
            state=SecretState.RETIRED,
            sealed=seal(registered),
            created_at=pending.created_at,
            retired_at=at,
        )


def with_secrets(profiles: Mapping[str, DeviceProfile], now: datetime) -> dict[str, DeviceProfile]:
    """Profiles with the secrets that commands gave.

    Args:
        profiles: as the register has them.
        now: city time; a replaced secret counts until its grace ends.
    """
    result = dict(profiles)
    rows = DeviceSecret.objects.exclude(state=SecretState.DROPPED).select_related("device").order_by("id")
    for row in rows:
        profile = result.get(row.device.code)
        if profile is not None and not _over(row, now):
            result[row.device.code] = _overlaid(profile, row)
    return result


def full_profile(device: RegistryObject, now: datetime) -> DeviceProfile:
    """The profile of one device with the secrets that commands gave: what its archived frames are read with."""
    profile = device_profile(device)
    rows = DeviceSecret.objects.filter(device=device).exclude(state=SecretState.DROPPED).order_by("id")
    for row in rows:
        if not _over(row, now):
            profile = _overlaid(profile, row)
    return profile


def active_since(device: RegistryObject, kind: SecretKind) -> datetime | None:
    """Since when the secret of a device counts; None when no command gave it one."""
    row = DeviceSecret.objects.filter(device=device, kind=kind, state=SecretState.ACTIVE).first()
    return row.activated_at if row else None


def _over(row: DeviceSecret, now: datetime) -> bool:
    if row.kind == SecretKind.SM4_KEY:
        return False  # archived frames open with nothing else: a key is right for reading for good
    return row.retired_at is not None and now - row.retired_at > GRACE


def _overlaid(profile: DeviceProfile, row: DeviceSecret) -> DeviceProfile:
    try:
        secret = unseal(row.sealed)
    except QingtianError:  # another secret_key: the register's own value stays, frames show whether it is right
        return profile
    active = row.state == SecretState.ACTIVE
    if row.kind == SecretKind.PASSWORD:
        if active:
            return replace(profile, password=secret)
        return replace(profile, passwords_also=_with(profile.passwords_also, secret))
    if active:
        return replace(profile, sm4_key=secret)
    return replace(profile, sm4_keys_also=_with(profile.sm4_keys_also, secret))


def _with(known: tuple[str, ...], secret: str) -> tuple[str, ...]:
    return known if secret in known else (*known, secret)
