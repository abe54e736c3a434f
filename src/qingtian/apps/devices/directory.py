"""The directory of devices as gateway and ingest need it: the register with the secrets that commands gave."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from qingtian.runtime.clock import current_clock
from qingtian.telemetry.devices import CachedDirectory, DeviceProfile


def device_directory(data_dir: Path) -> CachedDirectory:
    """Devices of the deployment, with the private copy that serves while the database is away.

    Args:
        data_dir: folder of the deployment; the copy lies in its `run/`.
    """
    return CachedDirectory(_registered, data_dir / "run" / "devices.json")


def set_up_django() -> None:
    """Set Django up at the first use: the gateway must start while the database is away."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qingtian.runtime.django_settings")
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()


def _registered() -> Mapping[str, DeviceProfile]:
    set_up_django()
    from django.db import close_old_connections

    from qingtian.apps.devices.keys import with_secrets
    from qingtian.apps.registry.queries import device_profiles

    close_old_connections()
    return with_secrets(device_profiles(), current_clock().now())
