"""The dialogues of a host as pure state machines (HJ 212-2017 6.4, 6.5, 6.7; protocol reference 5)."""

from __future__ import annotations

from qingtian.domain.hj212.command import Kind
from qingtian.domain.hj212.dialogues.exchange import ANSWERS, Dialogue, Order, Span, Step, Timing
from qingtian.domain.hj212.dialogues.first_contact import Wanted, first_contact
from qingtian.domain.hj212.dialogues.gaps import Block, Pause, missing_blocks, slot_start
from qingtian.domain.hj212.dialogues.host import Host
from qingtian.domain.hj212.dialogues.masking import MASK, mask_frame, mask_text, mask_values
from qingtian.domain.hj212.dialogues.meanings import Words, exe_return, qn_return
from qingtian.domain.hj212.dialogues.notices import NOTICES, SAID_WORDS, Notice, Said, answer_cn, read_notice
from qingtian.domain.hj212.dialogues.numbering import QnClock, stamp
from qingtian.domain.hj212.dialogues.readback import clock_offset, merge_values, read_values
from qingtian.domain.hj212.dialogues.states import (
    FINAL,
    IN_FLIGHT,
    PHASE_WORDS,
    REASON_WORDS,
    Happening,
    Phase,
    Reason,
)

__all__ = [
    "ANSWERS",
    "FINAL",
    "IN_FLIGHT",
    "MASK",
    "NOTICES",
    "PHASE_WORDS",
    "REASON_WORDS",
    "SAID_WORDS",
    "Block",
    "Dialogue",
    "Happening",
    "Host",
    "Kind",
    "Notice",
    "Order",
    "Pause",
    "Phase",
    "QnClock",
    "Reason",
    "Said",
    "Span",
    "Step",
    "Timing",
    "Wanted",
    "Words",
    "answer_cn",
    "clock_offset",
    "exe_return",
    "first_contact",
    "mask_frame",
    "mask_text",
    "mask_values",
    "merge_values",
    "missing_blocks",
    "qn_return",
    "read_notice",
    "read_values",
    "slot_start",
    "stamp",
]
