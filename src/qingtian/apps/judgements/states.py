"""Closed vocabularies of a judgement."""

from __future__ import annotations

from enum import StrEnum


class Question(StrEnum):
    """What is being asked of a period; one answer per question is current."""

    AIR_INDEX = "air_index"  # what is the AQI of this hour? (HJ 633)
    AIR_DAY = "air_day"  # what is the AQI of this day, of a station or of the city? (HJ 633, HJ 663)
    EMISSION_LIMIT = "emission_limit"  # is the hour mean within the stricter of permit and standard?
    EMISSION_DAY = "emission_day"  # is the day mean within the stricter of permit and standard?


class Verdict(StrEnum):
    """The answer."""

    WITHIN = "within"
    EXCEEDS = "exceeds"
    INVALID = "invalid"  # a mark or the conversion keeps the value out of judgements
    INSUFFICIENT = "insufficient"  # too few data to judge
    NOT_APPLICABLE = "not_applicable"


EMISSION = (Question.EMISSION_LIMIT, Question.EMISSION_DAY)
DECIDED = (Verdict.WITHIN, Verdict.EXCEEDS)
