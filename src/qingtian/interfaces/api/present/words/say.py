"""A text in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """A text in both languages; the placeholders of both are the same."""

    zh: str
    en: str

    def filled(self, **values: Any) -> Said:
        """The text with its placeholders filled in.

        >>> Said("快{n}分钟", "{n} min ahead").filled(n=7).en
        '7 min ahead'
        """
        return Said(self.zh.format(**values), self.en.format(**values))


NOTHING = Said("", "")
