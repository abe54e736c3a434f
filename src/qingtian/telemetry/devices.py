"""Who may send: the profile of a device and where profiles come from."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import WireSettings, wire_settings
from qingtian.domain.hj212.wire import DEFAULT_SENTINELS, SETTING_NAMES

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeviceProfile:
    """What the register says of one device.

    Args:
        mn: HJ 212 device identity (MN).
        site: registry code of the outlet, station or power meter it measures.
        edition: HJ 212 edition: 2005, 2017 or 2025 (Flag alone does not prove it).
        password: expected PW; empty = not compared.
        simulated: a simulated device.
        units: unit per pollutant code, where it differs from the code table.
        code_map: registered pollutant code per code that the device sends.
        minute_interval_s: period of its 2051 frames, s.
        realtime_interval_s: period of its 2011 frames, s.
        sm4_key: 32 hex digits of the key of an encrypting 2025 device; empty = none.
        expects: cycles it is bound to send ("realtime", "minute", "hour", "day").
        crc: check codes that are believed, see `CrcProfile`.
        ack: when uploads are answered, see `AckPolicy`.
        password_policy: what a frame with another PW gets, see `PasswordPolicy`.
        passwords_also: further PW that are right for reading.
        utc_offset_minutes: offset of its clock from UTC, min.
        sentinels: numbers that mean "no value", as text.
        heartbeat_answer: "9013" or "9014".
        sm4_keys_also: further keys that are right for reading, 32 hex digits each.
        sm4_form: how ciphertext is written, see `Sm4Form`.
        overtime_s: time-out of an answer, s.
        resends: how often a request is sent again.
        aliases: other MN under which it sends.
        medium: what it measures: ambient, flue_gas, waste_water, surface_water, ground_water, noise; empty = unknown.
        wire: all of that as the codec takes it.
    Raises:
        InvalidInput: a setting of the wire is out of its range; names the field.
    """

    mn: str
    site: str
    edition: int = 2017
    password: str = field(default="", repr=False)
    simulated: bool = False
    units: Mapping[str, str] = field(default_factory=dict)
    code_map: Mapping[str, str] = field(default_factory=dict)
    minute_interval_s: int = 600
    realtime_interval_s: int = 60
    expects: tuple[str, ...] = ()
    sm4_key: str = field(default="", repr=False)
    crc: str = "standard"
    ack: str = "on_request"
    password_policy: str = "answer"  # noqa: S105  a word, no secret
    passwords_also: tuple[str, ...] = field(default=(), repr=False)
    utc_offset_minutes: int = 480
    sentinels: tuple[str, ...] = DEFAULT_SENTINELS
    heartbeat_answer: str = "9013"
    sm4_keys_also: tuple[str, ...] = field(default=(), repr=False)
    sm4_form: str = "auto"
    overtime_s: int = 10
    resends: int = 3
    aliases: tuple[str, ...] = ()
    medium: str = ""
    wire: WireSettings = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Read the settings once: the gateway asks for them with every frame."""
        object.__setattr__(self, "wire", wire_settings({name: getattr(self, name) for name in WIRE_NAMES}))


_STORED = tuple(one.name for one in fields(DeviceProfile) if one.init)
WIRE_NAMES = tuple(name for name in SETTING_NAMES if name in _STORED)
_TUPLES = ("expects", "passwords_also", "sentinels", "sm4_keys_also", "aliases")


class DeviceDirectory(Protocol):
    """Looks devices up; never blocks on the database."""

    def get(self, mn: str) -> DeviceProfile | None:
        """The profile of a device, or None when it is not registered."""
        ...

    def refresh(self) -> bool:
        """Read the register again; on failure the last copy stays. False when there is no copy at all."""
        ...


class StaticDirectory:
    """A fixed set of devices."""

    def __init__(self, profiles: Mapping[str, DeviceProfile]) -> None:
        self._profiles = with_aliases(profiles)

    def get(self, mn: str) -> DeviceProfile | None:
        """The profile of a device by its MN or an alias, or None."""
        return self._profiles.get(mn)

    def refresh(self) -> bool:
        """Nothing to read."""
        return True


class CachedDirectory:
    """The last copy of the register that could be read; it also outlives the process in a private file.

    Args:
        load: reads every profile; may raise when the database is away.
        cache: file of the last copy; None keeps it in memory only.
    """

    def __init__(self, load: Callable[[], Mapping[str, DeviceProfile]], cache: Path | None = None) -> None:
        self._load = load
        self._cache = cache
        self._profiles: Mapping[str, DeviceProfile] = {}
        self._by_mn: Mapping[str, DeviceProfile] = {}
        self._lock = threading.Lock()
        self.loaded = False

    def get(self, mn: str) -> DeviceProfile | None:
        """The profile of a device by its MN or an alias, as last read, or None."""
        return self._by_mn.get(mn)

    def profiles(self) -> list[DeviceProfile]:
        """Every device, as last read."""
        return list(self._profiles.values())

    def refresh(self) -> bool:
        """Read the register; on failure the last copy stays. False when there is no copy at all."""
        with self._lock:
            try:
                fresh = dict(self._load())
            except Exception as error:  # whatever fails in the register, devices keep being served
                _log.warning("device register cannot be read, using the last copy: %s", error)
                return self.loaded or self._load_cache()
            if fresh != self._profiles or not self.loaded:
                self._take(fresh)
                self._save_cache()
            self.loaded = True
            return True

    def _take(self, profiles: Mapping[str, DeviceProfile]) -> None:
        self._profiles = profiles
        self._by_mn = with_aliases(profiles)

    def _load_cache(self) -> bool:
        if self._cache is None:
            return False
        try:
            rows = json.loads(self._cache.read_text("utf-8"))
            self._take({row["mn"]: _profile(row) for row in rows})
        except (OSError, ValueError, TypeError, KeyError, InvalidInput) as error:
            _log.warning("there is no usable copy of the device register: %s", error)
            return False
        self.loaded = True
        return True

    def _save_cache(self) -> None:
        if self._cache is None:
            return
        rows = [_plain(profile) for profile in self._profiles.values()]
        fresh = self._cache.with_suffix(".new")
        try:
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                json.dump(rows, file, ensure_ascii=False)
            os.replace(fresh, self._cache)
        except OSError as error:
            _log.warning("the copy of the device register cannot be written: %s", error)


def with_aliases(profiles: Mapping[str, DeviceProfile]) -> dict[str, DeviceProfile]:
    """Profiles by MN and by alias; a registered MN is never taken for another device's alias.

    >>> found = with_aliases({"A1": DeviceProfile("A1", "DA1", aliases=("a1", "B2")), "B2": DeviceProfile("B2", "DA2")})
    >>> found["a1"].mn, found["B2"].mn
    ('A1', 'B2')
    """
    aliased = {alias: profile for profile in profiles.values() for alias in profile.aliases}
    return {**aliased, **profiles}


def _profile(row: Mapping[str, Any]) -> DeviceProfile:
    return DeviceProfile(**{**row, **{name: tuple(row[name]) for name in _TUPLES if name in row}})


def _plain(profile: DeviceProfile) -> dict[str, Any]:
    values = {name: getattr(profile, name) for name in _STORED}
    values |= {name: list(values[name]) for name in _TUPLES}
    return values | {"units": dict(profile.units), "code_map": dict(profile.code_map)}
