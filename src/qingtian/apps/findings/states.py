"""Closed vocabularies of a finding."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Kinds of findings that code names; the list itself is `finding_kinds.csv` of the packs and may hold more."""

    EXCEEDANCE = "exceedance"
    AIR_POLLUTION = "air_pollution"
    LATE_STREAM = "late_stream"
    FROZEN_VALUE = "frozen_value"
    DILUTION = "dilution"
    TREATMENT_OFF = "treatment_off"
    CLOCK_ERROR = "clock_error"
    DATA_QUALITY = "data_quality"
    REBOUND = "rebound"
    LATE_DATA = "late_data"
    TEMPERATURE_OUT_OF_RANGE = "temperature_out_of_range"
    LEAK_OVERDUE = "leak_overdue"
    MODEL_CONTRAST = "model_contrast"
    MODEL_SUSPECT = "model_suspect"
    MISSED_DUTY = "missed_duty"
    PLAN_GAP = "plan_gap"
    COMPLAINT = "complaint"
    PATROL_PROBLEM = "patrol_problem"
    AUDIT_PROBLEM = "audit_problem"
    SUPERIOR_ORDER = "superior_order"


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


class AnswerState(StrEnum):
    """How far the question to the enterprise is."""

    NOT_ASKED = "not_asked"
    ASKED = "asked"
    ANSWERED = "answered"
    REFUSED = "refused"  # the answer was not accepted: it may answer again
    ACCEPTED = "accepted"


class Axis(StrEnum):
    """What an interval of a finding tells."""

    ACTIVITY = "activity"
    CONFIRMATION = "confirmation"
    SILENCE = "silence"


class WindowState(StrEnum):
    """Where an announced window stands."""

    ANNOUNCED = "announced"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class CheckKind(StrEnum):
    """What was done at a component."""

    READING = "reading"
    ATTEMPT = "attempt"  # first try to stop the leak
    REPAIR = "repair"  # finished, still to be shown by a reading
    DELAY = "delay"  # put on the list of delayed repairs, with a reason
    CORRECTION = "correction"  # takes an earlier row back


class DismissReason(StrEnum):
    """Reasons of dismissal that code names; the closed list is `dismissal_reasons.csv` of the packs."""

    FALSE_ALARM = "false_alarm"
    MARKED_INVALID = "marked_invalid"  # the data carry a mark that keeps them out of judgements
    INSTRUMENT_FAULT = "instrument_fault"
    REPORTED_SHUTDOWN = "reported_shutdown"
    NOT_RESPONSIBLE = "not_responsible"
    OTHER = "other"  # needs a note
