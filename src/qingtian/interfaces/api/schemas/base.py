"""What every area shares: city time, strict input, pages of lists, the one error shape."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from qingtian.domain.errors import InvalidInput
from qingtian.runtime.clock import SHANGHAI

Item = TypeVar("Item")
FIRST_YEAR, LAST_YEAR = 1970, 2199  # before and after, time zones and calendars cannot be computed
NUL = "\x00"


def city_iso(moment: datetime) -> str:
    """A moment as ISO text with the offset of Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).isoformat(timespec="seconds")


CityTime = Annotated[datetime, PlainSerializer(city_iso, return_type=str)]
"""A moment; always sent with +08:00."""


def _in_range(moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise PydanticCustomError("time_out_of_range", "the time is outside of what this city can know")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_range)]
"""A moment that a client gives: with an offset, within years that can be computed with."""

DecimalText = Annotated[str, Field(description="a decimal number as text, as the server rounded it")]


class Schema(BaseModel):
    """An object of the API. Plain pydantic: ninja's own base looks every attribute up through Django's templates."""


def refuse_nul(value: object, field: str = "") -> None:
    """Refuse text that the database cannot hold, wherever it hides.

    Args:
        value: what was sent: an object, a list, a text.
        field: name of the value, for the error.
    Raises:
        InvalidInput: names the field.
    """
    if isinstance(value, str) and NUL in value:
        raise InvalidInput(
            "the text holds a NUL character", field=field.replace(NUL, "?") or "body", remedy="remove it"
        )
    if isinstance(value, dict):
        for key, one in value.items():
            name = f"{field}.{key}" if field else str(key)
            refuse_nul(str(key), name)
            refuse_nul(one, name)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            refuse_nul(one, f"{field}.{index}")


class Sent(Schema):
    """What a client sends: its texts can be stored."""

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, data: Any) -> Any:
        refuse_nul(data)
        return data


class Input(Sent):
    """A request body: an unknown field is refused, never ignored."""

    model_config = ConfigDict(extra="forbid")


class Page(Schema, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    total: int = Field(description="rows that match the filters, on all pages")
    page: int
    page_size: int


class ErrorBody(Schema):
    """What went wrong, where, and what to do about it."""

    code: str = Field(description="stable code of the kind of error")
    message: str = Field(description="the reason, in English")
    message_key: str = Field(description="key of the translated text")
    field: str | None = Field(None, description="the offending field or query parameter")
    remedy: str | None = Field(None, description="what to do about it")
    params: dict[str, Any] = Field(default_factory=dict, description="values for the translated text; unmet guards")
    request_id: str = Field(description="find it in the server's log by this")


class ErrorOut(Schema):
    """The one error shape."""

    error: ErrorBody


class Choice(Schema):
    """A value of a closed list with its words."""

    value: str
    label_zh: str
    label_en: str
