"""A detection rule as it stands in a pack: a row with its own named parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from qingtian.domain.errors import ConfigurationError
from qingtian.domain.standards.provenance import RuleRow


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionRule(RuleRow):
    """One rule that makes findings.

    Args:
        code: exceedance, air_pollution, late_stream, frozen_value, dilution, treatment_off, clock_error.
        label_zh, label_en: what it looks for.
        severity: severity of a finding, where the rule has no bands; 1 notice to 4 severe.
        parameters: decimals as text, by name.
        lists: lists of codes, by name.
        bands: (bound, severity) in rising order of the bound.
    """

    code: str
    version: str
    label_zh: str
    label_en: str
    severity: int
    parameters: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bands: tuple[tuple[Decimal, int], ...] = ()

    def number(self, name: str) -> Decimal:
        """A parameter.

        Raises:
            ConfigurationError: the row lacks it.
        """
        try:
            return Decimal(self.parameters[name])
        except KeyError as error:
            raise ConfigurationError(
                f"the detection rule {self.row_id} has no parameter {name}",
                field=f"{self.row_id}.{name}",
                remedy="add it to the pack",
            ) from error

    def whole(self, name: str) -> int:
        """A parameter that is a whole number."""
        return int(self.number(name))

    def hours(self, name: str) -> timedelta:
        """A parameter in hours as a duration."""
        return timedelta(hours=float(self.number(name)))

    def minutes(self, name: str) -> timedelta:
        """A parameter in minutes as a duration."""
        return timedelta(minutes=float(self.number(name)))

    def codes(self, name: str) -> frozenset[str]:
        """A list of codes; empty when the row has none."""
        return frozenset(self.lists.get(name, ()))

    def graded(self, measure: Decimal) -> int:
        """Severity of the highest band whose bound a measure reaches; the row's own severity below all.

        >>> from datetime import date
        >>> rule = DetectionRule(row_id="r", standard="S", clause="", source="", confidence="memory", code="exceedance",
        ...     valid_from=date(2020, 1, 1), version="1", label_zh="", label_en="", severity=1,
        ...     bands=((Decimal("1.5"), 2), (Decimal(2), 3)))
        >>> [rule.graded(Decimal(ratio)) for ratio in ("1.2", "1.5", "9")]
        [1, 2, 3]
        """
        reached = [severity for bound, severity in self.bands if measure >= bound]
        return max(reached, default=self.severity)
