"""What every area shares: city time, strict input, pages of lists, the one error shape."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from qingtian.runtime.clock import SHANGHAI

Item = TypeVar("Item")


def city_iso(moment: datetime) -> str:
    """A moment as ISO text with the offset of Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).isoformat(timespec="seconds")


CityTime = Annotated[datetime, PlainSerializer(city_iso, return_type=str)]
"""A moment; always sent with +08:00."""

DecimalText = Annotated[str, Field(description="a decimal number as text, as the server rounded it")]


class Schema(BaseModel):
    """An object of the API. Plain pydantic: ninja's own base looks every attribute up through Django's templates."""


class Input(Schema):
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
