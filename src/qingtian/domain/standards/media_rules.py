"""Parameters of the evaluation of water, noise and emissions that are single numbers, not tables of limits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.provenance import RuleRow


class MediaParameter(StrEnum):
    """What a parameter is for."""

    YEAR_MONTHS = "year_months"  # monthly values that a year of a section needs
    AUTOMATIC_DAYS_PERCENT = "automatic_days_percent"  # valid days that a month of an automatic station needs
    MARKED_CHANGE_CLASSES = "marked_change_classes"  # classes from which a change of a section is marked
    BASIN_CHANGE = "basin_change"  # points of dG - dD up to which a basin has not changed
    BASIN_MARKED_CHANGE = "basin_marked_change"  # points above which its change is marked
    STANDARD_TEMPERATURE = "standard_temperature"
    STANDARD_PRESSURE = "standard_pressure"
    MOLAR_VOLUME = "molar_volume"
    NO_AS_NO2 = "no_as_no2"
    STOVE_HEAT = "stove_heat"
    STOVE_HOOD_AREA = "stove_hood_area"
    STOVE_FLOW = "stove_flow"
    FUME_SAMPLES = "fume_samples"
    FUME_KEPT_SHARE = "fume_kept_share"
    SMALL_FROM_STOVES = "small_from_stoves"
    MEDIUM_FROM_STOVES = "medium_from_stoves"
    LARGE_FROM_STOVES = "large_from_stoves"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaParameterRow(RuleRow):
    """One parameter with its source."""

    parameter: MediaParameter
    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class MediaParameters:
    """The parameters in force on a day."""

    rows: tuple[MediaParameterRow, ...]

    def row(self, parameter: MediaParameter) -> MediaParameterRow:
        """The row of a parameter.

        Raises:
            InvalidInput: none is in force.
        """
        for row in self.rows:
            if row.parameter is parameter:
                return row
        raise InvalidInput(f"no {parameter} is in force", field="on", remedy="see media_parameters.csv")

    def number(self, parameter: MediaParameter) -> Decimal:
        """The value of a parameter."""
        return self.row(parameter).value
