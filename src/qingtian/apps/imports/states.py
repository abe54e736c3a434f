"""Where an import is, and what may be done with it then."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class ImportState(StrEnum):
    """Where an import is."""

    UPLOADED = "uploaded"
    CHECKING = "checking"  # dry run
    CHECKED = "checked"
    IMPORTING = "importing"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"


class Phase(StrEnum):
    """What a stopped import was at."""

    CHECK = "check"
    IMPORT = "import"


class Carrier(StrEnum):
    """Who carries an import out; two processes never work on one."""

    WORKER = "worker"
    COMMAND = "command"


class Step(StrEnum):
    """What somebody may do with an import."""

    CHECK = "check"
    START = "start"
    CANCEL = "cancel"
    RESUME = "resume"
    WITHDRAW = "withdraw"


OPEN = (ImportState.CHECKING, ImportState.IMPORTING, ImportState.WITHDRAWING)
STOPPED = (ImportState.CANCELLED, ImportState.FAILED)
_STEPS: Mapping[ImportState, tuple[Step, ...]] = {
    ImportState.UPLOADED: (Step.CHECK,),
    ImportState.CHECKING: (Step.CANCEL,),
    ImportState.CHECKED: (Step.CHECK, Step.START),
    ImportState.IMPORTING: (Step.CANCEL,),
    ImportState.DONE: (Step.WITHDRAW,),
}


def steps(state: ImportState, phase: Phase, *, refused: bool) -> tuple[Step, ...]:
    """What may be done in a state, rights apart.

    Args:
        phase: what a stopped import was at.
        refused: the dry run proved the file wrong as mapped.

    >>> [one.value for one in steps(ImportState.CANCELLED, Phase.IMPORT, refused=False)]
    ['resume', 'withdraw']
    """
    if state in STOPPED:
        return (Step.RESUME, Step.WITHDRAW) if phase is Phase.IMPORT else (Step.CHECK, Step.RESUME)
    allowed = _STEPS.get(state, ())
    return tuple(one for one in allowed if not (refused and one is Step.START))
