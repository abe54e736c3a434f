"""Which sites an import may write to, as the register and the importer's rights give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SiteEntry:
    """One site that is registered.

    Args:
        code: code on the register.
        allowed: whether whoever imports may write to it.
        simulated: it is a simulated one, and so are its values.
        medium: what is measured there, as quality control takes it; empty = unknown.
    """

    code: str
    allowed: bool = True
    simulated: bool = False
    medium: str = ""


@dataclass(frozen=True, slots=True)
class KnownSites:
    """Every site by code.

    Args:
        sites: those on the register.
        anything_goes: every code is taken for registered (a look at a file before a register exists).
    """

    sites: Mapping[str, SiteEntry] = field(default_factory=dict)
    anything_goes: bool = False

    def get(self, code: str) -> SiteEntry | None:
        """A site; None when it is not registered."""
        found = self.sites.get(code)
        return SiteEntry(code) if found is None and self.anything_goes else found

    def medium(self, code: str) -> str:
        """What is measured at a site; empty = unknown."""
        found = self.sites.get(code)
        return "" if found is None else found.medium
