"""The commands of HJ 212 by (edition, CN): what each number means, who sends it, what answers it, what it carries.

Numbers change their meaning between editions (1001, 1014, 3014), so nothing may be looked up by CN alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212.catalogue_rows import rows
from qingtian.domain.hj212.command import Command, Kind
from qingtian.domain.hj212.model import Edition

COMMANDS: Mapping[tuple[Edition, str], Command] = MappingProxyType(
    {(one.edition, one.cn): one for one in sorted(rows(), key=lambda one: one.cn)}
)


def find_command(edition: Edition, cn: str) -> Command | None:
    """A command of an edition, or None when the edition has none under that number.

    >>> find_command(Edition.E2005, "1001").en, find_command(Edition.E2025, "1001").en
    ('Set alarm delay', 'Upload hardware serial numbers')
    >>> find_command(Edition.E2017, "1001") is None
    True
    """
    return COMMANDS.get((edition, cn))


def command_of(edition: Edition, cn: str) -> Command:
    """A command of an edition.

    Raises:
        InvalidInput: the edition has none under that number; names the editions that do.
    """
    command = COMMANDS.get((edition, cn))
    if command is None:
        others = [other.value for other, number in COMMANDS if number == cn]
        known = f"the editions {', '.join(others)} have it" if others else "no edition has it"
        raise InvalidInput(
            f"HJ 212 of {edition.value} has no command {cn[:10]}; {known}",
            field="cn",
            remedy="choose a command of the device's edition, or correct the edition in the register",
        )
    return command


def host_commands(edition: Edition) -> Iterator[Command]:
    """What the host can send to a device of an edition, answers aside, by number."""
    return (one for one in COMMANDS.values() if one.edition is edition and one.down in (Kind.REQUEST, Kind.NOTICE))
