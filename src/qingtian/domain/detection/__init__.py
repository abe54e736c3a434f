"""Detection: values in, candidates for findings out, with the reason and the values used."""

from __future__ import annotations

from qingtian.domain.detection.clock_error import ClockErrors, Skew, clock_error, clock_errors
from qingtian.domain.detection.dilution import StackHour, dilutions, stack_hours
from qingtian.domain.detection.doubted import DoubtedPeriod, doubted_runs, sound_again
from qingtian.domain.detection.exceedance import Interval, JudgedHour, intervals, severity
from qingtian.domain.detection.frozen import frozen_values, moves_again
from qingtian.domain.detection.rule import DetectionRule
from qingtian.domain.detection.samples import Candidate, Sample
from qingtian.domain.detection.silence import SilenceReport, Stream, allowance, silences
from qingtian.domain.detection.treatment import PowerPair, Thresholds, back_in_order, pair_up, treatment_off

__all__ = [
    "Candidate",
    "ClockErrors",
    "DetectionRule",
    "DoubtedPeriod",
    "Interval",
    "JudgedHour",
    "PowerPair",
    "Sample",
    "SilenceReport",
    "Skew",
    "StackHour",
    "Stream",
    "Thresholds",
    "allowance",
    "back_in_order",
    "clock_error",
    "clock_errors",
    "dilutions",
    "doubted_runs",
    "frozen_values",
    "intervals",
    "moves_again",
    "pair_up",
    "severity",
    "silences",
    "sound_again",
    "stack_hours",
    "treatment_off",
]
