"""Parameters of the evaluation of ambient air: windows of ozone, shares, the good day, sand and dust."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.provenance import RuleRow


class AirParameter(StrEnum):
    """What a parameter is for."""

    OZONE_WINDOW_HOURS = "ozone_window_hours"
    OZONE_FIRST_END = "ozone_first_end"  # hour of the day at which the first window of the day ends
    CITY_POINTS_PERCENT = "city_points_percent"  # share of the points that a city value needs
    GOOD_INDEX = "good_index"  # largest index of a good day
    DUST_BEFORE_HOURS = "dust_before_hours"
    DUST_ONSET_FACTOR = "dust_onset_factor"
    DUST_ONSET_ABOVE = "dust_onset_above"
    DUST_RATIO_PERCENT = "dust_ratio_percent"
    DUST_END_PERCENT = "dust_end_percent"


@dataclass(frozen=True, slots=True, kw_only=True)
class AirParameterRow(RuleRow):
    """One parameter with its source."""

    parameter: AirParameter
    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class AirParameters:
    """The parameters in force on a day."""

    rows: tuple[AirParameterRow, ...]

    def row(self, parameter: AirParameter) -> AirParameterRow:
        """The row of a parameter.

        Raises:
            InvalidInput: none is in force.
        """
        for row in self.rows:
            if row.parameter is parameter:
                return row
        raise InvalidInput(
            f"no {parameter} is in force", field="on", remedy="judge a later day, or add it to air_parameters.csv"
        )

    def number(self, parameter: AirParameter) -> Decimal:
        """The value of a parameter."""
        return self.row(parameter).value

    def count(self, parameter: AirParameter) -> int:
        """The value of a parameter that counts something."""
        return int(self.row(parameter).value)
