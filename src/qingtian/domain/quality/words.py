"""Doubts in words: label, explanation with the figures, remedy."""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter

from qingtian.domain.quality.causes import CauseRule, Doubt

UNSAID = "—"


@dataclass(frozen=True, slots=True)
class DoubtText:
    """A doubt as people read it."""

    label_zh: str
    label_en: str
    text_zh: str
    text_en: str
    remedy_zh: str
    remedy_en: str


def say(rule: CauseRule, doubt: Doubt, names_zh: dict[str, str], names_en: dict[str, str]) -> DoubtText:
    """A doubt in both languages; a figure that is missing shows as a dash.

    Args:
        rule: what the cause means.
        names_zh, names_en: names of pollutants that the facts mention by code; `name` is the doubted one.
    """
    return DoubtText(
        label_zh=rule.label_zh,
        label_en=rule.label_en,
        text_zh=_filled(rule.text_zh, doubt, names_zh),
        text_en=_filled(rule.text_en, doubt, names_en),
        remedy_zh=rule.remedy_zh,
        remedy_en=rule.remedy_en,
    )


def _filled(template: str, doubt: Doubt, names: dict[str, str]) -> str:
    facts = {name: names.get(value, value) for name, value in doubt.facts.items()} | {"name": names.get("", "")}
    wanted = {name for _, name, _, _ in Formatter().parse(template) if name}
    return template.format(**{name: facts.get(name, UNSAID) for name in wanted})
