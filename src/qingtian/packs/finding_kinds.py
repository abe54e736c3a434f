"""Tables about findings: their kinds, the reasons of dismissal, the kinds of announced windows."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from qingtian.domain.detection.kinds import DismissalReason, FindingKind, WindowKind
from qingtian.domain.detection.leaks import LeakLimit
from qingtian.domain.detection.ranking import RankTerm, Term
from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.packs.rulebook import load_packs
from qingtian.packs.schema import Figure, PackRow, Text, Words
from qingtian.packs.tables import Table, plainly

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Yes = Annotated[bool, BeforeValidator(lambda value: {"yes": True, "no": False}.get(value, value))]
Hours = Annotated[Figure, Field(ge=0)]
ENTERED = ("patrol", "model", "complaint", "audit", "superior")


class KindRow(PackRow):
    """finding_kinds.csv."""

    kind: Code
    category: Literal["data", "device", "treatment", "ambient", "duty", "report", "leak", "process", "case"]
    label_zh: Text
    label_en: Text
    severity: Annotated[int, Field(ge=1, le=4)]
    answer_hours: Hours
    answer_evidence: Yes
    entry: Annotated[
        tuple[Literal["patrol", "model", "complaint", "audit", "superior"], ...],
        BeforeValidator(lambda value: tuple(value.split()) if isinstance(value, str) else value),
    ] = ()
    judged: Yes


class ReasonRow(PackRow):
    """dismissal_reasons.csv."""

    reason: Code
    label_zh: Text
    label_en: Text
    needs_note: Yes
    detector_fault: Yes


class WindowRow(PackRow):
    """window_kinds.csv."""

    window: Literal["maintenance", "shutdown", "calibration", "trial"]
    label_zh: Text
    label_en: Text
    silences: Words
    notice_h: Hours
    longest_h: Annotated[Figure, Field(gt=0)]


class RankRow(PackRow):
    """finding_ranks.csv."""

    term: Term
    label_zh: Text
    label_en: Text
    weight: Annotated[Figure, Field(gt=0)]
    full_at: Annotated[Figure, Field(gt=0)]


class LeakLimitRow(PackRow):
    """leak_limits.csv."""

    medium_state: Literal["gas", "light_liquid", "heavy_liquid"]
    area: Literal["general", "key"]
    ppm: Annotated[Figure, Field(gt=0)]


KINDS: Table[FindingKind] = Table(
    "finding_kinds.csv",
    KindRow,
    plainly(FindingKind),
    lambda row: (row.kind,),
    "finding_kind",
    continuous=True,
    needed=True,
)
REASONS: Table[DismissalReason] = Table(
    "dismissal_reasons.csv",
    ReasonRow,
    plainly(DismissalReason),
    lambda row: (row.reason,),
    "dismissal_reason",
    continuous=True,
    needed=True,
)
WINDOWS: Table[WindowKind] = Table(
    "window_kinds.csv",
    WindowRow,
    plainly(WindowKind),
    lambda row: (row.window,),
    "window_kind",
    continuous=True,
    needed=True,
)
RANKS: Table[RankTerm] = Table(
    "finding_ranks.csv",
    RankRow,
    plainly(RankTerm),
    lambda row: (row.term,),
    "rank_term",
    needed=True,
)
LEAKS: Table[LeakLimit] = Table(
    "leak_limits.csv",
    LeakLimitRow,
    plainly(LeakLimit),
    lambda row: (row.medium_state, row.area),
    "leak_limit",
)
TABLES: tuple[Table[Any], ...] = (KINDS, REASONS, WINDOWS, RANKS, LEAKS)


def finding_kinds(on: date | None = None, region: str = "CN") -> dict[str, FindingKind]:
    """Kinds in force, by code, in the order of the file.

    Args:
        on: date of the data; None takes the kinds in force now.
    """
    return {row.kind: row for row in load_packs().in_force(KINDS, on, region)}


def finding_kind(code: str, on: date | None = None, region: str = "CN") -> FindingKind:
    """A kind of finding.

    Raises:
        InvalidInput: the packs have none of that code.
    """
    found = finding_kinds(on, region)
    if code not in found:
        raise InvalidInput(
            f"there is no kind of finding {code}", field="kind", remedy=f"use one of: {', '.join(sorted(found))}"
        )
    return found[code]


def kind_names(code: str) -> tuple[str, str]:
    """Name of a kind in Chinese and English; a code that no pack knows any more stands for itself."""
    every = {row.kind: row for row in load_packs().of(KINDS)}
    return (every[code].label_zh, every[code].label_en) if code in every else (code, code)


def dismissal_reasons(on: date | None = None, region: str = "CN") -> dict[str, DismissalReason]:
    """Reasons of dismissal in force, by code."""
    return {row.reason: row for row in load_packs().in_force(REASONS, on, region)}


def dismissal_reason(code: str, on: date | None = None, region: str = "CN") -> DismissalReason:
    """A reason of dismissal.

    Raises:
        InvalidInput: it is not on the closed list.
    """
    found = dismissal_reasons(on, region)
    if code not in found:
        raise InvalidInput(
            f"{code} is no reason to dismiss a finding", field="reason", remedy=f"use one of: {', '.join(found)}"
        )
    return found[code]


def window_kinds(on: date | None = None, region: str = "CN") -> dict[str, WindowKind]:
    """Kinds of announced windows in force, by code.

    Raises:
        ConfigurationError: one of them silences a kind of finding that the packs do not have.
    """
    known = {row.kind for row in load_packs().of(KINDS)}
    found = {row.window: row for row in load_packs().in_force(WINDOWS, on, region)}
    for row in found.values():
        if unknown := sorted(set(row.silences) - known):
            raise ConfigurationError(
                f"{row.row_id} silences unknown kinds: {', '.join(unknown)}",
                field=f"{WINDOWS.file}:silences",
                remedy=f"name kinds of {KINDS.file}",
            )
    return found


def rank_terms(on: date | None = None, region: str = "CN") -> tuple[RankTerm, ...]:
    """Terms of the ranking in force, in the order of the file."""
    return load_packs().in_force(RANKS, on, region)


def leak_limit(medium_state: str, area: str, on: date, region: str = "CN") -> LeakLimit | None:
    """From which reading on a component leaks; None when no rule says so."""
    rows = load_packs().in_force(LEAKS, on, region)
    return next((row for row in rows if (row.medium_state, row.area) == (medium_state, area)), None)
