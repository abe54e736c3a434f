"""Start Django inside a command."""

from __future__ import annotations

import os


def setup_django() -> None:
    """Load settings (starting the embedded database where needed) and the apps."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qingtian.runtime.django_settings")
    import django

    django.setup()
