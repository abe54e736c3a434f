"""The one error tree: stable code, translatable key, the field, the reason and the remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar


class QingtianError(Exception):
    """Something that a user can be told about.

    Args:
        message: one English sentence that gives the reason.
        field: name of the offending field or setting, where there is one.
        remedy: what to do about it.
        params: values that the translated text of `message_key` may show.

    >>> InvalidInput("must be positive", field="speed", remedy="give 1..3600").message_key
    'error.invalid_input'
    """

    code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, field: str | None = None, remedy: str | None = None, **params: Any) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.remedy = remedy
        self.params: Mapping[str, Any] = params

    @property
    def message_key(self) -> str:
        """Key of the translated text."""
        return f"error.{self.code}"

    def as_dict(self) -> dict[str, Any]:
        """The error as the plain object that every interface shows."""
        return {
            "code": self.code,
            "message": self.message,
            "message_key": self.message_key,
            "field": self.field,
            "remedy": self.remedy,
            "params": dict(self.params),
        }

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{where}{self.message}{remedy}"


class ConfigurationError(QingtianError):
    """A setting, a pack or a file of the deployment is wrong."""

    code = "configuration"


class InvalidInput(QingtianError):
    """A value from outside breaks a rule."""

    code = "invalid_input"


class NotVisible(QingtianError):
    """There is no such object that this actor may see."""

    code = "not_found"


class NotPermitted(QingtianError):
    """The actor lacks the right for this verb."""

    code = "not_permitted"


class Conflict(QingtianError):
    """The object changed, or is in a state that does not allow this."""

    code = "conflict"


class Unavailable(QingtianError):
    """A part of the system cannot answer now."""

    code = "unavailable"


@dataclass(frozen=True, slots=True)
class UnmetGuard:
    """A named check that a transition needs and that does not hold."""

    code: str
    label_zh: str
    label_en: str
    detail: str = ""
    remedy_zh: str = ""
    remedy_en: str = ""
    fields: tuple[str, ...] = field(default=())
    detail_zh: str = ""


class TransitionRefused(Conflict):
    """A case may not take this step yet; lists every unmet guard."""

    code = "transition_refused"

    def __init__(self, message: str, *, unmet: Sequence[UnmetGuard] = (), **params: Any) -> None:
        super().__init__(message, **params)
        self.unmet = tuple(unmet)

    def as_dict(self) -> dict[str, Any]:
        """The error with its unmet guards under `params.unmet`."""
        base = super().as_dict()
        base["params"]["unmet"] = [
            {
                "guard": guard.code,
                "label_zh": guard.label_zh,
                "label_en": guard.label_en,
                "detail": guard.detail,
                "detail_zh": guard.detail_zh,
                "remedy_zh": guard.remedy_zh,
                "remedy_en": guard.remedy_en,
                "fields": list(guard.fields),
            }
            for guard in self.unmet
        ]
        return base
