"""Region codes as scopes (GB/T 2260: two digits each for province, city, county)."""

from __future__ import annotations


def region_prefix(region_code: str) -> str:
    """The leading digits that every code inside a region shares.

    >>> region_prefix("420100"), region_prefix("420107"), region_prefix("420000"), region_prefix("")
    ('4201', '420107', '42', '')
    """
    prefix = region_code
    while prefix.endswith("00"):
        prefix = prefix[:-2]
    return prefix


def region_contains(scope: str, region_code: str) -> bool:
    """Whether a region lies in a scope; the empty scope contains everything.

    >>> region_contains("420100", "420107"), region_contains("420107", "420100")
    (True, False)
    """
    return region_code.startswith(region_prefix(scope))
