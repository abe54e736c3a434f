"""A database of its own for a test of the cluster."""

from __future__ import annotations

from tests.telemetry.conftest import database_url

__all__ = ["database_url"]
