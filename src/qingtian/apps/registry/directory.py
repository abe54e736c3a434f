"""The register as the directory of devices that gateway and ingest look into."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from qingtian.telemetry.devices import CachedDirectory, DeviceProfile


def registry_directory(data_dir: Path) -> CachedDirectory:
    """Devices of the deployment's register, with the copy that serves while the database is away.

    Args:
        data_dir: folder of the deployment; the copy lies in its `run/`.
    """
    return CachedDirectory(_registered, data_dir / "run" / "devices.json")


def _registered() -> Mapping[str, DeviceProfile]:
    # The gateway starts without Django, and must start while the database is away: set up at the first read.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qingtian.runtime.django_settings")
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    from django.db import close_old_connections

    from qingtian.apps.registry.queries import device_profiles

    close_old_connections()
    return device_profiles()
