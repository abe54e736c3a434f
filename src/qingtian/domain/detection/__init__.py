"""Detection: values in, candidates for findings out, with the reason and the values used."""

from __future__ import annotations

from qingtian.domain.detection.clock_error import ClockErrors, Skew, clock_error, clock_errors
from qingtian.domain.detection.dilution import StackHour, dilutions, stack_hours
from qingtian.domain.detection.doubted import DoubtedPeriod, doubted_runs, sound_again
from qingtian.domain.detection.exceedance import Interval, JudgedHour, intervals, severity
from qingtian.domain.detection.frozen import frozen_values, moves_again
from qingtian.domain.detection.late import Arrival, LateUploads, in_time_again, late_runs, late_uploads
from qingtian.domain.detection.leaks import Check, Leak, LeakLimit, LeakStep, leaks
from qingtian.domain.detection.process_range import Names, PermitRange, range_breaches, within_again
from qingtian.domain.detection.ranking import RankPart, RankTerm, Term, most, rank_parts, score
from qingtian.domain.detection.rule import DetectionRule
from qingtian.domain.detection.samples import Candidate, Sample
from qingtian.domain.detection.silence import SilenceReport, Stream, allowance, silences
from qingtian.domain.detection.treatment import PowerPair, Thresholds, back_in_order, pair_up, treatment_off

__all__ = [
    "Arrival",
    "Candidate",
    "Check",
    "ClockErrors",
    "DetectionRule",
    "DoubtedPeriod",
    "Interval",
    "JudgedHour",
    "LateUploads",
    "Leak",
    "LeakLimit",
    "LeakStep",
    "Names",
    "PermitRange",
    "PowerPair",
    "RankPart",
    "RankTerm",
    "Sample",
    "SilenceReport",
    "Skew",
    "StackHour",
    "Stream",
    "Term",
    "Thresholds",
    "allowance",
    "back_in_order",
    "clock_error",
    "clock_errors",
    "dilutions",
    "doubted_runs",
    "frozen_values",
    "in_time_again",
    "intervals",
    "late_runs",
    "late_uploads",
    "leaks",
    "most",
    "moves_again",
    "pair_up",
    "range_breaches",
    "rank_parts",
    "score",
    "severity",
    "silences",
    "sound_again",
    "stack_hours",
    "treatment_off",
    "within_again",
]
