"""Django's settings, derived from `qingtian.runtime.settings`; starts the embedded database where needed."""

from __future__ import annotations

import psycopg.conninfo

from qingtian.runtime.django_base import *  # noqa: F403  Django reads settings as module names
from qingtian.runtime.postgres import ensure_postgres
from qingtian.runtime.settings import get_settings

_database = psycopg.conninfo.conninfo_to_dict(ensure_postgres(get_settings()))
DATABASES: dict[str, dict[str, object]] = {  # type: ignore[no-redef]
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database["dbname"],
        "USER": _database.get("user", ""),
        "PASSWORD": _database.get("password", ""),
        "HOST": _database.get("host", ""),
        "PORT": _database.get("port", ""),
        "CONN_HEALTH_CHECKS": True,
    }
}
