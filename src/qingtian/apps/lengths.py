"""Texts that must fit into their column."""

from __future__ import annotations

from django.db import models

from qingtian.domain.errors import InvalidInput


def check_lengths(model: type[models.Model], **texts: str) -> None:
    """Refuse a text that is longer than its column.

    Args:
        model: the model with the columns.
        texts: texts by the name of their field.
    Raises:
        InvalidInput: names the field and its length.
    """
    for name, text in texts.items():
        longest = getattr(model._meta.get_field(name), "max_length", None)
        if longest is not None and len(text) > longest:
            raise InvalidInput(
                f"{name} holds at most {longest} characters, not {len(text)}", field=name, remedy="shorten it"
            )
