"""Real servers for the tests of the cluster, and a database of its own for each that needs one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.cluster.servers import Servers
from tests.telemetry.conftest import database_url

__all__ = ["database_url"]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """Three NATS servers on three hosts."""
    started = Servers.start()
    yield started
    started.stop()
