"""Who must sign a record of a visit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from qingtian.domain.errors import InvalidInput

PARTY = "party"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Who was there and who signed.

    Args:
        inspectors: usernames of the inspectors, each with the number of the enforcement card or an empty text.
        signed: usernames that signed, and `party`.
        unsigned_reason: why the party did not sign: refused, not there.
    """

    inspectors: Mapping[str, str]
    signed: Collection[str]
    unsigned_reason: str = ""


def check_signing(signing: Signing, *, least: int) -> None:
    """Refuse a record that too few inspectors with cards made, or that somebody has not signed.

    At least two inspectors show their cards (administrative penalty law arts. 42 and 55); those who were there sign,
    and where the party does not, the record says why. The number comes from the pack.

    Args:
        least: how many inspectors the checklist asks for.
    Raises:
        InvalidInput: names what is missing.
    """
    if uncarded := sorted(name for name, card in signing.inspectors.items() if not card):
        raise InvalidInput(
            f"{uncarded[0]} has no enforcement card", field="inspectors", remedy="name inspectors with cards"
        )
    if len(signing.inspectors) < least:
        raise InvalidInput(
            f"{len(signing.inspectors)} inspector, at least {least} must be there",
            field="inspectors",
            remedy="name the second inspector",
        )
    if unsigned := sorted(set(signing.inspectors) - set(signing.signed)):
        raise InvalidInput(f"{unsigned[0]} has not signed", field="signatures", remedy="let every inspector sign")
    if PARTY not in signing.signed and not signing.unsigned_reason.strip():
        raise InvalidInput(
            "the party has not signed", field="unsigned_reason", remedy="let the party sign, or say why not"
        )
