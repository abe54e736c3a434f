"""Closed vocabularies of a finding."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What was detected."""

    EXCEEDANCE = "exceedance"
    AIR_POLLUTION = "air_pollution"
    LATE_STREAM = "late_stream"
    FROZEN_VALUE = "frozen_value"
    DILUTION = "dilution"
    TREATMENT_OFF = "treatment_off"
    CLOCK_ERROR = "clock_error"
    DATA_QUALITY = "data_quality"
    REBOUND = "rebound"


class Source(StrEnum):
    """Where it was noticed."""

    DATA = "data"
    PATROL = "patrol"
    MODEL = "model"
    COMPLAINT = "complaint"
    AUDIT = "audit"
    MISSED_OBLIGATION = "missed_obligation"
    SUPERIOR = "superior"


class Confirmation(StrEnum):
    """First axis of an alarm: has a person seen it?"""

    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"


class Activity(StrEnum):
    """Second axis of an alarm: does it go on?"""

    ONGOING = "ongoing"
    ENDED = "ended"


class Status(StrEnum):
    """Where triage stands."""

    NEW = "new"
    TRIAGED = "triaged"
    DISMISSED = "dismissed"
    MERGED_INTO = "merged_into"
    CASED = "cased"
    SELF_CORRECTED = "self_corrected"


class DismissReason(StrEnum):
    """Why a finding needs no case."""

    FALSE_ALARM = "false_alarm"
    MARKED_INVALID = "marked_invalid"  # the data carry a mark that keeps them out of judgements
    INSTRUMENT_FAULT = "instrument_fault"
    REPORTED_SHUTDOWN = "reported_shutdown"
    NOT_RESPONSIBLE = "not_responsible"
    OTHER = "other"  # needs a note
