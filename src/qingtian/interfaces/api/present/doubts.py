"""Doubts about values in words: what quality control found at arrival, why, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable

from qingtian.domain.quality import unpack_doubts
from qingtian.domain.quality.words import say
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.words.problems import Problem, Severity
from qingtian.interfaces.api.present.words.say import Said
from qingtian.packs.quality import quality_rules
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store import Observation

_CODE = re.compile(r"\b[aewgL][0-9]{5}\b")


def doubts_of(row: Observation) -> Iterable[tuple[str, Problem]]:
    """Every doubt about a value, by the rules of its day."""
    rules = quality_rules(row.period_start.astimezone(SHANGHAI).date())
    for doubt in unpack_doubts(row.qc_facts):
        rule = rules.causes.get(doubt.cause)
        if rule is None:
            continue
        codes = {row.pollutant, *_CODE.findall(" ".join(doubt.facts.values()))}
        names = {code: law.pollutant_name(code) for code in codes}
        zh, en = ({code: getattr(one, lang) for code, one in names.items()} for lang in ("zh", "en"))
        told = say(rule, doubt, zh | {"": zh[row.pollutant]}, en | {"": en[row.pollutant]})
        severity: Severity = "danger" if rule.excludes else "warning"
        yield (
            doubt.cause.value,
            Problem(
                severity,
                Said(told.label_zh, told.label_en),
                Said(told.text_zh, told.text_en),
                Said(told.remedy_zh, told.remedy_en),
            ),
        )
