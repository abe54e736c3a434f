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
        self._profiles = dict(profiles)

    def get(self, mn: str) -> DeviceProfile | None:
        """The profile of a device, or None."""
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
        self._lock = threading.Lock()
        self.loaded = False

    def get(self, mn: str) -> DeviceProfile | None:
        """The profile of a device as last read, or None."""
        return self._profiles.get(mn)

    def refresh(self) -> bool:
        """Read the register; on failure the last copy stays. False when there is no copy at all."""
        with self._lock:
            try:
                fresh = dict(self._load())
            except Exception as error:  # whatever fails in the register, devices keep being served
                _log.warning("device register cannot be read, using the last copy: %s", error)
                return self.loaded or self._load_cache()
            if fresh != self._profiles or not self.loaded:
                self._profiles = fresh
                self._save_cache()
            self.loaded = True
            return True

    def _load_cache(self) -> bool:
        if self._cache is None:
            return False
        try:
            rows = json.loads(self._cache.read_text("utf-8"))
            self._profiles = {row["mn"]: DeviceProfile(**row | {"expects": tuple(row["expects"])}) for row in rows}
        except (OSError, ValueError, TypeError, KeyError) as error:
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


def _plain(profile: DeviceProfile) -> dict[str, Any]:
    values = {one.name: getattr(profile, one.name) for one in fields(profile)}
    return values | {"units": dict(profile.units), "code_map": dict(profile.code_map), "expects": list(profile.expects)}
