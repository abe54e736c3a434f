"""Table of the parameters of water, noise and emissions."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from qingtian.domain.standards.media_rules import MediaParameter, MediaParameterRow, MediaParameters
from qingtian.packs.schema import Figure, PackRow, Text
from qingtian.packs.tables import Table, plainly

if TYPE_CHECKING:
    from qingtian.packs.rulebook import Packs


class MediaParameterEntry(PackRow):
    """media_parameters.csv."""

    parameter: MediaParameter
    value: Figure
    unit: Text


MEDIA_PARAMETERS = Table(
    "media_parameters.csv",
    MediaParameterEntry,
    plainly(MediaParameterRow),
    lambda row: (row.parameter,),
    "evaluation_parameter",
    needed=True,
)
TABLES: tuple[Table[Any], ...] = (MEDIA_PARAMETERS,)


def media_parameters(packs: Packs, on: date | None = None, *, region: str = "CN") -> MediaParameters:
    """The parameters in force on a day in a place."""
    return MediaParameters(packs.in_force(MEDIA_PARAMETERS, on, region))
