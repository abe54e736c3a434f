"""Tables about notices: their kinds, and the steps by which silence is escalated."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.domain.notices.kinds import Channel, EscalationStep, NoticeKind, Target
from qingtian.packs.rulebook import load_packs
from qingtian.packs.schema import Figure, PackRow, Text, Words
from qingtian.packs.tables import Table, plainly

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Yes = Annotated[bool, BeforeValidator(lambda value: {"yes": True, "no": False}.get(value, value))]


def _channels(words: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := sorted(set(words) - {Channel.EMAIL, Channel.SMS}):
        raise ValueError(f"no way to a person: {', '.join(unknown)}; email or sms")
    return words


def _targets(words: tuple[str, ...]) -> tuple[str, ...]:
    for word in words:
        try:
            Target.parse(word)
        except InvalidInput as error:
            raise ValueError(str(error)) from error
    return words


Ways = Annotated[Words, AfterValidator(_channels)]


class NoticeKindRow(PackRow):
    """notice_kinds.csv."""

    kind: Code
    category: Literal["finding", "case", "answer", "duty", "task", "report"]
    label_zh: Text
    label_en: Text
    channels: Ways = ()
    policy: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{1,39})?$")] = ""
    acknowledge: Yes
    gather_s: Annotated[Figure, Field(ge=0)]
    dedup_h: Annotated[Figure, Field(ge=0)]


class EscalationStepRow(PackRow):
    """escalation_steps.csv."""

    policy: Code
    label_zh: Text
    label_en: Text
    step: Annotated[int, Field(ge=0, le=9)]
    after_min: Annotated[Figure, Field(ge=0)]
    to: Annotated[Words, Field(min_length=1), AfterValidator(_targets)]
    channels: Ways = ()
    min_severity: Annotated[int, Field(ge=1, le=4)]


NOTICE_KINDS: Table[NoticeKind] = Table(
    "notice_kinds.csv",
    NoticeKindRow,
    plainly(NoticeKind),
    lambda row: (row.kind,),
    "notice_kind",
    continuous=True,
    needed=True,
)
STEPS: Table[EscalationStep] = Table(
    "escalation_steps.csv",
    EscalationStepRow,
    plainly(EscalationStep),
    lambda row: (row.policy, row.step),
    "escalation_step",
    continuous=True,
    needed=True,
)
TABLES: tuple[Table[Any], ...] = (NOTICE_KINDS, STEPS)


def notice_kinds(on: date | None = None, region: str = "CN") -> dict[str, NoticeKind]:
    """Kinds in force, by code, in the order of the file.

    Raises:
        ConfigurationError: one of them names a policy that the packs do not have.
    """
    policies = {row.policy for row in load_packs().of(STEPS)}
    found = {row.kind: row for row in load_packs().in_force(NOTICE_KINDS, on, region)}
    for row in found.values():
        if row.policy and row.policy not in policies:
            raise ConfigurationError(
                f"{row.row_id} names the unknown policy {row.policy}",
                field=f"{NOTICE_KINDS.file}:policy",
                remedy=f"name a policy of {STEPS.file}",
            )
    return found


def notice_kind(code: str, on: date | None = None, region: str = "CN") -> NoticeKind:
    """A kind of notice.

    Raises:
        InvalidInput: the packs have none of that code.
    """
    found = notice_kinds(on, region)
    if code not in found:
        raise InvalidInput(
            f"there is no kind of notice {code}", field="kind", remedy=f"use one of: {', '.join(sorted(found))}"
        )
    return found[code]


def escalation_steps(on: date | None = None, region: str = "CN") -> dict[str, tuple[EscalationStep, ...]]:
    """Steps in force by policy, in their order."""
    found: dict[str, list[EscalationStep]] = {}
    for row in load_packs().in_force(STEPS, on, region):
        found.setdefault(row.policy, []).append(row)
    return {policy: in_order(rows) for policy, rows in found.items()}


def in_order(rows: Iterable[EscalationStep]) -> tuple[EscalationStep, ...]:
    """Steps of one policy by their number."""
    return tuple(sorted(rows, key=lambda row: row.step))
