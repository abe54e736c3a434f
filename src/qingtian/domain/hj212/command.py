"""What a command is: direction, kind, answers, fields."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qingtian.domain.hj212.fields import Field
from qingtian.domain.hj212.model import Edition


class Kind(StrEnum):
    """What a frame asks of the other side."""

    REQUEST = "request"  # answered by 9011, then data where it reads, then 9012
    NOTICE = "notice"  # answered by 9013
    UPLOAD = "upload"  # answered by 9014 when bit 0 of Flag asks
    ANSWER = "answer"  # never answered


class Source(StrEnum):
    """Where a row comes from: how sure we are."""

    P05 = "HJ/T 212-2005, from implementations"
    S17 = "HJ 212-2017, read in full"
    S25 = "HJ 212-2025, from implementations that quote it"
    VENDOR = "vendor extension"


@dataclass(frozen=True, slots=True)
class Command:
    """One command of one edition.

    Args:
        edition: the edition.
        cn: number.
        zh: Chinese name.
        en: English name.
        source: where the row comes from.
        down: what it is when the host sends it; None = the host never does.
        up: what it is when the device sends it; None = the device never does.
        reads: the request is answered by the value or data under the same number.
        history: the request names a period by BeginTime and EndTime, and a data frame per record comes back.
        down_fields: what the host's frame carries.
        up_fields: what the device's frame carries besides measured values.
        answered_by: number that answers the device's frame; empty = none.
        separator: what stands between bare parameters in the examples of the edition.
    """

    edition: Edition
    cn: str
    zh: str
    en: str
    source: Source
    down: Kind | None = None
    up: Kind | None = None
    reads: bool = False
    history: bool = False
    down_fields: tuple[Field, ...] = ()
    up_fields: tuple[Field, ...] = ()
    answered_by: str = ""
    separator: str = ";"

    @property
    def controls(self) -> bool:
        """The host's request changes the device or makes it act, and brings no data back."""
        return self.down is Kind.REQUEST and not self.reads

    @property
    def encrypts(self) -> bool:
        """The data area is encrypted where the device has a key (2025: 2000 to 2999, 1014 and 3020)."""
        return self.edition is Edition.E2025 and in_cipher_scope(self.cn)

    def field(self, name: str) -> Field | None:
        """Field of the host's frame by any of its spellings; `code-Name` finds an attribute."""
        _, dash, attribute = name.partition("-")
        for one in self.down_fields:
            if (attribute if dash else name) in one.spellings and one.attribute is bool(dash):
                return one
        return None


def in_cipher_scope(cn: str) -> bool:
    """Whether HJ 212-2025 encrypts the data area of a command: 2000 to 2999, 1014 and 3020.

    >>> in_cipher_scope("2011"), in_cipher_scope("1012"), in_cipher_scope("3020")
    (True, False, True)
    """
    return (len(cn) == 4 and cn.startswith("2") and cn.isdigit()) or cn in ("1014", "3020")
