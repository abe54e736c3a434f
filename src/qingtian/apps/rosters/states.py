"""Closed lists of rosters."""

from __future__ import annotations

from enum import StrEnum


class Coverage(StrEnum):
    """Which time somebody must have."""

    ALWAYS = "always"  # every hour
    ROTATIONS = "rotations"  # the shifts that the rotations plan


class SwapState(StrEnum):
    """How far an offer to swap is."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class HandoverState(StrEnum):
    """How far a note is."""

    DRAFT = "draft"
    GIVEN = "given"  # signed by who goes
    ACCEPTED = "accepted"  # signed by who comes
