"""Cities for the tests of the demo: made once, since a plan is immutable."""

from __future__ import annotations

import pytest

from qingtian.demo.city import City
from qingtian.demo.plan import CityPlan


@pytest.fixture(scope="session")
def plan() -> CityPlan:
    """The whole fleet of the default city."""
    return City().plan()


@pytest.fixture(scope="session")
def small_plan() -> CityPlan:
    """A reduced fleet with every industry."""
    return City(keep=14).plan()
