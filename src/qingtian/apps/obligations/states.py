"""Closed vocabularies of an obligation, beside `domain.obligations.State`."""

from __future__ import annotations

from enum import StrEnum


class Origin(StrEnum):
    """Where a duty comes from."""

    REGISTER = "register"  # a template fits an object of the register
    HAND = "hand"  # an official set it up


class ProvedBy(StrEnum):
    """What showed that an occurrence was done."""

    NOBODY = ""
    HAND = "hand"
    DATA = "data"  # the platform saw it in its own data
