"""Who may send: the profile of a device and where profiles come from."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

_log = logging.getLogger(__name__)
_NONE: Mapping[str, str] = MappingProxyType({})


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
        expects: cycles it is bound to send ("realtime", "minute", "hour", "day").
    """

    mn: str
    site: str
    edition: int = 2017
    password: str = field(default="", repr=False)
    simulated: bool = False
    units: Mapping[str, str] = _NONE
    code_map: Mapping[str, str] = _NONE
    minute_interval_s: int = 600
    realtime_interval_s: int = 60
    expects: tuple[str, ...] = ()


class DeviceDirectory(Protocol):
    """Looks devices up; never blocks on the database."""

    def get(self, mn: str) -> DeviceProfile | None:
        """The profile of a device, or None when it is not registered."""
        ...

    def refresh(self) -> bool:
        """Read the register again; False when it cannot be read and the last copy stays in use."""
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
    """The last copy of the register that could be read.

    Args:
        load: reads every profile; may raise when the database is away.
    """

    def __init__(self, load: Callable[[], Mapping[str, DeviceProfile]]) -> None:
        self._load = load
        self._profiles: Mapping[str, DeviceProfile] = {}
        self._lock = threading.Lock()
        self.loaded = False

    def get(self, mn: str) -> DeviceProfile | None:
        """The profile of a device as last read, or None."""
        return self._profiles.get(mn)

    def refresh(self) -> bool:
        """Read the register; on failure the last copy stays."""
        with self._lock:
            try:
                self._profiles = dict(self._load())
            except Exception as error:
                _log.warning("device register cannot be read, using the last copy: %s", error)
                return False
            self.loaded = True
            return True


def registry_directory() -> CachedDirectory:
    """Devices of the deployment's register (needs Django set up)."""
    return CachedDirectory(_registered)


def _registered() -> Mapping[str, DeviceProfile]:
    import importlib

    from django.db import close_old_connections

    close_old_connections()
    # The register lives above telemetry in the house; the arrow is bound at run time.
    queries = importlib.import_module("qingtian.apps.registry.queries")
    profiles: Mapping[str, DeviceProfile] = queries.device_profiles()
    return profiles
