"""What goes wrong on the way out."""

from __future__ import annotations


class ChannelError(Exception):
    """A word was not taken.

    Args:
        reason: why, without secrets and addresses.
        final: trying again cannot help.
    """

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final
